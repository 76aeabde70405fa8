"""The line to beat: softmax regression, a network without hidden units, on the same data.

Its loss is convex, so where it ends does not depend on where it began: a fair mark for every network.
Where a straight line parts the classes, as it does with the digits, that loss has no lowest point: it falls
for ever as the weights grow, and unseen rows get worse all the while.  So a little weight decay is always
there.
"""

from __future__ import annotations

from typing import Any

from surefoot.data import Data
from surefoot.descent.loop import descend
from surefoot.descent.methods import lbfgs
from surefoot.descent.stopping import Stop
from surefoot.network import Network
from surefoot.training.probes import Unseen
from surefoot.training.problem import Problem
from surefoot.training.turns import TURNS

LEAST_L2 = 1e-4  # weight decay: with it there is one lowest point, and it is reached
FLAT = 1e-6  # the norm of the gradient that counts as converged
ITERATIONS = 5_000


def softmax_line(
    train: Data, test: Data | None = None, l2: float = 0.0, seconds: float = 5.0
) -> dict[str, Any] | None:
    """Loss and accuracy of softmax regression, trained until it is flat or so many seconds are over.

    Its weight decay is `l2`, but not below 1e-4: classes that a straight line parts have no finite optimum
    without (on 1,000 digits the loss went on to 5e-8, while that of unseen rows rose to 2.65).

    Returns
    -------
    {"loss", "loss_test", "accuracy_train", "accuracy_test", "l2", "converged"}: `l2` the one that was used,
    and `loss` with it; without a test None where it would stand, `converged` False where time ran out.
    None for data without classes.

    >>> import surefoot as sf
    >>> round(softmax_line(sf.load("digits"), l2=0.01)["accuracy_train"], 2)
    0.95
    """
    if not train.is_classification:
        return None
    net, l2 = Network((train.d, train.k)), max(l2, LEAST_L2)
    with TURNS:
        problem = Problem(net, train, l2=l2)
    with problem:
        stop = Stop(iterations=ITERATIONS, gradient_norm=FLAT, seconds=seconds)
        with TURNS:
            descent = descend(problem, net.initial(0), lbfgs(), stop)
        while descent.ending is None:
            with TURNS:  # a turn each, so that a run beside it goes on
                next(descent)
    best = descent.state.best
    seen = Unseen(net, train).measure(best.theta)
    unseen = {} if test is None else Unseen(net, test).measure(best.theta)
    return {
        "loss": best.value,
        "loss_test": unseen.get("loss_test"),
        "accuracy_train": seen.get("accuracy_test"),
        "accuracy_test": unseen.get("accuracy_test"),
        "l2": l2,
        "converged": descent.ending.kind in ("gradient", "precision"),
    }
