"""The walks of `blockwise`, compiled whole: a thread enters once, takes strips until none is left, returns.

Called block by block from Python, two threads spend 0.7 ms of an iteration waiting for each other's turn
in the interpreter; so they meet twice.  Which thread takes a strip is chance; its sums are its own.
"""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,call-arg,var-annotated"

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

from surefoot.arrays import Array
from surefoot.compute import tails
from surefoot.compute.behind import Fused, Plain
from surefoot.compute.blockwise import Strips
from surefoot.compute.desk import Desk
from surefoot.compute.first_layer import Compiled
from surefoot.compute.products import backward, forward
from surefoot.compute.spans import FAST
from surefoot.compute.walks import Sums

_value, _jet, _pullback = tails.value, tails.jet, tails.pullback


@intrinsic
def _take(typingctx, turn):
    """turn[0], and one more for whoever asks next; indivisible."""

    def codegen(context, builder, signature, args):
        array = context.make_array(turn)(context, builder, args[0])
        return builder.atomic_rmw("add", array.data, ir.Constant(ir.IntType(64), 1), "monotonic")

    return types.int64(turn), codegen


def _stamp() -> str:
    """Stands for the files used here: Numba's cache on disk looks at this one only, and at the stamp."""
    used = ("elementary", "spans", "products", "tails")
    text = (Path(__file__).with_name(f"{name}.py").read_bytes() for name in used)
    return hashlib.sha256(b"".join(text)).hexdigest()


def _trial(stamp):
    @numba.njit(nogil=True, cache=True, fastmath=FAST, error_model="numpy")
    def trial(
        turn, strips, bounds, X, edges, W, V, walks, Z, dZ, alpha, rest, along, jets,
        units, sizes, f, loss, labels, targets, weights, room, row, totals,
    ):  # fmt: skip
        """totals[strip] <- Σ w l, and two derivatives if `jets`; walks: 1 for Z¹, 2 for Ż¹, 3 for both."""
        stamp  # noqa: B018 - part of the key of the cache
        k = targets.size // X.shape[0]
        while True:
            strip = _take(turn)
            if strip >= len(strips) - 1:
                break
            totals[strip] = 0
            for block in range(strips[strip], strips[strip + 1]):
                a, b = bounds[block], bounds[block + 1]
                here = Z[a * units : b * units].reshape(units, b - a)
                moved = dZ[a * units : b * units].reshape(units, b - a)
                if walks & 1:
                    forward(X, edges, W, here, a)
                if walks & 2:
                    forward(X, edges, V, moved, a)
                y, t, w = labels[a:b], targets[a * k : b * k].reshape(k, b - a), weights[a:b]
                if jets:
                    parts = _jet(here, moved, alpha, rest, along, sizes, f, loss, y, t, w, room, row)
                    for part in range(3):
                        totals[strip, part] += parts[part]
                else:
                    totals[strip, 0] += _value(here, moved, alpha, rest, sizes, f, loss, y, t, w, room, row)

    return trial


def _gradient(stamp):
    @numba.njit(nogil=True, cache=True, fastmath=FAST, error_model="numpy")
    def gradient(
        turn, strips, bounds, X, edges, W, walks, Z, dZ, alpha, rest,
        units, sizes, f, loss, labels, targets, weights, room, row, spare, carried, totals, G, behind,
    ):  # fmt: skip
        """totals[strip] <- Σ w l and how many are right; G[strip], behind[strip] <- sums of the gradient."""
        stamp  # noqa: B018
        k = targets.size // X.shape[0]
        while True:
            strip = _take(turn)
            if strip >= len(strips) - 1:
                break
            totals[strip] = 0
            G[strip] = 0
            behind[strip] = 0
            for block in range(strips[strip], strips[strip + 1]):
                a, b = bounds[block], bounds[block + 1]
                here = Z[a * units : b * units].reshape(units, b - a)
                moved = dZ[a * units : b * units].reshape(units, b - a)
                kept = carried[a * units : b * units].reshape(units, b - a)
                D1 = spare[: units * (b - a)].reshape(units, b - a)
                if walks:
                    forward(X, edges, W, here, a)
                y, t, w = labels[a:b], targets[a * k : b * k].reshape(k, b - a), weights[a:b]
                total, right = _pullback(
                    here, moved, alpha, rest, sizes, f, loss, y, t, w, room, row, D1, behind[strip], kept
                )
                totals[strip, 0] += total
                totals[strip, 1] += right
                D1[sizes[0] :] = 0  # units that only fill up a tile
                backward(X, edges, D1, G[strip], a)

    return gradient


