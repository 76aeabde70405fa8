"""Tables of text: .csv, .tsv and the like, one sample a line.

    delimiter   the one of tab ; , that cuts the first line into most cells
    header      the first line, when none of its cells is a number, or when its target cell alone
                among all target cells is not
    target      the last column, unless `target=` gives a name or a number (from 0, -1 is the last)
    inputs      all other columns, numbers all: no gaps, no texts

A `Table` is walked in blocks, as often as one likes.  What only all rows together can tell, what the
target means (see `targets`) and whether the first row was a header, a `Survey` gathers on the way.
Who keeps the blocks walks once; who cannot keep them walks once more.
Errors count lines and columns from 1, as editors do.
"""

from __future__ import annotations

import csv
import math
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import numpy as np

from surefoot.arrays import Array
from surefoot.data.dataset import Data
from surefoot.data.files import reading, require_file
from surefoot.data.targets import MOST_CLASSES, labelled, labels_or_targets
from surefoot.errors import DataError

DELIMITERS = "\t;,"
GAPS = ("", "na", "n/a", "nan", "null", "?")
LONGEST_LINE = 1 << 20
BLOCK, ROWS = 1 << 18, 1 << 14  # a block ends with this many numbers, or rows
MOST_NAMES = 1 << 16  # of classes; far more than a small network tells apart
Rule = Callable[[Array, object], tuple[Array, tuple[str, ...]]]  # of `targets`


class Block(NamedTuple):
    """Some rows of a table: the line of each, its inputs, the text in its target cell."""

    lines: Sequence[int]
    X: Array  # (rows, d) float64
    targets: list[str]


@dataclass(frozen=True)
class Table:
    """A table of text whose first line has been looked at; `names` is empty when that is no header."""

    path: Path
    names: tuple[str, ...]  # of all columns
    column: int  # of the target

    @classmethod
    def opened(cls, path: Path, target: str | int | None = None) -> Table:
        """Look at the first line; DataError when there is none, or no such target column."""
        line = next(_rows(path), None)
        if line is None:
            raise DataError(f"{path} is empty; wanted is one sample a line, its target last.")
        _, cells = line
        has_header = not any(map(_is_number, cells))
        names = _names(cells, path) if has_header else ()
        return cls(path, names, target_column(target, cells, has_header, path))

    def blocks(self) -> Iterator[Block]:
        """All rows in order, a block at a time; the first one alone when it may yet be a header.

        Raises
        ------
        DataError : ragged, or an input that is a gap, a text, NaN or infinite, with line and column.
        """
        rows = _rows(self.path)
        if self.names:
            next(rows)
        lines, inputs, targets = array("q"), array("d"), list[str]()
        alone = not self.names
        for line, cells in rows:
            targets.append(cells.pop(self.column).strip())
            lines.append(line)
            try:
                inputs.extend(map(float, cells))
            except ValueError:
                wrong = next(i for i, cell in enumerate(cells) if not _is_number(cell))
                raise self.refusal(line, self._place(wrong), cells[wrong]) from None
            if alone or len(inputs) >= BLOCK or len(lines) >= ROWS:
                yield self._block(lines, inputs, targets)
                lines, inputs, targets, alone = array("q"), array("d"), [], False
        if lines:
            yield self._block(lines, inputs, targets)

    def refusal(self, line: int, column: int, cell: str) -> DataError:
        """The error for one cell, with its place and the name of its column."""
        name = f" ({self.names[column]!r})" if self.names else ""
        place = f"{self.path}, line {line}, column {column + 1}{name}"
        if cell.strip().lower() in GAPS:
            return DataError(f"{place}: the cell is a gap ({cell!r}); fill it or leave the line out.")
        return DataError(
            f"{place}: {cell[:40]!r} is not a finite number; write numbers like 3.5, texts only as labels."
        )

    def _block(self, lines: array[int], inputs: array[float], targets: list[str]) -> Block:
        X = np.frombuffer(inputs, dtype=np.float64).reshape(len(lines), -1)
        if not np.isfinite(X).all():
            row, wrong = (int(i) for i in np.argwhere(~np.isfinite(X))[0])
            raise self.refusal(lines[row], self._place(wrong), str(X[row, wrong]))
        return Block(lines, X, targets)

    def _place(self, i: int) -> int:
        """The column of input i, among all cells of a line."""
        return i + (i >= self.column)


