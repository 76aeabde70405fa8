"""Where data come from: one table, by name or by the suffix of a file.

A new source is one function that returns a `Data`, and one line here.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from surefoot.data.dataset import Data
from surefoot.data.delimited import read_delimited
from surefoot.data.digits import read_digits
from surefoot.data.files import require_file
from surefoot.data.images import find_folder, read_folder
from surefoot.data.mapped import ABOUT, INPUTS, read_mapped
from surefoot.data.mnist import read_mnist
from surefoot.data.npy import read_npy, read_npz
from surefoot.data.parquet import parquet_files, read_parquet
from surefoot.data.plane import PLANES, reader
from surefoot.errors import BadValue, DataError, DataNotFound, ShapeError, UnknownName


@dataclass(frozen=True)
class Source:
    """How to read one kind of data, which options it understands, and what it is, in words."""

    read: Callable[..., Data]  # of a path, or of nothing for a name
    what: str
    options: tuple[str, ...] = ()


SOURCES = {
    "digits": Source(read_digits, "1,797 handwritten digits, 8 x 8; inside the package"),
    "mnist": Source(read_mnist, "70,000 handwritten digits, 28 x 28; four files", ("data_dir", "source")),
    **{
        name: Source(reader(name), f"{what}: two classes in a plane", ("n", "noise", "rng"))
        for name, (_, _, what) in PLANES.items()
    },
    ".csv": Source(read_delimited, "a table of text, target last", ("target",)),
    ".tsv": Source(read_delimited, "a table of text, target last", ("target",)),
    ".txt": Source(read_delimited, "a table of text, target last", ("target",)),
    ".npy": Source(read_npy, "a table of numbers, target last", ("target",)),
    ".npz": Source(read_npz, "arrays X and y; optionally scale, classes, image_shape", ("target",)),
    ".parquet": Source(read_parquet, "a table of columns, target last", ("target",)),
    "/data.json": Source(read_mapped, "a folder that `surefoot data convert` wrote; it stays on disk"),
    "/*.parquet": Source(read_parquet, "a folder of Parquet files, one table in parts", ("target",)),
    "/": Source(read_folder, "a folder of four IDX files named like MNIST's"),
}
NAMES = tuple(key for key in SOURCES if key.isalpha())
SUFFIXES = tuple(key for key in SOURCES if key.startswith("."))


def load(
    name_or_path: str | os.PathLike[str],
    *,
    data_dir: str | os.PathLike[str] | None = None,
    source: str | None = None,
    target: str | int | None = None,
    n: int | None = None,
    noise: float | None = None,
    rng: int | None = None,
) -> Data:
    """Load a data set by its name, or a file or folder by its path.

    Parameters
    ----------
    name_or_path : "digits", "mnist", "circle", "xor", "spiral", "moons", "gaussians", a file
        (.csv .tsv .txt .npy .npz .parquet), or a folder: of IDX files, of Parquet files, or one that
        `surefoot data convert` wrote, whose inputs stay on disk.
    data_dir : the folder with MNIST's four files; a relative path is looked up there as well.
    source : where "mnist" comes from: "files" (the default) or "openml".
    target : which column is to be predicted: a name, or a number from 0 (-1 is the last, the
        default); in an .npz the name of an array.
    n, noise, rng : of points in a plane: how many (400), how far they are scattered (0.1), the seed (0).

    Raises
    ------
    UnknownName : no such data set, or no such kind of file.
    DataNotFound : no such file or folder, or no way to get it.
    DataError : a file that does not hold what it should.
    BadValue : an option that this source does not understand.

    >>> load("digits")
    <Data 'digits': 1797 rows x 64 columns uint8 / 16, 10 classes, images 8 x 8>
    """
    folder = None if data_dir is None else Path(data_dir).expanduser()
    key, path = identified(name_or_path, folder)
    chosen = SOURCES[key]
    given = {
        "data_dir": folder if path is None else None, "source": source, "target": target,
        "n": n, "noise": noise, "rng": rng,
    }  # fmt: skip
    options = {option: value for option, value in given.items() if value is not None}
    for option in options.keys() - {*chosen.options, "data_dir"}:  # a folder that is not needed does no harm
        raise BadValue(
            f"{os.fspath(name_or_path)!r} has no option {option}; leave {option}={options[option]!r} out."
        )
    understood = {option: options[option] for option in options.keys() & set(chosen.options)}
    try:
        return chosen.read(**understood) if path is None else chosen.read(path, **understood)
    except (ShapeError, BadValue) as error:
        if path is None:
            raise
        raise DataError(f"{path}: {error}") from error


def identified(name_or_path: str | os.PathLike[str], data_dir: Path | None) -> tuple[str, Path | None]:
    """The key in the table, and the path unless the key is a name."""
    if not isinstance(name_or_path, str | os.PathLike) or not (text := os.fspath(name_or_path)):
        raise BadValue(f"load({name_or_path!r}): pass the name of a data set or the path of a file.")
    if text in NAMES:
        return text, None
    path = (data_dir or Path()) / Path(text).expanduser()
    if path.name in (ABOUT, INPUTS) and (path.parent / ABOUT).is_file():
        path = path.parent
    if path.is_dir():
        return _kind_of(path), path
    if not path.exists():
        looks_like_a_path = not isinstance(name_or_path, str) or path.suffix or {os.sep, "/"} & set(text)
        if looks_like_a_path:
            raise DataNotFound(
                f"There is no file or folder {os.fspath(path)!r}; check the name and the folder."
            )
        raise UnknownName("data set", text, NAMES)
    require_file(path)
    if path.suffix.lower() not in SUFFIXES:
        raise UnknownName("way to read a file with suffix", path.suffix, SUFFIXES)
    return path.suffix.lower(), path


def _kind_of(folder: Path) -> str:
    """The key in the table for what a folder holds."""
    if os.path.lexists(folder / ABOUT):
        return f"/{ABOUT}"
    return "/" if find_folder(folder) or not parquet_files(folder) else "/*.parquet"
