"""Folders of IDX files, and where MNIST is looked for."""

from __future__ import annotations

import gzip
import hashlib
import os
import sys
import tracemalloc
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from test_data_idx import idx_bytes

from surefoot.data import load, mnist
from surefoot.data.images import FILES, find_folder, missing
from surefoot.errors import DataError, DataNotFound, MissingExtra, UnknownName

RNG = np.random.default_rng(0)
TOY = {
    "train-images-idx3-ubyte": RNG.integers(0, 256, (5, 2, 3)).astype(np.uint8),
    "train-labels-idx1-ubyte": np.array([0, 1, 2, 1, 0], np.uint8),
    "t10k-images-idx3-ubyte": RNG.integers(0, 256, (2, 2, 3)).astype(np.uint8),
    "t10k-labels-idx1-ubyte": np.array([2, 1], np.uint8),
}


def filled(folder: Path, compressed: bool = True, **changed: np.ndarray) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in TOY.items():
        content = idx_bytes(changed.get(name.replace("-", "_"), array))
        (folder / (name + ".gz" * compressed)).write_bytes(gzip.compress(content) if compressed else content)
    return folder


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No SUREFOOT_DATA, an empty cache, and no network."""
    monkeypatch.delenv("SUREFOOT_DATA", raising=False)
    monkeypatch.setattr("pooch.os_cache", lambda name: tmp_path / "cache" / name)

    def offline(url: str, path: str) -> None:
        raise ConnectionError(f"no way to {url}")

    monkeypatch.setattr(mnist, "_fetch", offline)
    return tmp_path / "cache" / "surefoot" / "mnist"


@pytest.mark.parametrize("compressed", [True, False])
def test_a_folder_of_four_idx_files(tmp_path: Path, compressed: bool) -> None:
    data = load(filled(tmp_path / "toys", compressed))
    assert data.name == "toys"
    assert (data.X.dtype, data.scale, data.image_shape, data.classes) == (
        np.uint8,
        255.0,
        (2, 3),
        ("0", "1", "2"),
    )
    assert np.array_equal(data.X, np.concatenate([TOY[FILES[0]], TOY[FILES[2]]]).reshape(7, 6))
    assert data.y.tolist() == [0, 1, 2, 1, 0, 2, 1]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (
            {"train_labels_idx1_ubyte": np.zeros(4, np.uint8)},
            "5 images but train-labels-idx1-ubyte.gz 4 labels",
        ),
        ({"t10k_labels_idx1_ubyte": np.zeros(3, np.uint8)}, "2 images but .* 3 labels"),
        ({"t10k_images_idx3_ubyte": np.zeros((2, 3, 2), np.uint8)}, "let them agree"),
        ({"train_images_idx3_ubyte": np.zeros((5, 6), np.uint8)}, "wanted is uint8"),
        ({"train_images_idx3_ubyte": np.zeros((5, 2, 3), np.float32)}, "wanted is uint8"),
        ({"train_labels_idx1_ubyte": np.zeros(5, np.int32)}, "wanted is uint8"),
    ],
)
def test_images_and_labels_must_fit(tmp_path: Path, changed: dict, words: str) -> None:
    with pytest.raises(DataError, match=words):
        load(filled(tmp_path / "toys", **changed))


def test_mnist_from_data_dir_itself_or_its_folder_mnist(tmp_path: Path) -> None:
    filled(tmp_path / "here" / "mnist")
    for folder in (tmp_path / "here", tmp_path / "here" / "mnist", str(tmp_path / "here")):
        assert load("mnist", data_dir=folder).name == "mnist"


def test_data_dir_without_the_files_names_the_folder_and_the_four(tmp_path: Path) -> None:
    with pytest.raises(DataNotFound, match="all are missing") as caught:
        load("mnist", data_dir=tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert all(name in str(caught.value) for name in FILES)
    (filled(tmp_path) / f"{FILES[3]}.gz").unlink()
    with pytest.raises(DataNotFound, match=r"t10k-labels-idx1-ubyte.gz is missing"):
        load("mnist", data_dir=tmp_path)
    with pytest.raises(DataNotFound, match="no folder"):
        load("mnist", data_dir=tmp_path / "absent")


def test_the_environment_comes_before_the_cache(
    tmp_path: Path, nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(nowhere, train_labels_idx1_ubyte=np.full(5, 2, np.uint8))
    assert load("mnist").y[0] == 2
    monkeypatch.setenv("SUREFOOT_DATA", str(filled(tmp_path / "env" / "mnist").parent))
    assert load("mnist").y[0] == 0
    monkeypatch.setenv("SUREFOOT_DATA", str(tmp_path / "absent"))
    assert load("mnist").y[0] == 2


def test_offline_is_one_sentence_that_names_the_ways_out(nowhere: Path) -> None:
    with pytest.raises(DataNotFound) as caught:
        load("mnist")
    sentence = str(caught.value)
    assert "cannot be downloaded (no network?)" in sentence
    assert "'digits'" in sentence
    assert "--data-dir" in sentence
    assert sentence.count(". ") == 0
    assert list(nowhere.iterdir()) == []


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Mirrors that serve the toy files, and the hashes to match: URL -> content."""
    hashes = {f"{name}.gz": hashlib.sha256(idx_bytes(array)).hexdigest() for name, array in TOY.items()}
    monkeypatch.setattr(mnist, "HASHES", hashes)
    web = {m + f"{n}.gz": gzip.compress(idx_bytes(a)) for m in mnist.MIRRORS for n, a in TOY.items()}

    def fetch(url: str, path: str) -> None:
        if url not in web:
            raise ConnectionError(url)
        Path(path).write_bytes(web[url])

    monkeypatch.setattr(mnist, "_fetch", fetch)
    return web


