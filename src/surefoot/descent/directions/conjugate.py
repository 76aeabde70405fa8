"""Nonlinear conjugate gradients: p = -g + β p₋, which keeps what the last directions achieved.

    y = g - g₋                                g, p now;  g₋, p₋ one step ago
    FR   β = gᵀg / g₋ᵀg₋                      Fletcher & Reeves (1964), N&W eq. (5.41a)
    PR+  β = max(gᵀy / g₋ᵀg₋, 0)              Polak & Ribière (1969), N&W eqs. (5.44), (5.45)
    HS   β = gᵀy / yᵀp₋                       Hestenes & Stiefel (1952), N&W eq. (5.46)
    DY   β = gᵀg / yᵀp₋                       Dai & Yuan (1999), N&W eq. (5.49)
    HZ   β = (y - 2 p₋ yᵀy / yᵀp₋)ᵀ g / yᵀp₋   Hager & Zhang (2005), eq. (1.3), bounded below by (1.6)

On a quadratic with exact steps all are the same, and end in P steps.  A direction that does not
descend, and a refused step, restart from -g; the Step says so.

Sources: Nocedal & Wright (2006), section 5.2; Hager & Zhang, SIAM J. Optim. 16 (2005) 170.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from surefoot.arrays import Vector
from surefoot.descent.method import Proposal
from surefoot.descent.objective import Point
from surefoot.errors import UnknownName
from surefoot.records import Found

Beta = Callable[[Vector, Vector, Vector], float]  # g, g₋, p₋


def _fletcher_reeves(g: Vector, g_: Vector, p_: Vector) -> float:
    return float(g @ g) / float(g_ @ g_)


def _polak_ribiere(g: Vector, g_: Vector, p_: Vector) -> float:
    return max(float(g @ (g - g_)) / float(g_ @ g_), 0.0)


def _hestenes_stiefel(g: Vector, g_: Vector, p_: Vector) -> float:
    y = g - g_
    return float(g @ y) / float(y @ p_)


def _dai_yuan(g: Vector, g_: Vector, p_: Vector) -> float:
    return float(g @ g) / float((g - g_) @ p_)


def _hager_zhang(g: Vector, g_: Vector, p_: Vector) -> float:
    y = g - g_
    yp = float(y @ p_)
    beta = float((y - 2 * float(y @ y) / yp * p_) @ g) / yp
    floor = -1 / (float(np.linalg.norm(p_)) * min(0.01, float(np.linalg.norm(g_))))  # (1.6), η = 0.01
    return max(beta, floor)


BETAS: dict[str, Beta] = {
    "FR": _fletcher_reeves,
    "PR+": _polak_ribiere,
    "HS": _hestenes_stiefel,
    "DY": _dai_yuan,
    "HZ": _hager_zhang,
}


@dataclass(frozen=True)
class Conjugate:
    """Memory: gradient and direction of the last point.

    beta : FR, PR+, HS, DY or HZ.
    powell : restart when |gᵀg₋| >= powell · gᵀg: the gradients are too far from orthogonal; None: never.
    """

    beta: str = "PR+"
    powell: float | None = None
    retries: int = 1

    def __post_init__(self) -> None:
        if self.beta not in BETAS:
            raise UnknownName("conjugate gradient formula", self.beta, BETAS)

    def __call__(self, here: Point, memory: Any, last: Found | None) -> tuple[Proposal, Any]:
        g = here.gradient
        p: Vector = -g
        notes: tuple[str, ...] = ()
        if memory is not None:
            p, notes = self._continued(g, memory["gradient"], memory["p"], last)
        return Proposal(p, notes=notes), {"gradient": g, "p": p}

    def _continued(
        self, g: Vector, g_: Vector, p_: Vector, last: Found | None
    ) -> tuple[Vector, tuple[str, ...]]:
        if last is not None and last.alpha == 0:
            return -g, ("restart: steepest descent after a refused step",)
        if self.powell is not None and abs(float(g @ g_)) >= self.powell * float(g @ g):
            return -g, ("restart: successive gradients are far from orthogonal",)
        with np.errstate(all="ignore"):
            beta = BETAS[self.beta](g, g_, p_) if float((g - g_) @ p_) and float(g_ @ g_) else float("nan")
            p = -g + beta * p_
        if not np.isfinite(beta) or not float(g @ p) < 0:
            return -g, (f"restart: the {self.beta} direction does not descend",)
        return p, ()
