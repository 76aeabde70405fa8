"""A network: layer sizes, an activation, a loss.  A value without parameters: theta is passed in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from surefoot.arrays import Array, Vector
from surefoot.errors import ShapeError
from surefoot.network.activations import Activation, activation
from surefoot.network.initial import initial
from surefoot.network.losses import Loss, loss
from surefoot.network.mlp import forward
from surefoot.network.parameters import Layout


@dataclass(frozen=True)
class Network:
    """A multilayer perceptron of any depth; two sizes make softmax (or linear) regression.

    Parameters
    ----------
    sizes : inputs, hidden units ..., outputs; at least two whole numbers.
    activation : logistic, tanh, relu, softplus or identity; the last layer has none.
    loss : cross-entropy (labels), binary (0/1 per output) or squared-error (numbers).

    Raises
    ------
    BadValue : sizes that cannot be a network.   UnknownName : no such activation or loss.

    >>> net = Network((64, 6, 10))
    >>> net.size, net.name
    (460, '64-6-10')
    """

    sizes: tuple[int, ...]
    activation: str = "logistic"
    loss: str = "cross-entropy"

    def __post_init__(self) -> None:
        object.__setattr__(self, "sizes", Layout(tuple(self.sizes)).sizes)
        activation(self.activation)
        loss(self.loss)

    @cached_property
    def layout(self) -> Layout:
        """Names and places of the parameters in theta."""
        return Layout(self.sizes)

    @property
    def f(self) -> Activation:
        return activation(self.activation)

    @property
    def criterion(self) -> Loss:
        return loss(self.loss)

    @property
    def size(self) -> int:
        """P, the number of parameters."""
        return self.layout.size

    @property
    def name(self) -> str:
        """The layer sizes as people write them: 784-6-10."""
        return "-".join(map(str, self.sizes))

    def initial(self, rng: int | np.random.Generator = 0, scheme: str | None = None) -> Vector:
        """Random weights and zero biases: he for relu, glorot otherwise, unless `scheme` names one."""
        return initial(self.layout, rng, scheme or ("he" if self.activation == "relu" else "glorot"))

    def outputs(self, theta: Array, X: Array) -> Array:
        """Outputs of the last layer (logits): X (n, d) -> (n, k), or one sample (d,) -> (k,).

        Raises
        ------
        ShapeError : X has another number of columns than the first layer, theta another length than P.
        """
        X = np.asarray(X)
        if np.shape(theta) != (self.size,):
            raise ShapeError(
                f"theta has shape {np.shape(theta)}, but sizes {self.name} have {self.size} parameters. "
                "Pass a flat vector of that length."
            )
        if X.ndim not in (1, 2) or X.shape[-1] != self.sizes[0]:
            raise ShapeError(
                f"X has shape {X.shape}, but the first layer expects {self.sizes[0]} inputs "
                f"(sizes {self.name}). Pass X with shape (n, {self.sizes[0]}), or one sample with "
                f"shape ({self.sizes[0]},)."
            )
        Z, _ = forward(np.atleast_2d(X), self.layout.split(theta), self.f)
        return Z if X.ndim == 2 else Z[0]

    def predict(self, theta: Array, X: Array) -> Array:
        """What the outputs mean: probabilities for the cross-entropies, numbers for squared error."""
        Z = self.outputs(theta, X)
        return self.criterion.predict(Z) if Z.ndim == 2 else self.criterion.predict(Z[None])[0]