def test_download_takes_the_second_mirror_and_is_done_once(served: dict[str, bytes], nowhere: Path) -> None:
    first = mnist.MIRRORS[0]
    del served[f"{first}{FILES[0]}.gz"]
    served[f"{first}{FILES[1]}.gz"] = gzip.compress(b"something else")
    served[f"{first}{FILES[2]}.gz"] = b"<html>log in to the network of this hotel</html>"
    assert len(load("mnist")) == 7
    assert sorted(os.listdir(nowhere)) == sorted(f"{name}.gz" for name in FILES)
    served.clear()
    assert len(load("mnist")) == 7


def test_a_wrong_hash_leaves_no_file(served: dict[str, bytes], nowhere: Path) -> None:
    for url in served:
        served[url] = gzip.compress(b"something else")
    with pytest.raises(DataNotFound, match="has SHA-256"):
        load("mnist")
    assert list(nowhere.iterdir()) == []


def test_sources_of_mnist(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnknownName, match="did you mean 'openml'"):
        load("mnist", source="openlm")
    datasets = ModuleType("sklearn.datasets")  # a stand-in: the real one takes seconds to import
    monkeypatch.setitem(sys.modules, "sklearn", ModuleType("sklearn"))
    monkeypatch.setitem(sys.modules, "sklearn.datasets", datasets)

    def fetch(name: str, **options: object) -> tuple[np.ndarray, np.ndarray]:
        assert name == "mnist_784"
        return np.full((10, 784), 255.0), np.array(list("0123456789"), dtype=object)

    datasets.fetch_openml = fetch  # type: ignore[attr-defined]
    data = load("mnist", source="openml")
    assert (data.X.dtype, data.scale, data.image_shape) == (np.uint8, 255.0, (28, 28))
    assert data.y.tolist() == list(range(10))

    def closed(name: str, **options: object) -> None:
        raise ConnectionError("closed")

    datasets.fetch_openml = closed  # type: ignore[attr-defined]
    with pytest.raises(DataNotFound, match="OpenML does not give MNIST"):
        load("mnist", source="openml")


def test_openml_without_scikit_learn_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(MissingExtra, match=r"surefoot\[sklearn\]"):
        load("mnist", source="openml")


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder with the real files, or a skip that says why."""
    folder = find_folder(Path(REAL)) if REAL else None
    if folder is None:
        pytest.skip("SUREFOOT_DATA does not name a folder with the four MNIST files")
    monkeypatch.setenv("SUREFOOT_DATA", REAL)
    return folder


REAL = os.environ.get("SUREFOOT_DATA", "")


@pytest.mark.mnist
def test_the_real_mnist_is_the_known_one(real: Path) -> None:
    assert not missing(real)
    data = load("mnist")
    assert repr(data) == "<Data 'mnist': 70000 rows x 784 columns uint8 / 255, 10 classes, images 28 x 28>"
    heads = (bytes([0, 0, 8, 3]), bytes([0, 0, 8, 1]))
    parts = {
        FILES[0]: data.X[:60000],
        FILES[1]: data.y[:60000],
        FILES[2]: data.X[60000:],
        FILES[3]: data.y[60000:],
    }
    for name, part in parts.items():  # the hash of the raw file, from what was loaded
        shape = (len(part), 28, 28) if part.ndim == 2 else (len(part),)
        raw = heads[part.ndim == 1] + np.array(shape, ">u4").tobytes() + part.astype(np.uint8).tobytes()
        assert hashlib.sha256(raw).hexdigest() == mnist.HASHES[f"{name}.gz"]


@pytest.mark.mnist
def test_the_real_mnist_is_read_into_one_array(real: Path) -> None:
    tracemalloc.start()
    data = load("mnist", data_dir=real)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < data.X.nbytes + (8 << 20)
