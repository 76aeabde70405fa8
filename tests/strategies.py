"""Random networks with data, named by shape: what a property must hold for.

A `Case` is a network of 0 to 3 hidden layers, any activation and loss, parameters, samples, targets and
sometimes weights, together with its mean loss and gradient written as plainly as possible.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from surefoot.network import Network
from surefoot.network.activations import ACTIVATIONS
from surefoot.network.losses import LOSSES
from surefoot.network.mlp import forward
from surefoot.network.sweep import crossed, sweep

SMOOTH = tuple(name for name, f in ACTIVATIONS.items() if f.analytic)
seeds = st.integers(0, 2**32 - 1)


@dataclass(frozen=True)
class Place:
    """What an objective's `at` must give."""

    value: float
    gradient: np.ndarray


@dataclass(frozen=True, eq=False, repr=False)
class Case:
    """One network on its data: an objective of the plainest kind, in the words of `verification`."""

    network: Network
    theta: np.ndarray
    X: np.ndarray
    Y: np.ndarray
    weights: np.ndarray | None

    def __repr__(self):
        n, name = len(self.X), self.network.name
        weights = "weighted" if self.weights is not None else "equal"
        return f"Case({name}, {self.network.activation}, {self.network.loss}, {n} samples, {weights})"

    @property
    def shares(self):
        """Weights that sum to 1, (n,)."""
        w = np.ones(len(self.X)) if self.weights is None else self.weights
        return w / w.sum()

    def loss(self, theta):
        """Weighted mean loss; complex where theta is."""
        return self.shares @ self.network.criterion.value(self.network.outputs(theta, self.X), self.Y)

    def gradient(self, theta):
        Z, pullback = forward(self.X, self.network.layout.split(theta), self.network.f)
        D = self.network.criterion.gradient(Z, self.Y) * self.shares[:, None]
        return self.network.layout.join(pullback(D))

    size = property(lambda self: self.network.size)
    rows = property(lambda self: len(self.X))
    blocks = property(lambda self: self.network.layout.slices)
    analytic = property(lambda self: self.network.f.analytic)

    def place(self, index):
        return self.network.layout.place(index)

    def at(self, theta):
        return Place(float(self.loss(theta)), self.gradient(theta))

    def sweep(self, theta, h):
        return sweep(self.network, theta, self.X, self.Y, self.weights, h)

    def crossed(self, theta, h):
        return crossed(self.network, theta, self.X, h)


def case(sizes, activation="logistic", loss="cross-entropy", n=5, seed=0, weighted=False):
    """One Case, drawn from a seed; a third of the inputs are exactly zero, as pixels are."""
    rng = np.random.default_rng(seed)
    network = Network(sizes, activation, loss)
    X = rng.normal(size=(n, sizes[0])) * (rng.random((n, sizes[0])) < 2 / 3)
    k = sizes[-1]
    y = rng.integers(k, size=n) if loss == "cross-entropy" else rng.random((n, k))
    theta = network.initial(rng) + 0.1 * rng.normal(size=network.size)
    weights = rng.random(n) + 0.01 if weighted else None
    return Case(network, theta, X, network.criterion.targets(y, k), weights)


def widths(smallest=1, largest=5):
    return st.integers(smallest, largest)


@st.composite
def sizes(draw, hidden=st.integers(0, 3)):
    """Layer sizes of a network with 0 to 3 hidden layers."""
    return (draw(widths()), *(draw(widths()) for _ in range(draw(hidden))), draw(widths()))


def cases(activations=tuple(ACTIVATIONS), losses=tuple(LOSSES), shapes=None):
    """Networks of all shapes x activations x losses, with 1 to 6 samples, weighted or not."""
    return st.builds(
        case,
        shapes if shapes is not None else sizes(),
        st.sampled_from(activations),
        st.sampled_from(losses),
        n=st.integers(1, 6),
        seed=seeds,
        weighted=st.booleans(),
    )
