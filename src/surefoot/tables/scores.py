"""How good, and how sure: a score never stands alone.

    accuracy p̂ of n     Wilson's interval   (p̂ + z²/2n ± z √(p̂(1-p̂)/n + z²/4n²)) / (1 + z²/n),  z = 1.96
    numbers              bootstrap of the test rows: the middle 95 % of R² and of the mean absolute error
    better than chance   classes: the exact sign test (McNemar) on the rows where only one of them is right;
                         numbers: the bootstrap of the mean difference of squared errors, above 0 in 97.5 %

R² is 1 - Σ(y - ŷ)² / Σ(y - ȳ)².  All seeds are explicit.

Sources: E. B. Wilson, JASA 22 (1927) 209-212; Q. McNemar, Psychometrika 12 (1947) 153-157;
Efron & Tibshirani, An Introduction to the Bootstrap (1993), section 13.3.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from surefoot.arrays import Array

Z95 = 1.959963984540054  # Φ⁻¹(0.975)
RESAMPLES = 2000
CHANCE = 0.025  # one-sided
LARGEST, FAR = 1e300, 1e100


@dataclass(frozen=True)
class Score:
    """A measure on the test rows with the ends of its 95 % interval."""

    name: str
    value: float
    low: float
    high: float

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def wilson(right: int, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval for `right` of n.

    >>> [round(end, 4) for end in wilson(81, 100)]
    [0.7222, 0.8749]
    """
    p = right / n
    middle = p + Z95**2 / (2 * n)
    half = Z95 * math.sqrt(p * (1 - p) / n + Z95**2 / (4 * n * n))
    low, high = (middle - half) / (1 + Z95**2 / n), (middle + half) / (1 + Z95**2 / n)
    return max(0.0, min(low, p)), min(1.0, max(high, p))  # rounding at the ends


def accuracy(y: Array, guesses: Array) -> Score:
    right = int(np.sum(y == guesses))
    return Score("accuracy", right / len(y), *wilson(right, len(y)))


def numbers_scores(y: Array, guesses: Array, seed: int) -> tuple[Score, Score]:
    """R² and the mean absolute error, with bootstrap intervals."""
    unit, (y, guesses) = _in_unit(y, guesses)
    squares, absolute = (y - guesses) ** 2, unit * np.abs(y - guesses)
    r2, errors = [], []
    for rows in _draws(len(y), seed):
        r2.append(_r2(squares[rows], y[rows]))
        errors.append(absolute[rows].mean())
    known = np.array(r2)[np.isfinite(r2)]
    return (
        Score("R²", _r2(squares, y), *_middle(known)),
        Score("mean absolute error", float(absolute.mean()), *_middle(np.array(errors))),
    )


def _in_unit(y: Array, *guesses: Array) -> tuple[float, list[Array]]:
    """The largest |y|, and everything in units of it: squares of 1e150 and of 1e-200 are no numbers.

    A guess more than FAR units away counts as FAR.
    """
    unit = float(np.abs(y).max()) or 1.0
    with np.errstate(over="ignore"):
        return unit, [y / unit, *(np.clip(guess / unit, -FAR, FAR) for guess in guesses)]


def _r2(squares: Array, y: Array) -> float:
    """1 - Σ squares / Σ(y - ȳ)², NaN where y does not vary; never below -LARGEST: the ratio may overflow."""
    spread = ((y - y.mean()) ** 2).sum()
    if not spread > 0:
        return math.nan
    with np.errstate(over="ignore"):
        return float(max(1 - squares.sum() / spread, -LARGEST))


def sign_test(better: int, worse: int) -> float:
    """P(at least `better` heads in better + worse throws of a fair coin)."""
    n = better + worse
    if n == 0:
        return 1.0
    logs = [math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) for k in range(better, n + 1)]
    return min(1.0, math.fsum(math.exp(x - n * math.log(2)) for x in logs))


def beats(y: Array, ours: Array, theirs: Array, task: str, seed: int) -> bool:
    """True when our guesses are better than theirs beyond chance."""
    if task == "classification":
        right, other = ours == y, theirs == y
        return sign_test(int(np.sum(right & ~other)), int(np.sum(other & ~right))) < CHANCE
    _, (y, ours, theirs) = _in_unit(y, ours, theirs)
    gains = (y - theirs) ** 2 - (y - ours) ** 2
    means = [gains[rows].mean() for rows in _draws(len(y), seed)]
    return float(np.quantile(means, CHANCE)) > 0


def compared(y: Array, ours: Array, theirs: Array, task: str, seed: int) -> str:
    """better, worse or alike: beyond chance, or not to be told apart."""
    if beats(y, ours, theirs, task, seed):
        return "better"
    return "worse" if beats(y, theirs, ours, task, seed) else "alike"


def _draws(n: int, seed: int) -> Iterator[Array]:
    """RESAMPLES times n rows drawn with replacement; of very many rows not so often."""
    rng = np.random.default_rng(seed)
    for _ in range(min(RESAMPLES, max(200, 20_000_000 // n))):
        yield rng.integers(0, n, n)


def _middle(values: Array) -> tuple[float, float]:
    if not len(values):
        return math.nan, math.nan
    low, high = np.quantile(values, (CHANCE, 1 - CHANCE))
    return float(low), float(high)
