"""The safetensors format: named arrays and texts in one file, without anything that could run.

    8 bytes     N, little-endian
    N bytes     JSON: {"__metadata__": {text: text}, name: {"dtype", "shape", "data_offsets"}, ...}
    the rest    the arrays' bytes, one behind the other, C order, little-endian

Written and read here without the library of that name: fifty lines, and a reader that believes no
size before the bytes present have borne it out.

Source: the format's own description, huggingface/safetensors, README.md, "Format".
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from surefoot.arrays import Array
from surefoot.data.files import require_equal, require_file
from surefoot.errors import DataError

TYPES: dict[str, np.dtype[Any]] = {"F64": np.dtype("<f8"), "F32": np.dtype("<f4")}
NAMES = {dtype: name for name, dtype in TYPES.items()}
LARGEST_HEADER = 100_000_000  # bytes, the format's own limit
ABOUT = "__metadata__"


def written(arrays: Mapping[str, Array], about: Mapping[str, str]) -> bytes:
    """The bytes of a file with these arrays (float32 or float64) and texts."""
    header: dict[str, Any] = {ABOUT: dict(about)}
    parts: list[bytes] = []
    end = 0
    for name, array in sorted(arrays.items(), key=lambda item: -item[1].itemsize):  # aligned: wide ones first
        dtype = array.dtype.newbyteorder("<")
        part = np.ascontiguousarray(array, dtype).tobytes()
        start, end = end, end + len(part)
        header[name] = {"dtype": NAMES[dtype], "shape": array.shape, "data_offsets": (start, end)}
        parts.append(part)
    text = json.dumps(header, separators=(",", ":"), allow_nan=False).encode()
    text += b" " * (-len(text) % 8)
    return b"".join([len(text).to_bytes(8, "little"), text, *parts])


def read(path: str | Path) -> tuple[dict[str, Array], dict[str, str]]:
    """Arrays and texts of a file; each array is new, writeable and contiguous.

    Raises
    ------
    DataNotFound : there is no such file.   DataError : it is damaged, or promises what it does not hold.
    """
    path = require_file(Path(path))
    try:
        data = path.read_bytes()
    except (OSError, MemoryError) as error:
        raise DataError(f"{path} cannot be read ({error}); look at its permissions and size.") from error
    header, start = _header(data, path)
    about = header.pop(ABOUT, {})
    if not isinstance(about, dict) or not all(isinstance(text, str) for text in about.values()):
        raise DataError(f"{path} has metadata that are not texts; get a new copy of it.")
    places = {name: _place(name, entry, path) for name, entry in header.items()}
    _require_gapless([place for _, _, place in places.values()], len(data) - start, path)
    return {
        name: np.ndarray(shape, dtype, data, start + place[0]).astype(dtype.newbyteorder("="))
        for name, (dtype, shape, place) in places.items()
    }, about


def _header(data: bytes, path: Path) -> tuple[dict[str, Any], int]:
    """The JSON at the front, and where the numbers begin."""
    count = int.from_bytes(data[:8], "little")
    if len(data) < 10 or count > min(len(data) - 8, LARGEST_HEADER):
        raise DataError(
            f"{path} says that its header has {count:,} bytes, but the file has {len(data):,}; "
            "it is damaged or not a .safetensors file: get a new copy of it."
        )
    try:
        header = json.loads(
            data[8 : 8 + count], object_pairs_hook=_once, parse_constant=_refused, parse_int=_short
        )
    except (ValueError, RecursionError) as error:
        said = "it is nested too deeply" if isinstance(error, RecursionError) else error
        raise DataError(f"{path} has a header that cannot be read ({said}); get a new copy of it.") from error
    if not isinstance(header, dict):
        raise DataError(f"{path} has a header without names; get a new copy of it.")
    return header, 8 + count


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name comes twice")
    return found


def _refused(text: str) -> float:
    raise ValueError(f"{text} is no number of JSON")


def _short(text: str) -> int:
    if len(text) > 19:
        raise ValueError(f"a number has {len(text)} digits")
    return int(text)


def _place(name: str, entry: Any, path: Path) -> tuple[np.dtype[Any], tuple[int, ...], tuple[int, int]]:
    """(type, shape, (start, end)) of one array; its bytes are as many as its shape wants."""
    try:
        dtype: np.dtype[Any] = TYPES[entry["dtype"]]
        shape, (start, end) = tuple(entry["shape"]), entry["data_offsets"]
        whole = all(type(n) is int and n >= 0 for n in (start, end))
        whole = whole and all(type(side) is int and side >= 1 for side in shape)
    except (KeyError, TypeError, ValueError):
        whole = False
    if not whole or len(shape) > 8:
        raise DataError(
            f"{path}: array {name!r} has no type, shape and place that can be read (F64 or F32, whole "
            "numbers); get a new copy of it."
        )
    require_equal(math.prod(shape) * dtype.itemsize, end - start, f"{path}: array {name!r}")
    return dtype, shape, (start, end)


def _require_gapless(places: list[tuple[int, int]], size: int, path: Path) -> None:
    """Raise unless the arrays fill the rest of the file, one behind the other."""
    reached = 0
    for start, end in sorted(places):
        if start != reached:
            raise DataError(f"{path} has arrays that overlap or leave a gap; get a new copy of it.")
        reached = end
    require_equal(reached, size, path)
