"""Train a network: the hall where data, network, descent, probes, views and the run file meet.

data → problem → descend → Step → (probes) → Frame → views, file
"""

from __future__ import annotations

import platform
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from surefoot.arrays import Array, Vector
from surefoot.data import Data
from surefoot.descent.loop import Descent, descend
from surefoot.descent.method import Method
from surefoot.descent.methods import method as lookup
from surefoot.descent.state import State
from surefoot.descent.stopping import Stop
from surefoot.errors import BadValue
from surefoot.network import Network
from surefoot.records import Ending, Frame, Header
from surefoot.training.finished import CHECKPOINT, Run, Trained, weights_every
from surefoot.training.kept import ThinWeights
from surefoot.training.probes import Along, Sharpness, Unseen, fixed_samples, training_measures
from surefoot.training.problem import Problem, check_fit
from surefoot.training.store import RunWriter, digest
from surefoot.verification.diagnosis import diagnose


class Face(Protocol):
    """What a view has to be (see views/view.py)."""

    def open(self, header: Header) -> None: ...
    def show(self, frame: Frame) -> None: ...
    def close(self, ending: Ending) -> None: ...


@runtime_checkable
class Patient(Protocol):
    """A view that tells how far a walk over the data is, 0 .. 1, when an iteration takes long."""

    def progress(self, share: float) -> None: ...


def train(
    net: Network,
    train: Data,
    *,
    test: Data | None = None,
    method: str | Method = "auto",
    iterations: int | None = 100,
    stop: Stop | None = None,
    views: Iterable[str | Face] = (),
    l2: float = 0.0,
    sample_weight: Array | None = None,
    rng: int | np.random.Generator = 0,
    initial: Vector | None = None,
    precision: str = "double",
    compute: str = "auto",
    workers: Any = None,
    device: str | None = None,
    test_every: int = 10,
    sharpness_every: int | None = None,
    save: str | Path | None = None,
    options: Mapping[str, Any] | None = None,
) -> Run:
    """Train `net` on `train` with every step checked and on show.

    Parameters
    ----------
    net, train : the network and its training samples.
    test : unseen samples; measured every `test_every` iterations, at the start and at the end.
    method : a name in the table of methods, or a Method.
    iterations, stop : when to end; `stop` adds rules beside the number of iterations.
    views : names ("terminal", "text", "notebook") or views of your own.
    l2, sample_weight, precision, compute, workers, device : see `Problem`.
    rng : seed or generator of the starting weights; `initial` (P,) gives them instead.
    sharpness_every : measure the top Hessian eigenvalue every so many iterations (up to 40 passes each,
        counted apart); None: never.
    save : write a run file as training goes.
    options : anything that should be written down with the run.

    Returns
    -------
    Run : also when a search failed or Ctrl-C ended it: `run.ending` says why.

    Raises
    ------
    ShapeError, BadValue, UnknownName, RunFileError : misuse, found before training begins.

    >>> import surefoot as sf
    >>> data, unseen = sf.load("digits").split(1000)
    >>> run = sf.train(sf.Network((64, 6, 10)), data, test=unseen, method="classic", iterations=3)
    >>> len(run.steps), run.ending.kind
    (4, 'iterations')
    """
    rule = lookup(method)
    if test is not None:
        check_fit(net, test)
    if not isinstance(test_every, int) or test_every < 1:
        raise BadValue(f"test_every is {test_every!r}; give a whole number of iterations >= 1.")
    theta0 = net.initial(rng) if initial is None else net.layout.checked(np.asarray(initial))
    ends = replace(
        stop or Stop(), iterations=iterations if stop is None or stop.iterations is None else stop.iterations
    )
    faces = made(views)
    given = {"rng": rng if isinstance(rng, int) else None, "test_every": test_every, **(options or {})}
    problem = Problem(
        net, train, l2=l2, sample_weight=sample_weight,
        precision=precision, compute=compute, workers=workers, device=device,
    )  # fmt: skip
    header = Header(
        method=rule.name,
        iterations=ends.iterations,
        n_test=0 if test is None else test.n,
        l2=l2,
        precision=precision,
        compute=getattr(problem, "choice", "dense: plain NumPy on one float matrix"),
        options={**given, **machines(workers, device), **needed(rule, test, sample_weight, sharpness_every)},
        samples=fixed_samples(test or train),
        **_known(net, train),
    )
    unseen = None if test is None else Unseen(net, test, test_every)
    sharp = None if sharpness_every is None else Sharpness(sharpness_every)
    with problem:
        watched(problem, faces)
        descent = descend(problem, theta0, rule, ends)
        writer = None if save is None else RunWriter(save, header)
        done = conduct(descent, train, header, unseen, sharp, faces, writer)
    return replace(done, trained=Trained(train, test, rule, sample_weight is not None))


def made(views: str | Iterable[str | Face]) -> list[Face]:
    """Views of your own as they are, named ones made."""
    from surefoot.views import make_views

    wanted = [views] if isinstance(views, str) else views
    return [f for v in wanted for f in (make_views([v]) if isinstance(v, str) else [v])]


def machines(workers: Any, device: str | None) -> dict[str, Any]:
    """What a run file keeps of who computed: a number of workers, or an address; a device."""
    if not isinstance(workers, int | str | None):  # a Client, or a cluster of Dask's
        workers = str(getattr(workers, "scheduler_address", None) or workers.scheduler.address)
    return {name: said for name, said in (("workers", workers), ("device", device)) if said is not None}


