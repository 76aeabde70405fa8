"""The command line: the same names and defaults as the Python API, one sentence for every mistake.

Exit codes: 0 done; 1 a check did not hold; 2 misuse or a file that cannot be used; 130 Ctrl-C.
Everything heavy is imported where it is used, so that `surefoot --help` answers at once.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, CycloptsError, Parameter

from surefoot.errors import BadValue, SurefootError, UnknownName

if TYPE_CHECKING:
    from surefoot.data import Data
    from surefoot.records import Header
    from surefoot.training.options import Options

app = App(
    name="surefoot",
    help="The glass-box trainer for small neural networks: no learning rate to tune, every step checked, "
    "every number on show.",
    help_epilogue="Begin with: surefoot train",
    help_format="plaintext",
    version_flags=["--version"],
    result_action="return_value",
    suppress_keyboard_interrupt=False,
)


def _whole(_: Any, tokens: Sequence[Any]) -> int:
    """A whole number >= 0; 1.5 and -1 are refused, not rounded."""
    text = tokens[0].value
    if not (text.isascii() and text.isdigit()):
        raise BadValue(f"{tokens[0].keyword} {text}: give a whole number, 0 or more.")
    return int(text)


Count = Annotated[int, Parameter(converter=_whole)]
DataName = Annotated[
    str,
    Parameter(help="digits, mnist, or the path of a file (.csv .tsv .txt .npy .npz) or folder of IDX files."),
]
Hidden = Annotated[str, Parameter(help="Units in each hidden layer: 6, or 16,8 for two layers, or none.")]
Activation = Annotated[str, Parameter(help="logistic, tanh, relu, softplus or identity.")]
L2 = Annotated[float, Parameter(help="Weight decay: adds l2/2 times the sum of squared weights to the loss.")]
Seed = Annotated[int, Parameter(converter=_whole, help="Seed of the random weights, or choice of samples.")]
Initial = Annotated[
    str | None, Parameter(help="An npz file with the starting weights W1, b1, W2, b2, ... or theta.")
]
DataDir = Annotated[str | None, Parameter(help="Folder with the MNIST files.")]
Source = Annotated[str | None, Parameter(help="Where mnist comes from: files or openml.")]
Target = Annotated[
    str | None, Parameter(help="The column of a table that is to be predicted; the last one if not said.")
]
AsJson = Annotated[bool, Parameter(name="--json", negative=())]

SCREENS = ("terminal", "text", "none")


@app.command
def train(
    data: DataName = "digits",
    /,
    *,
    hidden: Hidden = "6",
    activation: Activation = "logistic",
    method: str = "auto",
    iterations: Count = 100,
    train_size: Count | None = None,
    l2: L2 = 0.0,
    rng: Seed = 0,
    initial: Initial = None,
    precision: str = "double",
    test_every: Count = 10,
    view: str = "terminal",
    figure: str | None = None,
    run: str | None = None,
    data_dir: DataDir = None,
    source: Source = None,
    target: Target = None,
) -> None:
    """Train a network and watch every step.

    Parameters
    ----------
    method
        auto, classic or constant; `surefoot methods` lists them all.
    iterations
        How many steps to take.
    train_size
        Rows to train on, the rest tests; if not said 1,000 of the digits, 20,000 of MNIST, else 7 in 10.
    precision
        double or single.
    test_every
        Iterations between measurements on the test rows.
    view
        terminal, text or none.
    figure
        Save the picture of the run to this file (.png, .pdf, .svg).
    run
        Write the run to this file; `surefoot show` reads it.
    """
    from surefoot.descent.methods import method as lookup
    from surefoot.training.run import train as train_network
    from surefoot.views import FigureView, make_views, summary

    options = _options(
        data, hidden, activation=activation, train_size=train_size, l2=l2, rng=rng, initial=initial,
        precision=precision, data_dir=data_dir, source=source, target=target,
    )  # fmt: skip
    rule = lookup(method)
    if view not in SCREENS:
        raise UnknownName("view", view, SCREENS)
    views = make_views([view])
    if figure is not None:
        views.append(FigureView(figure))
    training, testing = options.split()
    net = options.network(training)
    done = train_network(
        net,
        training,
        test=testing,
        method=rule,
        iterations=iterations,
        l2=l2,
        rng=rng,
        initial=options.start(net),
        precision=precision,
        test_every=test_every,
        views=views,
        save=run,
        options=options.to_json(),
    )
    if view == "none":
        print(summary(done.header, done.steps[-1], done.ending))
    if figure is not None:
        print(f"figure: {figure}")
    if run is not None:
        print(f"run: {run}   (surefoot show {run})")
    if done.ending.kind == "interrupted":
        raise SystemExit(130)


@app.command
def check(
    data: DataName = "digits",
    /,
    *,
    samples: Count = 5,
    hidden: Hidden = "6",
    activation: Activation = "logistic",
    l2: L2 = 0.0,
    rng: Seed = 0,
    initial: Initial = None,
    data_dir: DataDir = None,
    source: Source = None,
    target: Target = None,
    as_json: AsJson = False,
) -> None:
    """Check every derivative numerically; exit code 0: the gradient holds, 1: not.

    Parameters
    ----------
    data
        Data as for `surefoot train`, or a run file: then at its trained weights.
    samples
        Rows to check on, from the start.
    as_json
        Print the report as JSON.
    """
    from surefoot.training.problem import Problem
    from surefoot.verification import check as verify

    path = Path(data)
    if path.is_file() and _is_run(path):
        from surefoot.training.run import read_run

        done = read_run(path)
        net, theta, l2 = done.network, done.theta, done.header.l2
        training = _training_data(done.header, data_dir)
    else:
        options = _options(
            data, hidden, activation=activation, rng=rng, initial=initial,
            data_dir=data_dir, source=source, target=target,
        )  # fmt: skip
        training, _ = options.split()
        net = options.network(training)
        theta = options.start(net)
    if not 1 <= samples <= training.n:
        raise BadValue(
            f"--samples is {samples}; give 1 to {training.n}, the rows of {training.name} there are."
        )
    with Problem(net, training.take(slice(samples)), l2=l2) as problem:
        report = verify(problem, theta)
    print(json.dumps(report.to_json(), indent=2) if as_json else report)
    if not report.holds:
        raise SystemExit(1)


@app.command
def show(run: str, /, *, as_json: AsJson = False, figure: str | None = None) -> None:
    """Show a run that was written with `surefoot train --run FILE`.

    Parameters
    ----------
    run
        The run file: finished, cut off or still growing.
    as_json
        Print everything as JSON: header, steps, ending.
    figure
        Save the picture of the run to this file.
    """
    from surefoot.records import Frame
    from surefoot.training.run import read_run
    from surefoot.training.store import finite
    from surefoot.views import RunFigure, TextView

    done = read_run(run)
    if figure is not None:
        picture = RunFigure()
        picture.draw(done.header, done.steps, done.outputs)
        picture.save(figure)
    if as_json:
        record = {
            "header": done.header.to_json(),
            "steps": [step.to_json() for step in done.steps],
            "ending": done.ending.to_json(),
        }
        print(json.dumps(finite(record), allow_nan=False))
        return
    view = TextView()
    view.open(done.header)
    for step in done.steps:
        view.show(Frame(step))
    view.close(done.ending)
    if figure is not None:
        print(f"figure: {figure}")


@app.command(name="data")
def describe(
    data: DataName = "digits",
    /,
    *,
    figure: str | None = None,
    rng: Seed = 0,
    data_dir: DataDir = None,
    source: Source = None,
    target: Target = None,
) -> None:
    """Say what a data set holds; draw 24 of its training samples with --figure.

    Parameters
    ----------
    figure
        Save a picture of 24 random training samples with their labels to this file.
    """
    import numpy as np

    training, testing = _options(data, data_dir=data_dir, source=source, target=target).split()
    print(training)
    print(f"trained on by default: the first {training.n} rows; tested on: {testing.n if testing else 0}")
    if training.is_classification:
        counts = np.bincount(training.y, minlength=training.k)
        print(
            "rows per class: "
            + ", ".join(f"{name}: {count}" for name, count in zip(training.classes, counts, strict=True))
        )
    print(f"SHA-256 of the training rows: {training.hash}")
    if figure is not None:
        from surefoot.views import samples_figure
        from surefoot.views.paper import save_figure

        rows = np.sort(np.random.default_rng(rng).permutation(training.n)[:24])
        save_figure(
            samples_figure(
                training.X[rows], training.y[rows], rows, training.image_shape, training.scale, training.classes,
                f"{training.name}: {len(rows)} training samples",
            ),
            figure,
        )  # fmt: skip
        print(f"figure: {figure}")


@app.command
def methods() -> None:
    """List the methods that --method knows."""
    from surefoot.descent.methods import METHODS

    width = max(map(len, METHODS))
    for name, make in METHODS.items():
        print(f"{name:{width}}  {(make.__doc__ or '').strip().splitlines()[0]}")


def _options(data: str, hidden: str = "6", **others: Any) -> Options:
    from surefoot.training.options import Options

    return Options(data, _units(hidden), **others)


def _units(text: str) -> tuple[int, ...]:
    """Units of the hidden layers from `6`, `16,8` or `none`."""
    if text.strip().lower() in ("none", "0", ""):
        return ()
    try:
        return tuple(int(part) for part in text.replace("-", ",").split(","))
    except ValueError:
        raise BadValue(
            f"--hidden {text} is not a list of units; give 6, or 16,8 for two layers, or none."
        ) from None


def _is_run(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(15) == b"SQLite format 3"


def _training_data(header: Header, data_dir: str | None) -> Data:
    """The training rows a run used, checked by their hash."""
    from dataclasses import replace

    from surefoot.training.options import Options

    if "data" not in header.options:
        raise BadValue(
            f"This run was trained on arrays ({header.data}), which its file does not hold; "
            "check it in Python: sf.check(sf.Problem(net, data), run.theta)."
        )
    options = Options.from_json(dict(header.options))
    options = replace(options, train_size=header.n_train, data_dir=data_dir or options.data_dir)
    training, _ = options.split()
    if training.hash != header.data_hash:
        raise BadValue(
            f"{options.data} does not hold what the run was trained on (SHA-256 {training.hash[:12]}..., "
            f"the run has {header.data_hash[:12]}...). Give the data it was trained on, or train again."
        )
    return training


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; every mistake is one sentence on stderr and exit code 2."""
    try:
        app(arguments, exit_on_error=False, print_error=False)
        sys.stdout.flush()  # here, where a reader that left can still be understood
    except (SurefootError, CycloptsError) as error:
        _leave(2, f"surefoot: {' '.join(str(error).split())}")
    except MemoryError as error:
        _leave(2, f"surefoot: not enough memory for this: {error}. Take fewer rows or fewer units.")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader left: nothing more to say
    except KeyboardInterrupt:
        _leave(130, "surefoot: stopped by hand")


def _leave(code: int, sentence: str) -> None:
    print(sentence, file=sys.stderr)
    raise SystemExit(code)


if __name__ == "__main__":
    main()
