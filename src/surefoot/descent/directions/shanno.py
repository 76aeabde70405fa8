"""Shanno's conjugate gradients: BFGS without a memory, restarted every P steps in Beale's way.

Two pairs (s, y) are kept: that of the last restart, and the newest.  With H₀ = γ I, γ = sᵀy / yᵀy of
the restart's pair, BFGS updates H₀ by the one and then by the other, and p = -H g.  With exact steps
this is Hestenes and Stiefel's method; with loose ones it stays a descent direction, since H is
positive definite.  A restart to -g after a refused step is told in the Step.

Source: Shanno, Math. Oper. Res. 3 (1978) 244, and ACM TOMS 2 (1976) 87; Nocedal & Wright (2006), eq. (7.31).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from surefoot.descent.directions.quasi_newton import curvature_pair, two_loops
from surefoot.descent.method import Proposal
from surefoot.descent.objective import Point
from surefoot.records import Found

RESTART = "restart: steepest descent after "


@dataclass(frozen=True)
class Shanno:
    """Memory: theta and gradient of the last point, the restart's pair, steps since then."""

    retries: int = 1

    def __call__(self, here: Point, memory: Any, last: Found | None) -> tuple[Proposal, Any]:
        g = here.gradient
        kept = {"theta": here.theta, "gradient": g, "restart": None, "steps": 0}
        if memory is None:
            return Proposal(-g), kept
        if last is not None and last.alpha == 0:
            return Proposal(-g, notes=(RESTART + "a refused step",)), kept
        newest = curvature_pair(here, memory)
        if newest is None:
            return Proposal(-g, notes=(RESTART + "a step along which the slope did not rise",)), kept
        first, steps = memory["restart"], memory["steps"]
        if first is None or steps >= g.size:  # Beale's restart: from here on, newest is the first
            p, first, steps = -two_loops(g, (newest,)), newest, 0
        else:
            p = -two_loops(g, (first, newest), scale=first)
        return Proposal(p, 1.0), {**kept, "restart": first, "steps": steps + 1}
