"""Which samples are shown: a few of every class, the points of a plane, rows spread evenly."""

from __future__ import annotations

from typing import Any

import numpy as np

from surefoot.arrays import Array
from surefoot.data import Data
from surefoot.training.packing import packed

MOST_POINTS = 5_000  # of a plane, of each part


def even_rows(n: int, most: int) -> Array:
    """At most `most` row numbers of 0 .. n - 1, evenly spread, rising."""
    return np.arange(n) if n <= most else np.arange(most) * n // most


def varied_rows(data: Data, s: int) -> Array:
    """s rows (or all), by chance but always the same, taking the classes in turn: 0, 1, ..., 0, 1, ..."""
    order = np.random.default_rng(0).permutation(data.n)
    if not data.is_classification:
        return order[:s]
    labels = data.y[order]
    turn = np.empty(data.n, np.intp)  # which one of its class
    for label in range(data.k):
        mine = labels == label
        turn[mine] = np.arange(np.count_nonzero(mine))
    chosen: Array = order[np.lexsort((labels, turn))[:s]]
    return chosen


def sample_fields(data: Data, s: int) -> dict[str, Any]:
    """inputs (s, d) as the network sees them, labels and row numbers, for an event."""
    rows = varied_rows(data, s)
    return {"inputs": packed(data.scaled(rows)), "labels": data.y[rows].tolist(), "rows": rows.tolist()}


def plane_points(train: Data, test: Data | None) -> dict[str, Any] | None:
    """All points of labelled data in a plane, as the network sees them; None for other data."""
    if train.d != 2 or not train.is_classification:
        return None
    points: dict[str, Any] = {"x": [], "y": [], "label": [], "tested": []}
    for part, tested in ((train, False), (test, True)):
        if part is not None:
            rows = even_rows(part.n, MOST_POINTS)
            x, y = part.scaled(rows).T.tolist()
            points["x"] += x
            points["y"] += y
            points["label"] += part.y[rows].tolist()
            points["tested"] += [tested] * len(rows)
    return points
