"""exp, expm1, log and log1p that the compiler can turn into vector instructions.

The library's work on one number at a time.  These are polynomials and operations on bits, so that a
loop over samples runs on eight float32 or four float64 at once; a few units in the last place from exact.

    e^x = 2ⁿ eʳ              n = round(x log₂e), |r| <= ½ ln 2: a polynomial for eʳ - 1, n into the exponent
    log x = n ln 2 + log m   n and 1 <= m < 2 read off the bits;  log m = 2 atanh (m - 1) / (m + 1)

Only for what a network needs: exp and expm1 of x <= 0, log of x > 0, log1p of 0 <= x <= 1, of float32
or float64.  NaN stays NaN.

Source: Cody & Waite, Software Manual for the Elementary Functions (1980), chapters 5 and 6.
"""
# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba.extending import intrinsic, overload

# no reassociation: (x + magic) - magic must stay as it is written;
# error_model: x / 0 is inf as in NumPy, a check that could raise would forbid vector instructions
compiled = numba.njit(fastmath={"contract"}, error_model="numpy", forceinline=True)
MANTISSA, BIAS = {32: 23, 64: 52}, {32: 127, 64: 1023}


def _bitwise(build: Any, n_args: int) -> Any:
    """An intrinsic on the bits of one or two floats of the same type."""

    def lower(x):
        def codegen(context, builder, signature, args):
            whole = ir.IntType(x.bitwidth)
            bits = build(builder, whole, *(builder.bitcast(a, whole) for a in args))
            return builder.bitcast(bits, context.get_value_type(x))

        return codegen

    if n_args == 1:
        return intrinsic(lambda typingctx, x: (x(x), lower(x)))
    return intrinsic(lambda typingctx, x, y: (x(x, y), lower(x)))


def _constant(whole, value):
    return ir.Constant(whole, value)


# y 2ⁿ, n in the lowest bits of the second
_times_power = _bitwise(lambda b, i, y, n: b.add(y, b.shl(n, _constant(i, MANTISSA[i.width]))), 2)
# the exponent of x > 0, put into the lowest bits of the second
_exponent = _bitwise(
    lambda b, i, x, magic: b.add(
        magic, b.sub(b.lshr(x, _constant(i, MANTISSA[i.width])), _constant(i, BIAS[i.width]))
    ),
    2,
)
# x with exponent 0: 1 <= m < 2
_fraction = _bitwise(
    lambda b, i, x: b.or_(
        b.and_(x, _constant(i, (1 << MANTISSA[i.width]) - 1)),
        _constant(i, BIAS[i.width] << MANTISSA[i.width]),
    ),
    1,
)


def _polynomial(coefficients):
    """c₀ + x (c₁ + x (c₂ + ...)), written out so that it is one expression to the compiler."""
    names = {f"c{k}": c for k, c in enumerate(coefficients)}
    text = f"c{len(names) - 1}"
    for k in range(len(names) - 2, -1, -1):
        text = f"(c{k} + x * {text})"
    exec(f"def polynomial(x): return {text}", names)
    return compiled(names["polynomial"])


def _elementary(real, magic, least, ln2_high, terms_exp, terms_log):
    """exp(x) and expm1(x) for x <= 0, log(x) for x > 0, log1p(x) for 0 <= x <= 1, in one precision."""
    magic, least, one, two = real(magic), real(least), real(1), real(2)
    log2e, ln2 = real(1 / math.log(2)), real(math.log(2))
    high, low = real(ln2_high), real(math.log(2) - ln2_high)  # ln 2 in two parts: n · high is exact
    grow = _polynomial([real(1 / math.factorial(k)) for k in range(1, terms_exp + 1)])  # (eʳ - 1) / r
    area = _polynomial([real(2 / (2 * k + 1)) for k in range(terms_log)])  # 2 atanh(s) / s in s²

    @compiled
    def exp(x):
        x = least if x < least else x  # below, e^x is smaller than the smallest normal number
        n = x * log2e + magic  # adding it rounds to a whole number
        r = (x - (n - magic) * high) - (n - magic) * low
        return _times_power(one + r * grow(r), n)

    @compiled
    def expm1(x):
        x = least if x < least else x
        n = x * log2e + magic
        r = (x - (n - magic) * high) - (n - magic) * low
        power = _times_power(one, n)
        return power * (r * grow(r)) + (power - one)

    @compiled
    def log(x):
        m = _fraction(x)
        s = (m - one) / (m + one)
        return (_exponent(x, magic) - magic) * ln2 + s * area(s * s)

    @compiled
    def log1p(x):
        s = x / (two + x)
        return s * area(s * s)

    return exp, expm1, log, log1p


# enough terms that the first one left out is below half a unit in the last place
_KIT = {
    32: _elementary(np.float32, 1.5 * 2**23, -87.0, 0.693359375, 7, 8),
    64: _elementary(np.float64, 1.5 * 2.0**52, -708.0, 0.6931471803691238, 12, 17),
}


def _by_type(place: int) -> Any:
    def chosen(x): ...

    @overload(chosen)
    def typed(x):
        function = _KIT[x.bitwidth][place]
        return lambda x: function(x)  # noqa: PLW0108 - Numba wants a Python function

    return chosen


exp, expm1, log, log1p = (_by_type(place) for place in range(4))
