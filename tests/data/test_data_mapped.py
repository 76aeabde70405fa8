"""The folder on disk: the same data, the same bits; damage is a sentence; written whole or not at all.

That a map is neither read nor copied is proved in test_data_rows.
"""

from __future__ import annotations

import errno
import json
import os
import pickle
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_data_npy import bytes_of, npy, shaped

import surefoot as sf
from surefoot.data import Data, load, mapped
from surefoot.data.mapped import MappedWriter
from surefoot.data.rows import on_disk
from surefoot.errors import BadValue, DataError, DataNotFound, ShapeError

RNG = np.random.default_rng(0)
N, D = 60, 6
PIXELS = RNG.integers(0, 256, (N, D)).astype(np.uint8)
LABELS = RNG.integers(0, 3, N)
ABOUT: dict[str, Any] = {"name": "toy", "scale": 255.0, "classes": ("a", "b", "c"), "image_shape": (2, 3)}
TOY = Data(PIXELS, LABELS, **ABOUT)


def written(folder: Path, data: Data = TOY, block: int = 17, force: bool = False) -> Path:
    with MappedWriter(folder, force) as out:
        for start in range(0, data.n, block):
            out.add(data.X[start : start + block], data.y[start : start + block])
        about = {field: getattr(data, field) for field in ABOUT}
        assert out.finish(**about) == folder
    return folder


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


