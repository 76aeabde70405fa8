"""Samples that pass by: blocks of rows out of files of any size, in the memory of a few blocks.

    walk()   blocks X (rows, d) and y (rows,) or (rows, k), the same ones at every walk

What must be known before the first row is written, the classes above all, is found when the samples
are opened, by a walk over the targets, or for text over everything.  What has no rows that could pass
by (an array in Fortran order in an archive, a shape that is no table) is None: load it whole instead.
"""

from __future__ import annotations

import math
import os
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import DTypeLike

from surefoot.arrays import Array
from surefoot.data.dataset import Data
from surefoot.data.delimited import MOST_NAMES, Rule, Survey, Table, meant, target_column
from surefoot.data.files import CHUNK, Stream, reading, require_equal, require_file, require_plausible
from surefoot.data.idx import opened
from surefoot.data.images import matching
from surefoot.data.npy import OPTIONAL, read_array, read_header
from surefoot.data.targets import MOST_CLASSES, labelled, labels_or_targets
from surefoot.errors import DataError

BLOCK, ROWS = 1 << 18, 1 << 14  # numbers and rows of one block, at most; one row is always in it
Blocks = Iterator[tuple[Array, Array]]


@dataclass(frozen=True)
class Samples:
    """A data set as a walk over its rows, and what holds for all of them."""

    walk: Callable[[], Blocks]
    name: str
    scale: float = 1.0
    classes: tuple[str, ...] = ()
    image_shape: tuple[int, int] | None = None
    are_bytes: bool | None = None  # are all inputs whole numbers 0..255?  None: nobody looked


def of_data(data: Data) -> Samples:
    """The samples of data that are loaded, or that lie on disk."""

    def walk() -> Blocks:
        step = rows_of_block(data.d)
        for start in range(0, data.n, step):
            rows = slice(start, start + step)
            yield np.asarray(data.X[rows]), data.y[rows]

    return Samples(walk, data.name, data.scale, data.classes, data.image_shape)


def of_text(path: Path, target: str | int | None, tell: Callable[[int], None]) -> Samples:
    """The samples of a table of text; `tell` hears how many rows the first walk, made here, has seen.

    Raises
    ------
    DataError : as `read_delimited`.
    """
    table = Table.opened(path, target)
    survey, are_bytes = Survey(table), list[bool]()
    for block in table.blocks():
        survey.meet(block)
        are_bytes.append(holds(np.uint8, block.X))
        tell(survey.n)
    meaning = survey.meaning()

    def walk() -> Blocks:
        blocks = table.blocks()
        if meaning.skipped:
            next(blocks)  # the header, which comes alone
        for block in blocks:
            try:
                y = meaning.y(block.targets)
            except (KeyError, ValueError) as error:
                raise DataError(f"{path} changed while it was read; begin again.") from error
            yield block.X, y

    return Samples(walk, path.stem, classes=meaning.classes, are_bytes=all(are_bytes[meaning.skipped :]))


def of_npy(path: Path, target: str | int | None = None) -> Samples:
    """The samples of a table of numbers in an .npy file, which is mapped.

    Raises
    ------
    DataError : not an .npy file, another size than it says, no table of numbers, or no such column.
    """
    with reading(path), require_file(path).open("rb") as file:
        head, shape, fortran, dtype = read_header(file, path)
        require_equal(math.prod(shape) * dtype.itemsize, os.fstat(file.fileno()).st_size - head, path)
    if len(shape) != 2 or shape[0] < 1 or shape[1] < 2 or dtype.kind not in "biuf":
        raise DataError(
            f"{path} holds {dtype} of shape {shape}; wanted is a table of numbers, "
            "(n, d + 1), whose last column is the target."
        )
    n, columns = shape
    column, step = target_column(target, ("",) * columns, False, path), rows_of_block(columns)

    def rows() -> Iterator[Array]:
        with reading(path):
            table = np.memmap(path, dtype, "r", head, shape, "F" if fortran else "C")
        for start in range(0, n, step):
            yield np.asarray(table[start : start + step])

    y_of, classes = met((block[:, column] for block in rows()), labels_or_targets, MOST_CLASSES, path)

    def walk() -> Blocks:
        for block in rows():
            yield np.delete(block, column, axis=1), y_of(block[:, column])

    return Samples(walk, path.stem, classes=classes)


def of_npz(path: Path, target: str | None = None) -> Samples | None:
    """The samples of arrays X and y in an .npz file, decompressed as they pass; None: load it whole.

    Raises
    ------
    DataError : not an .npz file, a size it cannot hold, or pickled objects.
    """
    with reading(path), zipfile.ZipFile(require_file(path)) as archive:
        present = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
        names = {"X": "X", "y": target or "y", **{name: name for name in OPTIONAL if name in present}}
        found = {key: Member.found(archive, present.get(name), path) for key, name in names.items()}
    members = {key: member for key, member in found.items() if member is not None}
    if len(members) < len(found) or not _are_samples(members["X"], members["y"], "classes" in members):
        return None
    X, y = members["X"], members["y"]
    scale, classes, shape = (members[name].whole() if name in members else None for name in OPTIONAL)
    if scale is not None and scale.size != 1:
        return None
    step = rows_of_block(X.shape[1] + math.prod(y.shape[1:]))
    y_of: Callable[[Array], Array] = np.asarray
    names_of = () if classes is None else tuple(map(str, np.atleast_1d(classes)))
    if classes is None and y.dtype.kind in "biuUS":
        y_of, names_of = met(y.blocks(step), labelled, MOST_NAMES, path)

    def walk() -> Blocks:
        for rows, targets in zip(X.blocks(step), y.blocks(step), strict=True):
            yield rows, y_of(targets)

    return Samples(
        walk,
        path.stem,
        1.0 if scale is None else scale.item(),
        names_of,
        None if shape is None else tuple(shape.ravel().tolist()),
    )


