"""The run on a terminal: one picture, drawn over itself, at most four times a second.

    what is trained, on what, how                       (at the end: what came out, and why it ended)
    ━━━━━━━━━━━━━━━╸───────── 62/100  loss 0.4123  2.1 s to go
    loss, log scale           accuracy
    the last line search: every trial, its verdict
    the fixed samples, the network's outputs, right or wrong

Taking in a frame is one append (1 µs); drawing takes about 8 ms, more after 10,000 iterations, and
never more than a tenth of the run: after a slow drawing the next one waits longer.  No thread draws.
"""

from __future__ import annotations

import textwrap
import time
from collections.abc import Callable, Iterator

from rich.console import Console, ConsoleOptions
from rich.live import Live
from rich.text import Text

from surefoot.records import Ending, Frame, Header, Step
from surefoot.views.cards import cards, deal
from surefoot.views.chart import Block, Curve, beside, chart
from surefoot.views.guesses import guesses
from surefoot.views.palette import BLUE, GREY, ORANGE
from surefoot.views.seen import Seen, latest, series
from surefoot.views.summary import summary
from surefoot.views.trials import along_the_step, last_search
from surefoot.views.words import duration, headline, number, percent, plain

NARROW, WIDE = 74, 110  # columns from which there is room for a second, a third picture side by side


