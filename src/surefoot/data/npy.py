"""NumPy's own formats, .npy and .npz, read without trust: no pickles, no size taken on faith.

    .npy   a table (n, d + 1): one column is the target (the last unless `target=` says which)
    .npz   arrays X (n, d) and y; optionally scale, classes, image_shape

In an .npz the type of y decides: whole numbers and texts are labels, floats are targets of a
regression.  In an .npy all columns share one type, so the values decide; see `targets`.

Source: NumPy Enhancement Proposal 1, "A simple file format for NumPy arrays".
"""

from __future__ import annotations

import io
import math
import os
import zipfile
from pathlib import Path
from typing import Any, cast

import numpy as np

from surefoot.arrays import Array
from surefoot.data.dataset import Data
from surefoot.data.files import Stream, read_flat, reading, require_equal, require_file, require_plausible
from surefoot.data.targets import labelled, labels_or_targets
from surefoot.errors import DataError

MAGIC = b"\x93NUMPY"
LONGEST_HEADER = 10_000  # bytes, NumPy's own limit
OPTIONAL = ("scale", "classes", "image_shape")


def read_npy(path: Path, target: str | int | None = None) -> Data:
    """A two-dimensional table of numbers; column `target` (from 0, -1 is the last) is what to predict.

    Raises
    ------
    DataError : not an .npy file, a size it cannot hold, pickled objects, or no such column.
    """
    with reading(path), require_file(path).open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        table = read_array(file, size, size, path)
    if table.ndim != 2 or table.shape[1] < 2 or table.dtype.kind not in "biuf":
        raise DataError(
            f"{path} holds {table.dtype} of shape {table.shape}; wanted is a table of numbers, "
            "(n, d + 1), whose last column is the target."
        )
    columns = table.shape[1]
    try:
        column = -1 if target is None else int(target)
    except ValueError:
        column = columns
    if not -columns <= column < columns:
        raise DataError(
            f"{path} has no column {target!r}; its columns have no names: pass a number 0..{columns - 1}."
        )
    y, classes = labels_or_targets(table[:, column], path)
    return Data(np.delete(table, column, axis=1), y, classes=classes, name=path.stem)


def read_npz(path: Path, target: str | None = None) -> Data:
    """Arrays X and y (or the one that `target` names), and scale, classes, image_shape when there.

    Raises
    ------
    DataError : not an .npz file, an array missing, a size it cannot hold, or pickled objects.
    """
    wanted = {"X": "X", "y": "y" if target is None else str(target)}
    with reading(path), zipfile.ZipFile(require_file(path)) as archive:
        present = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
        if missing := [name for name in wanted.values() if name not in present]:
            raise DataError(
                f"{path} has no array {missing[0]!r}, only {', '.join(sorted(present)) or 'nothing'}; "
                "save it with np.savez(file, X=X, y=y)."
            )
        names = wanted | {name: name for name in OPTIONAL if name in present}
        arrays = {key: _read_member(archive, present[name], path) for key, name in names.items()}

    y = arrays["y"]
    classes = tuple(map(str, np.atleast_1d(arrays["classes"]))) if "classes" in arrays else ()
    if not classes and y.dtype.kind in "biuUS":
        y, classes = labelled(y, path)
    scale = arrays.get("scale", np.ones(1))
    if scale.size != 1:
        raise DataError(
            f"{path}: scale has shape {scale.shape}; save one number, by which all of X is divided."
        )
    shape = tuple(arrays["image_shape"].ravel().tolist()) if "image_shape" in arrays else None
    return Data(arrays["X"], y, scale.item(), classes, shape, path.stem)


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> Array:
    origin = f"{info.filename} in {path}"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DataError(f"{origin} is compressed in a way that NumPy does not use; save it with np.savez.")
    if info.compress_size > path.stat().st_size:
        raise DataError(f"{origin} says that it is larger than the file; get a new copy of it.")
    require_plausible(info.file_size, info.compress_size, origin)
    with archive.open(info) as stream:
        return read_array(cast(Stream, stream), info.file_size, info.compress_size, origin)


def read_array(stream: Stream, size: int, compressed: int, origin: object) -> Array:
    """One array from a stream of `size` bytes, which came from `compressed` ones."""
    head, shape, fortran, dtype = read_header(stream, origin)
    wanted = math.prod(shape) * dtype.itemsize
    require_plausible(wanted, compressed, origin)
    require_equal(wanted, size - head, origin)
    flat = read_flat(stream, shape, dtype, origin)
    return flat.reshape(shape, order="F" if fortran else "C")


def read_header(stream: Stream, origin: object) -> tuple[int, tuple[int, ...], bool, np.dtype[Any]]:
    """(bytes read, shape, is it in Fortran order, dtype) of an array without objects."""
    magic = stream.read(8)
    version = tuple(magic[6:8])
    if magic[:6] != MAGIC or version not in ((1, 0), (2, 0)):
        raise DataError(f"{origin} is not an array in NumPy's format; save it with np.save or np.savez.")
    length = stream.read(2 if version == (1, 0) else 4)
    count = int.from_bytes(length, "little")
    if count > LONGEST_HEADER:  # before reading it: a compressed one may be gigabytes
        raise DataError(f"{origin} has a header of {count:,} bytes; a plain array needs about 100.")
    parse = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = parse(io.BytesIO(length + stream.read(count)))
    if dtype.hasobject:
        raise DataError(f"{origin} holds pickled objects, which are never run here; save numbers or texts.")
    if dtype.kind not in "biufcUS" or dtype.itemsize == 0:
        raise DataError(f"{origin} has dtype {dtype}; save an array of numbers or texts.")
    if any(side < 0 for side in shape):
        raise DataError(f"{origin} has shape {shape}, which no array has; get a new copy of it.")
    return 8 + len(length) + count, shape, fortran, dtype


def read_arrays(path: Path) -> dict[str, Array]:
    """All arrays of an .npz file by name: starting weights, for example.

    Raises
    ------
    DataError : not an .npz file, a size it cannot hold, or pickled objects.
    """
    with reading(path), zipfile.ZipFile(require_file(path)) as archive:
        return {i.filename.removesuffix(".npy"): _read_member(archive, i, path) for i in archive.infolist()}
