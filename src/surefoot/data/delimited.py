"""Tables of text: .csv, .tsv and the like, one sample a line.

    delimiter   the one of tab ; , that cuts the first line into most cells
    header      the first line, when none of its cells is a number, or when its target cell alone
                among all target cells is not
    target      the last column, unless `target=` gives a name or a number (from 0, -1 is the last)
    inputs      all other columns, numbers all: no gaps, no texts

What the target means is told in `targets`.  Errors count lines and columns from 1, as editors do.
"""

from __future__ import annotations

import csv
import math
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import numpy as np

from surefoot.arrays import Array
from surefoot.data.dataset import Data
from surefoot.data.files import reading, require_file
from surefoot.data.targets import labelled, labels_or_targets
from surefoot.errors import DataError

DELIMITERS = "\t;,"
GAPS = ("", "na", "n/a", "nan", "null", "?")
LONGEST_LINE = 1 << 20


@dataclass
class _Table:
    """What has been read so far: inputs in one flat array, target cells, the line of each row."""

    path: Path
    names: tuple[str, ...]  # of all columns; empty without a header
    column: int  # of the target
    inputs: array[float] = field(default_factory=lambda: array("d"))
    targets: list[str] = field(default_factory=list)
    lines: array[int] = field(default_factory=lambda: array("q"))

    def append(self, line: int, cells: list[str]) -> None:
        """Take one row; DataError at its first input that is no number."""
        target = cells.pop(self.column)
        try:
            self.inputs.extend([float(cell) for cell in cells])
        except ValueError:
            wrong = next(i for i, cell in enumerate(cells) if not _is_number(cell))
            raise self.refusal(line, wrong + (wrong >= self.column), cells[wrong]) from None
        self.targets.append(target)
        self.lines.append(line)

    def refusal(self, line: int, column: int, cell: str) -> DataError:
        """The error for one cell, with its place and the name of its column."""
        name = f" ({self.names[column]!r})" if self.names else ""
        place = f"{self.path}, line {line}, column {column + 1}{name}"
        if cell.strip().lower() in GAPS:
            return DataError(f"{place}: the cell is a gap ({cell!r}); fill it or leave the line out.")
        return DataError(
            f"{place}: {cell[:40]!r} is not a finite number; write numbers like 3.5, texts only as labels."
        )

    def X(self) -> Array:  # noqa: N802
        """Inputs (n, d); DataError at the first that is NaN or infinite."""
        X = np.frombuffer(self.inputs, dtype=np.float64).reshape(len(self.lines), -1)
        if not np.isfinite(X).all():
            row, wrong = (int(i) for i in np.argwhere(~np.isfinite(X))[0])
            raise self.refusal(self.lines[row], wrong + (wrong >= self.column), str(X[row, wrong]))
        return X

    def y(self) -> tuple[Array, tuple[str, ...]]:
        """Labels and classes, or numbers and ()."""
        numeric = [_is_number(cell) for cell in self.targets]
        for row, cell in enumerate(self.targets):
            if cell.strip().lower() in GAPS or (numeric[row] and not math.isfinite(float(cell))):
                raise self.refusal(self.lines[row], self.column, cell)
        if all(numeric):
            return labels_or_targets(np.array([float(cell) for cell in self.targets]), self.path)
        if any(is_number and float(cell) % 1 for is_number, cell in zip(numeric, self.targets, strict=True)):
            row = numeric.index(False)  # a text among fractions: a slip, not a class
            raise self.refusal(self.lines[row], self.column, self.targets[row])
        return labelled(np.array([cell.strip() for cell in self.targets]), self.path)

    def drop_first(self) -> None:
        """The first row was a header after all."""
        del self.inputs[: len(self.inputs) // len(self.lines)], self.targets[0], self.lines[0]


def read_delimited(path: Path, target: str | int | None = None) -> Data:
    """Inputs and target from a table of text.

    Raises
    ------
    DataError : empty, ragged, a gap or a text where a number belongs (with line and column), or no
        such target column.
    """
    with reading(path), require_file(path).open(newline="", encoding="utf-8-sig") as text:
        rows = _rows(text, path)
        first = next(rows, None)
        if first is None:
            raise DataError(f"{path} is empty; wanted is one sample a line, its target last.")
        line, cells = first
        has_header = not any(map(_is_number, cells))
        names = _names(cells, path) if has_header else ()
        table = _Table(path, names, _target_column(target, cells, has_header, path))
        if not has_header:
            table.append(line, cells)
        for line, cells in rows:
            table.append(line, cells)

    if not has_header and len(table.lines) > 1 and _only_first_is_text(table.targets):
        table.drop_first()
    if not table.lines:
        raise DataError(f"{path} holds a header and no samples; wanted is one sample a line.")
    X = table.X()
    y, classes = table.y()
    return Data(X, y, classes=classes, name=path.stem)


def _rows(text: TextIO, path: Path) -> Iterator[tuple[int, list[str]]]:
    """(line number, cells) of every line that is not blank; all have as many cells as the first."""
    reader = csv.reader(text, delimiter=_delimiter(text))
    width = first = 0
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            width, first = width or len(cells), first or reader.line_num
            if len(cells) != width:
                raise DataError(
                    f"{path}, line {reader.line_num}: {len(cells)} cells, but line {first} has {width}; "
                    "all lines must be equally long."
                )
            if width < 2:
                raise DataError(
                    f"{path} has one column only; separate inputs and target by comma, semicolon or tab."
                )
            yield reader.line_num, cells
    except csv.Error as error:
        raise DataError(
            f"{path}, line {reader.line_num}: {error}; save it as plain text in UTF-8."
        ) from error


def _delimiter(text: TextIO) -> str:
    """The delimiter that cuts the first line that is not blank into most cells."""
    while (line := text.readline(LONGEST_LINE)) and not line.strip():
        pass
    text.seek(0)
    return max(DELIMITERS, key=lambda mark: len(next(csv.reader([line], delimiter=mark), [])))


def _names(cells: list[str], path: Path) -> tuple[str, ...]:
    """The names in a header; an unnamed column is most likely a row number that pandas wrote."""
    names = tuple(cell.strip() for cell in cells)
    if "" in names:
        raise DataError(
            f"{path}: column {names.index('') + 1} of the header has no name; name it, or remove it when "
            "it only numbers the rows (pandas: index=False)."
        )
    return names


def _target_column(target: str | int | None, cells: Sequence[str], has_header: bool, path: Path) -> int:
    """The position of the target among the cells, 0 .. len(cells) - 1."""
    names = [cell.strip() for cell in cells]
    if isinstance(target, str) and target in names and has_header:
        return names.index(target)
    try:
        number = -1 if target is None else int(target)
    except ValueError:
        number = len(cells)
    if not -len(cells) <= number < len(cells):
        known = f"it has {', '.join(names)}" if has_header else "it has no header"
        raise DataError(
            f"{path} has no column {target!r}; {known}: pass a name or a number 0..{len(cells) - 1}."
        )
    return number % len(cells)


def _only_first_is_text(cells: Sequence[str]) -> bool:
    return not _is_number(cells[0]) and all(map(_is_number, cells[1:]))


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
