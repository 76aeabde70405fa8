"""Look at what is there: a stored run, one of its steps, data, the methods."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from surefoot.errors import BadValue
from surefoot.flags import AsJson, Count, Place, options_of

if TYPE_CHECKING:
    from surefoot.training.finished import Run


def show(
    run: str,
    /,
    *,
    step: Count | None = None,
    as_json: AsJson = False,
    figure: str | None = None,
    html: str | None = None,
    gif: str | None = None,
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
    html
        Save the run as one page that replays it, without a network, to this file.
    gif
        Save the run as an animated picture to this file.
    data_dir
        Folder with the MNIST files, for --step and --html.
    """
    _check_replays(run, step, html, gif)
    if step is not None:
        _show_step(run, step, as_json, figure, data_dir)
        return
    from surefoot.records import Frame
    from surefoot.training.finished import read_run
    from surefoot.training.store import finite
    from surefoot.views import RunFigure, TextView

    done = read_run(run)
    if figure is not None:
        picture = RunFigure()
        picture.draw(done.header, done.steps, done.outputs)
        picture.save(figure)
    written, less = _replays(done, html, gif, data_dir)
    if as_json:
        for sentence in less:
            print(sentence, file=sys.stderr)
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
    for sentence in (*written, *less):
        print(sentence)


def _check_replays(run: str, step: int | None, html: str | None, gif: str | None) -> None:
    """Complain before the work about files that cannot be written after it."""
    if html is None and gif is None:
        return
    from surefoot.placing import checked_out

    if step is not None:
        raise BadValue("--html and --gif replay the whole run; leave out --step.")
    for out, kinds in ((html, (".html", ".htm")), (gif, (".gif",))):
        if out is not None and checked_out(out, kinds).resolve() == Path(run).resolve():
            raise BadValue(f"{out} is the run itself; name another file.")


def _replays(
    done: Run, html: str | None, gif: str | None, data_dir: str | None
) -> tuple[list[str], list[str]]:
    """Write the page and the animated picture; what to say of them, and why the page holds less."""
    said, less = [], []
    try:
        if html is not None:
            from surefoot.training.replay import replayed
            from surefoot.views.html import write_html

            with replayed(done, data_dir=data_dir) as (journal, ask):
                said.append(f"html: {html} ({_megabytes(write_html(journal, html, ask, _progress))})")
                if journal.missing:
                    less.append(f"It holds the records and the weights only. {journal.missing}")
        if gif is not None:
            said.append(f"gif: {gif} ({_megabytes(done.to_gif(gif, tell=_progress))})")
    finally:
        _progress("")
    return said, less


def _progress(words: str) -> None:
    """How far it is, on a terminal only, each in place of the last."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{words}", end="", file=sys.stderr, flush=True)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


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


def methods() -> None:
    """List the methods that --method knows."""
    from surefoot.descent.methods import METHODS

    width = max(map(len, METHODS))
    for name, make in METHODS.items():
        print(f"{name:{width}}  {(make.__doc__ or '').strip().splitlines()[0]}")
