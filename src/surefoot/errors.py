"""Every error that surefoot raises on purpose: what came, what was wanted, what to do.

    SurefootError
    ├── ShapeError          (ValueError)    an array has the wrong shape
    ├── BadValue            (ValueError)    a number, option or array cannot be used
    │   └── UnknownName     (LookupError)   no such method, data set, activation ...
    ├── WrongType           (TypeError)     values of a type that holds no numbers
    ├── DataError           (ValueError)    a file or a source does not hold what it should
    │   └── DataNotFound    (FileNotFoundError)
    ├── RunFileError        (OSError)       a run cannot be read or written
    ├── ClusterLost         (ConnectionError) the scheduler or all workers of a cluster are gone
    └── MissingExtra        (ImportError)   an optional library is not installed

Not converging is a result (an `Outcome`, an `Ending`), never an exception.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterable
from types import ModuleType


class SurefootError(Exception):
    """Root of all our errors; its message is one sentence for the person at the keyboard."""


class ShapeError(SurefootError, ValueError):
    """An array has the wrong shape."""


class BadValue(SurefootError, ValueError):
    """A number, an option or the content of an array cannot be used."""


class WrongType(SurefootError, TypeError):
    """Values of a type that holds no numbers."""


class UnknownName(BadValue, LookupError):
    """A name that is in none of our tables."""

    def __init__(self, kind: str, name: object, known: Iterable[str]) -> None:
        names = sorted(known)
        close = difflib.get_close_matches(str(name).lower(), names, n=1, cutoff=0.5)
        hint = f"; did you mean {close[0]!r}?" if close else "."
        super().__init__(f"There is no {kind} {name!r}{hint} Known: {', '.join(names)}.")


class DataError(SurefootError, ValueError):
    """A file or source of data does not hold what it should."""


class DataNotFound(DataError, FileNotFoundError):
    """A file, a folder or a download that is not there."""


class RunFileError(SurefootError, OSError):
    """A run file cannot be read or written."""


class ClusterLost(SurefootError, ConnectionError):
    """The scheduler or all workers of a Dask cluster are gone."""


class MissingExtra(SurefootError, ImportError):
    """An optional library is not installed."""


def require(module: str, extra: str, purpose: str) -> ModuleType:
    """Import an optional module, or say in one sentence which extra brings it.

    Raises
    ------
    MissingExtra : when the module is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        raise MissingExtra(
            f"{purpose} needs {package}, which is not installed: pip install 'surefoot[{extra}]'."
        ) from error
