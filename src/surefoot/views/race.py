"""A race drawn and told: loss over passes, the same over seconds, and a table of both.

Every curve differs by colour, by dash (ours solid, other libraries dashed) and by marker, and carries
its name and its last loss at its end; names keep their distance and a thin line leads to each.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from surefoot.arrays import Vector
from surefoot.records import Curve, Race
from surefoot.views.palette import INK, INK_BLUE, INK_GREY, INK_ORANGE
from surefoot.views.paper import new_figure, save_figure, styled
from surefoot.views.words import UNKNOWN, duration, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 12.8, 7.2  # inches
BOTTOM, TOP = 0.13, 0.865  # of the figure
GAP = 0.052  # between names, of the axes' height
SOON = 1e-6  # seconds: a log axis has no zero
# after Okabe & Ito, the light ones darker: they must be seen as thin lines on white
COLORS = (INK_BLUE, INK_ORANGE, "#009E73", "#AA4499", INK, "#B08000", "#3A93C8", INK_GREY)
MARKERS, DASHES = "os^Dv<>P", ((4, 1.5), (1.5, 1), (6, 1.5, 1.5, 1.5), (9, 2))
COUNTED = (
    "a pass is one product of all rows with first-layer columns or its transpose; "
    "a value and gradient of a peer: 2, a value: 1"
)


class Look(NamedTuple):
    """How one curve is drawn, everywhere the same."""

    color: str
    marker: str
    dash: tuple[int, tuple[float, ...]] | str
    width: float


def race_table(race: Race) -> str:
    """Loss at an eighth, a quarter, a half and all of the passes, tails, seconds; the lowest first."""
    width = max(24, *(len(plain(c.name)) for c in race.curves)) if race.curves else 24
    head = "".join(f"{mark:>10,}" for mark in race.marks)
    lines = [
        f"{_what(race)}: lowest loss known within so many passes",
        f"{'passes':{width}}{head}{'tails':>9}{'seconds':>12}",
    ]
    for curve in _ranked(race):
        losses = "".join(f"{_four(curve.loss_at(mark)):>10}" for mark in race.marks)
        spent = f"{curve.tails[-1]:>9,}{duration(curve.seconds[-1]):>12}"
        lines.append(f"{plain(curve.name):{width}}{losses}{spent}")
    lines += [f"{plain(c.name)} ended: {plain(c.ending)}" for c in race.curves if c.ending]
    return "\n".join([*lines, *map(plain, race.absent), f"({COUNTED})"])


def race_figure(race: Race) -> Figure:
    """The race as a figure; save it with `save_race`."""
    figure = new_figure(WIDTH, HEIGHT)
    looks = _looks(race.curves)
    with styled():
        figure.text(0.06, 0.953, _what(race), fontsize=15, fontweight="bold", va="center")
        figure.text(0.06, 0.02, COUNTED, fontsize=9.5, color=INK_GREY, va="bottom")
        passes = figure.add_axes((0.06, BOTTOM, 0.47, TOP - BOTTOM))
        _lines(passes, race, looks, [c.passes for c in race.curves], race.passes)
        passes.set_title("loss, over passes over the data")
        passes.set_xlabel("passes")
        passes.set_xlim(0, race.passes)
        passes.set_xticks([0, *race.marks])
        passes.grid(axis="x", linestyle=(0, (1, 3)))
        _names(passes, race, looks)
        seconds = figure.add_axes((0.745, BOTTOM, 0.235, TOP - BOTTOM), sharey=passes)
        _lines(seconds, race, looks, [[max(t, SOON) for t in c.seconds] for c in race.curves])
        seconds.set_title("the same, over seconds")
        seconds.set_xlabel("seconds, on this machine")
        _readable_seconds(seconds, race)
    return figure


def save_race(race: Race, path: str | Path) -> None:
    """Draw it into a file; see `save_figure` for what is refused."""
    save_figure(race_figure(race), path)


def _what(race: Race) -> str:
    penalty = f", l2 = {race.l2:g}" if race.l2 else ""
    return f"{'-'.join(map(str, race.sizes))} on {race.n_train:,} rows of {plain(race.data)}{penalty}"


def _four(loss: float | None) -> str:
    """Four digits, zeros at the end kept so that columns compare: 0.3240."""
    return UNKNOWN if loss is None else f"{loss:#.4g}"


def _ranked(race: Race) -> list[Curve]:
    return sorted(race.curves, key=lambda curve: curve.losses[-1])


def _looks(curves: Sequence[Curve]) -> list[Look]:
    """The first of ours is the thickest; other libraries dashed, each in its own rhythm."""
    dashes = cycle(DASHES)
    looks = []
    for i, curve in enumerate(curves):
        dash = "-" if curve.ours else (0, next(dashes))
        marker = MARKERS[(i + 3 * (i // len(COLORS))) % len(MARKERS)]  # a colour met again has another one
        looks.append(Look(COLORS[i % len(COLORS)], marker, dash, 2.8 if i == 0 else 1.8))
    return looks


def _lines(
    axes: Axes,
    race: Race,
    looks: Sequence[Look],
    paid: Sequence[Sequence[float]],
    end: float | None = None,
) -> None:
    """Every curve over what it paid; held until `end`, since what is known stays known."""
    axes.set_yscale("log")
    for i, (curve, look, x) in enumerate(zip(race.curves, looks, paid, strict=True)):
        y = curve.losses
        if end is not None and x[-1] < end:
            x, y = (*x, end), (*y, y[-1])
        axes.plot(
            x, y, color=look.color, linestyle=look.dash, linewidth=look.width, zorder=30 - i,
            marker=look.marker, markersize=6.5, markevery=(0.04 + 0.01 * (i % 8), 0.16),
            markerfacecolor=look.color if curve.ours else "white", clip_on=False,
        )  # fmt: skip
    _loss_axis(axes, race)


def _loss_axis(axes: Axes, race: Race) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

    known = np.array([loss for curve in race.curves for loss in curve.losses if 0 < loss < np.inf] or [1.0])
    low, high = np.log10(known.min()), np.log10(known.max())
    margin = 0.04 * (high - low) or 0.05
    axes.set_ylim(*10.0 ** np.array([low - margin, high + margin]))
    decades = high - low
    if decades < 0.5:
        axes.yaxis.set_major_locator(MaxNLocator(5))
    else:
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 5) if decades < 2.5 else (1,)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.4g}"))
    axes.grid(axis="y")
    axes.set_axisbelow(True)


def _readable_seconds(axes: Axes, race: Race) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    last = [max(curve.seconds[-1], SOON) for curve in race.curves]
    axes.set_xscale("log")
    axes.set_xlim(min(last) / 60, max(last) * 1.15)
    axes.xaxis.set_major_locator(LogLocator(numticks=6))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.tick_params(labelleft=False)
    for line in axes.lines:
        line.set_clip_on(True)


def _names(axes: Axes, race: Race, looks: Sequence[Look]) -> None:
    """Name and last loss of every curve at the right, apart from each other, a thin line to its end."""
    low, high = np.log10(axes.get_ylim())
    ends = np.array([(np.log10(max(c.losses[-1], 1e-300)) - low) / (high - low) for c in race.curves])
    for end, height, curve, look in zip(ends, spread(ends, GAP), race.curves, looks, strict=True):
        at = axes.transAxes
        axes.plot(
            [1.0, 1.035, 1.05],
            [end, height, height],
            transform=at,
            color=look.color,
            linewidth=0.9,
            clip_on=False,
        )
        axes.plot(
            [1.063], [height], transform=at, marker=look.marker, markersize=7.5, color=look.color,
            markerfacecolor=look.color if curve.ours else "white", clip_on=False,
        )  # fmt: skip
        weight = "bold" if curve.ours else "normal"
        axes.text(
            1.085, height, f"{_four(curve.losses[-1])}  {plain(curve.name)}", transform=at, va="center",
            fontsize=11.5, fontweight=weight, color=INK,
        )  # fmt: skip


def spread(places: Vector, gap: float) -> Vector:
    """Places on [0, 1] at least `gap` apart, in the same order, moved as little as possible (squares).

    With z_i = y_i - i gap in rising order this is isotonic regression: neighbours that would cross
    are pooled at their mean (pool adjacent violators).

    >>> spread(np.array([0.5, 0.5]), 0.1)
    array([0.45, 0.55])
    """
    order = np.argsort(places, kind="stable")
    pools: list[tuple[float, int]] = []  # mean, members
    for i, place in enumerate(places[order]):
        mean, size = float(place) - i * gap, 1
        while pools and pools[-1][0] > mean:
            other, members = pools.pop()
            mean, size = (other * members + mean * size) / (members + size), members + size
        pools.append((mean, size))
    level = np.concatenate([np.full(size, mean) for mean, size in pools])
    room = 1 - (len(places) - 1) * gap
    moved = np.empty(len(places))
    moved[order] = np.clip(level, 0, max(room, 0)) + gap * np.arange(len(places))
    return moved