class Meaning(NamedTuple):
    """What the target cells of a whole table say: labels into `classes`, or numbers when there are none."""

    skipped: int  # 1 when the first row was a header
    classes: tuple[str, ...]
    key: Callable[[str], Any]  # of a cell in `labels`: itself, or the number that it says
    labels: dict[Any, int]

    def y(self, targets: Sequence[str]) -> Array:
        """int64 labels or float64 numbers, one for each cell."""
        if not self.classes:
            return np.array([float(cell) for cell in targets])
        return np.array([self.labels[self.key(cell)] for cell in targets], np.int64)


@dataclass
class Survey:
    """What has been seen of a table's target cells, block after block, in little memory."""

    table: Table
    n: int = 0
    numbers: set[float] = field(default_factory=set)  # the distinct ones, while they could be labels
    names: set[str] = field(default_factory=set)  # the distinct cells, while they could be labels
    texts: int = 0  # cells that are no number
    first_text: tuple[int, int, str] = (0, 0, "")  # its row, line and cell
    has_fraction: bool = False

    def meet(self, block: Block) -> None:
        """Take notice of a block; DataError at a gap or an infinite number, with line and column."""
        for row, (line, cell) in enumerate(zip(block.lines, block.targets, strict=True), self.n):
            number = _number(cell)
            if cell.lower() in GAPS or (number is not None and not math.isfinite(number)):
                raise self.table.refusal(line, self.table.column, cell)
            if number is None:
                self.first_text = self.first_text if self.texts else (row, line, cell)
                self.texts += 1
            else:
                self.has_fraction = self.has_fraction or number % 1 != 0
                if len(self.numbers) <= MOST_CLASSES:
                    self.numbers.add(number)
            if not self.has_fraction and len(self.names) <= MOST_NAMES:
                self.names.add(cell)
        self.n += len(block.lines)

    def meaning(self) -> Meaning:
        """What all blocks together mean.

        Raises
        ------
        DataError : no samples, a text among fractions, or too many distinct texts for classes.
        """
        path, (row, line, cell) = self.table.path, self.first_text
        skipped = int(not self.table.names and self.texts == 1 and row == 0 and self.n > 1)
        n = self.n - skipped
        if not n:
            raise DataError(f"{path} holds a header and no samples; wanted is one sample a line.")
        if self.texts == skipped:
            values = sorted(self.numbers)
            labels, classes = meant(labels_or_targets, np.array(values), n, path)
            return Meaning(skipped, classes, float, dict(zip(values, labels, strict=True)))
        if self.has_fraction:  # a slip, not a class
            raise self.table.refusal(line, self.table.column, cell)
        names = sorted(self.names)
        labels, classes = meant(labelled, np.array(names), n, path)
        return Meaning(skipped, classes, str, dict(zip(names, labels, strict=True)))


def meant(rule: Rule, distinct: Array, n: int, origin: object) -> tuple[list[Any], tuple[str, ...]]:
    """What a rule of `targets` says of n values, from the distinct ones: the label of each, and the classes.

    The rules compare the number of distinct values with n / 2, so a few rows stand for any n.

    Raises
    ------
    DataError : too many distinct values for classes.
    """
    if len(distinct) > MOST_NAMES:
        raise DataError(
            f"{origin}: the target has more than {MOST_NAMES:,} distinct values, too many for classes; "
            "name another target, or save it as floats for a regression."
        )
    y, classes = rule(np.resize(distinct, min(n, 2 * len(distinct))), origin)
    return y[: len(distinct)].tolist(), classes


def read_delimited(path: Path, target: str | int | None = None) -> Data:
    """Inputs and target from a table of text.

    Raises
    ------
    DataError : empty, ragged, a gap or a text where a number belongs (with line and column), or no
        such target column.
    """
    table = Table.opened(path, target)
    survey, inputs, targets = Survey(table), array("d"), list[str]()
    with reading(path):
        for block in table.blocks():
            survey.meet(block)
            inputs.frombytes(block.X.tobytes())
            targets += block.targets
    meaning = survey.meaning()
    X = np.frombuffer(inputs, dtype=np.float64).reshape(len(targets), -1)[meaning.skipped :]
    return Data(X, meaning.y(targets[meaning.skipped :]), classes=meaning.classes, name=path.stem)


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """(line number, cells) of every line that is not blank; all have as many cells as the first."""
    with reading(path), require_file(path).open(newline="", encoding="utf-8-sig") as text:
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


def target_column(target: str | int | None, cells: Sequence[str], has_header: bool, path: Path) -> int:
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


def _is_number(cell: str) -> bool:
    return _number(cell) is not None


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None
