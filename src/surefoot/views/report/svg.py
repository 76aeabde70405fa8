"""Drawing in SVG by hand: tags, scales, axes.  Text is escaped here, and only here.

Colours are classes; the page says what they are, on white paper and on a dark screen.
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from surefoot.views.words import plain, short

WIDTH, HEIGHT = 360, 226
SIZE = 12  # of letters, in the units of the drawing
LETTER = 6.3  # about the width of one


def safe(text: object) -> str:
    """Text that can stand anywhere in HTML or SVG, without control characters."""
    return html.escape(plain(text), quote=True)


def tag(name: str, *inner: str, **attributes: object) -> str:
    """<name attribute="...">inner</name>; `inner` is markup, attributes are escaped; class_ is class."""
    said = ""
    for key, value in attributes.items():
        text = f"{value:.6g}" if isinstance(value, float) else value
        said += f' {key.rstrip("_").replace("_", "-")}="{safe(text)}"'
    return f"<{name}{said}>{''.join(inner)}</{name}>" if inner else f"<{name}{said}/>"


def words(x: float, y: float, text: object, class_: str = "", anchor: str = "start") -> str:
    return tag("text", safe(text), x=float(x), y=float(y), class_=class_ or "word", text_anchor=anchor)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> str:
    return tag("line", x1=float(x1), y1=float(y1), x2=float(x2), y2=float(y2), class_=class_)


def picture(title: str, sentence: str, *parts: str, height: float = HEIGHT) -> str:
    """The whole drawing, with what a screen reader says of it."""
    head = tag("title", safe(title)) + tag("desc", safe(sentence))
    return tag("svg", head, *parts, viewBox=f"0 0 {WIDTH} {height:g}", role="img", class_="picture")


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers from low to high, 1, 2 or 5 times a power of ten apart."""
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return [low] if math.isfinite(low) else []
    raw = (high - low) / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = next((m * power for m in (1, 2, 5) if m * power >= raw), 10 * power)
    first = math.ceil(low / step - 1e-9)
    return [k * step for k in range(first, first + about * 3) if k * step <= high + 1e-9 * step]


def label(x: float) -> str:
    """A tick: 0.25, 1,500, 2e+06."""
    if x == 0 or abs(x) < 1e-300:
        return "0"
    if abs(x) >= 1e5 or abs(x) < 1e-3:
        return f"{x:.3g}"
    return f"{x:,.10g}" if abs(x - round(x, 6)) < 1e-9 * abs(x) else f"{x:.4g}"


@dataclass(frozen=True)
class Frame:
    """A rectangle with scales: `x` and `y` are the values at its ends."""

    x: tuple[float, float]
    y: tuple[float, float]
    left: float = 52
    top: float = 12
    right: float = WIDTH - 12
    bottom: float = HEIGHT - 40

    def px(self, value: float) -> float:
        return self.left + (self.right - self.left) * (value - self.x[0]) / (self.x[1] - self.x[0])

    def py(self, value: float) -> float:
        return self.bottom - (self.bottom - self.top) * (value - self.y[0]) / (self.y[1] - self.y[0])

    def path(self, xs: Sequence[float], ys: Sequence[float], class_: str) -> str:
        points = " ".join(f"{self.px(a):.1f},{self.py(b):.1f}" for a, b in zip(xs, ys, strict=True))
        return tag("polyline", points=points, class_=class_)

    def axes(
        self,
        x_name: str,
        y_name: str,
        x_ticks: Iterable[float] | None = None,
        y_ticks: Iterable[float] | None = None,
        percent: str = "",
    ) -> str:
        """Grid, ticks and names; axes in `percent` ("x", "y", "xy") are fractions shown as percent."""
        xs = ticks(*self.x) if x_ticks is None else list(x_ticks)
        ys = ticks(*self.y) if y_ticks is None else list(y_ticks)
        parts = [line(self.left, self.py(v), self.right, self.py(v), "grid") for v in ys]
        parts += [line(self.left, self.bottom, self.right, self.bottom, "axis")]
        for v in xs:
            shown = f"{100 * v:.4g} %" if "x" in percent else label(v)
            parts += [line(self.px(v), self.bottom, self.px(v), self.bottom + 4, "axis")]
            parts += [words(self.px(v), self.bottom + 16, shown, "tick", "middle")]
        for v in ys:
            shown = f"{100 * v:.4g} %" if "y" in percent else label(v)
            parts += [words(self.left - 6, self.py(v) + 4, shown, "tick", "end")]
        middle = (self.top + self.bottom) / 2
        turned = tag(
            "text", safe(short(y_name, 30)), x=12, y=middle, class_="name", text_anchor="middle",
            transform=f"rotate(-90 12 {middle:g})",
        )  # fmt: skip
        named = words((self.left + self.right) / 2, self.bottom + 33, short(x_name, 44), "name", "middle")
        return "".join((*parts, turned if y_name else "", named))


def around(values: Iterable[float], share: float = 0.05) -> tuple[float, float]:
    """The range of the values with a little room; never empty."""
    known = [v for v in values if math.isfinite(v)] or [0.0, 1.0]
    low, high = min(known), max(known)
    room = (high - low) * share or abs(high) * share or 1.0
    return low - room, high + room


def apart(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Heights near the wanted ones, at least `gap` from each other, from low to high."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    placed = [0.0] * len(wanted)
    floor = low
    for i in order:
        placed[i] = max(wanted[i], floor)
        floor = placed[i] + gap
    ceiling = high
    for i in reversed(order):
        placed[i] = min(placed[i], ceiling)
        ceiling = placed[i] - gap
    return placed
