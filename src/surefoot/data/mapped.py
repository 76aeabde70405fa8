"""A data set as a folder of plain arrays, mapped into memory: nothing is read before it is used.

    FOLDER/X.npy       (n, d) uint8, float32 or float64, row after row (C order)
    FOLDER/y.npy       labels (n,), whole numbers; or targets (n,) or (n, k), floats
    FOLDER/data.json   {"format": "surefoot data 1", "name": ..., "scale": ..., "classes": [...],
                        "image_shape": [height, width] or null}

Pixels that lie in the folder already, without a header, are named in data.json instead of X.npy:

    "X": {"file": "pixels.raw", "dtype": "uint8", "shape": [n, d], "offset": 0}

Only "format" must be there.  Every size is held against the bytes present, and no file outside the
folder is opened.  A folder is written whole or not at all, one block of rows in memory at a time.
"""

from __future__ import annotations

import json
import math
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePath
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np

from surefoot.arrays import Array
from surefoot.data.checks import (
    SCALES,
    checked_classes,
    checked_image_shape,
    checked_scale,
    require_targets,
    require_usable,
)
from surefoot.data.dataset import Data
from surefoot.data.files import reading, require_equal, require_file
from surefoot.data.npy import MAGIC, read_array, read_header
from surefoot.errors import BadValue, DataError, DataNotFound, ShapeError

FORMAT = "surefoot data 1"
ABOUT, INPUTS, TARGETS = "data.json", "X.npy", "y.npy"
FIELDS: dict[str, tuple[tuple[type, ...], str]] = {
    "format": ((str,), "a text"),
    "name": ((str,), "a text"),
    "scale": ((int, float), "a number"),
    "classes": ((list,), "a list of names"),
    "image_shape": ((list, type(None)), "[height, width] or null"),
    "X": ((dict,), "an object that names a file"),
}
TYPES = {kind: np.dtype(kind) for kind in ("uint8", "float32", "float64")}
HEADER = 128  # bytes before the numbers of an .npy file that we write: the number of rows comes last
LONGEST_ABOUT = 1 << 24  # bytes


def read_mapped(folder: Path) -> Data:
    """The data set of a folder with data.json: X mapped, y read.

    Raises
    ------
    DataNotFound : a file is missing.
    DataError : a file that does not hold what it should, or lies outside the folder.
    ShapeError, BadValue : X, y and data.json do not fit together.
    """
    about = _read_about(_inside(folder, ABOUT))
    X = _map_raw(folder, about["X"]) if "X" in about else _map_npy(_inside(folder, INPUTS))
    path = _inside(folder, TARGETS)
    with reading(path), require_file(path).open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        y = read_array(file, size, size, path)
    shape, classes = about.get("image_shape"), about.get("classes", ())
    return Data(X, y, about.get("scale", 1.0), tuple(classes), shape, about.get("name", folder.name))


def _read_about(path: Path) -> dict[str, Any]:
    """The fields of data.json, each of its type."""
    with reading(path), require_file(path).open("rb") as file:
        if os.fstat(file.fileno()).st_size > LONGEST_ABOUT:
            raise DataError(f"{path} is longer than {LONGEST_ABOUT:,} bytes; it should hold a few names.")
        about = json.loads(file.read())
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise DataError(
            f"{path} does not say that its format is {FORMAT!r}; write such a folder with "
            "`surefoot data convert`."
        )
    for field, value in about.items():
        if field not in FIELDS:
            raise DataError(f"{path} has a field {field[:40]!r}; known are {', '.join(FIELDS)}.")
        kinds, words = FIELDS[field]
        if not isinstance(value, kinds) or isinstance(value, bool):
            raise DataError(f"{path}: {field} is {repr(value)[:40]}; it must be {words}.")
    return about


def _inside(folder: Path, name: str) -> Path:
    """The path of a file of the folder; DataError when the name, or a link, leads out of it."""
    path = folder / name
    with reading(path):
        outside = PurePath(name).is_absolute() or ".." in PurePath(name).parts
        if outside or not path.resolve().is_relative_to(folder.resolve()):
            raise DataError(f"{str(path)!r} leads out of the folder; keep the file itself in there.")
    return path


