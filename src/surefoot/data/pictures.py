"""A folder of pictures: one subfolder for each class, in it the pictures of that class.

    pets/cat/01.jpg  02.png ...      class "cat"
    pets/dog/01.jpg  ...             class "dog"

A picture becomes a row of uint8 grey values, scale 255; all must have one size, or be given one.
Colours are weighed as the eye does, transparent parts are seen on white, a photograph is turned the
way its camera was held, and of several pictures in one file the first counts.

Rows are ordered by the SHA-256 of "class/file": the classes mix, so that the first rows may train and
the rest may test; the order is the same everywhere, and a new picture does not move the others.
The names of all files are kept in memory, about 150 bytes each, and one block of pictures.
"""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from surefoot.arrays import Array
from surefoot.data.streams import Blocks, Samples, rows_of_block
from surefoot.errors import DataError, require

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm")
EIGHT_BITS = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "HSV")


def holds_pictures(folder: Path) -> bool:
    """True when a picture lies in the folder or in one of its subfolders."""
    return any(next(_pictures(place), None) for place in (folder, *_subfolders(folder)))


def of_pictures(folder: Path, size: tuple[int, int] | None = None) -> Samples:
    """The samples of a folder of pictures, each resized to `size` (height, width) where that is given.

    Raises
    ------
    DataError : a subfolder without pictures; and on the walk a broken picture, or one of another size.
    MissingExtra : Pillow is not installed.
    """
    places = sorted(_subfolders(folder))
    if next(_pictures(folder), None) or not places:
        raise DataError(
            f"{folder} holds pictures itself; put those of each class into a subfolder named after it."
        )
    classes = tuple(os.fsencode(place.name).decode("utf-8", "replace") for place in places)
    files = [(label, path.name) for label, place in enumerate(places) for path in _pictures(place)]
    if without := {*range(len(places))} - {label for label, _ in files}:
        raise DataError(
            f"{places[min(without)]} holds no picture ({' '.join(SUFFIXES)}); put some there or remove it."
        )
    files.sort(key=lambda file: hashlib.sha256(os.fsencode(f"{places[file[0]].name}/{file[1]}")).digest())
    first = places[files[0][0]] / files[0][1]
    height, width = size or pixels(first).shape
    step = rows_of_block(height * width)

    def walk() -> Blocks:
        for start in range(0, len(files), step):
            some = files[start : start + step]
            X = np.empty((len(some), height * width), np.uint8)
            for row, (label, name) in enumerate(some):
                path = places[label] / name
                grey = pixels(path, size)
                if grey.shape != (height, width):
                    raise DataError(
                        f"{path} is {_words(grey.shape)} pixels (height x width), {first} is "
                        f"{_words((height, width))}; let all have one size, or give one with --size (size=)."
                    )
                X[row] = grey.ravel()
            yield X, np.array([label for label, _ in some])

    return Samples(walk, folder.resolve().name or "pictures", 255.0, classes, (height, width))


def pixels(path: Path, size: tuple[int, int] | None = None) -> Array:
    """The grey values of one picture, (height, width) uint8.

    Raises
    ------
    DataError : no picture, a damaged one, or one of more than 8 bits a channel.
    """
    image = require("PIL.Image", "data", "Reading pictures")
    turned = require("PIL.ImageOps", "data", "Reading pictures").exif_transpose
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata, which nobody here reads
            warnings.simplefilter("error", image.DecompressionBombWarning)
            with image.open(path) as picture:
                turned(picture, in_place=True)
                mode: str = picture.mode
                grey = _grey(picture, image, size) if mode in EIGHT_BITS else None
    except Exception as error:  # Pillow's decoders raise nearly anything at broken bytes
        words = str(error).strip().rstrip(".") or type(error).__name__
        raise DataError(f"{path} is no picture that can be read ({words}); mend it or remove it.") from error
    if grey is None:
        raise DataError(
            f"{path} has pixels of kind {mode}, which 8 bits do not hold; save it with 8 bits a channel."
        )
    return grey


def _grey(picture: Any, image: Any, size: tuple[int, int] | None) -> Array:
    seen = _on_white(picture, image).convert("L")
    return np.asarray(seen if size is None else seen.resize(size[::-1], image.Resampling.BILINEAR))


def _on_white(picture: Any, image: Any) -> Any:
    """The picture as it looks on white paper; as it is when nothing in it is transparent."""
    if not picture.has_transparency_data:
        return picture
    seen = picture.convert("RGBA")
    return image.alpha_composite(image.new("RGBA", seen.size, "white"), seen)


def _subfolders(folder: Path) -> list[Path]:
    return [place for place in folder.iterdir() if place.is_dir() and not place.name.startswith(".")]


def _pictures(folder: Path) -> Iterator[Path]:
    return (
        path
        for path in folder.iterdir()
        if path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file()
    )


def _words(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
