"""The line-search microscope drawn: φ(α), the line it must fall below, and every trial by number.

curve            the loss along the search direction
dashed line      φ(0) + c₁ α φ′(0): a step must end below it (Armijo)
shaded interval  |φ′(α)| <= c₂ |φ′(0)|: where φ is flat enough (curvature condition)
numbers          the trials in order, filled and marked ✓ when accepted, with the verdict in words
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from surefoot.records import Microscope, Trial, Verdict
from surefoot.views.palette import INK, INK_BLUE, INK_FAINT, INK_GREY, INK_ORANGE
from surefoot.views.paper import new_figure, save_figure, styled
from surefoot.views.words import number, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LISTED = 8  # trials told in words


def microscope_figure(record: Microscope) -> Figure:
    """One step's line search as a figure."""
    figure = new_figure(12.0, 6.4)
    with styled():
        axes = figure.add_axes((0.075, 0.12, 0.56, 0.65))
        _curve(axes, record)
        _trials(axes, record.step.trials)
        _words(figure, record)
    return figure


def save_microscope(record: Microscope, path: str | Path) -> None:
    """Draw it into a file; see `save_figure` for what is refused."""
    save_figure(microscope_figure(record), path)


def as_text(record: Microscope) -> str:
    """The same in plain lines: every trial with its verdict, the outcome, and the cause of a failure."""
    step = record.step
    lines = [
        f"the step to iteration {record.iteration}: φ(0) = {record.phi0:.9g}, φ′(0) = {record.slope0:.4g}"
    ]
    for i, trial in enumerate(step.trials, start=1):
        mark = "✓" if trial.verdict is Verdict.ACCEPTED else "✗"
        slope = "" if trial.slope is None else f"  φ′ {trial.slope:.3g}"
        lines.append(f"{i:3} {mark} α {trial.alpha:<12.6g} φ {trial.phi:.9g}{slope}   {trial.verdict.value}")
    lines.append(plain(step.outcome.value) if step.outcome else "")
    return "\n".join([*lines, *([record.cause] if record.cause else [])])


def _curve(axes: Axes, record: Microscope) -> None:
    finite = np.isfinite(record.phi)
    alphas, phi = record.alphas[finite], record.phi[finite]
    flat, line = record.flat_enough(), record.armijo_line()
    low, high = _window(phi, record)
    if flat is not None:
        axes.fill_between(
            record.alphas, low, high, where=flat.tolist(), color=INK_BLUE, alpha=0.10, linewidth=0,
            label=f"flat enough: |φ′| at most {record.c2:g} of |φ′(0)|",
        )  # fmt: skip
    axes.plot(alphas, phi, color=INK, label="φ(α), the loss along the step")
    if line is not None:
        axes.plot(
            record.alphas, line, color=INK_ORANGE, linestyle=(0, (5, 3)), linewidth=1.6,
            label=f"must end below this line (Armijo, c₁ = {record.c1:g})",
        )  # fmt: skip
    axes.plot([0], [record.phi0], "o", color=INK, markersize=8)
    axes.set_xlim(0, float(record.alphas[-1]))
    axes.set_ylim(low, high)
    axes.set_xlabel("α, step length along the direction")
    axes.set_ylabel("loss")
    axes.grid(axis="y", color=INK_FAINT)
    axes.ticklabel_format(useOffset=False)
    axes.legend(loc="lower left", bbox_to_anchor=(-0.015, 1.0), ncols=1, fontsize=10.5)


def _window(phi: np.ndarray[tuple[int], np.dtype[np.float64]], record: Microscope) -> tuple[float, float]:
    """Limits that keep the start and the minimum well in sight when φ rises steeply."""
    low = float(phi.min())
    fall = max(record.phi0 - low, 1e-12 * abs(record.phi0), 1e-300)
    high = min(float(phi.max()), record.phi0 + 4 * fall)
    high = max(high, record.phi0)
    margin = 0.12 * (high - low or fall)
    return low - margin, high + margin


def _trials(axes: Axes, trials: tuple[Trial, ...]) -> None:
    high = axes.get_ylim()[1]
    right = axes.get_xlim()[1]
    for i, trial in enumerate(trials, start=1):
        if not 0 < trial.alpha <= right:
            continue
        taken = trial.verdict is Verdict.ACCEPTED
        height = trial.phi if math.isfinite(trial.phi) else high
        color = INK_BLUE if taken else INK_GREY
        axes.plot(
            [trial.alpha], [min(height, high)], "o", markersize=17 if taken else 15, clip_on=False, zorder=5,
            markerfacecolor=color if taken else "white", markeredgecolor=color, markeredgewidth=1.6,
        )  # fmt: skip
        axes.annotate(
            str(i), (trial.alpha, min(height, high)), ha="center", va="center", zorder=6, fontsize=10,
            color="white" if taken else INK_GREY, fontweight="bold", annotation_clip=False,
        )  # fmt: skip


def _words(figure: Figure, record: Microscope) -> None:
    step = record.step
    figure.text(
        0.075, 0.95, f"the step to iteration {record.iteration}", fontsize=15, fontweight="bold", va="center"
    )
    lines: list[tuple[str, str, str]] = []
    shown = step.trials if len(step.trials) <= LISTED else (*step.trials[: LISTED - 2], *step.trials[-2:])
    for trial in shown:
        i = next(k for k, t in enumerate(step.trials, start=1) if t is trial)
        taken = trial.verdict is Verdict.ACCEPTED
        lines.append(
            (f"{i}   α = {number(trial.alpha)}   φ = {number(trial.phi)}", INK_BLUE if taken else INK, "bold")
        )
        lines.append(
            (f"     {'✓' if taken else '✗'} {trial.verdict.value}", INK_BLUE if taken else INK_GREY, "normal")
        )
    if not step.trials:
        lines.append(("no trial was made", INK_GREY, "normal"))
    y = 0.86
    for text, color, weight in lines:
        for part in _wrapped(text, 44):
            figure.text(0.665, y, part, fontsize=11, color=color, fontweight=weight, va="center")
            y -= 0.042
    y -= 0.02
    end = [plain(step.outcome.value) if step.outcome else ""]
    if record.cause:
        end.append(record.cause)
    for text in end:
        for part in _wrapped(text, 46):
            figure.text(0.665, y, part, fontsize=11, color=INK, va="center")
            y -= 0.042
        y -= 0.012


def _wrapped(text: str, width: int) -> list[str]:
    import textwrap

    indent = " " * (len(text) - len(text.lstrip()))
    return textwrap.wrap(
        text, width, initial_indent="", subsequent_indent=indent + "  ", drop_whitespace=True
    ) or [""]
