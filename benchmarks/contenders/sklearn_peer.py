"""scikit-learn's MLPClassifier with solver="lbfgs" (10 pairs, not to be changed), on float32.

The clock starts at its first evaluation: checking the input is not charged.  As it is installed, and `calm`,
with the threads of NumPy and scipy kept from fighting.
"""

from __future__ import annotations

import warnings
from contextlib import suppress
from time import perf_counter
from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier
from work import Task

from contenders import ENDLESS, NEVER, Lap, Reached
from contenders.calm import calm_scipy


class Counted(MLPClassifier):
    """Starts where it is told, counts its evaluations, stops at a target."""

    def _init_coef(self, *_: Any) -> tuple[np.ndarray, np.ndarray]:
        W, b = next(self.layers_)
        return W.copy(), b.copy()

    def _loss_grad_lbfgs(self, *arguments: Any) -> Any:
        if not self.evaluations_:
            self.began_ = perf_counter()
        value, G = super()._loss_grad_lbfgs(*arguments)
        self.evaluations_, self.value_ = self.evaluations_ + 1, min(self.value_, float(value))
        if self.value_ <= self.target_:
            raise Reached
        return value, G


class LBFGS:
    """Its own weights replaced by ours, its tolerances off."""

    def __init__(self, task: Task, calm: bool = False):
        work = task.load()
        self.hidden = work.network.sizes[1:-1]
        W1, b1, W2, b2 = work.layers(np.float32)
        self.start = [(W1, b1), (W2, b2)]
        self.X, self.y = work.inputs(np.float32), work.data.y
        if calm:
            calm_scipy()
        self(3, NEVER)

    def __call__(self, iterations: int, target: float) -> Lap:
        model = Counted(
            self.hidden, activation="logistic", solver="lbfgs", alpha=0.0, tol=0.0,
            max_iter=iterations, max_fun=ENDLESS,
        )  # fmt: skip
        model.layers_, model.evaluations_ = iter(self.start), 0
        model.value_, model.target_ = float("inf"), target
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it has not converged is meant
            with suppress(Reached):
                model.fit(self.X, self.y)
        seconds = perf_counter() - model.began_
        return Lap(seconds, model.n_iter_, 2 * model.evaluations_, model.evaluations_ - 1, model.value_)
