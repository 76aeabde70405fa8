"""One thread that trains: it takes one step after another of the run that is to go on, and tells.

    commands ──▶ the job: which run, how many steps ──▶ advance, advance, ... ──▶ log, four times a second

It waits for nobody but its own pace: whoever reads the log, reads it at leisure.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

from surefoot.errors import SurefootError
from surefoot.records import Ending, Step
from surefoot.training.journal import Journal

Tell = Callable[[Mapping[str, Any]], None]
OFTEN = 0.25  # seconds between two tellings, unless the pace is slower: then each step is told


@dataclass(eq=False)
class Job:
    """A run that is to go on; `steps`: so many are left, None: until it ends or another job comes."""

    run: str
    journal: Journal
    steps: int | None = None


class Trainer:
    """Owns the thread; all that training tells is told from there, in order."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._condition = threading.Condition()
        self._job: Job | None = None
        self._pause = 0.0  # seconds between the beginnings of two steps
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="surefoot training", daemon=True)
        self._thread.start()

    @property
    def job(self) -> Job | None:
        """What is being done now."""
        return self._job

    def start(self, job: Job) -> None:
        """Do this now, in place of whatever is being done; single steps of one run add up."""
        with self._condition:
            now = self._job
            if now is not None and now.run == job.run and now.steps is not None and job.steps is not None:
                now.steps += job.steps
            else:
                self._job = job
            self._condition.notify_all()

    def pause(self, run: str) -> None:
        """Let this run rest after the step it is at; nothing when it rests."""
        with self._condition:
            if self._job is not None and self._job.run == run:
                self._job = None
                self._condition.notify_all()

    def pace(self, per_second: float | None) -> None:
        """At most so many steps a second; None: as fast as it goes."""
        with self._condition:
            self._pause = 0.0 if per_second is None else 1 / per_second
            self._condition.notify_all()

    def close(self, patience: float = 1.0) -> None:
        """End the thread after the step it is at; one that takes longer ends with the process."""
        with self._condition:
            self._closed, self._job = True, None
            self._condition.notify_all()
        self._thread.join(patience)

    # in the thread ------------------------------------------------------------------------------------

    def _work(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._closed or self._job is not None)
                job = self._job
                if self._closed or job is None:
                    return
            self._do(job)

    def _do(self, job: Job) -> None:
        """Steps of one job until it is done, has ended, or another one is to be done."""
        telling = Telling(job, self._tell)
        if job.steps is None:
            self._tell(status(job, training=True))
        try:
            while self._goes_on(job):
                began = monotonic()
                step = job.journal.advance()
                if step is not None:
                    telling.add(step)
                if job.journal.ending is not None:
                    break
                if job.steps is None:
                    self._rest(job, began, telling)
        except Exception as error:
            telling.flush()
            self._tell({"type": "trouble", "sentence": in_words(error)})
        telling.flush()
        with self._condition:
            if self._job is job:
                self._job = None
        self._tell(status(job, training=False))

    def _goes_on(self, job: Job) -> bool:
        """True when a step of this job is to be taken now: it is counted."""
        with self._condition:
            if self._job is not job:
                return False
            if job.steps == 0:
                self._job = None
                return False
            if job.steps is not None:
                job.steps -= 1
            return True

    def _rest(self, job: Job, began: float, telling: Telling) -> None:
        """Wait until the next step is due; a change of job or pace ends the wait."""
        if self._pause and began + self._pause > telling.due:
            telling.flush()
        with self._condition:
            while self._job is job and (left := began + self._pause - monotonic()) > 0:
                self._condition.wait(left)


class Telling:
    """Steps on their way to the log, several in one event."""

    def __init__(self, job: Job, tell: Tell) -> None:
        self._job, self._tell = job, tell
        self._steps: list[Step] = []
        self.due = monotonic()

    def add(self, step: Step) -> None:
        self._steps.append(step)
        if monotonic() >= self.due:
            self.flush()

    def flush(self) -> None:
        if self._steps:
            self._tell(steps_event(self._job.run, self._steps))
            self._steps, self.due = [], monotonic() + OFTEN


def steps_event(run: str, steps: list[Step]) -> dict[str, Any]:
    """Records as an event."""
    return {"type": "steps", "run": run, "steps": [step.to_json() for step in steps]}


def status(job: Job, training: bool) -> dict[str, Any]:
    """Whether a run is training, and why it ended if it did."""
    ending: Ending | None = job.journal.ending
    told = None if ending is None or training else ending.to_json()
    return {"type": "status", "run": job.run, "training": training, "ending": told}


def in_words(error: Exception) -> str:
    """An error as one sentence for the page; what is not ours goes to the terminal as well."""
    if isinstance(error, SurefootError):
        return " ".join(str(error).split())
    if isinstance(error, MemoryError):
        return "There is not enough memory to go on; take fewer rows or fewer units."
    traceback.print_exception(error)
    return "The lab made a mistake while training; the terminal says which."
