"""One set of samples: inputs X, one row each, and what they should give, y.

    the network sees X / scale, and never anything else

Images stay uint8 in memory, an eighth of their size as float64; `scale` is carried along and
folded into the first layer where speed matters.  `classes` decides what y is: labels that index
the names (classification), or without names the numbers themselves (regression).
"""

from __future__ import annotations

import hashlib
import operator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from surefoot.arrays import Array
from surefoot.data.checks import (
    checked_classes,
    checked_image_shape,
    checked_inputs,
    checked_scale,
    checked_targets,
)
from surefoot.errors import BadValue

HASH_BLOCK = 1 << 22  # bytes


@dataclass(frozen=True, eq=False, repr=False)
class Data:
    """Samples in rows, checked when made, read-only from then on.

    The arrays are views of yours where no conversion is needed: nothing is copied, your own array
    stays writeable, and whoever writes to it afterwards changes the data unseen.

    Parameters
    ----------
    X : (n, d) inputs; uint8, float32 and float64 are kept, other real types become floats.
    y : (n,) int64 labels that index `classes`; without classes float64 targets, (n,) or (n, k).
    scale : the network sees X / scale; 255.0 for 8-bit images.
    classes : names of the classes in the order of the labels; () for regression.
    image_shape : (height, width) in pixels when each row is an image, height · width = d.
    name : what tables and figures call it.

    Raises
    ------
    ShapeError : X and y do not fit together, are empty, or are not images of `image_shape`.
    BadValue : NaN, infinite, masked, complex or non-numeric entries, with row and column; labels
        outside 0 .. k-1; numbers too large to be squared; a scale that is not finite and positive.

    >>> data = Data([[0.0, 1.0], [2.0, 3.0]], [0, 1], classes=("no", "yes"))
    >>> data
    <Data 'data': 2 rows x 2 columns float64, 2 classes>
    """

    X: Array
    y: Array
    scale: float = 1.0
    classes: tuple[str, ...] = ()
    image_shape: tuple[int, int] | None = None
    name: str = "data"

    def __post_init__(self) -> None:
        scale, classes = checked_scale(self.scale), checked_classes(self.classes)
        X = checked_inputs(self.X, scale)
        y = checked_targets(self.y, len(X), classes)
        image_shape = checked_image_shape(self.image_shape, X.shape[1])
        checked = {
            "X": _read_only(X), "y": _read_only(y),
            "scale": scale, "classes": classes, "image_shape": image_shape, "name": str(self.name),
        }  # fmt: skip
        for field, value in checked.items():
            object.__setattr__(self, field, value)

    def __len__(self) -> int:
        return self.n

    @property
    def n(self) -> int:
        """Number of samples."""
        return int(self.X.shape[0])

    @property
    def d(self) -> int:
        """Number of inputs of one sample."""
        return int(self.X.shape[1])

    @property
    def k(self) -> int:
        """Number of outputs a network needs: the classes, or the columns of y."""
        if self.is_classification:
            return len(self.classes)
        return 1 if self.y.ndim == 1 else int(self.y.shape[1])

    @property
    def is_classification(self) -> bool:
        """True when y holds labels, False when it holds numbers to be met."""
        return bool(self.classes)

    @cached_property
    def hash(self) -> str:
        """SHA-256 over type, shape and bytes of X and y, and the scale; 64 hex digits."""
        digest = hashlib.sha256(f"scale {self.scale!r}".encode())
        for array in (self.X, self.y):
            digest.update(f" {array.dtype.str} {array.shape} ".encode())
            rows = max(1, HASH_BLOCK * len(array) // array.nbytes)
            for start in range(0, len(array), rows):
                digest.update(np.ascontiguousarray(array[start : start + rows]).data)
        return digest.hexdigest()

    def scaled(self, rows: Any = slice(None), dtype: DTypeLike = np.float64) -> Array:
        """X[rows] / scale, what the network sees: a new array of the given float type."""
        seen: Array = np.divide(self.X[rows], self.scale, dtype=dtype, casting="same_kind")
        return seen

    def take(self, rows: slice | ArrayLike) -> Data:
        """The samples at `rows`: a slice, row numbers (repeats allowed), or one truth value per sample.

        Raises
        ------
        BadValue : when a row is not there, or none is left.
        """
        chosen = rows if isinstance(rows, slice) else np.asarray(rows)
        try:
            X, y = self.X[chosen], self.y[chosen]
        except IndexError as error:
            raise BadValue(
                f"take() wants row numbers from 0 to {self.n - 1}, or one truth value for each of the "
                f"{self.n} rows: {error}."
            ) from error
        if X.ndim != 2 or not len(X):
            raise BadValue(
                f"take({rows!r}) is not a choice of at least one row; pass a list such as [0, 1, 2]."
            )
        return replace(self, X=X, y=y)

    def split(self, n: int, rng: int | np.random.Generator | None = None) -> tuple[Data, Data]:
        """The first n samples, and the rest; with `rng` after a shuffle.

        Without a shuffle both parts are views: nothing is copied.

        Raises
        ------
        BadValue : unless 1 ≤ n < number of samples; each part holds at least one.

        >>> first, rest = Data([[0.0], [1.0], [2.0]], [0.5, 0.6, 0.7]).split(2)
        >>> len(first), len(rest)
        (2, 1)
        """
        try:
            count = operator.index(n)
        except TypeError:
            raise BadValue(f"split({n!r}): n is a number of rows, here 1 to {self.n - 1}.") from None
        if not 1 <= count < self.n:
            raise BadValue(
                f"split({count}) is not possible with {self.n} rows: "
                + (
                    f"pass 1 to {self.n - 1}, so that each part holds a row."
                    if self.n > 1
                    else "one row is one part."
                )
            )
        if rng is None:
            return self.take(slice(count)), self.take(slice(count, None))
        order = np.random.default_rng(rng).permutation(self.n)
        return self.take(order[:count]), self.take(order[count:])

    def __repr__(self) -> str:
        columns = f"{self.d} columns {self.X.dtype}" + (f" / {self.scale:g}" if self.scale != 1.0 else "")
        target = f"{self.k} classes" if self.is_classification else f"{self.k} target{'s' * (self.k > 1)}"
        images = ", images {} x {}".format(*self.image_shape) if self.image_shape else ""
        return f"<Data {self.name!r}: {self.n} rows x {columns}, {target}{images}>"


def _read_only(array: Array) -> Array:
    """A read-only view; the caller's own array keeps its flag."""
    view = array.view()
    view.flags.writeable = False
    return view
