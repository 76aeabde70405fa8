"""results.png: milliseconds by contender, on a log axis; ours in blue.

Dots, not bars: a log axis has no zero for a bar to begin at.  The line through a dot is the range of the
rounds.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from contenders.table import is_ours

from surefoot.views.palette import INK, INK_BLUE, INK_FAINT, INK_GREY
from surefoot.views.paper import new_figure, save_figure, styled
from tables import Sample, Table, digits

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PATH = Path(__file__).with_name("results.png")
PEER = "#8f8f8f"
WIDTH, LINE, TITLE, AXIS = 9.6, 0.36, 0.5, 0.42  # inches: the page, a contender, above and below a panel
TICKS = [step * 10**power for power in range(-1, 6) for step in (1, 2, 5)]


def write(tables: list[Table]) -> None:
    """One panel for every table that has bars."""
    panels = [table for table in tables if table.bars]
    total = sum(TITLE + LINE * len(table.bars) + AXIS for table in panels) + 0.25
    figure, top = new_figure(WIDTH, total), total
    with styled():
        for table in panels:
            height = LINE * len(table.bars)
            top -= TITLE + height
            axes = figure.add_axes((0.235, top / total, 0.7, height / total))
            _dots(axes, table.bars)
            figure.text(0.02, (top + height + 0.14) / total, table.title, fontsize=13, fontweight="bold")
            top -= AXIS
        axes.set_xlabel("milliseconds, log scale", color=INK_GREY)
        save_figure(figure, PATH)


def _dots(axes: Axes, bars: dict[str, Sample]) -> None:
    """Fastest on top."""
    names = sorted(bars, key=lambda name: bars[name].median)
    for place, name in enumerate(names):
        sample, colour = bars[name], INK_BLUE if is_ours(name) else PEER
        axes.axhline(place, color=INK_FAINT, linewidth=0.6, zorder=0)
        axes.hlines(place, min(sample.values), max(sample.values), color=colour, linewidth=2.6, alpha=0.55)
        axes.plot(sample.median, place, "o", color=colour, markersize=9)
        axes.annotate(
            digits(sample.median), (max(sample.values), place), (9, 0), textcoords="offset points",
            va="center", fontsize=11, color=INK if is_ours(name) else INK_GREY,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
        )  # fmt: skip
    least, most = (f(f(s.values) for s in bars.values()) for f in (min, max))
    axes.set_xscale("log")
    axes.set_xlim(least / 1.4, most * 1.5)
    axes.set_xticks([t for t in TICKS if least / 1.4 <= t <= most * 1.5])
    axes.set_xticks([], minor=True)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,g}")
    axes.set_yticks(range(len(names)), names)
    for label in axes.get_yticklabels():
        label.set_color(INK_BLUE if is_ours(label.get_text()) else INK_GREY)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
