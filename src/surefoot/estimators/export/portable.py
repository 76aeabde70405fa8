"""What a model is, whatever file it lies in: a network, its numbers, and what they mean.

    z = f( ... f( ((x - mean) / scale) W¹ + b¹ ) ... ) W^L + b^L

    task           loss            what z becomes
    multiclass     cross-entropy   P = softmax(z),                the class with the largest z
    binary         binary, k = 1   P = logistic(-z), logistic(z), the second class where z > 0
    multilabel     binary, k > 1   P = logistic(z),               1 where z > 0, for each label
    regression     squared-error   z target_scale + target_mean

A Portable is checked when it is made, so that whoever writes or reads one may trust its shapes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np

from surefoot.arrays import Array, is_finite
from surefoot.errors import BadValue, ShapeError, require
from surefoot.network import Network
from surefoot.network.parameters import Layers

ClassName: TypeAlias = str | int | float | bool
HUGE, SHRINK = 1e290, 2.0**-64  # as in scaling.py: beyond HUGE a difference may overflow
NEEDED = ("coefs_", "intercepts_", "network_", "scaling_")


@dataclass(frozen=True, eq=False)
class Portable:
    """One fitted model without the estimator around it.

    network : sizes, activation and loss.   layers : (W, b) of each layer, on scaled inputs.
    mean, scale : (d,) of the inputs.   target_mean, target_scale : (k,) of the targets; 0 and 1 for classes.
    classes : what the outputs name; none for a regression.   feature_names : of the d inputs, or none.
    flat : predictions of one number are (n,), not (n, 1).
    created : ISO 8601, UTC; when the model was trained, where that is known.
    """

    network: Network
    layers: Layers
    mean: Array
    scale: Array
    target_mean: Array
    target_scale: Array
    classes: tuple[ClassName, ...] = ()
    feature_names: tuple[str, ...] = ()
    flat: bool = True
    created: str = ""

    def __post_init__(self) -> None:
        _check_shapes(self)
        _check_numbers(self)
        _check_names(self)
        object.__setattr__(self, "created", _moment(self.created))

    @property
    def inputs(self) -> int:
        return self.network.sizes[0]

    @property
    def outputs(self) -> int:
        return self.network.sizes[-1]

    @property
    def task(self) -> str:
        """binary, multiclass, multilabel or regression."""
        if self.network.loss == "binary":
            return "binary" if self.outputs == 1 else "multilabel"
        return "multiclass" if self.network.loss == "cross-entropy" else "regression"

    @property
    def shrink(self) -> Array:
        """(d,) what x, mean and scale are multiplied by first: 1, or a power of two where they are huge."""
        return _shrink(self.mean, self.scale)

    @property
    def target_shrink(self) -> Array:
        """(k,) the same for the targets."""
        return _shrink(self.target_mean, self.target_scale)

    @property
    def origin(self) -> str:
        """Where the file comes from, in words made of numbers and of names from our own tables."""
        return (
            f"surefoot {version('surefoot')}: a {self.network.name} network ({self.network.activation}) "
            f"for {self.task}, {self.created}"
        )


def portable(estimator: Any) -> Portable:
    """The model inside a fitted estimator of ours.

    Raises
    ------
    NotFittedError : the estimator was not fitted.   BadValue : it is not one of ours.
    """
    require_ours(estimator)
    network = estimator.network_
    target = getattr(estimator, "target_scaling_", None)
    d, k = network.sizes[0], network.sizes[-1]
    return Portable(
        network=network,
        layers=list(zip(estimator.coefs_, estimator.intercepts_, strict=True)),
        mean=filled(estimator.scaling_.mean, d),
        scale=filled(estimator.scaling_.scale, d),
        target_mean=filled(0.0 if target is None else target.mean, k),
        target_scale=filled(1.0 if target is None else target.scale, k),
        classes=tuple(map(plain, getattr(estimator, "classes_", ()))),
        feature_names=tuple(map(str, getattr(estimator, "feature_names_in_", ()))),
        flat=bool(getattr(estimator, "flat_", k == 1)),
        created=_trained(estimator),
    )


def require_ours(estimator: Any) -> None:
    """Raise unless the estimator is one of ours and fitted."""
    if not hasattr(estimator, "fit") or not hasattr(estimator, "hidden"):
        raise BadValue(
            f"{type(estimator).__name__} is not an estimator of surefoot; pass a fitted NetClassifier or "
            "NetRegressor (of a pipeline its last step: the steps before it are not exported)."
        )
    require("sklearn", "sklearn", "Exporting an estimator")
    from sklearn.utils.validation import check_is_fitted

    check_is_fitted(estimator, NEEDED)


def _shrink(mean: Array, scale: Array) -> Array:
    return np.where((np.abs(mean) > HUGE) | (scale > HUGE), SHRINK, 1.0)


def filled(values: Any, count: int) -> Array:
    """(count,) float64 numbers from one for all, or from as many."""
    array = np.asarray(values, np.float64)
    return np.full(count, array) if array.ndim == 0 else np.ascontiguousarray(array)


def plain(name: Any) -> ClassName:
    """A class label as Python's own text, whole number, number or truth value.

    Raises
    ------
    BadValue : any other object: files hold no objects, and its repr could be anything.
    """
    value = name.item() if isinstance(name, np.generic) else name
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    raise BadValue(
        f"The class {value!r} is a {type(value).__name__}, which no model file can hold; "
        "use texts or whole numbers as labels."
    )


def _trained(estimator: Any) -> str:
    return str(getattr(getattr(getattr(estimator, "run_", None), "header", None), "created", ""))


def _moment(text: str) -> str:
    """The moment as ISO 8601 writes it, or now: the text may come from a file that lies."""
    try:
        return datetime.fromisoformat(text).isoformat(timespec="seconds")
    except ValueError:
        return datetime.now(UTC).isoformat(timespec="seconds")


def _check_shapes(model: Portable) -> None:
    sizes = model.network.sizes
    d, k = sizes[0], sizes[-1]
    wanted: list[tuple[str, Any, tuple[int, ...]]] = [
        ("mean", model.mean, (d,)),
        ("scale", model.scale, (d,)),
        ("target_mean", model.target_mean, (k,)),
        ("target_scale", model.target_scale, (k,)),
    ]
    if len(model.layers) != len(sizes) - 1:
        raise ShapeError(
            f"The model has {len(model.layers)} layers of weights, but sizes {model.network.name} "
            f"have {len(sizes) - 1}; fit it again, or get a new copy of the file."
        )
    for layer, ((W, b), (rows, columns)) in enumerate(
        zip(model.layers, pairwise(sizes), strict=True), start=1
    ):
        wanted += [(f"W{layer}", W, (rows, columns)), (f"b{layer}", b, (columns,))]
    for name, array, shape in wanted:
        if np.shape(array) != shape:
            raise ShapeError(
                f"{name} has shape {np.shape(array)}, but sizes {model.network.name} want {shape}; "
                "fit the model again, or get a new copy of the file."
            )


def _check_numbers(model: Portable) -> None:
    numbers = [model.mean, model.scale, model.target_mean, model.target_scale]
    if not all(is_finite(array) for array in (*numbers, *(part for layer in model.layers for part in layer))):
        raise BadValue("The model holds NaN or infinity among its numbers; fit it again on other data.")
    if not (model.scale.min() > 0 and model.target_scale.min() > 0):
        raise BadValue("The model divides by a scale that is not above 0; fit it again.")


def _check_names(model: Portable) -> None:
    wanted = 0 if model.task == "regression" else max(model.outputs, 2)
    if len(model.classes) != wanted:
        raise ShapeError(
            f"The model names {len(model.classes)} classes, but its {model.outputs} outputs "
            f"({model.task}) want {wanted}; fit it again, or get a new copy of the file."
        )
    if len(set(model.classes)) != len(model.classes):
        raise BadValue("The model names a class twice; fit it again on labels that differ.")
    if model.feature_names and len(model.feature_names) != model.inputs:
        raise ShapeError(
            f"The model names {len(model.feature_names)} features but has {model.inputs} inputs; "
            "fit it again, or get a new copy of the file."
        )


def kinds(classes: Sequence[ClassName]) -> str:
    """The type that all labels share: str, bool, int or float.

    Raises
    ------
    BadValue : texts beside numbers.
    """
    found = {type(name).__name__ for name in classes}
    if len(found) > 1:
        raise BadValue(f"The classes mix {' and '.join(sorted(found))}; use labels of one kind.")
    return found.pop() if found else "int"
