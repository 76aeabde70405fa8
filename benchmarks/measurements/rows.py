"""From ten thousand rows to a million: does a row stay as cheap?"""

from __future__ import annotations

from contextlib import ExitStack

from contenders import NEVER
from contenders.table import ARMIJO
from settings import Settings
from turns import Worker, in_turns
from work import Task

from measurements.classic import SINGLE
from tables import Goal, Sample, Table, digits

ROWS = (10_000, 100_000, 1_000_000)
WORK = 2_000_000  # rows x iterations of one lap: the same for all sizes


def measure(settings: Settings) -> list[Table]:
    sizes = settings.few(ROWS, (1_000, 2_000))
    with ExitStack() as stack:
        laps = {}
        workers = {n: stack.enter_context(Worker(ARMIJO[SINGLE], Task("synthetic", n))) for n in sizes}
        ways = {
            n: (lambda worker=worker, n=n: worker(settings.few(WORK // n), NEVER))
            for n, worker in workers.items()
        }
        laps = in_turns(ways, settings.rounds)
    each = {n: Sample.of(1e9 * lap.seconds / lap.passes * 2 / n for lap in e) for n, e in laps.items()}
    least = Sample.of(map(min, zip(*(s.values for s in each.values()), strict=True)))
    rows = [[f"{n:,}", str(s), str(s.over(least)), digits(s.median * n / 1e6)] for n, s in each.items()]
    most = Sample.of(map(max, zip(*(s.values for s in each.values()), strict=True))).over(least)
    goals = [Goal("rows 10^4 to 10^6: slowest / fastest time per row", most, 1.3, None, low=True)]
    text = (
        "`classic`, packed, single, synthetic uint8 rows of 784. An iteration is two passes here, those of "
        "the first evaluation included, which weigh more where iterations are few."
    )
    head = ["rows", "ns per row and iteration", "it / fastest", "ms per iteration"]
    return [Table("Rows", text, head, rows, goals)]
