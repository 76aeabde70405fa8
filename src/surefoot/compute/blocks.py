"""The full batch from a disk: rows are walked block after block, and only first layers have their length.

    Σ over rows  =  Σ over blocks Σ over the rows of a block            each block is a `Shard`, in turn

    reading       a thread brings the next block into memory while the last one is worked on
    first layers  Z¹ and Ż¹ of all rows, in memory, or in files without a name where they would be too large
    memory        n · (y 8 + label 4 + margins 8 + weights 2 · 8 bytes)
                  + RAYS · n · units · 8 bytes unless they are on disk
                  + rows of a block · 8 bytes, and 2 blocks where rows must be decoded; mapped files take
                    page cache only

The bounds of the blocks follow from the width of a row alone, so the bits do not depend on the machine.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from functools import cached_property
from time import monotonic
from typing import Any

import numpy as np

from surefoot.arrays import Array, Vector
from surefoot.compute.dense import relative_weights, require_fit
from surefoot.compute.desk import Desk
from surefoot.compute.packed import mean_one, targets
from surefoot.compute.reading import Reading
from surefoot.compute.shard import Shard
from surefoot.compute.storage import Shelf
from surefoot.compute.walked import Walked
from surefoot.compute.walks import Line, Sums, added
from surefoot.errors import BadValue
from surefoot.network import Network

BLOCK = 64 << 20  # bytes of a block of rows as they came
RAYS = 6  # first layers of all rows that a run holds at the same time: two lines, the point, spare ones
MEMORY = 200 << 20  # bytes of first layers that are kept in memory
PLACES = ("auto", "memory", "disk")
PATIENCE = 1.0  # seconds that a walk may take before it is told how far it is


class Blocked(Walked):
    """A network's loss on rows that lie on a disk.

    Parameters
    ----------
    network, y, scale, l2, sample_weight, dtype, threads : as for `Packed`.
    X : (n, d), a memory map or `Rows`; an array in memory does as well.
    rays : where first layers are kept: "memory", "disk", or "auto": on disk beyond 200 MB.
    folder : where the files of first layers are made; None: the system's folder for temporary files.
    block : bytes of a block.

    Raises
    ------
    ShapeError, BadValue : arrays that do not fit the network or each other.
    DataError : on the way, when the file on disk is no longer what it was.
    """

    def __init__(
        self,
        network: Network,
        X: Any,
        y: Array,
        *,
        scale: float = 1.0,
        l2: float = 0.0,
        sample_weight: Array | None = None,
        dtype: type[np.floating[Any]] = np.float64,
        threads: int | None = None,
        rays: str = "auto",
        folder: str | None = None,
        block: int = BLOCK,
    ) -> None:
        require_fit(network, X, y, l2)
        if rays not in PLACES:
            raise BadValue(f"rays is {rays!r}; give one of {', '.join(PLACES)}.")
        self.X, self.y, self.weights = X, y, relative_weights(sample_weight, len(X))
        desk = Desk(network, dtype, threads)
        Y, weights = targets(network, y, dtype), mean_one(self.weights, dtype)
        walks = BlockedWalks(network, X, Y, weights, desk, rays, folder, block)
        super().__init__(network, walks, len(X), scale=scale, l2=l2, dtype=dtype)
        self.blocked = walks

    def in_double(self) -> Blocked:
        """The same objective in float64."""
        if self.dtype == np.float64:
            return self
        return Blocked(
            self.network, self.X, self.y, scale=self.scale, l2=self.l2, sample_weight=self.weights,
            threads=self.blocked.desk.crew.threads,
        )  # fmt: skip

    @property
    def memory(self) -> int:
        """Bytes that a run takes beside the interpreter and the page cache, at most: the sum above."""
        return self.blocked.memory

    def watch(self, progress: Callable[[float], None] | None) -> None:
        """Tell `progress` how far a walk is, 0 .. 1, whenever one takes longer than a second."""
        self.blocked.progress = progress


class BlockedWalks:
    """`Walks` over the shards of one file, one after the other."""

    def __init__(
        self, network: Network, X: Any, Y: Array, weights: Array | None, desk: Desk,
        rays: str, folder: str | None, block: int,
    ) -> None:  # fmt: skip
        n, row = len(X), X.shape[1] * X.dtype.itemsize
        most = max(block // row, 1)
        self.bounds = [(a, min(a + most, n)) for a in range(0, n, most)]
        self.desk, self.reading = desk, Reading(X, self.bounds, desk.real)
        self.progress: Callable[[float], None] | None = None
        parts = (slice(a, b) for a, b in self.bounds)
        self.shards = [
            Shard(network, self.reading.hollow(i), Y[rows], None if weights is None else weights[rows], desk)
            for i, rows in enumerate(parts)
        ]
        self._weighted, self._folder = weights is not None, folder
        self._length = n * desk.units
        each = self._length * np.dtype(desk.real).itemsize
        self.on_disk = rays == "disk" or (rays == "auto" and RAYS * each > MEMORY)
        self._shelf = Shelf(self._length, desk.real, self._file if self.on_disk else None)

    @cached_property
    def memory(self) -> int:
        n, real = self.bounds[-1][1], np.dtype(self.desk.real).itemsize
        rays = 0 if self.on_disk else RAYS * self._length * real
        decoded = 0 if self.reading.mapped else 2 * self.reading.largest
        each = 8 + 4 + 8 + 2 * 8 * self._weighted
        return int(n * each + rays + max(b - a for a, b in self.bounds) * real + decoded)

    @property
    def choice(self) -> str:
        rays = "in files" if self.on_disk else "in memory"
        count = len(self.shards)
        return (
            f"blocks: {self.bounds[-1][1]:,} rows of {self.reading.dtype} from disk in {count} "
            f"block{'s' * (count > 1)}, first layers {rays}, at most {self.memory / 1e6:.0f} MB beside the "
            f"page cache; {self.desk.choice}"
        )

    def storage(self) -> Array:
        return self._shelf.borrow()

    def moved(self, Z: Array, dZ: Array, alpha: float) -> Array:
        return self.mixed(1.0, Z, alpha, dZ)

    def mixed(self, a: float, dZ: Array, b: float, other: Array) -> Array:
        both, real = self.storage(), self.desk.real
        for part in self._parts():
            np.multiply(dZ[part], real(a), out=both[part])
            both[part] += real(b) * other[part]
        return both

    def fill(self, W: Array, Z: Array) -> None:
        for i, shard in self._walk(True):
            shard.fill(W, self._part(Z, i))

    def value(self, line: Line, alpha: float, W: Array | None = None, V: Array | None = None) -> float:
        walk = self._walk(W is not None or V is not None)
        return sum(shard.value(self._line(line, i), alpha, W, V) for i, shard in walk)

    def jet(
        self, line: Line, alpha: float, W: Array | None = None, V: Array | None = None
    ) -> tuple[float, float, float]:
        walk = self._walk(W is not None or V is not None)
        parts = [shard.jet(self._line(line, i), alpha, W, V) for i, shard in walk]
        loss, slope, bend = (sum(part) for part in zip(*parts, strict=True))
        return loss, slope, bend

    def gradient(self, line: Line, alpha: float, W: Array | None, carried: Array) -> Sums:
        total: list[Sums] = []
        for i, shard in self._walk(True):
            part = shard.gradient(self._line(line, i), alpha, W, self._part(carried, i))
            total = [added([*total, part])]
        return total[0]

    def product(self, line: Line, W: Array | None, V: Array, newton: bool) -> tuple[Array, Array]:
        total: list[Sums] = []
        for i, shard in self._walk(True):
            part = shard.product(self._line(line, i), W, V, newton)
            total = [added([*total, Sums(0.0, 0, *part)])]
        return total[0].first, total[0].behind

    def outputs(self, Z: Array, rest: Vector) -> Array:
        return np.concatenate([s.outputs(self._part(Z, i), rest) for i, s in enumerate(self.shards)])

    def close(self) -> None:
        self.reading.close()
        self.desk.close()

    def _walk(self, data: bool) -> Iterator[tuple[int, Shard]]:
        """The shards in order; with their rows in memory while it is their turn, where `data` are wanted."""
        began, told = monotonic(), False
        for i, X in self.reading if data else ((i, None) for i in range(len(self.shards))):
            shard = self.shards[i]
            if X is not None:
                shard.bind(X)
            yield i, shard
            if X is not None:
                shard.bind(self.reading.hollow(i))
            if self.progress is not None and (told or monotonic() - began > PATIENCE):
                told = True
                self.progress((i + 1) / len(self.shards))

    def _line(self, line: Line, i: int) -> Line:
        return Line(self._part(line.Z, i), self._part(line.dZ, i), line.rest, line.along)

    def _part(self, Z: Array, i: int) -> Array:
        """What belongs to block i of a flat storage."""
        (a, b), units = self.bounds[i], self.desk.units
        return Z[a * units : b * units]

    def _parts(self) -> Iterator[slice]:
        units = self.desk.units
        return (slice(a * units, b * units) for a, b in self.bounds)

    def _file(self) -> Array:
        """A first layer in a file without a name: it is gone with its last reference."""
        size = self._length * np.dtype(self.desk.real).itemsize
        with tempfile.TemporaryFile(dir=self._folder) as file:
            try:
                if hasattr(os, "posix_fallocate"):
                    os.posix_fallocate(file.fileno(), 0, size)  # a full disk is told here, not by a crash
                else:
                    file.truncate(size)
            except OSError as error:
                where = self._folder or tempfile.gettempdir()
                raise BadValue(
                    f"{where} has no room for first layers of {size / 1e6:,.0f} MB each ({error.strerror}); "
                    "set TMPDIR to a larger disk."
                ) from error
            return np.memmap(file, self.desk.real, "r+", shape=(self._length,))
