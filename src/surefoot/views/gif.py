"""A run as an animated GIF: the weights as images, the loss with a moving point, eight samples.

For a slide or a page that can show pictures only; it needs matplotlib and Pillow (extra: plot).  All frames
share one palette, so that nothing flickers and the file stays small.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from surefoot.arrays import Array, Matrix, Vector
from surefoot.errors import BadValue, require
from surefoot.placing import checked_out, placed
from surefoot.records import Header, Step
from surefoot.views.figure import _around, _readable_log_ticks
from surefoot.views.guesses import Guess, guesses
from surefoot.views.palette import INK, INK_BLUE, INK_FAINT, INK_GREY, INK_ORANGE, INK_SIDE
from surefoot.views.paper import new_figure, styled
from surefoot.views.recording import Replay, Tell, silent
from surefoot.views.seen import series
from surefoot.views.words import count, headline, number, percent, plain, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from PIL.Image import Image

WIDTH, HEIGHT, DPI = 800, 450, 100  # pixels
PER_SECOND = 10
LAST = 2_500  # milliseconds that the last picture stays
UNITS = 8  # weight images
COLOURS = 64

Outputs = Callable[[Vector, Array], Array]  # (P,), (s, d) -> (s, k), as Network.predict


def write_gif(
    replay: Replay, out: str | Path, predict: Outputs, seconds: float = 8.0, tell: Tell = silent
) -> int:
    """Write a run as an animated GIF of 800 x 450 pixels; its size in bytes.

    Parameters
    ----------
    replay : a journal, or another run with its weights.
    out : the file; one that exists is replaced, whole or not at all.
    predict : predict(theta, X) gives what the outputs mean, as `Network.predict`.
    seconds : how long it plays, without the last picture; 1 to 60.

    Raises
    ------
    BadValue, DataNotFound : not a file that can be written, or seconds out of range.
    MissingExtra : matplotlib or Pillow is not installed.
    """
    path = checked_out(out, (".gif",))
    if not 1 <= seconds <= 60:
        raise BadValue(f"A GIF of {seconds!r} seconds is not made; give 1 to 60.")
    pillow = require("PIL.Image", "plot", "Writing a GIF")
    film = Film(replay, predict)
    shown = iterations(replay, round(seconds * PER_SECOND))
    pictures = []
    for i, k in enumerate(shown):
        if i % 20 == 0:
            tell(f"picture {i + 1} of {len(shown)}")
        pictures.append(pillow.open(io.BytesIO(film.picture(k))).convert("RGB"))
    data = encoded(pictures, [1000 // PER_SECOND] * (len(pictures) - 1) + [LAST])
    placed(path, data)
    return len(data)


def iterations(replay: Replay, most: int) -> list[int]:
    """At most `most` iterations with weights, closer together at the start; first and last among them."""
    kept = [k for k in range(len(replay.steps)) if k in replay.thetas]
    if len(kept) <= most:
        return kept
    places = np.rint(np.linspace(0, 1, most) ** 1.5 * (len(kept) - 1)).astype(int)
    return [kept[i] for i in sorted(set(places.tolist()))]


def encoded(pictures: Sequence[Image], milliseconds: Sequence[int]) -> bytes:
    """The GIF of some RGB pictures, in one palette made from the first, the last and one between."""
    pillow = require("PIL.Image", "plot", "Writing a GIF")
    some = [pictures[0], pictures[len(pictures) // 2], pictures[-1]]
    strip = pillow.new("RGB", (WIDTH, HEIGHT * len(some)))
    for i, picture in enumerate(some):
        strip.paste(picture, (0, i * HEIGHT))
    palette = strip.quantize(COLOURS, dither=pillow.Dither.NONE)
    frames = [picture.quantize(palette=palette, dither=pillow.Dither.NONE) for picture in pictures]
    stream = io.BytesIO()
    frames[0].save(
        stream, format="GIF", save_all=True, append_images=frames[1:], duration=list(milliseconds), loop=0,
        optimize=False,
    )  # fmt: skip
    return stream.getvalue()


@dataclass
class Bars:
    """One sample's outputs: a bar a class, and the guess in words above."""

    bars: Any
    title: Any


