"""The picture of a run: loss, accuracies, and what the network says of eight fixed samples.

    loss, log axis            accuracy, train and test
    eight samples             as images (or as their features)
    their outputs             a stem per class; right or wrong by mark and by colour

The samples stay the same through a run, so that a change in the picture is a change in the network.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from surefoot.arrays import Array, Matrix
from surefoot.errors import BadValue
from surefoot.records import Ending, Frame, Header, Step
from surefoot.views.guesses import Guess, as_image, class_name, guesses
from surefoot.views.palette import INK_BLUE, INK_FAINT, INK_GREY, INK_ORANGE, INK_SIDE
from surefoot.views.paper import check_path, new_figure, png, save_figure, styled
from surefoot.views.seen import Seen, latest, series
from surefoot.views.words import headline, number, percent, plain, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN = 8  # samples in a row
WIDTH, HEIGHT, SHORT = 12.8, 7.2, 4.6  # inches; short when there are no samples to show
LEFT, RIGHT = 0.065, 0.955


class RunFigure:
    """One figure, drawn anew from the records as often as wanted."""

    def __init__(self) -> None:
        self.figure: Figure = new_figure(WIDTH, HEIGHT)

    def draw(self, header: Header, steps: Sequence[Step], outputs: Array | None = None) -> None:
        """Draw a run as far as `steps` tell it.

        outputs : (s, k) for the samples of the header, as in `Frame`; None leaves the samples out.
        """
        guessed = guesses(header, outputs)[:SHOWN]
        self.figure = new_figure(WIDTH, HEIGHT if guessed else SHORT)  # half the time of clearing the old one
        with styled():
            self._title(header, steps)
            self._curves(header, steps, bottom=0.53 if guessed else 0.13)
            if guessed:
                self._samples(guessed, [plain(c) for c in header.classes])

    def save(self, path: str | Path, dpi: int = 150) -> None:
        """Write the figure to a file; see `save_figure` for what it refuses."""
        save_figure(self.figure, path, dpi)

    def png(self, dpi: int = 80) -> bytes:
        """The figure as the bytes of a PNG."""
        return png(self.figure, dpi)

    def _title(self, header: Header, steps: Sequence[Step]) -> None:
        title = headline(header)
        size = 15 if len(title) < 90 else 12
        top = 1 - 0.3 / self.figure.get_figheight()
        self.figure.text(LEFT, top, title, fontsize=size, fontweight="bold", va="center")
        if steps:
            told = f"iteration {steps[-1].iteration:,}"
            self.figure.text(RIGHT, top, told, fontsize=13, color=INK_GREY, ha="right", va="center")

    def _curves(self, header: Header, steps: Sequence[Step], bottom: float) -> None:
        sharp = series(steps, "sharpness")
        scored = bool(header.classes) and any(len(series(steps, f"accuracy_{s}")) for s in ("train", "test"))
        top = 1 - 0.95 / self.figure.get_figheight()
        grid = self.figure.add_gridspec(
            1,
            1 + scored + bool(len(sharp)),
            left=LEFT,
            right=RIGHT - 0.02,
            top=top,
            bottom=bottom,
            wspace=0.32,
        )
        draw_loss(self.figure.add_subplot(grid[0, 0]), steps)
        if scored:
            draw_accuracy(self.figure.add_subplot(grid[0, 1]), steps)
        if len(sharp):
            draw_sharpness(self.figure.add_subplot(grid[0, -1]), steps, sharp)

    def _samples(self, guessed: Sequence[Guess], names: Sequence[str]) -> None:
        grid = self.figure.add_gridspec(
            2, SHOWN, left=LEFT, right=RIGHT, top=0.395, bottom=0.06,
            hspace=0.42, wspace=0.22, height_ratios=(1.15, 1),
        )  # fmt: skip
        for column, guess in enumerate(guessed):
            draw_sample(self.figure.add_subplot(grid[0, column]), guess)
            draw_outputs(self.figure.add_subplot(grid[1, column]), guess, names)


def draw_loss(axes: Axes, steps: Sequence[Step]) -> None:
    """The loss on a log axis, its last value written at its end; the test loss where it was measured."""
    axes.set_title("loss")
    axes.set_xlabel("iteration")
    train, test = series(steps, "loss"), series(steps, "loss_test")
    train, test = train[train[:, 1] > 0], test[test[:, 1] > 0]
    if not len(train):
        axes.text(0.5, 0.5, "no finite, positive loss yet", transform=axes.transAxes, ha="center")
        return axes.set_axis_off()
    axes.set_yscale("log")
    axes.set_ylim(_around(np.concatenate([train[:, 1], test[:, 1]])))
    axes.plot(*train.T, color=INK_BLUE, label="train")
    _write_end(axes, train, number(float(train[-1, 1])), INK_BLUE)
    if len(test):
        axes.plot(*test.T, color=INK_ORANGE, label=f"test {number(latest(steps, 'loss_test'))}")
        axes.legend(loc="upper right")
    _readable_log_ticks(axes, np.concatenate([train[:, 1], test[:, 1]]))
    _calm(axes, float(train[-1, 0]))


def _around(values: Array) -> tuple[float, float]:
    """A little more than the range of positive values, on a log axis, within what a float can hold."""
    low, high = np.log10(values.min()), np.log10(values.max())
    margin = 0.05 * (high - low) or 0.05
    bottom, top = np.clip([low - margin, high + margin], -305, 305)
    return float(10**bottom), float(10**top)


def _readable_log_ticks(axes: Axes, values: Array) -> None:
    """1, 2, 5, 10 written plainly; evenly spaced numbers when the loss hardly changed."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

    low, high = float(values.min()), float(values.max())
    decades = np.log10(high / low)
    if decades < 0.5:
        axes.yaxis.set_major_locator(MaxNLocator(4))
    else:
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if decades < 2.5 else (1,)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.4g}"))


