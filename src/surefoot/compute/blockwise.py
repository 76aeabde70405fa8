"""One walk over a shard: all that is asked for at once, block by block of rows while it is in cache.

    value      Σ w l                                first the data, where Z¹ = X W¹ or Ż¹ = X V¹ is wanted
    jet        Σ w l and its two derivatives in α   the same
    gradient   Σ w l, how many are right, D X and ∂/∂rest; Z¹ + α Ż¹ is written down

Z, dZ, carried : flat storages of the first layer.   Sums are made strip by strip, and added in order;
a gradient's first layer is (units, d) here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import numpy as np

from surefoot.arrays import Array
from surefoot.compute.behind import Plain, Tail
from surefoot.compute.desk import Desk
from surefoot.compute.first_layer import Products
from surefoot.compute.walks import Sums, added

STRIPS = 8  # sums over samples are made of at most so many parts, whoever works
Result = TypeVar("Result")


class Kernels(Protocol):
    """W, V: first-layer weights as `Products.weights` makes them, None where the product is known already."""

    def value(
        self, Z: Array, dZ: Array, alpha: Any, rest: Array, W: Array | None, V: Array | None
    ) -> float: ...
    def jet(
        self, Z: Array, dZ: Array, alpha: Any, rest: Array, along: Array, W: Array | None, V: Array | None
    ) -> tuple[float, float, float]: ...
    def gradient(
        self, Z: Array, dZ: Array, alpha: Any, rest: Array, W: Array | None, carried: Array
    ) -> Sums: ...


class Strips:
    """Rows in blocks, blocks in strips; flat storages of the first layer lie block by block."""

    def __init__(self, n: int, rows: int, units: int) -> None:
        self.units = units
        self.bounds, self.strips = partition(n, rows)
        self.most = max(b - a for a, b in self.bounds)

    def view(self, Z: Array, block: int) -> Array:
        """The (units, m) part of a flat storage that belongs to a block."""
        a, b = self.bounds[block]
        return Z[a * self.units : b * self.units].reshape(self.units, b - a)


class BlockWalks:
    """Any products and any tail, a Python call for each block of each."""

    def __init__(self, strips: Strips, first: Products, tail: Tail, plain: Plain, desk: Desk) -> None:
        self.strips, self.first, self.tail, self.plain, self.desk = strips, first, tail, plain, desk

    def each_strip(self, work: Callable[[list[int], int], Result]) -> list[Result]:
        """work(blocks, worker) for every strip, in the order of the strips."""
        with self.desk.single_blas():
            return self.desk.calm.map(work, self.strips.strips)

    def forward(self, block: int, weights: Array | None, Z: Array, worker: int) -> Array:
        """The block's part of Z, filled with its product if there are weights."""
        here = self.strips.view(Z, block)
        if weights is not None:
            self.first.forward(weights, self.strips.bounds[block][0], here, worker)
        return here

    def backward(self, block: int, D1: Array, G: Array, worker: int) -> None:
        D1[self.plain.network.sizes[1] :] = 0  # units that only fill up a tile
        self.first.backward(D1, self.strips.bounds[block][0], G, worker)

    def room(self, block: int, worker: int) -> Array:
        """D¹ (units, m) to be filled."""
        a, b = self.strips.bounds[block]
        return self.desk.room("D1", worker, (self.strips.units, b - a))

    def fill(self, W: Array, Z: Array) -> None:
        """Z <- X W¹ alone."""

        def work(blocks: list[int], worker: int) -> None:
            for block in blocks:
                self.forward(block, W, Z, worker)

        self.each_strip(work)

    def value(self, Z: Array, dZ: Array, alpha: Any, rest: Array, W: Array | None, V: Array | None) -> float:
        def work(blocks: list[int], worker: int) -> float:
            total = 0.0
            for block in blocks:
                here, moved = self.forward(block, W, Z, worker), self.forward(block, V, dZ, worker)
                total += self.tail.value(block, here, moved, alpha, rest, worker)
            return total

        return sum(self.each_strip(work))

    def jet(
        self, Z: Array, dZ: Array, alpha: Any, rest: Array, along: Array, W: Array | None, V: Array | None
    ) -> tuple[float, float, float]:
        def work(blocks: list[int], worker: int) -> Array:
            totals = np.zeros(3)
            for block in blocks:
                here, moved = self.forward(block, W, Z, worker), self.forward(block, V, dZ, worker)
                totals += self.tail.jet(block, here, moved, alpha, rest, along, worker)
            return totals

        loss, slope, bend = sum(self.each_strip(work), np.zeros(3))
        return float(loss), float(slope), float(bend)

    def gradient(self, Z: Array, dZ: Array, alpha: Any, rest: Array, W: Array | None, carried: Array) -> Sums:
        view = self.strips.view

        def work(blocks: list[int], worker: int) -> Sums:
            total, right, (G, behind) = 0.0, 0, self.gradients(rest)
            for block in blocks:
                here, D1 = self.forward(block, W, Z, worker), self.room(block, worker)
                loss, hits = self.tail.pullback(
                    block, here, view(dZ, block), alpha, rest, D1, behind, view(carried, block), worker
                )
                self.backward(block, D1, G, worker)
                total, right = total + loss, right + hits
            return Sums(total, right, G, behind)

        return added(self.each_strip(work))

    def product(
        self, Z: Array, rest: Array, along: Array, W: Array | None, V: Array, newton: bool
    ) -> tuple[Array, Array]:
        """Sums (units, d) and (rest) of the Hessian (newton) or Gauss-Newton matrix times a vector."""

        def work(blocks: list[int], worker: int) -> Sums:
            G, behind = self.gradients(rest)
            for block in blocks:
                here, D1 = self.forward(block, W, Z, worker), self.room(block, worker)
                moved = np.empty_like(here)
                self.first.forward(V, self.strips.bounds[block][0], moved, worker)
                self.plain.product(block, here, moved, rest, along, D1, behind, newton)
                self.backward(block, D1, G, worker)
            return Sums(0.0, 0, G, behind)

        sums = added(self.each_strip(work))
        return sums.first, sums.behind

    def outputs(self, Z: Array, rest: Array, out: Array) -> None:
        """out (n, k) <- the network's outputs."""

        def work(blocks: list[int], worker: int) -> None:
            for block in blocks:
                here = self.strips.view(Z, block)
                out[slice(*self.strips.bounds[block])] = self.plain.outputs(
                    here, here, self.plain.real(0), rest
                )

        self.each_strip(work)

    def gradients(self, rest: Array) -> tuple[Array, Array]:
        return np.zeros((self.strips.units, self.plain.network.sizes[0])), np.zeros(len(rest))


def partition(n: int, rows: int) -> tuple[list[tuple[int, int]], list[list[int]]]:
    """Blocks (start, stop) of at most about `rows` rows, and their numbers in at most STRIPS equal strips.

    >>> partition(10, 4)
    ([(0, 4), (4, 8), (8, 10)], [[0, 1, 2]])
    """
    strips = min(STRIPS, max(n // 128, 1))
    each = -(-n // (strips * rows))  # blocks of a strip
    size = -(-n // (4 * strips * each)) * 4  # whole tiles of rows
    bounds = [(a, min(a + size, n)) for a in range(0, n, size)]
    blocks = list(range(len(bounds)))
    return bounds, [blocks[i : i + each] for i in range(0, len(blocks), each)]
