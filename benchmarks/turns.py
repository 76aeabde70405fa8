"""Fair turns: one process per contender, all alive, one at work.

Thread pools of different libraries fight when they share a process.  Here each has its own; while it waits
on its pipe its threads sleep.  Rounds alternate, so that a noisy minute falls on everybody.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, Self

PAUSE = 0.02  # s between turns: spinning threads of the last one fall asleep


class Broken(Exception):
    """Why a contender cannot take part, in one line."""


class Worker:
    """`make(*given)` called in a process of its own; then `worker(...)` calls what it made."""

    def __init__(self, make: Callable[..., Any], *given: Any) -> None:
        here, there = get_context("spawn").Pipe()
        self._pipe = here
        self._process = get_context("spawn").Process(target=_serve, args=(there, make, given))
        self._process.start()
        there.close()
        try:
            self._answer()
        except Broken:
            self.close()
            raise

    def __call__(self, *arguments: Any) -> Any:
        time.sleep(PAUSE)
        self._pipe.send(arguments)
        return self._answer()

    def _answer(self) -> Any:
        try:
            good, answer = self._pipe.recv()
        except EOFError:
            raise Broken("its process died") from None
        if not good:
            raise Broken(answer)
        return answer

    def close(self) -> None:
        self._pipe.close()
        self._process.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _serve(pipe: Connection, make: Callable[..., Any], given: tuple[Any, ...]) -> None:
    try:
        work: Callable[..., Any] = make(*given)
        pipe.send((True, None))
        while True:
            pipe.send((True, work(*pipe.recv())))
    except (EOFError, KeyboardInterrupt):
        return
    except Exception as error:
        traceback.print_exc()
        said = str(error).strip() or type(error).__name__
        pipe.send((False, said.splitlines()[0]))


def enter_all(
    stack: ExitStack, makers: Mapping[str, tuple[Any, ...]]
) -> tuple[dict[str, Worker], dict[str, str]]:
    """Workers by name, and why the others are absent; they end with the stack."""
    workers, absent = {}, {}
    for name, (make, *given) in makers.items():
        try:
            workers[name] = stack.enter_context(Worker(make, *given))
        except Broken as reason:
            absent[name] = str(reason)
    return workers, absent


def in_turns(
    workers: Mapping[str, Callable[..., Any]],
    rounds: int,
    arguments: tuple[Any, ...] = (),
) -> dict[str, list[Any]]:
    """`rounds` answers of each; every round begins with another one."""
    answers: dict[str, list[Any]] = {name: [] for name in workers}
    names = list(workers)
    for turn in range(rounds):
        first = turn % max(len(names), 1)
        for name in names[first:] + names[:first]:
            answers[name].append(workers[name](*arguments))
    return answers
