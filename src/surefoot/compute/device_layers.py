"""The layers behind the first in the words of the array API: one text for every library and device.

Samples are rows; a dot is d/dα along the line; V, v are the direction's part of a layer's W, b.

    forward    Zˡ = Aˡ⁻¹ Wˡ + bˡ                       Aˡ = f(Zˡ)
    pullback   (∂/∂Wˡ, ∂/∂bˡ) = (Aˡ⁻¹ᵀ Dˡ, Σ Dˡ)       Dˡ⁻¹ = (Dˡ Wˡᵀ) ∘ f′             D^L = w ∂l/∂Z^L
    jet        Żˡ = Ȧˡ⁻¹ Wˡ + Aˡ⁻¹ Vˡ + vˡ             Ȧ = f′ ∘ Ż
               Z̈ˡ = Äˡ⁻¹ Wˡ + 2 Ȧˡ⁻¹ Vˡ                Ä = f″ ∘ Ż² + f′ ∘ Z̈            Z̈¹ = 0
               (Σ w l)˙ = Σ D ∘ Ż                      (Σ w l)¨ = Σ Ż ∘ Ḋ + D ∘ Z̈      Ḋ^L = w (∂²l/∂Z²) Ż
    products   (∂/∂Wˡ)˙ = Aˡ⁻¹ᵀ Ḋˡ + Ȧˡ⁻¹ᵀ Dˡ          Ḋˡ⁻¹ = (Ḋˡ Wˡᵀ + Dˡ Vˡᵀ) ∘ f′ + (Dˡ Wˡᵀ) ∘ f″ ∘ Ż
               Gauss-Newton: the same with Dˡ = 0

What is not wanted is not computed: units and losses give their value and functions for the rest.
Sums over samples leave as float64, or as float32 of at most SPAN rows.

Sources: as in `network` (mlp, jet, products), of which this is a second typesetting.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

from surefoot.compute.device_units import LOSSES, UNITS
from surefoot.network import Network

Device: TypeAlias = Any  # an array of some library on some device
Behind: TypeAlias = list[tuple[Device, Device]]  # (W, b) of the layers behind the first

SPAN = 4096  # rows that float32 may sum by itself, as in `network.mlp`


class Samples(NamedTuple):
    """Y : (m,) labels or (m, k) targets.   weights : (m,) or None."""

    Y: Device
    weights: Device | None


class DeviceLayers:
    """Everything behind Z¹ = first layer with its bias, (m, d_1); parameters come as `split` leaves them."""

    def __init__(self, xp: Any, network: Network) -> None:
        self.xp, self.sizes, self.loss = xp, network.sizes[1:], network.loss
        self._unit, self._criterion = UNITS[network.activation], LOSSES[network.loss]

    def split(self, rest: Device) -> tuple[Device, Behind]:
        """(b¹, [(W², b²), ...]) of rest = [b¹, W², b², ...]."""
        at, behind = self.sizes[0], []
        for d_in, d_out in zip(self.sizes, self.sizes[1:], strict=False):
            bias = at + d_in * d_out
            W = self.xp.reshape(rest[at:bias], (d_in, d_out))
            behind.append((W, rest[bias : bias + d_out]))
            at = bias + d_out
        return rest[: self.sizes[0]], behind

    def outputs(self, Z: Device, behind: Behind) -> Device:
        for W, b in behind:
            A, _, _ = self._unit(self.xp, Z)
            Z = A @ W + b
        return Z

    def value(self, Z: Device, behind: Behind, samples: Samples) -> Device:
        """Σ w l."""
        losses, _, _ = self._criterion(self.xp, self.outputs(Z, behind), samples.Y)
        return self._total(losses, samples)

    def pullback(
        self, Z: Device, behind: Behind, samples: Samples
    ) -> tuple[Device, Device, Device, list[Device]]:
        """Σ w l, how many are right, D¹, and the sums ∂/∂[b¹, W², b², ...]."""
        passed = []
        for W, b in behind:
            A, slope, _ = self._unit(self.xp, Z)
            passed.append((A, slope))
            Z = A @ W + b
        losses, gradient, _ = self._criterion(self.xp, Z, samples.Y)
        D, sums = _weighted(gradient(), samples), []
        for (W, _), (A, slope) in zip(reversed(behind), reversed(passed), strict=True):
            sums += [self.column_sum(D), self.outer_sum(A, D)]
            D = (D @ W.T) * slope()
        sums.append(self.column_sum(D))
        return self._total(losses, samples), self._right(Z, samples.Y), D, sums[::-1]

    def jet(
        self, Z: Device, dZ: Device, behind: Behind, ahead: Behind, samples: Samples
    ) -> tuple[Device, Device, Device]:
        """Σ w l, (Σ w l)˙ and (Σ w l)¨; `ahead` are the (V, v)."""
        ddZ = None
        for (W, b), (V, v) in zip(behind, ahead, strict=True):
            A, slope, bend = self._unit(self.xp, Z)
            F = slope()
            dA, ddA = F * dZ, bend(F) * dZ * dZ
            if ddZ is not None:
                ddA += F * ddZ
            Z, dZ, ddZ = A @ W + b, dA @ W + A @ V + v, ddA @ W + 2 * (dA @ V)
        losses, gradient, curve = self._criterion(self.xp, Z, samples.Y)
        D, dD = _weighted(gradient(), samples), _weighted(curve(dZ), samples)
        bent = dZ * dD if ddZ is None else dZ * dD + D * ddZ
        return self._total(losses, samples), self._sum(D * dZ), self._sum(bent)

    def product(
        self, Z: Device, dZ: Device, behind: Behind, ahead: Behind, samples: Samples, newton: bool
    ) -> tuple[Device, list[Device]]:
        """Ḋ¹ and the sums behind, of the Hessian (newton) or of the Gauss-Newton matrix times the line."""
        passed = []
        for (W, b), (V, v) in zip(behind, ahead, strict=True):
            A, slope, bend = self._unit(self.xp, Z)
            F = slope()
            dA = F * dZ
            passed.append((A, dA, F, bend(F) * dZ if newton else None))
            Z, dZ = A @ W + b, dA @ W + A @ V + v
        _, gradient, curve = self._criterion(self.xp, Z, samples.Y)
        D, dD, sums = _weighted(gradient(), samples), _weighted(curve(dZ), samples), []
        steps = zip(reversed(behind), reversed(ahead), reversed(passed), strict=True)
        for (W, _), (V, _), (A, dA, F, bent) in steps:
            outer, back = self.outer_sum(A, dD), dD @ W.T
            sums.append(self.column_sum(dD))
            if newton:
                outer, back, back_D = outer + self.outer_sum(dA, D), back + D @ V.T, D @ W.T
                D, dD = back_D * F, back * F + back_D * bent
            else:
                dD = back * F
            sums.append(outer)
        sums.append(self.column_sum(dD))
        return dD, sums[::-1]

    def outer_sum(self, A: Device, D: Device) -> Device:
        """Aᵀ D as (Dᵀ A)ᵀ: D is narrower, and few columns on the right take MKL three times as long.

        float64 beyond SPAN rows: whole spans as one stack of products, then what is left.
        """
        xp, rows = self.xp, A.shape[0]
        if rows <= SPAN or A.dtype == xp.float64:
            return (D.T @ A).T
        whole = rows // SPAN * SPAN
        left, right = (xp.reshape(B[:whole, :], (-1, SPAN, B.shape[1])) for B in (D, A))
        G = xp.sum(xp.matrix_transpose(left) @ right, axis=0, dtype=xp.float64)
        return (G + D[whole:, :].T @ A[whole:, :] if whole < rows else G).T

    def column_sum(self, D: Device) -> Device:
        return self.xp.sum(D, axis=0, dtype=self.xp.float64)

    def _sum(self, D: Device) -> Device:
        return self.xp.sum(D, dtype=self.xp.float64)

    def _total(self, losses: Device, samples: Samples) -> Device:
        return self._sum(losses if samples.weights is None else losses * samples.weights)

    def _right(self, Z: Device, Y: Device) -> Device:
        """How many outputs name the right class (the first of equal ones counts)."""
        xp = self.xp
        if self.loss == "squared-error":
            return xp.zeros_like(self._sum(Z[:0, :]))
        hits = xp.argmax(Z, axis=1) == Y if self.loss == "cross-entropy" else (Z > 0) == (Y > 0.5)
        return self._sum(xp.astype(hits, Z.dtype))


def _weighted(D: Device, samples: Samples) -> Device:
    return D if samples.weights is None else D * samples.weights[:, None]
