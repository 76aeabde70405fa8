"""All that a run file says, at once and as it stands: what `verify` compares."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from surefoot.arrays import Array, Vector
from surefoot.descent.state import State
from surefoot.errors import RunFileError
from surefoot.network import Network
from surefoot.records import Header, Step
from surefoot.training.store import RunReader, understood


@dataclass(frozen=True)
class Stored:
    """All that the file says."""

    header: Header
    steps: dict[int, Step]
    thetas: dict[int, Vector]
    digests: dict[int, str]
    trials: list[tuple[Any, ...]]
    states: list[State]
    outputs: dict[int, Array]

    @property
    def network(self) -> Network:
        return Network(self.header.sizes, self.header.activation, self.header.loss)

    @property
    def single(self) -> bool:
        return self.header.precision == "single"


def read_all(path: str | Path) -> Stored:
    with RunReader(path) as reader, understood(path):
        header = reader.header
        size = Network(header.sizes, header.activation, header.loss).size
        thetas = {k: np.frombuffer(theta, "<f8") for k, theta in reader.rows("weights")}
        if not thetas:
            raise RunFileError(f"{path} holds no weights, so nothing can be derived from them.")
        if any(theta.size != size for theta in thetas.values()):
            raise ValueError("weights of another length than the network's")
        return Stored(
            header,
            {step.iteration: step for step in reader.steps()},
            thetas,
            dict(reader.rows("digests")),
            reader.rows("trials"),
            list(reader.states()),
            {k: np.frombuffer(z, "<f4").reshape(-1, header.sizes[-1]) for k, z in reader.rows("frames")},
        )
