"""The loop: advance until a rule says stop.  To stop a run early, stop pulling from it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from time import perf_counter

from surefoot.arrays import Vector
from surefoot.descent.method import Method
from surefoot.descent.methods import method as lookup
from surefoot.descent.objective import Objective
from surefoot.descent.state import State, advance, begin
from surefoot.descent.stopping import Stop, failed
from surefoot.records import Ending, Step


class Descent(Iterator[Step]):
    """An iterator over Steps; `state` is where it stands, `ending` why it ended (None before).

    A run that is given a State continues it: the record of the state itself is not repeated.
    """

    def __init__(
        self, objective: Objective, start: Vector | State, method: Method, stop: Stop, seconds: float = 0.0
    ) -> None:
        self.objective, self.method, self.stop = objective, method, stop
        self.ending: Ending | None = None
        self._zero = perf_counter() - seconds
        self._first: Step | None = None
        if isinstance(start, State):
            self.state = start
        else:
            self.state, self._first = begin(objective, start)

    def __next__(self) -> Step:
        if self.ending is not None:
            raise StopIteration
        if self._first is not None:
            step, self._first = self._first, None
        else:
            self.state, step = advance(self.objective, self.method, self.state)
        step = replace(step, seconds=perf_counter() - self._zero)
        self.ending = self._judge(step)
        return step

    def _judge(self, step: Step) -> Ending | None:
        if not (math.isfinite(step.value) and math.isfinite(step.gradient_norm)):
            return Ending("failed", f"the loss or its gradient is not finite at iteration {step.iteration}")
        if self.state.refusals > self.method.direction.retries:
            return failed(step)
        return self.stop(step)


def descend(
    objective: Objective,
    theta0: Vector | State,
    method: Method | str = "auto",
    stop: Stop = Stop(iterations=100),
    *,
    seconds: float = 0.0,
) -> Descent:
    """Minimise: yield the Steps of a run from theta0 (P,), or on from a State.

    Returns
    -------
    Descent : an iterator of Step; N iterations give N + 1 records, k = 0 .. N.

    Raises
    ------
    ShapeError, BadValue : theta0 is not a finite vector of the objective's size.

    >>> import numpy as np, surefoot as sf
    >>> bowl = sf.FunctionObjective(lambda x: float(x @ x), lambda x: 2 * x)
    >>> [round(step.value, 3) for step in sf.descend(bowl, np.ones(2), "constant", sf.stop(iterations=2))]
    [2.0, 0.72, 0.259]
    """
    return Descent(objective, theta0, lookup(method), stop, seconds)
