"""What one trial of a line search costs, as a fraction of one gradient."""

from __future__ import annotations

from contextlib import ExitStack
from statistics import median
from time import perf_counter

from settings import Settings
from turns import enter_all, in_turns
from work import Task

import surefoot as sf
from tables import Goal, Sample, Table


class Trial:
    """Called: (trial, gradient behind a step, gradient with its forward pass) in ms, medians of `times`."""

    def __init__(self, task: Task, precision: str):
        work = task.load()
        self.problem = sf.Problem(work.network, work.data, compute="packed", precision=precision)
        here = self.problem.at(work.theta)
        self.ray = here.ray(-here.gradient)
        self.count = 0
        self(2)

    def __call__(self, times: int) -> tuple[float, float, float]:
        laps = []
        for _ in range(times):
            self.count += 1
            alpha = 0.5 + 1e-6 * self.count  # a trial is computed at most once: ask for a new one
            clock = [perf_counter()]
            self.ray.value(alpha)
            clock.append(perf_counter())
            there = self.ray.point(alpha)
            there.gradient  # noqa: B018 - computed on demand
            clock.append(perf_counter())
            self.problem.at(there.theta).gradient  # noqa: B018
            clock.append(perf_counter())
            laps.append([1e3 * (b - a) for a, b in zip(clock, clock[1:], strict=False)])
        trial, behind, whole = (median(each) for each in zip(*laps, strict=True))
        return trial, behind, whole


def measure(settings: Settings) -> list[Table]:
    with ExitStack() as stack:
        makers = {p: (Trial, settings.task(), p) for p in ("double", "single")}
        workers, _ = enter_all(stack, makers)
        answers = in_turns(workers, settings.rounds, (settings.few(30),))
    rows, goals = [], []
    for precision, each in answers.items():
        trial, behind, whole = (Sample.of(e[i] for e in each) for i in range(3))
        ratio = trial.over(whole)
        rows.append([precision, str(trial), str(behind), str(whole), str(ratio), str(trial.over(behind))])
        goals.append(Goal(f"one trial / one gradient, {precision}", ratio, 0.15, 0.05, low=True, unit=""))
    text = (
        "A trial is the loss at one more α of a ray whose first layer is known. A gradient is counted with "
        "its forward pass (as a new θ costs); beside it the backward part alone, as an iteration pays it."
    )
    head = [
        "precision", "trial, ms", "gradient behind a step, ms", "gradient at a new θ, ms",
        "trial / gradient", "trial / backward part",
    ]  # fmt: skip
    return [Table("One trial of a search", text, head, rows, goals)]
