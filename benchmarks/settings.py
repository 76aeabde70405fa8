"""How long and on what to measure."""

from __future__ import annotations

from dataclasses import dataclass

from work import Task


@dataclass(frozen=True)
class Settings:
    """rounds : repetitions of everything.   quick : a smoke run, its numbers mean little."""

    data: str = "mnist"
    rounds: int = 5
    quick: bool = False

    def task(self, hidden: int = 6) -> Task:
        return Task("synthetic", 2_000, hidden) if self.quick else Task(self.data, hidden=hidden)

    def few(self, many: int, quick: int = 2) -> int:
        return quick if self.quick else many
