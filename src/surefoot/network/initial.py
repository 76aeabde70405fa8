"""Where a run starts: random weights, zero biases, from an explicit rng.

    glorot   W ~ U(-r, r),   r = √(6 / (d_in + d_out))     for logistic, tanh, softplus
    he       W ~ N(0, σ²),   σ = √(2 / d_in)               for relu

Sources: Glorot & Bengio, AISTATS (2010), eq. (16); He et al., ICCV (2015), eq. (10).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from surefoot.arrays import Array, Vector
from surefoot.errors import UnknownName
from surefoot.network.parameters import Layout


def _glorot(rng: np.random.Generator, d_in: int, d_out: int) -> Array:
    reach = np.sqrt(6 / (d_in + d_out))
    return rng.uniform(-reach, reach, (d_in, d_out))


def _he(rng: np.random.Generator, d_in: int, d_out: int) -> Array:
    return rng.normal(0, np.sqrt(2 / d_in), (d_in, d_out))


SCHEMES: dict[str, Callable[[np.random.Generator, int, int], Array]] = {"glorot": _glorot, "he": _he}


def initial(layout: Layout, rng: int | np.random.Generator, scheme: str = "glorot") -> Vector:
    """Draw the starting vector theta, shape (P,)."""
    if scheme not in SCHEMES:
        raise UnknownName("initialisation", scheme, SCHEMES)
    generator = np.random.default_rng(rng)
    draw = SCHEMES[scheme]
    pairs = zip(layout.sizes, layout.sizes[1:], strict=False)
    return layout.join([(draw(generator, d_in, d_out), np.zeros(d_out)) for d_in, d_out in pairs])
