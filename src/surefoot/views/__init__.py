"""Faces of a run: they read records and draw; nothing comes back from them.

    terminal   the live picture on a terminal, plain lines where there is none
    text       plain lines
    notebook   one live picture in a Jupyter cell (extra: notebook)

A new view is one file and one line in VIEWS.  `FigureView(path)` (extra: plot) saves the notebook's
picture when the run ends; it needs a path, so it is not in the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from surefoot.errors import UnknownName
from surefoot.views.figure import FigureView, RunFigure, samples_figure
from surefoot.views.summary import summary
from surefoot.views.text import TextView
from surefoot.views.view import View


def terminal() -> View:
    """The live picture where there is a terminal that can show it, else plain lines."""
    from rich.console import Console

    console = Console()
    able = console.is_terminal and not console.is_dumb_terminal and console.encoding.startswith("utf")
    if not able:
        return TextView()
    from surefoot.views.terminal import TerminalView

    return TerminalView(console)


def notebook() -> View:
    """One live picture in a Jupyter cell."""
    from surefoot.views.notebook import NotebookView

    return NotebookView()


VIEWS: dict[str, Callable[[], View]] = {"terminal": terminal, "text": TextView, "notebook": notebook}


def make_views(names: Iterable[str]) -> list[View]:
    """Create the views of these names; "none" is simply absent.

    Raises
    ------
    UnknownName : a name that is not in VIEWS.

    >>> make_views(["none"])
    []
    """
    wanted = [names] if isinstance(names, str) else list(names)
    for name in wanted:
        if name not in (*VIEWS, "none"):
            raise UnknownName("view", name, (*VIEWS, "none"))
    return [VIEWS[name]() for name in wanted if name != "none"]


__all__ = ["VIEWS", "FigureView", "RunFigure", "TextView", "View", "make_views", "samples_figure", "summary"]
