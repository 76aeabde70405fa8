"""What everybody works on: rows of uint8, a network, a start.  Every process loads its own copy.

MNIST where it is found; else digits of the same shape and type, made from the embedded ones.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import surefoot as sf

BLOCK = 10_000  # synthetic rows made at a time


@dataclass(frozen=True)
class Task:
    """A recipe small enough to send to another process.   data : "mnist" or "synthetic"."""

    data: str
    rows: int = 20_000
    hidden: int = 6

    def load(self) -> Work:
        data = synthetic(self.rows) if self.data == "synthetic" else sf.load("mnist").split(self.rows)[0]
        network = sf.Network((data.d, self.hidden, data.k))
        return Work(data, network, start(network))


@dataclass(frozen=True)
class Work:
    """data : n rows of d uint8.   network : d-hidden-10.   theta : (P,) the start, float64."""

    data: sf.Data
    network: sf.Network
    theta: np.ndarray

    def layers(self, dtype: type) -> list[np.ndarray]:
        """[W¹, b¹, W², b²] of the start, fresh copies; W (d_in, d_out)."""
        return [np.array(a, dtype) for layer in self.network.layout.split(self.theta) for a in layer]

    def inputs(self, dtype: type) -> np.ndarray:
        """(n, d) in [0, 1]."""
        return self.data.scaled(dtype=dtype)


def has_mnist() -> bool:
    """True when MNIST is here or can be had."""
    try:
        sf.load("mnist")
    except sf.SurefootError:
        return False
    return True


def synthetic(rows: int) -> sf.Data:
    """`rows` x 784 uint8: the embedded digits, 8 x 8, each pixel as 3 x 3, framed, with noise; seed 0."""
    digits, rng = sf.load("digits"), np.random.default_rng(0)
    chosen = rng.integers(digits.n, size=rows)
    X = np.zeros((rows, 28, 28), np.uint8)
    for first in range(0, rows, BLOCK):
        small = digits.X[chosen[first : first + BLOCK]].reshape(-1, 8, 8)
        large = small.repeat(3, axis=1).repeat(3, axis=2) * np.uint8(15)
        noise = rng.integers(15, size=large.shape, dtype=np.uint8) * (large > 0)
        X[first : first + BLOCK, 2:26, 2:26] = large + noise
    return sf.Data(
        X.reshape(rows, 784), digits.y[chosen], 255.0, digits.classes, (28, 28), f"synthetic {rows:,}"
    )


def reference() -> Path | None:
    """The file with the notebook's own start, where SUREFOOT_REFERENCE names its folder."""
    path = Path(os.environ.get("SUREFOOT_REFERENCE", "")) / "mnist_armijo.npz"
    return path if path.is_file() else None


def start(network: sf.Network) -> np.ndarray:
    """The notebook's start of 784-6-10 where it is known, else the seed 0."""
    path = reference()
    if path is None or network.sizes != (784, 6, 10):
        return network.initial(rng=0)
    with np.load(path) as stored:
        names = {"W1": "W_hidden", "b1": "b_hidden", "W2": "W_output", "b2": "b_output"}
        return network.layout.from_blocks({ours: stored[f"initial_{name}"].T for ours, name in names.items()})
