"""Rows that lie on disk: they look like an array, and are read when somebody asks for their numbers.

    mapped arrays   the bytes are a file's own; the system reads the pages that are touched
    Rows            the numbers must be decoded first (Parquet): a stand-in for the array

    X[a:b]          more of the same: nothing is read
    X[[3, 1, 4]]    these rows, read into a new array
    np.asarray(X)   all rows

A mapped array is pickled as its place in the file, not as its bytes: see `Place`.
"""

from __future__ import annotations

import math
import mmap
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike

from surefoot.arrays import Array
from surefoot.data.files import reading, require_file

PIECE = 1 << 23  # bytes decoded at once when single rows are picked


class Source(Protocol):
    """Where the rows come from; it may be asked by several threads."""

    @property
    def shape(self) -> tuple[int, int]: ...
    @property
    def dtype(self) -> np.dtype[Any]: ...
    def read(self, start: int, stop: int) -> Array:
        """Rows start .. stop - 1 as an array (stop - start, d); 0 ≤ start ≤ stop ≤ n."""
        ...


class Rows:
    """Some rows of a source, (n, d): what an array of them would answer, without holding them.

    >>> class Squares:
    ...     shape, dtype = (1_000_000, 1), np.dtype(float)
    ...     def read(self, start, stop):
    ...         return np.arange(start, stop, dtype=float)[:, None] ** 2
    >>> X = Rows(Squares())[10:]
    >>> X, X[[2, 0]].tolist()
    (<Rows: 999990 x 1 float64>, [[144.0], [100.0]])
    """

    ndim = 2

    def __init__(self, source: Source, rows: range | None = None) -> None:
        self.source = source
        self.rows = range(source.shape[0]) if rows is None else rows

    @property
    def shape(self) -> tuple[int, int]:
        """(n, d)."""
        return len(self.rows), self.source.shape[1]

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the numbers, once read."""
        return self.source.dtype

    @property
    def nbytes(self) -> int:
        """What all rows would take in memory."""
        return math.prod(self.shape) * self.dtype.itemsize

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            return Rows(self.source, self.rows[key])
        picked = np.asarray(key)
        if not picked.size:
            picked = picked.astype(np.intp)  # [] is an array of floats
        found = np.broadcast_to(False, len(self))[picked]  # NumPy judges the key: its rules, its words
        if isinstance(key, tuple) or max(picked.ndim, found.ndim) > 1:
            raise IndexError("rows are picked by one number, by a list of them, or by truth values")
        picked = np.flatnonzero(picked) if picked.dtype == bool else picked.astype(np.intp)
        numbers = self.rows.start + self.rows.step * np.where(picked < 0, picked + len(self), picked)
        return self._read(numbers.ravel()).reshape(*found.shape, self.shape[1])

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Array:
        if copy is False:
            raise ValueError("these rows lie on disk: an array of them is always a copy")
        first, step = self.rows.start, self.rows.step
        if step == 1:
            return np.asarray(self.source.read(first, first + len(self)), dtype)
        return np.asarray(self._read(first + step * np.arange(len(self))), dtype)

    def _read(self, numbers: Array) -> Array:
        """The source's rows of these numbers (m,), any order; looked up sorted, each piece once."""
        out = np.empty((len(numbers), self.shape[1]), self.dtype)
        order = np.argsort(numbers, kind="stable")
        ordered = numbers[order]
        reach = max(1, PIECE // max(1, self.shape[1] * self.dtype.itemsize))
        begin = 0
        while begin < len(ordered):
            first = int(ordered[begin])
            end = int(np.searchsorted(ordered, first + reach))
            block = self.source.read(first, int(ordered[end - 1]) + 1)
            out[order[begin:end]] = block[ordered[begin:end] - first]
            begin = end
        return out

    def __repr__(self) -> str:
        return f"<Rows: {self.shape[0]} x {self.shape[1]} {self.dtype}>"


def on_disk(X: object) -> bool:
    """True for Rows, and for an array whose numbers are the bytes of a mapped file."""
    return isinstance(X, Rows) or isinstance(_owner(X), mmap.mmap)


def blocks(X: Any, numbers: int) -> Iterator[tuple[int, Array]]:
    """(first row, array of rows) of consecutive blocks of about so many numbers."""
    size = max(1, numbers * len(X) // math.prod(X.shape))
    for start in range(0, len(X), size):
        yield start, np.asarray(X[start : start + size])


@dataclass(frozen=True)
class Place:
    """Where in which file the numbers of a mapped array lie: a few bytes that stand for all of them."""

    file: str
    offset: int
    dtype: str
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def opened(self) -> Array:
        """The array, mapped again, read-only; DataError when the file is gone or cut short."""
        with reading(self.file):
            whole = np.memmap(require_file(Path(self.file)), np.uint8, "r")
            return np.ndarray(self.shape, self.dtype, whole, self.offset, self.strides)


def place_of(X: object) -> Place | None:
    """The place of a mapped array; None for all others, and where no file holds what is in memory."""
    root = X
    while isinstance(root, np.ndarray) and isinstance(root.base, np.ndarray):
        root = root.base
    if not (isinstance(X, np.ndarray) and isinstance(root, np.memmap) and isinstance(root.base, mmap.mmap)):
        return None
    if root.filename is None or root.mode == "c":  # "c": what was changed is in memory alone
        return None
    offset = root.offset + X.ctypes.data - root.ctypes.data
    return Place(os.fspath(root.filename), offset, X.dtype.str, X.shape, X.strides)


def _owner(X: object) -> object:
    """Whose memory it is: down the chain of views, which for results of arithmetic ends in an array."""
    while isinstance(X, np.ndarray | memoryview):
        X = X.base if isinstance(X, np.ndarray) else X.obj
    return X
