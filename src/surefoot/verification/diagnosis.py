"""Why a search failed: which of the known causes fits, and what to try.

Beside the trials it looks at φ close to 0, where every cause leaves its mark.  With D(h) the measured slope
(φ(h) - φ(-h)) / 2h, ε rounding, and j how far φ was seen to jump within a few roundings of θ:

    not finite       φ is NaN or infinite wherever it was tried
    not descent      φ′(0) >= 0, by more than rounding
    rounding         |φ′(0)| h and |D(h)| h are lost in j, or the most that a step can win is:
                     φ′(0)² / 2φ″(0)
    kink             (φ(h) - φ(0)) / h and (φ(0) - φ(-h)) / h differ, at every h
    wrong gradient   D(h) is not the φ′(0) that the gradient claims, and neither rounding nor curvature can be
                     the reason: |D(h) - φ′(0)| is many times
                     j/h + |D(h) - D(10h)| + ε (Σ |gᵢ pᵢ| + φ″(0) (1 + ‖θ‖) / ‖p‖)

It asks the ray for a few more values: tails on a network, never a pass.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from surefoot.records import Found, Outcome

BENT = 0.05  # relative difference of the slopes ahead and behind that may be a kink
WRONG = 3e-4  # relative difference of claimed and measured slope that is looked into
DOUBT = 10.0  # times the estimated errors: a difference below has no need of a wrong gradient
RUNGS = (1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8)  # of h, in units of (1 + ‖θ‖) / ‖p‖
FINEST_KINK = 1e-6  # below, kinks that lie beside the point are no longer seen
EPSILON = 2.0**-52


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
        if _cancelled(ray):
            return _rounding(ray)
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


class Rung(NamedTuple):
    """What φ shows at ±h: the slopes to either side, the slope between them, and how far that may be off."""

    h: float
    ahead: float
    behind: float
    doubt: float

    @property
    def slope(self) -> float:
        return 0.5 * (self.ahead + self.behind)

    @property
    def bend(self) -> float:
        """φ″(0), about."""
        return (self.ahead - self.behind) / self.h


def _near_zero(ray: Line) -> str:
    """The cause, from φ at ±h for steps h from coarse to fine."""
    reach = (1 + float(np.linalg.norm(ray.origin.theta))) / max(float(np.linalg.norm(ray.p)), 1e-300)
    rungs = _ladder(ray, reach)
    if not rungs:
        return _rounding(ray)
    coarse = [rung for rung in rungs if rung.h >= 0.9 * FINEST_KINK * reach]
    if _kink(coarse, ray.slope0):
        return (
            f"There is a kink here: the slope is {coarse[-1].ahead:.3g} ahead and {coarse[-1].behind:.3g} "
            "behind. relu has kinks; softplus is its smooth form."
        )
    best = min(rungs, key=lambda rung: rung.doubt)
    off, large = abs(best.slope - ray.slope0), max(abs(best.slope), abs(ray.slope0))
    if off > WRONG * large and off > DOUBT * (best.doubt + _own_rounding(ray, best.bend * reach)):
        return (
            f"The gradient is wrong: it claims a slope of {ray.slope0:.4g} along this direction, measured "
            f"is {best.slope:.4g}. sf.check says in which block."
        )
    if best.bend > 0 and ray.slope0**2 <= 2 * best.bend * DOUBT * ray.noise:
        return _rounding(ray)
    right = f"The slope is right ({ray.slope0:.3g}), but no" if off <= BENT * large else "No"
    return (
        f"{right} step tried was good enough: the loss turns within a very short way. Allow more trials, or "
        "scale the inputs to about unit size."
    )


def _rounding(ray: Line) -> str:
    return (
        f"Rounding: a slope of {ray.slope0:.3g} changes a loss of {ray.origin.value:.6g} in no digit that is "
        "kept. This is as low as one can see; in single precision, double sees further."
    )


def _ladder(ray: Line, reach: float) -> list[Rung]:
    """The rungs at which a slope, claimed or measured, rises well above rounding."""
    phi0, jump, found = ray.origin.value, _jump(ray, reach), []
    coarser = math.nan
    for part in RUNGS:
        h = part * reach
        ahead, behind = (ray.value(h) - phi0) / h, (phi0 - ray.value(-h)) / h
        slope = 0.5 * (ahead + behind)
        change, coarser = abs(slope - coarser), slope
        doubt = jump / h + (change if math.isfinite(change) else math.inf)
        seen = max(abs(ray.slope0), abs(slope)) * h > 100 * jump
        if part < RUNGS[0] and math.isfinite(slope) and seen:
            found.append(Rung(h, ahead, behind, doubt))
    return found


def _jump(ray: Line, reach: float) -> float:
    """How far φ jumps when θ moves by a few roundings; the slope, odd in α, does not count."""
    phi0, tiny = ray.origin.value, 4 * _epsilon(ray) * reach
    pairs = (float(abs(0.5 * (ray.value(i * tiny) + ray.value(-i * tiny)) - phi0)) for i in (1, 2, 3))
    return max([float(ray.noise), *filter(math.isfinite, pairs)])


def _own_rounding(ray: Line, bend: float) -> float:
    """What rounding does to φ′(0) = Σ gᵢ pᵢ itself: to the sum, and by way of θ to g; bend: φ″(0) reach."""
    terms = np.asarray(ray.origin.gradient) * np.asarray(ray.p)
    return _epsilon(ray) * (float(abs(terms).sum()) + abs(bend))


def _cancelled(ray: Line) -> bool:
    """True when φ′(0) = Σ gᵢ pᵢ is nothing that rounding has not made: lost in its terms, or too small."""
    g, p = np.asarray(ray.origin.gradient), np.asarray(ray.p)
    return bool(g.any() and p.any() and abs(ray.slope0) <= DOUBT * _own_rounding(ray, 0.0))


def _epsilon(ray: Line) -> float:
    """The ray's rounding unit, from what it says of its noise."""
    phi0 = abs(ray.origin.value)
    return float(ray.noise) / phi0 if phi0 > 0 and ray.noise > 0 else EPSILON


def _kink(rungs: Sequence[Rung], slope0: float) -> bool:
    """True when ahead and behind differ by as much at the finest h as at the coarsest: no curvature.

    φ′(0) is of one side of the kink, or between both: next to nothing beside the gap it is of neither.
    """
    if not rungs:
        return False
    gaps = [abs(rung.ahead - rung.behind) for rung in rungs]
    steep = max(abs(slope0), abs(rungs[-1].slope))
    return max(BENT * steep, 0.5 * gaps[0]) < gaps[-1] < 1e3 * abs(slope0)
