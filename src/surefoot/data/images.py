"""A folder of images: four IDX files named like MNIST's, for training and for testing.

    train-images-idx3-ubyte   train-labels-idx1-ubyte       uint8 (n, height, width), uint8 (n,)
    t10k-images-idx3-ubyte    t10k-labels-idx1-ubyte        the same for the test rows

Each plain or compressed (.gz).  Fashion-MNIST, KMNIST and the like come in the same four names.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from surefoot.data.dataset import Data
from surefoot.data.files import reading
from surefoot.data.idx import read_header, read_idx
from surefoot.errors import DataError, DataNotFound

TRAINING = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte")
TESTING = ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
FILES = (*TRAINING, *TESTING)


def read_folder(folder: Path, name: str | None = None) -> Data:
    """All images in file order, training rows, then test rows: X (n, height · width) uint8, scale 255.

    The images are read into the one array in which they stay; the classes are "0" .. the largest label.

    Raises
    ------
    DataNotFound : when neither the folder nor its folder `mnist` holds the four files.
    DataError : a damaged file, or images and labels that do not fit together.
    """
    found = find_folder(folder)
    if found is None:
        raise _not_found(folder)
    images, labels = (file_in(found, name) for name in TRAINING)
    test_images, test_labels = (file_in(found, name) for name in TESTING)
    n, *shape = matching(images, labels)
    m, *test_shape = matching(test_images, test_labels)
    if shape != test_shape:
        raise DataError(
            f"{found}: training images are {shape} pixels, test images {test_shape}; let them agree."
        )

    height, width = shape
    with reading(found):
        X = np.empty((n + m, height * width), np.uint8)
        y = np.empty(n + m, np.uint8)
    read_idx(images, out=X[:n])
    read_idx(test_images, out=X[n:])
    read_idx(labels, out=y[:n])
    read_idx(test_labels, out=y[n:])
    classes = tuple(map(str, range(int(y.max()) + 1)))
    return Data(X, y, 255.0, classes, (height, width), name or folder.name or "images")


def find_folder(folder: Path) -> Path | None:
    """`folder`, or the folder `mnist` in it, whichever holds all four files; None when neither does."""
    return next((place for place in (folder, folder / "mnist") if not missing(place)), None)


def missing(folder: Path) -> list[str]:
    """Which of the four files the folder does not hold, named as they are distributed."""
    return [f"{name}.gz" for name in FILES if not file_in(folder, name).is_file()]


def file_in(folder: Path, name: str) -> Path:
    """The path of one of the four: compressed, unless only a plain one is there."""
    packed, plain = folder / f"{name}.gz", folder / name
    return plain if plain.is_file() and not packed.is_file() else packed


def _not_found(folder: Path) -> DataNotFound:
    if not folder.is_dir():
        return DataNotFound(
            f"There is no folder {os.fspath(folder)!r}; pass one that holds MNIST's four files."
        )
    gone = missing(folder)
    absent = (
        "all are" if len(gone) == len(FILES) else f"{' and '.join(gone)} {'is' if len(gone) == 1 else 'are'}"
    )
    wanted = ", ".join(f"{name}.gz" for name in FILES)
    return DataNotFound(
        f"The folder {os.fspath(folder)!r} holds no data.json and no Parquet files, so it must hold four "
        f"files, {wanted}: {absent} missing. (Pictures: `surefoot data convert` them first.)"
    )


def matching(images: Path, labels: Path) -> tuple[int, int, int]:
    """(number, height, width) of the images; DataError unless there is one label for each."""
    pictures, marks = read_header(images), read_header(labels)
    if len(pictures.shape) != 3 or pictures.dtype != np.uint8:
        raise DataError(
            f"{images} holds {pictures.dtype} of shape {pictures.shape}; wanted is uint8 (n, height, width)."
        )
    if len(marks.shape) != 1 or marks.dtype != np.uint8:
        raise DataError(f"{labels} holds {marks.dtype} of shape {marks.shape}; wanted is uint8 (n,).")
    n, height, width = pictures.shape
    if marks.shape[0] != n:
        raise DataError(
            f"{images} holds {n:,} images but {labels.name} {marks.shape[0]:,} labels; pass one for each."
        )
    return n, height, width
