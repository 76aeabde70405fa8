"""Plane search: the step and the momentum jointly, over two rays whose products with the data are known.

    p = a (-g) + b m        m the direction of the last step

    ⎡φ_aa φ_ab⎤ ⎡a⎤     ⎡ gᵀg⎤
    ⎣φ_ab φ_bb⎦ ⎣b⎦  =  ⎣-gᵀm⎦      one Newton step in the plane

The second derivatives are exact: φ″ along -g, along m and along -g + m, since
φ″(u + v) = φ″(u) + 2 φ_uv + φ″(v).  m was walked at the last iteration, so only -g costs a pass.  On
a quadratic this is conjugate gradients, without a formula for β.

Sources: Shea & Schmidt, arXiv:2406.17954 (2024), section 4; Miele & Cantrell, J. Optim. Theory Appl.
3 (1969) 459 (memory gradient).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from surefoot.descent.method import Proposal
from surefoot.descent.objective import Point
from surefoot.records import Found


@dataclass(frozen=True)
class Plane:
    """Memory: the direction of the last step."""

    retries: int = 1

    def __call__(self, here: Point, memory: Any, last: Found | None) -> tuple[Proposal, Any]:
        proposal = self._proposal(here, memory, last)
        return proposal, {"p": proposal.p}

    def _proposal(self, here: Point, memory: Any, last: Found | None) -> Proposal:
        down = here.ray(-here.gradient)
        if memory is None:
            return Proposal(down.p, ray=down)
        if last is not None and last.alpha == 0:
            return Proposal(down.p, ray=down, notes=("restart: steepest descent after a refused step",))
        track = here.arrival
        notes: tuple[str, ...] = ()
        if track is None:
            track, notes = here.ray(memory["p"]).track, ("the momentum is walked anew, for one more pass",)
        bends = (
            down.curvature(0.0),
            down.combine(0, track, 1).curvature(0.0),
            down.combine(1, track, 1).curvature(0.0),
        )
        if any(bend is None for bend in bends):
            return Proposal(down.p, ray=down, notes=("no plane: this objective has no exact curvature",))
        aa, bb, both = (float(bend) for bend in bends if bend is not None)
        ab = (both - aa - bb) / 2
        slopes = np.array([down.slope0, float(here.gradient @ track.p)])
        if not (np.isfinite(both) and aa > 0 and aa * bb - ab * ab > 1e-12 * aa * abs(bb)):
            return Proposal(down.p, ray=down, notes=(*notes, "no plane: it curves down somewhere"))
        a, b = np.linalg.solve([[aa, ab], [ab, bb]], -slopes)
        ray = down.combine(float(a), track, float(b))
        return Proposal(ray.p, 1.0, -0.5 * float(slopes @ (a, b)), notes, ray)
