"""Threads of our own, for work that leaves Python: compiled kernels and BLAS.

    crew.map(work, items)   [work(item, worker) for item in items], worker = 0 .. threads - 1

Who does which item is chance, what is done is not: every item gives one result, and the results come
back in the order of the items.  So sums over them have the same bits for any number of threads.

The caller works too, so two threads cost one hand-over: a queue written in C, about 20 µs, where
concurrent.futures takes 100.
"""

from __future__ import annotations

import itertools
import os
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from queue import SimpleQueue
from typing import Any, TypeVar

from surefoot.errors import BadValue

MOST = 8  # threads taken when nothing is said

Item = TypeVar("Item")
Result = TypeVar("Result")


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Crew:
    """A few threads that wait for work; they end with the crew.

    Parameters
    ----------
    threads : how many work, the caller included; None: the cores at hand, at most 8.
    """

    def __init__(self, threads: int | None = None) -> None:
        count = min(cores(), MOST) if threads is None else threads
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise BadValue(f"threads is {threads!r}; give a whole number >= 1, or None for all cores.")
        self.threads = count
        self._jobs: list[SimpleQueue[Any]] = []

    def map(self, work: Callable[[Item, int], Result], items: Sequence[Item]) -> list[Result]:
        """work(item, worker) of every item, in the order of the items; an exception in one is raised here."""
        helpers = min(self.threads, len(items)) - 1
        if helpers <= 0:
            return [work(item, 0) for item in items]
        if not self._jobs:
            self._start()
        results: list[Any] = [None] * len(items)
        failures: list[BaseException] = []
        turn, done = itertools.count(), SimpleQueue[None]()

        def share(worker: int) -> None:
            try:
                while (i := next(turn)) < len(items) and not failures:
                    results[i] = work(items[i], worker)
            except BaseException as error:  # raised again in the calling thread
                failures.append(error)

        for worker in range(1, helpers + 1):
            self._jobs[worker - 1].put((share, worker, done))
        share(0)
        for _ in range(helpers):
            done.get()
        if failures:
            raise failures[0]
        return results

    def _start(self) -> None:
        self._jobs = [SimpleQueue() for _ in range(self.threads - 1)]
        for jobs in self._jobs:
            threading.Thread(target=_work, args=(jobs,), name="surefoot", daemon=True).start()
        weakref.finalize(self, _dismiss, self._jobs)

    def close(self) -> None:
        """Send the threads home; they come back when there is work."""
        _dismiss(self._jobs)
        self._jobs = []


def _work(jobs: SimpleQueue[Any]) -> None:
    while (job := jobs.get()) is not None:
        share, worker, done = job
        share(worker)
        del share, job  # they hold the objective, whose end should not wait for the next job
        done.put(None)


def _dismiss(queues: list[SimpleQueue[Any]]) -> None:
    for jobs in queues:
        jobs.put(None)


class SingleBlas:
    """BLAS held to one thread while ours call it; two layers of threads would fight for the cores.

    possible : False when threadpoolctl is missing; then only one thread of ours should call BLAS.
    """

    def __init__(self) -> None:
        try:
            from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]
        except ModuleNotFoundError:
            self.possible = False
            self._libraries: list[Any] = []
        else:
            self.possible = True
            self._libraries = ThreadpoolController().select(user_api="blas").lib_controllers

    @contextmanager
    def _limited(self) -> Iterator[None]:
        before = [library.get_num_threads() for library in self._libraries]
        for library in self._libraries:
            library.set_num_threads(1)
        try:
            yield
        finally:
            for library, threads in zip(self._libraries, before, strict=True):
                library.set_num_threads(threads)

    def __call__(self) -> Any:
        return self._limited() if self._libraries else nullcontext()
