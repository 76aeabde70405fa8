"""Backpropagation: a multilayer perceptron's outputs, and the pullback to its parameters.

Forward, layer by layer, samples as rows (A⁰ = X):

    Zˡ = Aˡ⁻¹ Wˡ + bˡ            pre-activations, (n, d_l)
    Aˡ = f(Zˡ)                   activations; the last layer has none: Z^L are the outputs

Backward, with Dˡ = ∂L/∂Zˡ, from D^L which the loss gives:

    ∂L/∂Wˡ = Aˡ⁻¹ᵀ Dˡ            what came in, times what is wanted back
    ∂L/∂bˡ = Σ over samples of Dˡ
    Dˡ⁻¹   = (Dˡ Wˡᵀ) ∘ f′(Zˡ⁻¹)

`tail` is all of it behind the first layer, starting from Z¹; `forward` puts the first layer in
front.  The two are apart because a line search changes Z¹ without touching the data (design: rays).

Source: Bishop (2006), section 5.3, eqs. (5.53)-(5.56), written for all samples at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from surefoot.arrays import Array
from surefoot.network.activations import Activation
from surefoot.network.parameters import Layers

Gradients: TypeAlias = list[tuple[Array, Array]]  # (∂L/∂W, ∂L/∂b) of each layer
BLOCK = 4096  # rows that float32 may sum by itself; the blocks are added in float64


def forward(X: Array, layers: Layers, f: Activation) -> tuple[Array, Callable[[Array], Gradients]]:
    """Outputs Z^L (n, k) for X (n, d), and the pullback D^L (n, k) -> gradients of all layers."""
    (W, b), *behind = layers
    Z, tail_pullback = tail(X @ W + b, behind, f)

    def pullback(D: Array) -> Gradients:
        D1, gradients = tail_pullback(D)
        return [outer_sum(X, D1), *gradients]

    return Z, pullback


def tail(
    Z1: Array, behind: Layers, f: Activation
) -> tuple[Array, Callable[[Array], tuple[Array, Gradients]]]:
    """Outputs Z^L from Z¹ (n, d_1), and the pullback D^L -> (D¹, gradients of the layers behind)."""
    Z = Z1
    passed: list[tuple[Array, Array]] = []  # (Zˡ⁻¹, Aˡ⁻¹) in front of each layer
    for W, b in behind:
        A = f.value(Z)
        passed.append((Z, A))
        Z = A @ W + b

    def pullback(D: Array) -> tuple[Array, Gradients]:
        gradients: Gradients = []
        for (W, _), (Z, A) in zip(reversed(behind), reversed(passed), strict=True):
            gradients.append(outer_sum(A, D))
            D = (D @ W.T) * f.slope(Z, A)
        return D, gradients[::-1]

    return Z, pullback


def outer_sum(A: Array, D: Array) -> tuple[Array, Array]:
    """(Aᵀ D, Σ rows of D): sums over samples, accumulated in float64 whatever the arrays are."""
    if D.dtype != np.float32:
        return A.T @ D, D.sum(axis=0)
    G = np.zeros((A.shape[1], D.shape[1]))
    for start in range(0, len(D), BLOCK):
        G += A[start : start + BLOCK].T @ D[start : start + BLOCK]
    return G, D.sum(axis=0, dtype=np.float64)
