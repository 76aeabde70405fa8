"""The model as one .safetensors file, and back: the same predictions to the last bit.

    W1, b1, W2, b2, ...                           weights and biases, as (d_in, d_out) and (d_out,)
    input_mean, input_scale                       (d,)
    target_mean, target_scale                     (k,), regressions only
    loss_curve, validation_losses ...             where there are any

What is not an array is JSON in the metadata of the same file's header: two files can be parted, or
be of two models.  Nothing in it can run; there is no pickle anywhere.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from surefoot.arrays import Array, frozen
from surefoot.errors import BadValue, DataError, SurefootError
from surefoot.estimators.export.portable import ClassName, Portable, kinds, plain, portable
from surefoot.estimators.export.tensors import read, written
from surefoot.estimators.scaling import Scaling
from surefoot.network import Network
from surefoot.placing import placed
from surefoot.records import Ending, Header
from surefoot.training.finished import Run

FORMAT = "surefoot model 1"
LONGEST = 300  # characters quoted from what a file says
CURVES = ("loss_curve", "validation_losses", "validation_scores")
LEARNT = ("n_iter_", "loss_", "best_iteration_", "converged_", "l2_", "l2_why_")
RUN = {  # what is kept of the run's header, and of which type it is
    "method": str, "iterations": int, "data": str, "n_train": int, "n_test": int, "l2": float,
    "precision": str, "compute": str, "data_hash": str,
}  # fmt: skip
NUMBERS = (bool, int, float, str, type(None))


def to_safetensors(estimator: Any, path: str | Path) -> Path:
    """Write a fitted estimator with its parameters as one .safetensors file and return its path.

    Left out is what no JSON can hold (a view, a random generator: such a parameter is at its default when
    read back) and the records of the run, which has files of its own: `run_.save`.

    Raises
    ------
    NotFittedError : not fitted.   BadValue : not ours, or the file cannot be written.
    """
    model = portable(estimator)
    return placed(path, written(_arrays(model, estimator), _about(model, estimator)))


def from_safetensors(path: str | Path) -> Any:
    """The NetClassifier or NetRegressor in a file; its predictions equal the written one's to the last bit.

    Raises
    ------
    DataNotFound : there is no such file.   DataError : it is damaged, or holds no model of ours.
    """
    arrays, about = read(path)
    found = about.get("format", "not named")[:40]
    if found != FORMAT:
        raise DataError(
            f"{path} is no model of surefoot (its format is {found!r}, wanted is {FORMAT!r}); "
            "write one with surefoot.estimators.export."
        )
    try:
        facts = {name: _parsed(text) for name, text in about.items() if name != "format"}
        return _estimator(arrays, facts)
    except (
        SurefootError,
        LookupError,
        TypeError,
        ValueError,
        AttributeError,
        ArithmeticError,
        RecursionError,
    ) as error:
        said = f"{error} is missing" if isinstance(error, KeyError) else str(error)[:LONGEST]
        raise DataError(f"{path} holds no model that can be used: {said}") from error


def _arrays(model: Portable, estimator: Any) -> dict[str, Array]:
    arrays = {"input_mean": model.mean, "input_scale": model.scale}
    if model.task == "regression":
        arrays |= {"target_mean": model.target_mean, "target_scale": model.target_scale}
    for layer, (W, b) in enumerate(model.layers, start=1):
        arrays |= {f"W{layer}": np.asarray(W), f"b{layer}": np.asarray(b)}
    for name in CURVES:
        values = getattr(estimator, f"{name}_", None)
        if values is not None and len(values):
            arrays[name] = np.asarray(values, np.float64)
    return arrays


def _about(model: Portable, estimator: Any) -> dict[str, str]:
    parameters = {name: _jsonable(value) for name, value in estimator.get_params(deep=False).items()}
    learnt = {name: _jsonable(getattr(estimator, name, None)) for name in LEARNT}
    path = [pair for pair in getattr(estimator, "l2_path_", ()) if math.isfinite(pair[1])]
    facts = {
        "task": model.task,
        "sizes": model.network.sizes,
        "activation": model.network.activation,
        "loss": model.network.loss,
        "classes": model.classes,
        "classes_dtype": np.asarray(getattr(estimator, "classes_", ())).dtype.str,
        "feature_names": model.feature_names,
        "constant_inputs": _constant(estimator, "scaling_"),
        "constant_targets": _constant(estimator, "target_scaling_"),
        "parameters": {name: value for name, value in parameters.items() if value is not _LEFT_OUT},
        "learnt": {name: value for name, value in learnt.items() if value is not _LEFT_OUT},
        "l2_path": _jsonable(path),
        "flat": model.flat,
        "run": {name: _jsonable(getattr(estimator.run_.header, name)) for name in RUN},
        "ending": [estimator.run_.ending.kind, estimator.run_.ending.sentence],
        "surefoot": version("surefoot"),
        "created": model.created,
    }
    return {"format": FORMAT} | {name: json.dumps(fact, allow_nan=False) for name, fact in facts.items()}


_LEFT_OUT = object()


def _constant(estimator: Any, scaling: str) -> list[int]:
    """Which columns did not vary when they were scaled."""
    found = getattr(getattr(estimator, scaling, None), "constant", ())
    columns: list[int] = np.flatnonzero(np.asarray(found, bool)).tolist()
    return columns


def _jsonable(value: Any) -> Any:
    """The value as JSON can hold it; a dictionary as pairs, for its keys may be numbers."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return _LEFT_OUT
    if isinstance(value, NUMBERS):
        return value
    if isinstance(value, dict):
        pairs = [[_jsonable(key), _jsonable(inner)] for key, inner in value.items()]
        return _LEFT_OUT if any(_LEFT_OUT in pair for pair in pairs) else {"pairs": pairs}
    if isinstance(value, list | tuple | np.ndarray):
        inner = [_jsonable(item) for item in value]
        return _LEFT_OUT if any(item is _LEFT_OUT for item in inner) else inner
    return _LEFT_OUT


