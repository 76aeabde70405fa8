"""Which format a path asks for: the table of suffixes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from surefoot.errors import UnknownName
from surefoot.estimators.export.onnx import to_onnx
from surefoot.estimators.export.python import to_python
from surefoot.estimators.export.safetensors import to_safetensors

FORMATS: dict[str, Callable[[Any, str | Path], Path]] = {
    ".onnx": to_onnx,
    ".py": to_python,
    ".safetensors": to_safetensors,
}


def export(estimator: Any, path: str | Path) -> Path:
    """Write a fitted NetClassifier or NetRegressor in the format that the suffix of `path` names.

    Returns
    -------
    Path : of the file, which is written whole or not at all.

    Raises
    ------
    NotFittedError : the estimator was not fitted.   UnknownName : a suffix that is none of ours.
    BadValue : not one of our estimators, or the file cannot be written.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        raise UnknownName("model format", suffix, FORMATS)
    return FORMATS[suffix](estimator, path)
