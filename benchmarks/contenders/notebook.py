"""The teaching notebook's algorithm, written straightforwardly: plain NumPy in float64.

Samples as columns, a full forward pass over the data for every trial of the line search, the gradient
computing its own, new arrays everywhere.
"""

from __future__ import annotations

from time import perf_counter

import numpy as np
from work import Task

from contenders import ALPHA, C1, MOST, Lap

Arrays = list[np.ndarray]


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


def probabilities(parameters: Arrays, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    W1, b1, W2, b2 = parameters
    hidden = sigmoid(W1 @ X + b1)
    scores = np.exp(W2 @ hidden + b2)
    return hidden, scores / scores.sum(axis=0)


def loss(parameters: Arrays, X: np.ndarray, Y: np.ndarray) -> float:
    return float(-np.mean(np.sum(Y * np.log(probabilities(parameters, X)[1]), axis=0)))


def gradient(parameters: Arrays, X: np.ndarray, Y: np.ndarray) -> Arrays:
    hidden, P = probabilities(parameters, X)
    D2 = (P - Y) / X.shape[1]
    D1 = (parameters[2].T @ D2) * hidden * (1 - hidden)
    return [D1 @ X.T, D1.sum(axis=1, keepdims=True), D2 @ hidden.T, D2.sum(axis=1, keepdims=True)]


def as_columns(task: Task) -> tuple[Arrays, np.ndarray, np.ndarray]:
    """(parameters, X (d, n), Y (k, n)), as the notebook holds them."""
    work = task.load()
    W1, b1, W2, b2 = work.layers(np.float64)
    X = np.asfortranarray(work.inputs(np.float64)).T
    Y = np.eye(work.data.k)[work.data.y].T
    return [W1.T.copy(), b1[:, None], W2.T.copy(), b2[:, None]], X, Y


class Notebook:
    """Steepest descent with Armijo backtracking."""

    def __init__(self, task: Task):
        self.start, self.X, self.Y = as_columns(task)
        self(1, -1.0)

    def __call__(self, iterations: int, target: float) -> Lap:
        began, trials, k = perf_counter(), 0, 0
        parameters, value = self.start, loss(self.start, self.X, self.Y)
        while k < iterations and value > target:
            G = gradient(parameters, self.X, self.Y)
            slope = -sum(float(np.sum(g * g)) for g in G)
            alpha = ALPHA
            for _ in range(MOST):
                trials += 1
                tried = [p - alpha * g for p, g in zip(parameters, G, strict=True)]
                there = loss(tried, self.X, self.Y)
                if there - value < C1 * alpha * slope:
                    break
                alpha /= 2
            parameters, value, k = tried, there, k + 1
        return Lap(perf_counter() - began, k, 1 + trials + 2 * k, trials, value)
