"""Arrays as JSON: {"dtype", "shape", "data"}, the data little-endian in C order, as base64."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np

from surefoot.arrays import Array
from surefoot.errors import BadValue

DTYPES = ("f4", "f8", "i1", "u1", "i4")


def packed(array: Any, dtype: str = "f4") -> dict[str, Any]:
    """The array as a plain tree that JSON takes.

    Raises
    ------
    BadValue : a dtype that the viewer does not know.

    >>> packed([[1, 2]], "u1")
    {'dtype': 'u1', 'shape': [1, 2], 'data': 'AQI='}
    """
    if dtype not in DTYPES:
        raise BadValue(f"{dtype!r} is not packed; choose one of {', '.join(DTYPES)}.")
    values = np.asarray(array)
    data = np.ascontiguousarray(values, f"<{dtype}").tobytes()
    return {"dtype": dtype, "shape": list(values.shape), "data": b64encode(data).decode("ascii")}


def unpacked(tree: Mapping[str, Any]) -> Array:
    """The array that `packed` packed, read-only.

    Raises
    ------
    BadValue : parts are missing, or the data is not of the shape.

    >>> unpacked(packed([0.5, 2.0])).tolist()
    [0.5, 2.0]
    """
    try:
        dtype, shape = tree["dtype"], tuple(int(side) for side in tree["shape"])
        data = b64decode(tree["data"], validate=True)
        if dtype not in DTYPES or len(data) != prod(shape) * np.dtype(dtype).itemsize:
            raise ValueError
        return np.frombuffer(data, f"<{dtype}").reshape(shape)
    except (KeyError, TypeError, ValueError) as error:
        raise BadValue("That is not a packed array; give {dtype, shape, data} as packed() does.") from error
