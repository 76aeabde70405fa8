"""What a run gets wrong at an iteration: the confusion matrix, the worst rows, and when each was learned.

A row is learned at the first of the iterations looked at from which on it is right up to the newest.
These are multiples of a power of two, at most about LOOKS of them, so that they stay the same ones
while the run grows, and what was predicted at them is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from surefoot.arrays import Array, Vector
from surefoot.data import Data
from surefoot.errors import BadValue
from surefoot.network import Network
from surefoot.training.packing import packed
from surefoot.training.shown import even_rows

if TYPE_CHECKING:
    from surefoot.training.journal import Journal

ROWS = 2_000  # looked at, at most
WORST = 24
LOOKS = 60  # iterations at which predictions are made to tell when a row was learned
WORK = 3e10  # multiplications that these may take; wide networks are looked at less often


def mistakes(journal: Journal, k: int) -> dict[str, Any]:
    """The answer to "errors": counts, confusion[true][guess], and the wrong rows by falling loss.

    Raises
    ------
    BadValue : the run has no classes, or its data are not at hand.
    """
    data, net = journal.test or journal.data, journal.network
    classes = class_names(net, data)
    rows = even_rows(data.n, ROWS)
    part = data.take(rows)
    Z = net.outputs(journal.theta(k), part.scaled())
    labels, guesses = part.y.astype(np.intp), guessed(net, Z)
    losses = net.criterion.value(Z, net.criterion.targets(part.y, net.sizes[-1]))
    confusion = np.zeros((len(classes), len(classes)), int)
    np.add.at(confusion, (labels, guesses), 1)
    wrong = np.flatnonzero(labels != guesses)
    worst = wrong[np.argsort(-losses[wrong], kind="stable")[:WORST]]
    looks, spacing = iterations_looked_at(journal, part.n)
    learned = first_right(journal, part, looks, spacing, worst)
    surety = certainty(net, Z)
    return {
        "part": "training" if journal.test is None else "unseen",
        "n": data.n,
        "shown": len(rows),
        "right": int(np.trace(confusion)),
        "classes": list(classes),
        "confusion": confusion.tolist(),
        "worst": [
            {
                "row": int(rows[i]),
                "label": int(labels[i]),
                "guess": int(guesses[i]),
                "loss": float(losses[i]),
                "probability": float(surety[i]),
                "learned": at,
                "inputs": packed(part.scaled(i)),
            }
            for i, at in zip(worst, learned, strict=True)
        ],
        "resolution": spacing,
    }


def class_names(net: Network, data: Data) -> tuple[str, ...]:
    """The names of the classes; BadValue where a sample has none."""
    if net.loss == "cross-entropy":
        return data.classes
    if net.loss == "binary" and net.sizes[-1] == 1:
        return data.classes or ("0", "1")
    raise BadValue("This network gives numbers, not one class for each sample: there is nothing to confuse.")


def guessed(net: Network, Z: Array) -> Array:
    """(n,) the class that the outputs Z (n, k) name."""
    named: Array = Z.argmax(axis=1) if net.loss == "cross-entropy" else (Z[:, 0] > 0).astype(np.intp)
    return named


def certainty(net: Network, Z: Array) -> Array:
    """(n,) the probability that the network gives to its own guess."""
    P = net.criterion.predict(Z)
    sure: Array = P.max(axis=1) if net.loss == "cross-entropy" else np.maximum(P, 1 - P)[:, 0]
    return sure


def iterations_looked_at(journal: Journal, rows: int) -> tuple[list[int], int]:
    """Multiples of a power of two that have weights, and the newest; and that power."""
    looks = max(8, min(LOOKS, int(WORK / (rows * journal.network.size))))
    spacing = 1
    while journal.last // spacing >= looks:
        spacing *= 2
    kept = [k for k in range(0, journal.last + 1, spacing) if k in journal.thetas]
    newest = [journal.last] if journal.last in journal.thetas and journal.last % spacing else []
    return kept + newest, spacing


def first_right(
    journal: Journal, part: Data, looks: list[int], spacing: int, rows: Array
) -> list[int | None]:
    """For each row: the first iteration looked at from which on it is right; None: wrong to the end."""
    if not len(rows):
        return []
    X, labels = part.scaled(), part.y[rows].astype(np.intp)
    right = np.stack([_predicted(journal, k, X, keep=k % spacing == 0)[rows] == labels for k in looks])
    learned: list[int | None] = []
    for column in right.T:
        wrong = np.flatnonzero(~column)
        after = 0 if not wrong.size else int(wrong[-1]) + 1
        learned.append(looks[after] if after < len(looks) else None)
    return learned


def _predicted(journal: Journal, k: int, X: Array, keep: bool) -> Array:
    """(n,) classes named at iteration k, kept for the next question where it will be asked again."""
    key = ("predicted", k)
    if key in journal.found:
        return np.asarray(journal.found[key])
    named = _classes_at(journal.network, journal.thetas[k], X)
    if keep:
        journal.found[key] = named
    return named


def _classes_at(net: Network, theta: Vector, X: Array) -> Array:
    return guessed(net, net.outputs(theta, X)).astype(np.int16)
