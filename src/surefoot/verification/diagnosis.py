"""Why a search failed: which of the known causes fits, and what to try.

Beside the trials it looks at φ close to 0, where every cause leaves its mark (h small, ε rounding):

    not finite       φ is NaN or infinite wherever it was tried
    not descent      φ′(0) >= 0
    rounding         |φ′(0)| h is lost in ε |φ(0)|
    kink             (φ(h) - φ(0)) / h and (φ(0) - φ(-h)) / h differ, at every h
    wrong gradient   the measured slope (φ(h) - φ(-h)) / 2h is not the φ′(0) that the gradient claims

It asks the ray for a few more values: tails on a network, never a pass.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from surefoot.records import Found, Outcome

DISAGREES = 0.05  # relative difference of slopes that is no rounding and no curvature


class Line(Protocol):
    """What is asked of a ray."""

    @property
    def origin(self) -> Any: ...
    @property
    def p(self) -> Any: ...
    @property
    def slope0(self) -> float: ...
    @property
    def noise(self) -> float: ...
    def value(self, alpha: float) -> float: ...


def diagnose(ray: Line, found: Found) -> str:
    """One sentence: the cause that fits this failed search, and what to try."""
    if not (math.isfinite(ray.slope0) and math.isfinite(ray.origin.value)):
        return (
            "The loss or its gradient is not finite here already. Look at the data, and start nearer to zero."
        )
    if ray.slope0 >= 0:
        return (
            f"The direction does not descend (its slope is {ray.slope0:.3g}). If it is not the method's own "
            "doing, the gradient is wrong: check it with sf.check."
        )
    if found.outcome is Outcome.NON_FINITE:
        reach = max((t.alpha for t in found.trials), default=0.0)
        return (
            f"The loss is not finite for any step tried, up to {reach:.3g}. The parameters stand at an edge "
            "of where it is defined: scale the inputs, or add l2."
        )
    return _near_zero(ray)


def _near_zero(ray: Line) -> str:
    """The cause, from φ at ±h for steps h from coarse to fine."""
    reach = (1 + float(np.linalg.norm(ray.origin.theta))) / max(float(np.linalg.norm(ray.p)), 1e-300)
    phi0 = ray.origin.value
    slopes: list[tuple[float, float]] = []
    for h in (1e-4 * reach, 1e-5 * reach, 1e-6 * reach):
        ahead, behind = ray.value(h), ray.value(-h)
        if math.isfinite(ahead + behind) and abs(ray.slope0) * h > 100 * ray.noise:
            slopes.append(((ahead - phi0) / h, (phi0 - behind) / h))
    if not slopes:
        return (
            f"Rounding: a slope of {ray.slope0:.3g} changes a loss of {phi0:.6g} in no digit that is kept. "
            "This is as low as one can see; in single precision, double sees further."
        )
    if _kink(slopes, ray.slope0):
        return (
            f"There is a kink here: the slope is {slopes[-1][0]:.3g} ahead and {slopes[-1][1]:.3g} behind. "
            "relu has kinks; softplus is its smooth form."
        )
    measured = 0.5 * sum(slopes[-1])
    if abs(measured - ray.slope0) > DISAGREES * max(abs(measured), abs(ray.slope0)):
        return (
            f"The gradient is wrong: it claims a slope of {ray.slope0:.4g} along this direction, measured "
            f"is {measured:.4g}. sf.check says in which block."
        )
    return (
        f"The slope is right ({ray.slope0:.3g}), but no step tried was good enough: the loss turns "
        "within a very short way. Allow more trials, or scale the inputs to about unit size."
    )


def _kink(slopes: Sequence[tuple[float, float]], slope0: float) -> bool:
    """True when ahead and behind differ by as much at the finest h as at the coarsest: no curvature."""
    gaps = [abs(ahead - behind) for ahead, behind in slopes]
    return gaps[-1] > DISAGREES * abs(slope0) and gaps[-1] > 0.5 * gaps[0]
