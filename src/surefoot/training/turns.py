"""Taking turns: objectives compute one at a time in a process, whoever asks.

Two that hold BLAS to one thread at once would leave it so; and a run that walks on in its own thread
would never let a question in, if nobody queued: a lock that is given back and taken again at once is
rarely seen free by others.  So who comes first waits at a door, and whoever just had a turn finds it closed.
"""

from __future__ import annotations

from threading import Lock


class Turnstile:
    """A lock that nobody can take twice while another waits; hold it for one step at a time."""

    def __init__(self) -> None:
        self._door, self._room = Lock(), Lock()

    def __enter__(self) -> None:
        with self._door:
            self._room.acquire()

    def __exit__(self, *_: object) -> None:
        self._room.release()


TURNS = Turnstile()
