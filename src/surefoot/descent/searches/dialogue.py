"""A search as a dialogue: it names a step length, hears the verdict, names the next.

    proposals   a generator that yields α and is sent the Trial made of it
    judge       α -> Trial, by the conditions of the search

`converse` leads the dialogue for every search: the first ACCEPTED trial is taken; when α stops being
new, positive and finite, or the trials run out, the lowest one that satisfies (A) is taken as
LOWERED, and else the failure is named.  A generator thus holds nothing but its book's algorithm.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from dataclasses import replace
from typing import TypeAlias

from surefoot.descent.objective import Ray
from surefoot.descent.searches.conditions import decrease_error, descent_fault, failure
from surefoot.records import Found, Outcome, Trial, Verdict

Proposals: TypeAlias = Generator[float, Trial, None]
Judge: TypeAlias = Callable[[float], Trial]


def converse(ray: Ray, proposals: Proposals, judge: Judge, c1: float, max_trials: int) -> Found:
    """Try what is proposed until a trial is accepted; at most max_trials of them."""
    fault = descent_fault(ray)
    if fault:
        return fault
    trials: dict[float, Trial] = {}
    alpha = next(proposals, math.nan)
    while len(trials) < max_trials and 0 < alpha < math.inf and alpha not in trials:
        trials[alpha] = trial = judge(alpha)
        if trial.verdict is Verdict.ACCEPTED:
            exact = decrease_error(trial.phi, ray.origin.value, ray.slope0, alpha, c1) < 0
            outcome = Outcome.DECREASED if exact else Outcome.APPROXIMATE
            return Found(alpha, outcome, tuple(trials.values()))
        alpha = reply(proposals, trial)
    return lowest(ray, list(trials.values()), c1)


def reply(proposals: Proposals, trial: Trial) -> float:
    """Send the trial, hear the next α; NaN when there is none."""
    try:
        return proposals.send(trial)
    except StopIteration:
        return math.nan


def lowest(ray: Ray, trials: list[Trial], c1: float) -> Found:
    """The lowest trial that satisfies (A), taken for want of a better one; or the failure."""
    errors = [decrease_error(t.phi, ray.origin.value, ray.slope0, t.alpha, c1) for t in trials]
    fell = [i for i, t in enumerate(trials) if errors[i] < 0 and t.verdict is not Verdict.NON_FINITE]
    if not fell:
        return failure(ray, trials)
    best = min(fell, key=lambda i: trials[i].phi)
    trials[best] = replace(trials[best], verdict=Verdict.ACCEPTED, margin=errors[best])
    return Found(trials[best].alpha, Outcome.LOWERED, tuple(trials))
