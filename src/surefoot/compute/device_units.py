"""Activations and losses in the words of the array API: a value, and functions for what may be wanted next.

    unit(xp, Z)    -> A, slope, bend            f(Z);  slope() = f′(Z);  bend(f′) = f″(Z)
    loss(xp, Z, Y) -> l, gradient, curve        l (m,);  gradient() = ∂l/∂Z;  curve(V) = (∂²l/∂Z²) V

The formulas and their precautions are those of `network.activations` and `network.losses`, with

    s(z) = 1 / (1 + e^-z)      1 - s(z) = s(-z)      s′(z) = s(z) s(-z)      log(1 + e^z) = logaddexp(z, 0)

Where e^-z overflows, s(z) = 0 is right; s(-z) keeps the digits that 1 - s(z) would lose where a unit is
saturated.  NaN stays NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

Device: TypeAlias = Any  # an array of some library on some device
Unit: TypeAlias = tuple[Device, Callable[[], Device], Callable[[Device], Device]]
Loss: TypeAlias = tuple[Device, Callable[[], Device], Callable[[Device], Device]]


def logistic(xp: Any, Z: Device) -> Device:
    """s(z); PyTorch has it in one operation, which makes a trial twice as fast."""
    return xp.sigmoid(Z) if hasattr(xp, "sigmoid") else 1 / (1 + xp.exp(-Z))


def softplus(xp: Any, Z: Device) -> Device:
    return xp.logaddexp(Z, xp.zeros_like(Z))


def _logistic(xp: Any, Z: Device) -> Unit:
    A = logistic(xp, Z)
    return A, lambda: A * logistic(xp, -Z), lambda F: F * (1 - 2 * A)


def _tanh(xp: Any, Z: Device) -> Unit:
    A = xp.tanh(Z)
    return A, lambda: 4 * logistic(xp, 2 * Z) * logistic(xp, -2 * Z), lambda F: -2 * A * F


def _relu(xp: Any, Z: Device) -> Unit:
    A = xp.where(Z <= 0, xp.zeros_like(Z), Z)  # asked as <= 0, not > 0: NaN must not become 0
    return A, lambda: xp.astype(Z > 0, Z.dtype), xp.zeros_like


def _softplus(xp: Any, Z: Device) -> Unit:
    return softplus(xp, Z), lambda: logistic(xp, Z), lambda F: F * logistic(xp, -Z)


def _identity(xp: Any, Z: Device) -> Unit:
    return Z, lambda: xp.ones_like(Z), xp.zeros_like


def _cross_entropy(xp: Any, Z: Device, Y: Device) -> Loss:
    """The others are summed apart from the label's own: a loss below 1e-16 would be lost beside 1."""
    own = Y[:, None] == xp.arange(Z.shape[1], dtype=Y.dtype, device=Y.device)[None, :]
    top, none = xp.max(Z, axis=1, keepdims=True), xp.zeros_like(Z)
    E = xp.exp(Z - top)  # exp must not overflow
    others = xp.where(own, none, E)
    rest, mine, z = (
        xp.sum(part, axis=1, keepdims=True)
        for part in (others, xp.where(own, E, none), xp.where(own, Z, none))
    )

    def curve(V: Device) -> Device:
        """p ∘ (v - p·v), v relative to the likeliest class: what would cancel where its p is near 1 is 0."""
        P = E / (rest + mine)
        V = V - xp.sum(xp.where(Z == top, V, none), axis=1, keepdims=True)
        return P * (V - xp.sum(P * V, axis=1, keepdims=True))

    losses = xp.log1p(rest + (mine - 1)) + (top - z)
    return losses[:, 0], lambda: xp.where(own, -rest, others) / (rest + mine), curve


def _binary(xp: Any, Z: Device, Y: Device) -> Loss:
    """As two parts that are never negative: softplus(z) - y z would lose all digits of a small loss."""
    losses = (1 - Y) * softplus(xp, Z) + Y * softplus(xp, -Z)

    def gradient() -> Device:
        return (1 - Y) * logistic(xp, Z) - Y * logistic(xp, -Z)

    return xp.sum(losses, axis=1), gradient, lambda V: logistic(xp, Z) * logistic(xp, -Z) * V


def _squared_error(xp: Any, Z: Device, Y: Device) -> Loss:
    R = Z - Y
    return xp.sum(R * R, axis=1) / 2, lambda: R, lambda V: V


UNITS: dict[str, Callable[[Any, Device], Unit]] = {
    "logistic": _logistic,
    "tanh": _tanh,
    "relu": _relu,
    "softplus": _softplus,
    "identity": _identity,
}
LOSSES: dict[str, Callable[[Any, Device, Device], Loss]] = {
    "cross-entropy": _cross_entropy,
    "binary": _binary,
    "squared-error": _squared_error,
}
