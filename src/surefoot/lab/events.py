"""The log: everything that the lab has told, in order, told again to whoever comes later.

    0  1  2  3  4  5  ...      grows only; each entry is the JSON that is sent
             ▲        ▲
             tab B    tab A    a reader is an index and nothing else

No reader has a queue: one that is slow, or asleep, or gone costs the lab nothing and stops nobody.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from typing import Any

from surefoot.training.store import finite

AT_ONCE = 1 << 18  # characters that are sent in one piece to a reader who is behind


class Log:
    """An append-only list of events; written by any thread, read by any number of readers."""

    def __init__(self) -> None:
        self._entries: list[str] = []
        self._condition = threading.Condition()
        self._wakers: set[Callable[[], object]] = set()
        self._closed = False

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def closed(self) -> bool:
        return self._closed

    def append(self, event: Mapping[str, Any]) -> None:
        """Tell everybody; after closing nobody listens and nothing is written."""
        entry = as_json(event)
        with self._condition:
            if not self._closed:
                self._entries.append(entry)
                self._wake()

    def close(self) -> None:
        """Nothing will be told any more: readers come to the end."""
        with self._condition:
            self._closed = True
            self._wake()

    def read(self, index: int, most: int = AT_ONCE) -> list[str]:
        """Entries from `index` on, at least one if there is one, until `most` characters are reached."""
        found: list[str] = []
        for entry in self._entries[index : index + 1000]:
            found.append(entry)
            most -= len(entry)
            if most <= 0:
                break
        return found

    def wait(self, index: int, seconds: float) -> bool:
        """Wait in a thread until there is an entry at `index` or the log is closed; True if there is one."""
        with self._condition:
            self._condition.wait_for(lambda: self._closed or len(self._entries) > index, seconds)
            return len(self._entries) > index

    def _wake(self) -> None:
        self._condition.notify_all()
        for wake in self._wakers:
            wake()

    async def follow(self, index: int, patience: float) -> AsyncIterator[list[str]]:
        """Entries from `index` on as they come; an empty list after `patience` seconds without any."""
        loop, news = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            with suppress(RuntimeError):  # the reader's loop is closed: it is gone
                loop.call_soon_threadsafe(news.set)

        with self._condition:
            self._wakers.add(wake)
        try:
            while True:
                news.clear()
                ended = self._closed  # asked before reading: what came before the end is read
                while entries := self.read(index):
                    index += len(entries)
                    yield entries
                if ended:
                    return
                try:
                    await asyncio.wait_for(news.wait(), patience)
                except TimeoutError:
                    yield []
        finally:
            with self._condition:
                self._wakers.discard(wake)


def as_json(value: Any) -> str:
    """One line of JSON; what is not finite becomes null."""
    return json.dumps(finite(value), allow_nan=False, separators=(",", ":"))


async def as_stream(log: Log, last: int, patience: float) -> AsyncIterator[str]:
    """The log as server-sent events after number `last`, with a comment now and then to show life."""
    number = last + 1
    yield "retry: 1000\n\n"
    async for entries in log.follow(number, patience):
        yield (
            "".join(f"id: {number + i}\ndata: {entry}\n\n" for i, entry in enumerate(entries)) or ": life\n\n"
        )
        number += len(entries)


def last_seen(text: str | None, length: int) -> int:
    """The number in Last-Event-ID; -1, so everything again, when it is none of ours."""
    if text is None or not (text.isascii() and text.isdigit()) or len(text) > 9:
        return -1
    return int(text) if int(text) < length else -1
