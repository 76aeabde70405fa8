"""Losses l(z, y) of one sample's outputs z (k,), with ∂l/∂z and products with ∂²l/∂z².

    name            l(z, y)                           ∂l/∂z         (∂²l/∂z²) v
    cross-entropy   log Σⱼ e^zⱼ - z_y       (nats)    p - e_y       p∘v - p (p·v)      p = softmax(z)
    binary          Σⱼ log(1 + e^zⱼ) - yⱼ zⱼ (nats)   s - y         s (1 - s) ∘ v      s = logistic(z)
    squared-error   ½ Σⱼ (zⱼ - yⱼ)²   (units of y²)   z - y         v

z are the outputs of the last layer as they come (logits): the loss is never taken from rounded
probabilities.  All functions work on many samples: Z (n, k) -> (n,), (n, k), (n, k).

Source: Bishop, Pattern Recognition and Machine Learning (2006), sections 4.3.4 and 5.2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from surefoot.arrays import Array, is_finite
from surefoot.errors import BadValue, ShapeError, UnknownName
from surefoot.network.activations import logistic, softplus


@dataclass(frozen=True)
class Loss:
    """One loss; `targets` checks y once at the border, the others trust it."""

    name: str
    value: Callable[[Array, Array], Array]  # Z (n, k), Y -> (n,)
    gradient: Callable[[Array, Array], Array]  # Z, Y -> (n, k)
    curvature: Callable[[Array, Array, Array], Array]  # Z, Y, V -> (n, k)
    predict: Callable[[Array], Array]  # Z -> what the outputs mean: probabilities, or numbers
    targets: Callable[[Array, int], Array]  # y, k -> Y


def softmax(Z: Array) -> Array:
    """e^z / Σ e^z per row; the row maximum is subtracted first: exp must not overflow."""
    E = np.exp(Z - Z.real.max(axis=1, keepdims=True))
    P: Array = E / E.sum(axis=1, keepdims=True)
    return P


def _others(Z: Array, Y: Array) -> tuple[Array, Array, Array]:
    """E = e^(z - top) with the label's own entry set to 0, that entry, and top - z_y."""
    rows = np.arange(len(Z))
    top = Z[rows, Z.real.argmax(axis=1)]  # complex where Z is: its own e^0 must be 1 exactly
    E = np.exp(Z - top[:, None])
    own = E[rows, Y]
    E[rows, Y] = 0
    return E, own, top - Z[rows, Y]


def _cross_entropy(Z: Array, Y: Array) -> Array:
    """log Σⱼ e^(zⱼ - z_y): the others are summed first, or a loss below 1e-16 would be lost beside 1."""
    E, own, below = _others(Z, Y)
    value: Array = np.log1p(E.sum(axis=1) + (own - 1)) + below
    return value


def _cross_entropy_gradient(Z: Array, Y: Array) -> Array:
    """p - e_y, with p_y - 1 = -Σ of the others: 1 - 1e-9 keeps only seven digits of the 1e-9."""
    E, own, _ = _others(Z, Y)
    others = E.sum(axis=1)
    D: Array = E / (others + own)[:, None]
    D[np.arange(len(Z)), Y] = -others / (others + own)
    return D


def _cross_entropy_curvature(Z: Array, Y: Array, V: Array) -> Array:
    P = softmax(Z)
    PV: Array = P * V
    product: Array = PV - P * PV.sum(axis=1, keepdims=True)
    return product


def _binary_curvature(Z: Array, Y: Array, V: Array) -> Array:
    product: Array = logistic(Z) * logistic(-Z) * V
    return product


def _labels(y: Array, k: int) -> Array:
    Y = np.asarray(y)
    if Y.ndim != 1:
        raise ShapeError(
            f"Labels have shape {Y.shape}; cross-entropy wants one label per sample, shape (n,)."
        )
    if Y.dtype.kind not in "iu":
        raise BadValue(
            f"Labels have dtype {Y.dtype}; cross-entropy wants whole numbers 0 .. {k - 1}. "
            "For numbers to predict, use loss='squared-error'."
        )
    if Y.size and (Y.min() < 0 or Y.max() >= k):
        raise BadValue(
            f"Labels run from {Y.min()} to {Y.max()}, but the network has {k} outputs (labels 0 .. {k - 1}). "
            "Give the last layer one unit per class."
        )
    return Y.astype(np.intp)


def _numbers(y: Array, k: int) -> Array:
    Y = np.asarray(y, np.float64)
    if Y.ndim == 1:
        Y = Y[:, None]
    if Y.ndim != 2 or Y.shape[1] != k:
        raise ShapeError(
            f"Targets have shape {np.shape(y)}, but the network has {k} outputs. Pass y with shape (n, {k})"
            + (" or (n,)." if k == 1 else ".")
        )
    if not is_finite(Y):
        row = int(np.argmin(np.isfinite(Y).all(axis=1)))
        raise BadValue(f"Targets hold NaN or infinity, first in row {row}. Leave such rows out.")
    return Y


def _zeros_and_ones(y: Array, k: int) -> Array:
    Y = _numbers(y, k)
    if Y.size and (Y.min() < 0 or Y.max() > 1):
        raise BadValue(
            f"Targets run from {Y.min():g} to {Y.max():g}; binary cross-entropy wants 0, 1 or a probability."
        )
    return Y


LOSSES = {
    loss.name: loss
    for loss in (
        Loss(
            "cross-entropy",
            _cross_entropy,
            _cross_entropy_gradient,
            _cross_entropy_curvature,
            softmax,
            _labels,
        ),
        Loss(
            "binary",
            # as two parts that are never negative: softplus(z) - z loses all digits of a small loss
            lambda Z, Y: ((1 - Y) * softplus(Z) + Y * softplus(-Z)).sum(axis=1),
            lambda Z, Y: (1 - Y) * logistic(Z) - Y * logistic(-Z),
            _binary_curvature,
            logistic,
            _zeros_and_ones,
        ),
        Loss(
            "squared-error",
            lambda Z, Y: 0.5 * ((Z - Y) ** 2).sum(axis=1),
            lambda Z, Y: Z - Y,
            lambda Z, Y, V: V,
            lambda Z: Z,
            _numbers,
        ),
    )
}


def loss(name: str) -> Loss:
    """Look a loss up by name; an unknown name is an error that suggests the nearest."""
    if name not in LOSSES:
        raise UnknownName("loss", name, LOSSES)
    return LOSSES[name]
