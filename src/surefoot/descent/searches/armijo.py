"""Armijo backtracking: shorten the step until the loss falls enough.

    φ(α) - φ(0) < c₁ α φ′(0)       sufficient decrease, 0 < c₁ < 1          (A)

If f is differentiable and φ′(0) < 0, (A) holds for every small α > 0, so halving ends.  In
floating point it may not; then the outcome says so.

Source: Armijo, Pacific J. Math. 16 (1966) 1; Nocedal & Wright (2006), Alg. 3.1, eq. (3.6a).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from surefoot.descent.objective import Ray
from surefoot.descent.searches.conditions import decrease_trial, descent_fault, failure
from surefoot.records import Found, Outcome, Verdict


@dataclass(frozen=True)
class Armijo:
    """The first α in first, first·shrink, first·shrink², ... that satisfies (A)."""

    c1: float = 1e-4  # fraction of the predicted decrease to demand, in (0, 1)
    shrink: float = 0.5  # α ← shrink · α after each refusal, in (0, 1)
    max_trials: int = 60

    def __call__(self, ray: Ray, first: float, memory: Any = None) -> tuple[Found, Any]:
        fault = descent_fault(ray)
        if fault:
            return fault, memory
        trials = []
        alpha = first
        for _ in range(self.max_trials):
            trials.append(decrease_trial(ray, alpha, self.c1))
            if trials[-1].verdict is Verdict.ACCEPTED:
                return Found(alpha, Outcome.DECREASED, tuple(trials)), memory
            alpha *= self.shrink
        return failure(ray, trials), memory
