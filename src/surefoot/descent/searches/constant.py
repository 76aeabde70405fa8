"""The constant rule: always the same step length, without looking.

It is here to be compared with: too short it crawls, too long it climbs, and it never knows.  A
point where the loss is not finite is refused all the same, by the loop.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from surefoot.descent.objective import Ray
from surefoot.records import Found, Outcome


@dataclass(frozen=True)
class Constant:
    """Take the first trial as it is; no trial is made, so none is recorded."""

    def __call__(self, ray: Ray, first: float, memory: Any = None) -> tuple[Found, Any]:
        return Found(first, Outcome.UNSEEN), memory
