"""The line-search microscope: everything that a step's search saw, as one record.

    φ(α) and φ′(α) sampled along the step      exact: each sample is a tail, no pass
    φ(0) + c₁ α φ′(0)                          the Armijo line: an accepted trial lies below
    |φ′(α)| <= c₂ |φ′(0)|                      where the curvature condition holds, as intervals of α

A stored run is looked at again by walking on from the nearest stored state: the same bits, so what
is drawn is the step itself.
"""

from __future__ import annotations

import numpy as np

from surefoot.descent.method import Method
from surefoot.descent.objective import Objective, Ray
from surefoot.descent.state import State, advance
from surefoot.errors import BadValue, RunFileError
from surefoot.records import Found, Microscope, Outcome, Step
from surefoot.verification.diagnosis import diagnose

SAMPLES = 81


def look(ray: Ray, step: Step, method: Method, samples: int = SAMPLES) -> Microscope:
    """Sample φ and φ′ along the ray of `step`, from α = 0 to a little beyond the farthest trial."""
    tried = [t.alpha for t in step.trials] or [step.alpha or 1.0]
    finite = [t.alpha for t in step.trials if np.isfinite(t.phi)] or tried
    wide = max(finite) if max(finite) <= 50 * min(finite) else 10 * min(finite)
    alphas = np.unique(
        np.concatenate([np.linspace(0, 1.25 * wide, samples), [a for a in tried if a <= 1.25 * wide]])
    )
    phi = np.array([ray.value(float(a)) for a in alphas])
    slopes = np.array([ray.slope(float(a)) for a in alphas])
    return Microscope(
        iteration=step.iteration,
        alphas=alphas,
        phi=phi,
        slopes=slopes,
        phi0=ray.origin.value,
        slope0=ray.slope0,
        c1=getattr(method.search, "c1", None),
        c2=getattr(method.search, "c2", None),
        step=step,
        cause=None
        if step.alpha
        else diagnose(ray, Found(0.0, step.outcome or Outcome.EXHAUSTED, step.trials)),
    )


def revisit(objective: Objective, method: Method, state: State, iteration: int) -> tuple[State, Step]:
    """Walk on from a stored state to the step that arrives at `iteration`.

    Raises
    ------
    BadValue : the state lies at or beyond that iteration, or the iteration is 0, to which no step leads.
    """
    if not state.iteration < iteration:
        raise BadValue(f"No step leads to iteration {iteration} of this run; give 1 or more.")
    step: Step | None = None
    while state.iteration < iteration:
        state, step = advance(objective, method, state)
    assert step is not None
    return state, step


def same_step(one: Step, other: Step) -> None:
    """Raise RunFileError unless the step walked again is the step that was stored."""
    if (one.alpha, one.value) != (other.alpha, other.value):
        raise RunFileError(
            f"Iteration {one.iteration} walked again gives loss {one.value!r} and step {one.alpha!r}, but "
            f"the run says {other.value!r} and {other.alpha!r}: other data, another machine or another version."
        )
