"""Taylor's test: what is left after the gradient's prediction must fall like h².

    R(h) = |f(θ + hp) - f(θ) - h ∇fᵀp| = ½ h² |pᵀ∇²f p| + O(h³)

A wrong gradient leaves a part that falls like h only.  The order is fitted where R stands clear of
rounding, at the smallest such h; where R is rounding everywhere, f is linear along p.

Source: Farrell, Ham, Funke & Rognes, SIAM J. Sci. Comput. 35 (2013) C369, section 4 (Taylor test).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from surefoot.arrays import Vector

STEPS = 10.0 ** np.arange(0, -8.5, -0.5)
CLEAR = 1000 * 2.0**-52  # of |f|: remainders above it are known to a part in a hundred or better
POINTS = 5  # of the smallest clear steps: two decades


@dataclass(frozen=True)
class Taylor:
    """Remainders R over steps h, and the order of their fall; None when nothing can be fitted."""

    steps: tuple[float, ...]
    remainders: tuple[float, ...]
    order: float | None
    exact: bool  # all remainders are rounding: f is linear along p

    def __str__(self) -> str:
        if self.exact:
            return (
                "Taylor remainder: rounding only, so f is linear here and the gradient predicts it exactly."
            )
        if self.order is None:
            return "Taylor remainder: too few steps stand clear of rounding to fit an order."
        if self.order > 1.5:
            return f"Taylor remainder: falls like h^{self.order:.2f}, as for a right gradient (h^2)."
        if self.order > 0.5:
            return (
                f"Taylor remainder: falls only like h^{self.order:.2f}: a wrong gradient, or a kink nearby."
            )
        return "Taylor remainder: does not fall with h, as for an f that is noisy."

    def to_json(self) -> dict[str, Any]:
        return {
            "steps": list(self.steps),
            "remainders": [r if np.isfinite(r) else None for r in self.remainders],
            "order": self.order,
            "exact": self.exact,
        }


def taylor(f: Callable[[Vector], float], theta: Vector, gradient: Vector, p: Vector) -> Taylor:
    """Measure R(h) along p, shape (P,), for h = 1 .. 1e-8."""
    f0, slope = f(theta), gradient @ p
    values = np.array([f(theta + h * p) for h in STEPS])
    with np.errstate(invalid="ignore", over="ignore"):
        R = np.abs(values - f0 - STEPS * slope)
        clear = np.isfinite(R) & (R > CLEAR * np.maximum(abs(f0), np.abs(values)))
    linear = bool(np.isfinite(R).any() and not clear.any())
    return Taylor(tuple(STEPS.tolist()), tuple(R.tolist()), _order(STEPS[clear], R[clear]), linear)


def _order(h: Vector, R: Vector) -> float | None:
    """Slope of log R over log h, least squares through the smallest clear steps."""
    if h.size < 3:
        return None
    x, y = np.log(h[-POINTS:]), np.log(R[-POINTS:])
    x = x - x.mean()
    return float(x @ y / (x @ x))


def random_direction(theta: Vector, rng: int | np.random.Generator) -> Vector:
    """A random p of length 1, in units of max(1, |θᵢ|)."""
    p = np.random.default_rng(rng).normal(size=theta.size)
    scaled: Vector = p / np.linalg.norm(p) * np.maximum(1.0, np.abs(theta))
    return scaled
