"""Parquet, one file or a folder of them in the order of their names: columns of numbers, one a target.

    target     the last column, unless `target=` gives a name or a number (from 0, -1 is the last)
               whole numbers, truth values and texts are labels, floats targets of a regression
    inputs     all other columns: numbers, or lists of equally many numbers, which count as several
    type       uint8 when all are; float32 when that holds them all; float64 otherwise
    memory     below SMALL bytes the inputs are read at once; beyond, they are decoded when asked for,
               a row group at a time, and of a huge one PIECE numbers at a time

A value that is missing (null) is an error, with its row (from 0) and column.
Source: Apache Parquet, "File format"; read by pyarrow (extra `data`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from surefoot.arrays import Array
from surefoot.data.dataset import Data
from surefoot.data.files import reading, require_file
from surefoot.data.rows import Rows
from surefoot.data.targets import labelled
from surefoot.errors import DataError, require

FOR = ("data", "Parquet")  # which extra brings pyarrow, and what it is for
SMALL = 256 << 20  # bytes of X
PIECE = 1 << 22  # numbers decoded at once; Arrow takes about 11 bytes for each, whatever its type
BUFFER = 1 << 20  # bytes of a compressed column read at once
ROWS = 1 << 16  # of the target read at once


def read_parquet(path: Path, target: str | int | None = None) -> Data:
    """Inputs and target of a Parquet file, or of all *.parquet in a folder.

    Raises
    ------
    DataError : not a Parquet file, a missing value, a column that holds no numbers, no such target.
    MissingExtra : pyarrow is not installed.
    """
    path = path.absolute()  # it will be opened again, and the working folder may be another by then
    table = _Table(tuple(parquet_files(path)) if path.is_dir() else (path,))
    column = table.names[table.position(target)]
    X: Any = Rows(ParquetRows(table.paths, tuple(name for name in table.names if name != column)))
    y, classes = table.target(column)
    return Data(np.asarray(X) if X.nbytes < SMALL else X, y, classes=classes, name=path.stem)


def parquet_files(folder: Path) -> list[Path]:
    """The *.parquet in a folder by name, hidden ones left out."""
    return sorted(path for path in folder.glob("*.parquet") if not path.name.startswith((".", "_")))


class ParquetRows:
    """The inputs of Parquet files as a source of `Rows`: the piece decoded last is kept.

    Whoever goes forward decodes each piece once; a step back within a huge row group begins it anew.
    """

    def __init__(self, paths: tuple[Path, ...], names: tuple[str, ...]) -> None:
        self._table = _Table(paths)
        self._columns = tuple(self._table.column(name) for name in names)
        kinds = np.result_type(*(column.dtype for column in self._columns))
        small = kinds.kind == "f" and kinds.itemsize <= 4
        self.dtype = kinds if kinds == np.uint8 else np.dtype(np.float32 if small else np.float64)
        self.shape = (self._table.n, sum(column.width for column in self._columns))
        self._lock = Lock()
        self._group: _Group | None = None
        self._pieces: Iterator[tuple[int, Array]] = iter(())
        self._kept: tuple[int, Array] = (0, np.empty((0, self.shape[1]), self.dtype))

    def __reduce__(self) -> tuple[Any, ...]:
        return ParquetRows, (self._table.paths, tuple(column.name for column in self._columns))

    def read(self, start: int, stop: int) -> Array:
        """Rows start .. stop - 1, (stop - start, d); one thread at a time.

        Raises
        ------
        DataError : a missing value, with row and column, or a damaged file.
        """
        out = np.empty((stop - start, self.shape[1]), self.dtype)
        with self._lock:
            row = start
            while row < stop:
                first, piece = self._piece(row)
                end = min(stop, first + len(piece))
                out[row - start : end - start] = piece[row - first : end - first]
                row = end
        return out

    def _piece(self, row: int) -> tuple[int, Array]:
        """(first row, rows) of the piece that holds this row."""
        group = self._table.group_of(row)
        if group is not self._group or row < self._kept[0]:
            self._pieces, self._kept = self._decoded(group), (row, self._kept[1][:0])
        while row >= self._kept[0] + len(self._kept[1]):
            self._group = None  # until the next piece has come whole
            self._kept = next(self._pieces)
            self._group = group
        return self._kept

    def _decoded(self, group: _Group) -> Iterator[tuple[int, Array]]:
        rows = max(1, PIECE // self.shape[1])
        for first, batch in self._table.batches(group, [column.name for column in self._columns], rows):
            piece, left = np.empty((len(batch), self.shape[1]), self.dtype), 0
            for column in self._columns:
                piece[:, left : left + column.width] = column.numbers(batch.column(column.name), first)
                left += column.width
            yield first, piece


@dataclass(frozen=True)
class _Group:
    """A row group: its file, its number there, and where its rows begin in the whole."""

    part: int
    number: int
    start: int
    n: int


@dataclass(frozen=True)
class _Column:
    """A column of numbers: how many in each row (as a list, or one), and of which type."""

    origin: Path
    name: str
    dtype: np.dtype[Any]
    width: int
    is_list: bool

    def numbers(self, array: Any, first: int) -> Array:
        """The values of an Arrow array whose first row has this number: (m, width)."""
        self.require_whole(array, first, 1)
        if not self.is_list:
            return np.asarray(array.to_numpy(zero_copy_only=False))[:, None]
        lengths = array.value_lengths().to_numpy()
        if wrong := np.flatnonzero(lengths != self.width).tolist():
            raise DataError(
                f"{self.origin}, row {first + wrong[0]}, column {self.name!r}: a list of {lengths[wrong[0]]} "
                f"numbers, but row 0 has {self.width}; make all equally long."
            )
        flat = array.flatten()
        self.require_whole(flat, first, self.width)
        return np.asarray(flat.to_numpy(zero_copy_only=False)).reshape(len(array), self.width)

    def require_whole(self, array: Any, first: int, width: int) -> None:
        """Raise DataError at the first missing value of an array with `width` values for each row."""
        if array.null_count:
            row = first + int(np.argmax(array.is_null().to_numpy(zero_copy_only=False))) // width
            raise DataError(
                f"{self.origin}, row {row}, column {self.name!r}: the value is missing (null); fill it or "
                "leave the row out."
            )


class _Table:
    """Parquet files, one below the other: what the ends of the files say, and the way to their rows."""

    def __init__(self, paths: tuple[Path, ...]) -> None:
        self.paths, self.n = paths, 0
        self.origin = paths[0] if len(paths) == 1 else paths[0].parent
        self._ends: list[Any] = []
        self._groups: list[_Group] = []
        for part, path in enumerate(paths):
            with _opened(path) as file:
                schema, end = file.schema_arrow, file.metadata
            if part == 0:
                self.names, kinds = list(schema.names), list(schema.types)
            if (list(schema.names), list(schema.types)) != (self.names, kinds):
                raise DataError(f"{path} has other columns than {paths[0].name}; let all parts agree.")
            self._ends.append(end)
            for number in range(end.num_row_groups):
                if (n := end.row_group(number).num_rows) > 0:
                    self._groups.append(_Group(part, number, self.n, n))
                    self.n += n
        self._types = dict(zip(self.names, kinds, strict=True))
        if len(self._types) < len(self.names):
            raise DataError(f"{self.origin} has two columns of one name; give each its own.")
        if self.n < 1 or len(self.names) < 2:
            raise DataError(
                f"{self.origin} has {self.n} rows and {len(self.names)} columns; wanted are inputs and "
                "a target."
            )

    def position(self, target: str | int | None) -> int:
        """The place of the target among the columns."""
        if target in self.names:
            return self.names.index(str(target))
        try:
            return range(len(self.names))[-1 if target is None else int(target)]
        except (ValueError, IndexError):
            raise DataError(
                f"{self.origin} has no column {target!r}; it has {', '.join(self.names)}: pass a name or a "
                f"number 0..{len(self.names) - 1}."
            ) from None

    def group_of(self, row: int) -> _Group:
        return self._groups[bisect_right(self._groups, row, key=lambda group: group.start) - 1]

    def batches(self, group: _Group, names: list[str], rows: int) -> Iterator[tuple[int, Any]]:
        """(number of the first row, at most so many rows) of a row group, in order."""
        path, at, end = self.paths[group.part], group.start, group.start + group.n
        with _opened(path, self._ends[group.part]) as file:
            for batch in file.iter_batches(rows, [group.number], names):
                if len(batch):
                    yield at, batch
                at += len(batch)
        if at != end:
            raise DataError(
                f"{path} says that it holds {group.n} rows where {at - group.start} are; get a new copy."
            )

    def column(self, name: str) -> _Column:
        """What a column of numbers, or of lists of numbers, holds; DataError for all others."""
        types = require("pyarrow.types", *FOR)
        kind, width, is_list = self._types[name], 1, False
        if types.is_fixed_size_list(kind):
            kind, width, is_list = kind.value_type, kind.list_size, True
        elif types.is_list(kind) or types.is_large_list(kind):
            _, batch = next(self.batches(self._groups[0], [name], 1))
            kind, width, is_list = kind.value_type, len(batch.column(name)[0].as_py() or ()), True
        if not (types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)) or not width:
            raise DataError(
                f"{self.origin}: column {name!r} holds {self._types[name]}; inputs are numbers, or lists of "
                "equally many: leave the column out, or name it as the target."
            )
        return _Column(self.origin, name, np.dtype(kind.to_pandas_dtype()), width, is_list)

    def target(self, name: str) -> tuple[Array, tuple[str, ...]]:
        """Labels (n,) and classes, or numbers (n,) or (n, k) and (); only this column is read."""
        types, kind = require("pyarrow.types", *FOR), self._types[name]
        text = kind.value_type if types.is_dictionary(kind) else kind
        if types.is_string(text) or types.is_large_string(text):
            return self._texts(name)
        column = self.column(name)
        y = np.concatenate([column.numbers(array, first) for first, array in self._arrays(name)])
        y = y if column.is_list else y[:, 0]
        return (y.astype(np.float64), ()) if y.dtype.kind == "f" else labelled(y, self.origin)

    def _texts(self, name: str) -> tuple[Array, tuple[str, ...]]:
        """Labels by the sorted distinct texts; the texts stay Arrow's, which are small."""
        column, arrays = _Column(self.origin, name, np.dtype(object), 1, False), []
        for first, array in self._arrays(name):
            column.require_whole(array, first, 1)
            arrays.append(array.dictionary_decode() if hasattr(array, "dictionary_decode") else array)
        coded = require("pyarrow", *FOR).chunked_array(arrays).dictionary_encode().combine_chunks()
        texts = np.array(coded.dictionary.to_pylist(), dtype=object)
        order = np.argsort(texts)
        y, _ = labelled(np.argsort(order)[coded.indices.to_numpy()], self.origin)
        return y, tuple(texts[order])

    def _arrays(self, name: str) -> Iterator[tuple[int, Any]]:
        for group in self._groups:
            for first, batch in self.batches(group, [name], ROWS):
                yield first, batch.column(name)


@contextmanager
def _opened(path: Path, end: Any = None) -> Iterator[Any]:
    """The file, read in small pieces; `end` is what was read of it before."""
    arrow = require("pyarrow", *FOR)
    parquet = require("pyarrow.parquet", *FOR)
    try:
        with (
            reading(path),
            parquet.ParquetFile(
                require_file(path), metadata=end, buffer_size=BUFFER, pre_buffer=False
            ) as file,
        ):
            yield file
    except arrow.ArrowException as error:
        raise DataError(f"{path} cannot be read ({error}); get a new copy of it.") from error
