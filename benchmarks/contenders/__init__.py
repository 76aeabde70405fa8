"""Contenders: each minimises the same loss from the same start and says how long it took.

A contender is made once, with its data in place and everything compiled, and then called for one lap.
`armijo` is one rule for all that are named so: alpha = 2, 1, 1/2, ... until
f(θ - αg) - f(θ) < 0.01 α (-gᵀg).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from math import inf
from typing import Any, NamedTuple

from turns import Broken
from work import Task

ALPHA, C1, MOST = 2.0, 0.01, 100  # first trial, fraction of the predicted decrease, trials at most
PAIRS = 30  # that every L-BFGS remembers, where it can be told
ENDLESS = 10**9


class Lap(NamedTuple):
    """seconds, iterations, passes over the data (a value 1, a gradient 1), line-search trials, last loss."""

    seconds: float
    iterations: int
    passes: int
    trials: int
    loss: float


Contender = Callable[[int, float], Lap]  # (iterations at most, loss at which to stop) -> Lap
NEVER = -inf  # a loss at which nobody stops


class Reached(Exception):
    """Thrown through a library's solver when the target is met; carries nothing."""


@dataclass(frozen=True)
class Entry:
    """make(task, *given) -> Contender; needs : modules, absent ones keep it out.   passes of one lap."""

    make: Callable[..., Contender]
    given: tuple[Any, ...] = ()
    needs: tuple[str, ...] = ()

    def __call__(self, task: Task) -> Contender:
        for module in self.needs:
            if find_spec(module) is None:
                raise Broken(f"{module} is not installed")
        return self.make(task, *self.given)
