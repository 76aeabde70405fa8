"""What a report draws, measured on the test rows: where the model is wrong, how sure, and what it looks at.

    confusion     C[i, j]: rows of class i that were called j
    ROC           one class against the rest: right alarms over false alarms, for every threshold; its area is
                  the chance that a row of the class gets a higher probability than another (ties: half)
    calibration   of the answers given with about 80 %, how many are right?
    residuals     y - ŷ
    importance    how much the loss rises when one column is shuffled among the rows

Sources: T. Fawcett, Pattern Recognition Letters 27 (2006) 861-874;
L. Breiman, Machine Learning 45 (2001) 5-32.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from surefoot.arrays import Array
from surefoot.tables.scores import wilson

SHOWN = 500  # points of a curve or a cloud that are kept, at most
ROUNDS = 10  # shuffles of a column
GROUPS = 8  # of a calibration curve, at most, of equally many answers
LEAST_IN_GROUP = 10


def confusion(y: Array, guesses: Array, k: int) -> Array:
    """C (k, k), rows true, columns predicted."""
    C = np.zeros((k, k), dtype=np.int64)
    np.add.at(C, (y, guesses), 1)
    return C


def roc(is_class: Array, p: Array) -> dict[str, Any] | None:
    """False and right alarms for all thresholds from the highest down, and the area; None without both."""
    order = np.argsort(-p, kind="stable")
    hits = is_class[order].astype(float)
    right, false = np.cumsum(hits), np.cumsum(1 - hits)
    if not right[-1] or not false[-1]:
        return None
    ends = np.r_[np.flatnonzero(np.diff(p[order])), len(p) - 1]  # ties are crossed in one stroke
    tpr, fpr = np.r_[0, right[ends] / right[-1]], np.r_[0, false[ends] / false[-1]]
    area = float(np.sum(np.diff(fpr) * (tpr[1:] + tpr[:-1]) / 2))
    some = thinned(len(tpr))
    return {"false": fpr[some].tolist(), "right": tpr[some].tolist(), "area": area}


def calibration(y: Array, P: Array) -> list[dict[str, float]]:
    """Groups of answers by the probability given: its mean, the share that is right, Wilson's ends."""
    sure, right = P.max(axis=1), P.argmax(axis=1) == y
    order = np.argsort(sure, kind="stable")
    count = int(np.clip(len(y) // LEAST_IN_GROUP, 1, GROUPS))
    groups = []
    for rows in np.array_split(order, count):
        low, high = wilson(int(right[rows].sum()), len(rows))
        groups.append(
            {
                "said": float(sure[rows].mean()), "right": float(right[rows].mean()),
                "low": low, "high": high, "rows": len(rows),
            }
        )  # fmt: skip
    return groups


def class_pictures(y: Array, P: Array, classes: Sequence[str]) -> dict[str, Any]:
    """Everything that is drawn of classes."""
    curves = []
    for k, name in enumerate(classes):
        if len(classes) == 2 and k == 0:
            continue  # of two classes the second says it all
        if (curve := roc(y == k, P[:, k])) is not None:
            curves.append({"class": name, **curve})
    return {
        "confusion": confusion(y, P.argmax(axis=1), len(classes)).tolist(),
        "roc": curves,
        "calibration": calibration(y, P),
    }


def number_pictures(y: Array, guesses: Array) -> dict[str, Any]:
    """Everything that is drawn of numbers; of very many rows an even choice."""
    residuals = y - guesses
    low, high = float(residuals.min()), float(residuals.max())
    if high - low <= 1e-9 * max(abs(low), abs(high)):  # all alike: room for bins that differ
        room = 1e-3 * max(abs(low), abs(high)) or 1.0
        low, high = low - room, high + room
    many = int(np.clip(np.sqrt(len(y)) * 1.5, 5, 25))
    counts, edges = np.histogram(residuals, bins=many, range=(low, high))
    some = thinned(len(y))
    return {
        "true": y[some].tolist(),
        "predicted": guesses[some].tolist(),
        "residuals": {"edges": edges.tolist(), "rows": counts.tolist()},
    }


def importance(
    X: Array, sources: Sequence[str], loss: Callable[[Array], float], seed: int
) -> list[dict[str, Any]]:
    """By how much shuffling each column of the table raises the loss, the most important first.

    Columns of X that come from one column of the table are shuffled together.
    """
    rng, before = np.random.default_rng(seed), loss(X)
    found = []
    for name in dict.fromkeys(sources):
        mine = [j for j, source in enumerate(sources) if source == name]
        rises = []
        for _ in range(ROUNDS):
            shuffled = X.copy()
            shuffled[:, mine] = X[rng.permutation(len(X))][:, mine]
            rises.append(loss(shuffled) - before)
        found.append({"name": name, "rise": float(np.mean(rises)), "spread": float(np.std(rises))})
    return sorted(found, key=lambda one: -float(one["rise"]))


def thinned(n: int) -> Array:
    """At most SHOWN rows of n, evenly, the ends among them."""
    return np.unique(np.linspace(0, n - 1, min(n, SHOWN)).round().astype(int))
