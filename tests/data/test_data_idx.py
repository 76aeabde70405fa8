"""IDX: a round trip, and headers that lie."""

from __future__ import annotations

import gzip
import os
import struct
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from surefoot.data.idx import TYPES, read_header, read_idx
from surefoot.errors import DataError, DataNotFound, ShapeError

CODES = {np.dtype(name): code for code, name in TYPES.items()}


def idx_bytes(array: np.ndarray) -> bytes:
    """The array in IDX format."""
    head = bytes([0, 0, CODES[array.dtype], array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.astype(array.dtype.newbyteorder(">")).tobytes()


def written(folder: Path, content: bytes, name: str = "file.idx") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


ARRAYS = st.sampled_from(sorted(TYPES.values())).flatmap(
    lambda name: hnp.arrays(np.dtype(name), hnp.array_shapes(min_dims=1, max_dims=4, max_side=5))
)


@given(array=ARRAYS, compressed=st.booleans())
def test_round_trip(array: np.ndarray, compressed: bool) -> None:
    content = idx_bytes(array)
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder), gzip.compress(content, 1) if compressed else content)
        back = read_idx(path)
        header = read_header(path)
    assert (header.dtype, header.shape) == (array.dtype, array.shape)
    assert back.dtype == array.dtype
    assert back.dtype.isnative
    assert back.tobytes() == array.tobytes()  # bytes, so that NaN equals NaN


def test_read_into_the_array_where_it_stays(tmp_path: Path) -> None:
    images = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    path = written(tmp_path, idx_bytes(images))
    X = np.zeros((3, 12), np.uint8)
    read_idx(path, out=X[1:])
    assert np.array_equal(X[1:], images.reshape(2, 12))
    assert not X[0].any()
    for wrong in (np.zeros((3, 12), np.uint8), np.zeros((2, 12), np.int8)):
        with pytest.raises(ShapeError, match="cannot go into"):
            read_idx(path, out=wrong)


SMALL = idx_bytes(np.arange(6, dtype=np.uint8).reshape(2, 3))
LIE = bytes([0, 0, 8, 3]) + struct.pack(">3I", 2**32 - 1, 2**32 - 1, 2**32 - 1) + b"12345678"


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "begins with nothing"),
        (b"\0\0", "not an IDX file"),
        (b"PK\x03\x04 and so on", "not an IDX file"),
        (bytes([0, 0, 7, 1, 0, 0, 0, 1, 5]), "not an IDX file"),
        (bytes([0, 0, 8, 0, 5]), "not an IDX file"),
        (bytes([0, 0, 8, 255]) + b"\0\0\0\1" * 255 + b"5", "not an IDX file"),
        (bytes([0, 0, 8, 2, 0, 0]), "ends within its dimensions"),
        (bytes([0, 0, 8, 2]) + struct.pack(">2I", 0, 2**32 - 1), "holds no numbers"),
        (SMALL[:-1], "6 bytes"),
        (SMALL + b"!", "6 bytes"),
        (LIE, "says that it holds 79,228,162,458,924,105,385,300,197,375 bytes"),
    ],
)
def test_hostile_content_is_refused(tmp_path: Path, content: bytes, words: str, compressed: bool) -> None:
    path = written(tmp_path, gzip.compress(content) if compressed else content)
    with pytest.raises(DataError, match=words):
        read_idx(path)


def test_damaged_gzip_is_refused(tmp_path: Path) -> None:
    whole = gzip.compress(idx_bytes(np.random.default_rng(0).integers(0, 256, 5000).astype(np.uint8)))
    for wrong in (
        whole[:-20],
        whole[: len(whole) // 2],
        whole[:12],
        whole[:-6] + b"wrong!",
        whole[:50] + b"x" + whole[51:],
    ):
        with pytest.raises(DataError, match=r"file\.idx"):
            read_idx(written(tmp_path, wrong))


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    asked = bytes([0, 0, 8, 1]) + struct.pack(">I", 2**32 - 1)
    path = written(tmp_path, gzip.compress(asked + bytes(1 << 20)))
    with pytest.raises(DataError, match="compressed"):
        read_idx(path)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataNotFound, match="no file"):
        read_idx(tmp_path / "missing")
    with pytest.raises(DataError, match="is a folder"):
        read_idx(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")  # opening it would wait for ever
        with pytest.raises(DataError, match="not a regular file"):
            read_idx(tmp_path / "pipe")
