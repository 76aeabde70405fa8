"""surefoot, as a user would call it."""

from __future__ import annotations

from time import perf_counter

from work import Task

import surefoot as sf
from contenders import Lap


class Ours:
    """One problem kept for all laps; a lap begins with a new point."""

    def __init__(self, task: Task, method: str, precision: str, compute: str = "packed", search: str = ""):
        work = task.load()
        self.theta = work.theta
        self.problem = sf.Problem(work.network, work.data, compute=compute, precision=precision)
        self.method = sf.method(method, **({"search": search} if search else {}))
        self(2, -1.0)

    def __call__(self, iterations: int, target: float) -> Lap:
        began = perf_counter()
        stop = sf.stop(iterations=iterations, loss=target)
        steps = list(sf.descend(self.problem, self.theta, self.method, stop))
        seconds, last = perf_counter() - began, steps[-1]
        trials = sum(len(step.trials) for step in steps)
        return Lap(seconds, last.iteration, last.cost.passes, trials, last.value)
