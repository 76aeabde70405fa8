"""The layers behind the first, compiled: three kernels that walk a block of samples span by span.

At the first layer Z¹(α) = Z¹ + α Ż¹ + b¹ and the parameters behind it, rest = [b¹, W², b², ...]:

    value      Σ w l                                                    forward
    pullback   Σ w l, D¹, ∂/∂rest, how many are right                   forward and backward
    jet        Σ w l and its first and second derivative in α           forward, order two (network/jet.py)

Any depth, width, activation and loss, float32 or float64.  `room` is (slots, width, span) to work in,
`row` (3, span); `sizes` are the units of the layers, first hidden one first.
"""
# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import hashlib
from pathlib import Path

import numba

from surefoot.compute.spans import (
    FAST,
    activate,
    add_outer,
    add_product,
    add_sums,
    carry,
    clear,
    double,
    fill,
    leave,
    loss_and_meaning,
    move,
    multiply,
    output_bend,
    output_gradient,
    right,
    start,
)


def _stamp() -> str:
    """Stands for the files used here: Numba's cache on disk looks at this one only, and at the stamp."""
    used = (Path(__file__).with_name(f"{name}.py").read_bytes() for name in ("elementary", "spans"))
    return hashlib.sha256(b"".join(used)).hexdigest()


def _value(stamp):
    @numba.njit(nogil=True, cache=True, fastmath=FAST, error_model="numpy")
    def value(Z1, dZ1, alpha, rest, sizes, f, loss, labels, targets, weights, room, row):
        stamp  # noqa: B018 - part of the key of the cache
        n, span, layers = Z1.shape[1], room.shape[2], len(sizes)
        total = 0.0
        for low in range(0, n, span):
            m = min(span, n - low)
            A, Z = room[0], room[1]
            start(Z1, dZ1, alpha, rest, sizes[0], low, m, A)
            at = sizes[0]
            for layer in range(layers - 1):
                d_in, d_out = sizes[layer], sizes[layer + 1]
                activate(A, A, A, d_in, m, f, 0)
                fill(Z, d_out, m, rest, at + d_in * d_out)
                add_product(rest, at, d_out, 1, d_in, d_out, A, Z, m)
                at += (d_in + 1) * d_out
                A, Z = Z, A
            total += loss_and_meaning(A, sizes[-1], m, low, loss, labels, targets, weights, row)
        return total

    return value


def _pullback(stamp):
    @numba.njit(nogil=True, cache=True, fastmath=FAST, error_model="numpy")
    def pullback(Z1, dZ1, alpha, rest, sizes, f, loss, labels, targets, weights, room, row, D1, G, carried):
        """Also: D1 (units, n) <- D¹, G += ∂/∂rest, carried <- Z¹ + α Ż¹ (which may be Z1 itself)."""
        stamp  # noqa: B018
        n, span, layers = Z1.shape[1], room.shape[2], len(sizes)
        total, hits = 0.0, 0
        for low in range(0, n, span):
            m = min(span, n - low)
            start(Z1, dZ1, alpha, rest, sizes[0], low, m, room[0])
            if alpha != 0:
                carry(Z1, dZ1, alpha, sizes[0], low, m, carried)
            at = sizes[0]
            for layer in range(layers - 1):  # Aˡ stays in room[layer], f′ in room[layers + layer]
                d_in, d_out = sizes[layer], sizes[layer + 1]
                A, Z = room[layer], room[layer + 1]
                activate(A, room[layers + layer], A, d_in, m, f, 1)
                fill(Z, d_out, m, rest, at + d_in * d_out)
                add_product(rest, at, d_out, 1, d_in, d_out, A, Z, m)
                at += (d_in + 1) * d_out
            D = room[layers - 1]
            hits += right(D, sizes[-1], m, low, loss, labels, targets, row)
            total += loss_and_meaning(D, sizes[-1], m, low, loss, labels, targets, weights, row)
            output_gradient(D, sizes[-1], m, low, loss, labels, targets, weights)
            spare = room[2 * layers]
            for layer in range(layers - 2, -1, -1):
                d_in, d_out = sizes[layer], sizes[layer + 1]
                at -= (d_in + 1) * d_out
                add_outer(room[layer], D, d_in, d_out, m, G, at)
                F = room[layers + layer]
                clear(spare, d_in, m)
                add_product(rest, at, 1, d_out, d_out, d_in, D, spare, m)
                multiply(F, spare, d_in, m)
                D = F
            add_sums(D, sizes[0], m, G, 0)
            leave(D, sizes[0], low, m, D1)
        return total, hits

    return pullback


def _jet(stamp):
    @numba.njit(nogil=True, cache=True, fastmath=FAST, error_model="numpy")
    def jet(Z1, dZ1, alpha, rest, along, sizes, f, loss, labels, targets, weights, room, row):
        """along = [v¹, V², v², ...]."""
        stamp  # noqa: B018
        n, span, layers = Z1.shape[1], room.shape[2], len(sizes)
        total = slope = bend = 0.0
        zero = Z1.dtype.type(0)
        for low in range(0, n, span):
            m = min(span, n - low)
            A, dA, ddA, Z, dZ, ddZ, F, S = (
                room[0], room[1], room[2], room[3], room[4], room[5], room[6], room[7],
            )  # fmt: skip
            start(Z1, dZ1, alpha, rest, sizes[0], low, m, A)
            start(dZ1, dZ1, zero, along, sizes[0], low, m, dA)
            clear(ddA, sizes[0], m)
            at = sizes[0]
            for layer in range(layers - 1):
                d_in, d_out = sizes[layer], sizes[layer + 1]
                activate(A, F, S, d_in, m, f, 2)
                move(dA, ddA, d_in, m, F, S)
                bias = at + d_in * d_out
                # Z̈ = Ä W + 2 Ȧ V: Ȧ V first, doubled, then the rest
                clear(ddZ, d_out, m)
                add_product(along, at, d_out, 1, d_in, d_out, dA, ddZ, m)
                double(ddZ, d_out, m)
                add_product(rest, at, d_out, 1, d_in, d_out, ddA, ddZ, m)
                fill(dZ, d_out, m, along, bias)
                add_product(rest, at, d_out, 1, d_in, d_out, dA, dZ, m)
                add_product(along, at, d_out, 1, d_in, d_out, A, dZ, m)
                fill(Z, d_out, m, rest, bias)
                add_product(rest, at, d_out, 1, d_in, d_out, A, Z, m)
                at += (d_in + 1) * d_out
                A, dA, ddA, Z, dZ, ddZ = Z, dZ, ddZ, A, dA, ddA
            total += loss_and_meaning(A, sizes[-1], m, low, loss, labels, targets, weights, row)
            first, second = output_bend(A, dA, ddA, sizes[-1], m, low, loss, labels, targets, weights, row)
            slope += first
            bend += second
        return total, slope, bend

    return jet


value, pullback, jet = (kernel(_stamp()) for kernel in (_value, _pullback, _jet))
