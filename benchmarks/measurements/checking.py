"""Checking every derivative on five samples: our sweep, our whole check, and the notebook's loop."""

from __future__ import annotations

from contextlib import ExitStack
from time import perf_counter

import numpy as np
from contenders.notebook import as_columns, gradient, loss
from settings import Settings
from turns import enter_all, in_turns
from work import Task

import surefoot as sf
from tables import Goal, Sample, Table

SAMPLES, STEP = 5, 1e-5
AGREE = 1e-8  # largest difference between numeric derivatives and gradient


class Loop:
    """Central differences one parameter after the other, two forward passes each.  Called: seconds."""

    def __init__(self, task: Task):
        self.parameters, X, Y = as_columns(task)
        self.X, self.Y = X[:, :SAMPLES], Y[:, :SAMPLES]

    def __call__(self) -> float:
        began = perf_counter()
        analytic, worst = gradient(self.parameters, self.X, self.Y), 0.0
        for which, values in enumerate(self.parameters):
            for at in np.ndindex(values.shape):
                up, down = ([p.copy() for p in self.parameters] for _ in range(2))
                up[which][at] += STEP
                down[which][at] -= STEP
                numeric = (loss(up, self.X, self.Y) - loss(down, self.X, self.Y)) / (2 * STEP)
                worst = max(worst, abs(numeric - analytic[which][at]))
        assert worst < AGREE, worst
        return perf_counter() - began


class Sweep:
    """All central differences in one sweep of the objective.  Called: seconds."""

    def __init__(self, task: Task):
        work = task.load()
        self.problem, self.theta = sf.Problem(work.network, work.data.take(slice(SAMPLES))), work.theta
        self()

    def __call__(self) -> float:
        began = perf_counter()
        there = self.problem.sweep(self.theta, STEP), self.problem.sweep(self.theta, -STEP)
        numeric = (there[0] - there[1]) / (2 * STEP)
        assert np.abs(numeric - self.problem.at(self.theta).gradient).max() < AGREE
        return perf_counter() - began


class Check(Sweep):
    """`sf.check`: the same, the complex step besides, the verdict in words.  Called: seconds."""

    def __call__(self) -> float:
        began = perf_counter()
        assert sf.check(self.problem, self.theta).holds
        return perf_counter() - began


def measure(settings: Settings) -> list[Table]:
    makers = {"the notebook's loop": Loop, "surefoot's sweep": Sweep, "surefoot check, whole": Check}
    with ExitStack() as stack:
        workers, _ = enter_all(stack, {n: (make, settings.task()) for n, make in makers.items()})
        answers = in_turns(workers, settings.rounds)
    times = {n: Sample.of(seconds).times(1e3) for n, seconds in answers.items()}
    base = times["the notebook's loop"]
    rows = [[n, str(t), str(base.over(t))] for n, t in times.items()]
    size = settings.task().load().network.size
    what = f"checking all {size:,} derivatives on {SAMPLES} samples, against the notebook's loop"
    goals = [
        Goal(f"{what}: the sweep", base.over(times["surefoot's sweep"]), 50, 200),
        Goal(f"{what}: all of `check`", base.over(times["surefoot check, whole"]), 50, 200),
    ]
    text = "Central differences of every parameter, float64; loop and sweep compare them with the gradient."
    return [Table("Checking the gradient", text, ["way", "ms", "loop / it"], rows, goals)]