def _map_npy(path: Path) -> Array:
    with reading(path), require_file(path).open("rb") as file:
        head, shape, fortran, dtype = read_header(file, path)
        if fortran and min(shape, default=0) > 1:
            raise DataError(
                f"{path} holds column after column (Fortran order); save np.ascontiguousarray(X)."
            )
        return _map(file, path, dtype, shape, head)


def _map_raw(folder: Path, place: dict[str, Any]) -> Array:
    match {"offset": 0} | place:
        case {
            "file": str(name),
            "dtype": str(kind),
            "shape": [int(n), int(d)],
            "offset": int(offset),
            **more,
        } if not more and kind in TYPES and min(n, d, offset + 1) > 0:
            path = _inside(folder, name)
            with reading(path), require_file(path).open("rb") as file:
                return _map(file, path, TYPES[kind], (n, d), offset)
    raise DataError(
        f"{folder / ABOUT}: X is {repr(place)[:120]}; wanted is "
        '{"file": NAME, "dtype": "uint8", "float32" or "float64", "shape": [n, d], "offset": 0}.'
    )


def _map(file: BinaryIO, path: Path, dtype: np.dtype[Any], shape: tuple[int, ...], offset: int) -> Array:
    if len(shape) != 2 or 0 in shape or dtype not in TYPES.values():
        raise DataError(
            f"{path} holds {dtype.str} of shape {shape}; wanted is (n, d) of {', '.join(TYPES)}, in the byte "
            "order of this machine."
        )
    size = os.fstat(file.fileno()).st_size
    require_equal(math.prod(shape) * dtype.itemsize, max(0, size - offset), path)
    if offset % dtype.itemsize:
        raise DataError(
            f"{path}: the numbers begin at byte {offset}; let it be a multiple of {dtype.itemsize}."
        )
    return np.memmap(file, dtype, "r", offset, shape)


class MappedWriter:
    """Write such a folder block by block; it appears whole at `finish`, or not at all.

    Parameters
    ----------
    folder : what to write; its parent must be there.
    force : replace a folder that holds a data set of this kind, and nothing else.

    Raises
    ------
    DataNotFound : no parent folder.   BadValue : something is there already, or the disk is full.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as parent, MappedWriter(Path(parent) / "toy") as out:
    ...     out.add(np.eye(2), np.array([0, 1]))
    ...     out.add(np.ones((1, 2)), np.array([1]))
    ...     _ = out.finish(name="toy", scale=1.0, classes=("no", "yes"), image_shape=None)
    ...     read_mapped(Path(parent) / "toy")
    <Data 'toy': 3 rows x 2 columns float64 on disk, 2 classes>
    """

    def __init__(self, folder: Path, force: bool = False) -> None:
        self.folder, self.force, self.n = Path(folder), force, 0
        self._place = Path(os.path.realpath(self.folder))
        self._require_place()
        self._beside = self._place.with_name(f".surefoot-{secrets.token_hex(8)}")
        self._old = self._beside.with_suffix(".old")  # what lay there, until the new one does
        self._X: _Growing | None = None
        self._y: _Growing | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for array in (self._X, self._y):
            if array is not None:
                array.file.close()
        shutil.rmtree(self._beside, ignore_errors=True)
        if self._place.exists():
            shutil.rmtree(self._old, ignore_errors=True)

    def add(self, X: Array, y: Array) -> None:
        """Append rows X (m, d) with their labels or targets y; the first block decides type and columns.

        Raises
        ------
        ShapeError, BadValue : other columns or types than before, NaN, not one y for each row.
        """
        X, y = np.asarray(X), _as_target(np.asarray(y))
        if X.ndim != 2 or not X.shape[1] or X.dtype not in TYPES.values() or y.shape[:1] != X.shape[:1]:
            raise ShapeError(
                f"A block has X {X.dtype.str} of shape {X.shape} and y of shape {y.shape}; wanted are rows "
                f"(m, d) of {', '.join(TYPES)}, and one label or target for each."
            )
        self._require_open()
        if X.size and X.dtype != np.uint8:
            require_usable("X", X, SCALES[1], self.n)
        with self._writing():
            if self._X is None:
                self._beside.mkdir()
                self._X = _Growing(self._beside / INPUTS, X)
            if self._y is None:
                self._y = _Growing(self._beside / TARGETS, y)
            self._X.require_like("X", X)
            self._y.require_like("y", y)
            self._X.append(X)
            self._y.append(y)
        self.n += len(X)

    def finish(
        self, *, name: str, scale: float, classes: Sequence[str], image_shape: Sequence[int] | None
    ) -> Path:
        """Write what X and y are, and move the folder to its place, which is returned.

        Raises
        ------
        ShapeError, BadValue : these do not fit to what was added, or nothing was.
        """
        self._require_open()
        if self._X is None or self._y is None or not self.n:
            raise ShapeError(f"No rows were added to {str(self.folder)!r}; add at least one.")
        about = {
            "format": FORMAT, "name": str(name), "scale": checked_scale(scale),
            "classes": checked_classes(classes),
            "image_shape": checked_image_shape(image_shape, self._X.like.shape[1]),
        }  # fmt: skip
        with self._writing():
            self._X.finish()
            self._y.finish()
            require_targets(np.load(self._beside / TARGETS, mmap_mode="r"), self.n, checked_classes(classes))
            with (self._beside / ABOUT).open("xb") as file:
                file.write(json.dumps(about, indent=1).encode())
                _to_disk(file)
            self._move()
        return self.folder

    def _require_open(self) -> None:
        if self._X is not None and self._X.file.closed:
            raise BadValue(f"{str(self.folder)!r} is finished; begin another folder.")

    def _require_place(self) -> None:
        """Raise unless the folder can be put there; asked before the work and after it."""
        if not self._place.parent.is_dir():
            raise DataNotFound(f"The folder {str(self._place.parent)!r} does not exist; make it first.")
        if not os.path.lexists(self._place):
            return
        if not self.force:
            raise BadValue(
                f"{str(self.folder)!r} is there already; name another folder, or replace it with --force "
                "(force=True)."
            )
        if not self._place.is_dir() or set(os.listdir(self._place)) - {ABOUT, INPUTS, TARGETS}:
            raise BadValue(
                f"{str(self.folder)!r} holds other things than {ABOUT}, {INPUTS} and {TARGETS}, "
                "which would be lost; name another folder."
            )

    def _move(self) -> None:
        """The new folder to its place; when that fails, the old one back to it."""
        self._require_place()
        try:
            if self._place.exists():
                os.rename(self._place, self._old)
            os.rename(self._beside, self._place)
        except BaseException:
            if self._old.exists() and not self._place.exists():
                os.rename(self._old, self._place)
            raise

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise BadValue(
                f"{str(self.folder)!r} cannot be written: {error.strerror or error}. Name another folder."
            ) from error


