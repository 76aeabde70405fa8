"""The run as plain lines, for a file, a pipe or a screen reader.

A line at iterations 0, 1, 2, 5, 10, 20, then every 50 (from 1,000 every 500, and so on), and the last.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TextIO

from surefoot.records import Ending, Frame, Header, Step
from surefoot.views.summary import summary
from surefoot.views.words import headline, number, percent

Column = tuple[str, int, Callable[[Step], str]]  # its title, its width, what it says of a step

COMMON: tuple[Column, ...] = (
    ("iteration", 9, lambda s: f"{s.iteration:,}"),
    ("loss", 10, lambda s: number(s.value)),
    ("|gradient|", 10, lambda s: number(s.gradient_norm)),
    ("alpha", 9, lambda s: number(s.alpha)),
    ("trials", 6, lambda s: str(len(s.trials))),
)
ACCURACIES: tuple[Column, ...] = (
    ("train", 8, lambda s: percent(s.measures.get("accuracy_train"))),
    ("test", 8, lambda s: percent(s.measures.get("accuracy_test"))),
)
TEST_LOSS: tuple[Column, ...] = (("test loss", 10, lambda s: number(s.measures.get("loss_test"))),)
SPENT: tuple[Column, ...] = (
    ("passes", 7, lambda s: f"{s.cost.passes:,}"),
    ("seconds", 8, lambda s: f"{s.seconds:.2f}"),
)


class TextView:
    """Plain lines on a stream (standard output when none is given)."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._given = stream
        self._header: Header | None = None
        self._last: Step | None = None
        self._written = -1  # iteration of the last line

    def open(self, header: Header) -> None:
        self._header, self._last, self._written = header, None, -1
        self._columns = COMMON + (ACCURACIES if header.classes else TEST_LOSS) + SPENT
        self._line(headline(header))
        self._line("  ".join(title.rjust(width) for title, width, _ in self._columns))

    def show(self, frame: Frame) -> None:
        self._last = frame.step
        if is_due(frame.step.iteration):
            self._row(frame.step)

    def close(self, ending: Ending) -> None:
        if self._header is None:
            return
        if self._last is not None and self._last.iteration != self._written:
            self._row(self._last)
        self._line(summary(self._header, self._last, ending))
        self._header = None

    def _row(self, step: Step) -> None:
        self._written = step.iteration
        self._line("  ".join(tell(step).rjust(width) for _, width, tell in self._columns))
        for note in (*step.notes, *step.happened):
            self._line(f"           note: {note}")

    def _line(self, line: str) -> None:
        stream = self._given or sys.stdout
        encoding = getattr(stream, "encoding", None) or "utf-8"
        print(line.encode(encoding, "replace").decode(encoding), file=stream, flush=True)


def is_due(iteration: int) -> bool:
    """True for 0, 1, 2, 5, 10, 20, 50, 100, 150, … 1,000, 1,500, … 10,000, 15,000, …"""
    every = max(50, 10 ** (len(str(iteration)) - 1) // 2)
    return iteration in (0, 1, 2, 5, 10, 20) or iteration % every == 0
