"""Reading bytes that may lie: a header promises a size, and only the bytes present can keep it.

A 120-byte header can ask for 7 TiB, and gzip and zip expand about 1,000:1.  So, in this order:
is it a regular file, can the bytes present hold what the header asks for, then read in small
pieces into memory that the system hands out only as it is filled, then ask for one byte more.
"""

from __future__ import annotations

import math
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from surefoot.arrays import Array
from surefoot.errors import DataError, DataNotFound, SurefootError

CHUNK = 1 << 20  # bytes read at once
EXPANSION = 1032  # the most that deflate can expand
BROKEN = (OSError, EOFError, ValueError, RuntimeError, struct.error, zlib.error, zipfile.BadZipFile)


class Stream(Protocol):
    """What a file, a gzip file and a member of a zip archive have in common."""

    def read(self, size: int, /) -> bytes: ...
    def readinto(self, buffer: memoryview, /) -> int: ...


def require_file(path: Path) -> Path:
    """Return the path; DataNotFound when nothing is there, DataError when it is no regular file."""
    if not path.exists():
        raise DataNotFound(f"There is no file {os.fspath(path)!r}; check the name and the folder.")
    if not path.is_file():
        kind = "a folder" if path.is_dir() else "not a regular file"
        raise DataError(f"{os.fspath(path)!r} is {kind}; pass a file.")
    return path


@contextmanager
def reading(origin: object) -> Iterator[None]:
    """Turn what libraries raise at broken content into one DataError that names the file."""
    try:
        yield
    except SurefootError:
        raise
    except MemoryError as error:
        raise DataError(f"{origin} holds more than fits into memory; pass fewer rows.") from error
    except BROKEN as error:
        raise DataError(
            f"{origin} cannot be read ({str(error) or 'it is damaged'}); get a new copy of it."
        ) from error


def require_plausible(wanted: int, compressed: int, origin: object) -> None:
    """Raise DataError when `compressed` bytes cannot, or should not, expand to `wanted` bytes.

    Deflate reaches 1032:1 at most; beyond 1 GiB we believe 100:1, which is more than real data give.
    """
    if wanted > max(min(EXPANSION * compressed + CHUNK, 1 << 30), 100 * compressed):
        raise DataError(
            f"{origin} says that it holds {wanted:,} bytes, but it has {compressed:,} compressed ones, "
            "which cannot be so much; get a new copy of it."
        )


def require_equal(wanted: int, present: int, origin: object) -> None:
    """Raise DataError when a header asks for another number of bytes than the `present` ones."""
    if wanted != present:
        raise DataError(
            f"{origin} says that it holds {wanted:,} bytes of numbers, but {present:,} are there; "
            "get a new copy of it."
        )


def read_flat(stream: Stream, shape: tuple[int, ...], dtype: np.dtype[Any], origin: object) -> Array:
    """The rest of the stream as a new one-dimensional array of prod(shape) entries; check sizes before.

    Raises
    ------
    DataError : when fewer bytes come, or more.
    """
    with reading(origin):
        flat = np.empty(math.prod(shape), dtype)
    fill(stream, flat, origin)
    return flat


def fill(stream: Stream, flat: Array, origin: object) -> None:
    """Read the rest of the stream into the memory of a one-dimensional array, to the last byte.

    Raises
    ------
    DataError : when fewer bytes come than the array holds, or more.
    """
    memory = flat.view(np.uint8).data
    done = 0
    with reading(origin):
        while done < len(memory):
            got = stream.readinto(memory[done : done + CHUNK])
            if not got:
                require_equal(len(memory), done, origin)
            done += got
        if stream.read(1):
            raise DataError(f"{origin} goes on after its {done:,} bytes of numbers; get a new copy of it.")
