"""A method is three small rules: which way, where to try first, how far.

    Direction   (here, memory, last)  -> Proposal(p, ...), memory′
    First       (ray, proposal, last, memory) -> α to try first, memory′
    Search      (ray, first, memory)  -> Found(α, outcome, trials), memory′

Rules are values; whatever they remember is passed in and returned.  A memory is a plain tree (None,
numbers, strings, tuples, dicts, arrays), so a run can be stored at any iteration.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from surefoot.arrays import Vector
from surefoot.descent.objective import Point, Ray
from surefoot.errors import BadValue
from surefoot.records import Found


@dataclass(frozen=True)
class Proposal:
    """A direction, and what its maker knows of it.

    natural : the step length that its model believes in (1 for Newton-like directions), or None.
    model_decrease : how much the model says a natural step lowers the loss, or None.
    notes : fallbacks used in making it, in words.
    ray : the ray along p, where making p has computed it already.
    """

    p: Vector
    natural: float | None = None
    model_decrease: float | None = None
    notes: tuple[str, ...] = ()
    ray: Ray | None = None


class Direction(Protocol):
    """Which way.  `last` is what became of its last proposal (alpha = 0: refused)."""

    @property
    def retries(self) -> int:
        """How many refusals in a row it may answer with another proposal from the same point."""
        ...

    def __call__(self, here: Point, memory: Any, last: Found | None) -> tuple[Proposal, Any]: ...


class First(Protocol):
    """The step length that a search tries first."""

    def __call__(
        self, ray: Ray, proposal: Proposal, last: Found | None, memory: Any
    ) -> tuple[float, Any]: ...


class Search(Protocol):
    """How far.  A failed search is an outcome, never an exception."""

    def __call__(self, ray: Ray, first: float, memory: Any) -> tuple[Found, Any]: ...


@dataclass(frozen=True)
class Method:
    """A direction, a search and a first-trial rule under a name."""

    name: str
    direction: Direction
    search: Search
    first: First


@dataclass(frozen=True)
class Always:
    """The same first trial at every iteration.  Raises BadValue unless alpha is positive and finite."""

    alpha: float

    def __post_init__(self) -> None:
        if not 0 < self.alpha < float("inf"):
            raise BadValue(
                f"alpha is {self.alpha!r}; a step length must be a positive finite number, such as 0.2."
            )

    def __call__(self, ray: Ray, proposal: Proposal, last: Found | None, memory: Any) -> tuple[float, Any]:
        return self.alpha, memory
