"""Near-exact search: Newton's method on φ′, with the exact curvature that a ray gives almost for nothing.

    α ← α - φ′(α) / φ″(α)         kept inside the interval in which φ must turn

It stops at |φ′(α)| ≤ c₂ |φ′(0)| with (A).  Where φ″ is not to be had, or not positive, a secant, a
cubic or a longer step stands in for Newton's.

Source: Nocedal & Wright (2006), section 3.5 (one-dimensional minimisation); Shea & Schmidt,
arXiv:2406.17954 (2024), on why the extra precision is worth it when trials are cheap.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from surefoot.descent.objective import Ray
from surefoot.descent.searches.conditions import strong_trial
from surefoot.descent.searches.dialogue import Proposals, converse
from surefoot.descent.searches.interpolation import Place, clipped, place, quadratic, secant, start
from surefoot.descent.searches.wolfe import TOO_HIGH, lowest_between
from surefoot.records import Found, Trial

FARTHEST = 4.0  # how far a step may grow at once, as a multiple of α
EDGE = 0.02  # Newton is exact near the minimum: it may come close to an end


@dataclass(frozen=True)
class Exact:
    """c2 : how small a slope to leave, as a fraction of the slope at the start."""

    c1: float = 1e-4
    c2: float = 0.1
    max_trials: int = 40

    def __call__(self, ray: Ray, first: float, memory: Any = None) -> tuple[Found, Any]:
        def judge(alpha: float) -> Trial:
            return strong_trial(ray, alpha, self.c1, self.c2)

        return converse(ray, _proposals(ray, first), judge, self.c1, self.max_trials), memory


def _proposals(ray: Ray, first: float) -> Proposals:
    """Newton steps inside (low, high); high is None until φ has turned."""
    low, high = start(ray), None
    alpha = first
    while True:
        trial = yield alpha
        here = place(trial)
        if trial.verdict in TOO_HIGH or here.phi > low.phi:
            high = here
            alpha = _between(low, high)
            continue
        aim = _newton(ray, here)
        if here.slope >= 0:
            high = here
        else:
            aim = secant(low, here) if math.isnan(aim) else aim
            low = here
        if high is None:
            alpha = clipped(aim if aim > here.alpha else math.inf, 1.1 * here.alpha, FARTHEST * here.alpha)
        elif low.alpha < aim < high.alpha:
            margin = EDGE * (high.alpha - low.alpha)
            alpha = clipped(aim, low.alpha + margin, high.alpha - margin)
        else:
            alpha = _between(low, high)


def _between(low: Place, high: Place) -> float:
    """Where φ should turn between low and high, without φ″."""
    if math.isfinite(high.slope):
        return lowest_between(low, high)
    margin = 0.1 * (high.alpha - low.alpha)
    return clipped(quadratic(low, high), low.alpha + margin, high.alpha - margin)


def _newton(ray: Ray, here: Place) -> float:
    """α - φ′/φ″, NaN where φ″ is not to be had or not positive."""
    bend = ray.curvature(here.alpha)
    if bend is None or not 0 < bend < math.inf:
        return math.nan
    return here.alpha - here.slope / bend
