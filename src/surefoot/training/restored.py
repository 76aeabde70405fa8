"""A stored run as a journal: what the file holds, and the data found again by their hash."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from surefoot.data import Data
from surefoot.descent.method import Method
from surefoot.descent.methods import method as lookup
from surefoot.errors import RunFileError, SurefootError
from surefoot.records import Header
from surefoot.training.options import Options, training_data
from surefoot.training.run import words_of
from surefoot.training.store import OPEN, RunReader, understood

if TYPE_CHECKING:
    from surefoot.training.journal import Journal


def restored(kind: type[Journal], path: str | Path, data_dir: str | None) -> Journal:
    """The journal of the run in this file; what its data cannot be found for, it says in `missing`."""
    with RunReader(path) as reader, understood(path):
        header = reader.header
        train, test, missing = found_again(header, data_dir)
        rule, unknown = same_rules(header)
        journal = kind(header, rule, train, test, missing=missing or unknown)
        journal.steps.extend(reader.steps())  # first: a run that still grows adds weights behind the last
        for k, theta in reader.database.execute("SELECT iteration, theta FROM weights ORDER BY iteration"):
            if len(theta) != 8 * header.parameters or header.parameters != journal.network.size:
                raise ValueError(f"the weights of iteration {k} have another length than the network's")
            journal.thetas.put(k, np.frombuffer(theta, "<f8"))
        for state in reader.states():
            journal.states.put(state)
        if not journal.steps or 0 not in journal.thetas:
            raise RunFileError(f"{path} holds no record: the run was stopped before, or has yet to begin.")
        if [step.iteration for step in journal.steps] != list(range(len(journal.steps))):
            raise ValueError("a record is missing between others")
        journal.ending = None if reader.ending == OPEN else reader.ending
        journal.name = Path(path).stem
    return journal


def same_rules(header: Header) -> tuple[Method | None, str]:
    """The method of that name if its options are those of the run, else why there is none to walk on with."""
    try:
        rule = lookup(header.method)
    except SurefootError as error:
        return None, f"The run cannot be walked again: {error}"
    if "sample_weight" in header.options:
        return None, "The run cannot be walked again: its file does not hold the weights of its samples."
    if header.options.get("rules", words_of(rule)) != words_of(rule):
        return None, f"The run cannot be walked again: its method {header.method} had options of its own."
    return rule, ""


def found_again(header: Header, data_dir: str | None) -> tuple[Data | None, Data | None, str]:
    """Training data, test data, and in one sentence why not."""
    try:
        train = training_data(header, data_dir)
        options = Options.from_json(dict(header.options))
        options = replace(options, train_size=header.n_train, data_dir=data_dir or options.data_dir)
        test = options.split()[1]
    except SurefootError as error:
        return None, None, f"The data of this run are not at hand, so this cannot be told: {error}"
    return train, test if test is not None and test.n == header.n_test else None, ""
