"""One block of theta (W1, b1, ...) judged: its slopes as claimed, as measured, and what to think of them.

A slope agrees when it differs from the central difference by at most 1e-7 of the block's largest
entry.  Why 1e-7: central differences in float64 reach 5e-10 at unit scale, errors that matter begin
at 5e-4, and 1e-7 is far from both.  What widens it is measured: three times the change of the
difference when its step is cut by ten, with the noise of f (at least rounding, 16 ε|f|/h, which hides
tiny derivatives).  Where noise beyond rounding hides more than 1e-4, the block is unclear.
With a complex step 1e-12 is asked, widened only by what theta's last bit does to the slopes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from surefoot.arrays import Array, Vector
from surefoot.verification.differences import central, trusted
from surefoot.verification.probes import Probes

TOLERANCE = 1e-7  # central differences, relative to the block's largest entry
EXACT_TOLERANCE = 1e-12  # complex step, the same
SHARP = 1e-4  # a check that cannot see this relative error is blurred: wrong code is off by 5e-4 or more


class Status(Enum):
    """What became of a block."""

    HOLDS = "holds"
    WRONG = "WRONG"
    UNCLEAR = "unclear"
    SET_ASIDE = "set aside"


@dataclass(frozen=True, eq=False)
class Block:
    """Slopes of one block's probes: `where` they are in the list, claimed and measured; all (m,)."""

    name: str
    where: Array
    analytic: Vector
    numeric: Vector
    wrong: Array  # beyond what is allowed
    unclear: Array  # f is too rough, or not finite, to tell
    kinks: int  # probes set aside
    exact: Vector | None = None  # from the complex step
    exact_allowed: float = 0.0

    @property
    def scale(self) -> float:
        """The block's largest slope, claimed or measured."""
        return largest(self.analytic, self.numeric)

    @property
    def difference(self) -> Vector:
        return np.abs(self.analytic - self.numeric)

    @property
    def error(self) -> float:
        """Largest difference, relative to the block's largest entry."""
        return ratio(largest(self.difference), self.scale)

    @property
    def exact_error(self) -> float | None:
        """Largest difference from the complex step, relative to the block's largest entry."""
        if self.exact is None:
            return None
        return ratio(largest(self.analytic - self.exact), largest(self.analytic, self.exact))

    @property
    def status(self) -> Status:
        if self.where.size == 0:
            return Status.SET_ASIDE
        if self.exact is not None:  # nothing is more certain
            far = largest(self.analytic - self.exact) > self.exact_allowed
            return Status.WRONG if far else Status.HOLDS
        if self.wrong.any():
            return Status.WRONG
        return Status.UNCLEAR if self.unclear.any() else Status.HOLDS

    @property
    def worst(self) -> int:
        """Where in this block the claim is farthest from the measurement."""
        gap = np.where(np.isfinite(self.difference), self.difference, -1.0)
        return int(gap.argmax()) if gap.size else 0


def largest(*vectors: Vector) -> float:
    """The largest finite magnitude; 0 when there is none."""
    magnitudes = np.abs(np.concatenate(vectors))
    return float(magnitudes[np.isfinite(magnitudes)].max(initial=0.0))


def ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def judge(name: str, probes: Probes, aside: Array, f: float, claimed: Vector) -> Block:
    """Measure the block's slopes, again on the ladder where one step does not settle it.

    aside : (m,) True where a kink is known; claimed : (m,) what the gradient says, for all probes.
    """
    where = probes.blocks[name]
    kept = where[~aside[where]]
    analytic, measured = claimed[kept], central(probes, kept, f)
    numeric, scale = measured.slope.copy(), largest(analytic, measured.slope)
    allowed = np.full(kept.size, TOLERANCE * scale)
    unclear, corner = np.zeros((2, kept.size), bool)

    blind = measured.rounding > SHARP / 10 * scale  # tiny derivatives want a larger step
    again = blind | ~(np.abs(analytic - numeric) <= allowed)
    if again.any():
        ladder = trusted(probes, kept[again], f)
        numeric[again] = ladder.slope
        scale = largest(analytic, numeric)
        allowed[again] = np.maximum(TOLERANCE * scale, 3 * (ladder.change + ladder.noise))
        blurred = allowed[again] > np.maximum(SHARP * scale, ladder.nearby)
        rough = blurred & (ladder.noise + ladder.change > 30 * ladder.rounding)
        unclear[again] = rough | ~np.isfinite(ladder.slope)
        between = (
            np.abs(analytic[again] - ladder.slope) <= 0.6 * ladder.jump
        )  # half of it, and what its distance hides
        corner[again] = between & (ladder.jump > allowed[again])
    wrong = np.abs(analytic - numeric) > allowed
    ok = ~corner
    kinks = where.size - int(ok.sum())
    return Block(name, kept[ok], analytic[ok], numeric[ok], wrong[ok], unclear[ok], kinks)