trial, gradient = (kernel(_stamp()) for kernel in (_trial, _gradient))


class CompiledWalks:
    """`Kernels` by the two above; for compiled first layers with fused layers behind."""

    def __init__(self, strips: Strips, first: Compiled, tail: Fused, plain: Plain, desk: Desk) -> None:
        self.strips, self.first, self.tail, self.desk = strips, first, tail, desk
        real, Y, n = plain.real, plain.Y, len(plain.Y)
        edges = [0, *(b for _, b in strips.bounds)]
        self._bounds = np.array(edges, np.int64)
        self._strips = np.array([*(strip[0] for strip in strips.strips), len(strips.bounds)], np.int64)
        labelled = Y.ndim == 1
        labels = Y.astype(np.int32, copy=False) if labelled else np.zeros(0, np.int32)
        targets = [np.zeros(0, real)] if labelled else [Y[a:b].T.ravel() for a, b in strips.bounds]
        weights = desk.ones(n) if plain.weights is None else plain.weights
        self._network = (strips.units, *tail.network, labels, np.concatenate(targets), weights)
        self._none = np.zeros((0, 0), real)

    def value(self, Z: Array, dZ: Array, alpha: Any, rest: Array, W: Array | None, V: Array | None) -> float:
        return self._trial(Z, dZ, alpha, rest, rest, False, W, V)[0]

    def jet(
        self, Z: Array, dZ: Array, alpha: Any, rest: Array, along: Array, W: Array | None, V: Array | None
    ) -> tuple[float, float, float]:
        return self._trial(Z, dZ, alpha, rest, along, True, W, V)

    def _trial(
        self, Z: Array, dZ: Array, alpha: Any, rest: Array, along: Array, jets: bool,
        W: Array | None, V: Array | None,
    ) -> tuple[float, float, float]:  # fmt: skip
        walks = (W is not None) + 2 * (V is not None)
        sums = self._sums()
        w, v = (self._none if weights is None else weights for weights in (W, V))

        def work(turn: Array, worker: int) -> None:
            trial(
                turn, self._strips, self._bounds, self.first.X, self.first.edges, w, v, walks,
                Z, dZ, alpha, rest, along, jets,
                *self._network, *self.tail.rooms(worker), sums,
            )  # fmt: skip

        self._together(work)
        loss, slope, bend = np.add.accumulate(sums)[-1].tolist()
        return loss, slope, bend

    def gradient(self, Z: Array, dZ: Array, alpha: Any, rest: Array, W: Array | None, carried: Array) -> Sums:
        w, walks = (self._none, 0) if W is None else (W, 1)
        sums, count, units = self._sums(), len(self.strips.strips), self.strips.units
        all_G = self.desk.room("G", 0, (count, units, self.first.X.shape[1]), np.float64)
        all_behind = self.desk.room("behind", 0, (count, len(rest)), np.float64)

        def work(turn: Array, worker: int) -> None:
            gradient(
                turn, self._strips, self._bounds, self.first.X, self.first.edges, w, walks,
                Z, dZ, alpha, rest,
                *self._network, *self.tail.rooms(worker), self._spare(worker), carried,
                sums, all_G, all_behind,
            )  # fmt: skip

        self._together(work)
        loss, right, _ = np.add.accumulate(sums)[-1].tolist()
        return Sums(loss, int(right), all_G.sum(axis=0), all_behind.sum(axis=0))

    def _together(self, work: Callable[[Array, int], None]) -> None:
        """One call for each thread; `turn` deals out the strips."""
        turn = np.zeros(1, np.int64)
        crew = self.desk.crew
        crew.map(work, [turn] * min(crew.threads, len(self.strips.strips)))

    def _sums(self) -> Array:
        """(strips, 3)"""
        return self.desk.room("sums", 0, (len(self.strips.strips), 3), np.float64)

    def _spare(self, worker: int) -> Array:
        """Room for D¹ of the largest block, flat."""
        return self.desk.room("D1", worker, (self.strips.units * self.strips.most,))
