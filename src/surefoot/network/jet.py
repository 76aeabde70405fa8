"""The network along a straight line in its parameters, to second order.

On the ray θ + αp every quantity is a function of α.  With a dot for d/dα and V, v for the parts
of p that belong to a layer's W, b:

    Zˡ = Aˡ⁻¹ Wˡ + bˡ     Żˡ = Ȧˡ⁻¹ Wˡ + Aˡ⁻¹ Vˡ + vˡ     Z̈ˡ = Äˡ⁻¹ Wˡ + 2 Ȧˡ⁻¹ Vˡ
    Aˡ = f(Zˡ)            Ȧˡ = f′(Zˡ) ∘ Żˡ                 Äˡ = f″(Zˡ) ∘ Żˡ² + f′(Zˡ) ∘ Z̈ˡ

The first layer is linear in α: Ż¹ = X V¹ + v¹ is constant and Z̈¹ = 0.  So exact first and second
derivatives of the loss along the ray need no pass over the data at all.

Source: Griewank & Walther, Evaluating Derivatives, 2nd ed. (2008), chapter 13 (Taylor arithmetic).
"""

from __future__ import annotations

from surefoot.arrays import Array
from surefoot.network.activations import Activation
from surefoot.network.parameters import Layers


def tail_jet(
    Z1: Array, dZ1: Array, behind: Layers, along: Layers, f: Activation
) -> tuple[Array, Array, Array]:
    """(Z, Ż, Z̈) of the outputs, each (n, k), from Z¹, Ż¹ (n, d_1) and the layers' W, b and V, v."""
    Z, dZ, ddZ = Z1, dZ1, None
    for (W, b), (V, v) in zip(behind, along, strict=True):
        A = f.value(Z)
        slope = f.slope(Z, A)
        dA = slope * dZ
        ddA = f.bend(Z, A) * dZ * dZ
        if ddZ is not None:
            ddA = ddA + slope * ddZ
        Z, dZ, ddZ = A @ W + b, dA @ W + A @ V + v, ddA @ W + 2 * (dA @ V)
    return Z, dZ, 0 * dZ if ddZ is None else ddZ
