"""One iteration of L-BFGS with a strong-Wolfe search, in single, beside four libraries' own."""

from __future__ import annotations

from contextlib import ExitStack

from contenders import NEVER
from contenders.table import QUASI
from settings import Settings
from turns import enter_all, in_turns

from tables import Goal, Sample, Table

OURS = "surefoot lbfgs, Wolfe"


def measure(settings: Settings) -> list[Table]:
    iterations = settings.few(100, 3)
    with ExitStack() as stack:
        workers, absent = enter_all(stack, {n: (e, settings.task()) for n, e in QUASI.items()})
        laps = in_turns(workers, settings.rounds, (iterations, NEVER))
    times = {n: Sample.of(1e3 * lap.seconds / lap.iterations for lap in each) for n, each in laps.items()}
    rows = [
        [
            n,
            str(t),
            str(t.over(times[OURS])),
            f"{laps[n][0].passes / iterations:.2f}",
            f"{laps[n][0].loss:.4f}",
        ]
        for n, t in times.items()
    ]
    goals = [
        Goal(f"L-BFGS per iteration, single, against {n}", times[n].over(times[OURS]), *bounds)
        for n, bounds in {"torch LBFGS": (2.5, 4), "sklearn lbfgs": (8,)}.items()
        if n in times
    ]
    text = (
        f"{iterations} iterations in one go, float32, 30 pairs (scikit-learn: its 10), strong Wolfe "
        "(scipy: its own; optax: zoom; plain `surefoot lbfgs`: the near-exact search that is its default). "
        "The first evaluations are in the time. sklearn as installed, and `calm`: with scipy's BLAS held to "
        "one thread, so that it does not fight NumPy's; scipy is measured in that way only."
    )
    head = ["contender", "ms per iteration", "it / ours", "passes per iteration", "loss then"]
    return [Table("L-BFGS, per iteration", text, head, rows, goals, times, absent)]