@pytest.mark.parametrize("kind", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("targets", ["labels", "numbers", "several"])
def test_a_folder_is_the_data_it_was_written_from(tmp_path: Path, kind: type, targets: str) -> None:
    y = {"labels": LABELS, "numbers": PIXELS[:, 0] / 7, "several": PIXELS[:, :2] / 7}[targets]
    data = Data(PIXELS.astype(kind), y, 255.0, ("a", "b", "c") if targets == "labels" else (), name="toy")
    folder = written(tmp_path / "toy", data)
    there = load(folder)
    assert on_disk(there.X)
    assert there.hash == data.hash
    assert repr(there) == repr(data).replace(" / 255", " / 255 on disk")
    assert pickle.loads(pickle.dumps(there)).hash == data.hash
    for path in (folder / "data.json", folder / "X.npy", str(folder) + "/"):
        assert load(path).hash == data.hash
    assert np.array_equal(np.load(folder / "X.npy"), data.X)
    assert np.array_equal(np.load(folder / "y.npy"), data.y)
    assert names(tmp_path) == ["toy"]


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_training_from_the_folder_gives_the_same_bits(tmp_path: Path, kind: type) -> None:
    data = Data(PIXELS.astype(kind), LABELS, **ABOUT)
    net, thetas = sf.Network((D, 4, 3)), []
    for one in (data, load(written(tmp_path / "toy", data))):
        train, test = one.split(40)
        run = sf.train(net, train, test=test, iterations=5, compute="dense")
        thetas.append(run.theta.tobytes() + repr([step.value for step in run.steps]).encode())
    assert thetas[0] == thetas[1]


def test_one_byte_that_differs_is_seen_by_hash_and_training(tmp_path: Path) -> None:
    folder, net = written(tmp_path / "toy"), sf.Network((D, 4, 3))
    before = load(folder)
    hash_before = before.hash
    theta = sf.train(net, before, iterations=5, compute="dense").theta
    content = bytearray((folder / "X.npy").read_bytes())
    content[128 + 5] ^= 1
    (folder / "X.npy").write_bytes(content)
    after = load(folder)
    assert after.hash != hash_before
    assert not np.array_equal(sf.train(net, after, iterations=5, compute="dense").theta, theta)


def test_raw_pixels_that_lie_there_are_mapped(tmp_path: Path) -> None:
    folder = written(tmp_path / "toy")
    (folder / "X.npy").unlink()
    (folder / "deep").mkdir()
    (folder / "deep" / "pixels.raw").write_bytes(b"head" + PIXELS.tobytes())
    change(folder, X={"file": "deep/pixels.raw", "dtype": "uint8", "shape": [N, D], "offset": 4})
    data = load(folder)
    assert (data.hash, on_disk(data.X)) == (TOY.hash, True)


def test_only_the_format_must_be_there(tmp_path: Path) -> None:
    folder = written(tmp_path / "toy")
    np.save(folder / "y.npy", LABELS.astype(float))
    (folder / "data.json").write_text('{"format": "surefoot data 1"}')
    data = load(folder)
    assert (data.name, data.scale, data.classes, data.image_shape) == ("toy", 1.0, (), None)


def test_a_folder_without_data_json_is_what_it_was(tmp_path: Path) -> None:
    np.save(tmp_path / "X.npy", np.column_stack([PIXELS, LABELS]))
    assert load(tmp_path / "X.npy").d == D  # a table, its last column the target
    with pytest.raises(DataNotFound, match="must hold four files"):
        load(tmp_path)
    with pytest.raises(BadValue, match="no option target"):
        load(written(tmp_path / "toy"), target=3)


# --- damage ---------------------------------------------------------------------------------------


def change(folder: Path, **fields: object) -> None:
    about = json.loads((folder / "data.json").read_text()) | fields
    (folder / "data.json").write_text(json.dumps(about))


def raw(**fields: object) -> dict[str, object]:
    return {"file": "X.npy", "dtype": "uint8", "shape": [N, D], "offset": 128} | fields


def odd(header: str) -> str:
    """The header, padded so that the numbers begin at an odd byte."""
    return header[:-1] + " " * (1 + len(header) % 2) + "\n"


HUGE = npy(shaped("(1000000000, 1000)", "<f8"))
X_NPY = {
    "cut short": (lambda whole: whole[:-1], "are there"),
    "cut within the header": (lambda whole: whole[:50], "cannot be read"),
    "empty": (lambda whole: b"", "not an array"),
    "too long": (lambda whole: whole + b"\0", "are there"),
    "7 TiB": (lambda whole: HUGE, "says that it holds 8,000,000,000,000 bytes"),
    "beyond int64": (lambda whole: npy(shaped("(99999999999, 99999999999)", "|u1")), "says that it holds"),
    "negative": (lambda whole: npy(shaped("(-2, -3)", "|u1"), bytes(6)), "no array has"),
    "pickles": (lambda whole: bytes_of(np.array([[{}]], dtype=object), pickled=True), "pickled"),
    "one dimension": (lambda whole: bytes_of(PIXELS.ravel()), r"wanted is \(n, d\)"),
    "none": (lambda whole: bytes_of(np.uint8(3)), r"wanted is \(n, d\)"),
    "no rows": (lambda whole: bytes_of(PIXELS[:0]), r"wanted is \(n, d\)"),
    "no columns": (lambda whole: bytes_of(PIXELS[:, :0]), r"wanted is \(n, d\)"),
    "columns first": (lambda whole: bytes_of(np.asfortranarray(PIXELS)), "Fortran"),
    "integers": (lambda whole: bytes_of(PIXELS.astype(np.int16)), "uint8, float32, float64"),
    "other byte order": (lambda whole: bytes_of(PIXELS.astype(">f4")), "byte order"),
    "texts": (lambda whole: bytes_of(PIXELS.astype("U3")), "uint8, float32, float64"),
    "odd header": (lambda whole: npy(odd(shaped("(1, 1)", "<f8")), bytes(8)), "a multiple of 8"),
    "fewer rows": (lambda whole: bytes_of(PIXELS[1:]), "59 rows but y has"),
    "other columns": (lambda whole: bytes_of(PIXELS[:, 1:]), "2 x 3 but X has 5"),
    "a gap": (lambda whole: bytes_of(np.full((N, D), np.nan)), r"X\[0, 0\] is nan"),
    "another file": (lambda whole: b"PK\3\4" + bytes(100), "not an array"),
}  # fmt: skip
Y_NPY = {
    "cut short": (lambda whole: whole[:-1], "are there"),
    "too long": (lambda whole: whole + b"\0", "are there"),
    "7 TiB": (lambda whole: HUGE, "says that it holds"),
    "pickles": (lambda whole: bytes_of(np.array([{}], dtype=object), pickled=True), "pickled"),
    "texts": (lambda whole: bytes_of(LABELS.astype("U3")), "pass numbers"),
    "fewer": (lambda whole: bytes_of(LABELS[1:]), r"y has shape \(59,\)"),
    "one hot": (lambda whole: bytes_of(np.eye(3, dtype=int)[LABELS]), "argmax"),
    "out of range": (lambda whole: bytes_of(LABELS + 1), "but there are 3 classes"),
    "enormous": (lambda whole: bytes_of(LABELS.astype("u8") + 2**63), "but there are 3 classes"),
    "floats": (lambda whole: bytes_of(LABELS + 0.5), "labels are whole numbers"),
}  # fmt: skip
JSON = {
    "cut short": ('{"format": "surefoot da', "cannot be read"),
    "empty": ("", "cannot be read"),
    "a list": ("[1]", "does not say that its format"),
    "of another program": ('{"version": 3}', "does not say that its format"),
    "of another age": ({"format": "surefoot data 2"}, "does not say that its format"),
    "nested deep": ("[" * 100_000, "cannot be read"),
    "long": (" " * (1 << 24) + "{}", "longer than"),
    "not text": (b"\xff\xfe\xff", "cannot be read"),
    "slip of a name": ({"class": ["a"]}, "has a field 'class'; known are format, name"),
    "name": ({"name": 3}, "name is 3; it must be a text"),
    "scale": ({"scale": "255"}, "scale is '255'; it must be a number"),
    "scale true": ({"scale": True}, "scale is True; it must be a number"),
    "scale 0": ({"scale": 0}, "scale is 0"),
    "scale nan": ({"scale": float("nan")}, "scale is nan"),
    "scale too long": ({"scale": 10**400}, "pass a finite number"),
    "classes": ({"classes": "abc"}, "it must be a list of names"),
    "classes of numbers": ({"classes": [1, 2, 3]}, "no text"),
    "classes twice": ({"classes": ["a", "a", "b"]}, "twice"),
    "too few classes": ({"classes": ["a", "b"]}, "but there are 2 classes"),
    "no classes": ({"classes": []}, "no classes"),
    "image_shape": ({"image_shape": [3, 3]}, "3 x 3 but X has 6"),
    "image_shape of one": ({"image_shape": [6]}, "height, width"),
    "image_shape of text": ({"image_shape": "2x3"}, "or null"),
    "X a path": ({"X": "X.npy"}, "an object that names a file"),
    "X with more": ({"X": raw(more=1)}, "wanted is"),
    "X without": ({"X": {"file": "X.npy"}}, "wanted is"),
    "X of objects": ({"X": raw(dtype="O")}, "wanted is"),
    "X negative": ({"X": raw(shape=[-N, -D])}, "wanted is"),
    "X of floats": ({"X": raw(shape=[60.0, 6])}, "wanted is"),
    "X before the file": ({"X": raw(offset=-1)}, "wanted is"),
    "X too long": ({"X": raw(shape=[N + 1, D])}, "366 bytes of numbers, but 360 are there"),
    "X too short": ({"X": raw(shape=[N - 1, D])}, "354 bytes of numbers, but 360 are there"),
    "X behind the file": ({"X": raw(offset=10**30)}, "but 0 are there"),
    "X odd": ({"X": raw(file="odd.raw", dtype="float32", shape=[1, 1], offset=1)}, "a multiple of 4"),
    "X of 7 TiB": ({"X": raw(shape=[10**9, 7700])}, "says that it holds"),
    "X not there": ({"X": raw(file="pixels.raw")}, "no file"),
    "X a folder": ({"X": raw(file=".")}, "is a folder"),
    "X absolute": ({"X": raw(file=os.path.abspath(__file__))}, "leads out of the folder"),
    "X above": ({"X": raw(file="../out.raw")}, "leads out of the folder"),
    "X above and back": ({"X": raw(file="../toy/X.npy")}, "leads out of the folder"),
    "X with a zero": ({"X": raw(file="X\0.npy")}, "cannot be read"),
}  # fmt: skip


def refused(folder: Path, words: str) -> None:
    """The law: one DataError, one sentence, little memory."""
    tracemalloc.start()
    with pytest.raises(DataError, match=words) as caught:
        load(folder)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)
    assert peak < 64 << 20


