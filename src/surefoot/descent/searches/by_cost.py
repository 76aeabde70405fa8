"""Two searches, chosen by what a trial costs on this objective: near-exact where trials are nearly free.

With cached rays a trial of 784-6-10 costs a tenth of a gradient, so looking closely pays; for 8-16-2
it costs almost a gradient, so the first good step is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from surefoot.descent.method import Search
from surefoot.descent.objective import Ray
from surefoot.records import Found


@dataclass(frozen=True)
class ByCost:
    """`cheap` where ray.trial_cost <= threshold, else `dear`."""

    cheap: Search
    dear: Search
    threshold: float = 0.5

    def __call__(self, ray: Ray, first: float, memory: Any = None) -> tuple[Found, Any]:
        return self.chosen(ray.trial_cost)(ray, first, memory)

    def chosen(self, trial_cost: float) -> Search:
        return self.cheap if trial_cost <= self.threshold else self.dear
