"""Compiled products with the data as they came: uint8 or float, never widened in memory.

    forward    Z = W Xᵀ        unit u, row i:   Z[u, i] = Σ_j W[u, j] X[start + i, j]
    backward   G += D X        unit u, col j:   G[u, j] += Σ_i D[u, i] X[start + i, j]

X is (n, d); everything of the network lies as (units, ...), padded to whole tiles of six units.  A pixel
becomes a float in a register, once for six units, and sums stay in registers:

    forward    2 rows x 6 units, along a row: the compiler's vectors; each w is used where it is read
               (all six read first: four sums no longer fit AVX2's sixteen registers, 5.9 ms for 2.4)
    backward   6 units x 64 bytes of columns, down SPAN rows: vectors written out by hand, since a
               compiler vectorises inner loops only (along a row instead: 4.7 ms for 2.4)

Pictures have empty margins: `edges` says where a row's first and last pixel that is not zero lie, and what
is outside is left out (forward 2.1 -> 1.6 ms, backward less, since a SPAN of rows has narrower margins).

float32 adds up at most SPAN rows; these partial sums are added in float64.
(Milliseconds: 20,000 x 784 uint8, 6 units, float32, one core with AVX2.)
"""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,call-arg"

from __future__ import annotations

import numba
import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

TILE = 6  # units worked on together
GRAIN = 32  # columns: margins are cut in such steps
SPAN = 64  # rows that a tile of sums goes down at once: a column of so many cache lines stays near
EARLY = 8  # rows that are asked for ahead of their use
AHEAD = 1 << 17  # bytes that may be fetched ahead
FAST = {"reassoc", "contract", "nsz", "arcp"}  # sums may be reordered; NaN and infinities are kept


@intrinsic
def _fetch(typingctx, X, row, begin, end):
    """Ask for bytes begin .. end behind X[row] to come into the second cache; past the end does no harm."""

    def codegen(context, builder, signature, args):
        byte, whole = ir.IntType(8).as_pointer(), ir.IntType(64)
        array = context.make_array(X)(context, builder, args[0])
        kind = ir.FunctionType(ir.VoidType(), [byte] + [ir.IntType(32)] * 3)
        prefetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        row_bytes = builder.extract_value(array.strides, 0)
        data = builder.gep(builder.bitcast(array.data, byte), [builder.mul(args[1], row_bytes)])
        line = ir.Constant(whole, 64)
        with cgutils.for_range_slice(builder, args[2], args[3], line, whole) as (at, _):
            how = (ir.Constant(ir.IntType(32), k) for k in (0, 2, 1))  # to read, second cache, data
            builder.call(prefetch, [builder.gep(data, [at]), *how])
        return context.get_dummy_value()

    return types.void(X, *[types.intp] * 3), codegen


@numba.njit(nogil=True, cache=True, fastmath=FAST)
def edges(X):
    """(n, 2): each row of X is zero before its first number and from its second on."""
    n, d = X.shape
    found = np.zeros((n, 2), np.int32)
    for i in range(n):
        low, high = 0, d
        while high > 0 and X[i, high - 1] == 0:
            high -= 1
        while low < high and X[i, low] == 0:
            low += 1
        found[i] = low, high
    return found


