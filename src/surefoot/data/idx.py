"""IDX, the format of the MNIST files: a magic number, the dimensions, the numbers.

    byte 0, 1   zero
    byte 2      type: 08 uint8, 09 int8, 0B int16, 0C int32, 0D float32, 0E float64
    byte 3      number of dimensions
    then        each dimension (uint32), then the numbers, row by row; all big-endian

Plain or gzip-compressed; the first bytes tell, not the name.
Source: Y. LeCun, C. Cortes, C. Burges, The MNIST database (1998), "File formats".
"""

from __future__ import annotations

import gzip
import math
import os
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from surefoot.arrays import Array
from surefoot.data.files import Stream, fill, reading, require_equal, require_file, require_plausible
from surefoot.errors import DataError, ShapeError

TYPES = {0x08: "u1", 0x09: "i1", 0x0B: "i2", 0x0C: "i4", 0x0D: "f4", 0x0E: "f8"}
MOST_DIMENSIONS = 8


@dataclass(frozen=True)
class Header:
    """What the first bytes promise: dtype (native byte order) and shape."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]

    @property
    def nbytes(self) -> int:
        """Size of the numbers in bytes, as a Python int: it cannot overflow."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_header(path: Path) -> Header:
    """What the file promises, held against the bytes it has.

    Raises
    ------
    DataError : not an IDX file, no numbers in it, or a size that the file cannot hold.
    """
    with opened(path) as (_, header):
        return header


def read_idx(path: Path, out: Array | None = None) -> Array:
    """The numbers of the file, in its shape; straight into `out`, C-ordered, when that is given.

    Raises
    ------
    DataError : not an IDX file, cut short, too long, or a size that the file cannot hold.
    ShapeError : when `out` differs from the file in number or type of its entries.
    """
    with opened(path) as (stream, header):
        if out is None:
            with reading(path):
                out = np.empty(header.shape, header.dtype)
        if out.dtype != header.dtype or out.size != math.prod(header.shape):
            raise ShapeError(
                f"{path} holds {header.shape} {header.dtype}, which cannot go into {out.shape} {out.dtype}."
            )
        flat = out.view()
        flat.shape = (out.size,)  # unlike reshape, this never copies: it raises
        fill(stream, flat, path)
    if sys.byteorder == "little":
        flat.byteswap(inplace=True)
    return out


@contextmanager
def opened(path: Path) -> Iterator[tuple[Stream, Header]]:
    """The stream behind its header, and the header."""
    with reading(path), require_file(path).open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if file.peek(2)[:2] == b"\x1f\x8b":
            with gzip.open(file) as stream:
                header = _parse(stream, path)
                require_plausible(header.nbytes, size, path)
                yield stream, header
        else:
            header = _parse(file, path)
            require_equal(header.nbytes, size - file.tell(), path)
            yield file, header


def _parse(stream: Stream, path: Path) -> Header:
    magic = stream.read(4)
    if (
        len(magic) < 4
        or magic[:2] != b"\0\0"
        or magic[2] not in TYPES
        or not 1 <= magic[3] <= MOST_DIMENSIONS
    ):
        raise DataError(
            f"{path} is not an IDX file (it begins with {magic.hex(' ') or 'nothing'}); pass another."
        )
    dimensions = stream.read(4 * magic[3])
    if len(dimensions) < 4 * magic[3]:
        raise DataError(f"{path} ends within its dimensions; get a new copy of it.")
    shape = struct.unpack(f">{magic[3]}I", dimensions)
    if 0 in shape:
        raise DataError(f"{path} has dimensions {shape}, so it holds no numbers; get a new copy of it.")
    return Header(np.dtype(TYPES[magic[2]]), shape)
