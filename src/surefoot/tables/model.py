"""A model of a table as one file: how cells become inputs, the weights, and what the outputs mean.

The file is JSON, so nothing in it can run, and anybody can look into it:

    {"format": "surefoot table model 1", "sha256": of the rest, "model": {target, preparation, ...}}

    X = preparation of the cells          (n, d)
    Z = network((X - mean) / scale)       (n, k)
    classes: softmax or logistic of Z;  numbers: Z · target scale + target mean

Numbers are written with all their digits, so a model that was read answers with the same bits.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from surefoot.arrays import Array, Matrix, Vector
from surefoot.data.files import reading, require_file
from surefoot.errors import DataError, SurefootError
from surefoot.network import Network
from surefoot.tables.preparing import Preparation
from surefoot.tables.reading import Table

FORMAT = "surefoot table model 1"
LARGEST_FILE = 1 << 30  # bytes
BROKEN = (KeyError, TypeError, ValueError, AttributeError, RecursionError, OverflowError, SurefootError)


@dataclass(frozen=True, eq=False)
class TableModel:
    """All that answering needs; a plain value.

    target : its name.   classes : () for numbers.   theta : (P,).   mean, scale : (d,) of the inputs.
    target_mean, target_scale : 0 and 1 for classes.   about : where it comes from, for people.
    """

    target: str
    classes: tuple[str, ...]
    preparation: Preparation
    network: Network
    theta: Vector
    mean: Vector
    scale: Vector
    target_mean: float = 0.0
    target_scale: float = 1.0
    about: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        d, k = self.network.sizes[0], self.network.sizes[-1]
        outputs = {"binary": 1, "cross-entropy": len(self.classes), "squared-error": 1}[self.network.loss]
        numbers = (self.theta, self.mean, self.scale, np.array([self.target_mean, self.target_scale]))
        fits = (
            self.theta.shape == (self.network.size,)
            and self.mean.shape == self.scale.shape == (d,) == (len(self.preparation.inputs),)
            and k == outputs
            and (len(self.classes) >= 2) == (self.network.loss != "squared-error")
            and len(set(self.classes)) == len(self.classes)
            and (self.network.loss != "binary" or len(self.classes) == 2)
            and all(np.isfinite(part).all() for part in numbers)
            and (self.scale > 0).all()
            and self.target_scale > 0
        )
        if not fits:
            raise ValueError("the parts of the model do not fit together")

    @property
    def task(self) -> str:
        return "classification" if self.classes else "regression"

    def answers(self, X: Matrix, theta: Vector | None = None) -> Array:
        """Probabilities (n, k) for classes, (n,) numbers without; at other weights when theta is given."""
        scaled = (X - self.mean) / self.scale
        P = self.network.predict(self.theta if theta is None else theta, scaled)
        if not self.classes:
            return np.asarray(P[:, 0] * self.target_scale + self.target_mean)
        return np.column_stack([1 - P[:, 0], P[:, 0]]) if self.network.loss == "binary" else P

    def guesses(self, answers: Array) -> Array:
        """Labels 0 .. k-1 of the likeliest classes, or the numbers."""
        return np.asarray(answers.argmax(axis=1)) if self.classes else answers

    def predict(self, table: Table) -> tuple[Array, tuple[str, ...]]:
        """The answers for every row of a table, and sentences on what was strange in it.

        Raises
        ------
        DataError : a column is not there, or a cell is no number where one belongs.
        """
        X, notes = self.preparation.matrix(table)
        answers = self.answers(X)
        if not np.isfinite(answers).all():
            row = int(np.argwhere(~np.isfinite(answers))[0][0])
            raise DataError(
                f"{table.path.name}, line {table.lines[row]}: no finite answer follows from its numbers."
            )
        return answers, notes

    def to_bytes(self) -> bytes:
        """The file."""
        body = _canonical(
            {
                "target": {"name": self.target, "classes": list(self.classes)},
                "preparation": self.preparation.to_json(),
                "network": {
                    "sizes": list(self.network.sizes),
                    "activation": self.network.activation,
                    "loss": self.network.loss,
                    "mean": self.mean.tolist(),
                    "scale": self.scale.tolist(),
                    "target_mean": self.target_mean,
                    "target_scale": self.target_scale,
                    "theta": self.theta.tolist(),
                },
                "about": dict(self.about),
            }
        )
        digest = hashlib.sha256(body.encode()).hexdigest()
        return f'{{"format":"{FORMAT}","sha256":"{digest}","model":{body}}}\n'.encode()


def read_model(path: str | Path) -> TableModel:
    """Read a model that `surefoot fit` wrote.

    Raises
    ------
    DataNotFound, DataError : no such file, not a model of ours, of another version, or damaged.
    """
    path = require_file(Path(path))
    with reading(path):
        data = path.read_bytes() if path.stat().st_size <= LARGEST_FILE else b""
    try:
        record = json.loads(data, parse_constant=_refuse)
        form, body = record["format"], record["model"]
    except BROKEN as error:
        raise DataError(
            f"{path} is not a model, or it is damaged; `surefoot fit TABLE.csv --target COLUMN` writes one."
        ) from error
    if form != FORMAT:
        raise DataError(f"{path} says {str(form)[:40]!r}; this surefoot reads {FORMAT!r}.")
    try:
        if hashlib.sha256(_canonical(body).encode()).hexdigest() != record["sha256"]:
            raise ValueError("its SHA-256 is another")
        return _from_json(body)
    except BROKEN as error:
        raise DataError(f"{path} is damaged: {error}; fit it again, or get a new copy of it.") from error


def _from_json(body: dict[str, Any]) -> TableModel:
    target, net = body["target"], body["network"]
    names = [target["name"], *target["classes"]]
    if not all(isinstance(name, str) for name in names):
        raise TypeError("a name is no text")
    sizes = tuple(net["sizes"])
    if not all(isinstance(size, int) for size in sizes) or len(net["theta"]) > LARGEST_FILE:
        raise TypeError("the sizes are no whole numbers")
    return TableModel(
        names[0],
        tuple(names[1:]),
        Preparation.from_json(body["preparation"]),
        Network(sizes, net["activation"], net["loss"]),
        np.array(net["theta"], dtype=np.float64),
        np.array(net["mean"], dtype=np.float64),
        np.array(net["scale"], dtype=np.float64),
        float(net["target_mean"]),
        float(net["target_scale"]),
        dict(body["about"]),
    )


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _refuse(word: str) -> float:
    raise ValueError(f"{word} is no number of JSON")
