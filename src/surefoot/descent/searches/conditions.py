"""The conditions a step length must meet, each written once, as a signed error (<= 0: satisfied).

    (A)  sufficient decrease    φ(α) - φ(0) - c₁ α φ′(0)                      Armijo, N&W eq. (3.6a)
    (W)  weak curvature         c₂ φ′(0) - φ′(α)                              Wolfe, N&W eq. (3.6b)
    (C)  curvature              |φ′(α)| - c₂ |φ′(0)|                          strong Wolfe, N&W eq. (3.7b)
    (H)  approximate decrease   φ′(α) - (2 c₁ - 1) φ′(0)                      Hager & Zhang, eq. (4.1)

(H) is (A) for the parabola with the slopes φ′(0), φ′(α).  It compares slopes, which keep their digits
near a minimum where differences of φ are rounding alone; so it stands in for (A) there, and only there
where |φ(α) - φ(0)| is no more than a few times `ray.noise`.

The search, the tests and the microscope share them; a picture can show by how much.

Sources: Nocedal & Wright (2006), section 3.1; Hager & Zhang, ACM TOMS 32 (2006) 113, section 4,
doi:10.1145/1132973.1132979.
"""

from __future__ import annotations

import math

from surefoot.descent.objective import Ray
from surefoot.records import Found, Outcome, Trial, Verdict

ROUNDING = 8.0  # differences of φ below this many ray.noise say nothing


def decrease_error(phi: float, phi0: float, slope0: float, alpha: float, c1: float) -> float:
    """(A): how far φ(α) lies above the Armijo line."""
    return phi - phi0 - c1 * alpha * slope0


def weak_curvature_error(slope: float, slope0: float, c2: float) -> float:
    """(W): how much steeper than allowed φ still falls at α."""
    return c2 * slope0 - slope


def curvature_error(slope: float, slope0: float, c2: float) -> float:
    """(C): how much steeper than allowed φ still is at α."""
    return abs(slope) - c2 * abs(slope0)


def approximate_error(slope: float, slope0: float, c1: float) -> float:
    """(H): how much more φ rises at α than where a parabola just satisfies (A)."""
    return slope - (2 * c1 - 1) * slope0


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
    finite = [t for t in trials if t.verdict is not Verdict.NON_FINITE]
    if not finite:
        outcome = Outcome.NON_FINITE
    elif abs(min(finite, key=lambda t: t.alpha).phi - phi0) <= 4 * ray.noise:
        outcome = Outcome.FLAT
    else:
        outcome = Outcome.EXHAUSTED
    return Found(0.0, outcome, tuple(trials))


def non_finite(alpha: float, phi: float, slope: float | None = None) -> Trial:
    """A trial where φ or φ′ is NaN or infinite: refused, whatever else holds."""
    return Trial(alpha, phi, slope, Verdict.NON_FINITE, math.inf)


def decrease_trial(ray: Ray, alpha: float, c1: float, phi0: float | None = None) -> Trial:
    """Try α against (A) alone, strictly: a loss that stays the same has not fallen.

    phi0 : what the decrease is measured from, where it is not φ(0).
    """
    phi = ray.value(alpha)
    if not math.isfinite(phi):
        return non_finite(alpha, phi)
    error = decrease_error(phi, ray.origin.value if phi0 is None else phi0, ray.slope0, alpha, c1)
    return Trial(alpha, phi, None, Verdict.ACCEPTED if error < 0 else Verdict.LITTLE_DECREASE, error)


def strong_trial(ray: Ray, alpha: float, c1: float, c2: float) -> Trial:
    """Try α against (A) and (C), or (H) and (C) where rounding hides (A).

    The slope is not asked for where φ is too high already, unless the ray has both from one tail.
    """
    if getattr(ray, "together", False):
        ray.slope(alpha)  # φ(α) comes with it
    trial = decrease_trial(ray, alpha, c1)
    hidden = abs(trial.phi - ray.origin.value) <= ROUNDING * ray.noise
    if trial.verdict is Verdict.NON_FINITE or (trial.verdict is Verdict.LITTLE_DECREASE and not hidden):
        return trial
    slope = ray.slope(alpha)
    error = curvature_error(slope, ray.slope0, c2)
    if trial.verdict is Verdict.LITTLE_DECREASE:
        error = max(error, approximate_error(slope, ray.slope0, c1))
    return by_slope(alpha, trial.phi, slope, error)


def weak_trial(ray: Ray, alpha: float, c1: float, c2: float, rise: float) -> Trial:
    """Try α against (A) and (W), or (H) and (W) where φ(α) ≤ φ(0) + rise: Hager & Zhang's T1 and T2."""
    trial = decrease_trial(ray, alpha, c1)
    if trial.verdict is Verdict.NON_FINITE:
        return trial
    slope = ray.slope(alpha)
    error = weak_curvature_error(slope, ray.slope0, c2)
    if trial.verdict is Verdict.LITTLE_DECREASE:
        error = max(error, approximate_error(slope, ray.slope0, c1))
        if trial.phi > ray.origin.value + rise and math.isfinite(slope):
            return Trial(alpha, trial.phi, slope, Verdict.LITTLE_DECREASE, trial.margin)
    return by_slope(alpha, trial.phi, slope, error)


def by_slope(alpha: float, phi: float, slope: float, error: float) -> Trial:
    """The trial with the verdict that its slope and the slope's signed error give."""
    if not math.isfinite(slope):
        return non_finite(alpha, phi, slope)
    refused = Verdict.RISING if slope > 0 else Verdict.STILL_FALLING
    return Trial(alpha, phi, slope, Verdict.ACCEPTED if error <= 0 else refused, error)
