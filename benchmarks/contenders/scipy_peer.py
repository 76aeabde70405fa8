"""scipy's L-BFGS-B on a NumPy objective in float32, written with care.

The gradient reuses the forward pass; layers lie (units, samples), so that sums over units run along memory.
"""

from __future__ import annotations

from contextlib import suppress
from time import perf_counter

import numpy as np
from scipy.optimize import minimize
from work import Task

from contenders import ENDLESS, NEVER, PAIRS, Lap, Reached
from contenders.calm import calm_scipy


class LBFGSB:
    """L-BFGS-B without bounds, its tolerances off."""

    def __init__(self, task: Task):
        work = task.load()
        self.layout, self.start = work.network.layout, work.theta
        self.X, self.y, self.n = work.inputs(np.float32), work.data.y, np.arange(work.data.n)
        calm_scipy()
        self(3, NEVER)

    def value_and_gradient(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        (W1, b1), (W2, b2) = self.layout.split(theta.astype(np.float32))
        A = np.ascontiguousarray(W1.T) @ self.X.T
        A += b1[:, None]
        with np.errstate(over="ignore"):  # 1 / (1 + inf) is the 0 that is meant
            A = 1 / (1 + np.exp(-A))
        Z = W2.T @ A + b2[:, None]
        Z -= Z.max(axis=0)
        P = np.exp(Z)
        total = P.sum(axis=0)
        value = float(np.mean(np.log(total) - Z[self.y, self.n], dtype=np.float64))
        P /= total
        P[self.y, self.n] -= 1
        P /= len(self.n)
        D = (W2 @ P) * A * (1 - A)
        layers = [((D @ self.X).T, D.sum(axis=1)), (A @ P.T, P.sum(axis=1))]
        return value, self.layout.join(layers).astype(np.float64)

    def __call__(self, iterations: int, target: float) -> Lap:
        evaluations, value, k = 0, float("inf"), 0

        def evaluate(theta: np.ndarray) -> tuple[float, np.ndarray]:
            nonlocal evaluations, value
            here, G = self.value_and_gradient(theta)
            evaluations, value = evaluations + 1, min(value, here)
            if value <= target:
                raise Reached
            return here, G

        def count(_: np.ndarray) -> None:
            nonlocal k
            k += 1

        options = {"maxcor": PAIRS, "ftol": 0.0, "gtol": 0.0, "maxiter": iterations, "maxfun": ENDLESS}
        began = perf_counter()
        with suppress(Reached):
            minimize(evaluate, self.start, jac=True, method="L-BFGS-B", options=options, callback=count)
        return Lap(perf_counter() - began, k, 2 * evaluations, evaluations - 1, value)
