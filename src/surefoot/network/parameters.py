"""All parameters in one flat vector, with names: theta = [W1, b1, W2, b2, ...].

Descent sees theta, shape (P,).  The network sees layers (W, b), W of shape (d_in, d_out), b of
shape (d_out,), so that `Z = A @ W + b` reads as it flows.  `split` and `join` go between the two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from surefoot.arrays import Array, Vector
from surefoot.errors import BadValue, ShapeError

Layers: TypeAlias = Sequence[tuple[Array, Array]]  # (W, b) of every layer, first to last


@dataclass(frozen=True)
class Layout:
    """Names and places of the parameters of a network with the given layer sizes.

    >>> Layout((3, 2)).shapes
    {'W1': (3, 2), 'b1': (2,)}
    """

    sizes: tuple[int, ...]

    def __post_init__(self) -> None:
        sizes = tuple(self.sizes)
        whole = all(isinstance(s, int | np.integer) and s >= 1 for s in sizes)
        if len(sizes) < 2 or not whole:
            raise BadValue(
                f"Layer sizes {sizes!r} cannot be a network. Give at least two whole numbers >= 1, "
                "inputs first, outputs last: (64, 6, 10)."
            )
        object.__setattr__(self, "sizes", tuple(int(s) for s in sizes))

    @cached_property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of every block, in the order in which they lie in theta."""
        shapes: dict[str, tuple[int, ...]] = {}
        for layer, (d_in, d_out) in enumerate(pairwise(self.sizes), start=1):
            shapes[f"W{layer}"] = (d_in, d_out)
            shapes[f"b{layer}"] = (d_out,)
        return shapes

    @cached_property
    def slices(self) -> dict[str, slice]:
        """Where every block lies in theta."""
        ends = np.cumsum([int(np.prod(shape)) for shape in self.shapes.values()]).tolist()
        return {
            name: slice(start, end) for name, start, end in zip(self.shapes, [0, *ends], ends, strict=False)
        }

    @cached_property
    def size(self) -> int:
        """P, the number of parameters."""
        return sum((d_in + 1) * d_out for d_in, d_out in pairwise(self.sizes))

    @cached_property
    def is_weight(self) -> Array:
        """(P,) booleans: True for entries of a W, False for biases (which L2 leaves alone)."""
        mask = np.zeros(self.size, bool)
        for name, place in self.slices.items():
            mask[place] = name.startswith("W")
        return mask

    def split(self, theta: Array) -> list[tuple[Array, Array]]:
        """Views (W, b) of every layer into theta, first to last; theta's dtype is kept."""
        blocks = [theta[place].reshape(self.shapes[name]) for name, place in self.slices.items()]
        return list(zip(blocks[::2], blocks[1::2], strict=True))

    def join(self, layers: Layers) -> Vector:
        """The flat vector of the given layers; the inverse of `split`."""
        flat: Vector = np.concatenate([np.ravel(block) for layer in layers for block in layer])
        return flat

    def place(self, index: int) -> str:
        """Name the parameter at `index` of theta as people do: W1[3, 0]."""
        for name, where in self.slices.items():
            if where.start <= index < where.stop:
                spot = np.unravel_index(index - where.start, self.shapes[name])
                return f"{name}[{', '.join(str(int(i)) for i in spot)}]"
        raise BadValue(f"There is no parameter {index}: theta has {self.size}, counted from 0.")

    def from_blocks(self, blocks: Mapping[str, Array]) -> Vector:
        """The flat vector of named arrays W1, b1, ..., or of one array named theta.

        Raises
        ------
        ShapeError : a block is missing or has another shape.
        """
        if "theta" in blocks:
            return self.checked(blocks["theta"])
        for name, shape in self.shapes.items():
            if name not in blocks or np.shape(blocks[name]) != shape:
                came = f"has shape {np.shape(blocks[name])}" if name in blocks else "is missing"
                raise ShapeError(
                    f"{name} {came}, but sizes {'-'.join(map(str, self.sizes))} want {shape}. "
                    f"Give {', '.join(self.shapes)} in these shapes, or theta with {self.size} numbers."
                )
        return self.checked(np.concatenate([np.ravel(blocks[name]) for name in self.shapes]))

    def checked(self, theta: Array) -> Vector:
        """theta as a finite float64 vector of length P.

        Raises
        ------
        ShapeError : another length.   BadValue : NaN or infinite entries, or not numbers.
        """
        vector = np.asarray(theta)
        if vector.shape != (self.size,):
            raise ShapeError(
                f"theta has shape {vector.shape}, but sizes {'-'.join(map(str, self.sizes))} have "
                f"{self.size} parameters. Pass a flat vector of that length."
            )
        if vector.dtype.kind not in "fiu" or not np.all(np.isfinite(vector)):
            raise BadValue(
                "theta holds entries that are not finite real numbers. Start from net.initial(rng=0)."
            )
        return np.asarray(vector, np.float64)
