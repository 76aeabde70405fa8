"""Paper for the figures: one style, whatever the user's matplotlib is set to, and how to save it.

matplotlib's Figure is used directly: no pyplot, no window, no state that a caller could lose.
Importing this module does not import matplotlib.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from surefoot.errors import BadValue, DataNotFound, require
from surefoot.views.palette import INK, INK_FAINT, INK_GREY

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".pdf", ".svg", ".jpg", ".jpeg", ".webp")

STYLE: dict[str, Any] = {
    "text.usetex": False,
    "text.parse_math": False,  # a class named $x^ is a name, not a formula
    "font.family": ["DejaVu Sans"],  # it comes with matplotlib and has the marks ✓ ✗
    "font.size": 12,
    "text.color": INK,
    "axes.edgecolor": INK_GREY,
    "axes.labelcolor": INK,
    "axes.titlesize": 13,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "xtick.color": INK_GREY,
    "ytick.color": INK_GREY,
    "grid.color": INK_FAINT,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "lines.linewidth": 2.2,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "savefig.facecolor": "white",
}


@contextmanager
def styled() -> Iterator[None]:
    """Our style inside, the user's own before and after; a missing letter is a box, not a warning.

    Raises
    ------
    MissingExtra : matplotlib is not installed.
    """
    matplotlib = require("matplotlib", "plot", "Drawing a figure")
    with matplotlib.rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield


def new_figure(width: float, height: float) -> Figure:
    """An empty figure, in inches."""
    figure = require("matplotlib.figure", "plot", "Drawing a figure")
    return figure.Figure(figsize=(width, height))  # type: ignore[no-any-return]


def check_path(path: str | Path) -> Path:
    """The path, when a figure can be saved there; asked before a long run, not after it.

    Raises
    ------
    BadValue : the suffix is not one of SUFFIXES, or the path is a folder.
    DataNotFound : its folder does not exist.
    """
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise BadValue(
            f"The figure {str(path)!r} has the suffix {path.suffix!r}; use one of {', '.join(SUFFIXES)}."
        )
    if not path.parent.is_dir():
        raise DataNotFound(f"The folder {str(path.parent)!r} for the figure {path.name!r} does not exist.")
    if path.is_dir():
        raise BadValue(f"{str(path)!r} is a folder; give the figure a file name.")
    return path


def save_figure(figure: Figure, path: str | Path, dpi: int = 150) -> None:
    """Write a figure to a file; the suffix says the format.

    Raises
    ------
    BadValue, DataNotFound : see `check_path`, or the file cannot be written.
    """
    path = check_path(path)
    with styled():
        try:
            figure.savefig(path, dpi=dpi)
        except OSError as error:
            raise BadValue(f"The figure cannot be written to {str(path)!r}: {error.strerror}.") from error


def png(figure: Figure, dpi: int) -> bytes:
    """A figure as the bytes of a PNG."""
    stream = io.BytesIO()
    with styled():
        figure.savefig(stream, format="png", dpi=dpi)
    return stream.getvalue()
