"""Quasi-Newton: learn the curvature from the gradients' own changes.

    s = θ_{k+1} - θ_k,   y = g_{k+1} - g_k,   ρ = 1 / yᵀs,   kept only if yᵀs > 0
    BFGS     H ← (I - ρ s yᵀ) H (I - ρ y sᵀ) + ρ s sᵀ,   p = -H g         N&W eq. (6.17)
    L-BFGS   the same from the last m pairs, never forming H: Alg. 7.4
    H₀ = γ I,   γ = sᵀy / yᵀy of the newest pair                           N&W eqs. (6.20), (7.20)

A pair with yᵀs too small (curvature not positive) is skipped, a refused step forgets all pairs;
the Step says so.

Sources: Nocedal & Wright (2006), sections 6.1, 7.2; Liu & Nocedal, Math. Program. 45 (1989) 503.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from surefoot.arrays import Vector
from surefoot.descent.method import Proposal
from surefoot.descent.objective import EPSILON, Point
from surefoot.records import Found

Pair: TypeAlias = tuple[Vector, Vector]  # (s, y)

SKIPPED = "curvature pair skipped: the slope did not rise along the last step"
FORGOTTEN = "restart: curvature pairs forgotten after a refused step"


def curvature_pair(here: Point, memory: Any) -> Pair | None:
    """(s, y) of the last step, or None when yᵀs is not safely positive, or ‖y‖ too small for a square."""
    s, y = here.theta - memory["theta"], here.gradient - memory["gradient"]
    sy = float(s @ y)
    return (s, y) if sy > EPSILON * float(np.linalg.norm(s)) * float(np.linalg.norm(y)) > 0 else None


@dataclass(frozen=True)
class LBFGS:
    """Memory: theta, gradient, and up to m pairs, oldest first."""

    m: int = 10
    retries: int = 1

    def __call__(self, here: Point, memory: Any, last: Found | None) -> tuple[Proposal, Any]:
        pairs: tuple[Pair, ...] = ()
        notes: tuple[str, ...] = ()
        if memory is not None:
            pairs = memory["pairs"]
            if last is not None and last.alpha == 0:
                pairs, notes = (), (FORGOTTEN,)
            elif (pair := curvature_pair(here, memory)) is not None:
                pairs = (*pairs, pair)[-self.m :]
            else:
                notes = (SKIPPED,)
        kept = {"theta": here.theta, "gradient": here.gradient, "pairs": pairs}
        p = -two_loops(here.gradient, pairs)
        if not float(p @ here.gradient) < 0 and pairs:  # rounding has eaten the curvature
            p, kept["pairs"], notes = -here.gradient, (), (*notes, "restart: the direction does not descend")
        return Proposal(p, 1.0 if kept["pairs"] else None, notes=notes), kept


def two_loops(g: Vector, pairs: tuple[Pair, ...], scale: Pair | None = None) -> Vector:
    """H g from the pairs, oldest first: Alg. 7.4.  γ is taken from `scale`, else from the newest pair."""
    q = g.copy()
    weights = []
    for s, y in reversed(pairs):  # newest first
        rho = 1 / float(y @ s)
        weight = rho * float(s @ q)
        q -= weight * y
        weights.append((rho, weight))
    if pairs:
        s, y = scale or pairs[-1]
        q *= float(s @ y) / float(y @ y)
    for (s, y), (rho, weight) in zip(pairs, reversed(weights), strict=True):
        q += (weight - rho * float(y @ q)) * s
    return q


@dataclass(frozen=True)
class BFGS:
    """Memory: theta, gradient, H (P, P): for up to some thousand parameters."""

    retries: int = 1

    def __call__(self, here: Point, memory: Any, last: Found | None) -> tuple[Proposal, Any]:
        g = here.gradient
        H: Any = None
        notes: tuple[str, ...] = ()
        if memory is not None:
            H = memory["H"]
            if last is not None and last.alpha == 0:
                H, notes = None, (FORGOTTEN,)
            elif (pair := curvature_pair(here, memory)) is not None:
                H = updated(H, *pair)
            else:
                notes = (SKIPPED,)
        p = -g if H is None else -(H @ g)
        if H is not None and not float(p @ g) < 0:
            p, H, notes = -g, None, (*notes, "restart: the direction does not descend")
        kept = {"theta": here.theta, "gradient": g, "H": H}
        return Proposal(p, None if H is None else 1.0, notes=notes), kept


def updated(H: Vector | None, s: Vector, y: Vector) -> Vector:
    """The BFGS update of H (P, P), written out: three rank-one terms instead of two products."""
    sy = float(s @ y)
    if H is None:
        H = np.eye(s.size) * (sy / float(y @ y))
    Hy = H @ y
    across = np.outer(s, Hy)
    return np.asarray(H - (across + across.T) / sy + np.outer(s, s) * ((sy + float(y @ Hy)) / sy**2))
