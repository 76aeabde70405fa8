"""The command line: the same names and defaults as the Python API, one sentence for every mistake.

Exit codes: 0 done; 1 a check did not hold; 2 misuse or a file that cannot be used; 130 Ctrl-C.
Everything heavy is imported where it is used, so that `surefoot --help` answers at once.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError

from surefoot.errors import BadValue, SurefootError, UnknownName
from surefoot.flags import AsJson, Count, Net, Place, names, options_of

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


SCREENS = ("terminal", "text", "none")


@app.command
def train(
    data: str = "digits",
    /,
    *,
    net: Net = Net(),
    method: str = "auto",
    iterations: Count = 100,
    train_size: Count | None = None,
    precision: str = "double",
    test_every: Count = 10,
    sharpness_every: Count | None = None,
    view: str = "terminal",
    figure: str | None = None,
    run: str | None = None,
    place: Place = Place(),
) -> None:
    """Train a network and watch every step.

    Parameters
    ----------
    data
        digits, mnist, or the path of a file (.csv .tsv .txt .npy .npz) or folder of IDX files.
    method
        auto, classic, constant, lbfgs, cg, ...; `surefoot methods` lists them all.
    iterations
        How many steps to take.
    train_size
        Rows to train on, the rest tests; if not said 1,000 of the digits, 20,000 of MNIST, else 7 in 10.
    precision
        double or single.
    test_every
        Iterations between measurements on the test rows.
    sharpness_every
        Measure the top Hessian eigenvalue every so many iterations; --figure draws it beside 2/α.
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

    options = options_of(data, place, net, train_size=train_size, precision=precision)
    rule = lookup(method)
    if view not in SCREENS:
        raise UnknownName("view", view, SCREENS)
    views = make_views([view])
    if figure is not None:
        views.append(FigureView(figure))
    training, testing = options.split()
    network = options.network(training)
    done = train_network(
        network,
        training,
        test=testing,
        method=rule,
        iterations=iterations,
        l2=net.l2,
        rng=net.rng,
        initial=options.start(network),
        precision=precision,
        test_every=test_every,
        sharpness_every=sharpness_every,
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
    data: str = "digits",
    /,
    *,
    samples: Count = 5,
    net: Net = Net(),
    place: Place = Place(),
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
    from surefoot.training.options import training_data
    from surefoot.training.problem import Problem
    from surefoot.training.run import read_run
    from surefoot.training.store import is_run
    from surefoot.verification import check as verify

    if is_run(data):
        done = read_run(data)
        network, theta, l2 = done.network, done.theta, done.header.l2
        training = training_data(done.header, place.data_dir)
    else:
        options = options_of(data, place, net)
        training, _ = options.split()
        network, l2 = options.network(training), net.l2
        theta = options.start(network)
    if not 1 <= samples <= training.n:
        raise BadValue(
            f"--samples is {samples}; give 1 to {training.n}, the rows of {training.name} there are."
        )
    with Problem(network, training.take(slice(samples)), l2=l2) as problem:
        report = verify(problem, theta)
    print(json.dumps(report.to_json(), indent=2) if as_json else report)
    if not report.holds:
        raise SystemExit(1)


@app.command
def show(
    run: str,
    /,
    *,
    step: Count | None = None,
    as_json: AsJson = False,
    figure: str | None = None,
    data_dir: str | None = None,
) -> None:
    """Show a run that was written with `surefoot train --run FILE`.

    Parameters
    ----------
    run
        The run file: finished, cut off or still growing.
    step
        Look at the line search of the step to this iteration through the microscope.
    as_json
        Print everything as JSON: header, steps, ending; with --step what the microscope sees.
    figure
        Save the picture of the run, or of the step, to this file.
    data_dir
        Folder with the MNIST files, for --step.
    """
    if step is not None:
        _show_step(run, step, as_json, figure, data_dir)
        return
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
    for record_k in done.steps:
        view.show(Frame(record_k))
    view.close(done.ending)
    if figure is not None:
        print(f"figure: {figure}")


def _show_step(run: str, step: int, as_json: bool, figure: str | None, data_dir: str | None) -> None:
    from surefoot.training.microscope import revisit
    from surefoot.training.store import finite
    from surefoot.views.microscope import as_text, save_microscope

    record = revisit(run, step, data_dir)
    if figure is not None:
        save_microscope(record, figure)
    print(json.dumps(finite(record.to_json()), allow_nan=False) if as_json else as_text(record))
    if figure is not None and not as_json:
        print(f"figure: {figure}")


@app.command
def race(
    data: str = "digits",
    /,
    *,
    methods: str = "auto,cg,steepest,classic",
    against: str = "",
    passes: Count = 200,
    net: Net = Net(),
    train_size: Count | None = None,
    figure: str | None = None,
    place: Place = Place(),
    as_json: AsJson = False,
) -> None:
    """Race methods, and other libraries, from one start: loss by passes over the data.

    A pass is one product of all rows with first-layer columns, or its transpose. Another library's
    value and gradient is charged 2 passes, a value alone 1; all run in float64.

    Parameters
    ----------
    data
        Data as for `surefoot train`.
    methods
        Our methods that run, as auto,classic; `surefoot methods` lists them all; none for none.
    against
        Other libraries that run: scipy,sklearn,torch,optax; torch:10 to let it remember 10 pairs, not 30.
    passes
        How many passes over the data each may spend.
    train_size
        Rows to train on; if not said as for `surefoot train`.
    figure
        Save the picture of the race to this file (.png, .pdf, .svg).
    as_json
        Print every curve as JSON.
    """
    from surefoot.training.race import hold_race
    from surefoot.training.store import finite
    from surefoot.views.paper import check_path
    from surefoot.views.race import race_table, save_race

    if figure is not None:
        check_path(figure)
    options = options_of(data, place, net, train_size=train_size)
    done = hold_race(options, names(methods), names(against), passes, tell=_progress)
    if figure is not None:
        save_race(done, figure)
    print(json.dumps(finite(done.to_json()), allow_nan=False) if as_json else race_table(done))
    if figure is not None and not as_json:
        print(f"figure: {figure}")


def _progress(name: str) -> None:
    if sys.stderr.isatty():
        print(f"{name} ...", file=sys.stderr)


@app.command(name="data")
def describe(
    data: str = "digits", /, *, figure: str | None = None, rng: Count = 0, place: Place = Place()
) -> None:
    """Say what a data set holds; draw 24 of its training samples with --figure.

    Parameters
    ----------
    data
        Data as for `surefoot train`.
    figure
        Save a picture of 24 random training samples with their labels to this file.
    rng
        Seed of the choice of samples.
    """
    import numpy as np

    training, testing = options_of(data, place).split()
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
                training.X[rows], training.y[rows], rows.tolist(), training.image_shape, training.scale,
                training.classes, f"{training.name}: {len(rows)} training samples",
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
