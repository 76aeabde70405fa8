"""Every printed number of a stored run once more, from its weights and the data, by the plain route.

With θ_k the stored weights, Δ = θ_k - θ_{k-1} and p = Δ / α, each step must be what its record says:

    loss           L(θ_k)                         gradient norm   |∇L(θ_k)|
    slope          ∇L(θ_{k-1})ᵀ p                 trials          φ(α) = L(θ_{k-1} + α p), φ′(α), margin
    accuracies     counted again                  condition       the inequality the step was accepted by
    weights        SHA-256 and stored states, to the last bit

An iteration whose weights are not stored cannot be verified; the report says how many can.

How closely: relative to the number 1e-9 in double, 2e-5 in single, where every sum over inputs has rounded
each of its summands to 6e-8; and never closer than rounding of its own parts allows (judged.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from surefoot.arrays import Array, Vector
from surefoot.data import Data
from surefoot.descent.method import Method, Search
from surefoot.descent.searches.by_cost import ByCost
from surefoot.errors import BadValue
from surefoot.network import Network
from surefoot.records import Header
from surefoot.training.findings import Book, Verification
from surefoot.training.judged import Judge, Walked
from surefoot.training.plain import Place, tell
from surefoot.training.problem import Problem
from surefoot.training.resume import checked_weights, data_of, rule_of
from surefoot.training.store import digest, finite
from surefoot.training.stored import Stored, read_all

CHUNK = 32 << 20  # bytes of gradients that are held at once
TESTED = {"loss_test", "accuracy_test"}


def verify(
    path: str | Path,
    *,
    data: Data | None = None,
    test: Data | None = None,
    sample_weight: Array | None = None,
    method: str | Method | None = None,
    data_dir: str | None = None,
) -> Verification:
    """Derive every printed number of a stored run again, by an independent plain route.

    Parameters
    ----------
    path : the run file, finished, cut off or growing.
    data, test, sample_weight, method, data_dir : as in `resume`, for what the file does not hold.

    Returns
    -------
    Verification : `holds`, and each number that differs with its iteration.

    Raises
    ------
    RunFileError : not a run, damaged, or without weights.   BadValue : the data are not the run's.
    """
    stored = read_all(path)
    header = stored.header
    weights = checked_weights(header, sample_weight)
    data, test = data_of(header, data, test, data_dir)
    notes: tuple[str, ...] = ()
    rule: Method | None = None
    try:
        rule = rule_of(header, method)
    except BadValue as error:
        notes = (f"The conditions of accepted steps were not checked. {error}",)
    book = Book()
    _exact(stored, book)
    search = None if rule is None else _search(header, rule, data)
    for ks in _chunks(stored):
        _judge_chunk(stored, ks, data, test, weights, rule, search, book)
    if book.kinks:
        notes = (
            *notes,
            f"{book.kinks} iterations have rows at a kink of {header.activation}, where a slope has two "
            "values: compared loosely there.",
        )
    return Verification(
        str(path),
        f"{header.architecture}, {header.method} on {header.data}",
        header.precision,
        len(stored.steps),
        len(stored.thetas.keys() & stored.steps.keys()),
        dict(book.checked),
        tuple(sorted(book.mismatches, key=lambda m: m.iteration)),
        notes,
    )


def _exact(stored: Stored, book: Book) -> None:
    """What must be the same to the last bit: digests, states, the table of trials."""
    for k, theta in stored.thetas.items():
        if k in stored.digests:
            book.agree(k, "weights' digest", stored.digests[k][:12], digest(theta.tobytes())[:12])
        if k not in stored.steps:
            book.agree(k, "record", "missing", "weights are there")
    for state in stored.states:
        k, step = state.iteration, stored.steps.get(state.iteration)
        if k in stored.thetas:
            book.agree(k, "state's weights", _bits(state.theta), _bits(stored.thetas[k]))
        if step is not None:
            book.agree(k, "state's loss", step.value, float(state.value))
            book.agree(k, "state's gradient norm", step.gradient_norm, float(np.linalg.norm(state.gradient)))
    listed: dict[int, list[tuple[Any, ...]]] = {k: [] for k in stored.steps}
    for k, _, *said in stored.trials:
        listed.setdefault(k, []).append(tuple(said))
    for k, rows in listed.items():
        trials = stored.steps[k].trials if k in stored.steps else ()
        book.agree(k, "trials listed", len(trials), len(rows))
        for i, (trial, row) in enumerate(zip(trials, rows, strict=False), start=1):
            record = finite([trial.alpha, trial.phi, trial.slope, trial.verdict.value, trial.margin])
            for name, one, other in zip(("α", "φ", "φ′", "verdict", "margin"), record, row, strict=True):
                if one != other:
                    book.agree(k, f"trial {i}: {name} in the table of trials", other, one)


def _bits(theta: Vector) -> str:
    return digest(np.asarray(theta, "<f8").tobytes())[:12]


def _search(header: Header, rule: Method, data: Data) -> Search:
    """The search that judged: a method that chooses by cost chooses by the network's sizes."""
    if not isinstance(rule.search, ByCost):
        return rule.search
    net = Network(header.sizes, header.activation, header.loss)
    return rule.search.chosen(Problem(net, data.take(slice(1)), compute="dense").trial_cost)


def _chunks(stored: Stored) -> Iterator[list[int]]:
    """Iterations with weights, a few at a time; each chunk begins with the last one of the one before."""
    ks = sorted(stored.thetas.keys() & stored.steps.keys())
    size = max(2, CHUNK // (8 * stored.network.size))
    yield ks[:size]
    for start in range(size, len(ks), size - 1):
        yield ks[start - 1 : start + size - 1]


def _judge_chunk(
    stored: Stored,
    ks: Sequence[int],
    data: Data,
    test: Data | None,
    weights: Array | None,
    rule: Method | None,
    search: Search | None,
    book: Book,
) -> None:
    """Derive what these iterations need, all at once; then compare."""
    net, l2, single = stored.network, stored.header.l2, stored.single
    here = {k: Place(stored.thetas[k], keep=True) for k in ks}
    steps = {k: Walked.of(stored.steps[k], here[k - 1], here[k]) for k in ks if k - 1 in here}
    tried = [place for step in steps.values() for place in step.places.values()]
    with np.errstate(all="ignore"):  # a trial may lie where the loss is not finite
        tell(net, data, [*here.values(), *tried], l2=l2, sample_weight=weights, single=single)
    unseen = {k: Place(stored.thetas[k]) for k in ks if stored.steps[k].measures.keys() & TESTED}
    if test is not None and unseen:
        tell(net, test, list(unseen.values()), single=False)
    judge = Judge(stored, rule, search, book)
    again = ks[0] if ks[0] != min(stored.thetas) else None  # the one that the chunk before has judged
    for k in ks:
        if k != again:
            judge.point(k, here[k], unseen.get(k))
            judge.outputs(k)
        if k in steps:
            judge.step(k, steps[k])
