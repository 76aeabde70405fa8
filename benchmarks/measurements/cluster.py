"""Dask workers on this machine: one beside two, a trial, what the cluster adds, and workers that die."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

import make_rows
import numpy as np
from settings import Settings
from turns import in_turns

import surefoot as sf
from measurements.disk import folder_of
from tables import Goal, Sample, Table

ROWS = 1_000_000
ITERATIONS = 10
TRIALS = 20
KILLS = 20
FEW = 2_000  # rows that take no time
TITLE = "Dask workers"


def measure(settings: Settings) -> list[Table]:
    if find_spec("distributed") is None:
        why = {TITLE: "distributed is not installed: pip install 'surefoot[dask]'"}
        return [Table(TITLE, "Not measured.", ["what"], [], absent=why)]
    rows = settings.few(ROWS, 4_000)
    data = make_rows.make(folder_of(rows), rows)
    return [speed(settings, data), killed(settings, data)]


def problem_of(data: sf.Data, workers: int, precision: str = "double"):
    return sf.Problem(sf.Network((data.d, 6, data.k)), data, workers=workers, precision=precision)


def speed(settings: Settings, data: sf.Data) -> Table:
    """One worker and two, each of one thread, in turns."""
    rounds, table, goals = min(settings.rounds, 5), [], []
    theta = sf.Network((data.d, 6, data.k)).initial(0)
    for precision in ("double", "single"):
        with problem_of(data, 1, precision) as one, problem_of(data, 2, precision) as two:
            problems = {1: one, 2: two}
            ways = {n: (lambda p=p: lap(p, theta, settings.few(ITERATIONS))) for n, p in problems.items()}
            in_turns(ways, 1)  # compiled, loaded
            laps = in_turns(ways, rounds)
            each = {n: Sample.of(values) for n, values in laps.items()}
            ratio = each[1].over(each[2])
            trials = Sample.of(v for _ in range(rounds) for v in trial(two, theta, settings.few(TRIALS)))
        with problem_of(data.take(slice(FEW)), 2, precision) as small:
            asks = Sample.of(v for _ in range(rounds) for v in trial(small, theta, settings.few(TRIALS)))
        name = f"{data.n:,} rows, {precision}"
        table += [
            [f"{name}: classic, s per iteration, {n} worker{'s' * (n > 1)}", str(s)] for n, s in each.items()
        ]
        table += [
            [f"{name}: two workers beside one, times", str(ratio)],
            [f"{name}: a trial on two workers, ms", str(trials)],
            [f"{name}: a trial on {FEW:,} rows, which is what asking costs, ms", str(asks)],
        ]
        goals += [
            Goal(f"two workers beside one, {precision}", ratio, 1.6),
            Goal(f"a trial on two workers, {precision}", trials, 20, None, True, "ms"),
        ]
    text = (
        f"Workers of one thread each; {settings.few(ITERATIONS)} iterations of `classic`, 784-6-10, in turns."
    )
    return Table(TITLE, text, ["what", "measured"], table, goals)


def lap(problem, theta: np.ndarray, iterations: int) -> float:
    """Seconds per iteration."""
    *_, last = sf.descend(problem, theta, "classic", sf.stop(iterations=iterations))
    return last.seconds / iterations


def trial(problem, theta: np.ndarray, count: int) -> Iterator[float]:
    """Milliseconds of single φ(α) on one ray."""
    here = problem.at(theta)
    ray = here.ray(-here.gradient)
    assert ray.value(1e-3) > 0
    for i in range(count):
        began = time.perf_counter()
        assert ray.value(1e-3 * (i + 2)) > 0
        yield 1e3 * (time.perf_counter() - began)


def killed(settings: Settings, data: sf.Data) -> Table:
    """Runs in which a worker is killed at a random moment: the same bits, and how much longer."""
    theta = sf.Network((data.d, 6, data.k)).initial(0)
    rng, kills, iterations = np.random.default_rng(0), settings.few(KILLS, 1), settings.few(ITERATIONS, 3)
    right, hung, longer, noted = 0, 0, [], 0
    with problem_of(data, 2) as problem:
        calm, expected = run(problem, theta, iterations)
        calm, expected = run(problem, theta, iterations)
        for _ in range(kills):
            with worker_dies(problem, rng.uniform(0.02, 0.9) * calm, rng):
                seconds, found = run(problem, theta, iterations)
            right += [s.value for s in found] == [s.value for s in expected]
            noted += any(s.happened for s in found)
            hung += seconds > calm + 60
            longer.append(seconds - calm)
    extra = Sample.of(longer)
    table = [
        ["workers killed", str(kills)],
        ["runs with the same bits", str(right)],
        ["runs that say so in a Step", str(noted)],
        ["runs that hung", str(hung)],
        ["longer by, s", str(extra)],
    ]
    goals = [
        Goal("kills: same bits", Sample.of([right]), kills, unit="of them"),
        Goal("kills: longest delay", Sample.of([max(longer)]), 10, None, True, "s"),
    ]
    text = (
        f"`classic`, {iterations} iterations ({calm:.1f} s) on {data.n:,} rows with two workers; kill -9 of "
        "one of them at a random moment of the run."
    )
    return Table("Workers that die", text, ["what", "measured"], table, goals)


def run(problem, theta: np.ndarray, iterations: int) -> tuple[float, list]:
    began = time.perf_counter()
    steps = list(sf.descend(problem, theta, "classic", sf.stop(iterations=iterations)))
    return time.perf_counter() - began, steps


@contextmanager
def worker_dies(problem, seconds: float, rng: np.random.Generator) -> Iterator[None]:
    """kill -9 of one worker so many seconds from now."""
    pids = list(problem.walks.client.run(os.getpid).values())
    timer = threading.Timer(seconds, os.kill, (int(rng.choice(pids)), signal.SIGKILL))
    timer.start()
    yield
    timer.join()
