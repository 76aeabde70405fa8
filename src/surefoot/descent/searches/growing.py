"""Armijo that may grow: start where the last step suggests, and go on while that pays.

    φ(α) < φ(0) + c₁ α φ′(0)   (A)      satisfied at once: α ← α · grow, while (A) holds and φ still falls
                                        refused: back to where a parabola is lowest, within [0.1, 0.5] α

Most iterations need no backtracking, and a step that was too short once is not short for ever.

Source: Nocedal & Wright (2006), Alg. 3.1 and eq. (3.57); Dennis & Schnabel (1983), Alg. A6.3.1 (growth).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from surefoot.descent.objective import Ray
from surefoot.descent.searches.conditions import decrease_trial, descent_fault, failure
from surefoot.descent.searches.interpolation import clipped, place, quadratic, start
from surefoot.records import Found, Outcome, Trial, Verdict


@dataclass(frozen=True)
class Growing:
    """grow : factor of each longer trial.   shrink : longest fraction of α kept after a refusal."""

    c1: float = 1e-4
    grow: float = 2.0
    shrink: float = 0.5
    max_trials: int = 60

    def __call__(self, ray: Ray, first: float, memory: Any = None) -> tuple[Found, Any]:
        fault = descent_fault(ray)
        if fault:
            return fault, memory
        trials = [decrease_trial(ray, first, self.c1)]
        return (self._forward if _good(trials[0]) else self._back)(ray, trials), memory

    def _forward(self, ray: Ray, trials: list[Trial]) -> Found:
        """Longer while (A) holds and φ falls; the last good trial is taken."""
        best = trials[0]
        while len(trials) < self.max_trials:
            longer = decrease_trial(ray, best.alpha * self.grow, self.c1)
            if not (_good(longer) and longer.phi < best.phi):
                verdict = Verdict.PROBE if _good(longer) else longer.verdict
                trials.append(replace(longer, verdict=verdict))
                break
            trials[-1] = replace(best, verdict=Verdict.PROBE)
            trials.append(longer)
            best = longer
        return Found(best.alpha, Outcome.DECREASED, tuple(trials))

    def _back(self, ray: Ray, trials: list[Trial]) -> Found:
        """Shorter until (A) holds."""
        while len(trials) < self.max_trials:
            alpha = trials[-1].alpha
            shorter = clipped(quadratic(start(ray), place(trials[-1])), 0.1 * alpha, self.shrink * alpha)
            if not shorter > 0:
                break
            trials.append(decrease_trial(ray, shorter, self.c1))
            if _good(trials[-1]):
                return Found(shorter, Outcome.DECREASED, tuple(trials))
        return failure(ray, trials)


def _good(trial: Trial) -> bool:
    return trial.verdict is Verdict.ACCEPTED
