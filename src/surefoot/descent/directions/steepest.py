"""Steepest descent: p = -∇f(θ).

Source: Cauchy, C. R. Acad. Sci. Paris 25 (1847) 536; Nocedal & Wright (2006), section 2.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from surefoot.descent.method import Proposal
from surefoot.descent.objective import Point
from surefoot.records import Found


@dataclass(frozen=True)
class Steepest:
    """Against the gradient; its length is that of the gradient."""

    retries: int = 0

    def __call__(self, here: Point, memory: Any, last: Found | None) -> tuple[Proposal, Any]:
        return Proposal(-here.gradient), memory
