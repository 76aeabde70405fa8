"""A run that ended, as a value: it predicts, is stored and read, and shows itself.

Training makes it (`run`), a file keeps it (`store`), and a viewer replays it (`replay`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from surefoot.arrays import Array, Vector
from surefoot.data import Data
from surefoot.descent.method import Method
from surefoot.descent.state import REFRESH, State
from surefoot.errors import RunFileError
from surefoot.network import Network
from surefoot.records import Ending, Frame, Header, Step
from surefoot.training.kept import ThinWeights
from surefoot.training.store import RunReader, RunWriter, understood

CHECKPOINT = REFRESH  # iterations between complete states in a run file: those one can walk on from
WEIGHTS_BYTES = 64 << 20  # a run file keeps the weights of every iteration up to about this size

Tell = Callable[[str], None]


def silent(_: str) -> None:
    """Tell nobody how far it is."""


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
        from surefoot.placing import checked_out
        from surefoot.training.replay import replayed
        from surefoot.views.html import write_html

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


def weights_every(header: Header) -> int:
    """Weights of every so many iterations are written to a file."""
    return 1 + (header.iterations or 1000) * 8 * header.parameters // WEIGHTS_BYTES
