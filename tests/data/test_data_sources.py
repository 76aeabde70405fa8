"""load: names, paths, options; and the digits inside the package."""

from __future__ import annotations

import gzip
import importlib.util
import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from surefoot.data import load
from surefoot.data.sources import NAMES, SOURCES
from surefoot.errors import BadValue, DataError, DataNotFound, UnknownName


def test_the_digits() -> None:
    data = load("digits")
    assert repr(data) == "<Data 'digits': 1797 rows x 64 columns uint8 / 16, 10 classes, images 8 x 8>"
    assert data.X.max() == 16
    assert data.classes == tuple("0123456789")
    folder = files("surefoot.data")
    assert len((folder / "digits.npz").read_bytes()) <= 44 * 1024
    assert "CC BY 4.0" in (folder / "digits.LICENSE.txt").read_text()


def test_the_digits_are_scikit_learns() -> None:
    package = importlib.util.find_spec("sklearn")  # its file alone: importing it takes seconds
    if package is None or package.origin is None:
        pytest.skip("scikit-learn is not installed")
    with gzip.open(Path(package.origin).parent / "datasets" / "data" / "digits.csv.gz", "rt") as text:
        table = np.array([line.split(",") for line in text], dtype=float)
    data = load("digits")
    assert np.array_equal(data.X, table[:, :-1])
    assert np.array_equal(data.y, table[:, -1])
    assert np.array_equal(data.scaled(), table[:, :-1] / 16)


def test_the_hash_of_the_digits_stays_what_saved_runs_remember() -> None:
    assert load("digits").hash == "2625e6d346b0d8dcfa288c03c415a21646aa14d9dd88864bacaba6f0394196db"


def test_loading_the_digits_imports_nothing_heavy() -> None:
    code = (
        "import sys, surefoot.data; surefoot.data.load('digits');"
        "print([m for m in ('sklearn', 'pooch', 'requests', 'matplotlib', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_names_that_are_nearly_right() -> None:
    with pytest.raises(UnknownName, match="did you mean 'mnist'"):
        load("minst")
    with pytest.raises(UnknownName, match="did you mean 'digits'"):
        load("Digits")
    with pytest.raises(UnknownName, match="Known: circle, digits, gaussians, mnist, moons, spiral, xor"):
        load("flowers")
    assert NAMES == ("digits", "mnist", "circle", "xor", "spiral", "moons", "gaussians")


@pytest.mark.parametrize("name", ["flowers.csv", "./flowers", "some/folder", "minst.npz", Path("flowers")])
def test_a_path_that_is_not_there(name: str | Path) -> None:
    with pytest.raises(DataNotFound, match="no file or folder"):
        load(name)


def test_a_suffix_nobody_knows(tmp_path: Path) -> None:
    (tmp_path / "t.xls").touch()
    with pytest.raises(UnknownName, match=r"suffix '\.xls'.*\.csv"):
        load(tmp_path / "t.xls")


@pytest.mark.skipif(not Path(os.devnull).exists(), reason="there is no /dev/null here")
def test_a_device_is_no_file() -> None:
    with pytest.raises(DataError, match="not a regular file"):
        load(os.devnull)


@pytest.mark.parametrize("name", ["", None, 3])
def test_what_is_neither_name_nor_path(name: object) -> None:
    with pytest.raises(BadValue, match="pass the name"):
        load(name)  # type: ignore[arg-type]


def test_options_that_a_source_does_not_understand(tmp_path: Path) -> None:
    with pytest.raises(BadValue, match="no option source"):
        load("digits", source="openml")
    with pytest.raises(BadValue, match="no option target"):
        load("mnist", target=3)
    assert len(load("digits", data_dir=tmp_path)) == 1797  # a folder that is not needed does no harm


def test_a_relative_path_is_looked_up_in_data_dir(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("1,2.5\n3,4.5\n")
    assert len(load("t.csv", data_dir=tmp_path)) == 2
    with pytest.raises(DataNotFound):
        load("t.csv")


def test_every_source_says_what_it_is() -> None:
    assert all(source.what for source in SOURCES.values())
