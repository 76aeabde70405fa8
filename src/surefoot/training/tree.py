"""Plain trees of Python values and arrays as bytes, without pickle.

A tree is None, a truth value, a number, a string, an array, or a tuple, list or dict of trees.
Its bytes are one line of JSON, in which an array stands as {"array": [dtype, shape, offset]}, then
the arrays' own bytes.  Reading trusts nothing: offsets and sizes are checked.
"""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

from surefoot.errors import RunFileError

KINDS = "biuf"  # truth values, whole numbers, floats: never objects


def pack(tree: Any) -> bytes:
    """The bytes of a tree; the inverse of `unpack`."""
    blobs: list[bytes] = []

    def encode(node: Any) -> Any:
        if isinstance(node, np.ndarray):
            offset = sum(map(len, blobs))
            blobs.append(np.ascontiguousarray(node).tobytes())
            return {"array": [node.dtype.str, list(node.shape), offset]}
        if isinstance(node, np.generic):
            return encode(node.item())
        if isinstance(node, float) and not math.isfinite(node):
            return {"float": repr(node)}
        if isinstance(node, tuple):
            return {"tuple": [encode(part) for part in node]}
        if isinstance(node, list):
            return [encode(part) for part in node]
        if isinstance(node, dict):
            return {"dict": [[encode(key), encode(part)] for key, part in node.items()]}
        if node is None or isinstance(node, bool | int | float | str):
            return node
        raise TypeError(f"{type(node).__name__} is no part of a plain tree")

    head = json.dumps(encode(tree), allow_nan=False).encode()
    return len(head).to_bytes(8, "little") + head + b"".join(blobs)


def unpack(data: bytes) -> Any:
    """The tree of these bytes; arrays are read-only.

    Raises
    ------
    RunFileError : bytes that `pack` did not write.
    """
    try:
        length = int.from_bytes(data[:8], "little")
        body = memoryview(data)[8 + length :]
        return _decode(json.loads(data[8 : 8 + length]), body)
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise RunFileError(
            f"A stored state is damaged ({error}); the run cannot be continued from it."
        ) from error


def _decode(node: Any, body: memoryview) -> Any:
    if isinstance(node, list):
        return [_decode(part, body) for part in node]
    if not isinstance(node, dict):
        return node
    if "array" in node:
        dtype, shape, offset = node["array"]
        kind = np.dtype(dtype)
        if kind.kind not in KINDS:
            raise ValueError(f"array of {dtype}")
        count = math.prod(shape)
        return np.frombuffer(body, kind, count, offset).reshape(shape) if count else np.zeros(shape, kind)
    if "float" in node:
        return float(node["float"])
    if "tuple" in node:
        return tuple(_decode(part, body) for part in node["tuple"])
    return {_decode(key, body): _decode(part, body) for key, part in node["dict"]}
