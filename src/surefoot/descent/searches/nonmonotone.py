"""Non-monotone backtracking: the loss must fall below the worst of the last few, not below the last.

    φ(α) < max(f_k, f_{k-1}, ..., f_{k-window+1}) + c₁ α φ′(0)

A long step may pass over a hump; Barzilai-Borwein steps need this freedom.

Source: Grippo, Lampariello & Lucidi, SIAM J. Numer. Anal. 23 (1986) 707, eq. (6).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from surefoot.descent.objective import Ray
from surefoot.descent.searches.conditions import decrease_error, decrease_trial, descent_fault, failure
from surefoot.descent.searches.interpolation import clipped, place, quadratic, start
from surefoot.records import Found, Outcome, Trial, Verdict


@dataclass(frozen=True)
class NonMonotone:
    """Memory: the last `window` values."""

    c1: float = 1e-4
    window: int = 10
    max_trials: int = 60

    def reference(self, value: float, memory: Any) -> float:
        """What the decrease is measured from."""
        return float(max((value, *(memory or ()))))

    def __call__(self, ray: Ray, first: float, memory: Any = None) -> tuple[Found, Any]:
        value = ray.origin.value
        kept = (*(memory or ()), value)[-self.window :]
        fault = descent_fault(ray)
        if fault:
            return fault, memory
        trials: list[Trial] = []
        alpha = first
        while len(trials) < self.max_trials and alpha > 0:
            trials.append(decrease_trial(ray, alpha, self.c1, max(kept)))
            if trials[-1].verdict is Verdict.ACCEPTED:
                error = decrease_error(trials[-1].phi, value, ray.slope0, alpha, self.c1)
                outcome = Outcome.DECREASED if error < 0 else Outcome.ALLOWED
                return Found(alpha, outcome, tuple(trials)), kept
            alpha = clipped(quadratic(start(ray), place(trials[-1])), 0.1 * alpha, 0.5 * alpha)
        return failure(ray, trials), kept
