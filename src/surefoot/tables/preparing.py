"""From columns to the matrix a network sees, with scikit-learn's own transformers.

    number     SimpleImputer: the median where missing, and a column of 0/1 that says so
    category   SimpleImputer: missing is a category of its own; OneHotEncoder: a column of 0/1 for each

What they learn (medians, categories) is learnt on the training rows alone.  A `Preparation` is what they
learnt, as plain values: it can be written down and read, needs NumPy only, and gives the same matrix.
A category that was not there to be learnt has 0 in all its columns.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from surefoot.arrays import Array, Matrix
from surefoot.errors import DataError, require
from surefoot.tables.columns import Column, require_numbers
from surefoot.tables.reading import Table, is_gap

GONE = ""  # a missing cell: no category can be called so, as cells without a letter are missing


@dataclass(frozen=True)
class Preparation:
    """What was learnt about the columns, in the order of the matrix.

    numbers, medians : names of the columns of numbers, and what stands in for a missing one.
    flagged : positions in `numbers` of those with a 0/1 column that says "missing".
    words, categories : names of the columns of categories, and theirs; GONE among them when one was missing.
    """

    numbers: tuple[str, ...]
    medians: tuple[float, ...]
    flagged: tuple[int, ...]
    words: tuple[str, ...]
    categories: tuple[tuple[str, ...], ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns of the table that are used."""
        return self.numbers + self.words

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the d columns of the matrix."""
        flags = [f"{self.numbers[j]} is missing" for j in self.flagged]
        ones = [
            f"{name} = {value}" if value != GONE else f"{name} is missing"
            for name, values in zip(self.words, self.categories, strict=True)
            for value in values
        ]
        return (*self.numbers, *flags, *ones)

    def sources(self) -> tuple[str, ...]:
        """(d,) for each column of the matrix the column of the table that it comes from."""
        flags = [self.numbers[j] for j in self.flagged]
        ones = [n for n, values in zip(self.words, self.categories, strict=True) for _ in values]
        return (*self.numbers, *flags, *ones)

    def matrix(self, table: Table) -> tuple[Matrix, tuple[str, ...]]:
        """X (n, d), and a sentence on every column with categories that were not there to be learnt.

        Raises
        ------
        DataError : a column is not there, or a cell is no number where one belongs.
        """
        if gone := [name for name in self.columns if name not in table.names]:
            raise DataError(
                f"{table.path.name} has no column {', '.join(map(repr, gone[:5]))}"
                f"{', ...' if len(gone) > 5 else ''}, which the model was trained with; it has "
                f"{', '.join(map(repr, table.names[:8]))}{', ...' if len(table.names) > 8 else ''}."
            )
        values = [np.array(require_numbers(table, name)) for name in self.numbers]
        blocks = [np.where(np.isnan(x), m, x) for x, m in zip(values, self.medians, strict=True)]
        blocks += [np.isnan(values[j]).astype(float) for j in self.flagged]
        notes = []
        for name, known in zip(self.words, self.categories, strict=True):
            cells = words(table, name)
            blocks += [np.array([cell == value for cell in cells], float) for value in known]
            strange = [(row, cell) for row, cell in enumerate(cells) if cell not in known and cell != GONE]
            if strange:
                row, cell = strange[0]
                rows = "1 row" if len(strange) == 1 else f"{len(strange):,} rows"
                notes.append(
                    f"{table.place(row, name)}: {cell[:40]!r} is no category the model has seen; such cells "
                    f"({rows}) count as none of them."
                )
        return np.column_stack(blocks), tuple(notes)

    def to_json(self) -> dict[str, Any]:
        return dict(vars(self))

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Preparation:
        """What `to_json` gave; ValueError or TypeError when it cannot be that."""
        found = cls(
            tuple(map(_text, record["numbers"])),
            tuple(float(m) for m in record["medians"]),
            tuple(int(j) for j in record["flagged"]),
            tuple(map(_text, record["words"])),
            tuple(tuple(map(_text, values)) for values in record["categories"]),
        )
        fits = (
            len(found.medians) == len(found.numbers)
            and len(found.categories) == len(found.words)
            and all(0 <= j < len(found.numbers) for j in found.flagged)
            and all(math.isfinite(m) for m in found.medians)
            and len(set(found.columns)) == len(found.columns)
            and len(found.inputs) > 0
        )
        if not fits:
            raise ValueError("the preparation does not fit together")
        return found


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def words(table: Table, name: str) -> list[str]:
    """The cells of a column of categories, GONE where missing."""
    return [GONE if is_gap(cell) else cell for cell in table.column(name)]


def transformer(table: Table, columns: Sequence[Column]) -> tuple[Any, Array]:
    """Scikit-learn's transformer for these columns, not fitted, and the cells it wants, (n, columns)."""
    compose = require("sklearn.compose", "sklearn", "Preparing a table")
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    cells = np.empty((table.n, len(columns)), dtype=object)
    for j, column in enumerate(columns):
        number = column.kind == "number"
        cells[:, j] = require_numbers(table, column.name) if number else words(table, column.name)
    numbers = [j for j, column in enumerate(columns) if column.kind == "number"]
    others = [j for j, column in enumerate(columns) if column.kind == "category"]
    gaps = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
    gone = SimpleImputer(missing_values=GONE, strategy="constant", fill_value=GONE, keep_empty_features=True)
    ones = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    both = compose.ColumnTransformer([("n", gaps, numbers), ("w", make_pipeline(gone, ones), others)])
    return both, cells


def prepare(table: Table, columns: Sequence[Column]) -> Preparation:
    """What scikit-learn's transformers learn of these rows."""
    both, cells = transformer(table, columns)
    numbers = tuple(column.name for column in columns if column.kind == "number")
    others = tuple(column.name for column in columns if column.kind == "category")
    fitted = both.fit(cells)
    medians: tuple[float, ...] = ()
    flagged: tuple[int, ...] = ()
    categories: tuple[tuple[str, ...], ...] = ()
    if numbers:
        gaps = fitted.named_transformers_["n"]
        medians = tuple(float(m) for m in gaps.statistics_)
        flagged = tuple(int(j) for j in gaps.indicator_.features_)
    if others:
        ones = fitted.named_transformers_["w"][-1]
        categories = tuple(tuple(map(str, values)) for values in ones.categories_)
    return Preparation(numbers, medians, flagged, others, categories)
