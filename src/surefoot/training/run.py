"""Train a network: the hall where data, network, descent, probes, views and the run file meet.

data → problem → descend → Step → (probes) → Frame → views, file
"""

from __future__ import annotations

import platform
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from surefoot.arrays import Array, Vector
from surefoot.data import Data
from surefoot.descent.loop import Descent, descend
from surefoot.descent.method import Method
from surefoot.descent.methods import method as lookup
from surefoot.descent.state import REFRESH, State
from surefoot.descent.stopping import Stop
from surefoot.errors import BadValue, RunFileError
from surefoot.network import Network
from surefoot.records import Ending, Frame, Header, Step
from surefoot.training.kept import ThinWeights
from surefoot.training.probes import Along, Sharpness, Unseen, fixed_samples, training_measures
from surefoot.training.problem import Problem, check_fit
from surefoot.training.store import RunReader, RunWriter, digest, understood
from surefoot.verification.diagnosis import diagnose

CHECKPOINT = REFRESH  # iterations between complete states in a run file: those one can walk on from
WEIGHTS_BYTES = 64 << 20  # a run file keeps the weights of every iteration up to about this size


Tell = Callable[[str], None]


def silent(_: str) -> None:
    """Tell nobody how far it is."""


class Face(Protocol):
    """What a view has to be (see views/view.py)."""

    def open(self, header: Header) -> None: ...
    def show(self, frame: Frame) -> None: ...
    def close(self, ending: Ending) -> None: ...


class Trained(NamedTuple):
    """What a run in memory was trained with; a file does not hold it, nor does a pickled run."""

    data: Data
    test: Data | None
    rule: Method
    weighted: bool  # samples had weights of their own


@dataclass(frozen=True)
class Run:
    """A run that ended: its records, and the weights.

    header : what was trained, on what, how.   steps : records k = 0 .. N.   ending : why it ended.
    theta : (P,) the last weights.   state : everything the run is at its end.
    checkpoint : the last state that the run can be walked on from with the same bits (every 50th).
    thetas : the weights by iteration, read-only; of every iteration up to 256 MB, then of every second,
        fourth ... and the last.  Of a run that was read: those that its file holds.
    """

    header: Header
    steps: tuple[Step, ...]
    ending: Ending
    theta: Vector
    state: State | None = field(default=None, repr=False)
    outputs: Array | None = field(default=None, repr=False)  # of the sample digits, at the end
    checkpoint: State | None = field(default=None, repr=False)
    thetas: Mapping[int, Vector] = field(default_factory=ThinWeights, repr=False, compare=False)
    trained: Trained | None = field(default=None, repr=False, compare=False)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "trained": None}

    @property
    def network(self) -> Network:
        return Network(self.header.sizes, self.header.activation, self.header.loss)

    def predict_proba(self, X: Array) -> Array:
        """What the outputs mean, for X (n, d) or one (d,) as the data came (scaled here)."""
        return self.network.predict(self.theta, np.asarray(X) / self.header.scale)

    def predict(self, X: Array) -> Array:
        """The predicted label (its number in header.classes) or numbers, for X (n, d) or one (d,)."""
        answers = self.predict_proba(X)
        if self.header.loss == "cross-entropy":
            return np.asarray(answers.argmax(axis=-1))
        return answers > 0.5 if self.header.loss == "binary" else answers

    def save(self, path: str | Path) -> None:
        """Write the run to a new file, as training with save=path would have.

        Raises
        ------
        RunFileError : the file exists, or cannot be written.
        """
        writer, every = RunWriter(path, self.header), weights_every(self.header)
        for step in self.steps:
            k, last, kept = step.iteration, step is self.steps[-1], self.checkpoint
            here = kept if kept is not None and kept.iteration == k else None
            theta = self.theta if last else None if here is None else here.theta
            if theta is None and k % every == 0:
                theta = self.thetas.get(k)
            writer.write(Frame(step, self.outputs if last else None), theta, here)
        writer.close(self.ending, self.state)

    def widget(
        self,
        data: Data | None = None,
        test: Data | None = None,
        data_dir: str | None = None,
        tell: Tell = silent,
    ) -> Any:
        """The viewer with this run, for the last line of a notebook cell: scrub, look at weights, ask.

        It holds a recording, so it needs no kernel afterwards; a picture stays when the notebook is saved.

        Parameters
        ----------
        data, test : the training and test samples.  Not needed for a run that was trained in this session,
            nor for a stored one whose data can be found again; without them it shows records and weights.
        data_dir : folder with the MNIST files, for a stored run.
        tell : called with a few words on how far it is; large data take a while.

        Raises
        ------
        MissingExtra : anywidget is not installed (extra: notebook).   BadValue : other data than the run's.
        """
        from surefoot.training.replay import replayed
        from surefoot.views.widget import widget

        with replayed(self, data, test, data_dir) as (journal, ask):
            return widget(journal, ask, tell, self.outputs)

    def to_html(
        self,
        path: str | Path,
        data: Data | None = None,
        test: Data | None = None,
        data_dir: str | None = None,
        tell: Tell = silent,
    ) -> int:
        """Write the run as one HTML file that needs nothing else, no network either; its size in bytes.

        Parameters
        ----------
        path : a file that ends in .html; one that exists is replaced.
        data, test, data_dir, tell : as for `widget`.

        Raises
        ------
        BadValue, DataNotFound : a file that cannot be written, or other data than the run's.
        """
        from surefoot.training.replay import replayed
        from surefoot.views.html import checked_out, write_html

        checked_out(path, (".html", ".htm"))
        with replayed(self, data, test, data_dir) as (journal, ask):
            return write_html(journal, path, ask, tell)

    def to_gif(self, path: str | Path, seconds: float = 8.0, tell: Tell = silent) -> int:
        """Write the run as an animated GIF of 800 x 450 pixels; its size in bytes.

        Raises
        ------
        BadValue, DataNotFound : a file that cannot be written, or seconds not from 1 to 60.
        MissingExtra : matplotlib or Pillow is not installed (extra: plot).
        """
        from surefoot.views.gif import write_gif

        return write_gif(self, path, self.network.predict, seconds, tell)

    def __str__(self) -> str:
        last = self.steps[-1]
        reached = f"iteration {last.iteration}: loss {last.value:.6g}"
        return f"{self.header.architecture}, {reached}; {self.ending.sentence}."


