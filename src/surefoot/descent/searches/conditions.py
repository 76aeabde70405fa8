"""The conditions a step length must meet, each written once, as a signed error (<= 0: satisfied).

    (A)  sufficient decrease    φ(α) - φ(0) - c₁ α φ′(0)             Armijo, N&W eq. (3.6a)
    (C)  curvature              |φ′(α)| - c₂ |φ′(0)|                 strong Wolfe, N&W eq. (3.7b)

The search, the tests and the microscope share them; a picture can show by how much.
"""

from __future__ import annotations

import math

from surefoot.descent.objective import Ray
from surefoot.records import Found, Outcome, Trial, Verdict


def decrease_error(phi: float, phi0: float, slope0: float, alpha: float, c1: float) -> float:
    """(A): how far φ(α) lies above the Armijo line."""
    return phi - phi0 - c1 * alpha * slope0


def curvature_error(slope: float, slope0: float, c2: float) -> float:
    """(C): how much steeper than allowed φ still is at α."""
    return abs(slope) - c2 * abs(slope0)


def descent_fault(ray: Ray) -> Found | None:
    """A Found without a step when φ does not fall at α = 0, None when it does."""
    if not (math.isfinite(ray.slope0) and math.isfinite(ray.origin.value)):
        return Found(0.0, Outcome.NON_FINITE)
    if ray.slope0 >= 0:
        return Found(0.0, Outcome.NOT_DESCENT)
    return None


def failure(ray: Ray, trials: list[Trial]) -> Found:
    """A Found without a step, with the cause that fits the trials.

    Flat: the shortest trial with a number changed the loss by no more than rounding does.
    """
    phi0 = ray.origin.value
    finite = [t for t in trials if math.isfinite(t.phi)]
    if not finite:
        outcome = Outcome.NON_FINITE
    elif abs(min(finite, key=lambda t: t.alpha).phi - phi0) <= 4 * ray.noise:
        outcome = Outcome.FLAT
    else:
        outcome = Outcome.EXHAUSTED
    return Found(0.0, outcome, tuple(trials))


def decrease_trial(ray: Ray, alpha: float, c1: float) -> Trial:
    """Try α against (A) alone, strictly: a loss that stays the same has not fallen."""
    phi = ray.value(alpha)
    if not math.isfinite(phi):
        return Trial(alpha, phi, None, Verdict.NON_FINITE, math.inf)
    error = decrease_error(phi, ray.origin.value, ray.slope0, alpha, c1)
    return Trial(alpha, phi, None, Verdict.ACCEPTED if error < 0 else Verdict.LITTLE_DECREASE, error)
