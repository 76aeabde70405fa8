"""One set of samples: inputs X, one row each, and what they should give, y.

    the network sees X / scale, and never anything else

Images stay uint8 in memory, an eighth of their size as float64; `scale` is carried along and
folded into the first layer where speed matters.  What lies on disk stays there: parts of it are
views, and rows are read when they are needed.  `classes` decides what y is: labels that index
the names (classification), or without names the numbers themselves (regression).
"""

from __future__ import annotations

import hashlib
import operator
from dataclasses import dataclass, fields
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
from surefoot.data.rows import Place, Rows, blocks, on_disk, place_of
from surefoot.errors import BadValue

HASH_BLOCK = 1 << 20  # numbers, 1 to 8 MB


@dataclass(frozen=True, eq=False, repr=False)
class Data:
    """Samples in rows, checked when made, read-only from then on.

    The arrays are views of yours where no conversion is needed: nothing is copied, your own array
    stays writeable, and whoever writes to it afterwards changes the data unseen.

    Parameters
    ----------
    X : (n, d) inputs; uint8, float32 and float64 are kept, other real types become floats.  A mapped
        array (np.memmap) and `Rows` stay on disk: uint8 is not read here, floats are looked at once.
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
            for _, block in blocks(array, HASH_BLOCK):
                digest.update(np.ascontiguousarray(block).data)
        return digest.hexdigest()

    def scaled(self, rows: Any = slice(None), dtype: DTypeLike = np.float64) -> Array:
        """X[rows] / scale, what the network sees: a new array of the given float type."""
        seen: Array = np.divide(np.asarray(self.X[rows]), self.scale, dtype=dtype, casting="same_kind")
        return seen

    def take(self, rows: slice | ArrayLike) -> Data:
        """The samples at `rows`: a slice, row numbers (repeats allowed), or one truth value per sample.

        A slice is a view, and what lies on disk stays there; the others are new arrays in memory.

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
        except MemoryError as error:
            raise BadValue(f"take() reads the rows, and these do not fit into memory: {error}.") from error
        if not (isinstance(chosen, slice) or chosen.ndim == 1) or not len(X):
            raise BadValue(
                f"take({rows!r}) is not a choice of at least one row; pass a list such as [0, 1, 2]."
            )
        return self._with(X, y)

    def _with(self, X: Array, y: Array) -> Data:
        """The same with other rows of it, which were checked long ago: a map is not read again."""
        part = object.__new__(Data)
        part.__dict__.update({field.name: self.__dict__[field.name] for field in fields(self)})
        part.__dict__.update(X=_read_only(X), y=_read_only(y))
        return part

    def __getstate__(self) -> dict[str, Any]:
        """What is pickled: of a mapped X its place in the file, which is mapped again."""
        place = place_of(self.X)
        if place is None:
            return self.__dict__
        return {field.name: self.__dict__[field.name] for field in fields(self)} | {"X": place}

    def __setstate__(self, state: dict[str, Any]) -> None:
        X = state["X"].opened() if isinstance(state["X"], Place) else state["X"]
        self.__dict__.update(state, X=_read_only(X), y=_read_only(state["y"]))

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
        columns += " on disk" if on_disk(self.X) else ""
        target = f"{self.k} classes" if self.is_classification else f"{self.k} target{'s' * (self.k > 1)}"
        images = ", images {} x {}".format(*self.image_shape) if self.image_shape else ""
        return f"<Data {self.name!r}: {self.n} rows x {columns}, {target}{images}>"


def _read_only(array: Array) -> Array:
    """A read-only view; the caller's own array keeps its flag.  Rows cannot be written to."""
    if isinstance(array, Rows):
        return array
    view = array.view()
    view.flags.writeable = False
    return view
