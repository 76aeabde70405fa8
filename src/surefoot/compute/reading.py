"""Reading ahead: blocks of rows in order, the next one brought into memory while the last is worked on.

A mapped file is looked at once in every page, by the reading thread; what reads it afterwards finds it in
memory, and the system may take it out again when memory is short.  Other rows are decoded into an array.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np

from surefoot.arrays import Array
from surefoot.compute.pieces import mapped
from surefoot.compute.shard import as_walked
from surefoot.errors import DataError

PAGE = 4096


class Reading:
    """Iterate over (number of the block, its rows (m, d)).

    X : (n, d), an array, mapped or not, or `Rows`.   bounds : (start, stop) of the blocks.
    real : what rows become that are neither uint8 nor floats.
    """

    def __init__(self, X: Any, bounds: list[tuple[int, int]], real: Any) -> None:
        self.X, self.bounds, self._real = X, bounds, real
        self.mapped = isinstance(X, np.ndarray) and X.flags.c_contiguous
        self.dtype, self.width = X.dtype, X.shape[1]
        self.largest = max(b - a for a, b in bounds) * self.width * X.dtype.itemsize
        self._file = mapped(X)
        self._thread: ThreadPoolExecutor | None = None

    def __iter__(self) -> Iterator[tuple[int, Array]]:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="surefoot reading")
        coming: Future[Array] = self._thread.submit(self._fetch, 0)
        for i in range(len(self.bounds)):
            rows = coming.result()
            if i + 1 < len(self.bounds):
                coming = self._thread.submit(self._fetch, i + 1)
            yield i, rows

    def hollow(self, i: int) -> Array:
        """An array of the shape of block i without anything in it: it takes no memory."""
        a, b = self.bounds[i]
        return np.broadcast_to(np.zeros((), self.dtype), (b - a, self.width))

    def close(self) -> None:
        if self._thread is not None:
            self._thread.shutdown()
            self._thread = None

    def _fetch(self, i: int) -> Array:
        a, b = self.bounds[i]
        if self._file is not None and not self._file.is_there:
            raise DataError(
                f"{self._file.file} was changed while it was walked; train again on data that stay."
            )
        rows = as_walked(np.asarray(self.X[a:b]), self._real)
        if self.mapped:
            np.add.reduce(rows.reshape(-1)[:: PAGE // rows.itemsize])
        return rows
