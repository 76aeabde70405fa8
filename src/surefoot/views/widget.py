"""The viewer in a notebook cell: anywidget carries the joined modules there, traits carry the run.

    told, told_1, told_2, ...   events as JSON, each sent once; a viewer that opens late reads them all
    count                       how many there are
    newest                      the newest weights while a run is going on, float32
    recorded                    the whole run as a recording, when it has ended: no kernel is needed any more

A message from the page asks or commands; JupyterLab hands it over in a thread of its own while a cell runs
(subshells of ipykernel 7).  Under the viewer stands a picture of the run, hidden as long as the viewer is
alive: it is what a saved notebook shows.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from surefoot.arrays import Array
from surefoot.errors import SurefootError, require
from surefoot.records import Header
from surefoot.views.bundle import bundle, styles
from surefoot.views.figure import RunFigure
from surefoot.views.recording import Ask, Replay, Tell, recording, silent
from surefoot.views.words import headline, plain

HEIGHT = 640  # pixels of the cell
FRAME = f"""
.surefoot-cell .surefoot.in-notebook {{ --text: 14px; height: {HEIGHT}px; min-height: 0; }}
.jp-OutputArea:has(.surefoot) .surefoot-still {{ display: none; }}
"""

Hear = Callable[[Mapping[str, Any]], Any]


def widget(replay: Replay, ask: Ask | None = None, tell: Tell = silent, outputs: Array | None = None) -> Any:
    """A run that has ended, in a notebook cell: the last line of a cell shows it.

    Parameters
    ----------
    replay, ask, tell : see `recording`: a journal, who answers questions about it, who is told how far it is.
    outputs : (s, k) of the sample digits at the end, for the picture.

    Raises
    ------
    MissingExtra : anywidget is not installed.
    """
    viewer = make_viewer()
    viewer.recorded = recording(replay, ask, tell)
    viewer.still = still(replay, outputs)
    return viewer


def make_viewer(hear: Hear | None = None, pausable: bool = False) -> Any:
    """An empty widget; `hear` answers what the page asks.

    Raises
    ------
    MissingExtra : anywidget is not installed.
    """
    viewer = _kind()()
    viewer.pausable = pausable
    if hear is not None:
        viewer.on_msg(lambda _, content, __: _answer(viewer, hear, content))
    return viewer


def _answer(viewer: Any, hear: Hear, content: Any) -> None:
    """Send back what `hear` says, or why not, in a sentence."""
    if not isinstance(content, dict) or "id" not in content:
        return
    try:
        viewer.send({"id": content["id"], "answer": hear(content)})
    except SurefootError as error:
        viewer.send({"id": content["id"], "trouble": str(error)})


def still(replay: Replay, outputs: Array | None = None, dpi: int = 80) -> dict[str, Any]:
    """The picture that stays, as data for a display."""
    figure = RunFigure()
    figure.draw(replay.header, replay.steps, outputs)
    return as_still(replay.header, figure.png(dpi), headline(replay.header))


def as_still(header: Header, picture: bytes, words: str) -> dict[str, Any]:
    """A PNG that the viewer hides while it is alive, and words for those who cannot see it."""
    import html

    text = html.escape(plain(headline(header)), quote=True)
    data = base64.b64encode(picture).decode("ascii")
    return {
        "image/png": picture,
        "text/html": f'<img class="surefoot-still" alt="{text}" src="data:image/png;base64,{data}">',
        "text/plain": words,
    }


@cache
def _kind() -> Any:
    """The widget's class, made when anywidget is first needed."""
    anywidget = require("anywidget", "notebook", "The viewer in a notebook")
    traitlets = require("traitlets", "notebook", "The viewer in a notebook")
    display = require("IPython.display", "notebook", "The viewer in a notebook").display

    class Viewer(anywidget.AnyWidget):  # type: ignore[misc, name-defined]
        """The viewer of surefoot."""

        _esm = bundle(("viewer.js", "notebook.js"), "export default { render: notebookRender };")
        _css = styles() + FRAME
        count = traitlets.Int(0).tag(sync=True)
        newest = traitlets.Unicode("").tag(sync=True)
        recorded = traitlets.Unicode("").tag(sync=True)
        pausable = traitlets.Bool(False).tag(sync=True)
        still: Any = None

        def add_event(self, event: Mapping[str, Any]) -> None:
            """Tell one more event; it is sent once and stays for viewers that open later."""
            text = json.dumps(event, allow_nan=False, separators=(",", ":"))
            name = f"told_{self.count}"
            self.add_traits(**{name: traitlets.Unicode(text).tag(sync=True)})
            self.count += 1

        def _send(self, msg: Any, buffers: Any = None) -> None:
            """Send, and forget from where: an answer may come while that cell still runs.

            ipykernel 7.4 hands a comm's messages to the shell that spoke last on it; here that is the cell
            which trains, and it does not listen.  Forgotten, they go where the page addressed them.
            """
            super()._send(msg, buffers)
            getattr(self.comm, "__dict__", {}).pop("_reply_subshell_id", None)

        def _ipython_display_(self) -> None:
            data, metadata = self._repr_mimebundle_()
            display(data, metadata=metadata, raw=True)
            if self.still is not None:
                display(self.still, raw=True)

    return Viewer
