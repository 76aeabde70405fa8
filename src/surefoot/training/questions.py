"""What can be asked of a run, as one table: every answer is computed there and then from the journal.

    weights         of iterations from .. to, rounded to float32 for pictures
    exact weights   of one iteration, to the last bit
    microscope      the line search of a step, seen again
    errors          confusion matrix, the worst rows, and when each was learned
    surface         the loss on the plane closest to the last steps
    gradient        of the whole training set, by the plain path

Answers are trees that JSON takes (arrays packed, numbers that are not finite as null).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from surefoot.arrays import Vector
from surefoot.errors import BadValue, UnknownName
from surefoot.network.mlp import forward
from surefoot.training.baseline import softmax_line
from surefoot.training.journal import Journal
from surefoot.training.mistakes import mistakes
from surefoot.training.packing import packed
from surefoot.training.slices import surface
from surefoot.training.store import finite

__all__ = ["QUESTIONS", "answer", "plain_gradient", "softmax_line"]

MOST_BYTES = 32 << 20  # of the weights in one answer; it holds fewer iterations when they are large
BLOCK = 4_096  # rows of the plain gradient


def answer(journal: Journal, what: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to one question, as a tree for JSON.

    Raises
    ------
    UnknownName : no such question.   BadValue, RunFileError : one sentence on why it has no answer.

    >>> import surefoot as sf
    >>> journal = Journal.begin(sf.Network((64, 6, 10)), sf.load("digits"))
    >>> [journal.advance() is None for _ in range(3)]
    [False, False, False]
    >>> answer(journal, "weights", {"from": 0, "to": 2})["weights"]["shape"]
    [3, 460]
    """
    if not isinstance(what, str) or what not in QUESTIONS:
        raise UnknownName("question", what, QUESTIONS)
    if not isinstance(args, Mapping):
        raise BadValue(f"A question comes with names and values, such as k: 12; not {type(args).__name__}.")
    told: dict[str, Any] = finite(QUESTIONS[what](journal, args))
    return told


def _iteration(journal: Journal, args: Mapping[str, Any], name: str = "k", least: int = 0) -> int:
    """One of the arguments, an iteration of the run; BadValue otherwise."""
    if name not in args:
        raise BadValue(f"The question needs {name!r}, a number of an iteration.")
    return journal.check_iteration(args[name], least)


def _weights(journal: Journal, args: Mapping[str, Any]) -> dict[str, Any]:
    first, last = (_iteration(journal, args, name) for name in ("from", "to"))
    if last < first:
        raise BadValue(f"Weights from {first} to {last} are none; give the smaller number first.")
    most = max(1, MOST_BYTES // (4 * journal.network.size))
    wanted = range(first, min(last, first + most - 1) + 1)
    thetas = np.empty((len(wanted), journal.network.size), np.float32)
    for i, k in enumerate(wanted):
        thetas[i] = journal.thetas[k] if k in journal.thetas else journal.theta(k)
    # float32 has 24 bits: only what they hold is exact
    exact = [
        k for i, k in enumerate(wanted)
        if journal.thetas.exact([k]) and np.array_equal(thetas[i], journal.thetas[k])
    ]  # fmt: skip
    return {"from": first, "weights": packed(thetas), "exact": exact}


def _exact_weights(journal: Journal, args: Mapping[str, Any]) -> dict[str, Any]:
    return {"weights": packed(journal.theta(_iteration(journal, args)), "f8")}


def _microscope(journal: Journal, args: Mapping[str, Any]) -> dict[str, Any]:
    return journal.microscope(_iteration(journal, args, least=1)).to_json()


def _errors(journal: Journal, args: Mapping[str, Any]) -> dict[str, Any]:
    return mistakes(journal, _iteration(journal, args))


def _surface(journal: Journal, args: Mapping[str, Any]) -> dict[str, Any]:
    return surface(journal, _iteration(journal, args, least=1))


def _gradient(journal: Journal, args: Mapping[str, Any]) -> dict[str, Any]:
    loss, gradient = plain_gradient(journal, journal.theta(_iteration(journal, args)))
    blocks = journal.network.layout.slices
    norms = [{"name": name, "norm": float(np.linalg.norm(gradient[place]))} for name, place in blocks.items()]
    return {"gradient": packed(gradient, "f8"), "norms": norms, "loss": loss}


def plain_gradient(journal: Journal, theta: Vector) -> tuple[float, Vector]:
    """L and ∂L/∂θ on all training rows, forward and back through the network, block by block of rows.

    L = (1/n) Σ l(zᵢ, yᵢ) + ½ λ Σ W²
    """
    net, data, l2 = journal.network, journal.data, journal.header.l2
    criterion, layers = net.criterion, net.layout.split(theta)
    total, summed = 0.0, np.zeros(net.size)
    for start in range(0, data.n, BLOCK):
        rows = slice(start, start + BLOCK)
        Y = criterion.targets(data.y[rows], net.sizes[-1])
        Z, pullback = forward(data.scaled(rows), layers, net.f)
        total += float(criterion.value(Z, Y).sum())
        summed += net.layout.join(pullback(criterion.gradient(Z, Y)))
    W = np.where(net.layout.is_weight, theta, 0.0)
    return total / data.n + 0.5 * l2 * float(W @ W), summed / data.n + l2 * W


QUESTIONS: dict[str, Callable[[Journal, Mapping[str, Any]], dict[str, Any]]] = {
    "weights": _weights,
    "exact weights": _exact_weights,
    "microscope": _microscope,
    "errors": _errors,
    "surface": _surface,
    "gradient": _gradient,
}
