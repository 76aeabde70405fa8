"""For people with a table and no Python: fit a network to it, ask it for answers, take it elsewhere."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any

from surefoot.errors import BadValue, DataNotFound
from surefoot.flags import AsJson, Count, default, names, units

if TYPE_CHECKING:
    from surefoot.arrays import Array
    from surefoot.tables.model import TableModel

PAGES = (".html", ".htm")
EVERY = 0.1  # seconds between two words on how far it is


def fit(
    table: str,
    /,
    *,
    target: str,
    task: str | None = None,
    out: Annotated[str | None, default("TABLE-model.json")] = None,
    report: Annotated[str | None, default("TABLE-report.html")] = None,
    hidden: Annotated[str | None, default(16)] = None,
    l2: Annotated[float | None, default("auto")] = None,
    max_iter: Annotated[Count | None, default(200)] = None,
    restarts: Annotated[Count | None, default(1)] = None,
    seed: Count = 0,
    test_fraction: float = 0.25,
    leave_out: Annotated[str | None, default("none")] = None,
    categorical: Annotated[str | None, default("none")] = None,
    as_json: AsJson = False,
) -> None:
    """Learn to predict one column of a table from the others, and say honestly how well.

    Parameters
    ----------
    table
        A table as text: column names in the first line, a row on each other (.csv, .tsv).
    target
        The column to predict.
    task
        classification or regression; found out when not said.
    out
        Write the model to this file; `surefoot predict` reads it.
    report
        Write the report, one page of HTML, to this file; none: no page.
    hidden
        Units in each hidden layer: 16, or 32,16 for two layers, or none.
    l2
        Weight decay: larger holds back more. auto: 1 / n beside early stopping (n rows that teach); with
        fewer than 60 rows to learn from, the best of six in 3-fold cross-validation.
    max_iter
        Iterations at most.
    restarts
        Train from so many starts and keep the best.
    seed
        Seed of the split and of the starting weights.
    test_fraction
        Share of the rows to test with.
    leave_out
        Columns not to learn from: their names, with commas between.
    categorical
        Columns of numbers that only name things, such as postal codes: their names, with commas between.
    as_json
        Print everything as JSON.
    """
    from surefoot.placing import placed
    from surefoot.tables.fitting import Wishes
    from surefoot.tables.learning import learn, lesson
    from surefoot.training.store import finite
    from surefoot.views.report import after_words, before_words, report_page

    stem = Path(table).stem
    model_path = _place(out or f"{stem}-model.json", (), "--out", table)
    page_path = (
        None if report == "none" else _place(report or f"{stem}-report.html", PAGES, "--report", table)
    )
    if page_path is not None and page_path.resolve() == model_path.resolve():
        raise BadValue(f"--out and --report are both {str(model_path)!r}; give each a file of its own.")
    wishes = Wishes(None if hidden is None else units(hidden), l2, max_iter, restarts)
    wishes.check()
    work = lesson(
        table, target, task=task, leave_out=names(leave_out or ""), categorical=names(categorical or ""),
        test_fraction=test_fraction, seed=seed,
    )  # fmt: skip
    say: Callable[[str], None] = (lambda _: None) if as_json else print
    say(before_words(work.to_json()))
    tell = _progress()
    try:
        done, record = learn(work, wishes, tell)
    finally:
        tell("")
    record["files"] = {"model": str(model_path), "report": "" if page_path is None else str(page_path)}
    record = finite(record)
    placed(model_path, done.model.to_bytes())
    if page_path is not None:
        placed(page_path, report_page(record).encode("utf-8"))
    say(after_words(record))
    if as_json:
        print(json.dumps(record, allow_nan=False))


def predict(model: str, table: str, /, *, out: str | None = None) -> None:
    """Answer for every row of a table, as CSV: the prediction, and for classes the probability of each.

    Columns are found by name, in any order; columns that the model does not know are passed over. A missing
    number counts as the median, an unknown category as none of them.

    Parameters
    ----------
    model
        A model that `surefoot fit` wrote.
    table
        The table; the predicted column may be there or not.
    out
        Write the answers to this file, not to the screen.
    """
    from surefoot.placing import placed
    from surefoot.tables.model import read_model
    from surefoot.tables.reading import read_table
    from surefoot.views.words import plain

    path = None if out is None else _place(out, (), "--out", model, table)
    known = read_model(model)
    answers, notes = known.predict(rows := read_table(table))
    text = _answers(known, answers)
    if path is None:
        sys.stdout.write(text)
    else:
        placed(path, text.encode("utf-8"))
        print(f"answers: {path} ({rows.n:,} rows)")
    for note in (*rows.notes, *notes):
        print(f"note: {plain(note)}", file=sys.stderr)


def export(model: str, out: str, /) -> None:
    """Take the network of a model elsewhere: .onnx, .safetensors, or .py that needs nothing but Python.

    Parameters
    ----------
    model
        A model that `surefoot fit` wrote.
    out
        The file to write; its suffix says the format.
    """
    from surefoot.estimators.export import export as write
    from surefoot.tables.exporting import as_estimator
    from surefoot.tables.model import read_model
    from surefoot.views.words import plain

    _place(out, (), "OUT", model)
    known = read_model(model)
    print(f"{write(as_estimator(known), out)}: {known.network.name} network for {plain(known.target)!r}")
    inputs = known.preparation.inputs
    print(f"A row of input is {len(inputs)} numbers, in this order:")
    for j, name in enumerate(inputs, start=1):
        print(f"  {j:3}  {plain(name)}")
    if known.preparation.flagged or known.preparation.words:
        print(
            "'=' and 'is missing' are 1 where true and 0 where not; a missing number is given as its median:"
        )
        for name, median in zip(known.preparation.numbers, known.preparation.medians, strict=True):
            print(f"       {plain(name)}: {median:.10g}")


def _place(path: str, suffixes: Sequence[str], flag: str, *inputs: str) -> Path:
    """The path to write to, complained of before the work and not after it."""
    found = Path(path)
    if suffixes and found.suffix.lower() not in suffixes:
        raise BadValue(f"{flag} {path} does not end in {suffixes[0]}; name a file that does.")
    if not found.parent.is_dir():
        raise DataNotFound(
            f"The folder {str(found.parent)!r} for {found.name!r} does not exist; make it first."
        )
    if found.is_dir():
        raise BadValue(f"{flag} {path} is a folder; give a file name.")
    if any(found.resolve() == Path(other).resolve() for other in inputs):
        raise BadValue(f"{flag} {path} is what is read; name another file.")
    return found


def _answers(model: TableModel, answers: Array) -> str:
    """The answers as CSV."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    if not model.classes:
        writer.writerow(["prediction"])
        writer.writerows([_figures(value)] for value in answers.tolist())
        return stream.getvalue()
    writer.writerow(["prediction", *(f"probability of {name}" for name in model.classes)])
    for label, row in zip(model.guesses(answers).tolist(), answers.tolist(), strict=True):
        writer.writerow([model.classes[label], *map(_figures, row)])
    return stream.getvalue()


def _figures(value: Any) -> str:
    return f"{value:.10g}"


def _progress() -> Callable[[str], None]:
    """Says how far it is, on a terminal only, each in place of the last."""
    last = 0.0

    def tell(words: str) -> None:
        nonlocal last
        now = monotonic()
        if sys.stderr.isatty() and (not words or now - last >= EVERY):
            last = now
            print(f"\r\x1b[K{words}", end="", file=sys.stderr, flush=True)

    return tell
