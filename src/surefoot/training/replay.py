"""A run that has ended, made ready to be shown again: its journal, and who answers questions about it.

The data come from the session that trained it, from the caller, or are found again by the run's options.
Where they are nowhere, records and weights are all that is shown, and `journal.missing` says why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from surefoot.data import Data
from surefoot.descent.method import Method
from surefoot.training.baseline import softmax_line
from surefoot.training.finished import Run
from surefoot.training.journal import Journal
from surefoot.training.questions import answer
from surefoot.training.restored import found_again, same_rules
from surefoot.training.resume import data_of
from surefoot.training.store import OPEN

Answers = Callable[[str, Mapping[str, Any]], dict[str, Any] | None]

WEIGHTED = "The samples had weights of their own, with which a replay cannot compute."
NO_START = "The run does not hold the weights it began with, so its steps cannot be walked again."


@contextmanager
def replayed(
    run: Run, data: Data | None = None, test: Data | None = None, data_dir: str | None = None
) -> Iterator[tuple[Journal, Answers]]:
    """The journal of a run, and ask(what, args) for it: the questions of a journal, and "softmax".

    Raises
    ------
    BadValue : the data given are not those of the run.
    """
    journal = journal_of(run, data, test, data_dir)
    try:
        yield journal, partial(asked, journal)
    finally:
        journal.close()


def journal_of(
    run: Run, data: Data | None = None, test: Data | None = None, data_dir: str | None = None
) -> Journal:
    """The run as a journal, to look at: its records, the weights it kept, its data where they are."""
    header = run.header
    train, test, missing = _data(run, data, test, data_dir)
    rule, unknown = _rule(run)
    journal = Journal(header, rule, train, test, missing=missing or unknown)
    for k in sorted(run.thetas):
        journal.thetas.put(k, run.thetas[k])
    if run.checkpoint is not None:
        journal.states.put(run.checkpoint)
    journal.steps.extend(run.steps)
    journal.ending = None if run.ending == OPEN else run.ending
    return journal


def asked(journal: Journal, what: str, args: Mapping[str, Any]) -> dict[str, Any] | None:
    """The answer to a question of the viewer."""
    if what == "softmax":
        return softmax_line(journal.data, journal.test, journal.header.l2)
    return answer(journal, what, args)


def _data(
    run: Run, data: Data | None, test: Data | None, data_dir: str | None
) -> tuple[Data | None, Data | None, str]:
    """Training samples, test samples, and in one sentence why there are none."""
    if data is not None:
        return (*data_of(run.header, data, test), "")
    if run.trained is not None:
        return run.trained.data, run.trained.test, ""
    return found_again(run.header, data_dir)


def _rule(run: Run) -> tuple[Method | None, str]:
    """The method that walked, and in one sentence why its steps cannot be walked again."""
    if 0 not in run.thetas:
        return None, NO_START
    if run.trained is None:
        return same_rules(run.header)
    return (None, WEIGHTED) if run.trained.weighted else (run.trained.rule, "")
