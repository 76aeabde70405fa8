"""The tables as Markdown, for the screen and for results.md."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from machine import cpu_name
from settings import Settings
from work import reference

from surefoot.compute.threads import cores
from tables import Table, markdown

PATH = Path(__file__).with_name("results.md")


def section(table: Table) -> str:
    """One table under its title."""
    lines = [f"## {table.title}", "", table.text, "", markdown(table.head, table.rows), ""]
    if table.absent:
        lines += ["Absent: " + "; ".join(f"{n} ({why})" for n, why in table.absent.items()) + ".", ""]
    return "\n".join(lines)


def verdicts(tables: Iterable[Table]) -> str:
    """What was to be reached, and what was measured."""
    goals = [goal for table in tables for goal in table.goals]
    rows = [
        [g.what, g.bound(g.reach), g.bound(g.further), f"{g.measured} {g.unit}".strip(), g.verdict]
        for g in goals
    ]
    return markdown(["what", "reach", "further", "measured", "verdict"], rows)


def write(tables: list[Table], settings: Settings, versions: str) -> Path:
    work = "20,000 x 784 uint8, " + (
        "MNIST" if settings.data == "mnist" else "**synthetic** (MNIST was not found)"
    )
    start = "the notebook's own start" if reference() else "our start of seed 0 (the reference was not found)"
    lines = [
        "# Results",
        "",
        f"Written by `make bench` ({shlex.join(['python', *sys.argv])}) on {date.today().isoformat()}; "
        "do not edit.",
        f"{cpu_name()}, {cores()} cores. {versions}.",
        "",
        f"Work: {work}, 784-6-10 from {start}, unless said. Each number is the median of {settings.rounds} "
        "rounds [lowest .. highest]. In a round each contender has one turn, in a process of its own; ratios "
        "are taken within a round, larger is better for us.",
        "",
        "![milliseconds by contender](results.png)",
        "",
        verdicts(tables),
        "",
        *(section(table) for table in tables),
    ]
    PATH.write_text("\n".join(lines).rstrip() + "\n")
    return PATH