def read_run(path: str | Path) -> Run:
    """Read a run file, finished or cut off.

    Raises
    ------
    RunFileError : no such file, not a run, damaged, or without a record yet.
    """
    with RunReader(path) as reader, understood(path):
        steps, theta = reader.steps(), reader.theta()
        if not steps or theta is None:
            raise RunFileError(f"{path} holds no record: the run was stopped before, or has yet to begin.")
        return Run(
            reader.header,
            tuple(steps),
            reader.ending,
            theta,
            reader.state(),
            reader.outputs(steps[-1].iteration),
            reader.state(steps[-1].iteration // CHECKPOINT * CHECKPOINT),
            _stored_weights(reader, steps[-1].iteration),
        )


def _stored_weights(reader: RunReader, last: int) -> ThinWeights:
    """The weights in a file, up to the last record that was read: it may have grown meanwhile."""
    thetas = ThinWeights()
    for k, stored in reader.rows("weights"):
        if k <= last:
            thetas.put(k, np.frombuffer(stored, "<f8"))
    return thetas


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
    l2, sample_weight, precision, compute : see `Problem`.
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
    problem = Problem(net, train, l2=l2, sample_weight=sample_weight, precision=precision, compute=compute)
    header = Header(
        method=rule.name,
        iterations=ends.iterations,
        n_test=0 if test is None else test.n,
        l2=l2,
        precision=precision,
        compute=getattr(problem, "choice", "dense: plain NumPy on one float matrix"),
        options={**given, **needed(rule, test, sample_weight, sharpness_every)},
        samples=fixed_samples(test or train),
        **_known(net, train),
    )
    unseen = None if test is None else Unseen(net, test, test_every)
    sharp = None if sharpness_every is None else Sharpness(sharpness_every)
    with problem:
        descent = descend(problem, theta0, rule, ends)
        writer = None if save is None else RunWriter(save, header)
        done = conduct(descent, train, header, unseen, sharp, faces, writer)
    return replace(done, trained=Trained(train, test, rule, sample_weight is not None))


def made(views: str | Iterable[str | Face]) -> list[Face]:
    """Views of your own as they are, named ones made."""
    from surefoot.views import make_views

    wanted = [views] if isinstance(views, str) else views
    return [f for v in wanted for f in (make_views([v]) if isinstance(v, str) else [v])]


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


def weights_every(header: Header) -> int:
    """Weights of every so many iterations are written to a file."""
    return 1 + (header.iterations or 1000) * 8 * header.parameters // WEIGHTS_BYTES


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
