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
from surefoot.descent.methods import method as lookup
from surefoot.descent.objective import Ray
from surefoot.descent.searches.by_cost import ByCost
from surefoot.descent.state import advance, begin
from surefoot.errors import BadValue, RunFileError
from surefoot.network import Network
from surefoot.records import Found, Microscope, Outcome, Step
from surefoot.training.options import training_data
from surefoot.training.problem import Problem
from surefoot.training.store import RunReader
from surefoot.verification.diagnosis import diagnose

SAMPLES = 81


def look(ray: Ray, step: Step, method: Method, samples: int = SAMPLES) -> Microscope:
    """Sample φ and φ′ along the ray of `step`, from α = 0 to a little beyond the farthest trial."""
    search = method.search.chosen(ray.trial_cost) if isinstance(method.search, ByCost) else method.search
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
        c1=getattr(search, "c1", None),
        c2=getattr(search, "c2", None),
        step=step,
        cause=None
        if step.alpha
        else diagnose(ray, Found(0.0, step.outcome or Outcome.EXHAUSTED, step.trials)),
    )


def revisit(path: str, iteration: int, data_dir: str | None = None) -> Microscope:
    """Look at the step that arrived at `iteration` of a stored run, on the data it was trained on.

    Raises
    ------
    BadValue : no step leads there.
    RunFileError : walked again from the nearest stored state, the step is not the one in the file.
    """
    with RunReader(path) as reader:
        header, steps = reader.header, reader.steps()
        if not 1 <= iteration < len(steps):
            raise BadValue(f"No step leads to iteration {iteration} of {path}; give 1 to {len(steps) - 1}.")
        state, theta = reader.state(iteration - 1), reader.theta(0)
    data = training_data(header, data_dir)
    rule = lookup(header.method)
    with Problem(
        Network(header.sizes, header.activation, header.loss), data, l2=header.l2, precision=header.precision
    ) as problem:
        if state is None:
            if theta is None:
                raise RunFileError(f"{path} holds neither a state nor weights before iteration {iteration}.")
            state, _ = begin(problem, theta)
        while state.iteration < iteration:
            state, step = advance(problem, rule, state)
        same_step(step, steps[iteration])
        assert state.ray is not None
        return look(state.ray, step, rule)


def same_step(one: Step, other: Step) -> None:
    """Raise RunFileError unless the step walked again is the step that was stored."""
    if (one.alpha, one.value) != (other.alpha, other.value):
        raise RunFileError(
            f"Iteration {one.iteration} walked again gives loss {one.value!r} with α = {one.alpha!r}, but "
            f"the run says {other.value!r} with {other.alpha!r}: another machine, version or threads."
        )
