"""A table and the name of a column -> a model, and an honest record of how good it is.

    read → what is predicted → what the columns are → split → prepare on the training rows → train →
    judge on the test rows, beside rivals → record

The record is plain values: `surefoot fit --json` prints it, and the report is drawn from it.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from surefoot.arrays import Array, Matrix
from surefoot.errors import BadValue, UnknownName, require
from surefoot.tables.columns import Column, judge
from surefoot.tables.fitting import Fitted, Wishes, fitted
from surefoot.tables.judging import class_pictures, importance, number_pictures
from surefoot.tables.preparing import Preparation, prepare
from surefoot.tables.reading import Table, read_table
from surefoot.tables.rivals import baseline, linear_model
from surefoot.tables.scores import Score, accuracy, compared, numbers_scores
from surefoot.tables.targets import Target, read_target

ROWS_FOR_IMPORTANCE = 5000
SMALLEST = 1e-300  # probabilities below it count as it: their logarithm must be finite

Record = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Lesson:
    """A table that is ready to be learnt: everything but the network."""

    table: Table
    target: Target
    columns: tuple[Column, ...]
    preparation: Preparation
    X: Matrix
    training: Array  # positions of the rows to learn from
    test: Array
    test_fraction: float
    seed: int
    sha256: str
    size: tuple[int, int]  # rows, columns of the file

    def to_json(self) -> Record:
        """What the record says before there is a model."""
        return {
            "format": "surefoot fit 1",
            "surefoot": version("surefoot"),
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "table": {
                "name": self.table.path.name, "rows": self.size[0], "columns": self.size[1],
                "sha256": self.sha256,
            },
            "columns": [column.to_json() for column in self.columns],
            "notes": [*self.table.notes, *self.target.notes],
            "target": self.target.to_json(),
            "split": {
                "seed": self.seed, "train": len(self.training), "validation": 0, "test": len(self.test),
                "stratified": bool(self.target.classes),
            },
        }  # fmt: skip


def lesson(
    path: str | Path,
    target: str,
    *,
    task: str | None = None,
    leave_out: Sequence[str] = (),
    categorical: Sequence[str] = (),
    test_fraction: float = 0.25,
    seed: int = 0,
) -> Lesson:
    """Read a table, say what it holds, and split it.

    Raises
    ------
    DataNotFound, DataError, BadValue, UnknownName : a table, a column or a wish that cannot be used.
    MissingExtra : scikit-learn is not installed.
    """
    require("sklearn", "sklearn", "Learning from a table")
    if not 0.01 <= test_fraction <= 0.9:
        raise BadValue(
            f"The test fraction is {test_fraction}; give a fraction from 0.01 to 0.9, such as 0.25."
        )
    if not 0 <= seed < 1 << 32:
        raise BadValue(f"The seed is {seed}; give a whole number from 0 to {(1 << 32) - 1}.")
    if target in (*leave_out, *categorical):
        raise BadValue(f"{target!r} is to be predicted; name it as the target only.")
    table = read_table(path)
    digest, size = hashlib.sha256(Path(path).read_bytes()).hexdigest(), (table.n, len(table.names))
    for name in (*leave_out, *categorical):
        if name not in table.names:
            raise UnknownName("column", name, table.names)
    table, aim = read_target(table, target, task)
    columns = tuple(_columns(table, target, leave_out, categorical))
    used = [column for column in columns if column.kind != "left out"]
    if not used:
        why = "; ".join(f"{column.name!r}: {column.why}" for column in columns[:3]) or "it is the only one"
        raise BadValue(f"{table.path.name} has no column to learn {target!r} from ({why}).")
    training, test = _split(aim, test_fraction, seed)
    preparation = prepare(table.take(training), used)
    X, _ = preparation.matrix(table)
    return Lesson(table, aim, columns, preparation, X, training, test, test_fraction, seed, digest, size)


def _columns(table: Table, target: str, leave_out: Sequence[str], categorical: Sequence[str]) -> list[Column]:
    found = []
    for name in table.names:
        if name == target:
            continue
        if name in leave_out:
            found.append(Column(name, "left out", why="as you said"))
        else:
            found.append(judge(table, name, name in categorical))
    return found


def _split(target: Target, test_fraction: float, seed: int) -> tuple[Array, Array]:
    """Positions to learn from and to test with, by chance; classes keep their shares."""
    from sklearn.model_selection import train_test_split

    rows = np.arange(len(target.y))
    try:
        training, test = train_test_split(
            rows, test_size=test_fraction, random_state=seed, stratify=target.y if target.classes else None
        )
    except ValueError as error:
        raise BadValue(
            f"A test fraction of {test_fraction} of {len(rows)} rows does not hold every one of the "
            f"{len(target.classes)} classes in both parts; choose a fraction nearer to 0.5."
        ) from error
    return np.sort(training), np.sort(test)


def learn(work: Lesson, wishes: Wishes, tell: Callable[[str], None]) -> tuple[Fitted, Record]:
    """Train a network on a lesson and judge it: the model, and the whole record.

    Raises
    ------
    BadValue, UnknownName : a wish that cannot be granted.
    """
    target, seed = work.target, work.seed
    training, test = ((work.X[rows], target.y[rows]) for rows in (work.training, work.test))
    (_, y), (X_test, y_test) = training, test
    done = fitted(work.preparation, target, training, test, wishes, seed, tell)
    model = done.model
    answers = model.answers(X_test)
    guesses = model.guesses(answers)
    score, *others = _scores(target.task, y_test, guesses, seed)
    rivals, verdict = _rivals(work, guesses, score, others)
    few = np.sort(np.random.default_rng(seed).permutation(len(y_test))[:ROWS_FOR_IMPORTANCE])
    tell("judging")

    def loss(X: Matrix) -> float:
        return _loss(model.answers(X), y_test[few], target.task)

    record = work.to_json()
    done = replace(done, model=replace(model, about=_about(record, done, len(y))))
    record["split"] |= {"train": len(y) - done.validation, "validation": done.validation}
    record |= {
        "network": done.network, "training": done.training, "curves": done.curves,
        "score": score.to_json(), "others": [other.to_json() for other in others],
        "rivals": rivals, "verdict": verdict,
        "importance": importance(X_test[few], work.preparation.sources(), loss, seed),
        "importance_of": f"rise of the {'test loss (nats)' if target.classes else 'mean absolute error'}",
        "files": {"model": "", "report": ""},
    }  # fmt: skip
    if target.classes:
        record["classes"] = class_pictures(y_test, answers, target.classes)
    else:
        record["numbers"] = number_pictures(y_test, answers)
    return done, record


def _about(record: Record, done: Fitted, n_train: int) -> Record:
    """Where a model comes from, for people who look into its file."""
    facts = ("iterations", "best_iteration", "converged", "ending")
    return {
        "table": record["table"]["name"], "table_sha256": record["table"]["sha256"],
        "created": record["created"], "surefoot": record["surefoot"], "seed": record["split"]["seed"],
        "n_train": n_train, "n_test": record["split"]["test"],
        "method": done.network["method"], "l2": float(done.network["l2"]),
        **{name: done.training[name] for name in facts},
    }  # fmt: skip


def _scores(task: str, y: Array, guesses: Array, seed: int) -> Sequence[Score]:
    return (accuracy(y, guesses),) if task == "classification" else numbers_scores(y, guesses, seed)


def _rivals(
    work: Lesson, guesses: Array, score: Score, others: Sequence[Score]
) -> tuple[list[Record], Record]:
    """How the linear model and the baseline do on the same rows, and the verdict."""
    target, y_test = work.target, work.target.y[work.test]
    y = target.y[work.training]
    entries = []
    for kind, (who, theirs) in (
        ("linear", linear_model(work.X[work.training], y, target.classes, work.X[work.test])),
        ("baseline", baseline(y, target.classes, len(work.test))),
    ):
        theirs_score, *more = _scores(target.task, y_test, theirs, work.seed)
        result = compared(y_test, guesses, theirs, target.task, work.seed)
        entries.append({"who": who, "kind": kind, "network_is": result, **theirs_score.to_json(),
                        "others": [other.to_json() for other in more]})  # fmt: skip
    linear, base = entries
    better = base["network_is"] == "better"
    return entries, {"better": better, "sentence": _verdict(target, score, others, linear, base)}


def _verdict(
    target: Target, score: Score, others: Sequence[Score], linear: Mapping[str, Any], base: Mapping[str, Any]
) -> str:
    """The verdict in plain words."""
    who = base["who"].partition(": ")[2]
    if target.classes:
        said = (
            f"The network is right for {100 * score.value:.1f} % of the test rows; guessing {who} would "
            f"be right for {100 * base['value']:.1f} %."
        )
    else:
        said = (
            f"The network's predictions are off by {others[0].value:.4g} on average; guessing {who}, would "
            f"be off by {base['others'][0]['value']:.4g}."
        )
    if base["network_is"] != "better":
        said += " On so many rows that can be chance: do not rely on this model."
    beside = {
        "better": "A linear model does worse, beyond chance: the network earns its place.",
        "worse": "A linear model does better, beyond chance: try --hidden none, or a larger --l2.",
        "alike": "A linear model (--hidden none) is simpler and cannot be told apart from it here.",
    }
    return f"{said} {beside[linear['network_is']]}"


def _loss(answers: Array, y: Array, task: str) -> float:
    """Mean -log p of the true class (nats), or the mean absolute error."""
    if task == "regression":
        return float(np.abs(answers - y).mean())
    return -math.fsum(np.log(np.maximum(answers[np.arange(len(y)), y], SMALLEST))) / len(y)
