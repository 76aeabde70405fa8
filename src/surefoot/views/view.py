"""What a view is: three messages, in this order, and nothing comes back.

    open(header)     what will be trained, on what, how
    show(frame)      one for every record of the run, k = 0 … N
    close(ending)    why it ended; the screen is given back

A view reads records only, never the network or the data.  Whoever opens a view closes it,
also after an exception or Ctrl-C; `close` may come twice, or without `open`.
"""

from __future__ import annotations

from typing import Protocol

from surefoot.records import Ending, Frame, Header


class View(Protocol):
    """A face of the run."""

    def open(self, header: Header) -> None:
        """Begin: nothing has been computed yet."""

    def show(self, frame: Frame) -> None:
        """Take one record in; draw it now, later or never."""

    def close(self, ending: Ending) -> None:
        """Draw the last record and give the screen back; never fails because the run failed."""
