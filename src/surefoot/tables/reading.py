"""A file of text as a table: names from its first line, cells by column, the line of every row.

    encoding    UTF-8 (with or without its mark), UTF-16 with its mark, else Windows-1252, and then it is said
    delimiter   the one of tab ; , | that cuts the first line into most cells
    names       the first line, always; a column is found by its name, wherever it stands
    cells       without the spaces around them; GAPS are missing
    numbers     3.5, -2e-3; with tabs or semicolons also 3,5

A whole line of spaces is no row.  Errors count lines from 1, as editors do.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from surefoot.data.files import reading, require_file
from surefoot.errors import DataError

DELIMITERS = "\t;,|"
GAPS = frozenset(("", "na", "n/a", "#n/a", "nan", "null", "<na>", "?"))
INFINITE = re.compile(r"[+-]?inf(inity)?", re.IGNORECASE)
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)
LARGEST_FILE = 1 << 31  # bytes


@dataclass(frozen=True)
class Table:
    """The cells of a file by column, each without the spaces around it.

    names : of the columns.   cells : one list of n texts for each.   lines : the line of each row, from 1.
    comma : a number may be written 3,5.   notes : sentences on how the file was understood.
    """

    path: Path
    names: tuple[str, ...]
    cells: tuple[list[str], ...]
    lines: list[int]
    comma: bool = False
    notes: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        return len(self.lines)

    def column(self, name: str) -> list[str]:
        return self.cells[self.names.index(name)]

    def take(self, rows: Iterable[int]) -> Table:
        """The same table with these rows only."""
        kept = list(rows)
        cells = tuple([column[i] for i in kept] for column in self.cells)
        return Table(self.path, self.names, cells, [self.lines[i] for i in kept], self.comma, self.notes)

    def place(self, row: int, name: str) -> str:
        """Where a cell stands, for a sentence."""
        return f"{self.path.name}, line {self.lines[row]}, column {name!r}"

    def number(self, cell: str) -> float | None:
        """The number in a cell, ±inf where it is written so or too large for a double, None: it is none."""
        return as_number(cell, self.comma)


def is_gap(cell: str) -> bool:
    return cell.lower() in GAPS


def as_number(cell: str, comma: bool = False) -> float | None:
    """The number a cell holds; None when it holds none.  Underscores and the like are no numbers here."""
    text = cell.replace("\u2212", "-")
    if comma and text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    if NUMBER.fullmatch(text) or INFINITE.fullmatch(text):
        return float(text)
    return None


def read_table(path: str | Path) -> Table:
    """Read a table with names in its first line.

    Raises
    ------
    DataNotFound, DataError : no such file, or one that is empty, ragged, no text, or has a name twice.
    """
    path = require_file(Path(path))
    with reading(path):
        if path.stat().st_size > LARGEST_FILE:
            raise DataError(f"{path} has {path.stat().st_size:,} bytes; take a table of at most 2 GiB.")
        text, notes = _decoded(path.read_bytes(), path)
    delimiter = _delimiter(text)
    rows, lines = _rows(text, delimiter, path)
    if not rows:
        raise DataError(
            f"{path} is empty; wanted are column names in the first line and a row on each other."
        )
    header, rows, lines = rows[0], rows[1:], lines[1:]
    columns = [[row[j].strip() for row in rows] for j in range(len(header))]
    names, kept, more = _names([cell.strip() for cell in header], columns, path)
    if not rows:
        raise DataError(f"{path} holds column names and no row; wanted is a row on each line below them.")
    return Table(path, names, tuple(columns[j] for j in kept), lines, delimiter != ",", (*notes, *more))


def _decoded(data: bytes, path: Path) -> tuple[str, tuple[str, ...]]:
    """The text of a file, and a sentence when its encoding had to be guessed."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16"), ()
    if b"\0" in data:
        raise DataError(f"{path} is no text (it holds zero bytes); save the table as CSV in UTF-8.")
    try:
        return data.decode("utf-8-sig"), ()
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace"), (
            "The file is not UTF-8; it was read as Windows-1252 (Latin-1): look at names with accents.",
        )


def _delimiter(text: str) -> str:
    """The delimiter that cuts the first line that is not blank into most cells."""
    first = next((line for line in io.StringIO(text) if line.strip()), "")

    def width(mark: str) -> int:
        try:
            return len(next(csv.reader([first], delimiter=mark), []))
        except csv.Error:
            return 0

    best = max(DELIMITERS, key=width)
    return best if width(best) > 1 else ","


def _rows(text: str, delimiter: str, path: Path) -> tuple[list[list[str]], list[int]]:
    """All lines that are not blank, equally long, and the line where each begins."""
    rows: list[list[str]] = []
    lines: list[int] = []
    reader, begins = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 1
    try:
        for cells in reader:
            if cells and (len(cells) > 1 or cells[0].strip()):
                if rows and len(cells) != len(rows[0]):
                    raise DataError(
                        f"{path}, line {begins}: {len(cells)} cells, but the first line has {len(rows[0])}; "
                        "all lines must be equally long: put quotes around a cell that holds the delimiter."
                    )
                rows.append(cells)
                lines.append(begins)
            begins = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{path}, line {begins}: {error}; save it as CSV with quotes that close.") from error
    return rows, lines


def _names(
    header: list[str], columns: list[list[str]], path: Path
) -> tuple[tuple[str, ...], list[int], tuple[str, ...]]:
    """The names, the positions of the columns that have one, and a sentence on those that have none."""
    if all(as_number(cell, comma=True) is not None for cell in header):
        raise DataError(
            f"{path} begins with numbers where column names belong; write the names into its first line."
        )
    kept = [j for j, name in enumerate(header) if name]
    names = tuple(header[j] for j in kept)
    if twice := next((name for i, name in enumerate(names) if name in names[:i]), None):
        raise DataError(f"{path} has two columns named {twice!r}; give each a name of its own.")
    bare = [j + 1 for j, name in enumerate(header) if not name and any(columns[j])]
    note = f"Left out, without a name: column {', '.join(map(str, bare))}."
    return names, kept, (note,) if bare else ()
