"""A chart in characters: curves in braille, the range at the left, the iterations below.

Every block here is a list of lines of rich Text, as wide as asked; blocks are put beside each other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

import numpy as np
from rich.text import Text

from surefoot.arrays import Matrix
from surefoot.views.braille import Box, codes, dots
from surefoot.views.palette import GREY

Block = list[Text]


@dataclass(frozen=True)
class Curve:
    """Points (m, 2), sorted by x, and how to paint them."""

    points: Matrix
    style: str


def chart(
    curves: Sequence[Curve],
    width: int,
    height: int,
    *,
    tell: Callable[[float], str] = "{:.3g}".format,
    tell_x: Callable[[float], str] = "{:,.0f}".format,
    log: bool = False,
) -> Block:
    """Curves in a frame of width x height characters, the last line being the horizontal axis.

    tell, tell_x : how to write the numbers at the vertical and the horizontal axis.
    log : a logarithmic vertical axis; values that are not positive are left out.
    """
    shown = [Curve(_visible(c.points, log), c.style) for c in curves]
    shown = [c for c in shown if len(c.points)]
    if not shown:
        return [Text(" " * width) for _ in range(height)]
    left, right, bottom, top = box = _box(shown)
    value = np.exp if log else float
    told = {line: tell(float(value(number))) for line, number in _labels(height - 1, bottom, top)}
    gutter = max(map(len, told.values()))
    plane = _paint(shown, box, width - gutter - 2, height - 1)
    for line in range(height - 1):
        tick = "┤" if line in told else "│"
        plane[line] = Text(f"{told.get(line, ''):>{gutter}} {tick}", GREY) + plane[line]
    start, end = tell_x(left), tell_x(right)
    axis = " " * (gutter + 2) + start + end.rjust(width - gutter - 2 - len(start))
    return [*plane, Text(axis, GREY)]


def _visible(points: Matrix, log: bool) -> Matrix:
    points = points[np.isfinite(points).all(axis=1)]
    if not log:
        return points
    points = points[points[:, 1] > 0]
    return np.column_stack([points[:, 0], np.log(points[:, 1])])


def _box(curves: Sequence[Curve]) -> Box:
    points = np.concatenate([c.points for c in curves])
    (left, bottom), (right, top) = points.min(axis=0), points.max(axis=0)
    return float(left), float(right), float(bottom), float(top)


def _labels(height: int, bottom: float, top: float) -> list[tuple[int, float]]:
    """Line and value of the numbers at the left: top, bottom, and between when there is room."""
    if top == bottom:
        return [(0, top)]
    parts = 1 if height < 5 else 2 if height < 9 else 4
    lines = sorted({round(i * (height - 1) / parts) for i in range(parts + 1)})
    return [(line, top - (top - bottom) * line / (height - 1 or 1)) for line in lines]


def _paint(curves: Sequence[Curve], box: Box, width: int, height: int) -> Block:
    """All curves over each other; where they share characters, the colours take turns."""
    rasters = np.array([codes(dots(c.points, box, width, height)) for c in curves])
    together = np.bitwise_or.reduce(rasters)
    block = []
    for line, bits in enumerate(together.tolist()):
        cells = [(" ", "")] * width
        for column in np.flatnonzero(together[line]).tolist():
            styles = [c.style for c, raster in zip(curves, rasters, strict=True) if raster[line, column]]
            cells[column] = chr(0x2800 + bits[column]), styles[(line + column) % len(styles)]
        runs = groupby(cells, key=itemgetter(1))
        block.append(Text.assemble(*(("".join(c for c, _ in run), style) for style, run in runs)))
    return block


def beside(blocks: Sequence[Block], widths: Sequence[int], gap: int) -> Block:
    """Put blocks next to each other, each in its own width, shorter ones filled up below."""
    height = max((len(b) for b in blocks), default=0)
    lines = []
    for line in range(height):
        text = Text()
        for number, (block, width) in enumerate(zip(blocks, widths, strict=True)):
            piece = block[line].copy() if line < len(block) else Text()
            piece.truncate(width, pad=number < len(blocks) - 1)
            text += piece
            if number < len(blocks) - 1:
                text.append(" " * gap)
        lines.append(text)
    return lines
