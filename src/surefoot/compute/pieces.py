"""Pieces: all rows cut for the workers, and what one of them has to be given for its shard.

    in memory         the rows themselves
    a mapped file     where they lie in it: a worker that can read the file reads its own rows
    other rows        `Rows` that are decoded from a disk, by whoever asks for their numbers
    dask collection   a part of it, computed where its blocks lie

How many pieces there are, and where they are cut, follows from the number of rows alone, so that sums are
the same bits for any number of workers and wherever the rows come from.
"""

from __future__ import annotations

import math
import os
from typing import Any, NamedTuple

import numpy as np

from surefoot.arrays import Array
from surefoot.errors import BadValue, DataError

EACH = 5_000  # rows of a piece, at least: fewer are walked in the time that an ask takes
MOST = 24  # pieces: as many for each of 2, 3, 4, 6, 8, 12 workers ...
LARGEST = 4_000_000  # ... or more, so that none has more rows than this


class Mapped(NamedTuple):
    """Rows in a file, C order, first byte at `offset`; `stamp`: its size and the time of its last change."""

    file: str
    offset: int
    dtype: str
    shape: tuple[int, int]
    stamp: tuple[int, int]

    @property
    def is_there(self) -> bool:
        """True where this file can be read, as it was when it was mapped."""
        return stamp(self.file) == self.stamp and os.access(self.file, os.R_OK)

    def opened(self) -> Array:
        return np.memmap(self.file, self.dtype, "r", self.offset, self.shape)


class Piece(NamedTuple):
    """Rows (m, d), targets and weights of a shard; rows may be `Mapped`, or something to be decoded."""

    rows: Any
    y: Any
    weights: Array | None


class Pieces:
    """All rows, cut.

    X : (n, d) array, mapped or not, or rows on a disk, or a dask array.   y : targets, or a dask array.
    weights : (n,) with mean 1, or None.   count : how many pieces; None: see above.
    """

    def __init__(self, X: Any, y: Any, weights: Array | None, count: int | None = None) -> None:
        n, whole = len(X), type(count) is int
        if count is not None and not (whole and 1 <= count <= n):
            raise BadValue(f"shards is {count!r}; give a whole number 1 .. {n}, the rows, or leave it out.")
        self.X, self.y, self.weights = X, y, weights
        cuts = count or max(min(max(n // EACH, 1), MOST), -(-n // LARGEST))
        edges = [n * i // cuts for i in range(cuts + 1)]
        self.bounds = list(zip(edges, edges[1:], strict=False))
        self.mapped, self.lazy = mapped(X), is_dask(X) or is_dask(y)

    def __len__(self) -> int:
        return len(self.bounds)

    def rows_of(self, numbers: list[int]) -> int:
        return sum(self.bounds[i][1] - self.bounds[i][0] for i in numbers)

    def piece(self, number: int, read: bool = False) -> Piece:
        """What a worker needs; with `read` numbers, not the name of a file.

        Raises
        ------
        DataError : the file on the disk is no longer what it was.
        """
        a, b = self.bounds[number]
        if self.mapped is not None and not self.mapped.is_there:
            raise DataError(
                f"{self.mapped.file} is not what it was when it was opened; train again on data that stay."
            )
        if self.mapped is not None and not read:
            row = math.prod(self.mapped.shape[1:]) * np.dtype(self.mapped.dtype).itemsize
            offset, shape = self.mapped.offset + a * row, (b - a, self.mapped.shape[1])
            rows: Any = self.mapped._replace(offset=offset, shape=shape)
        else:
            rows = np.asarray(self.X[a:b]) if read else self.X[a:b]
        return Piece(rows, self.y[a:b], None if self.weights is None else self.weights[a:b])


def mapped(X: Any) -> Mapped | None:
    """Where the rows of an array lie, when they are the bytes of a file in C order."""
    root = X
    while isinstance(root, np.ndarray) and isinstance(root.base, np.ndarray):
        root = root.base
    if (
        not (isinstance(root, np.memmap) and X.flags.c_contiguous)
        or root.filename is None
        or root.mode == "c"
    ):
        return None
    offset = root.offset + X.ctypes.data - root.ctypes.data
    file = os.path.abspath(root.filename)
    now = stamp(file)
    return None if now is None else Mapped(file, offset, X.dtype.str, X.shape, now)


def stamp(path: str) -> tuple[int, int] | None:
    """Size and time of the last change; None: no such file."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns


def is_dask(X: Any) -> bool:
    """True for a dask collection, without importing dask."""
    return hasattr(X, "__dask_graph__")


def with_lengths(X: Any) -> Any:
    """A dask collection as an array whose number of rows is known; everything else as it is."""
    if not is_dask(X):
        return X
    if hasattr(X, "to_dask_array"):
        return X.to_dask_array(lengths=True)
    return X.compute_chunk_sizes() if any(math.isnan(n) for n in X.shape) else X
