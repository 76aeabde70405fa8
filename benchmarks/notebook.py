"""Milliseconds per iteration: the teaching notebook's algorithm written straightforwardly, beside ours.

The notebook: samples as columns, plain NumPy in float64, a full forward pass over the data for every
trial of the line search, probabilities kept for the gradient.  Same start, same rule (classic), same
steps; all take turns, medians over the rounds, losses compared at the end (single to 1e-4).  The plain
objective and the packed one, in double and single, stand beside it.

    python benchmarks/notebook.py [mnist|digits] [--rounds 5] [--iterations 10]
"""

from __future__ import annotations

import argparse
from statistics import median
from time import perf_counter

import numpy as np

import surefoot as sf
from surefoot.training.options import Options


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def probabilities(W1, b1, W2, b2, X):
    hidden = sigmoid(W1 @ X + b1)
    scores = np.exp(W2 @ hidden + b2)
    return hidden, scores / scores.sum(axis=0)


def loss(W1, b1, W2, b2, X, Y):
    return -np.mean(np.sum(Y * np.log(probabilities(W1, b1, W2, b2, X)[1]), axis=0))


def gradient(W1, b1, W2, b2, X, Y):
    hidden, P = probabilities(W1, b1, W2, b2, X)
    D2 = (P - Y) / X.shape[1]
    D1 = (W2.T @ D2) * hidden * (1 - hidden)
    return D1 @ X.T, D1.sum(axis=1, keepdims=True), D2 @ hidden.T, D2.sum(axis=1, keepdims=True)


def notebook(parameters, X, Y, iterations):
    """Armijo backtracking from 2, c1 = 0.01: (seconds, final loss)."""
    began = perf_counter()
    value = loss(*parameters, X, Y)
    for _ in range(iterations):
        G = gradient(*parameters, X, Y)
        slope = -sum(float(np.sum(g * g)) for g in G)
        alpha = 2.0
        for _ in range(100):
            tried = [p - alpha * g for p, g in zip(parameters, G, strict=True)]
            there = loss(*tried, X, Y)
            if there - value < 0.01 * alpha * slope:
                break
            alpha /= 2
        parameters, value = tried, there
    return perf_counter() - began, value


def ours(problem, theta, iterations):
    began = perf_counter()
    *_, last = sf.descend(problem, theta, "classic", sf.stop(iterations=iterations))
    return perf_counter() - began, last.value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="?", default="mnist")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--iterations", type=int, default=10)
    given = parser.parse_args()
    options = Options(given.data)
    train, _ = options.split()
    net = options.network(train)
    theta = net.initial(rng=0)
    (W1, b1), (W2, b2) = net.layout.split(theta)
    columns = np.asfortranarray(train.scaled()).T
    Y = np.eye(train.k)[train.y].T
    start = [W1.T.copy(), b1[:, None].copy(), W2.T.copy(), b2[:, None].copy()]
    choices = {"dense double": ("dense", "double"), "packed double": ("packed", "double")}
    choices["packed single"] = ("packed", "single")
    problems = {n: sf.Problem(net, train, compute=c, precision=p) for n, (c, p) in choices.items()}
    for problem in problems.values():
        ours(problem, theta, 2)  # threads started, kernels loaded
    times: dict[str, list[float]] = {name: [] for name in ("notebook", *problems)}
    for _ in range(given.rounds):
        seconds, theirs = notebook(start, columns, Y, given.iterations)
        times["notebook"].append(seconds)
        for name, problem in problems.items():
            seconds, value = ours(problem, theta, given.iterations)
            times[name].append(seconds)
            assert abs(value / theirs - 1) < (1e-4 if "single" in name else 1e-9), (name, value, theirs)
    print(
        f"{net.name}, {train.n:,} rows, classic, double; ms per iteration, median of {given.rounds} [range]"
    )
    base = median(times["notebook"])
    for name, seconds in times.items():
        each = sorted(1e3 * s / given.iterations for s in seconds)
        ratio = f"{base / median(seconds):6.2f} x"
        print(f"{name:14} {median(each):8.2f}   [{each[0]:.2f} .. {each[-1]:.2f}]   {ratio}")


if __name__ == "__main__":
    main()
