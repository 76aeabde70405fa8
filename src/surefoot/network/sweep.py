"""The loss at ALL single-parameter perturbations of theta, without a run of the network for each.

Let Āˡ⁻¹ be the inputs of layer l with a column of ones behind them (for the bias).  Adding h to the
weight from input i to unit j changes one column of Zˡ, hence one input of the next layer:

    Zˡ[n, j]  ←  Zˡ[n, j] + h Āˡ⁻¹[n, i]
    Zˡ⁺¹[n]   ←  Zˡ⁺¹[n] + δ Wˡ⁺¹[j]      δ = the change of f(Zˡ[n, j]): a rank-one change

Only the layers behind are computed anew, for all triples (n, i, j) together; where Āˡ⁻¹[n, i] = 0
(most pixels of a digit) the loss of sample n stays as it is.  Complex h gives the complex step,
∂L/∂θᵢ = Im L(θ + ih eᵢ) / h, which subtracts nothing and so is exact to rounding.

Measured, all 4,780 central differences of 784-6-10 on 5 samples against a loop over 9,560 forward
passes, one core: 200 to 290 times faster on digits of MNIST, 40 to 75 times on inputs without zeros.

Source: Squire & Trapp, SIAM Review 40 (1998) 110 (complex step).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from surefoot.arrays import Array
from surefoot.network.activations import Activation
from surefoot.network.network import Network
from surefoot.network.parameters import Layers

CHUNK = 1 << 16  # numbers in one array of a batch: half a megabyte, so that it stays in the cache


def sweep(network: Network, theta: Array, X: Array, Y: Array, weights: Array | None, h: complex) -> Array:
    """Mean losses at theta + h eᵢ for every parameter i, shape (P,); complex when h or theta is.

    X : (n, d).   Y : targets, as `network.criterion.targets` returns them.
    weights : (n,) or None for equal ones; the mean is Σ w l / Σ w.
    """
    w = np.ones(len(X)) if weights is None else np.asarray(weights, np.float64)
    layers, loss = network.layout.split(theta), network.criterion.value
    total: complex = 0.0
    changes = np.zeros(network.size, np.result_type(theta, h, np.float64))
    blocks = _blocks(network, changes)
    for rows in _slices(len(X), 16 * CHUNK // max(network.sizes)):
        inputs, Z = _forward(X[rows], layers, network.f)
        y, weight, before = Y[rows], w[rows], loss(Z[-1], Y[rows])
        total += complex(weight @ before) if np.iscomplexobj(before) else float(weight @ before)
        for at, block in enumerate(blocks):
            for n, i, units, outputs in _perturbed(inputs[at], Z[at:], layers[at:], network.f, h):
                each = len(outputs) // len(n)
                after = loss(outputs, y[n].repeat(each, axis=0)).reshape(len(n), each)
                np.add.at(block[:, units], i, weight[n, None] * (after - before[n, None]))
    result: Array = (total + changes) / w.sum()
    return result


def crossed(network: Network, theta: Array, X: Array, h: float) -> Array:
    """Perturbations of ±h that may carry a pre-activation over a kink of the activation, (P,) booleans.

    A change of Zˡ[n, j] by δ changes Zᵐ[n, u], m ≥ l, by at most |δ| M[j, u], M = |Wˡ⁺¹| ⋯ |Wᵐ|
    (relu's slope is 0 or 1).  So the perturbation is safe while in every sample n

        |h Āˡ⁻¹[n, i]| < room[n, j] = min over m and u of |Zᵐ[n, u]| / M[j, u]
    """
    near = np.zeros(network.size, bool)
    if network.f.analytic:
        return near
    layers = network.layout.split(theta)
    for rows in _slices(len(X), 16 * CHUNK // max(W.size for W, _ in layers)):
        inputs, Z = _forward(X[rows], layers, network.f)
        for at, block in enumerate(_blocks(network, near)[:-1]):
            reach = np.abs(h * inputs[at])[:, :, None]
            room = _room(Z[at:-1], layers[at + 1 :])[:, None, :]
            block |= ((reach >= room) & (reach > 0)).any(axis=0)
    return near


def _slices(n: int, size: int) -> Iterator[slice]:
    size = max(size, 1)
    return (slice(start, min(start + size, n)) for start in range(0, n, size))


def _blocks(network: Network, vector: Array) -> list[Array]:
    """Views (d_in + 1, d_out) into a vector (P,), one per layer: W with b as its last row."""
    ends = np.cumsum([W.size + b.size for W, b in network.layout.split(vector)])
    widths = network.sizes[1:]
    return [part.reshape(-1, d) for part, d in zip(np.split(vector, ends[:-1]), widths, strict=True)]


def _forward(X: Array, layers: Layers, f: Activation) -> tuple[list[Array], list[Array]]:
    """Every layer's inputs with the ones behind them, Ā (n, d_in + 1), and its Z (n, d_out)."""
    inputs, Z = [], []
    A = X
    for W, b in layers:
        inputs.append(np.column_stack([A, np.ones(len(A))]))
        Z.append(A @ W + b)
        A = f.value(Z[-1])
    return inputs, Z


def _perturbed(
    A: Array, Z: list[Array], layers: Layers, f: Activation, h: complex
) -> Iterator[tuple[Array, Array, slice, Array]]:
    """Samples n and inputs i (m,), units j, and the network's outputs (m · len(j), k) for them.

    A, Z, layers : from the perturbed layer on.
    """
    units = len(layers[0][1])
    last = len(layers) == 1
    Z_next, way = (Z[0], np.eye(units)) if last else (Z[1], layers[1][0])
    widest = max(len(b) for _, b in layers[not last :])
    samples, inputs = np.nonzero(A)
    for j in _slices(units, CHUNK // widest):
        for part in _slices(len(samples), CHUNK // (widest * (j.stop - j.start))):
            n, i = samples[part], inputs[part]
            delta = h * A[n, i, None]
            if not last:
                z = Z[0][n, j]
                delta = f.value(z + delta) - f.value(z)
            # batches lie transposed, (width, items): a loss then reduces over few, long rows, 10 x faster
            batch = (Z_next.T[:, n, None] + way.T[:, None, j] * delta).reshape(len(Z_next.T), -1)
            for W, b in layers[2:]:
                batch = W.T @ f.value(batch) + b[:, None]
            yield n, i, j, batch.T


def _room(Z: list[Array], behind: Layers) -> Array:
    """How far each unit of the first Z can move before a kink is met, (n, units)."""
    room, M = np.abs(Z[0]), np.eye(Z[0].shape[1])
    for z, (W, _) in zip(Z[1:], behind, strict=False):
        M = M @ np.abs(W)
        away = np.broadcast_to(np.abs(z)[:, None, :], (len(z), *M.shape))
        ways = np.divide(away, M, out=np.full(away.shape, np.inf), where=M > 0)  # M = 0: no way there
        room = np.minimum(room, ways.min(axis=2))
    return room
