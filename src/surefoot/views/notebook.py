"""The run in a Jupyter cell: one display that is updated in place, so nothing flickers or piles up.

The picture of `RunFigure`, sent as PNG every ten iterations and at the last; a saved notebook keeps
the last one.  It needs IPython and matplotlib (extra: notebook).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

from surefoot.errors import require
from surefoot.records import Ending, Frame, Header
from surefoot.views.figure import RunFigure
from surefoot.views.seen import Seen
from surefoot.views.summary import summary
from surefoot.views.words import headline


class Handle(Protocol):
    """What `display` returns for a display that can be updated."""

    def update(self, data: Any, *, raw: bool) -> None: ...


class NotebookView:
    """One live figure, updated every `every` iterations.

    A drawing takes 0.2 to 0.5 s; updates are skipped until `interval` seconds, and as long as the last
    drawing took, have passed: a fast run spends at most half its time on pictures.
    """

    def __init__(
        self,
        every: int = 10,
        interval: float = 0.25,
        dpi: int = 80,
        display: Callable[..., Handle] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._every, self._interval, self._dpi = every, interval, dpi
        self._display = display or require("IPython.display", "notebook", "The notebook view").display
        self._figure = RunFigure()
        self._clock = clock
        self._seen: Seen | None = None

    def open(self, header: Header) -> None:
        self._seen = Seen(header)
        self._next = float("-inf")
        self._handle = self._display({"text/plain": headline(header)}, raw=True, display_id=True)

    def show(self, frame: Frame) -> None:
        if self._seen is None:
            return
        self._seen.add(frame)
        began = self._clock()
        if frame.step.iteration % self._every == 0 and began >= self._next:
            self._update(self._seen, headline(self._seen.header))
            ended = self._clock()
            self._next = ended + max(self._interval, ended - began)

    def close(self, ending: Ending) -> None:
        seen, self._seen = self._seen, None
        if seen is not None and seen.steps:
            self._update(seen, summary(seen.header, seen.last, ending))

    def _update(self, seen: Seen, words: str) -> None:
        """Send the picture, and words for those who cannot see it."""
        self._figure.draw(seen.header, seen.steps, seen.outputs)
        picture = self._figure.png(self._dpi)
        self._handle.update({"image/png": picture, "text/plain": words}, raw=True)