@dataclass(frozen=True)
class Member:
    """An array in an .npz file, row after row, whose header has been read and believed."""

    path: Path
    info: zipfile.ZipInfo
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @classmethod
    def found(cls, archive: zipfile.ZipFile, info: zipfile.ZipInfo | None, path: Path) -> Member | None:
        """The array of this entry; None when there is none, or none that could pass by in rows."""
        if info is None or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            return None
        if info.compress_size > path.stat().st_size:
            return None
        origin = f"{info.filename} in {path}"
        require_plausible(info.file_size, info.compress_size, origin)
        with archive.open(info) as stream:
            head, shape, fortran, dtype = read_header(cast(Stream, stream), origin)
        require_equal(math.prod(shape) * dtype.itemsize, info.file_size - head, origin)
        return None if fortran or 0 in shape else cls(path, info, shape, dtype)

    def blocks(self, step: int) -> Iterator[Array]:
        """Blocks of so many rows."""
        with self._opened() as (stream, origin):
            read_header(stream, origin)
            yield from _passing(stream, self.shape, self.dtype, step, origin)

    def whole(self) -> Array:
        """All of it."""
        with self._opened() as (stream, origin):
            return read_array(stream, self.info.file_size, self.info.compress_size, origin)

    @contextmanager
    def _opened(self) -> Iterator[tuple[Stream, str]]:
        origin = f"{self.info.filename} in {self.path}"
        with reading(self.path), zipfile.ZipFile(self.path) as archive, archive.open(self.info) as stream:
            yield cast(Stream, stream), origin


def of_idx(pairs: Sequence[tuple[Path, Path]], name: str) -> Samples:
    """The samples of IDX files, images and their labels, one pair after another; plain or compressed.

    Raises
    ------
    DataError : a damaged file, or images and labels that do not fit together.
    """
    shapes = [matching(images, labels)[1:] for images, labels in pairs]
    for shape, (images, _) in zip(shapes, pairs, strict=True):
        if shape != shapes[0]:
            raise DataError(
                f"{images} holds images of {shape} pixels, {pairs[0][0].name} of {shapes[0]}; let them agree."
            )
    step = rows_of_block(math.prod(shapes[0]))
    most = max(int(block.max()) for _, labels in pairs for block in _idx_blocks(labels, ROWS))

    def walk() -> Blocks:
        for images, labels in pairs:
            for pixels, y in zip(_idx_blocks(images, step), _idx_blocks(labels, step), strict=True):
                yield pixels.reshape(len(pixels), -1), y

    return Samples(walk, name, 255.0, tuple(map(str, range(most + 1))), shapes[0])


def met(
    columns: Iterator[Array], rule: Rule, most: int, origin: object
) -> tuple[Callable[[Array], Array], tuple[str, ...]]:
    """Walk over a column: how its values become y, and the classes; no further than `most` distinct ones.

    More than `most` can be no labels whatever else comes: targets of a regression, or too many classes.
    """
    n, distinct = 0, np.zeros(0)
    for column in columns:
        distinct = np.union1d(distinct, column) if n else np.unique(column)
        n += len(column)
        if len(distinct) > most:
            break
    labels, classes = meant(rule, distinct, n, origin)
    if not classes:
        return (lambda column: column.astype(np.float64)), ()
    return (lambda column: np.array(labels)[np.searchsorted(distinct, column)]), classes


def holds(dtype: DTypeLike, X: Array) -> bool:
    """True when every number is the same in this type."""
    with np.errstate(all="ignore"):
        return bool((X.astype(dtype) == X).all())


def rows_of_block(width: int) -> int:
    """How many rows of so many numbers make a block."""
    return max(1, min(ROWS, BLOCK // width))


def _are_samples(X: Member, y: Member, have_classes: bool) -> bool:
    """True when the two are rows of numbers and one label or target for each; `load` says what is wrong."""
    kinds = "biuf" if have_classes else "biufUS"
    return (
        (len(X.shape), X.shape[0], X.dtype.kind in "biuf") == (2, *y.shape[:1], True)
        and y.dtype.kind in kinds
        and len(y.shape) <= 1 + (y.dtype.kind == "f")
    )


def _idx_blocks(path: Path, step: int) -> Iterator[Array]:
    with opened(path) as (stream, header):
        yield from _passing(stream, header.shape, header.dtype, step, path)


def _passing(
    stream: Stream, shape: tuple[int, ...], dtype: np.dtype[Any], step: int, origin: object
) -> Iterator[Array]:
    """Blocks of an array whose bytes come next, row after row; DataError when there are fewer, or more."""
    done, whole = 0, math.prod(shape) * dtype.itemsize
    for start in range(0, shape[0], step):
        block = np.empty((min(step, shape[0] - start), *shape[1:]), dtype)
        memory = block.reshape(-1).view(np.uint8).data
        while memory:
            got = stream.readinto(memory[:CHUNK])
            if not got:
                require_equal(whole, done, origin)
            memory, done = memory[got:], done + got
        yield block
    if stream.read(1):
        raise DataError(f"{origin} goes on after its {whole:,} bytes of numbers; get a new copy of it.")
