"""Activations A = f(Z) with their first and second derivatives, safe at any real Z.

    name       f(z)              f′ from (z, a)     f″ from (z, a)
    logistic   1 / (1 + e^-z)    a (1 - a) = l(z)   l(z) (1 - 2a)
    tanh       tanh z            1 - a² = 4 l(2z)   -2 a 4 l(2z)
    relu       max(z, 0)         [z > 0]            0
    softplus   log(1 + e^z)      logistic(z)        l(z)
    identity   z                 1                  0

with l(z) = e^-|z| / (1 + e^-|z|)²: where a unit is saturated, 1 - a would keep no digits.

Complex Z is carried through (the complex step checks derivatives with it): branches look at the
real part only.  All act entry by entry on arrays of any shape.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from surefoot.arrays import Array
from surefoot.errors import UnknownName


@dataclass(frozen=True)
class Activation:
    """f, f′ and f″; the derivatives take (Z, A) so that nothing is computed twice."""

    name: str
    value: Callable[[Array], Array]
    slope: Callable[[Array, Array], Array]
    bend: Callable[[Array, Array], Array]
    analytic: bool = True  # False: not differentiable at z = 0


def logistic(Z: Array) -> Array:
    """1 / (1 + e^-z), as e^z / (1 + e^z) where z < 0: exp must not overflow."""
    E = np.exp(np.where(Z.real < 0, Z, -Z))  # |E| <= 1
    return np.where(Z.real < 0, E, 1.0) / (1.0 + E)


def softplus(Z: Array) -> Array:
    """log(1 + e^z) = max(z, 0) + log(1 + e^-|z|)."""
    positive = np.where(Z.real < 0, 0.0, Z).astype(Z.dtype)
    E = np.exp(np.where(Z.real < 0, Z, -Z))
    # log1p keeps e^z when z is very negative (NumPy's complex log1p: in the imaginary part only)
    return positive + np.log1p(E)


def _logistic_value(Z: Array) -> Array:
    A: Array = logistic(Z).astype(Z.dtype, copy=False)
    return A


def _logistic_slope(Z: Array) -> Array:
    """l(z) = a (1 - a)."""
    E = np.exp(np.where(Z.real < 0, Z, -Z))
    slope: Array = E / ((1.0 + E) * (1.0 + E))
    return slope


ACTIVATIONS = {
    f.name: f
    for f in (
        Activation(
            "logistic",
            _logistic_value,
            lambda Z, A: _logistic_slope(Z),
            lambda Z, A: _logistic_slope(Z) * (1 - 2 * A),
        ),
        Activation(
            "tanh",
            np.tanh,
            lambda Z, A: 4 * _logistic_slope(2 * Z),
            lambda Z, A: -8 * A * _logistic_slope(2 * Z),
        ),
        Activation(
            "relu",
            # asked as <= 0, not > 0: NaN must stay NaN and not become 0
            lambda Z: np.where(Z.real <= 0, 0, Z).astype(Z.dtype, copy=False),
            lambda Z, A: (Z.real > 0).astype(Z.real.dtype),
            lambda Z, A: np.zeros_like(Z),
            analytic=False,
        ),
        Activation("softplus", softplus, lambda Z, A: _logistic_value(Z), lambda Z, A: _logistic_slope(Z)),
        Activation("identity", lambda Z: Z, lambda Z, A: np.ones_like(Z), lambda Z, A: np.zeros_like(Z)),
    )
}


def activation(name: str) -> Activation:
    """Look an activation up by name; an unknown name is an error that suggests the nearest."""
    if name not in ACTIVATIONS:
        raise UnknownName("activation", name, ACTIVATIONS)
    return ACTIVATIONS[name]