def draw_accuracy(axes: Axes, steps: Sequence[Step]) -> None:
    """Train and test accuracy in percent; both last values in the title."""
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    told = []
    for name, color in (("train", INK_BLUE), ("test", INK_ORANGE)):
        points = series(steps, f"accuracy_{name}")
        if len(points):
            marker = "o" if len(points) < 40 else ""  # measured now and then: show when
            axes.plot(*points.T, color=color, label=name, marker=marker, markersize=4)
            told.append(f"{name} {percent(float(points[-1, 1]))}")
    axes.set_title(f"accuracy: {', '.join(told)}")
    axes.set_xlabel("iteration")
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=None, symbol=" %"))
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.legend(loc="lower right")
    _calm(axes, float(steps[-1].iteration))


def draw_sharpness(axes: Axes, steps: Sequence[Step], sharp: Matrix) -> None:
    """The top Hessian eigenvalue beside 2/α: above it a step of that length overshoots and rebounds."""
    taken = np.array([(s.iteration, 2 / s.alpha) for s in steps if s.alpha])
    if len(taken):
        axes.plot(*taken.T, color=INK_ORANGE, linestyle=(0, (4, 2)), linewidth=1.4, label="2/α of the steps")
    axes.plot(*np.asarray(sharp).T, color=INK_BLUE, marker="o", markersize=4, label="sharpness, λ max")
    axes.set_yscale("log")
    _readable_log_ticks(axes, np.concatenate([taken[:, 1] if len(taken) else [], sharp[:, 1]]))
    axes.set_title("sharpness beside 2/α")
    axes.set_xlabel("iteration")
    axes.legend(loc="best", fontsize=10)
    _calm(axes, steps[-1].iteration)


def _calm(axes: Axes, end: float) -> None:
    """Horizontal lines only; the iterations from 0 to the last one, in whole numbers."""
    from matplotlib.ticker import MaxNLocator

    axes.grid(axis="y")
    axes.set_axisbelow(True)
    axes.set_xlim(0, max(end, 1))
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))


def _write_end(axes: Axes, points: Matrix, text: str, color: str) -> None:
    end = (float(points[-1, 0]), float(points[-1, 1]))
    axes.plot(*end, "o", color=color, markersize=6, clip_on=False)
    axes.annotate(
        text, end, xytext=(8, 0), textcoords="offset points", va="center",
        color=color, fontweight="bold", annotation_clip=False,
    )  # fmt: skip


