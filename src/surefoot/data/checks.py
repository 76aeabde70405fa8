"""What may pass into a `Data`: plain, finite numbers of fitting shapes.  Checked here, once.

    X        uint8 stays uint8, float32 and float64 stay; every other real type becomes a float
    y        whole numbers 0 .. k-1 when there are classes, floats when there are none
    numbers  finite, and small enough to be squared: |x| / scale ≤ 1e150
    on disk  X is looked at block by block and never copied; uint8 needs no look, so nothing is read

Each function returns what it was given in the form `Data` keeps, or raises ShapeError or BadValue.
"""

from __future__ import annotations

import math
import operator
import warnings
from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np

from surefoot.arrays import Array
from surefoot.data.rows import Rows, blocks, on_disk
from surefoot.errors import BadValue, ShapeError

LARGEST = 1e150  # the square of anything larger overflows float64
SCALES = (1e-100, 1e100)
BLOCK = 1 << 18  # numbers looked at in one go, so that a check costs no memory worth speaking of


def checked_inputs(values: object, scale: float) -> Array:
    """Return X, shape (n, d), n, d ≥ 1, as uint8, float32 or float64; no copy when it is one already.

    Rows stay Rows; a mapped array stays mapped.

    Raises
    ------
    ShapeError : not two-dimensional, or empty.
    BadValue : masked, complex or not numbers; NaN, infinite or too large, with row and column; of
        another type on disk, where it cannot be converted without being read.
    """
    X: Any = values if isinstance(values, Rows) else _as_float_or_bytes("X", values)
    if X.ndim > 2:
        raise ShapeError(
            f"X has shape {X.shape}; samples are rows: pass X.reshape({len(X)}, -1)"
            f"{f' and image_shape={X.shape[1:]}' if X.ndim == 3 else ''}."
        )
    if X.ndim < 2:
        raise ShapeError(f"X has shape {X.shape}; samples are rows: pass an array of shape (n, d).")
    if 0 in X.shape:
        raise ShapeError(f"X has shape {X.shape}: it is empty; pass at least one row and one column.")
    if X.dtype != np.uint8:
        tiny = float(np.finfo(X.dtype).tiny)
        if count := require_usable("X", X, scale):
            warnings.warn(
                f"X holds {count} numbers closer to 0 than {tiny:.3g}; they are slow and inexact: "
                "set them to 0.",
                stacklevel=4,
            )
    checked: Array = X
    return checked


def checked_targets(values: object, n: int, classes: tuple[str, ...]) -> Array:
    """Return y: int64 labels (n,) that index `classes`, or float64 targets (n,) or (n, k) without classes.

    Raises
    ------
    ShapeError : not one row for each of the n samples.
    BadValue : a label outside 0 .. k-1; a target that is NaN, infinite or too large; or whole
        numbers without classes, which could mean either.
    """
    y = _as_numbers("y", values)
    require_targets(y, n, classes)
    return y.astype(np.int64 if classes else np.float64, copy=False)


def require_targets(y: Array, n: int, classes: tuple[str, ...]) -> None:
    """Raise ShapeError or BadValue as `checked_targets` does; nothing is converted."""
    if y.ndim == 0 or len(y) != n:
        raise ShapeError(f"X has {n} rows but y has shape {y.shape}; pass one label or target for each row.")
    if classes:
        _require_labels(y, len(classes))
        return
    if y.dtype.kind != "f":
        raise BadValue(
            f"y holds whole numbers ({y.dtype}) and there are no classes; pass classes=('0', '1', ...) "
            "for labels, or y.astype(float) for targets of a regression."
        )
    if y.ndim > 2 or y.size == 0:
        raise ShapeError(f"y has shape {y.shape}; targets of a regression have shape (n,) or (n, k), k >= 1.")
    require_usable("y", y, 1.0)


def checked_scale(scale: object) -> float:
    """Return the divisor of X as a float; BadValue unless 1e-100 ≤ scale ≤ 1e100."""
    try:
        number = float(scale)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not SCALES[0] <= number <= SCALES[1]:
        raise BadValue(
            f"scale is {scale!r}; X is divided by it: pass a finite number above 0, such as 255 for images."
        )
    return number


