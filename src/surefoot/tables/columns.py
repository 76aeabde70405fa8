"""What a column is: numbers, categories, or nothing to learn from, and then why.

    number     every cell that is filled is a finite number
    category   words, up to MOST_CATEGORIES different ones
    left out   empty, constant, dates, row numbers, names and other texts that differ on almost every row

A column of numbers with a few words among them is most likely a slip: it is refused with line and column,
unless it is said to be a category.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

from surefoot.errors import DataError
from surefoot.tables.reading import Table, is_gap

MOST_CATEGORIES = 100
FEW = 10  # rows from which "different on every row" means something
LARGEST = 1e150  # the square of anything larger overflows
DATE = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([T ].*)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}( .*)?|\d{1,2}:\d{2}(:\d{2})?"
)
IDENTIFIER = re.compile(r"(.*[_ .-])?(id|index|nr|no|number|uuid|key|row)\.?|[a-z]+Id|[A-Za-z]+ID", re.ASCII)


@dataclass(frozen=True)
class Column:
    """A column and what it is good for; `why` says what it is left out for."""

    name: str
    kind: str  # number, category, left out
    missing: int = 0
    categories: tuple[str, ...] = ()
    why: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name, "kind": self.kind, "missing": self.missing,
            "categories": list(self.categories), "why": self.why,
        }  # fmt: skip


def judge(table: Table, name: str, as_category: bool = False) -> Column:
    """What one column is.

    Raises
    ------
    DataError : a word among numbers, or a number that is infinite or too large, with line and column.
    """
    cells = table.column(name)
    filled = [cell for cell in cells if not is_gap(cell)]
    missing, different = len(cells) - len(filled), set(filled)
    if len(different) < 2:
        what = f"always {filled[0]!r}" if filled else "empty"
        return Column(name, "left out", missing, why=_a(what))
    if not as_category:
        numbers = [table.number(cell) for cell in filled]
        if None not in numbers or sum(x is not None for x in numbers) >= 0.9 * len(numbers):
            require_numbers(table, name, f"--categorical {name!r}")
            if _counts_rows(name, numbers):
                return Column(name, "left out", missing, why="it numbers the rows")
            return Column(name, "number", missing)
        if sum(DATE.fullmatch(cell) is not None for cell in filled) >= 0.9 * len(filled):
            return Column(name, "left out", missing, why="dates or times; make numbers of them, such as days")
        if len(different) == len(filled) >= FEW:
            return Column(name, "left out", missing, why="different on every row, as names and ids are")
        if len(different) > max(FEW, 0.5 * len(filled)):
            return Column(
                name, "left out", missing, why=f"{len(different):,} different texts, too many to learn"
            )
    if len(different) > MOST_CATEGORIES:
        why = f"{len(different):,} different texts; at most {MOST_CATEGORIES} make categories"
        return Column(name, "left out", missing, why=why)
    return Column(name, "category", missing, tuple(sorted(different)))


def _a(what: str) -> str:
    return what if len(what) < 60 else what[:59] + "…"


def _counts_rows(name: str, numbers: list[float | None]) -> bool:
    """True for 1, 2, 3, ... and for whole numbers without a repetition in a column named as an id."""
    known = [x for x in numbers if x is not None]
    if len(known) < FEW or len(set(known)) < len(known) or any(x % 1 for x in known):
        return False
    counted = known[0] in (0, 1) and all(b - a == 1 for a, b in zip(known, known[1:], strict=False))
    return counted or IDENTIFIER.fullmatch(name) is not None or IDENTIFIER.fullmatch(name.lower()) is not None


def require_numbers(table: Table, name: str, otherwise: str = "") -> list[float]:
    """The numbers of a column, NaN where it is missing; `otherwise` is the flag that makes words of them.

    Raises
    ------
    DataError : the first cell that is neither a gap nor a finite number that can be squared.
    """
    values = []
    for row, cell in enumerate(table.column(name)):
        if is_gap(cell):
            values.append(math.nan)
            continue
        x = table.number(cell)
        if x is None:
            hint = f" (words on purpose: {otherwise})" if otherwise else ""
            raise DataError(
                f"{table.place(row, name)}: {cell[:40]!r} is not a number, and the column holds numbers; "
                f"correct it, or empty it when it is not known{hint}."
            )
        if not abs(x) <= LARGEST:
            what = "is infinite" if cell.lower().lstrip("+-").startswith("inf") else "is beyond 1e150"
            raise DataError(
                f"{table.place(row, name)}: {cell[:40]!r} {what}; correct it, empty it, or "
                "take a larger unit."
            )
        values.append(x)
    return values
