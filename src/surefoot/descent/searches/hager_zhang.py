"""Hager & Zhang's search: works down to rounding, where differences of φ say nothing.

    (T1)  φ(α) ≤ φ(0) + δ α φ′(0)             and   φ′(α) ≥ σ φ′(0)          Wolfe
    (T2)  (2δ - 1) φ′(0) ≥ φ′(α) ≥ σ φ′(0)    and   φ(α) ≤ φ(0) + ε          approximate Wolfe

ε = ω C, where C is a running mean of |f| (Q ← 1 + Q Δ, C ← C + (|f| - C) / Q).  The interval [a, b]
keeps φ(a) ≤ φ(0) + ε, φ′(a) < 0, φ′(b) ≥ 0; it shrinks by a double secant step (S1-S4), by the
middle where that does not shrink it to γ of its width.

Source: Hager & Zhang, SIAM J. Optim. 16 (2005) 170, and ACM TOMS 32 (2006) 113 (Algorithm 851), section 4.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from surefoot.descent.objective import Ray
from surefoot.descent.searches.conditions import ROUNDING, weak_trial
from surefoot.descent.searches.dialogue import converse
from surefoot.descent.searches.interpolation import Place, place, secant, start
from surefoot.records import Found, Trial

THETA, GAMMA, GROW = 0.5, 0.66, 5.0  # bisection, required shrinkage, growth while no interval is known

Walk = Generator[float, Trial, tuple[Place, Place]]


@dataclass(frozen=True)
class HagerZhang:
    """Memory: (Q, C)."""

    c1: float = 0.1  # δ
    w2: float = 0.9  # σ of the weak curvature condition
    omega: float = 2.0**-48  # ε = ω C; the source's 1e-6 would let the loss really rise
    decay: float = 0.7  # Δ
    max_trials: int = 50

    def __call__(self, ray: Ray, first: float, memory: Any = None) -> tuple[Found, Any]:
        value = abs(ray.origin.value)
        Q, C = memory or (0.0, 0.0)
        Q = 1 + Q * self.decay
        C = C + (value - C) / Q
        rise = max(self.omega * C, ROUNDING * ray.noise)

        def judge(alpha: float) -> Trial:
            return weak_trial(ray, alpha, self.c1, self.w2, rise)

        ceiling = ray.origin.value + rise
        return converse(ray, _proposals(ray, first, ceiling), judge, self.c1, self.max_trials), (Q, C)


def _proposals(ray: Ray, first: float, ceiling: float) -> Generator[float, Trial, None]:
    """L0-L3: an interval, then double secant steps into it."""
    a, b = yield from _bracket(start(ray), first, ceiling)
    while a.alpha < 0.5 * a.alpha + 0.5 * b.alpha < b.alpha:  # there is a number between them
        width = b.alpha - a.alpha
        a, b = yield from _secant2(a, b, ceiling)
        if b.alpha - a.alpha > GAMMA * width:
            a, b = yield from _update(a, b, 0.5 * a.alpha + 0.5 * b.alpha, ceiling)


def _bracket(a: Place, alpha: float, ceiling: float) -> Walk:
    """B0-B3: forward until the slope turns or φ rises above the ceiling."""
    while True:
        c = place((yield alpha))
        if c.slope >= 0:
            return a, c
        if not c.phi <= ceiling:
            return (yield from _bisect(a, c, ceiling))
        a, alpha = c, GROW * c.alpha


def _bisect(a: Place, b: Place, ceiling: float) -> Walk:
    """U3: φ(b) lies above the ceiling, so φ turns between a and b."""
    while True:
        alpha = (1 - THETA) * a.alpha + THETA * b.alpha
        if not math.isfinite(b.phi):
            alpha = 0.8 * a.alpha + 0.2 * b.alpha  # a wall: come away from it quickly
        d = place((yield alpha))
        if d.slope >= 0:
            return a, d
        if d.phi <= ceiling:
            a = d
        else:
            b = d


def _update(a: Place, b: Place, alpha: float, ceiling: float) -> Walk:
    """U0-U3: the smaller interval that a trial at α leaves."""
    if not a.alpha < alpha < b.alpha:
        return a, b
    c = place((yield alpha))
    if c.slope >= 0:
        return a, c
    if c.phi <= ceiling:
        return c, b
    return (yield from _bisect(a, c, ceiling))


def _secant2(a: Place, b: Place, ceiling: float) -> Walk:
    """S1-S4: a secant step, and a second one from the end that moved."""
    c = secant(a, b)
    A, B = yield from _update(a, b, c, ceiling)
    again = math.nan
    if c == B.alpha:
        again = secant(b, B)
    elif c == A.alpha:
        again = secant(a, A)
    if math.isnan(again):
        return A, B
    return (yield from _update(A, B, again, ceiling))