def checked_classes(classes: Sequence[str]) -> tuple[str, ...]:
    """Return the class names as a tuple; BadValue when one is no text, or twice there, or alone."""
    if isinstance(classes, str):
        raise BadValue(f"classes is the text {classes!r}; pass a tuple of names, such as ('no', 'yes').")
    names = tuple(str(name) if isinstance(name, np.str_) else name for name in classes)
    if wrong := [name for name in names if not isinstance(name, str)]:
        raise BadValue(
            f"classes holds {wrong[0]!r}, which is no text; pass names, such as str({wrong[0]!r})."
        )
    if len(set(names)) < len(names):
        twice = next(name for i, name in enumerate(names) if name in names[:i])
        raise BadValue(f"classes holds {twice!r} twice; give each class a name of its own.")
    if len(names) == 1:
        raise BadValue(
            f"There is only one class, {names[0]!r}; to tell classes apart there must be two or more."
        )
    return names


def checked_image_shape(shape: Sequence[int] | None, d: int) -> tuple[int, int] | None:
    """Return (height, width) in pixels, or None; ShapeError unless height · width = d."""
    if shape is None:
        return None
    try:
        height, width = (operator.index(side) for side in shape)
    except (TypeError, ValueError):
        raise BadValue(f"image_shape is {shape!r}; pass (height, width) in pixels, or None.") from None
    if height < 1 or width < 1 or height * width != d:
        raise ShapeError(
            f"image_shape is {height} x {width} but X has {d} columns; height times width must be {d}."
        )
    return height, width


def _as_numbers(name: str, values: object) -> Array:
    """`values` as an array of real numbers; whatever else it may be is refused in words."""
    if isinstance(values, np.ma.MaskedArray):
        raise BadValue(
            f"{name} is a masked array, and the mask would be ignored; "
            f"fill the gaps with {name}.filled(value) or leave those rows out."
        )
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise BadValue(f"{name} cannot be made an array ({error}); its rows must be equally long.") from error
    if array.dtype.kind == "c":
        raise BadValue(f"{name} is complex ({array.dtype}); pass real numbers, such as {name}.real.")
    if array.dtype.kind not in "biuf":
        raise BadValue(
            f"{name} has dtype {array.dtype}; pass numbers: {name}.astype(float) says what is none."
        )
    return array


def _as_float_or_bytes(name: str, values: object) -> Array:
    array = _as_numbers(name, values)
    if array.dtype == np.uint8:
        return array
    small = array.dtype.kind == "f" and array.dtype.itemsize <= 4
    kept = np.dtype(np.float32 if small else np.float64)
    if array.dtype != kept and on_disk(array):
        raise BadValue(
            f"{name} lies on disk as {array.dtype.str}, which cannot be used there; save it as uint8, "
            f"float32 or float64, or read it all: np.array({name})."
        )
    with np.errstate(over="ignore"):  # a long double may become inf; that is reported with its place
        return array.astype(kept, copy=False)


def _require_labels(y: Array, k: int) -> None:
    if y.ndim != 1:
        raise ShapeError(
            f"y has shape {y.shape}; labels have shape (n,): pass y.ravel() or y.argmax(axis=1)."
        )
    if y.dtype.kind == "f":
        raise BadValue(f"y has dtype {y.dtype} but labels are whole numbers 0..{k - 1}; pass y.astype(int).")
    for start, block in blocks(y, BLOCK):
        wrong = np.flatnonzero((block < 0) | (block >= k))
        if wrong.size:
            row = int(wrong[0])
            raise BadValue(
                f"y[{start + row}] is {block[row]} but there are {k} classes; labels are 0..{k - 1}."
            )


def require_usable(name: str, values: Array, scale: float, first: int = 0) -> int:
    """Raise BadValue at the first entry that is NaN, infinite, or larger than LARGEST · scale.

    Return how many are so close to 0 that arithmetic loses their digits and runs 14 times slower.
    `first` is the number of the first row, which errors count from.
    """
    kind = np.finfo(values.dtype)
    limit, subnormal = min(LARGEST * scale, float(kind.max)), 0
    for start, block in blocks(values, BLOCK):
        size = np.abs(block)
        with np.errstate(invalid="ignore"):
            usable = size <= limit  # never true for NaN
        if not usable.all():
            place = tuple(int(i) for i in np.argwhere(~usable)[0])
            _refuse(name, (first + start + place[0], *place[1:]), float(block[place]), limit)
        subnormal += int(np.count_nonzero((size < kind.tiny) & (size != 0)))
    return subnormal


def _refuse(name: str, place: tuple[int, ...], value: float, limit: float) -> NoReturn:
    where = f"{name}[{', '.join(map(str, place))}]"
    if math.isfinite(value):
        raise BadValue(
            f"{where} is {value:.3g}; beyond {limit:.3g} a square overflows: "
            "measure in a larger unit, or leave the row out."
        )
    raise BadValue(f"{where} is {value}; every number must be finite: fill the gap or drop the row.")
