"""A small picture in characters: two pixels in each, the upper half block between two colours.

Without colours the same picture in five shades.  A picture of any size is brought to the size
asked for by area: every new pixel is the mean of what it covers.
"""

from __future__ import annotations

from functools import cache
from itertools import groupby

import numpy as np
from rich.color import Color
from rich.style import Style
from rich.text import Text

from surefoot.arrays import Matrix
from surefoot.views.chart import Block

SHADES = " ░▒▓█"


def resized(image: Matrix, height: int, width: int) -> Matrix:
    """The image as (height, width); means over areas, so a constant stays what it is."""
    return _cover(height, image.shape[0]) @ image @ _cover(width, image.shape[1]).T


def _cover(new: int, old: int) -> Matrix:
    """(new, old): which part of each new interval lies in each old one; rows sum to one."""
    edges = np.linspace(0, old, new + 1)
    low = np.maximum(edges[:-1, None], np.arange(old))
    high = np.minimum(edges[1:, None], np.arange(1, old + 1))
    return np.asarray(np.maximum(high - low, 0) * new / old, dtype=np.float64)


def portrait(image: Matrix, width: int, height: int, coloured: bool) -> Block:
    """An image of grey levels 0 to 1 in width x height characters."""
    if not coloured:
        grey = np.rint(resized(image, height, width) * (len(SHADES) - 1)).astype(int)
        return [Text("".join(SHADES[g] for g in line)) for line in grey]
    grey = np.rint(resized(image, 2 * height, width) * 255).astype(int)
    block = []
    for upper, lower in zip(grey[::2], grey[1::2], strict=True):
        runs = groupby(zip(upper.tolist(), lower.tolist(), strict=True))
        block.append(Text.assemble(*(("▀" * len(list(run)), _style(*pair)) for pair, run in runs)))
    return block


@cache
def _style(over: int, under: int) -> Style:
    return Style(color=Color.from_rgb(over, over, over), bgcolor=Color.from_rgb(under, under, under))
