"""What a network is asked for, made of what y says.

y                             loss              outputs k     targets
2 classes                     binary            1             0 or 1
3 classes or more             cross-entropy     one each      the class's number
several labels, 0/1 each      binary            one each      0 or 1
numbers                       squared-error     one each      in units of their spread
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from numbers import Number
from typing import Any, Self

import numpy as np
from sklearn.utils import check_array
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d

from surefoot.arrays import Array, Vector
from surefoot.errors import BadValue
from surefoot.estimators.checks import checked_length, told
from surefoot.estimators.scaling import Scaling


@dataclass(frozen=True)
class Targets:
    """Y for the network, and what its outputs are called.

    Y : (n,) labels, (n, 1) or (n, k) numbers, as `loss` wants them.   k : outputs.
    names : of the classes, () for numbers.   groups : (n,) number of each sample's class, or None.
    """

    loss: str
    Y: Array
    k: int
    names: tuple[str, ...] = ()
    groups: Array | None = None

    def take(self, rows: Any) -> Self:
        groups = None if self.groups is None else self.groups[rows]
        return replace(self, Y=self.Y[rows], groups=groups)


@dataclass(frozen=True)
class Labels:
    """The classes of y and the targets made of it; `several` when samples may have many labels."""

    classes: Array
    targets: Targets
    several: bool


def labels(y: Any, X: Any) -> Labels:
    """Classes and targets of y: (n,) labels of any one type, or (n, k) of 0 and 1.

    Raises
    ------
    ValueError, TypeError : no labels, labels of several types, or one class only.
    """
    if hasattr(y, "format"):
        y = y.toarray()
    y = _labels_as_array(y)
    checked_length(X, y)
    check_classification_targets(y)
    kind = type_of_target(y, input_name="y")
    if kind == "multilabel-indicator":
        Y = np.asarray(y, np.float64)
        if Y.min() < 0:  # -1 and 1 pass as an indicator too
            raise BadValue(
                f"y has {Y.shape[1]} columns of labels with values such as {Y.min():g}; give 0 or 1."
            )
        names = tuple(f"label {j}" for j in range(Y.shape[1]))
        return Labels(np.arange(Y.shape[1]), Targets("binary", Y, Y.shape[1], names), several=True)
    if kind == "multiclass-multioutput":
        raise BadValue(
            f"y has shape {np.shape(y)} with more than two values per column: multiclass-multioutput targets "
            "are not supported; fit one classifier per column (sklearn.multioutput.MultiOutputClassifier)."
        )
    classes, numbers = np.unique(column_or_1d(y, warn=True), return_inverse=True)
    refuse_one_class(classes, "")
    names = tuple(str(c) for c in classes)
    if len(classes) == 2:
        Y = numbers[:, None].astype(np.float64)
        return Labels(classes, Targets("binary", Y, 1, names, numbers), several=False)
    return Labels(classes, Targets("cross-entropy", numbers, len(classes), names, numbers), several=False)


def refuse_one_class(classes: Array, where: str) -> None:
    """Raise one sentence unless there are two classes or more."""
    if len(classes) < 2:
        raise BadValue(
            f"y holds only one class, {classes[0]!s}{where}; a classifier needs samples of two or more."
        )


def _labels_as_array(y: Any) -> Array:
    """y as an array without gaps; labels of several types cannot be ordered and are refused."""
    with told("y"):
        array = np.asarray(y)
    if array.ndim == 0:
        raise BadValue(f"y should be a 1d array of labels, got a single value {y!r} instead.")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise BadValue("Input y contains NaN or infinity; leave the samples out whose label is not known.")
    if array.dtype.kind == "U" and isinstance(y, list | tuple) and array.ndim == 1:
        array = np.array(y, object)  # NumPy makes texts of numbers beside texts
    return _one_type(array) if array.dtype.kind == "O" else array


def _one_type(labels: Array) -> Array:
    """Objects that are all texts, or all numbers, as an array of those."""
    gaps = [label for label in labels.ravel() if _is_gap(label)]
    if gaps:
        raise BadValue(
            f"y holds {gaps[0]!r} as a label ({len(gaps)} times); leave out samples whose label is not known."
        )
    kinds = {type(label) for label in labels.ravel()}
    numeric = [issubclass(kind, int | float | np.number | np.bool_) for kind in kinds]
    if len(kinds) > 1 and not all(numeric):
        names = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise BadValue(f"y holds labels of several types ({names}); make them one, such as str(label).")
    return np.array(labels.tolist()) if any(numeric) else labels


def _is_gap(label: Any) -> bool:
    """True for None, NaN, NaT and pandas' NA, which equals nothing, not even itself."""
    try:
        return label is None or bool(label != label)
    except (TypeError, ValueError):
        return True