@pytest.mark.parametrize("what", X_NPY)
def test_damage_of_x(tmp_path: Path, what: str) -> None:
    folder, (change_it, words) = written(tmp_path / "toy"), X_NPY[what]
    (folder / "X.npy").write_bytes(change_it((folder / "X.npy").read_bytes()))
    refused(folder, words)


@pytest.mark.parametrize("what", Y_NPY)
def test_damage_of_y(tmp_path: Path, what: str) -> None:
    folder, (change_it, words) = written(tmp_path / "toy"), Y_NPY[what]
    (folder / "y.npy").write_bytes(change_it((folder / "y.npy").read_bytes()))
    refused(folder, words)


@pytest.mark.parametrize("what", JSON)
def test_damage_of_data_json(tmp_path: Path, what: str) -> None:
    folder, (content, words) = written(tmp_path / "toy"), JSON[what]
    (tmp_path / "out.raw").write_bytes(bytes(128 + N * D))
    (folder / "odd.raw").write_bytes(bytes(5))
    if isinstance(content, dict):
        change(folder, **content)
    else:
        (folder / "data.json").write_bytes(content if isinstance(content, bytes) else content.encode())
    refused(folder, words)


@pytest.mark.parametrize("name", ["X.npy", "y.npy", "data.json", "pixels.raw"])
def test_a_link_may_lead_elsewhere_in_the_folder_but_not_out(tmp_path: Path, name: str) -> None:
    folder = written(tmp_path / "toy")
    if name == "pixels.raw":
        (folder / name).write_bytes((folder / "X.npy").read_bytes())
        change(folder, X=raw(file=name))
    inside, outside = folder / "other", tmp_path / "other"
    (folder / name).rename(inside)
    (folder / name).symlink_to(inside)
    assert load(folder).hash == TOY.hash
    inside.rename(outside)
    (folder / name).unlink()
    (folder / name).symlink_to(outside)
    refused(folder, "leads out of the folder")
    (folder / name).unlink()
    (folder / name).symlink_to(name)  # itself
    refused(folder, "cannot be read|no file|leads out|loop")


