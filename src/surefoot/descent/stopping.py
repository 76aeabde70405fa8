"""When a run ends: by iterations, gradient norm, target loss, seconds, or because no step was found."""

from __future__ import annotations

from dataclasses import dataclass, fields

from surefoot.errors import BadValue
from surefoot.records import Ending, Outcome, Step


@dataclass(frozen=True)
class Stop:
    """The first rule that holds ends the run; None switches a rule off.

    iterations : after this many iterations, counted from the start of the run.
    gradient_norm : when the gradient's Euclidean norm is this or less.
    loss : when the loss is this or less.
    seconds : after this long.

    Raises
    ------
    BadValue : a negative or non-numeric limit.
    """

    iterations: int | None = None
    gradient_norm: float | None = None
    loss: float | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        for rule in fields(self):
            limit = getattr(self, rule.name)
            number = isinstance(limit, int | float) and not isinstance(limit, bool) and limit == limit
            if limit is not None and (not number or (limit < 0 and rule.name != "loss")):
                raise BadValue(f"stop({rule.name}={limit!r}): give a number that is not negative, or None.")

    def __call__(self, step: Step) -> Ending | None:
        """The ending if the run is over after this step, else None."""
        if self.gradient_norm is not None and step.gradient_norm <= self.gradient_norm:
            return Ending("gradient", f"the gradient's norm fell to {step.gradient_norm:.3g}")
        if self.loss is not None and step.value <= self.loss:
            return Ending(
                "target", f"the loss reached {step.value:.6g}, at or below the target {self.loss:g}"
            )
        if self.iterations is not None and step.iteration >= self.iterations:
            return Ending("iterations", f"all {self.iterations} iterations done")
        if self.seconds is not None and step.seconds >= self.seconds:
            return Ending("seconds", f"{self.seconds:g} seconds are over")
        return None


def failed(step: Step) -> Ending:
    """The ending after a search that found no step."""
    outcome = step.outcome or Outcome.NON_FINITE
    if outcome is Outcome.FLAT:
        return Ending("precision", "no decrease is representable any more: " + outcome.value)
    return Ending("failed", f"no step found at iteration {step.iteration}: {outcome.value}")


def stop(
    iterations: int | None = None,
    gradient_norm: float | None = None,
    loss: float | None = None,
    seconds: float | None = None,
) -> Stop:
    """Say when a run ends: `sf.stop(iterations=100, loss=0.3)`; the first rule that holds ends it."""
    return Stop(iterations, gradient_norm, loss, seconds)
