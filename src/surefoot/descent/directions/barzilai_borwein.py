"""Barzilai-Borwein: steepest descent with a length learnt from the last step.

    s = θ_k - θ_{k-1},   y = g_k - g_{k-1}
    p = -λ g,            λ = sᵀs / sᵀy   (long)   or   sᵀy / yᵀy   (short), taken in turns

λ is a secant estimate of 1 / curvature.  It makes the loss rise now and then, so it is paired with
a non-monotone search.

Sources: Barzilai & Borwein, IMA J. Numer. Anal. 8 (1988) 141, eqs. (5)-(6); Raydan, SIAM J. Optim.
7 (1997) 26 (the pairing); Dai & Fletcher, Numer. Math. 100 (2005) 21 (alternation).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from surefoot.descent.method import Proposal
from surefoot.descent.objective import Point
from surefoot.records import Found


@dataclass(frozen=True)
class BarzilaiBorwein:
    """Memory: theta, gradient, iteration count and λ of the last point."""

    retries: int = 1

    def __call__(self, here: Point, memory: Any, last: Found | None) -> tuple[Proposal, Any]:
        g, natural = here.gradient, None
        notes: tuple[str, ...] = ()
        turn, length = 0, None
        if memory is not None:
            turn, length = memory["turn"] + 1, memory["length"]
            s, y = here.theta - memory["theta"], g - memory["gradient"]
            sy = float(s @ y)
            if last is not None and last.alpha == 0:
                length, notes = None, ("restart: steepest descent after a refused step",)
            elif sy > 0:
                length = float(s @ s) / sy if turn % 2 else sy / float(y @ y)
            else:
                notes = ("curvature along the last step is not positive: the last length is kept",)
        if length is not None:
            natural = 1.0
        p = -g if length is None else -length * g
        return Proposal(p, natural, notes=notes), {
            "theta": here.theta,
            "gradient": g,
            "turn": turn,
            "length": length,
        }