@pytest.mark.parametrize("name", ["X.npy", "y.npy"])
def test_a_file_that_is_missing_or_a_pipe(tmp_path: Path, name: str) -> None:
    folder = written(tmp_path / "toy")
    (folder / name).unlink()
    refused(folder, "There is no file")
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / name)
        refused(folder, "not a regular file")


# --- writing --------------------------------------------------------------------------------------


def test_what_is_written_takes_the_memory_of_a_block(tmp_path: Path) -> None:
    X, y = np.zeros((1000, 1000), np.uint8), np.zeros(1000, np.uint8)
    tracemalloc.start()
    with MappedWriter(tmp_path / "big") as out:
        for _ in range(30):
            out.add(X, y)
        out.finish(name="big", scale=255.0, classes=("a", "b"), image_shape=None)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000
    assert (tmp_path / "big" / "X.npy").stat().st_size == 128 + 30_000_000
    assert np.load(tmp_path / "big" / "y.npy", mmap_mode="r").dtype == np.uint8
    assert load(tmp_path / "big").n == out.n == 30_000


BLOCKS = 4


@pytest.mark.parametrize("stop", range(BLOCKS + 1))
@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, SystemExit])
@pytest.mark.parametrize("there", [False, True])
def test_a_writer_interrupted_at_any_block_leaves_nothing(
    tmp_path: Path, stop: int, error: type, there: bool
) -> None:
    folder = tmp_path / "toy"
    if there:
        written(folder)
    with pytest.raises(error), MappedWriter(folder, force=there) as out:
        for block in range(BLOCKS):
            if block == stop:
                raise error
            out.add(PIXELS[:5] + 1, LABELS[:5])
        raise error
    assert names(tmp_path) == ["toy"] * there
    if there:
        assert load(folder).hash == TOY.hash


CALLS = {
    "mkdir": (Path, "mkdir"),
    "append": (mapped._Growing, "append"),
    "fsync": (os, "fsync"),
    "rename": (os, "rename"),
    "dumps": (json, "dumps"),
}


class Failing:
    """A function that raises at its n-th call."""

    def __init__(self, real: Any, n: int, error: BaseException) -> None:
        self.real, self.left, self.error = real, n, error

    def __get__(self, one: Any, kind: Any) -> Any:  # as functions do, so that it can stand for a method
        return self if one is None else lambda *arguments, **options: self(one, *arguments, **options)

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        self.left -= 1
        if self.left == 0:
            raise self.error
        return self.real(*arguments, **options)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left on device")])
def test_whatever_fails_within_leaves_the_old_or_the_new_and_nothing_else(
    tmp_path: Path, call: str, error: BaseException
) -> None:
    folder, fresh = written(tmp_path / "toy"), Data(255 - PIXELS, LABELS, **ABOUT)
    owner, name = CALLS[call]
    real, n, outcomes = getattr(owner, name), 0, []
    while outcomes[-1:] != [None]:
        n += 1
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(owner, name, Failing(real, n, error))
            try:
                written(folder, fresh, force=True)
                outcomes.append(None)
            except (KeyboardInterrupt, BadValue) as caught:
                outcomes.append(str(caught))
        assert names(tmp_path) == ["toy"]
        assert load(folder).hash == (fresh if outcomes[-1] is None else TOY).hash
    expected = "cannot be written: No space left on device" if isinstance(error, OSError) else ""
    assert len(outcomes) > 1
    assert all(expected in outcome for outcome in outcomes[:-1])


def test_the_law_of_interruption_finds_a_writer_that_writes_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MappedWriter, "__exit__", lambda self, *_: None)
    with pytest.raises(KeyboardInterrupt), MappedWriter(tmp_path / "toy") as out:
        out.add(PIXELS, LABELS)
        out._X.file.close()
        out._y.file.close()
        raise KeyboardInterrupt
    assert names(tmp_path) != []


