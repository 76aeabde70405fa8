"""Looking into a fitted estimator: its gradient checked, its history drawn."""

from __future__ import annotations

from typing import Any

import numpy as np

from surefoot.compute.dense import Dense
from surefoot.compute.sparse import Sparse
from surefoot.errors import BadValue, require
from surefoot.estimators.checks import checked_inputs
from surefoot.verification import Report, check


def gradient_report(estimator: Any, X: Any, y: Any, sample_weight: Any) -> Report:
    """`sf.check` at theta_, on the given samples or on those that the fit kept."""
    kept = getattr(estimator, "_kept", None)
    if X is not None:
        if y is None:
            raise BadValue("check_gradient got X without y; give both, or neither.")
        Z, Y = estimator.scaling_.apply(checked_inputs(estimator, X)), estimator._targets(y)
    elif kept is None:
        raise BadValue(
            "This estimator was read from a file and holds no samples; give check_gradient X and y."
        )
    else:
        Z, Y = kept.inputs, kept.labels
    make = Sparse if hasattr(Z, "format") else Dense
    problem = make(estimator.network_, Z, Y, l2=estimator.l2_, sample_weight=sample_weight)
    return check(problem, np.array(estimator.theta_))


def history(estimator: Any, ax: Any) -> Any:
    """Loss by iteration on a log axis, and the validation loss with its best iteration marked."""
    require("matplotlib", "plot", "plot_history")
    if ax is None:
        from matplotlib import pyplot

        ax = pyplot.subplots()[1]
    losses, unseen = estimator.loss_curve_, estimator.validation_losses_
    ax.plot(losses, label="training loss")
    if unseen is not None:
        best = estimator.best_iteration_
        ax.plot(unseen, label="validation loss")
        ax.plot([best], [unseen[best]], "o", label=f"kept: iteration {best}")
        ax.legend()
    if min([*losses, *(unseen or [])]) > 0:
        ax.set_yscale("log")
    ax.set_xlabel("iteration")
    ax.set_ylabel("loss")
    ax.set_title(f"{estimator.run_.header.architecture}, {estimator.n_iter_} iterations")
    return ax
