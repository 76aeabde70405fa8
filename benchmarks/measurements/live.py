"""What watching costs: training with the live terminal view, four pictures a second, and without."""

from __future__ import annotations

import os
import pty
import subprocess
from contextlib import ExitStack
from time import perf_counter

from rich.console import Console
from settings import Settings
from turns import Worker
from work import Task

import surefoot as sf
from surefoot.views.terminal import TerminalView
from tables import Goal, Sample, Table

SECONDS = 2.5  # of a run, about
WIDTH, HEIGHT = 120, 40


class Watched:
    """Called with (iterations, watch): seconds of a run, the view drawing on a terminal of its own."""

    def __init__(self, task: Task):
        work = task.load()
        self.work = work
        self.train, self.test = work.data.split(work.data.n * 9 // 10)
        self(2, True)

    def __call__(self, iterations: int, watch: bool) -> float:
        screen, terminal = pty.openpty()
        reader = subprocess.Popen(["cat"], stdin=screen, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(screen)
        with os.fdopen(terminal, "w") as file:
            console = Console(file=file, force_terminal=True, width=WIDTH, height=HEIGHT)
            began = perf_counter()
            sf.train(
                self.work.network, self.train, test=self.test, method="classic", initial=self.work.theta,
                iterations=iterations, views=[TerminalView(console)] if watch else [],
            )  # fmt: skip
            seconds = perf_counter() - began
        reader.wait()  # a terminal is a process of its own
        return seconds


def measure(settings: Settings) -> list[Table]:
    with ExitStack() as stack:
        worker = stack.enter_context(Worker(Watched, settings.task()))
        probe = settings.few(50)
        each = (worker(probe, False) - worker(2, False)) / (probe - 2) if not settings.quick else 1
        iterations = max(2, round(SECONDS / each)) if each > 0 else 2
        pairs = []
        for turn in range(3 * settings.rounds):  # a small difference of noisy times
            order = (True, False) if turn % 2 else (False, True)
            pairs.append({watch: worker(iterations, watch) for watch in order})
    plain, watched = (Sample.of(pair[w] for pair in pairs) for w in (False, True))
    slowdown = Sample.of(100 * (r - 1) for r in watched.over(plain).values)
    rows = [["no view", str(plain), ""], ["terminal view", str(watched), f"{slowdown} %"]]
    goals = [Goal("live terminal view: slowdown of training", slowdown, 5, 3, low=True, unit="%")]
    text = f"`sf.train`, classic, double, {iterations} iterations, unseen rows every 10; 120 x 40 characters."
    return [Table("The live view", text, ["run", "seconds", "slowdown"], rows, goals)]
