"""What may be chosen in the lab: data by name, a network within limits, a method that suits it.

A page may name what is in a table here and nothing else: never a path.  Each refusal is one sentence.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from surefoot.data import Data, load
from surefoot.data.images import find_folder
from surefoot.data.plane import PLANES, from_points
from surefoot.data.sources import SOURCES
from surefoot.descent.methods import METHODS
from surefoot.errors import BadValue, UnknownName
from surefoot.network import Network
from surefoot.network.activations import ACTIVATIONS
from surefoot.training.options import Options

MOST_LAYERS, MOST_UNITS, MOST_POINTS = 3, 256, 2_000
MOST_BFGS = 3_000  # parameters: its matrix has their square, 72 MB
FAR = 1_000.0  # how far out a point may lie


@dataclass(frozen=True)
class Choice:
    """What a run is made of.

    points : (x, y, label, tested) of every point when they were made by hand, else None.
    """

    data: str = "digits"
    hidden: tuple[int, ...] = (6,)
    activation: str = "logistic"
    method: str = "auto"
    l2: float = 0.0
    rng: int = 0
    noise: float = 0.1
    points: tuple[tuple[float, float, int, bool], ...] | None = None

    def to_json(self) -> dict[str, Any]:
        """The choice without its points."""
        return {k: v for k, v in asdict(self).items() if k != "points"}


class Shelf:
    """The data sets at hand, each read once; `options` say what the lab was opened with."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.file = None if options.data in SOURCES else _label(options.data)
        self._read = lru_cache(maxsize=8)(self._split)

    def names(self) -> dict[str, str]:
        """Names that may be chosen, and what they are."""
        known = {"digits": SOURCES["digits"].what}
        if self.options.data == "mnist" or mnist_is_here(self.options.data_dir):
            known["mnist"] = SOURCES["mnist"].what
        known |= {name: what for name, (_, _, what) in PLANES.items()}
        return known if self.file is None else {self.file: "the file that the lab was opened with", **known}

    def split(self, choice: Choice) -> tuple[Data, Data | None]:
        """Training and test samples of a choice."""
        if choice.points is not None:
            return by_hand(choice)
        return self._read(choice.data, choice.noise if choice.data in PLANES else 0.0)

    def _split(self, name: str, noise: float) -> tuple[Data, Data | None]:
        if name in PLANES:
            data = load(name, noise=noise)
            return data.split(data.n * 7 // 10)
        if name in (self.file, self.options.data):
            return self.options.split()
        return Options(name, data_dir=self.options.data_dir).split()

    def first(self, method: str, noise: float) -> Choice:
        """What the lab was opened with, as a choice."""
        options = self.options
        return Choice(
            self.file or options.data,
            tuple(options.hidden),
            options.activation,
            method,
            options.l2,
            options.rng,
            noise,
        )

    def to_json(self, now: Choice) -> dict[str, Any]:
        """What may be chosen, for the page."""
        return {
            "data": [
                {"name": name, "what": what, "plane": name in PLANES} for name, what in self.names().items()
            ],
            "methods": [{"name": name, "what": _first_line(make)} for name, make in METHODS.items()],
            "activations": list(ACTIVATIONS),
            "now": now.to_json(),
        }

    def chosen(self, args: Mapping[str, Any], now: Choice) -> Choice:
        """What a page asks for, checked; what it leaves out is as now.

        Raises
        ------
        UnknownName, BadValue : what cannot be chosen.
        """
        for name in args:
            if name not in Choice.__dataclass_fields__:
                raise UnknownName("choice", str(name)[:40], Choice.__dataclass_fields__)
        wanted = {**{k: v for k, v in asdict(now).items() if k != "points"}, **args}
        choice = Choice(
            data=_named("data set", wanted["data"], self.names()),
            hidden=hidden_units(wanted["hidden"]),
            activation=_named("activation", wanted["activation"], ACTIVATIONS),
            method=_named("method", wanted["method"], METHODS),
            l2=number("l2", wanted["l2"], 0, 10),
            rng=whole("rng", wanted["rng"], 0, 2**31),
            noise=number("noise", wanted["noise"], 0, 1),
        )
        points = wanted.get("points")
        if points is None:
            return choice
        if choice.data not in PLANES:
            raise BadValue(
                f"Points lie in a plane, {choice.data} does not; choose {', '.join(PLANES)} for them."
            )
        return replace(choice, points=hand_made(points))


def network(choice: Choice, data: Data) -> Network:
    """The network of a choice; BadValue when its method does not suit it."""
    net = Options(hidden=choice.hidden, activation=choice.activation).network(data)
    check_suits(choice.method, net)
    return net


def check_suits(method: object, net: Network) -> str:
    """The method's name, if it suits the network."""
    name = _named("method", method, METHODS)
    if name == "bfgs" and net.size > MOST_BFGS:
        raise BadValue(
            f"bfgs keeps a matrix of {net.size:,} x {net.size:,} numbers for {net.name}; in the lab it takes "
            f"up to {MOST_BFGS:,} parameters. Choose lbfgs, or fewer units."
        )
    return name


def by_hand(choice: Choice) -> tuple[Data, Data | None]:
    """Points made by hand, with the classes of the kind that they began as."""
    parts = []
    for tested in (False, True):
        mine = [point for point in choice.points or () if point[3] is tested]
        x, y, label, _ = zip(*mine, strict=True) if mine else ((), (), (), ())
        parts.append(
            replace(from_points(x, y, label, PLANES[choice.data][1]), name=choice.data) if mine else None
        )
    train, test = parts
    if train is None:
        raise BadValue("There are no points to train on; add one that is not for testing.")
    return train, test


def hand_made(points: Any) -> tuple[tuple[float, float, int, bool], ...]:
    """Points as a page sends them: a list of {x, y, label, tested?}, or one object of four such lists."""
    if isinstance(points, dict):
        columns = {key: value for key, value in points.items() if value is not None}
        lengths = {len(value) if isinstance(value, list) else -1 for value in columns.values()}
        if len(lengths) != 1 or -1 in lengths:
            raise BadValue("Points are lists x, y and label of one length.")
        points = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    if not isinstance(points, list) or not 1 <= len(points) <= MOST_POINTS:
        raise BadValue(f"Points are a list of 1 to {MOST_POINTS:,} objects x, y, label.")
    return tuple(map(_point, points))


def _point(point: Any) -> tuple[float, float, int, bool]:
    if not isinstance(point, dict) or not {"x", "y", "label"} <= point.keys() <= {
        "x",
        "y",
        "label",
        "tested",
    }:
        raise BadValue(
            "A point is an object with x, y and label, and tested when it is not to be trained on."
        )
    tested = point.get("tested", False)
    if not isinstance(tested, bool):
        raise BadValue("tested is true or false.")
    x, y = (number(name, point[name], -FAR, FAR) for name in ("x", "y"))
    return x, y, whole("label", point["label"], 0, 1), tested


def hidden_units(value: Any) -> tuple[int, ...]:
    """Units of each hidden layer."""
    if not isinstance(value, list | tuple) or len(value) > MOST_LAYERS:
        raise BadValue(f"hidden is a list of at most {MOST_LAYERS} numbers of units, such as [6] or [16, 8].")
    return tuple(whole("A hidden layer", units, 1, MOST_UNITS) for units in value)


def number(name: str, value: Any, least: float, most: float) -> float:
    """A finite number within limits; BadValue otherwise."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise BadValue(f"{name} is {_shown(value)}; give a number from {least:g} to {most:g}.")
    return float(value)


def whole(name: str, value: Any, least: int, most: int) -> int:
    """A whole number within limits; BadValue otherwise."""
    whole_one = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if isinstance(value, bool) or not whole_one or not least <= value <= most:
        raise BadValue(f"{name} is {_shown(value)}; give a whole number from {least} to {most}.")
    return int(value)


def mnist_is_here(data_dir: str | None) -> bool:
    """True when MNIST can be read without a download."""
    folders = [folder for folder in (data_dir, os.environ.get("SUREFOOT_DATA")) if folder]
    return any(find_folder(Path(folder).expanduser()) for folder in folders) or _is_cached()


def _is_cached() -> bool:
    import pooch  # late: it brings requests

    return find_folder(Path(pooch.os_cache("surefoot")) / "mnist") is not None


def _named(kind: str, value: Any, known: Mapping[str, Any]) -> str:
    if not isinstance(value, str) or value not in known:
        raise UnknownName(kind, value[:40] if isinstance(value, str) else _shown(value), known)
    return value


def _shown(value: Any) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return "not finite"
    text = str(value) if isinstance(value, int | float | bool) else type(value).__name__
    return text[:40]


def _label(path: str) -> str:
    """What a file is called in the lab: its name, kept apart from the names of the table."""
    name = Path(path).expanduser().name or "file"
    return f"{name} (file)" if name in SOURCES else name


def _first_line(make: Callable[..., Any]) -> str:
    return (make.__doc__ or "").strip().partition("\n")[0]