class _Growing:
    """An .npy file to which rows are appended; its header says how many at the end."""

    def __init__(self, path: Path, like: Array) -> None:
        self.like = like[:0].copy()  # type and columns, no rows
        self.n = 0
        self.file = path.open("xb")
        self.file.write(bytes(HEADER))

    def require_like(self, name: str, rows: Array) -> None:
        """Raise ShapeError when these rows differ from the first ones in type or columns."""
        ours, came = (f"{a.dtype} of shape {('m', *a.shape[1:])}".replace("'", "") for a in (self.like, rows))
        if came != ours:
            raise ShapeError(f"{name} began with {ours}, and a later block is {came}; let all blocks agree.")

    def append(self, rows: Array) -> None:
        self.file.write(np.ascontiguousarray(rows).data)
        self.n += len(rows)

    def finish(self) -> None:
        """Write the header, of a fixed length whatever n is, and let the disk have it all."""
        shape = (self.n, *self.like.shape[1:])
        text = f"{{'descr': {self.like.dtype.str!r}, 'fortran_order': False, 'shape': {shape}, }}"
        room = HEADER - len(MAGIC) - 4
        self.file.seek(0)
        self.file.write(
            MAGIC + b"\x01\x00" + room.to_bytes(2, "little") + text.ljust(room - 1).encode() + b"\n"
        )
        _to_disk(self.file)
        self.file.close()


def _as_target(y: Array) -> Array:
    """y as it is written: float64, or unsigned as it came, or int64."""
    if y.dtype.kind not in "biuf":
        raise BadValue(f"y has dtype {y.dtype}; pass labels (whole numbers) or targets (floats).")
    if y.dtype.kind == "u":
        return y
    return y.astype(np.float64 if y.dtype.kind == "f" else np.int64, copy=False)


def _to_disk(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
