"""PyTorch in float32 on all cores: Armijo descent, eager or compiled, and its own L-BFGS.

Armijo in its strongest form: a trial records its graph, so the accepted one goes straight backward, and an
iteration is one forward and one backward.  Weights lie as in nn.Linear, (d_out, d_in): the other way round
the gradient's product with the data took 30 ms instead of 9.
"""

from __future__ import annotations

from contextlib import suppress
from time import perf_counter
from typing import Any

import numpy as np
import torch
from torch.nn.functional import cross_entropy, linear
from work import Task

from contenders import ALPHA, C1, ENDLESS, MOST, NEVER, PAIRS, Lap, Reached
from surefoot.compute.threads import cores

Tensors = list[torch.Tensor]


def setting(task: Task) -> tuple[Tensors, torch.Tensor, torch.Tensor]:
    """([W¹, b¹, W², b²], X (n, d), y (n,)); W (d_out, d_in)."""
    torch.set_num_threads(cores())
    work = task.load()
    layers = [torch.from_numpy(a.T.copy()) for a in work.layers(np.float32)]
    return layers, torch.from_numpy(work.inputs(np.float32)), torch.from_numpy(np.array(work.data.y))


def loss(parameters: Tensors, X: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    W1, b1, W2, b2 = parameters
    hidden = torch.sigmoid(linear(X, W1, b1))
    return cross_entropy(linear(hidden, W2, b2), y)


class Armijo:
    """Steepest descent with backtracking; `compiled` by torch.compile."""

    def __init__(self, task: Task, compiled: bool = False):
        self.start, self.X, self.y = setting(task)
        self.loss = torch.compile(loss) if compiled else loss
        self(3, NEVER)

    def __call__(self, iterations: int, target: float) -> Lap:
        began, trials, k = perf_counter(), 0, 0
        parameters = [p.clone().requires_grad_() for p in self.start]
        here = self.loss(parameters, self.X, self.y)
        value = here.item()
        while k < iterations and value > target:
            G = torch.autograd.grad(here, parameters)
            slope = -sum(torch.sum(g * g) for g in G).item()
            alpha = ALPHA
            for _ in range(MOST):
                trials += 1
                tried = [
                    (p.detach() - alpha * g).requires_grad_() for p, g in zip(parameters, G, strict=True)
                ]
                here = self.loss(tried, self.X, self.y)
                there = here.item()
                if there - value < C1 * alpha * slope:
                    break
                alpha /= 2
            parameters, value, k = tried, there, k + 1
        return Lap(perf_counter() - began, k, 1 + trials + k, trials, value)


class LBFGS:
    """torch.optim.LBFGS, strong Wolfe, one `step` of many iterations."""

    def __init__(self, task: Task):
        self.start, self.X, self.y = setting(task)
        self(3, NEVER)

    def __call__(self, iterations: int, target: float) -> Lap:
        parameters = [p.clone().requires_grad_() for p in self.start]
        solver = torch.optim.LBFGS(
            parameters, lr=1, max_iter=iterations, max_eval=ENDLESS, tolerance_grad=0, tolerance_change=0,
            history_size=PAIRS, line_search_fn="strong_wolfe",
        )  # fmt: skip
        evaluations, value = 0, float("inf")

        def closure() -> Any:
            nonlocal evaluations, value
            solver.zero_grad()
            here = loss(parameters, self.X, self.y)
            here.backward()
            evaluations, value = evaluations + 1, min(value, here.item())
            if value <= target:
                raise Reached
            return here

        began = perf_counter()
        with suppress(Reached):
            solver.step(closure)
        seconds = perf_counter() - began
        done = solver.state[parameters[0]].get("n_iter", 0)
        return Lap(seconds, done, 2 * evaluations, evaluations - 1, value)
