"""Estimators against scikit-learn's networks and linear models on 12 data sets: docs/study.md.

    python benchmarks/study.py                 everything, defaults as they are; writes docs/study.md
    python benchmarks/study.py --variants      ours with other defaults side by side, printed

5-fold cross-validation, the same folds for everybody; inputs scaled for all; same hidden units.  Scores are
accuracy for classes and R² for numbers; a rank of 1 is the best mean score, ties share.
"""

from __future__ import annotations

import argparse
import os
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy is loaded
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from scipy.stats import rankdata
from sklearn import datasets as shipped
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from surefoot.estimators import NetClassifier, NetRegressor

FOLDS, HIDDEN = 5, (16,)
PAGE = Path(__file__).parents[1] / "docs" / "study.md"


@dataclass(frozen=True)
class Table:
    X: np.ndarray
    y: np.ndarray
    classes: bool
    made: bool


def tables() -> dict[str, Table]:
    """The twelve: six shipped with scikit-learn, six made by it."""
    found: dict[str, Table] = {}
    for name in ("iris", "wine", "breast_cancer", "digits"):
        found[name] = Table(*getattr(shipped, f"load_{name}")(return_X_y=True), True, False)
    for name in ("diabetes", "linnerud"):
        found[name] = Table(*getattr(shipped, f"load_{name}")(return_X_y=True), False, False)
    found["moons"] = Table(*shipped.make_moons(400, noise=0.25, random_state=0), True, True)
    found["circles"] = Table(*shipped.make_circles(400, noise=0.15, factor=0.5, random_state=0), True, True)
    noisy = shipped.make_classification(600, 20, n_informative=6, flip_y=0.1, random_state=0)
    found["noisy classes"] = Table(*noisy, True, True)
    for number, make in enumerate(
        (shipped.make_friedman1, shipped.make_friedman2, shipped.make_friedman3), 1
    ):
        noise = {1: 1.0, 2: 125.0, 3: 0.1}[number]
        found[f"friedman {number}"] = Table(*make(400, noise=noise, random_state=0), False, True)
    return found


Make = Callable[[int], Any]


def rivals(classes: bool) -> dict[str, Make]:
    """scikit-learn's: its network with each solver, else as by default, and the linear model."""
    network = MLPClassifier if classes else MLPRegressor
    found: dict[str, Make] = {
        f"MLP {solver}": lambda seed, s=solver: network(
            hidden_layer_sizes=HIDDEN, solver=s, random_state=seed
        )
        for solver in ("adam", "lbfgs", "sgd")
    }
    found["linear"] = lambda seed: LogisticRegression(max_iter=1000) if classes else Ridge()
    return found


def ours(classes: bool, **changed: Any) -> Make:
    kind = NetClassifier if classes else NetRegressor
    return lambda seed: kind(HIDDEN, random_state=seed, **changed)


@dataclass(frozen=True)
class Scores:
    """Of the folds; seconds of one fit, the median."""

    values: np.ndarray
    seconds: float

    @property
    def mean(self) -> float:
        return float(self.values.mean())

    @property
    def error(self) -> float:
        """Standard error of the mean over folds."""
        return float(self.values.std(ddof=1) / np.sqrt(len(self.values)))


def cross_validated(table: Table, makers: Mapping[str, Make], seeds: int) -> dict[str, Scores]:
    """Every contender on the same folds, in turns; `seeds` different shuffles of the folds."""
    values: dict[str, list[float]] = {name: [] for name in makers}
    seconds: dict[str, list[float]] = {name: [] for name in makers}
    for seed in range(seeds):
        folds = (StratifiedKFold if table.classes else KFold)(FOLDS, shuffle=True, random_state=seed)
        for train, test in folds.split(table.X, table.y if table.classes else None):
            for name, make in makers.items():
                model = make_pipeline(StandardScaler(), make(seed))
                began = perf_counter()
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    model.fit(table.X[train], table.y[train])
                    seconds[name].append(perf_counter() - began)
                    values[name].append(model.score(table.X[test], table.y[test]))
    return {n: Scores(np.array(v), float(np.median(seconds[n]))) for n, v in values.items()}


def ranks(results: Mapping[str, Mapping[str, Scores]]) -> dict[str, float]:
    """Mean rank over the data sets; 1 is best."""
    names = list(next(iter(results.values())))
    each = [rankdata([-round(scores[n].mean, 4) for n in names]) for scores in results.values()]
    return dict(zip(names, np.mean(each, axis=0), strict=True))


