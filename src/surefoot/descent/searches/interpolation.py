"""Where the parabola or the cubic through what is known of φ at two places is lowest.

    quadratic(a, b)   through φ(a), φ′(a), φ(b)      a - φ′(a) (b - a)² / (2 (φ(b) - φ(a) - φ′(a) (b - a)))
    secant(a, b)      with slopes φ′(a), φ′(b)       b - φ′(b) (b - a) / (φ′(b) - φ′(a))
    cubic(a, b)       through φ and φ′ at both       N&W eq. (3.59)

Each is NaN where there is no such minimum, or where a number that it needs is not finite: a place
that is not finite is never interpolated through.

Source: Nocedal & Wright (2006), eqs. (3.57)-(3.59).
"""

from __future__ import annotations

import math
from typing import NamedTuple

from surefoot.descent.objective import Ray
from surefoot.records import Trial, Verdict


class Place(NamedTuple):
    """φ and φ′ at one α; φ = ∞ where it is not finite, φ′ NaN where it was not asked."""

    alpha: float
    phi: float
    slope: float

    def above(self, line: float) -> Place:
        """The place on φ(α) - line α."""
        return Place(self.alpha, self.phi - line * self.alpha, self.slope - line)


def start(ray: Ray) -> Place:
    """α = 0."""
    return Place(0.0, ray.origin.value, ray.slope0)


def place(trial: Trial) -> Place:
    """What a trial has shown; a wall of infinite height where it was not finite."""
    if trial.verdict is Verdict.NON_FINITE:
        return Place(trial.alpha, math.inf, math.nan)
    return Place(trial.alpha, trial.phi, math.nan if trial.slope is None else trial.slope)


def quadratic(a: Place, b: Place) -> float:
    """The minimum of the parabola through φ(a), φ′(a) and φ(b)."""
    reach = b.alpha - a.alpha
    bend = b.phi - a.phi - a.slope * reach  # ½ φ″ (b - a)²
    return a.alpha - a.slope * reach / (2 * bend) * reach if 0 < bend < math.inf else math.nan


def secant(a: Place, b: Place) -> float:
    """The minimum of a parabola with the slopes at a and b."""
    reach, change = b.alpha - a.alpha, b.slope - a.slope
    return b.alpha - b.slope / change * reach if change * reach > 0 else math.nan


def cubic(a: Place, b: Place) -> float:
    """The minimum of the cubic through φ and φ′ at a and b."""
    reach = b.alpha - a.alpha
    if not math.isfinite(a.phi + b.phi + a.slope + b.slope) or reach == 0:
        return math.nan
    d1 = a.slope + b.slope - 3 * (b.phi - a.phi) / reach
    scale = max(abs(d1), abs(a.slope), abs(b.slope))  # squares must not overflow
    if not 0 < scale < math.inf:
        return math.nan
    square = (d1 / scale) ** 2 - a.slope / scale * (b.slope / scale)
    if square < 0:
        return math.nan
    d2 = math.copysign(scale * math.sqrt(square), reach)
    down = b.slope - a.slope + 2 * d2
    return b.alpha - reach * ((b.slope + d2 - d1) / down) if down else math.nan


def clipped(alpha: float, one: float, other: float) -> float:
    """α moved into the interval between the two; its middle where α is NaN."""
    if math.isnan(alpha):
        return 0.5 * one + 0.5 * other
    return min(max(alpha, min(one, other)), max(one, other))
