"""Models go elsewhere: a fitted estimator as a file that needs no surefoot to be used.

    model.onnx          one graph for every ONNX runtime: scaling, network and class labels inside
    model.safetensors   numbers and their names in one file, and back again with `from_safetensors`
    predict.py          plain Python that needs nothing but its standard library

All three are written from one value (`portable`), whole or not at all.
"""

from __future__ import annotations

from surefoot.estimators.export.onnx import to_onnx
from surefoot.estimators.export.python import to_python
from surefoot.estimators.export.safetensors import from_safetensors, to_safetensors
from surefoot.estimators.export.suffixes import export

__all__ = ["export", "from_safetensors", "to_onnx", "to_python", "to_safetensors"]
