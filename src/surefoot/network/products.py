"""Products of the Hessian and of the Gauss-Newton matrix with a vector, never forming either.

Gauss-Newton, with J = ∂Z^L/∂θ and H_L = ∂²L/∂Z^L² (positive semidefinite for our losses):

    G p = Jᵀ H_L J p             J p = Ż^L is the network's jet, Jᵀ is the pullback

Hessian, by differentiating backpropagation itself along p (a dot is d/dα at α = 0):

    Ḋ^L = H_L Ż^L
    (∂L/∂Wˡ)˙ = Ȧˡ⁻¹ᵀ Dˡ + Aˡ⁻¹ᵀ Ḋˡ
    Ḋˡ⁻¹ = (Ḋˡ Wˡᵀ + Dˡ Vˡᵀ) ∘ f′(Zˡ⁻¹) + (Dˡ Wˡᵀ) ∘ f″(Zˡ⁻¹) ∘ Żˡ⁻¹

Both cost one pass forward (Ż¹ = X V¹ + v¹) and one backward (X^T Ḋ¹).

Sources: Pearlmutter, Neural Computation 6 (1994) 147; Schraudolph, Neural Computation 14 (2002) 1723.
"""

from __future__ import annotations

from collections.abc import Callable

from surefoot.arrays import Array
from surefoot.network.activations import Activation
from surefoot.network.mlp import Gradients, outer_sum, tail
from surefoot.network.parameters import Layers


def gauss_newton_tail(
    Z1: Array,
    dZ1: Array,
    behind: Layers,
    along: Layers,
    f: Activation,
    curve: Callable[[Array, Array], Array],
) -> tuple[Array, Gradients]:
    """(Ḋ¹, products for the layers behind) of G p; `curve(Z, Ż)` is H_L Ż, weights included."""
    Z, dZ = Z1, dZ1
    for (W, b), (V, v) in zip(behind, along, strict=True):
        A = f.value(Z)
        Z, dZ = A @ W + b, (f.slope(Z, A) * dZ) @ W + A @ V + v
    _, pullback = tail(Z1, behind, f)
    return pullback(curve(Z, dZ))


def hessian_tail(
    Z1: Array,
    dZ1: Array,
    behind: Layers,
    along: Layers,
    f: Activation,
    gradient: Callable[[Array], Array],
    curve: Callable[[Array, Array], Array],
) -> tuple[Array, Gradients]:
    """(Ḋ¹, products for the layers behind) of H p; `gradient(Z)` is D^L, `curve(Z, Ż)` is Ḋ^L."""
    Z, dZ = Z1, dZ1
    passed = []
    for (W, b), (V, v) in zip(behind, along, strict=True):
        A = f.value(Z)
        dA = f.slope(Z, A) * dZ
        passed.append((Z, dZ, A, dA))
        Z, dZ = A @ W + b, dA @ W + A @ V + v
    D, dD = gradient(Z), curve(Z, dZ)
    products: Gradients = []
    steps = zip(reversed(behind), reversed(along), reversed(passed), strict=True)
    for (W, _), (V, _), (Z, dZ, A, dA) in steps:
        (G, g), (dG, _) = outer_sum(A, dD), outer_sum(dA, D)
        products.append((G + dG, g))
        back = D @ W.T
        D, dD = back * f.slope(Z, A), (dD @ W.T + D @ V.T) * f.slope(Z, A) + back * f.bend(Z, A) * dZ
    return dD, products[::-1]
