"""A view that only remembers: the weights of every iteration, so that any rows can be judged at them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from surefoot.arrays import Array, Vector, frozen
from surefoot.records import Ending, Frame, Header

MOST_BYTES = 256 << 20  # of weights; beyond it every second, fourth ... iteration is kept


class Watch:
    """Weights by iteration, one mapping for each start; tells how far it is."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.tell = tell
        self.starts: list[dict[int, Vector]] = []
        self._every = 1

    def open(self, header: Header) -> None:
        self.starts.append({})
        self._every = 1
        self._planned = header.iterations

    def show(self, frame: Frame) -> None:
        k, theta = frame.step.iteration, frame.theta
        of = f" of at most {self._planned}" if self._planned else ""
        self.tell(f"training: iteration {k}{of}, loss {frame.step.value:.4g}")
        if theta is None or k % self._every:
            return
        kept = self.starts[-1]
        kept[k] = frozen(theta)
        if len(kept) * theta.nbytes > MOST_BYTES:
            self._every *= 2
            self.starts[-1] = {i: weights for i, weights in kept.items() if i % self._every == 0}

    def close(self, ending: Ending) -> None:
        """Nothing was drawn."""

    def of(self, theta: Array) -> dict[int, Vector]:
        """The weights by iteration of the start that led to theta; of the last one when it was not kept."""
        for kept in reversed(self.starts):
            if any(np.array_equal(weights, theta) for weights in reversed(kept.values())):
                return kept
        return self.starts[-1] if self.starts else {}
