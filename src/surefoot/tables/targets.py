"""What is predicted, and as what: classes or numbers.

    classification   words; two different values; whole numbers with at most MOST_LEVELS different ones
    regression       all other numbers

Rows without a target are left out, and so are classes too rare to be learnt and tested; it is said.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from surefoot.arrays import Array
from surefoot.errors import BadValue, UnknownName
from surefoot.tables.columns import require_numbers
from surefoot.tables.reading import Table, is_gap

TASKS = ("classification", "regression")
MOST_LEVELS = 10  # different whole numbers that still are classes
MOST_CLASSES = 100
RAREST = 5  # rows of a class: it must be in the training, the validation and the test rows
FEWEST = 20  # rows


@dataclass(frozen=True)
class Target:
    """The target of every row that is used.

    y : (n,) labels 0 .. k-1, or numbers.   classes : their names; () for numbers.
    why : the task was chosen.
    """

    name: str
    task: str
    y: Array
    classes: tuple[str, ...] = ()
    why: str = ""
    notes: tuple[str, ...] = ()
    other: str = ""  # the task that it could be as well

    def to_json(self) -> dict[str, Any]:
        counts = np.bincount(self.y, minlength=len(self.classes)).tolist() if self.classes else []
        return {
            "name": self.name, "task": self.task, "classes": list(self.classes), "rows": counts,
            "why": self.why, "other": self.other,
        }  # fmt: skip


def read_target(table: Table, name: str, task: str | None = None) -> tuple[Table, Target]:
    """The rows that have a target, and what it is.

    Raises
    ------
    UnknownName : no such column or task.   BadValue : nothing to predict in it, or fewer than FEWEST rows.
    DataError : a word among its numbers.
    """
    if name not in table.names:
        raise UnknownName("column", name, table.names)
    if task is not None and task not in TASKS:
        raise UnknownName("task", task, TASKS)
    known = [row for row, cell in enumerate(table.column(name)) if not is_gap(cell)]
    notes = []
    if gone := table.n - len(known):
        rows = "1 row has" if gone == 1 else f"{gone:,} rows have"
        notes.append(f"{rows} no {name!r} and cannot teach: left out.")
        table = table.take(known)
    task, why = _task(table, name, task)
    if task == "regression":
        y = np.array(require_numbers(table, name, "--task classification"))
        _require_variety(table, name, len(set(y.tolist())))
        other = TASKS[0] if len(set(y.tolist())) <= MOST_CLASSES else ""
        return table, Target(name, task, y, (), why, tuple(notes), other)
    table, target = _classes(table, name)
    other = TASKS[1] if all(table.number(value) is not None for value in target.classes) else ""
    return table, replace(target, why=why, notes=(*notes, *target.notes), other=other)


def _task(table: Table, name: str, task: str | None) -> tuple[str, str]:
    """Classes or numbers, and the reason in words."""
    if task is not None:
        return task, "as you said"
    cells = table.column(name)
    different = set(cells)
    numbers = [table.number(cell) for cell in different]
    share = sum(x is not None for x in numbers) / max(len(numbers), 1)
    if share < 0.9:
        return TASKS[0], "its values are words"
    if len(different) == 2:
        return TASKS[0], "it has two different values"
    if share == 1 and len(different) <= MOST_LEVELS and all(x is not None and x % 1 == 0 for x in numbers):
        return TASKS[0], f"it has {len(different)} different whole numbers only"
    return TASKS[1], "its values are numbers"


def _classes(table: Table, name: str) -> tuple[Table, Target]:
    """Labels by name; classes with fewer than RAREST rows are left out with their rows."""
    counts = Counter(table.column(name))
    if len(counts) > MOST_CLASSES:
        raise BadValue(
            f"{table.path.name}: the column {name!r} has {len(counts):,} different values in {table.n:,} "
            f"rows, too many for classes (at most {MOST_CLASSES}); name another --target."
        )
    _require_variety(table, name, len(counts))
    rare = sorted(value for value, count in counts.items() if count < RAREST)
    notes = []
    if rare:
        many = sum(counts[value] for value in rare)
        shown = ", ".join(repr(value) for value in rare[:3]) + (", ..." if len(rare) > 3 else "")
        notes.append(
            f"{'A class' if len(rare) == 1 else f'{len(rare)} classes'} with fewer than {RAREST} rows "
            f"({shown}) cannot be learnt and tested: {many} row{'s' * (many != 1)} left out."
        )
        table = table.take(row for row, cell in enumerate(table.column(name)) if counts[cell] >= RAREST)
        _require_variety(table, name, len(counts) - len(rare))
    classes = _sorted(table, [value for value in counts if counts[value] >= RAREST])
    number = {value: k for k, value in enumerate(classes)}
    y = np.array([number[cell] for cell in table.column(name)], dtype=np.int64)
    return table, Target(name, TASKS[0], y, classes, notes=tuple(notes))


def _sorted(table: Table, values: list[str]) -> tuple[str, ...]:
    """By size when all are numbers, else by letter."""
    numbers = {value: table.number(value) for value in values}
    if None in numbers.values():
        return tuple(sorted(values))
    return tuple(sorted(values, key=lambda value: (numbers[value], value)))


def _require_variety(table: Table, name: str, different: int) -> None:
    """BadValue unless there are rows enough, and more than one value to tell apart."""
    if table.n < FEWEST:
        raise BadValue(
            f"{table.path.name} has {table.n} row{'s' * (table.n != 1)} with a usable {name!r}; "
            f"at least {FEWEST} are needed to learn and to test."
        )
    if different < 2:
        raise BadValue(
            f"{table.path.name}: the column {name!r} always has the same value; there is nothing to predict."
        )