class TerminalView:
    """The live picture; `interval` in seconds is the least time between two drawings."""

    def __init__(
        self,
        console: Console | None = None,
        interval: float = 0.25,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console or Console()
        self._interval, self._clock = interval, clock
        self._live: Live | None = None

    def open(self, header: Header) -> None:
        self._picture = Picture(Seen(header))
        self._next = float("-inf")
        self._live = Live(self._picture, console=self._console, auto_refresh=False)
        self._live.start()

    def show(self, frame: Frame) -> None:
        self._picture.seen.add(frame)
        began = self._clock()
        if self._live and began >= self._next:
            self._live.refresh()
            self._next = max(began + self._interval, began + 10 * (self._clock() - began))

    def progress(self, share: float) -> None:
        """How far a walk over the data is, 0 .. 1: told when an iteration takes more than a second."""
        if self._live is None:
            if self._console.is_terminal:
                told = "" if share >= 1 else f"the first walk over the data: {share:.0%}"
                self._console.print(f"{told:40}", end="\r", highlight=False)
            return
        self._picture.share = share if share < 1 else None
        if self._clock() >= self._next:
            self._live.refresh()
            self._next = self._clock() + self._interval

    def close(self, ending: Ending) -> None:
        if self._live is None:
            return
        live, self._live = self._live, None
        self._picture.ending = ending
        live.stop()  # draws the last picture and shows the cursor, whatever happens in between


class Picture:
    """All that was seen, fitted to the console each time it is drawn."""

    def __init__(self, seen: Seen) -> None:
        self.seen = seen
        self.ending: Ending | None = None
        self.share: float | None = None  # of a walk that takes long

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        coloured = console.color_system is not None
        for line in compose(
            self.seen, self.ending, options.max_width, console.height - 1, coloured, self.share
        ):
            line.no_wrap, line.overflow = True, "crop"
            yield line


def compose(
    seen: Seen, ending: Ending | None, width: int, height: int, coloured: bool, share: float | None = None
) -> Block:
    """The picture in at most `height` lines: samples first, then the search, the charts take the rest."""
    head = _head(seen, ending, width, share)
    if seen.last is None:
        return head[:height]
    room = height - 2  # as during the run, so that the samples stay where a longer head comes at the end
    gap = 1 if room > 18 else 0
    least = gap + (6 if room > 9 else room)  # lines kept for the charts
    searched = min(7 if room > 26 else 4, max(room - least, 0))
    guessed = guesses(seen.header, seen.outputs)
    deck = deal(guessed, width, room - least - searched - 2 * gap)
    below: Block = [Text()] * gap + _search(seen, seen.last, width, searched)
    if deck is not None:
        below += [Text()] * gap + cards(guessed, _names(seen.header), deck, width, coloured)
    tall = min(height - len(head) - len(below) - gap, 16)
    charts = _charts(seen, width, tall) if tall > 3 else []
    return [*head, *[Text()] * gap, *charts, *below][:height]


def _filled(block: Block, lines: int) -> Block:
    """A block of exactly so many lines: what is below it does not jump."""
    return (block + [Text()] * lines)[:lines]


def _search(seen: Seen, step: Step, width: int, lines: int) -> Block:
    """The last search, and on a wide terminal the loss along its step where it was sampled."""
    if seen.phi is None or len(seen.phi) < 2 or width < WIDE or lines < 6:
        return _filled(last_search(step, lines), lines)
    left = width * 5 // 8
    picture = along_the_step(seen.phi, seen.phi_step, width - left - 3, lines)
    return _filled(beside([last_search(step, lines), picture], [left, width - left - 3], 3), lines)


def _names(header: Header) -> list[str]:
    return [plain(name) for name in header.classes]


def _head(seen: Seen, ending: Ending | None, width: int, share: float | None) -> Block:
    if ending is None:
        walking = "" if share is None else f"   walking the data: {share:.0%}"
        progress = [_progress(seen.header, seen.last, width - len(walking))] if seen.last else []
        for line in progress:
            line.append(walking, GREY)
        return [Text(headline(seen.header), "bold"), *progress]
    said, why = summary(seen.header, seen.last, ending).split("\n", 1)
    return [Text(line, "bold") for line in textwrap.wrap(said, width)] + [
        Text(line) for line in textwrap.wrap(why, width)
    ]


def _progress(header: Header, step: Step, width: int) -> Text:
    """The bar, when an end is planned, and the numbers behind it."""
    k, planned = step.iteration, header.iterations
    told = f"  {k:,}/{planned:,}" if planned else f"iteration {k:,}"
    told += f"   loss {number(step.value)}   {duration(step.seconds)}"
    if not planned:
        return Text(told)
    if 0 < k < planned:
        told += f", {duration(step.seconds / k * (planned - k))} to go"
    length = max(min(width - 52, 60), 10)
    done = round(length * min(k / planned, 1))
    return Text.assemble(("━" * done, BLUE), ("─" * (length - done), GREY), told)


def _charts(seen: Seen, width: int, height: int) -> Block:
    """The loss, and beside it the accuracies where there are classes."""
    steps = seen.steps
    curves = [Curve(series(steps, "loss"), BLUE), Curve(series(steps, "loss_test"), ORANGE)]
    title = Text.assemble(("loss (log)", "bold"), (f"  train {number(steps[-1].value)}", BLUE))
    if (tested := latest(steps, "loss_test")) is not None:
        title.append(f"  test {number(tested)}", ORANGE)
    accuracies = _accuracies(seen)
    both = Text("accuracy", "bold")
    for name, value, curve in accuracies:
        both.append(f"  {name} {percent(value)}", curve.style)
    if not accuracies or width < NARROW:
        titles = [title, both] if accuracies else [title]
        return [*titles, *chart(curves, width, height - len(titles), log=True)]
    half = (width - 3) // 2
    loss = [title, *chart(curves, half, height - 1, log=True)]
    shown = [curve for _, _, curve in accuracies]
    right = [both, *chart(shown, half, height - 1, tell="{:.0%}".format)]
    return beside([loss, right], [half, half], 3)


def _accuracies(seen: Seen) -> list[tuple[str, float, Curve]]:
    found = []
    for name, style in (("train", BLUE), ("test", ORANGE)):
        value = latest(seen.steps, f"accuracy_{name}")
        if value is not None and seen.header.classes:
            found.append((name, value, Curve(series(seen.steps, f"accuracy_{name}"), style)))
    return found
