"""surefoot beyond memory, beyond one machine and on other devices: the figures of docs/scale.md.

    python benchmarks/scale.py                  all of it: writes scale.md beside this file
    python benchmarks/scale.py --only disk      one measurement, printed
    python benchmarks/scale.py --quick          a smoke run on little data, printed

Takes about ten minutes and 2.5 GB below SUREFOOT_BENCH (or ~/.cache/surefoot-bench).  Keep the machine quiet.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import date
from pathlib import Path
from time import perf_counter

import machine
import report
from measurements import cluster, device, disk
from settings import Settings

from tables import Table

MEASUREMENTS: dict[str, Callable[[Settings], list[Table]]] = {
    "disk": disk.measure,
    "cluster": cluster.measure,
    "device": device.measure,
}
PATH = Path(__file__).with_name("scale.md")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="\n".join(__doc__.splitlines()[2:]),
    )  # fmt: skip
    parser.add_argument("--rounds", type=int, default=3, help="repetitions of everything (3)")
    parser.add_argument("--quick", action="store_true", help="a smoke run: little data, one round")
    parser.add_argument("--only", choices=MEASUREMENTS, action="append", help="may be repeated")
    given = parser.parse_args()
    settings = Settings("synthetic", 1 if given.quick else given.rounds, given.quick)
    tables: list[Table] = []
    for name in given.only or MEASUREMENTS:
        began = perf_counter()
        fresh = MEASUREMENTS[name](settings)
        print("\n".join(report.section(table) for table in fresh))
        print(f"({name}: {perf_counter() - began:.0f} s)\n", flush=True)
        tables += fresh
    print(report.verdicts(tables))
    if not given.quick and not given.only:
        print("written:", write(tables, settings))


def write(tables: list[Table], settings: Settings) -> Path:
    """All tables as one page."""
    lines = [
        "# Beyond memory, beyond one machine, on other devices",
        "",
        f"Written by `python benchmarks/scale.py` on {date.today().isoformat()}; do not edit.",
        f"{machine.measure()} {machine.versions()}.",
        "",
        f"Each number is the median of {settings.rounds} rounds [lowest .. highest].",
        "",
        report.verdicts(tables),
        "",
        *(report.section(table) for table in tables),
    ]
    PATH.write_text("\n".join(lines).rstrip() + "\n")
    return PATH


if __name__ == "__main__":
    main()
