"""How much weight decay: l2 = c / n, with the c that cross-validation finds best.

    L(θ) = mean loss + l2/2 Σ W²        l2 = c/n        n distinct samples; scikit-learn's alpha = l2 n = c

    V(c) = Σᵢ wᵢ l(z(xᵢ; θ_c without the fold of i), yᵢ) / Σᵢ wᵢ        c = argmin V

Why c / n: n L is the sum of the losses plus c/2 Σ W², so c is the prior's weight beside the data, and means
the same on the ⅔ of the samples that a fold trains on (there l2 = c / (⅔ n)) as on all of them.

The path goes from the largest c to the smallest, each fit from where the last one ended, plus a little of
the first start: a large c may bring weights to 0, where a network has a saddle that no descent leaves.
Folds are of distinct samples in their canonical order (multiset.py): a sample is never on both sides, and
neither its place nor its being repeated instead of weighted counts.

The folds train as scaled by all samples; the mean and spread of inputs tell nothing of a single target.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from surefoot.arrays import Array, Vector
from surefoot.descent.loop import descend
from surefoot.descent.stopping import Stop
from surefoot.estimators.early import Validation, settled
from surefoot.estimators.fitting import Task
from surefoot.estimators.multiset import Distinct
from surefoot.records import Step

GRID = (30.0, 10.0, 3.0, 1.0, 0.3, 0.1)  # c, as the path goes
FOLDS = 3
FEWEST = 9  # distinct samples, and FOLDS of every class: with fewer, nothing can be validated
CAREFUL, USUAL = 3.0, 1.0  # c without validation: for few samples, and for many or with early stopping
MOST_ROWS = 20_000
MOST_WORK = 1e7  # samples times weights: some ten seconds of validation
ITERATIONS = 100  # of a fit on the path, at most, and max_iter where that is less
TOL = 1e-4  # at least: V need not be known to many digits
RISE = 1e-3  # of V, relative: less is rounding, as where every c so far has brought the weights to 0
KICK = 0.1  # of the first start, added to where the last fit ended


class Decay(NamedTuple):
    """The l2 to train with, why in words, and V(c) for every c that was tried."""

    l2: float
    why: str
    path: list[tuple[float, float]]


def chosen(task: Task, theta0: Vector, rng: np.random.Generator) -> Decay:
    """The weight decay for a task: by cross-validation, or by a rule where that cannot be or takes long."""
    n = task.X.shape[0]
    fewest = n if task.targets.groups is None else np.unique(task.targets.groups, return_counts=True)[1].min()
    if task.validation is not None:
        return _by_rule(USUAL, n, "as early stopping holds back too")
    if n < FEWEST or fewest < FOLDS:
        return _by_rule(CAREFUL, n, "as there are too few samples for cross-validation")
    if n > MOST_ROWS or n * len(theta0) > MOST_WORK:
        return _by_rule(USUAL, n, "as cross-validation of so much would take long")
    path = _path(task, theta0, folds(task, rng))
    c, _ = min(path, key=lambda pair: pair[1])
    words = f"{c:g} / {n:,}, the best of {len(path)} in {FOLDS}-fold cross-validation"
    return Decay(c / n, words, path)


def _by_rule(c: float, n: int, why: str) -> Decay:
    return Decay(c / n, f"{c:g} / {n:,}, {why}", [])


def folds(task: Task, rng: np.random.Generator) -> Array:
    """The fold (0 .. FOLDS - 1) of every sample (n,); the classes keep their shares."""
    n, groups = task.X.shape[0], task.targets.groups
    order = rng.permutation(n)
    if groups is not None:
        order = order[np.argsort(groups[order], kind="stable")]
    fold = np.empty(n, int)
    fold[order] = np.arange(n) % FOLDS
    return fold


def _path(task: Task, theta0: Vector, fold: Array) -> list[tuple[float, float]]:
    """(c, V(c)) along the grid, until V has risen twice in a row."""
    parts = list(_parts(task, fold))
    thetas = [theta0] * FOLDS
    path: list[tuple[float, float]] = []
    for c in GRID:
        total = 0.0
        for k, (part, unseen, share) in enumerate(parts):
            begin = thetas[k] + KICK * theta0 if path else theta0
            thetas[k] = _trained(part, begin, c / part.X.shape[0])
            total += share * unseen.measure(thetas[k])[0]
        path.append((c, total if np.isfinite(total) else np.inf))
        values = [value for _, value in path[-3:]]
        if len(values) == 3 and all(b > (1 + RISE) * a for a, b in pairwise(values)):
            break
    return path


def _parts(task: Task, fold: Array) -> Iterator[tuple[Task, Validation, float]]:
    """For every fold the task without it, the samples in it, and their share of all weight."""
    w = np.ones(len(fold)) if task.kept.weights is None else task.kept.weights
    for k in range(FOLDS):
        out, rest = np.flatnonzero(fold == k), np.flatnonzero(fold != k)
        part = replace(task, X=task.X[rest], targets=task.targets.take(rest), kept=_taken(task.kept, rest))
        kept = _taken(task.kept, out)
        unseen = Validation(task.network, task.X[out], task.targets.take(out), kept, lambda *_: 0.0)
        yield part, unseen, float(w[out].sum() / w.sum())


def _taken(kept: Distinct, rows: Array) -> Distinct:
    """Those rows, their largest weight 1 again."""
    part = kept.take(rows)
    return part if part.weights is None else part._replace(weights=part.weights / part.weights.max())


def _trained(task: Task, theta0: Vector, l2: float) -> Vector:
    """The weights that a short fit reaches."""
    s = replace(task.settings, l2=l2)
    steps: list[Step] = []
    with (
        np.errstate(over="ignore", invalid="ignore", divide="ignore"),
        replace(task, settings=s).objective() as objective,
    ):
        descent = descend(objective, theta0, s.method, Stop(iterations=min(ITERATIONS, s.max_iter)))
        for step in descent:
            steps.append(step)
            if settled(steps, max(s.tol, TOL)) is not None:
                break
        theta: Vector = descent.state.theta
    return theta
