"""Seconds and passes to a loss: the one the notebook ends at, and 0.35."""

from __future__ import annotations

from contextlib import ExitStack

from contenders import NEVER, Lap
from contenders.table import AUTO, NOTEBOOK, QUASI, is_ours
from settings import Settings
from turns import Worker, enter_all, in_turns
from work import reference

from tables import Goal, Sample, Table

NOTEBOOKS, ITERATIONS = 0.5434, 100  # where the notebook ends from its own start
LOWER = 0.35
MOST = 2_000  # iterations granted to everybody


def measure(settings: Settings) -> list[Table]:
    task = settings.task()
    peers = {n: e for n, e in QUASI.items() if not is_ours(n)}
    with ExitStack() as stack:
        notebook = stack.enter_context(Worker(NOTEBOOK, task))
        auto, _ = enter_all(stack, {n: (e, task) for n, e in AUTO.items()})
        others, absent = enter_all(stack, {n: (e, task) for n, e in peers.items()})
        known = task.data == "mnist" and reference() is not None
        goal = NOTEBOOKS if known else notebook(settings.few(ITERATIONS, 5), NEVER).loss * (1 + 1e-6)
        lower = LOWER if not settings.quick else goal
        final = in_turns({"notebook NumPy, double": notebook, **auto}, settings.rounds, (MOST, goal))
        far = in_turns({**auto, **others}, settings.rounds, (MOST, lower))
    return [_final(final, goal, known), _lower(far, lower, absent)]


def _seconds(laps: list[Lap]) -> Sample:
    return Sample.of(lap.seconds for lap in laps)


def _rows(laps: dict[str, list[Lap]], base: Sample) -> list[list[str]]:
    return [
        [n, str(_seconds(e)), str(base.over(_seconds(e))), str(e[0].iterations), str(e[0].passes)]
        for n, e in laps.items()
    ]


def _final(laps: dict[str, list[Lap]], goal: float, known: bool) -> Table:
    base = _seconds(laps["notebook NumPy, double"])
    best = min((n for n in laps if n in AUTO), key=lambda n: _seconds(laps[n]).median)
    goals = [Goal(f"time to the notebook's loss ({best})", base.over(_seconds(laps[best])), 30, 100)]
    start = "the reference start" if known else "our start of seed 0"
    text = f"From {start} to loss {goal:.4f}, where the notebook's 100 iterations end."
    head = ["contender", "seconds", "notebook / it", "iterations", "passes"]
    return Table("Time to the notebook's loss", text, head, _rows(laps, base), goals)


def _lower(laps: dict[str, list[Lap]], goal: float, absent: dict[str, str]) -> Table:
    ours, peers = [n for n in laps if is_ours(n)], [n for n in laps if not is_ours(n)]
    best = min(ours, key=lambda n: _seconds(laps[n]).median)
    base = _seconds(laps[best])
    goals = []
    if peers:
        rival = min(peers, key=lambda n: _seconds(laps[n]).median)
        ratio = _seconds(laps[rival]).over(base)
        goals = [Goal(f"time to loss {goal:.2f}, {best}, against the best peer ({rival})", ratio, 2.5, 5)]
    rows = [[n, str(_seconds(e)), str(_seconds(e).over(base)), str(e[0].passes)] for n, e in laps.items()]
    text = "Peers in float32; the clock stops at the first evaluation (optax: iteration) at or below it."
    head = ["contender", "seconds", f"it / {best}", "passes"]
    bars = {n: _seconds(e).times(1e3) for n, e in laps.items()}
    return Table(f"Time to loss {goal:.2f}", text, head, rows, goals, bars, absent)