@numba.njit(nogil=True, cache=True, fastmath=FAST)
def forward(X, edges, W, Z, start):
    """Z (units, m) from rows start .. start + m of X (n, d) and W (units, d); units a multiple of 6."""
    d, m = X.shape[1], Z.shape[1]
    real = W.dtype.type
    for i in range(0, m - 1, 2):
        r = start + i
        _fetch(X, r + EARLY, 0, 2 * X.strides[0])
        low = np.uintp(min(edges[r, 0], edges[r + 1, 0]) // GRAIN * GRAIN)  # unsigned: an index that may
        high = np.uintp(min(d, -(-max(edges[r, 1], edges[r + 1, 1]) // GRAIN) * GRAIN))  # wrap is slow
        for u in range(0, W.shape[0], TILE):
            a0 = a1 = a2 = a3 = a4 = a5 = real(0)
            b0 = b1 = b2 = b3 = b4 = b5 = real(0)
            for j in range(low, high):
                x, y = real(X[r, j]), real(X[r + 1, j])
                w = W[u, j]
                a0 += w * x
                b0 += w * y
                w = W[u + 1, j]
                a1 += w * x
                b1 += w * y
                w = W[u + 2, j]
                a2 += w * x
                b2 += w * y
                w = W[u + 3, j]
                a3 += w * x
                b3 += w * y
                w = W[u + 4, j]
                a4 += w * x
                b4 += w * y
                w = W[u + 5, j]
                a5 += w * x
                b5 += w * y
            Z[u, i], Z[u + 1, i], Z[u + 2, i] = a0, a1, a2
            Z[u + 3, i], Z[u + 4, i], Z[u + 5, i] = a3, a4, a5
            Z[u, i + 1], Z[u + 1, i + 1], Z[u + 2, i + 1] = b0, b1, b2
            Z[u + 3, i + 1], Z[u + 4, i + 1], Z[u + 5, i + 1] = b3, b4, b5
    if m % 2:
        for u in range(W.shape[0]):
            a = real(0)
            for j in range(d):
                a += W[u, j] * real(X[start + m - 1, j])
            Z[u, m - 1] = a


@intrinsic
def _add_tile(typingctx, X, D, G, row, first, rows, u, j):
    """G[u : u + 6, j : j + width] += D[u : u + 6, first : first + rows] X[row : row + rows, same columns]."""

    def codegen(context, builder, signature, args):
        real = context.get_value_type(D.dtype)
        double, whole = ir.DoubleType(), ir.IntType(64)
        width = 512 // D.dtype.bitwidth
        vector, zeros = ir.VectorType(real, width), ir.Constant(ir.VectorType(ir.IntType(32), width), None)
        anything = ir.Constant(vector, ir.Undefined)

        def pointer(k, at):
            """Into array number k at row at[0], column at[1]."""
            array = context.make_array(signature.args[k])(context, builder, args[k])
            columns = builder.extract_value(array.shape, 1)
            return builder.gep(array.data, [builder.add(builder.mul(at[0], columns), at[1])])

        def load(p, kind):
            wide = ir.VectorType(kind, width)
            return builder.load(builder.bitcast(p, wide.as_pointer()), align=1)

        def floats(x):
            source = x.type.element
            if isinstance(source, ir.IntType):
                return builder.uitofp(builder.zext(x, ir.VectorType(ir.IntType(32), width)), vector)
            if source == real:
                return x
            return builder.fpext(x, vector) if isinstance(real, ir.DoubleType) else builder.fptrunc(x, vector)

        row, first, rows, u, j = args[3:]
        units = [builder.add(u, ir.Constant(whole, k)) for k in range(TILE)]
        sums = [cgutils.alloca_once_value(builder, ir.Constant(vector, None)) for _ in units]
        data = context.get_data_type(X.dtype)
        with cgutils.for_range(builder, rows) as loop:
            x = floats(load(pointer(0, (builder.add(row, loop.index), j)), data))
            column = builder.add(first, loop.index)
            for unit, total in zip(units, sums, strict=True):
                one = builder.load(pointer(1, (unit, column)))
                many = builder.insert_element(anything, one, ir.Constant(ir.IntType(32), 0))
                many = builder.shuffle_vector(many, anything, zeros)
                product = builder.fmul(many, x, flags=("contract",))
                builder.store(builder.fadd(builder.load(total), product, flags=("contract",)), total)
        for unit, total in zip(units, sums, strict=True):
            place = pointer(2, (unit, j))
            part = builder.load(total)
            wide = part if real == double else builder.fpext(part, ir.VectorType(double, width))
            spot = builder.bitcast(place, wide.type.as_pointer())
            builder.store(builder.fadd(builder.load(spot, align=8), wide), spot, align=8)
        return context.get_dummy_value()

    return types.void(X, D, G, *[types.intp] * 5), codegen


@numba.njit(nogil=True, cache=True, fastmath=FAST)
def backward(X, edges, D, G, start):
    """G (units, d) float64 += D (units, m) X[start : start + m]; units a multiple of 6."""
    d, m = X.shape[1], D.shape[1]
    real = D.dtype.type
    width = 64 // D.itemsize
    whole = d // width * width
    span_bytes = SPAN * X.strides[0]
    share = span_bytes * width // max(whole, 1) // 64 * 64 + 64 if span_bytes <= AHEAD else 0
    for low in range(0, m, SPAN):
        rows = min(SPAN, m - low)
        left, right = d, 0
        for i in range(start + low, start + low + rows):
            left, right = min(left, edges[i, 0]), max(right, edges[i, 1])
        for j in range(0, whole, width):
            _fetch(X, start + low + rows, j // width * share, (j // width + 1) * share)
            if j >= right or j + width <= left:
                continue
            for u in range(0, D.shape[0], TILE):
                _add_tile(X, D, G, start + low, low, rows, u, j)
        for j in range(whole, d):
            for u in range(D.shape[0]):
                total = real(0)
                for i in range(low, low + rows):
                    total += D[u, i] * real(X[start + i, j])
                G[u, j] += np.float64(total)
