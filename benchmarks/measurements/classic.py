"""One iteration of the same Armijo descent, everywhere; and how near the machine's limit it is."""

from __future__ import annotations

from contextlib import ExitStack

import machine
from contenders import NEVER, Lap
from contenders.table import ARMIJO
from settings import Settings
from turns import enter_all, in_turns

from measurements.roofline import roofline
from tables import Goal, Sample, Table

SAME = 1e-4  # relative difference of the last losses, single against double
NOTEBOOK, DOUBLE, SINGLE = "notebook NumPy, double", "surefoot packed, double", "surefoot packed, single"


def measure(settings: Settings) -> list[Table]:
    task, iterations = settings.task(), settings.few(100)
    entries = {n: e for n, e in ARMIJO.items() if not (settings.quick and n == "torch.compile")}
    with ExitStack() as stack:
        workers, absent = enter_all(stack, {n: (e, task) for n, e in entries.items()})
        laps = in_turns(workers, settings.rounds, (iterations, NEVER))
    agree(laps)
    times = {n: Sample.of(1e3 * lap.seconds / lap.iterations for lap in each) for n, each in laps.items()}
    base = times[NOTEBOOK]
    rows = [
        [n, str(t), str(base.over(t)), f"{laps[n][0].trials / iterations:.2f}", f"{laps[n][0].loss:.6f}"]
        for n, t in times.items()
    ]
    goals = [
        Goal("classic per iteration, single, against the notebook", base.over(times[SINGLE]), 10, 15),
        Goal("classic per iteration, double, against the notebook", base.over(times[DOUBLE]), 6, 8),
    ]
    compiled = [n for n in ("torch.compile", "JAX jit") if n in times]
    if compiled:
        best = min(compiled, key=lambda n: times[n].median)
        what = f"classic per iteration, single, against the faster of torch.compile and JAX jit ({best})"
        goals.append(Goal(what, times[best].over(times[SINGLE]), 3, 5))
    text = (
        f"Steepest descent, first of 2, 1, 1/2, ... with enough decrease, c1 = 0.01; {iterations} iterations "
        f"from one start, ms per iteration. Peers in float32. All last losses agree within {SAME:g}."
    )
    head = ["contender", "ms per iteration", "notebook / it", "trials per iteration", "last loss"]
    table = Table("Armijo descent, per iteration", text, head, rows, goals, times, absent)
    limits = machine.measure(*(settings.few(a, b) for a, b in ((256, 16), (2048, 256), (7, 2))))
    work = task.load()
    return [table, roofline(times, laps, work.data.n, work.network.sizes, limits)]


def agree(laps: dict[str, list[Lap]]) -> None:
    """Refuse to compare contenders that did not do the same."""
    wanted = laps[NOTEBOOK][0]
    for name, each in laps.items():
        for lap in each:
            assert abs(lap.loss / wanted.loss - 1) < SAME, (name, lap, wanted)
            assert lap.trials == wanted.trials, (name, lap, wanted)