class Film:
    """One figure; a picture changes what has to change and is drawn again."""

    def __init__(self, replay: Replay, predict: Outputs) -> None:
        self.header, self.steps, self._thetas, self._predict = (
            replay.header, replay.steps, replay.thetas, predict,
        )  # fmt: skip
        samples = self.header.samples
        self._inputs = None if samples is None else np.asarray(samples.inputs) / self.header.scale
        self.figure: Any = new_figure(WIDTH / DPI, HEIGHT / DPI)
        with styled():
            self.figure.text(
                0.03, 0.945, short(headline(self.header), 90), fontsize=9.5, color=INK_GREY, va="center"
            )
            self._told = self.figure.text(0.03, 0.885, "", fontsize=13, fontweight="bold", va="center")
            self._images = self._lay_images()
            self._point = self._lay_loss()
            self._bars = self._lay_bars()

    def picture(self, k: int) -> bytes:
        """The PNG of iteration k."""
        step, theta = self.steps[k], self._thetas[k]
        self._told.set_text(told(step))
        weights = first_layer(self.header, theta)
        for image, unit in zip(self._images, weights, strict=False):
            limit = float(abs(unit).max()) or 1.0
            image.set_data(unit)
            image.set_clim(-limit, limit)
        self._point.set_data([step.iteration], [step.value])
        if self._inputs is not None and self._bars:
            outputs = self._predict(theta, self._inputs)
            for bars, guess in zip(self._bars, guesses(self.header, outputs), strict=False):
                _set_bars(bars, guess)
        stream = io.BytesIO()
        self.figure.savefig(stream, format="png", dpi=DPI)
        return stream.getvalue()

    def _lay_images(self) -> list[Any]:
        """A box for each unit's weights; the heading says how to read them."""
        first = first_layer(self.header, self._thetas[0] if 0 in self._thetas else np.zeros(0))
        if not first:
            return []
        unit = "output" if len(self.header.sizes) == 2 else "hidden unit"
        heading = f"weights into each {unit}: blue adds, orange takes away"
        self.figure.text(0.03, 0.80, heading, fontsize=9, color=INK_GREY, va="center")
        columns = 3 if len(first) in (3, 5, 6) else 4
        grid = self.figure.add_gridspec(
            2, columns, left=0.03, right=0.45, top=0.775, bottom=0.375, wspace=0.06, hspace=0.06
        )
        images = []
        for i, weights in enumerate(first):
            axes = self.figure.add_subplot(grid[i // columns, i % columns])
            images.append(axes.imshow(weights, cmap=two_colours(), interpolation="nearest"))
            _frame(axes)
        return images

    def _lay_loss(self) -> Any:
        axes = self.figure.add_axes(
            (0.56 if self._images else 0.1, 0.42, 0.41 if self._images else 0.85, 0.34)
        )
        train, test = (series(self.steps, name) for name in ("loss", "loss_test"))
        train, test = train[train[:, 1] > 0], test[test[:, 1] > 0]
        axes.set_title("loss", fontsize=9, color=INK_GREY, loc="left", pad=4)
        axes.tick_params(labelsize=8)
        axes.grid(axis="y")
        axes.set_axisbelow(True)
        axes.set_xlim(0, max(self.steps[-1].iteration, 1))
        if len(train):
            both = np.concatenate([train[:, 1], test[:, 1]])
            axes.set_yscale("log")
            axes.set_ylim(_around(both))
            axes.plot(*train.T, color=INK_BLUE, linewidth=1.6, label="train")
            if len(test):
                dashed = (0, (4, 2))
                axes.plot(*test.T, color=INK_ORANGE, linewidth=1.4, linestyle=dashed, label="test")
            axes.legend(loc="upper right", fontsize=8)
            _readable_log_ticks(axes, both)
        return axes.plot([], [], "o", color=INK, markersize=8, clip_on=False, zorder=5)[0]

    def _lay_bars(self) -> list[Bars]:
        """The samples in a row, each with its outputs under it."""
        count_of = len(self.header.classes)
        if self._inputs is None or not count_of or count_of > 20:
            return []
        blank = guesses(self.header, np.zeros((len(self._inputs), count_of)))[:UNITS]
        grid = self.figure.add_gridspec(
            2, len(blank), left=0.03, right=0.97, top=0.27, bottom=0.03, hspace=0.35, wspace=0.25,
            height_ratios=(1, 0.8),
        )  # fmt: skip
        found = []
        for i, guess in enumerate(blank):
            if guess.image is not None:
                axes = self.figure.add_subplot(grid[0, i])
                axes.imshow(guess.image, cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
                _frame(axes)
            axes = self.figure.add_subplot(grid[1, i])
            axes.set_axis_off()
            axes.set(xlim=(-0.7, count_of - 0.3), ylim=(0, 1))
            bars = axes.bar(range(count_of), np.zeros(count_of), color=INK_GREY, width=0.75)
            axes.axhline(0, color=INK_FAINT, linewidth=1, clip_on=False)
            found.append(Bars(bars, axes.set_title("", fontsize=9, fontweight="bold", loc="center", pad=3)))
        return found


def told(step: Step) -> str:
    """iteration 37: loss 0.6123, 84.1 % of the training samples right, 76 passes."""
    right = step.measures.get("accuracy_train")
    phrases = [f"loss {number(step.value)}"]
    if right is not None:
        phrases.append(f"{percent(right)} of the training samples right")
    return f"iteration {step.iteration:,}: {', '.join([*phrases, count(step.cost.passes, 'pass')])}"


def first_layer(header: Header, theta: Vector) -> list[Matrix]:
    """The weights into each unit of the first layer as images, UNITS at most; none of other data."""
    d, units = header.sizes[0], header.sizes[1]
    if header.image_shape is None:
        return []
    W = (np.asarray(theta)[: d * units] if len(theta) else np.zeros(d * units)).reshape(d, units)
    return [W[:, u].reshape(header.image_shape) for u in range(min(units, UNITS))]


def two_colours() -> Any:
    """Orange below zero, white at it, blue above."""
    colors = require("matplotlib.colors", "plot", "Writing a GIF")
    return colors.LinearSegmentedColormap.from_list("adds", [INK_ORANGE, "#ffffff", INK_BLUE])


def _set_bars(shown: Bars, guess: Guess) -> None:
    outputs = np.clip(np.nan_to_num(np.asarray(guess.outputs, dtype=np.float64)), 0, 1)
    best = int(np.argmax(outputs))
    for c, (bar, output) in enumerate(zip(shown.bars, outputs, strict=True)):
        bar.set_height(float(output))
        bar.set_color(INK_SIDE[guess.right] if c == best else INK_GREY)
    shown.title.set_text(f"{guess.mark} {short(plain(guess.predicted), 9)}")
    shown.title.set_color(INK_SIDE[guess.right])


def _frame(axes: Axes) -> None:
    """No ticks; a faint line around."""
    axes.set_xticks([])
    axes.set_yticks([])
    for side in axes.spines.values():
        side.set(visible=True, color=INK_FAINT, linewidth=0.8)
