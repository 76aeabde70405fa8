"""Strong Wolfe: the loss falls enough, and is no longer steep.

    φ(α) ≤ φ(0) + c₁ α φ′(0)      (A)          |φ′(α)| ≤ c₂ |φ′(0)|      (C),  0 < c₁ < c₂ < 1

First forward, until an interval must hold such an α (Alg. 3.5); then into the interval (Alg. 3.6):
its low end satisfies (A), has the smallest φ so far, and φ falls from it towards the other end.  The
next α is where a cubic through both ends is lowest, a parabola where a slope is not known, kept away
from the ends, and the middle when the interval did not shrink by a third in two trials.

Sources: Nocedal & Wright (2006), Algs. 3.5 and 3.6; Fletcher, Practical Methods of Optimization, 2nd ed.
(1987), section 2.6 (growth, distance from the ends); Moré & Thuente, ACM TOMS 20 (1994) 286 (the middle).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from surefoot.descent.objective import Ray
from surefoot.descent.searches.conditions import strong_trial
from surefoot.descent.searches.dialogue import Proposals, converse
from surefoot.descent.searches.interpolation import Place, clipped, cubic, place, quadratic, secant, start
from surefoot.records import Found, Verdict

TOO_HIGH = (Verdict.LITTLE_DECREASE, Verdict.NON_FINITE)
NEAREST, FARTHEST = 2.0, 9.0  # how far a step may grow, as multiples of the last advance (Fletcher: 1, 9)
EDGE = 0.1  # trials keep this fraction of an interval away from its ends


@dataclass(frozen=True)
class Wolfe:
    """c1, c2 : of the conditions; c2 = 0.1 is a near-exact search, 0.9 a loose one."""

    c1: float = 1e-4
    c2: float = 0.9
    max_trials: int = 40

    def __call__(self, ray: Ray, first: float, memory: Any = None) -> tuple[Found, Any]:
        def judge(alpha: float) -> Any:
            return strong_trial(ray, alpha, self.c1, self.c2)

        return converse(ray, forward(ray, first, self.c1), judge, self.c1, self.max_trials), memory


def forward(ray: Ray, first: float, c1: float) -> Proposals:
    """Alg. 3.5: walk forward until an interval is found, then shrink it."""
    last, alpha = start(ray), first
    while True:
        trial = yield alpha
        here = place(trial)
        if trial.verdict in TOO_HIGH or here.phi >= last.phi:
            yield from inward(last, here)
            return
        if here.slope >= 0:
            yield from inward(here, last)
            return
        reach = here.alpha - last.alpha
        ahead = cubic(last, here)
        ahead = secant(last, here) if not ahead > here.alpha else ahead
        ahead = ahead if ahead > here.alpha else here.alpha + FARTHEST * reach
        last, alpha = here, clipped(ahead, here.alpha + NEAREST * reach, here.alpha + FARTHEST * reach)


def inward(low: Place, high: Place) -> Proposals:
    """Alg. 3.6: the interval from `low` to `high` holds an α that satisfies both conditions."""
    widths = [abs(high.alpha - low.alpha)]
    while True:
        alpha = lowest_between(low, high)
        if len(widths) > 2 and widths[-1] > 0.66 * widths[-3]:
            alpha = clipped(math.nan, low.alpha, high.alpha)
        trial = yield alpha
        here = place(trial)
        if trial.verdict in TOO_HIGH or here.phi >= low.phi:
            high = here
        else:
            if here.slope * (high.alpha - low.alpha) >= 0:
                high = low
            low = here
        widths.append(abs(high.alpha - low.alpha))


def lowest_between(low: Place, high: Place) -> float:
    """Where φ should be lowest between the two, as far as known; never too near to an end."""
    guess = cubic(low, high)
    if math.isnan(guess):
        guess = quadratic(low, high)
    margin = EDGE * (high.alpha - low.alpha)
    return clipped(guess, low.alpha + margin, high.alpha - margin)
