"""The last line search in characters: what it decided, then every trial with its verdict."""

from __future__ import annotations

import numpy as np
from rich.text import Text

from surefoot.arrays import Matrix
from surefoot.records import Step, Trial, Verdict
from surefoot.views.chart import Block, Curve, chart
from surefoot.views.palette import BLUE, GREY, ORANGE
from surefoot.views.words import count, number, plain

MARKS = {Verdict.ACCEPTED: ("✓", BLUE), Verdict.PROBE: ("·", GREY)}
REFUSED = ("✗", ORANGE)


def last_search(step: Step, lines: int) -> Block:
    """The search of one step in at most `lines` lines; of many trials the first and the last are shown."""
    if step.outcome is None:
        return [Text("the start: no step yet", GREY)]
    moved = f"α = {number(step.alpha)}" if step.outcome.moved else "no step"
    tried = f" after {count(len(step.trials), 'trial')}" if step.trials else ""
    number_of_step = (f"step {step.iteration:,}: ", GREY)
    head = Text.assemble(number_of_step, (moved + tried, "bold"), f"   {step.outcome.value}")
    told = (*step.notes, *step.happened)[: max(lines - 2, 0)]
    notes = [Text(f"  ! {plain(note)}", ORANGE) for note in told]
    room = lines - 1 - len(notes)
    return [head, *notes, *_fit([_line(t) for t in step.trials], room)]


def _line(trial: Trial) -> Text:
    mark, style = MARKS.get(trial.verdict, REFUSED)
    shown = f"α {number(trial.alpha):<10} φ {number(trial.phi):<10}"
    if trial.slope is not None:
        shown += f" φ′ {number(trial.slope):<10}"
    why = trial.verdict.value.removeprefix("refused: ")  # the mark says it already
    return Text.assemble((f"  {mark} ", f"bold {style}"), shown, " ", (why, GREY))


def along_the_step(phi: Matrix, step: int, width: int, lines: int) -> Block:
    """The sampled loss φ(α) along the direction of the step."""
    curve = Curve(phi[np.argsort(phi[:, 0])], BLUE)
    return [
        Text(f"φ(α) along step {step:,}", "bold"),
        *chart([curve], width, lines - 1, tell_x="{:.3g}".format),
    ]


def _fit(rows: Block, room: int) -> Block:
    """All rows, or the first, how many are left out, and the last ones."""
    if len(rows) <= room:
        return rows
    if room < 3:
        return rows[len(rows) - room :] if room > 0 else []
    hidden = len(rows) - (room - 1)
    return [rows[0], Text(f"    … {count(hidden, 'more trial')}", GREY), *rows[hidden + 1 :]]
