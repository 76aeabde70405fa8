"""A run as a value, and the one function that moves it on.

    state₀ = begin(objective, θ₀)
    state_{k+1}, step_{k+1} = advance(objective, method, state_k)

`advance` is pure: same objective, method and state, same result, bit for bit.  A State can be kept,
copied, stored and continued from; the live Point and Ray in it only save work and are left behind
when it is pickled or copied.

A few methods (plane) use what the live Point still knows of the last step.  So that a stored run of
theirs continues with the same bits too, the Point is made anew at every 50th iteration, the
checkpoints of a run file: what a run left behind there, it has left behind in any case.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from surefoot.arrays import Vector, frozen, is_finite
from surefoot.descent.method import Method
from surefoot.descent.objective import Known, Objective, Point, Ray
from surefoot.errors import BadValue, ShapeError
from surefoot.records import Cost, Found, Outcome, Step

REFRESH = 50  # iterations after which everything but theta, value, gradient and memories is made anew


class Memory(NamedTuple):
    """What the three rules of a method remember, as plain trees."""

    direction: Any = None
    first: Any = None
    search: Any = None


class Best(NamedTuple):
    """The lowest point seen."""

    iteration: int
    value: float
    theta: Vector


@dataclass(frozen=True)
class State:
    """Everything a run is.

    theta, gradient : (P,), read-only.   value : the loss at theta.
    memory : of the method's rules.   last : what the last search decided.
    refusals : searches in a row that took no step.   cost : work done for this run.
    here, ray : the live Point at theta and the Ray that led to it; None after storing.
    """

    theta: Vector
    value: float
    gradient: Vector
    best: Best
    iteration: int = 0
    memory: Memory = Memory()
    last: Found | None = None
    refusals: int = 0
    cost: Cost = Cost()
    here: Point | None = field(default=None, compare=False, repr=False)
    ray: Ray | None = field(default=None, compare=False, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "here": None, "ray": None}


def begin(objective: Objective, theta0: Vector) -> tuple[State, Step]:
    """The State at theta0 (P,), and record 0.

    Raises
    ------
    ShapeError : theta0 is not a vector of the objective's size.   BadValue : it is not finite.
    """
    theta0 = np.asarray(theta0, np.float64)
    if theta0.ndim != 1 or (objective.size and theta0.size != objective.size):
        raise ShapeError(
            f"theta has shape {theta0.shape}, but the objective has {objective.size or 'P'} parameters. "
            "Pass a flat vector of that length."
        )
    if not is_finite(theta0):
        raise BadValue("theta holds NaN or infinite entries. Start from finite numbers: net.initial(rng=0).")
    before = objective.cost
    here = objective.at(frozen(theta0))
    value, gradient = here.value, here.gradient
    cost = objective.cost - before
    state = State(here.theta, value, gradient, Best(0, value, here.theta), cost=cost, here=here)
    return state, Step(0, value, _norm(gradient), cost, happened=_happened(objective))


def advance(objective: Objective, method: Method, state: State) -> tuple[State, Step]:
    """Make one iteration: propose a direction, search along it, arrive."""
    before = objective.cost
    fresh = state.here is None or state.iteration % REFRESH == 0
    here = objective.at(state.theta, Known(state.value, state.gradient)) if fresh else state.here
    assert here is not None
    proposal, direction_memory = method.direction(here, state.memory.direction, state.last)
    ray = proposal.ray or here.ray(proposal.p)
    first, first_memory = method.first(ray, proposal, state.last, state.memory.first)
    found, search_memory = method.search(ray, first, state.memory.search)
    there, found = _arrive(ray, found)
    cost = state.cost + (objective.cost - before)
    moved = State(
        theta=there.theta,
        value=there.value,
        gradient=there.gradient,
        best=state.best
        if there.value >= state.best.value
        else Best(state.iteration + 1, there.value, there.theta),
        iteration=state.iteration + 1,
        memory=Memory(direction_memory, first_memory, search_memory),
        last=found,
        refusals=0 if found.alpha else state.refusals + 1,
        cost=cost,
        here=there,
        ray=ray,
    )
    return moved, Step(
        iteration=moved.iteration,
        value=moved.value,
        gradient_norm=_norm(moved.gradient),
        cost=cost,
        alpha=found.alpha,
        slope=ray.slope0,
        trials=found.trials,
        outcome=found.outcome,
        notes=proposal.notes,
        happened=_happened(objective),
    )


def _arrive(ray: Ray, found: Found) -> tuple[Point, Found]:
    """Take the step, unless the point there is not finite: that is refused, whoever chose it."""
    if found.alpha:
        there = ray.point(found.alpha)
        if is_finite(there.theta) and np.isfinite(there.value) and is_finite(there.gradient):
            return there, found
        found = replace(found, alpha=0.0, outcome=Outcome.NON_FINITE)
    return ray.origin, found


def _happened(objective: Objective) -> tuple[str, ...]:
    """What befell the machines since it was asked last, where the objective stands on any that may fail."""
    said: tuple[str, ...] = getattr(objective, "happened", tuple)()
    return said


def _norm(gradient: Vector) -> float:
    return float(np.linalg.norm(gradient))