def test_a_writer_that_is_not_finished_leaves_nothing(tmp_path: Path) -> None:
    with MappedWriter(tmp_path / "toy") as out:
        out.add(PIXELS, LABELS)
        assert names(tmp_path) != []
    assert names(tmp_path) == []


def test_a_folder_that_is_there_is_replaced_by_force_only(tmp_path: Path) -> None:
    folder = written(tmp_path / "toy")
    old = load(folder)
    with pytest.raises(BadValue, match="is there already"):
        MappedWriter(folder)
    fresh = Data(255 - PIXELS, LABELS, **ABOUT)
    assert load(written(folder, fresh, force=True)).hash == fresh.hash
    assert old.hash == TOY.hash  # whoever mapped the old one keeps it
    (folder / "thesis.tex").touch()
    with pytest.raises(BadValue, match="would be lost"):
        MappedWriter(folder, force=True)
    with pytest.raises(BadValue, match="would be lost"):
        MappedWriter(folder / "thesis.tex", force=True)
    with pytest.raises(DataNotFound, match="does not exist"):
        MappedWriter(tmp_path / "no" / "toy")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    assert load(written(tmp_path / "link")).hash == TOY.hash
    assert names(tmp_path) == ["link", "nowhere", "toy"]


def test_a_folder_that_appears_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(BadValue, match="is there already"), MappedWriter(tmp_path / "toy") as out:
        out.add(PIXELS, LABELS)
        (tmp_path / "toy").mkdir()
        out.finish(**ABOUT)
    assert names(tmp_path) == ["toy"]
    assert names(tmp_path / "toy") == []


FLOATS = PIXELS.astype(np.float32)
HOLE = np.where(PIXELS == PIXELS[3, 2], np.nan, PIXELS).astype(np.float32)


@pytest.mark.parametrize(
    ("X", "y", "words"),
    [
        (FLOATS[:, 1:], LABELS, "X began with float32 of shape"),
        (PIXELS, LABELS, "a later block is uint8"),
        (FLOATS, LABELS / 2, "y began with int64 of shape"),
        (FLOATS, np.eye(3)[LABELS], "y began with"),
        (FLOATS, LABELS[1:], "one label or target for each"),
        (FLOATS.ravel(), LABELS, "wanted are rows"),
        (FLOATS.astype(">f4"), LABELS, "wanted are rows"),
        (PIXELS.astype(int), LABELS, "wanted are rows"),
        (FLOATS[:, :0], LABELS, "wanted are rows"),
        (FLOATS, LABELS.astype(str), "y has dtype"),
        (HOLE, LABELS, r"X\[63, 2\] is nan|X\[6\d, \d\] is nan"),
    ],
)
def test_blocks_that_do_not_fit(tmp_path: Path, X: np.ndarray, y: np.ndarray, words: str) -> None:
    with pytest.raises((ShapeError, BadValue), match=words), MappedWriter(tmp_path / "toy") as out:
        out.add(FLOATS, LABELS)
        out.add(FLOATS[:0], LABELS[:0])  # no rows are no fault
        out.add(X, y)
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("about", "words"),
    [
        ({"scale": 0.0}, "scale is 0.0"),
        ({"classes": ("a", "b")}, r"y\[\d+\] is 2 but there are 2 classes"),
        ({"classes": ()}, "no classes"),
        ({"classes": "abc"}, "tuple of names"),
        ({"image_shape": (4, 4)}, "4 x 4 but X has 6"),
    ],
)
def test_an_ending_that_does_not_fit(tmp_path: Path, about: dict[str, Any], words: str) -> None:
    with pytest.raises((ShapeError, BadValue), match=words), MappedWriter(tmp_path / "toy") as out:
        out.add(PIXELS, LABELS)
        out.finish(**ABOUT | about)
    assert names(tmp_path) == []


def test_nothing_added_or_added_too_late(tmp_path: Path) -> None:
    with pytest.raises(ShapeError, match="No rows"), MappedWriter(tmp_path / "toy") as out:
        out.finish(**ABOUT)
    with MappedWriter(tmp_path / "toy") as out:
        out.add(PIXELS, LABELS)
        out.finish(**ABOUT)
        for late in (lambda: out.add(PIXELS, LABELS), lambda: out.finish(**ABOUT)):
            with pytest.raises(BadValue, match="is finished"):
                late()
    assert load(tmp_path / "toy").hash == TOY.hash
