"""surefoot beside its peers on the same work: one command, medians in turns, ratios.

    python benchmarks/bench.py                  all of it: writes results.md and results.png beside this file
    python benchmarks/bench.py --only classic   one measurement, printed
    python benchmarks/bench.py --quick          a smoke run on little data, printed

Keep the machine quiet meanwhile: whatever else runs is measured too.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from time import perf_counter

import machine
import picture
import report
from measurements import checking, classic, lab, live, memory, quasi, reach, rows, startup, trial, wide
from settings import Settings
from work import has_mnist

from tables import Table

MEASUREMENTS: dict[str, Callable[[Settings], list[Table]]] = {
    "classic": classic.measure,
    "lbfgs": quasi.measure,
    "reach": reach.measure,
    "trial": trial.measure,
    "wide": wide.measure,
    "check": checking.measure,
    "memory": memory.measure,
    "rows": rows.measure,
    "live": live.measure,
    "lab": lab.measure,
    "start": startup.measure,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="\n".join(__doc__.splitlines()[2:]),
    )  # fmt: skip
    parser.add_argument("--rounds", type=int, default=None, help="repetitions of everything (5; quick: 1)")
    parser.add_argument("--quick", action="store_true", help="a smoke run: little data, few rounds")
    parser.add_argument("--only", choices=MEASUREMENTS, action="append", help="may be repeated")
    parser.add_argument("--data", choices=("mnist", "synthetic"), help="mnist where it is found")
    given = parser.parse_args()
    data = given.data or ("mnist" if not given.quick and has_mnist() else "synthetic")
    settings = Settings(data, given.rounds or (1 if given.quick else 5), given.quick)
    print(f"data: {settings.task().data}; peers need time to compile, all of it takes about ten minutes\n")
    tables: list[Table] = []
    for name in given.only or MEASUREMENTS:
        began = perf_counter()
        fresh = MEASUREMENTS[name](settings)
        print("\n".join(report.section(table) for table in fresh))
        print(f"({name}: {perf_counter() - began:.0f} s)\n", flush=True)
        tables += fresh
    if given.quick:
        print("A quick run: it shows that everything runs, its numbers mean little.")
        return
    print(report.verdicts(tables))
    if not given.only:
        picture.write(tables)
        print("written:", report.write(tables, settings, machine.versions()))


if __name__ == "__main__":
    main()
