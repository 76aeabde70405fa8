"""Any data of any size into a folder that is mapped into memory: block by block, whole or not at all.

    source ── walk ──> blocks X, y ── dtype ──> FOLDER/X.npy, y.npy, data.json

Tables of text are walked twice, because only all rows together tell what the columns mean; everything
else is read as it passes by.  In memory are a few blocks (`streams`), and beyond them: the distinct
labels, the names of pictures, and what `load` holds where a source cannot be streamed (names such as
"digits", small Parquet files, archives in Fortran order).

    dtype   "auto": uint8 when every input is a whole number 0..255, else the floats that `load` gives;
            "float32" rounds, "uint8" never does: a number that it does not hold is an error
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from surefoot.arrays import Array
from surefoot.data.checks import checked_classes, checked_scale, require_usable
from surefoot.data.dataset import Data
from surefoot.data.files import require_file
from surefoot.data.images import TESTING, TRAINING, file_in, find_folder
from surefoot.data.mapped import MappedWriter, read_mapped
from surefoot.data.pictures import holds_pictures, of_pictures
from surefoot.data.sources import identified, load
from surefoot.data.streams import Samples, holds, of_data, of_idx, of_npy, of_npz, of_text
from surefoot.errors import BadValue, DataError, ShapeError, UnknownName

DTYPES = ("auto", "uint8", "float32", "float64")
Progress = Callable[[str, int, int], None]  # "read" or "written", rows, bytes written so far


def convert(
    source: str | os.PathLike[str],
    folder: str | os.PathLike[str],
    *,
    target: str | int | None = None,
    scale: float | None = None,
    dtype: str = "auto",
    size: tuple[int, int] | None = None,
    force: bool = False,
    data_dir: str | os.PathLike[str] | None = None,
    origin: str | None = None,
    progress: Progress | None = None,
) -> Data:
    """Write a source as a folder that `load` maps into memory, and return these data.

    Parameters
    ----------
    source : what `load` takes; a pair of IDX files "IMAGES,LABELS"; or a folder with one subfolder of
        pictures for each class.
    folder : where to; it must not be there yet.
    target : which column is to be predicted, as for `load`.
    scale : what X is divided by before a network sees it; if not said, what the source says.
    dtype : "auto", "uint8", "float32" or "float64".
    size : (height, width) in pixels to which pictures are resized.
    force : replace a folder that was written in this way.
    data_dir : the folder with MNIST's files; a relative path is looked up there as well.
    origin : where "mnist" comes from, "files" or "openml" (the `source` of `load`).
    progress : called with "read" or "written", how many rows, and how many bytes of X are written.

    Raises
    ------
    DataNotFound : no such source.   DataError : it does not hold what it should.
    BadValue : the folder is there, the disk is full, an option or a number cannot be used.
    MissingExtra : Pillow or pyarrow is wanted and not installed.
    """
    if dtype not in DTYPES:
        raise UnknownName("dtype", dtype, DTYPES)
    if scale is not None:
        checked_scale(scale)
    tell: Progress = progress or (lambda what, rows, written: None)
    with MappedWriter(Path(folder), force) as out:
        samples = _opened(source, target, data_dir, origin, size, tell)
        try:
            _write(samples, out, dtype, samples.scale if scale is None else scale, tell)
        except (ShapeError, BadValue) as error:
            if isinstance(error.__cause__, OSError):  # about the folder, not about the source
                raise
            raise DataError(f"{os.fspath(source)}: {error}") from error
    return read_mapped(Path(folder))


def _opened(
    source: str | os.PathLike[str],
    target: str | int | None,
    data_dir: str | os.PathLike[str] | None,
    origin: str | None,
    size: tuple[int, int] | None,
    tell: Progress,
) -> Samples:
    """The source as samples that pass by, where it can; loaded where not, and `load` says what is wrong."""
    home = None if data_dir is None else Path(data_dir).expanduser()
    if pair := _idx_pair(source, home):
        return of_idx([pair], pair[0].name.partition(".")[0])
    key, path = identified(source, home)
    pictures = path is not None and key == "/" and not find_folder(path) and holds_pictures(path)
    if size is not None and not pictures:
        raise BadValue(f"{os.fspath(source)!r} is no folder of pictures; leave size={size} out.")
    found = None
    if path is None or origin is not None:
        pass
    elif key in (".csv", ".tsv", ".txt"):
        found = of_text(path, target, lambda rows: tell("read", rows, 0))
    elif key == ".npy":
        found = of_npy(path, target)
    elif key == ".npz":
        found = of_npz(path, None if target is None else str(target))
    elif pictures and target is None:
        found = of_pictures(path, size)
    elif key == "/" and target is None and (place := find_folder(path)):
        pairs = [(file_in(place, images), file_in(place, labels)) for images, labels in (TRAINING, TESTING)]
        found = of_idx(pairs, path.name or "images")
    return found or of_data(load(source, data_dir=data_dir, source=origin, target=target))


def _idx_pair(source: str | os.PathLike[str], home: Path | None) -> tuple[Path, Path] | None:
    """The paths in "IMAGES,LABELS", when no file has that whole name."""
    text = os.fspath(source) if isinstance(source, str | os.PathLike) else ""
    parts = [(home or Path()) / Path(part).expanduser() for part in text.split(",")]
    if len(parts) != 2 or ((home or Path()) / text).exists():
        return None
    return require_file(parts[0]), require_file(parts[1])


def _write(samples: Samples, out: MappedWriter, dtype: str, scale: float, tell: Progress) -> None:
    """Every block in its type, and at the end what holds for all."""
    checked_scale(scale)
    checked_classes(samples.classes)
    kind = _kind(samples, dtype)
    written = 0
    for X, y in samples.walk():
        block = _as_kind(X, kind or _float_for(X), out.n)
        if block.dtype != np.uint8:
            require_usable("X", block, scale, out.n)
        out.add(block, y)
        written += block.nbytes
        tell("written", out.n, written)
    out.finish(name=samples.name, scale=scale, classes=samples.classes, image_shape=samples.image_shape)


def _kind(samples: Samples, dtype: str) -> str | None:
    """The type that was asked for; with "auto" uint8 where that holds all, None where it does not."""
    if dtype != "auto":
        return dtype
    are_bytes = samples.are_bytes
    if are_bytes is None:
        are_bytes = all(X.dtype == np.uint8 or holds(np.uint8, X) for X, _ in samples.walk())
    return "uint8" if are_bytes else None


def _float_for(X: Array) -> str:
    """The floats that `Data` would make of these numbers."""
    return "float32" if X.dtype.kind == "f" and X.dtype.itemsize <= 4 else "float64"


def _as_kind(X: Array, kind: str, first: int) -> Array:
    """X as this type; BadValue at a number that it does not hold, rounding of floats apart."""
    with np.errstate(all="ignore"):
        block = X.astype(kind, copy=False)
        lost = block != X if kind == "uint8" else np.isinf(block) & np.isfinite(X)
    if lost.any():
        row, column = (int(i) for i in np.argwhere(lost)[0])
        raise BadValue(
            f"X[{first + row}, {column}] is {X[row, column]:.6g}, which {kind} does not hold; "
            "leave the dtype out, or choose float64."
        )
    return block
