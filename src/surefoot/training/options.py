"""What to train, as one value: the command line's flags, and what a run file keeps of them.

A run can be checked and shown again later because its options say where the data came from.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from surefoot.arrays import Vector
from surefoot.data import Data, load
from surefoot.data.npy import read_arrays
from surefoot.data.plane import PLANES
from surefoot.errors import BadValue
from surefoot.network import Network
from surefoot.records import Header

TRAIN_SIZES = {"digits": 1_000, "mnist": 20_000, **dict.fromkeys(PLANES, 200)}  # when nothing is said
LARGEST = 1_000_000_000  # parameters: 8 GB in theta alone


@dataclass(frozen=True)
class Options:
    """Data and network of a run.

    Parameters
    ----------
    data
        digits, mnist, circle, xor, spiral, moons, gaussians, or the path of a file (.csv .tsv .txt .npy .npz)
        or folder of IDX files.
    hidden
        Units in each hidden layer: 6, or 16,8 for two layers, or none.
    activation
        logistic, tanh, relu, softplus or identity.
    train_size
        Rows to train on, from the start of the file; the rest is for testing.
    l2
        Weight decay: adds l2/2 times the sum of squared weights to the loss.
    rng
        Seed of the starting weights.
    initial
        An npz file with starting weights W1, b1, W2, b2, ... or theta, instead of random ones.
    precision
        double or single.
    data_dir
        Folder with the MNIST files.
    source
        Where mnist comes from: files or openml.
    target
        The column of a table that is to be predicted: a name or a number; the last one if not said.
    noise
        How far the points of a plane (circle, xor, ...) are scattered.
    """

    data: str = "digits"
    hidden: tuple[int, ...] = (6,)
    activation: str = "logistic"
    train_size: int | None = None
    l2: float = 0.0
    rng: int = 0
    initial: str | None = None
    precision: str = "double"
    data_dir: str | None = None
    source: str | None = None
    target: str | None = None
    noise: float | None = None

    def split(self) -> tuple[Data, Data | None]:
        """Training and test samples: the first `train_size` rows, and the rest (None: there is no rest)."""
        data = load(
            self.data, data_dir=self.data_dir, source=self.source, target=self.target, noise=self.noise
        )
        size = (
            self.train_size
            if self.train_size is not None
            else TRAIN_SIZES.get(self.data, max(1, data.n * 7 // 10))
        )
        if not 1 <= size <= data.n:
            raise BadValue(f"--train-size is {size}, but {data.name} has {data.n} rows. Give 1 to {data.n}.")
        return data.split(size) if size < data.n else (data, None)

    def network(self, data: Data) -> Network:
        """The network for these data: inputs and outputs follow from the data, the loss from the targets."""
        loss = "cross-entropy" if data.is_classification else "squared-error"
        net = Network((data.d, *self.hidden, data.k), self.activation, loss)
        if net.size > LARGEST:
            raise BadValue(
                f"A network {net.name} has {net.size:,} parameters; at most {LARGEST:,} are possible."
            )
        return net

    def start(self, net: Network) -> Vector:
        """The starting weights."""
        if self.initial is None:
            return net.initial(rng=self.rng)
        return net.layout.from_blocks({k: np.asarray(v) for k, v in read_arrays(Path(self.initial)).items()})

    def to_json(self) -> dict[str, Any]:
        """What a run file keeps: everything that is not as by default, and the data; paths from the root."""
        record = {k: v for k, v in asdict(self).items() if v != getattr(Options(), k)}
        if self.data_dir is not None:
            record["data_dir"] = os.path.abspath(os.path.expanduser(self.data_dir))
        elif self.data not in TRAIN_SIZES:
            record["data"] = os.path.abspath(os.path.expanduser(self.data))
        return {"data": self.data, **record}

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Options:
        """The inverse; other entries of the record are left alone."""
        known = {f.name for f in fields(cls)}
        values = {k: v for k, v in record.items() if k in known and v is not None}
        if "hidden" in values:
            values["hidden"] = tuple(values["hidden"])
        return cls(**values)


def training_data(header: Header, data_dir: str | None = None) -> Data:
    """The rows that a stored run was trained on, found again and checked by their hash.

    Raises
    ------
    BadValue : the run was trained on arrays, or the data are no longer the same.
    """
    if "data" not in header.options:
        raise BadValue(
            f"This run was trained on arrays ({header.data}), which its file does not hold; "
            "check it in Python: sf.check(sf.Problem(net, data), run.theta)."
        )
    options = Options.from_json(dict(header.options))
    options = replace(options, train_size=header.n_train, data_dir=data_dir or options.data_dir)
    data, _ = options.split()
    if data.hash != header.data_hash:
        raise BadValue(
            f"{options.data} does not hold what the run was trained on (SHA-256 {data.hash[:12]}..., "
            f"the run has {header.data_hash[:12]}...). Give the data it was trained on, or train again."
        )
    return data
