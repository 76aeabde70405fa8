"""Go on with a stored run, with the same bits; or leave it at any iteration with another method.

    N + M steps  =  N steps, stop, another process, M steps          bit for bit

Complete states lie at every 50th iteration.  A run that goes on is walked from the last of them to its last
record first, and each record made again must be the one in the file, to the last bit: what follows is then
what would have followed.  The file is opened for writing only after that.

    resume    the same run, the same file, more steps
    branch    a new run that begins with the weights of iteration K of another one
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from surefoot.arrays import Array, Vector
from surefoot.compute.dense import Dense
from surefoot.compute.walked import Walked
from surefoot.data import Data
from surefoot.descent.loop import descend
from surefoot.descent.method import Method
from surefoot.descent.methods import METHODS
from surefoot.descent.methods import method as lookup
from surefoot.descent.state import REFRESH, State, advance
from surefoot.descent.stopping import Stop, failed
from surefoot.errors import BadValue, RunFileError
from surefoot.network import Network
from surefoot.records import Frame, Header, Step
from surefoot.training.finished import Run, Trained, read_run
from surefoot.training.options import Options
from surefoot.training.probes import Sharpness, Unseen
from surefoot.training.problem import Problem, machines_of
from surefoot.training.run import Face, conduct, made, made_by, train, watched, words_of
from surefoot.training.store import RunReader, RunWriter, digest, finite, understood

APART = ("seconds", "happened")  # what of a record is not the same when it is made again


def resume(
    path: str | Path,
    iterations: int | None = None,
    views: Iterable[str | Face] = (),
    *,
    stop: Stop | None = None,
    method: str | Method | None = None,
    data: Data | None = None,
    test: Data | None = None,
    sample_weight: Array | None = None,
    data_dir: str | None = None,
    workers: Any = None,
) -> Run:
    """Go on with the run in a file: N + M steps are N steps, a stop, and M steps, bit for bit.

    Parameters
    ----------
    path : a run that ended by its iterations or by hand, or was cut off; it is continued in place.
    iterations : how many more; None: as many as the run had planned.
    views : names or views of your own; they are shown the stored records first.
    stop : rules beside the number of iterations.
    method, data, test, sample_weight : needed for what a file does not hold: a method with options of its
        own, training on arrays, weights of samples.  All are checked to be those of the run.
    data_dir : folder with the MNIST files.
    workers : of a run on Dask workers: others than it had, such as the address of a new scheduler.

    Returns
    -------
    Run : all of it, from record 0.

    Raises
    ------
    BadValue : nothing is left to do, or what is needed is not what the run had.
    RunFileError : the file cannot be used, or its last records come out different when made again.

    >>> import surefoot as sf, tempfile, os
    >>> data, unseen = sf.load("digits").split(1000)
    >>> path = os.path.join(tempfile.mkdtemp(), "run")
    >>> _ = sf.train(sf.Network((64, 6, 10)), data, test=unseen, iterations=3, save=path)
    >>> len(sf.resume(path, 2, data=data, test=unseen).steps)
    6
    """
    stored = read_run(path)
    header, last = stored.header, stored.steps[-1]
    if stored.ending.kind in ("failed", "precision"):
        raise BadValue(
            f"{path} cannot go on: {stored.ending.sentence.partition('. ')[0]}. Branch from it with another "
            f"method: surefoot train --from {path} --method cg."
        )
    rule = rule_of(header, method)
    weights = checked_weights(header, sample_weight)
    ends = replace(stop or Stop(), iterations=_total(path, header, last.iteration, iterations))
    data, test = data_of(header, data, test, data_dir)
    faces = made(views)
    options = header.options
    unseen = None if test is None else Unseen(stored.network, test, options.get("test_every", 10))
    sharp = Sharpness(options["sharpness_every"]) if "sharpness_every" in options else None
    with problem_of(header, data, weights, workers) as problem:
        watched(problem, faces)
        state = _walked(problem, rule, stored.checkpoint, stored.steps, last.iteration, path)
        further = replace(header, iterations=ends.iterations, options=_resumed(options, last.iteration))
        descent = descend(problem, state, rule, ends, seconds=last.seconds)
        descent.ending = failed(last) if state.refusals > rule.direction.retries else ends(last)
        past = [
            Frame(step, stored.outputs if step is last else None, theta=stored.thetas.get(step.iteration))
            for step in stored.steps
        ]
        writer = RunWriter(path, further, after=last.iteration)
        done = conduct(descent, data, further, unseen, sharp, faces, writer, past)
    trained = Trained(data, test, rule, weights is not None)
    return replace(done, checkpoint=done.checkpoint or stored.checkpoint, trained=trained)


def branch(
    path: str | Path,
    at: int | None = None,
    method: str | Method = "auto",
    iterations: int = 100,
    views: Iterable[str | Face] = (),
    *,
    save: str | Path | None = None,
    stop: Stop | None = None,
    data: Data | None = None,
    test: Data | None = None,
    sample_weight: Array | None = None,
    test_every: int | None = None,
    sharpness_every: int | None = None,
    data_dir: str | None = None,
) -> Run:
    """Begin a new run with the weights of iteration `at` of a stored one, with any method.

    Parameters
    ----------
    path : the run to leave; it stays as it is.
    at : where to leave it; None: at its end.
    method, iterations, views, save, stop, test_every, sharpness_every : of the new run, as in `train`.
    data, test, sample_weight, data_dir : as in `resume`.

    Returns
    -------
    Run : the new one; `header.options["parent"]` says whose weights it began with.

    Raises
    ------
    BadValue : no such iteration, or what is needed is not what the run had.
    RunFileError : a file cannot be used, or the way to `at` comes out different when walked again.
    """
    with RunReader(path) as reader, understood(path):
        header = reader.header
    data, test = data_of(header, data, test, data_dir)
    weights = checked_weights(header, sample_weight)
    at, theta = weights_at(path, at, data, weights)
    gone = ("parent", "initial", "resumed", "rules", "test_hash", "sample_weight", "sharpness_every")
    options = {name: value for name, value in header.options.items() if name not in gone}
    options["test_every"] = test_every or options.get("test_every", 10)
    parent = {"run": str(Path(path).absolute()), "iteration": at, "created": header.created}
    return train(
        Network(header.sizes, header.activation, header.loss),
        data,
        test=test,
        method=method,
        iterations=iterations,
        stop=stop,
        views=views,
        l2=header.l2,
        sample_weight=weights,
        initial=theta,
        precision=header.precision,
        **machines_of(header),
        test_every=options["test_every"],
        sharpness_every=sharpness_every,
        save=save,
        options={**options, "parent": parent},
    )


def weights_at(
    path: str | Path, at: int | None, data: Data, sample_weight: Array | None = None
) -> tuple[int, Vector]:
    """The iteration, and its weights (P,): from the file, or walked to from the last state before it."""
    with RunReader(path) as reader, understood(path):
        header, steps = reader.header, reader.steps()
        if not steps:
            raise RunFileError(f"{path} holds no record: the run was stopped before, or has yet to begin.")
        at = len(steps) - 1 if at is None else at
        theta, start = reader.theta(at), reader.state(at // REFRESH * REFRESH)
    if not 0 <= at < len(steps):
        raise BadValue(f"{path} has no iteration {at}; give 0 to {len(steps) - 1}.")
    if theta is None:
        with problem_of(header, data, sample_weight) as problem:
            theta = _walked(problem, rule_of(header), start, steps, at, path).theta
    return at, theta


def _walked(
    problem: Dense | Walked,
    rule: Method,
    state: State | None,
    steps: Iterable[Step],
    to: int,
    path: str | Path,
) -> State:
    """Walk on to iteration `to`; every record made on the way must be the stored one, to the last bit."""
    if state is None or (state.iteration % REFRESH and state.iteration != to):
        raise RunFileError(f"{path} holds no state before iteration {to} from which one could walk on.")
    known = {step.iteration: step for step in steps}
    while state.iteration < to:
        state, step = advance(problem, rule, state)
        same_record(step, known[step.iteration], path)
    return state


def same_record(walked: Step, stored: Step, path: str | Path) -> None:
    """Raise RunFileError unless the record made again is the stored one, bit for bit."""
    new, old = finite(walked.to_json()), finite(stored.to_json())
    measured = walked.measures.keys() | stored.measures.keys()
    for name in new.keys() - measured - set(APART):
        if not name.startswith("accuracy_") and new[name] != old[name]:
            raise RunFileError(
                f"{path} cannot be gone on with here: made again, iteration {walked.iteration} has {name} "
                f"{_short(new[name])}, but the file says {_short(old[name])} (another machine, version or "
                "number of threads). The file is as it was; --from begins a new run from its weights."
            )


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def rule_of(header: Header, method: str | Method | None = None) -> Method:
    """The method of a run, with the options that it had.

    Raises
    ------
    BadValue : it had others than the method of its name, or than the one given.
    """
    if method is None and header.method not in METHODS:
        raise BadValue(f"The run's method {header.method!r} is not one of ours; pass method=... in Python.")
    rule = lookup(method or header.method)
    had = header.options.get("rules", words_of(rule))
    if words_of(rule) != had:
        raise BadValue(
            f"The run's method {header.method!r} had options of its own: {had}, not {words_of(rule)}. "
            "Pass that one in Python: sf.resume(path, method=sf.method(...))."
        )
    return rule


def data_of(
    header: Header, data: Data | None = None, test: Data | None = None, data_dir: str | None = None
) -> tuple[Data, Data | None]:
    """The training and test rows of a run: those given or found again by its options, checked by hash.

    Raises
    ------
    BadValue : the run was trained on arrays that were not given, or the data are no longer the same.
    """
    if data is None:
        if "data" not in header.options:
            raise BadValue(
                f"This run was trained on arrays ({header.data}), which its file does not hold; pass them "
                "in Python: sf.resume(path, data=..., test=...)."
            )
        options = Options.from_json(dict(header.options))
        options = replace(options, train_size=header.n_train, data_dir=data_dir or options.data_dir)
        data, rest = options.split()
        test = test or (rest if header.n_test else None)
    _same_data(data, header.data_hash, "was trained on")
    n_test = 0 if test is None else test.n
    if n_test != header.n_test:
        raise BadValue(
            f"The run was tested on {header.n_test:,} rows, but here are {n_test:,} of {header.data}."
        )
    if test is not None and "test_hash" in header.options:
        _same_data(test, header.options["test_hash"], "was tested on")
    return data, test


def _same_data(data: Data, wanted: str, purpose: str) -> None:
    if data.hash != wanted:
        raise BadValue(
            f"{data.name} does not hold what the run {purpose} (SHA-256 {data.hash[:12]}..., the run has "
            f"{wanted[:12]}...). Give the same data, or train again."
        )


def problem_of(
    header: Header, data: Data, sample_weight: Array | None = None, workers: Any = None
) -> Dense | Walked:
    """The objective that the run was computed with; on other workers, if they are given."""
    machines = machines_of(header)
    if workers is not None:
        if machines["compute"] != "dask":
            raise BadValue(
                f"The run was computed by {machines['compute']!r}, which has no workers; "
                f"leave workers={workers!r} out."
            )
        machines["workers"] = workers
    return Problem(
        Network(header.sizes, header.activation, header.loss),
        data,
        l2=header.l2,
        sample_weight=sample_weight,
        precision=header.precision,
        **machines,
    )


def checked_weights(header: Header, sample_weight: Array | None) -> Array | None:
    """The weights of samples, if they are those of the run."""
    weights = None if sample_weight is None else np.asarray(sample_weight, "<f8")
    had = header.options.get("sample_weight")
    if (None if weights is None else digest(weights.tobytes())) != had:
        wanted = "had weights of samples" if had else "had no weights of samples"
        raise BadValue(f"The run {wanted}; pass sample_weight={'its own' if had else 'None'} in Python.")
    return weights


def _total(path: str | Path, header: Header, done: int, more: int | None) -> int:
    """The iteration at which the run is to end."""
    if more is not None:
        return done + (Stop(iterations=more).iterations or 0)
    if header.iterations is None or header.iterations <= done:
        raise BadValue(
            f"{path} has done what was planned, {done} iterations. Say how many more: --iterations 100."
        )
    return header.iterations


def _resumed(options: Any, at: int) -> dict[str, Any]:
    """The options with a note of where the run went on, when, and with which versions."""
    return {**options, "resumed": [*options.get("resumed", ()), {"iteration": at, **made_by()}]}
