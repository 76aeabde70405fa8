"""Newton's direction by conjugate gradients, never forming a matrix, with Levenberg-Marquardt damping.

    minimise  m(p) = gᵀp + ½ pᵀ(B + μ I) p          B = ∇²L, or the Gauss-Newton matrix Jᵀ H_L J

CG on (B + μI) p = -g stops when the residual is small enough for now, |r| <= min(accuracy, √|g|) |g|
(N&W Alg. 7.1), when progress of m stalls (Martens 2010), or when it meets curvature that is not
positive; each product costs two passes.  The damping μ learns from what became of the last proposal:

    ρ = (loss fell by) / (m promised)      ρ < ¼: μ ← μ · 4,    ρ > ¾: μ ← μ / 4

and a refused step is proposed again at the same point with a larger μ, up to `retries` times.

Sources: Nocedal & Wright (2006), Alg. 7.1, sections 10.3, 4.1; Martens, ICML (2010), sections 4.1, 4.4.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from surefoot.arrays import Vector
from surefoot.descent.method import Proposal
from surefoot.descent.objective import EPSILON, Point
from surefoot.records import Found

GROW, SHRINK = 4.0, 0.25


@dataclass(frozen=True)
class NewtonCG:
    """Memory: damping μ, value and promised decrease of the last proposal.

    gauss_newton : take the Gauss-Newton matrix, never negative, instead of the Hessian.
    products : at most so many products per direction.
    damping : μ at the start, relative to the curvature along the gradient.
    """

    gauss_newton: bool = False
    products: int = 50
    damping: float = 1e-3
    accuracy: float = 0.5  # residual that CG may leave, relative; 1e-12 solves the system
    retries: int = 20

    def __call__(self, here: Point, memory: Any, last: Found | None) -> tuple[Proposal, Any]:
        g = here.gradient
        product = here.gauss_newton_vector if self.gauss_newton else here.hessian_vector
        gg = float(g @ g)
        if not gg > 0 or not np.isfinite(gg):
            return Proposal(-g), memory
        if memory is None:
            bend = abs(float(g @ product(g))) / gg
            mu = self.damping * bend
        else:
            mu = _relaxed(memory, here.value, last)
        p, promised, notes = truncated(product, g, mu, self.products, self.accuracy)
        kept = {"mu": mu, "value": here.value, "promised": promised}
        return Proposal(p, 1.0, promised, (*notes, f"damping {mu:.3g}")), kept


def _relaxed(memory: Any, value: float, last: Found | None) -> float:
    """μ for this proposal, from what became of the last."""
    mu = float(memory["mu"])
    if last is None or last.alpha == 0:
        return max(mu, EPSILON) * GROW * GROW
    alpha = min(last.alpha, 1.0)
    promised = memory["promised"] * (2 * alpha - alpha * alpha)  # m along a shortened step
    ratio = (memory["value"] - value) / promised if promised > 0 else 0.0
    if ratio < 0.25 or last.alpha < 0.25:
        return max(mu, EPSILON) * GROW
    return mu * SHRINK if ratio > 0.75 else mu


def truncated(
    product: Callable[[Vector], Vector], g: Vector, mu: float, most: int, accuracy: float = 0.5
) -> tuple[Vector, float, tuple[str, ...]]:
    """CG on (B + μI) p = -g: (p, decrease that m promises, notes).  N&W Alg. 7.1."""
    tolerance = min(accuracy, np.sqrt(np.linalg.norm(g))) * float(np.linalg.norm(g))
    p, r = np.zeros_like(g), g
    d = -r
    rr = float(r @ r)
    decreases = [0.0]
    for _ in range(most):
        Bd = product(d) + mu * d
        curve = float(d @ Bd)
        if not curve > EPSILON * float(d @ d):  # not positive, or not a number
            if not p.any():
                p = -g
            return (
                _descending(p, g),
                _promise(p, g, r),
                ("curvature is not positive: the direction so far is taken",),
            )
        alpha = rr / curve
        p = p + alpha * d
        r = r + alpha * Bd
        rr_new = float(r @ r)
        decreases.append(_promise(p, g, r))
        k = max(10, len(decreases) // 10)
        stalled = len(decreases) > k and decreases[-1] - decreases[-1 - k] < 5e-4 * k * decreases[-1]
        if rr_new**0.5 <= tolerance or stalled:
            break
        d = -r + (rr_new / rr) * d
        rr = rr_new
    return _descending(p, g), decreases[-1], ()


def _descending(p: Vector, g: Vector) -> Vector:
    return p if float(p @ g) < 0 else -g


def _promise(p: Vector, g: Vector, r: Vector) -> float:
    """-m(p) = -½ pᵀ(g + r), since (B + μI) p = r - g."""
    return -0.5 * float(p @ (g + r))
