"""npy and npz: a round trip, the meaning of the target, and archives that lie."""

from __future__ import annotations

import io
import struct
import tempfile
import time
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from surefoot.data import load
from surefoot.data.npy import read_npy, read_npz
from surefoot.errors import DataError

FLOATS = st.floats(-1e9, 1e9, allow_subnormal=False, width=32)
INPUTS = st.sampled_from([np.uint8, np.float32, np.float64]).flatmap(
    lambda kind: hnp.arrays(
        kind,
        hnp.array_shapes(min_dims=2, max_dims=2, max_side=6),
        elements=st.integers(0, 255) if kind is np.uint8 else FLOATS,
    )
)


@given(
    X=INPUTS, fortran=st.booleans(), compressed=st.booleans(), scale=st.floats(0.1, 1e3), k=st.integers(1, 3)
)
def test_npz_round_trip(X: np.ndarray, fortran: bool, compressed: bool, scale: float, k: int) -> None:  # type: ignore[type-arg]
    X = np.asfortranarray(X) if fortran else X
    y = np.random.default_rng(0).normal(size=(len(X), k))
    save = np.savez_compressed if compressed else np.savez
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "round.npz"
        save(path, X=X, y=y, scale=scale, image_shape=[1, X.shape[1]])
        data = load(path)
    assert data.X.dtype == X.dtype
    assert np.array_equal(data.X, X)
    assert np.array_equal(data.y, y)
    assert (data.scale, data.image_shape, data.classes, data.name) == (scale, (1, X.shape[1]), (), "round")


def saved(path: Path, **arrays: object) -> Path:
    np.savez(path, **arrays)  # type: ignore[arg-type]
    return path


X3 = np.arange(6.0).reshape(3, 2)


@pytest.mark.parametrize(
    ("y", "labels", "classes"),
    [
        (np.array([10, 9, 10]), [1, 0, 1], ("9", "10")),
        (np.array(["b", "a", "b"]), [1, 0, 1], ("a", "b")),
        (np.array([b"b", b"a", b"b"]), [1, 0, 1], ("a", "b")),
        (np.array([True, False, True]), [1, 0, 1], ("False", "True")),
        (np.array([1.0, 2.0, 1.0]), [1.0, 2.0, 1.0], ()),
    ],
)
def test_the_type_of_y_in_an_npz_decides(tmp_path: Path, y: np.ndarray, labels: list, classes: tuple) -> None:  # type: ignore[type-arg]
    data = read_npz(saved(tmp_path / "a.npz", X=X3, y=y))
    assert data.y.tolist() == labels
    assert data.classes == classes


def test_classes_and_target_by_name(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.npz", X=X3, mark=np.array([0, 2, 0]), classes=np.array(["x", "y", "z"]))
    data = load(path, target="mark")
    assert data.classes == ("x", "y", "z")
    assert data.y.tolist() == [0, 2, 0]


def npy(header: str, body: bytes = b"", version: int = 1) -> bytes:
    length = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + length + header.encode() + body


def shaped(shape: str, descr: str = "<f8") -> str:
    return f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': {shape}, }}\n"


def bytes_of(array: np.ndarray, pickled: bool = False) -> bytes:  # type: ignore[type-arg]
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=pickled)
    return stream.getvalue()


HOSTILE = [
    (npy(shaped("(1000000000000, 1)")), r"8,000,000,000,000 bytes"),
    (npy(shaped("(1000000000000,)", "<U0")), "dtype"),
    (npy(shaped("(99999999999, 99999999999, 99999999999)")), "says that it holds"),
    (npy(shaped("(-2, -3)"), bytes(48)), "no array has"),
    (npy(shaped("(2, 3)"), bytes(47)), "48 bytes"),
    (npy(shaped("(2, 3)"), bytes(49)), "48 bytes"),
    (npy(shaped("(2, 3)", "|V4"), bytes(24)), "dtype"),
    (npy("{'descr': __import__('os').getcwd(), 'fortran_order': False, 'shape': (1,)}"), "cannot be read"),
    (npy("not a header"), "cannot be read"),
    (npy(" " * 20_000), "20,000 bytes"),
    (npy(" " * 20_000, version=2), "20,000 bytes"),
    (b"\x93NUMPY\x02\x00\xff\xff\xff\xff", "4,294,967,295 bytes"),
    (b"\x93NUMPY\x01\x00\xff", "cannot be read"),
    (b"\x93NUMPY\x09\x00", "not an array"),
    (b"", "not an array"),
    (bytes_of(np.array([[{}, 1]], dtype=object), pickled=True), "pickled"),
    (bytes_of(np.zeros(3, "f8,i4")), "dtype"),
]


