"""MNIST: 70,000 handwritten digits, 28 x 28 pixels, in four IDX files.

The files are looked for in this order; a folder counts when it, or the folder `mnist` in it,
holds all four:

    1. data_dir, when it is given; then nowhere else
    2. the folder in the environment variable SUREFOOT_DATA
    3. the user's cache; what is missing there is downloaded, and kept when its SHA-256 is right

The hashes are of the content, not of the gzip around it, which differs between mirrors.
Rows are in file order, training before test: the order of OpenML's `mnist_784`.

Source: Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, Gradient-based learning applied to document
recognition, Proc. IEEE 86 (1998), 2278-2324.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import os
import tempfile
from pathlib import Path

import numpy as np

from surefoot.data.dataset import Data
from surefoot.data.files import CHUNK, reading
from surefoot.data.images import find_folder, missing, read_folder
from surefoot.errors import DataNotFound, UnknownName, require

HASHES = {  # SHA-256 of the content, uncompressed
    "train-images-idx3-ubyte.gz": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte.gz": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte.gz": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte.gz": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
SOURCES = ("files", "openml")
PATIENCE = 10  # seconds without a byte before a mirror is given up
WAY_OUT = (
    "pass a folder that holds its four files (data_dir=, --data-dir), "
    "or take 'digits', which needs no network"
)


def read_mnist(*, data_dir: Path | None = None, source: str | None = None) -> Data:
    """The 70,000 digits: X (70000, 784) uint8, scale 255, classes "0" .. "9", images 28 x 28.

    Raises
    ------
    DataNotFound : when the files are nowhere, and there is no network to get them.
    DataError : when a file is damaged.
    UnknownName : when `source` is neither "files" nor "openml".
    MissingExtra : when source="openml" and scikit-learn is not installed.
    """
    if source not in (None, *SOURCES):
        raise UnknownName("source of MNIST", source, SOURCES)
    if source == "openml":
        return _from_openml(data_dir)
    return read_folder(data_dir or _folder(), name="mnist")


def download(folder: Path) -> None:
    """Put the files that are missing into the folder; DataNotFound when that cannot be done."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in missing(folder):
            _download_one(name, folder)
    except OSError as error:
        reason = str(error).rstrip(".") if isinstance(error, DataNotFound) else "no network?"
        raise DataNotFound(
            f"MNIST is not on this machine and cannot be downloaded ({reason}); {WAY_OUT}."
        ) from error


def _folder() -> Path:
    """The folder with the four files, after a download when nothing else helps."""
    named = os.environ.get("SUREFOOT_DATA")
    if named and (found := find_folder(Path(named).expanduser())):
        return found
    import pooch  # late: it brings requests

    cache = Path(pooch.os_cache("surefoot")) / "mnist"
    if missing(cache):
        download(cache)
    return cache


def _download_one(name: str, folder: Path) -> None:
    """Fetch one file from the first mirror that has the right one; a wrong one is not kept.

    Raises
    ------
    OSError : what the last mirror said.
    """
    handle, part = tempfile.mkstemp(dir=folder, suffix=".part")
    os.close(handle)
    refusal = OSError("there are no mirrors")
    try:
        for mirror in MIRRORS:
            try:
                _fetch(mirror + name, part)
                _require_hash(Path(part), name)
            except OSError as error:
                refusal = error
            else:
                os.replace(part, folder / name)  # atomic: never half a file under its name
                return
        raise refusal
    finally:
        Path(part).unlink(missing_ok=True)


def _fetch(url: str, path: str) -> None:
    """Copy a URL to a file; OSError when that fails (all errors of requests are)."""
    import pooch

    pooch.HTTPDownloader(timeout=PATIENCE, chunk_size=CHUNK)(url, path, None)


def _require_hash(path: Path, name: str) -> None:
    """DataNotFound (an OSError too) unless the uncompressed content has the SHA-256 of HASHES[name]."""
    digest = hashlib.sha256()
    try:
        with reading(name), gzip.open(path) as content:
            while piece := content.read(CHUNK):
                digest.update(piece)
    except ValueError as error:
        raise DataNotFound(str(error)) from error
    if digest.hexdigest() != HASHES[name]:
        raise DataNotFound(f"{name} has SHA-256 {digest.hexdigest()}, wanted is {HASHES[name]}.")


def _from_openml(data_dir: Path | None) -> Data:
    """The same rows from OpenML, through scikit-learn and its cache (or `data_dir` as its cache)."""
    datasets = require("sklearn.datasets", "sklearn", "MNIST from OpenML")
    parser = "auto" if importlib.util.find_spec("pandas") else "liac-arff"  # the slow one needs nothing
    home = None if data_dir is None else os.fspath(data_dir)
    try:
        X, y = datasets.fetch_openml(
            "mnist_784", version=1, return_X_y=True, as_frame=False, parser=parser, data_home=home
        )
    except (OSError, ValueError) as error:
        raise DataNotFound(f"OpenML does not give MNIST ({error}); {WAY_OUT}.") from error
    return Data(X.astype(np.uint8), y.astype(np.int64), 255.0, tuple("0123456789"), (28, 28), "mnist")
