"""Curves in braille: every character is a grid of 2 x 4 dots.

    1 4         the character U+2800 + the sum of its dots' bits
    2 5
    3 6
    7 8

A column of dots shows the whole span of the curve within it, so that no spike is lost however
many points there are.
"""

from __future__ import annotations

import numpy as np

from surefoot.arrays import Array, Matrix

BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])

Box = tuple[float, float, float, float]  # left, right, bottom, top, in units of the data


def dots(points: Matrix, box: Box, width: int, height: int) -> Array:
    """Rasterise the polyline through points (m, 2), sorted by x: (4 height, 2 width) booleans."""
    left, right, bottom, top = box
    columns, rows = 2 * width, 4 * height
    x = (points[:, 0] - left) / ((right - left) or 1.0) * columns
    y = (top - points[:, 1]) / ((top - bottom) or 1.0) * (rows - 1)
    edges = np.arange(columns + 1.0)
    edges = edges[(edges >= x[0]) & (edges <= x[-1])]
    at = np.concatenate([x, edges, edges - 1e-9])  # an edge belongs to the columns on both sides
    to = np.concatenate([y, np.tile(np.interp(edges, x, y), 2)])
    column = np.clip(at, 0, columns - 1).astype(int)
    first, last = np.full(columns, np.inf), np.full(columns, -np.inf)
    np.minimum.at(first, column, to)
    np.maximum.at(last, column, to)
    row = np.arange(rows)[:, None]
    return np.asarray((row >= np.rint(first)) & (row <= np.rint(last)))


def codes(drawn: Array) -> Array:
    """The characters of a raster (4 height, 2 width): (height, width) bits above U+2800."""
    height, width = drawn.shape[0] // 4, drawn.shape[1] // 2
    cells = drawn.reshape(height, 4, width, 2)
    return np.asarray(np.einsum("hiwj,ij->hw", cells.astype(int), BITS))