@pytest.mark.parametrize(("content", "words"), HOSTILE)
def test_hostile_npy_is_refused_quickly_and_without_memory(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "a.npy"
    path.write_bytes(content)
    start = time.perf_counter()
    tracemalloc.start()
    with pytest.raises(DataError, match=words):
        load(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 << 20
    assert time.perf_counter() - start < 1.0


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize(("content", "words"), HOSTILE)
def test_hostile_members_of_an_npz_are_refused(
    tmp_path: Path, content: bytes, words: str, method: int
) -> None:
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("X.npy", content)
        archive.writestr("y.npy", bytes_of(np.zeros(3)))
    with pytest.raises(DataError, match=words):
        load(path)


def test_an_archive_whose_directory_lies_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.npz", X=X3, y=np.zeros(3))
    whole = path.read_bytes()
    entry = whole.index(b"PK\x01\x02")
    for offset in (20, 24):  # compressed and uncompressed size of X.npy in the directory
        path.write_bytes(whole[: entry + offset] + struct.pack("<I", 2**31) + whole[entry + offset + 4 :])
        with pytest.raises(DataError, match=r"X\.npy"):
            read_npz(path)
    for broken in (
        whole[:-30],
        whole[:100] + whole[110:],
        b"PK",
        b"",
        whole.replace(X3[2].tobytes(), X3[0].tobytes()),
    ):
        path.write_bytes(broken)
        with pytest.raises(DataError, match=r"a\.npz"):
            read_npz(path)


def test_an_array_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no array 'y', only X, label"):
        read_npz(saved(tmp_path / "a.npz", X=X3, label=np.zeros(3)))


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"X": np.where(X3 == 3, np.nan, X3), "y": np.zeros(3)}, r"a\.npz: X\[1, 1\] is nan"),
        ({"X": X3, "y": np.zeros(2)}, r"a\.npz: X has 3 rows"),
        ({"X": X3, "y": np.zeros(3), "scale": np.ones(2)}, "scale has shape"),
        ({"X": X3, "y": np.zeros(3), "image_shape": np.array([2, 2])}, "2 x 2"),
        ({"X": X3, "y": np.zeros(3), "image_shape": np.array("wide")}, "height, width"),
        ({"X": X3, "y": np.zeros(3, int)}, "only one class"),
        ({"X": X3.astype(str), "y": np.zeros(3)}, "pass numbers"),
        ({"X": X3, "y": np.zeros((3, 2), int)}, "argmax"),
        ({"X": np.zeros((90, 1)), "y": np.arange(90)}, "90 distinct values"),
    ],
)
def test_content_that_is_no_data_set_names_the_file(tmp_path: Path, arrays: dict, words: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(DataError, match=words):
        load(saved(tmp_path / "a.npz", **arrays))


def test_npy_takes_its_target_from_a_column(tmp_path: Path) -> None:
    path = tmp_path / "t.npy"
    np.save(path, np.array([[1, 2, 0], [3, 4, 1], [5, 6, 0], [7, 8, 1]], np.uint8))
    data = load(path)
    assert data.X.dtype == np.uint8
    assert data.X.tolist() == [[1, 2], [3, 4], [5, 6], [7, 8]]
    assert data.classes == ("0", "1")
    assert load(path, target=0).y.tolist() == [1.0, 3.0, 5.0, 7.0]
    assert load(path, target="1").classes == ()
    for wrong in (3, -4, "age"):
        with pytest.raises(DataError, match="no column"):
            load(path, target=wrong)


def test_npy_that_is_no_table(tmp_path: Path) -> None:
    for array in (np.zeros(3), np.zeros((3, 1)), np.zeros((3, 2, 2)), np.zeros((3, 3), complex)):
        np.save(tmp_path / "t.npy", array)
        with pytest.raises(DataError, match="wanted is a table"):
            read_npy(tmp_path / "t.npy")
