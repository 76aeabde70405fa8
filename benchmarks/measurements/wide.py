"""Wide hidden layers: where BLAS does the work, against torch."""

from __future__ import annotations

from contextlib import ExitStack

from contenders import NEVER
from contenders.table import ARMIJO
from settings import Settings
from turns import enter_all, in_turns

from measurements.classic import SINGLE
from tables import Goal, Sample, Table

WIDTHS = (100, 300)
PEER = "torch eager"


def measure(settings: Settings) -> list[Table]:
    iterations, rows, goals, absent = settings.few(10), [], [], {}
    for hidden in settings.few(WIDTHS, WIDTHS[:1]):
        with ExitStack() as stack:
            makers = {n: (ARMIJO[n], settings.task(hidden)) for n in (SINGLE, PEER)}
            workers, absent = enter_all(stack, makers)
            laps = in_turns(workers, settings.rounds, (iterations, NEVER))
        times = {n: Sample.of(1e3 * lap.seconds / lap.iterations for lap in e) for n, e in laps.items()}
        rows += [
            [f"784-{hidden}-10", n, str(t), f"{laps[n][0].trials / iterations:.2f}", f"{laps[n][0].loss:.5f}"]
            for n, t in times.items()
        ]
        if PEER in times:
            ratio = times[PEER].over(times[SINGLE])
            goals.append(Goal(f"hidden {hidden}: classic per iteration against torch eager", ratio, 1.2, 2))
    text = f"Armijo descent as above, {iterations} iterations, float32."
    return [
        Table(
            "Wide layers",
            text,
            ["network", "contender", "ms per iteration", "trials per iteration", "last loss"],
            rows,
            goals,
            {},
            absent,
        )
    ]