def _parsed(text: str) -> Any:
    return json.loads(text, parse_constant=lambda name: _no(f"{name} is no number of JSON"))


def _no(said: str) -> None:
    raise BadValue(said)


def _restored(value: Any) -> Any:
    """The inverse of `_jsonable`: lists were tuples, pairs a dictionary."""
    if isinstance(value, list):
        return tuple(map(_restored, value))
    return dict(value["pairs"]) if isinstance(value, dict) else value


def _estimator(arrays: dict[str, Array], facts: dict[str, Any]) -> Any:
    from surefoot.estimators import NetClassifier, NetRegressor

    model = _model(arrays, facts)
    kind = NetRegressor if model.task == "regression" else NetClassifier
    known = kind().get_params(deep=False)
    parameters = {name: _restored(value) for name, value in facts["parameters"].items()}
    if unknown := sorted(parameters.keys() - known.keys()):
        raise DataError(f"{kind.__name__} has no parameter {unknown[0]!r}; install the newer surefoot.")
    estimator = kind(**parameters)
    _teach(estimator, model, facts, arrays)
    return estimator


def _teach(estimator: Any, model: Portable, facts: dict[str, Any], arrays: dict[str, Array]) -> None:
    """Set the attributes that `fit` would have set."""
    estimator.network_ = model.network
    estimator.theta_ = frozen(model.network.layout.join(model.layers).astype(np.float64))
    estimator.n_features_in_, estimator.n_outputs_ = model.inputs, model.outputs
    if model.feature_names:
        estimator.feature_names_in_ = np.array(model.feature_names, object)
    estimator.scaling_ = _scaling(model.mean, model.scale, facts["constant_inputs"])
    if model.task == "regression":
        constant = facts["constant_targets"]
        estimator.target_scaling_ = _scaling(model.target_mean, model.target_scale, constant)
        estimator.flat_ = model.flat
    else:
        estimator.classes_ = _classes(model.classes, facts["classes_dtype"])
        estimator.multilabel_ = model.task == "multilabel"
    for name in LEARNT:
        if name in facts["learnt"]:
            setattr(estimator, name, _restored(facts["learnt"][name]))
    for name in CURVES:
        setattr(estimator, f"{name}_", arrays[name].ravel().tolist() if name in arrays else None)
    estimator.run_ = _run(model, estimator.theta_, facts)
    if getattr(estimator, "l2_", None) is None:  # a file of before l2 was chosen
        estimator.l2_ = estimator.run_.header.l2
    estimator.l2_path_ = [(float(c), float(loss)) for c, loss in facts.get("l2_path", ())]


def _run(model: Portable, theta: Array, facts: dict[str, Any]) -> Run:
    """The run's header, ending and weights; its records stayed where it ran."""
    kept = {name: _typed(facts["run"][name], kind) for name, kind in RUN.items()}
    kind, sentence = map(str, facts["ending"])
    header = Header(
        sizes=model.network.sizes,
        activation=model.network.activation,
        loss=model.network.loss,
        parameters=model.network.size,
        classes=tuple(map(str, model.classes)),
        image_shape=None,
        scale=1.0,
        created=model.created,
        **kept,
    )
    return Run(header, (), Ending(kind, sentence), theta)


def _typed(value: Any, kind: Any) -> Any:
    return None if value is None else kind(value)


def _scaling(mean: Array, scale: Array, constant: list[int]) -> Scaling:
    where = np.zeros(len(mean), bool)
    where[constant] = True
    return Scaling(mean, scale, where)


def _classes(names: Sequence[ClassName], dtype: Any) -> Array:
    """classes_ in the type that they had; texts as wide as they need."""
    kind = np.dtype(dtype)
    if kind.kind == "O":
        return np.array(names, object)
    array = np.array(names, kind if kind.kind in "biuf" else None)
    if array.tolist() != list(names):
        raise BadValue(f"its classes {list(names)} are not of the type {kind}; get a new copy of it.")
    return array


def _model(arrays: dict[str, Array], facts: dict[str, Any]) -> Portable:
    """The model in the file, its shapes and numbers checked (by Portable) before anything is made of it."""
    sizes = facts["sizes"]
    if not isinstance(sizes, list) or len(sizes) > len(arrays):
        raise DataError("its layer sizes are not those of its arrays; get a new copy of it.")
    network = Network(tuple(sizes), facts["activation"], facts["loss"])
    classes = tuple(map(plain, facts["classes"]))
    kinds(classes)
    layers = [(arrays[f"W{layer}"], arrays[f"b{layer}"]) for layer in range(1, len(sizes))]
    none = np.zeros_like(layers[-1][1])  # as large as what is there, not as what `sizes` says
    return Portable(
        network,
        layers,
        arrays["input_mean"],
        arrays["input_scale"],
        none if classes else arrays["target_mean"],
        none + 1 if classes else arrays["target_scale"],
        classes,
        tuple(map(str, facts["feature_names"])),
        facts["flat"] is True,
        str(facts["created"]),
    )
