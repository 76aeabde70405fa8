"""A shard: some rows of the data in memory, and the kernels that walk them.

    data       uint8 or float as they came
    blocks     rows are worked on block by block, and nothing of the data's size is ever made
    ray        Ż¹ and the first trial in one walk over the data;  Z¹(α) is carried from point to point
    gradient   D¹ of a block is multiplied with the block while both are in cache
    threads    blocks lie in at most STRIPS strips; a thread takes a strip, the strips are added in order

So the bits do not depend on the number of threads.  All rows are one shard (`packed`), or many, one after
the other from a disk (`blocks`), or one beside the other on workers (`dask`): they share a `Desk`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from surefoot.arrays import Array, Vector
from surefoot.compute.behind import Fused, Plain, Tail
from surefoot.compute.blockwise import BlockWalks, Kernels, Strips
from surefoot.compute.desk import Desk
from surefoot.compute.first_layer import Blas, Compiled, Products
from surefoot.compute.storage import Shelf
from surefoot.compute.walks import Line, Sums
from surefoot.network import Network

KEPT = (np.uint8, np.float32, np.float64)  # types that are walked as they are


class Shard:
    """`Walks` over the rows of one array.

    Parameters
    ----------
    network : the network.
    X : (n, d) uint8, float32 or float64, C order, read-only from now on.
    Y : (n,) labels or (n, k) targets, as `network.criterion.targets` makes them, in the working precision.
    weights : (n,) with mean 1 over all shards, in the working precision; None: all 1.
    desk : where the work is done.
    """

    def __init__(self, network: Network, X: Array, Y: Array, weights: Array | None, desk: Desk) -> None:
        self.network, self.desk, self.rows, self.X = network, desk, len(X), X
        self.strips = strips = Strips(self.rows, desk.rows, desk.units)
        data = X, network.sizes[1], desk.real
        self.first: Products = Compiled(*data) if desk.compiled else Blas(*data, desk)
        plain = Plain(network, Y, weights, desk.real, strips.bounds)
        tail: Tail = Fused(plain, desk) if desk.fused else plain
        self.blockwise = BlockWalks(strips, self.first, tail, plain, desk)
        self.kernels: Kernels = self.blockwise
        if isinstance(self.first, Compiled) and isinstance(tail, Fused):
            from surefoot.compute.compiled_walks import CompiledWalks

            self.kernels = CompiledWalks(strips, self.first, tail, plain, desk)
        self.shelf = Shelf(self.rows * strips.units, desk.real)

    def bind(self, X: Array) -> None:
        """The same rows, in another place from now on."""
        self.X = self.first.X = X

    @property
    def choice(self) -> str:
        return f"packed: {self.X.dtype} data as they came; {self.desk.choice}"

    def storage(self) -> Array:
        """Z¹ or Ż¹ for all rows, flat, with anything in it."""
        return self.shelf.borrow()

    def moved(self, Z: Array, dZ: Array, alpha: float) -> Array:
        there: Array = Z + self.desk.real(alpha) * dZ
        return there

    def mixed(self, a: float, dZ: Array, b: float, other: Array) -> Array:
        both: Array = self.desk.real(a) * dZ + self.desk.real(b) * other
        return both

    def fill(self, W: Array, Z: Array) -> None:
        self.blockwise.fill(self.first.weights(W), Z)

    def value(self, line: Line, alpha: float, W: Array | None = None, V: Array | None = None) -> float:
        real = self.desk.real
        rest, weights = line.at(alpha, real), self._weights(W, V)
        return self.kernels.value(line.Z, line.dZ, real(alpha), rest, *weights)

    def jet(
        self, line: Line, alpha: float, W: Array | None = None, V: Array | None = None
    ) -> tuple[float, float, float]:
        real = self.desk.real
        rest, along, weights = line.at(alpha, real), np.asarray(line.along, real), self._weights(W, V)
        return self.kernels.jet(line.Z, line.dZ, real(alpha), rest, along, *weights)

    def gradient(self, line: Line, alpha: float, W: Array | None, carried: Array) -> Sums:
        real, (weights, _) = self.desk.real, self._weights(W, None)
        rest, d_1 = line.at(alpha, real), self.network.sizes[1]
        for block in range(len(self.strips.bounds)) if alpha != 0 and self.desk.units > d_1 else ():
            self.strips.view(carried, block)[d_1:] = 0  # units that only fill up a tile: nobody writes them
        loss, right, G, behind = self.kernels.gradient(line.Z, line.dZ, real(alpha), rest, weights, carried)
        return Sums(loss, right, G[:d_1].T, behind)

    def product(self, line: Line, W: Array | None, V: Array, newton: bool) -> tuple[Array, Array]:
        real = self.desk.real
        rest, along = line.at(0.0, real), np.asarray(line.along, real)
        weights, moving = self._weights(W, V)
        assert moving is not None
        G, behind = self.blockwise.product(line.Z, rest, along, weights, moving, newton)
        return G[: self.network.sizes[1]].T, behind

    def outputs(self, Z: Array, rest: Vector) -> Array:
        out = np.empty((self.rows, self.network.sizes[-1]), self.desk.real)
        self.blockwise.outputs(Z, np.asarray(rest, self.desk.real), out)
        return out

    def close(self) -> None:
        self.desk.close()

    def _weights(self, W: Array | None, V: Array | None) -> tuple[Array | None, Array | None]:
        """First-layer weights as the products want them."""
        made = self.first.weights
        return None if W is None else made(W), None if V is None else made(V)


def as_walked(X: Array, dtype: Any) -> Array:
    """X in C order and a type that is walked as it is, read-only; no copy when it is so already."""
    X = np.ascontiguousarray(X, X.dtype if X.dtype in KEPT else dtype).view()
    X.flags.writeable = False
    return X
