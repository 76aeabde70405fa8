"""What a fit that did not converge says: what happened, and what to do."""

from __future__ import annotations

from surefoot.estimators.early import STRIP
from surefoot.estimators.settings import Settings
from surefoot.training.finished import Run


def advice(name: str, run: Run, s: Settings) -> str:
    """The sentences of a ConvergenceWarning."""
    kind, last = run.ending.kind, run.steps[-1]
    reached = f"loss {last.value:.4g}, gradient norm {last.gradient_norm:.2g}"
    if kind == "iterations":
        wanted = s.tol * (1 + abs(last.value))
        return (
            f"{name} did not converge: all {s.max_iter} iterations are done ({reached}, wanted {wanted:.2g}"
            f"{_falling(run)}). Give max_iter={2 * s.max_iter}, a larger l2 or tol, or early_stopping=True; "
            "warm_start=True goes on from here."
        )
    if kind == "interrupted":
        return (
            f"{name} was {run.ending.sentence} ({reached}); what was reached is kept, and warm_start=True "
            "goes on from here."
        )
    return (
        f"{name} did not converge: {run.ending.sentence} ({reached}); the last good weights are kept. Scale "
        "the inputs (standardize='auto'), look for values far from all others, or give precision='double'."
    )


def _falling(run: Run) -> str:
    """By how much the loss still falls, where that says something."""
    values = [step.value for step in run.steps]
    if len(values) <= STRIP or not values[-1]:
        return ""
    fall = (values[-1 - STRIP] - values[-1]) / abs(values[-1])
    return f"; the last {STRIP} lowered the loss by {100 * fall:.2g} %"