def watched(problem: Any, faces: list[Face]) -> None:
    """Where one walk over the data may take seconds, the views that can are told how far it is."""
    tellers = [face.progress for face in faces if isinstance(face, Patient)]
    if tellers and hasattr(problem, "watch"):
        problem.watch(lambda share: [tell(share) for tell in tellers])


def needed(
    rule: Method, test: Data | None, sample_weight: Array | None, sharpness_every: int | None
) -> dict[str, Any]:
    """What resuming needs to know beside the options that were given: what is not there is left out."""
    weights = None if sample_weight is None else np.asarray(sample_weight, "<f8").tobytes()
    known = {
        "rules": words_of(rule),
        "test_hash": None if test is None else test.hash,
        "sample_weight": None if weights is None else digest(weights),
        "sharpness_every": sharpness_every,
    }
    return {name: value for name, value in known.items() if value is not None}


def words_of(rule: Method) -> str:
    """A method with all its options in words: Method(name='classic', direction=Steepest(), ...)."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(rule))


def _known(net: Network, data: Data) -> dict[str, Any]:
    """What a header says of the network, its training samples, and the machine."""
    return {
        "sizes": net.sizes,
        "activation": net.activation,
        "loss": net.loss,
        "parameters": net.size,
        "data": data.name,
        "n_train": data.n,
        "classes": data.classes,
        "image_shape": data.image_shape,
        "scale": data.scale,
        "data_hash": data.hash,
        **made_by(),
    }


def made_by() -> dict[str, Any]:
    """Which versions compute here, and when it is."""
    versions = {
        "surefoot": version("surefoot"),
        "numpy": np.__version__,
        "python": platform.python_version(),
    }
    return {"versions": versions, "created": datetime.now(UTC).isoformat(timespec="seconds")}


def conduct(
    descent: Descent,
    data: Data,
    header: Header,
    unseen: Unseen | None,
    sharp: Sharpness | None,
    faces: list[Face],
    writer: RunWriter | None,
    past: Sequence[Frame] = (),
) -> Run:
    """Pull Steps, measure, show, store; whatever happens, give back screens and close the file.

    past : of a run that goes on, the records that are stored already: they are shown, not measured.
    """
    net = Network(header.sizes, header.activation, header.loss)
    samples = header.samples
    inputs = None if samples is None else samples.inputs / header.scale
    every, thetas = weights_every(header), _known_weights(past, descent.state)
    steps = [frame.step for frame in past]
    along = Along()
    frame: Frame | None = past[-1] if past else None
    state, checkpoint = descent.state, None  # of the last record: the descent may be further at Ctrl-C
    ending = Ending("error", "an error ended it")
    try:
        for face in faces:
            face.open(header)
            for shown in past:
                face.show(shown)
        for step in descent:
            there, last, k = descent.state, descent.ending is not None, step.iteration
            measures = training_measures(net, there.here, data.y)
            if unseen is not None and (last or k % unseen.every == 0):
                measures |= unseen.measure(there.theta)
            if sharp is not None and k % sharp.every == 0:
                measures |= sharp.measure(there)
            outputs = None if inputs is None else net.predict(there.theta, inputs)
            phi = along.measure(there) if faces else None
            frame = Frame(replace(step, measures=measures), outputs, phi, there.theta)
            if k % CHECKPOINT == 0:
                checkpoint = replace(there, here=None, ray=None)
            if writer:
                keep = last or k % every == 0
                writer.write(frame, there.theta if keep else None, there if k % CHECKPOINT == 0 else None)
            thetas.put(k, there.theta)
            steps.append(frame.step)
            state = there
            for face in faces:
                face.show(frame)
        ending = _explained(descent.ending or ending, descent.state)
    except KeyboardInterrupt:
        when = f"after iteration {len(steps) - 1}" if steps else "before the first record"
        ending = Ending("interrupted", f"stopped by hand {when}")
        if not steps:
            raise
    finally:
        _close(faces, writer, ending, state)
    seen = None if frame is None else frame.outputs
    return Run(header, tuple(steps), ending, state.theta, state, seen, checkpoint, thetas)


def _known_weights(past: Sequence[Frame], state: State) -> ThinWeights:
    """The weights of a run that goes on from `state`; none yet of a new one."""
    thetas = ThinWeights()
    for frame in past:
        if frame.step.iteration == state.iteration:
            thetas.put(state.iteration, state.theta)
        elif frame.theta is not None:
            thetas.put(frame.step.iteration, frame.theta)
    return thetas


def _explained(ending: Ending, state: State) -> Ending:
    """For a search that failed: add which known cause fits, and what to try."""
    if (
        ending.kind not in ("failed", "precision")
        or state.ray is None
        or state.last is None
        or state.last.alpha
    ):
        return ending
    return replace(ending, sentence=f"{ending.sentence}. {diagnose(state.ray, state.last).rstrip('.')}")


def _close(faces: list[Face], writer: RunWriter | None, ending: Ending, state: State) -> None:
    """Close the file first, then every view, even when one of them fails."""
    with ExitStack() as stack:
        for face in faces:
            stack.callback(face.close, ending)
        if writer:
            if ending.kind == "error":
                with suppress(Exception):  # the error on its way says more than a second one
                    writer.close(ending, state)
            else:
                writer.close(ending, state)