def draw_sample(axes: Axes, guess: Guess) -> None:
    """What the network sees: an image, or a bar per feature; titled with its row and its label."""
    title = short(f"row {guess.row}: {guess.label}", 24)
    axes.set_title(title, fontsize=11 if len(title) < 16 else 9, loc="center", pad=4)
    axes.set_axis_off()  # ticks that nobody needs would be most of the drawing time
    if guess.image is not None:
        axes.imshow(guess.image, cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
        frame = [0, 1, 1, 0, 0], [0, 0, 1, 1, 0]
        axes.plot(*frame, transform=axes.transAxes, color=INK_FAINT, linewidth=0.8, clip_on=False)
    else:
        axes.bar(range(len(guess.inputs)), np.nan_to_num(guess.inputs), color=INK_GREY, width=0.8)
        axes.axhline(0, color=INK_FAINT, linewidth=1)


def draw_outputs(axes: Axes, guess: Guess, names: Sequence[str]) -> None:
    """A stem per class, the guess in its colour; titled with the guess and its mark."""
    outputs = np.nan_to_num(np.asarray(guess.outputs, dtype=np.float64))
    color = INK_SIDE[guess.right]
    classes = np.arange(len(outputs))
    axes.vlines(classes, 0, outputs, color=INK_GREY, linewidth=1.6)
    axes.plot(classes, outputs, "o", color=INK_GREY, markersize=3.5)
    best = int(np.argmax(outputs))
    axes.vlines(best, 0, outputs[best], color=color, linewidth=3)
    axes.plot(best, outputs[best], "o", color=color, markersize=7, clip_on=False)
    title = short(f"{guess.mark} {guess.predicted}", 18)
    size = 13 if len(title) < 12 else 10
    axes.set_title(title, color=color, fontweight="bold", fontsize=size, loc="center", pad=5)
    axes.axhline(0, color=INK_GREY, linewidth=0.8)
    low, high = min(0.0, float(outputs.min())), max(1.0, float(outputs.max()))
    axes.set(xlim=(-0.7, len(outputs) - 0.3), ylim=(low, high))
    axes.set_axis_off()
    letters = max(2, 14 // len(classes))
    for c in classes[:: -(-len(classes) // 10)]:  # at most ten names fit
        name = names[c][:letters] if c < len(names) else str(c)
        axes.text(c, low - 0.05 * (high - low), name, fontsize=8, color=INK_GREY, ha="center", va="top")


def samples_figure(
    images: Array,
    labels: Array,
    rows: Sequence[int] | Array,
    image_shape: tuple[int, int] | None = None,
    scale: float = 1.0,
    classes: Sequence[str] = (),
    title: str = "",
) -> Figure:
    """Draw samples with their labels, eight in a row, 24 at most; save it with `save_figure`.

    images : (m, d) in the data's own units; labels : (m,); rows : their m row numbers.
    image_shape : None draws a bar per feature instead.
    """
    shown = min(len(images), 3 * SHOWN)
    if shown == 0:
        raise BadValue("There are no samples to draw: the data have no rows. Pass at least one row.")
    lines = -(-shown // SHOWN)
    height = 1.75 * lines + 0.9
    figure = new_figure(WIDTH, height)
    with styled():
        figure.text(0.04, 1 - 0.35 / height, plain(title), fontsize=15, fontweight="bold", va="center")
        grid = figure.add_gridspec(
            lines, SHOWN, left=0.04, right=0.96, top=1 - 0.95 / height, bottom=0.15 / height, hspace=0.35
        )
        for cell, (inputs, label, row) in enumerate(
            zip(images[:shown], labels[:shown], rows[:shown], strict=True)
        ):
            name = class_name(classes, label) if len(classes) else ", ".join(map(number, np.ravel(label)))
            seen = np.asarray(inputs, dtype=np.float64) / scale
            image = as_image(seen, image_shape) if image_shape else None
            axes = figure.add_subplot(grid[cell // SHOWN, cell % SHOWN])
            draw_sample(axes, Guess(row, seen, image, name, np.empty(0), name, True))
    return figure


class FigureView:
    """Collects the run and saves its picture at the end.

    That the path can be used and that matplotlib is there is seen to now, not after a long run.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = check_path(path)
        self._figure = RunFigure()
        self._seen: Seen | None = None

    def open(self, header: Header) -> None:
        self._seen = Seen(header)

    def show(self, frame: Frame) -> None:
        if self._seen is not None:
            self._seen.add(frame)

    def close(self, ending: Ending) -> None:
        seen, self._seen = self._seen, None
        if seen is not None and seen.steps:
            self._figure.draw(seen.header, seen.steps, seen.outputs)
            self._figure.save(self._path)
