"""A file is written whole or not at all: beside its place first, then moved there."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from surefoot.errors import BadValue, DataNotFound


def checked_out(out: str | Path, suffixes: tuple[str, ...] = ()) -> Path:
    """The path, when a file of one of these kinds can be put there; asked before the work, not after it.

    Raises
    ------
    DataNotFound : no such folder.   BadValue : another suffix, or a folder has that name.
    """
    path = Path(out)
    if suffixes and path.suffix.lower() not in suffixes:
        raise BadValue(f"{str(path)!r} does not end in {suffixes[0]}; name a file that does.")
    if not path.parent.is_dir():
        raise DataNotFound(
            f"The folder {str(path.parent)!r} for {path.name!r} does not exist; make it first."
        )
    if path.is_dir():
        raise BadValue(f"{str(path)!r} is a folder; give a file name.")
    return path


def placed(path: str | Path, data: bytes) -> Path:
    """Put `data` where `path` says and return the path; what lay there is replaced in one move.

    Raises
    ------
    DataNotFound : no such folder.   BadValue : a folder has that name, or it cannot be written.
    """
    path = checked_out(path)
    try:
        _move_there(path, data)
    except OSError as error:
        raise BadValue(f"{str(path)!r} cannot be written: {error.strerror}. Name another folder.") from error
    return path


def _move_there(path: Path, data: bytes) -> None:
    number, name = tempfile.mkstemp(prefix=".surefoot-", suffix=path.suffix, dir=path.parent)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
