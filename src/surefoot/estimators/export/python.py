"""The model as predict.py: plain Python that needs nothing but its standard library.

A reader with the book open follows it: the numbers as literals (17 digits, so that they are the same
numbers), one line for scaling, one for a layer, one for what the outputs mean.  Names of classes and
features stand in it as literals only; nothing of them is ever part of the code or of a comment.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from surefoot.arrays import Array
from surefoot.estimators.export import pieces
from surefoot.estimators.export.portable import Portable, portable
from surefoot.placing import placed

WIDTH = 110  # of a line of numbers


def to_python(estimator: Any, path: str | Path) -> Path:
    """Write a fitted estimator as a Python file and return its path.

    The file has `predict_one(row)`, `predict(rows)` and, for classes, `predict_proba(rows)`; run as a
    script it reads a CSV table and writes predictions.

    Raises
    ------
    NotFittedError : not fitted.   BadValue : not ours, or the file cannot be written.
    """
    return placed(path, _source(portable(estimator)).encode())


def _source(model: Portable) -> str:
    """The whole file."""
    activated, functions = pieces.ACTIVATIONS[model.network.activation]
    hidden = pieces.HIDDEN.format(activated=activated)
    if len(model.layers) == 1:
        hidden, functions = "", ""
    if model.task in ("binary", "multilabel") and functions != pieces.LOGISTIC:
        functions += pieces.LOGISTIC
    task = pieces.TASKS[_task(model)]
    unit = "number" if model.outputs == 1 else "list of numbers"
    return "".join(
        [
            pieces.HEAD.format(origin=model.origin, doc=task.doc.format(inputs=model.inputs, labels=unit)),
            f"# fmt: off\n{_constants(model)}\n# fmt: on\n\n",
            _network(model, hidden),
            functions,
            task.code,
            pieces.TABLE,
            _main(model, task.header),
        ]
    )


def _network(model: Portable, hidden: str) -> str:
    scaled = pieces.SHRUNK if _needs(model.shrink) else pieces.PLAIN
    code = pieces.NETWORK.format(scaled=scaled, hidden=hidden)
    if model.classes:
        return code
    return code + (pieces.UNSCALED_SHRUNK if _needs(model.target_shrink) else pieces.UNSCALED)


def _needs(shrink: Array) -> bool:
    return bool((shrink != 1).any())


def _task(model: Portable) -> str:
    if model.task != "regression":
        return model.task
    return "number" if model.flat else "numbers"


def _main(model: Portable, header: str) -> str:
    results = pieces.RESULTS_OR_PROBA if model.classes else pieces.RESULTS
    flag = pieces.PROBA_FLAG if model.classes else ""
    return pieces.MAIN.format(proba_flag=flag, results=results.format(header=header))


def _constants(model: Portable) -> str:
    lines = [
        _list("FEATURES", map(repr, model.feature_names)),
        f"INPUTS = {model.inputs}",
    ]
    if model.classes:
        lines.append(_list("CLASSES", map(repr, model.classes)))
    lines += [_numbers("MEAN", model.mean), _numbers("SCALE", model.scale)]
    if _needs(model.shrink):
        lines.append(_numbers("SHRINK", model.shrink))
    if not model.classes:
        lines += [_numbers("TARGET_MEAN", model.target_mean), _numbers("TARGET_SCALE", model.target_scale)]
        if _needs(model.target_shrink):
            lines.append(_numbers("TARGET_SHRINK", model.target_shrink))
    lines.append("LAYERS = [  # of each layer: a list of weights per unit, and the units' biases")
    for W, b in model.layers:
        units = "\n".join(f"{_row(column, 8)}," for column in np.asarray(W).T)
        lines.append(f"    ([\n{units}\n    ],\n{_row(b, 5)}),")
    return "\n".join([*lines, "]"])


def _numbers(name: str, values: Array) -> str:
    return _list(name, _literals(values))


def _literals(values: Array) -> list[str]:
    return [repr(float(value)) for value in values]


def _list(name: str, literals: Iterable[str]) -> str:
    """`NAME = [...]`, broken between entries only: a text may hold blanks."""
    return _broken(f"{name} = [", literals, 4)


def _row(values: Array, indent: int) -> str:
    return _broken(" " * indent + "[", _literals(values), indent + 1)


def _broken(opening: str, literals: Iterable[str], indent: int) -> str:
    lines = [opening]
    for literal in literals:
        if len(lines[-1]) + len(literal) + 2 > WIDTH and lines[-1] != opening:
            lines.append(" " * indent)
        blank = "" if lines[-1] == opening or not lines[-1].strip() else " "
        lines[-1] += f"{blank}{literal},"
    return "\n".join(lines).removesuffix(",") + "]"
