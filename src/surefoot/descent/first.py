"""Where a search tries first: a rule without units.

    a natural length, where the direction believes in one      α = 1 for Newton-like directions
    else the minimum of the parabola through φ(0), φ′(0), φ″(0)  α = -φ′(0) / φ″(0)
    else what changes the loss as much as the last step did      α = α₋ φ′₋(0) / φ′(0)      N&W eq. (3.60)
    else a move of a hundredth of theta's length                 α = (1 + |θ|) / (100 |p|)

φ″(0) is exact on our rays, for the price of a trial.  Multiplying the loss or the parameters by any
number changes none of these moves but the last.

Source: Nocedal & Wright (2006), section 3.5, "Initial step length".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from surefoot.descent.method import Proposal
from surefoot.descent.objective import Ray
from surefoot.records import Found


@dataclass(frozen=True)
class ScaleFree:
    """Memory: φ′(0) of the last ray."""

    curvature: bool = True  # may ask for φ″(0)

    def __call__(self, ray: Ray, proposal: Proposal, last: Found | None, memory: Any) -> tuple[float, Any]:
        return self._alpha(ray, proposal, last, memory), ray.slope0

    def _alpha(self, ray: Ray, proposal: Proposal, last: Found | None, slope: float | None) -> float:
        if proposal.natural is not None:
            return proposal.natural
        bend = ray.curvature(0.0) if self.curvature else None
        if bend is not None and np.isfinite(bend) and bend > 0 and 0 < -ray.slope0 / bend < 1e10:
            return -ray.slope0 / bend
        if last is not None and last.alpha and slope is not None and ray.slope0 < 0 and slope < 0:
            return float(np.clip(last.alpha * slope / ray.slope0, 1e-10, 1e10))
        reach = float(np.linalg.norm(ray.p))
        scale = 1 + float(np.linalg.norm(ray.origin.theta))
        return 0.01 * scale / reach if 0 < reach < np.inf else 1.0