def numbers(y: Any, X: Any) -> Array:
    """Targets of a regression as float64 (or float32), (n,) or (n, k), finite."""
    if isinstance(y, Number) or getattr(y, "ndim", 1) == 0:
        raise BadValue(f"y should be a 1d array of targets, got a single value {y!r} instead.")
    with told("y"):
        Y = check_array(y, ensure_2d=False, dtype=[np.float64, np.float32], input_name="y", allow_nd=True)
    if Y.ndim not in (1, 2) or Y.size == 0:
        raise BadValue(
            f"y should be a 1d array of targets, or one column for each, got an array of shape {Y.shape} "
            "instead."
        )
    checked_length(X, Y)
    return np.asarray(Y)


def standard_targets(
    Y: Array, weights: Vector | None, standardize: bool, known: Scaling | None
) -> tuple[Targets, Scaling]:
    """Y (n, k) in units of its spread, and that scaling (`known` itself when it is given)."""
    scaling = known
    if scaling is None:
        scaling = Scaling.of(Y, weights) if standardize else Scaling.none(Y.shape[1])
    return Targets("squared-error", scaling.apply(Y), Y.shape[1]), scaling


def class_weights(class_weight: Any, found: Labels, weights: Vector | None) -> Vector | None:
    """Sample weights (n,) times the weight of each sample's class.

    class_weight : None, "balanced" (n / (k n_c), counted with the sample weights), or {class: weight};
        classes that a dictionary leaves out have weight 1.

    Raises
    ------
    BadValue : neither; a class that is not in y; a weight that is no number >= 0; several labels per sample.
    """
    if class_weight is None:
        return weights
    if found.several:
        raise BadValue(
            "class_weight is for one label per sample; weight whole samples by sample_weight instead."
        )
    number = found.targets.groups
    assert number is not None
    w = np.ones(len(number)) if weights is None else weights
    each = w * _of_each_class(class_weight, found.classes, np.bincount(number, w))[number]
    if not each.any():
        raise BadValue("class_weight leaves no sample with a weight above 0; give one class a weight.")
    return each


def _of_each_class(class_weight: Any, classes: Array, mass: Array) -> Array:
    if isinstance(class_weight, str) and class_weight == "balanced":
        present = mass > 0
        share = mass.sum() / present.sum()
        return np.asarray(np.divide(share, mass, out=np.zeros(len(mass)), where=present))
    if not isinstance(class_weight, dict):
        raise BadValue(
            f"class_weight is {class_weight!r}; give None, 'balanced' or a dictionary class: weight."
        )
    known = classes.tolist()
    for label, weight in class_weight.items():
        if label not in known and not set(known) <= class_weight.keys():  # a fold may lack a rare class
            raise BadValue(f"class_weight names {label!r}, which is no class of y; its classes are {known}.")
        if not isinstance(weight, int | float | np.number) or not 0 <= weight < np.inf:
            raise BadValue(f"class_weight of {label!r} is {weight!r}; give a finite number >= 0.")
    return np.array([float(class_weight.get(label, 1.0)) for label in known])


def numbers_of(y: Any, classes: Array, several: bool) -> Array:
    """Y for labels of classes that are known: their numbers, or y itself where labels are 0 or 1 each.

    Raises
    ------
    BadValue : a label that was not there in the fit.
    """
    array = _labels_as_array(y)
    if several:
        return array.astype(np.float64)
    array = np.asarray(column_or_1d(array))
    unseen = array[~np.isin(array, classes)]
    if unseen.size:
        raise BadValue(
            f"y holds the label {unseen[0]!s}, which was not there in the fit: {classes.tolist()}."
        )
    Y: Array = np.searchsorted(classes, array)
    return Y[:, None].astype(np.float64) if len(classes) == 2 else Y
