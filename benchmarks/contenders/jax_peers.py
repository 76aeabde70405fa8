"""JAX in float32 on all cores, compiled: Armijo descent, and optax.lbfgs with its zoom search.

Armijo in its strongest form: each trial computes value and gradient in one compiled call.  That wastes a
gradient at a refused trial (1 in 50) and saves a forward pass at every accepted one; keeping the pullback
across calls copies the data and was three times as slow.  Weights lie (d_out, d_in): value and gradient took
7.6 ms, the other way round 12.
"""

from __future__ import annotations

from time import perf_counter
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from work import Task

from contenders import ALPHA, C1, MOST, NEVER, PAIRS, Lap


def setting(task: Task) -> tuple[list[Any], Any, Any]:
    """([W¹, b¹, W², b²], X (n, d), y (n,)); W (d_out, d_in)."""
    work = task.load()
    layers = [jnp.asarray(a.T) for a in work.layers(np.float32)]
    return layers, jnp.asarray(work.inputs(np.float32)), jnp.asarray(work.data.y, jnp.int32)


def loss(parameters: list[Any], X: Any, y: Any) -> Any:
    W1, b1, W2, b2 = parameters
    Z = jax.nn.sigmoid(X @ W1.T + b1) @ W2.T + b2
    return (jax.nn.logsumexp(Z, axis=1) - jnp.take_along_axis(Z, y[:, None], axis=1)[:, 0]).mean()


both = jax.value_and_grad(loss)


@jax.jit
def advance(parameters: list[Any], value: Any, G: list[Any], X: Any, y: Any) -> tuple[Any, ...]:
    """One iteration: (parameters, value, gradient, trials)."""
    slope = -sum(jnp.vdot(g, g) for g in G)

    def attempt(alpha: Any) -> tuple[Any, ...]:
        tried = [p - alpha * g for p, g in zip(parameters, G, strict=True)]
        return tried, *both(tried, X, y)

    def refused(carry: tuple[Any, ...]) -> Any:
        trials, alpha, _, there, _ = carry
        return (trials < MOST) & ((trials == 0) | (there - value >= C1 * alpha * slope))

    def again(carry: tuple[Any, ...]) -> tuple[Any, ...]:
        trials, alpha = carry[0], jnp.where(carry[0] == 0, ALPHA, carry[1] / 2)
        return trials + 1, alpha, *attempt(alpha)

    trials, _, *there = jax.lax.while_loop(refused, again, (0, jnp.float32(0), parameters, value, G))
    return *there, trials


class Armijo:
    """Steepest descent with backtracking."""

    def __init__(self, task: Task):
        self.start, self.X, self.y = setting(task)
        self.first = jax.jit(both)
        self(3, NEVER)

    def __call__(self, iterations: int, target: float) -> Lap:
        began, trials, k = perf_counter(), 0, 0
        parameters = self.start
        value, G = self.first(parameters, self.X, self.y)
        while k < iterations and float(value) > target:
            parameters, value, G, more = advance(parameters, value, G, self.X, self.y)
            trials, k = trials + int(more), k + 1
        seconds = perf_counter() - began
        return Lap(seconds, k, 2 + 2 * trials, trials, float(value))


class LBFGS:
    """optax.lbfgs: one compiled call per iteration, value and gradient kept in its state."""

    def __init__(self, task: Task):
        import optax

        self.start, self.X, self.y = setting(task)
        solver = optax.lbfgs(memory_size=PAIRS)

        def advance(parameters: Any, state: Any, X: Any, y: Any) -> tuple[Any, ...]:
            def value_fn(p: Any) -> Any:
                return loss(p, X, y)

            value, G = optax.value_and_grad_from_state(value_fn)(parameters, state=state)
            step, state = solver.update(G, state, parameters, value=value, grad=G, value_fn=value_fn)
            found = optax.tree.get(state, "info").num_linesearch_steps
            return optax.apply_updates(parameters, step), state, optax.tree.get(state, "value"), found

        self.init, self.advance = solver.init, jax.jit(advance)
        self(3, NEVER)

    def __call__(self, iterations: int, target: float) -> Lap:
        parameters = self.start
        state = self.init(parameters)
        began, trials, k, value = perf_counter(), 0, 0, float("inf")
        while k < iterations and value > target:
            parameters, state, there, found = self.advance(parameters, state, self.X, self.y)
            value, trials, k = float(there), trials + int(found), k + 1
        return Lap(perf_counter() - began, k, 2 + 2 * trials, trials, value)