def behind(results: Mapping[str, Mapping[str, Scores]], who: str) -> list[str]:
    """Data sets where `who` is more than one standard error of the difference, fold by fold, behind."""
    found = []
    for name, scores in results.items():
        best = max(scores, key=lambda n: scores[n].mean)
        gap = scores[best].values - scores[who].values
        error = gap.std(ddof=1) / np.sqrt(len(gap))
        if gap.mean() > max(error, 1e-12):
            found.append(f"{name}: {best} is ahead by {gap.mean():.3f} ± {error:.3f}")
    return found


VARIANTS: dict[str, dict[str, Any]] = {
    "as by default": {},
    "l2 0.001": {"l2": 1e-3},
    "l2 0.003": {"l2": 3e-3},
    "l2 0.01": {"l2": 1e-2},
    "l2 0.03": {"l2": 3e-2},
    "logistic, l2 0.001": {"activation": "logistic"},
    "logistic, l2 0.003": {"activation": "logistic", "l2": 3e-3},
    "softplus, l2 0.01": {"activation": "softplus", "l2": 1e-2},
    "early stopping": {"early_stopping": True},
    "early stopping, l2 0.01": {"early_stopping": True, "l2": 1e-2},
    "3 restarts, l2 0.01": {"restarts": 3, "l2": 1e-2},
}


def explore(seeds: int) -> None:
    results = {}
    for name, table in tables().items():
        makers = {v: ours(table.classes, **changed) for v, changed in VARIANTS.items()} | rivals(
            table.classes
        )
        results[name] = scores = cross_validated(table, makers, seeds)
        print(name, {n: f"{s.mean:.3f} ({s.seconds:.2f} s)" for n, s in scores.items()}, flush=True)
    for name, rank in sorted(ranks(results).items(), key=lambda pair: pair[1]):
        print(f"{rank:6.2f}  {name}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3, help="shuffles of the folds")
    parser.add_argument("--variants", action="store_true", help="compare settings of ours; printed")
    given = parser.parse_args()
    if given.variants:
        explore(given.seeds)
        return
    results = {}
    for name, table in tables().items():
        makers = {"surefoot": ours(table.classes), **rivals(table.classes)}
        results[name] = cross_validated(table, makers, given.seeds)
        print(name, {n: f"{s.mean:.3f}" for n, s in results[name].items()}, flush=True)
    PAGE.write_text(page(results, given.seeds), encoding="utf-8")
    print("written:", PAGE)


def page(results: Mapping[str, Mapping[str, Scores]], seeds: int) -> str:
    """docs/study.md."""
    order = ranks(results)
    best = {name: max(s.mean for s in scores.values()) for name, scores in results.items()}

    def told(name: str, scores: Scores) -> str:
        text = f"{scores.mean:.3f} ± {scores.error:.3f}"
        return f"**{text}**" if scores.mean >= best[name] - 5e-5 else text

    return PAGE_TEXT.format(
        folds=FOLDS,
        seeds=seeds,
        scores=_table(results, told, {n: f"{rank:.2f}" for n, rank in order.items()}),
        first=min(order, key=lambda n: order[n]),
        gaps="\n".join(f"- {line}" for line in behind(results, "surefoot")) or "- none",
        seconds=_table(results, lambda _, scores: f"{scores.seconds:.3f}"),
    )


def _table(
    results: Mapping[str, Mapping[str, Scores]],
    told: Callable[[str, Scores], str],
    last: Mapping[str, str] | None = None,
) -> str:
    names = list(next(iter(results.values())))
    rows = [["data", *names], ["---"] * (len(names) + 1)]
    rows += [[name, *(told(name, scores[n]) for n in names)] for name, scores in results.items()]
    rows += [["mean rank", *(last[n] for n in names)]] if last else []
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


PAGE_TEXT = """# Twelve data sets

Written by `make study`; do not edit. {folds}-fold cross-validation, {seeds} shuffles of the folds, the same
for all; inputs scaled for all, 16 hidden units where there are any, everything else as by default. Accuracy
for classes, R² for numbers; mean ± standard error over the folds. MLP: scikit-learn's network by each of its
solvers; linear: LogisticRegression (1,000 iterations allowed) and Ridge.

{scores}

First by mean rank: {first}. MLP adam and MLP sgd stop after their default of 200 epochs, often before they
have converged; targets are not scaled for MLPRegressor, as by default.

## Where ours is more than one standard error behind the best

The difference is taken fold by fold.

{gaps}

## Seconds of one fit

One thread, the median over the folds. Ours includes choosing l2 by cross-validation.

{seconds}
"""


if __name__ == "__main__":
    main()
