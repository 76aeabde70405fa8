"""What a view has seen of a run so far: the records, and the last of what is not in every record.

Taking a frame in is one append; everything else waits until something is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from surefoot.arrays import Array, Matrix
from surefoot.records import Frame, Header, Step


@dataclass
class Seen:
    """The run as one view knows it; `outputs` and `phi` are the last that were measured."""

    header: Header
    steps: list[Step] = field(default_factory=list)
    outputs: Array | None = None
    phi: Array | None = None
    phi_step: int = 0  # the iteration that φ belongs to: it is not sampled at every one

    def add(self, frame: Frame) -> None:
        self.steps.append(frame.step)
        if frame.phi is not None:
            self.phi, self.phi_step = frame.phi, frame.step.iteration
        if frame.outputs is not None:
            self.outputs = frame.outputs

    @property
    def last(self) -> Step | None:
        return self.steps[-1] if self.steps else None


def series(steps: Sequence[Step], name: str) -> Matrix:
    """The (m, 2) pairs iteration, value of one quantity; steps without it, or not finite, are left out.

    name : "loss", or a key of `Step.measures`.
    """
    values = [(s.iteration, s.value if name == "loss" else s.measures.get(name)) for s in steps]
    pairs = np.array([(k, np.nan if v is None else v) for k, v in values], dtype=np.float64).reshape(-1, 2)
    return pairs[np.isfinite(pairs[:, 1])]


def latest(steps: Sequence[Step], name: str) -> float | None:
    """The last value of a measure that not every step carries, or None."""
    return next((s.measures[name] for s in reversed(steps) if name in s.measures), None)
