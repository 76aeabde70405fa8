"""The flags that several commands share, each told once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from surefoot.errors import BadValue

if TYPE_CHECKING:
    from surefoot.training.options import Options


def whole(_: Any, tokens: Sequence[Any]) -> int:
    """A whole number >= 0; 1.5 and -1 are refused, not rounded."""
    text = tokens[0].value
    if not (text.isascii() and text.isdigit()):
        raise BadValue(f"{text} is not a whole number, 0 or more.")
    return int(text)


def default(value: object) -> Parameter:
    """What help says a flag is when it is left out: None tells that nothing was said."""
    return Parameter(show_default=lambda _: str(value))


Count = Annotated[int, Parameter(converter=whole)]
AsJson = Annotated[bool, Parameter(name="--json", negative=())]


@Parameter(name="*")
@dataclass(frozen=True)
class Place:
    """Where data come from.

    Parameters
    ----------
    data_dir
        Folder with the MNIST files.
    source
        Where mnist comes from: files or openml.
    target
        The column of a table that is to be predicted; the last one if not said.
    noise
        How far the points of circle, xor, spiral, moons and gaussians are scattered.
    """

    data_dir: str | None = None
    source: str | None = None
    target: str | None = None
    noise: float | None = None


@Parameter(name="*")
@dataclass(frozen=True)
class Machine:
    """Who computes.

    Parameters
    ----------
    compute
        auto, dense, packed, blocks (rows from a disk), dask or device; the numbers are the same.
    workers
        Dask workers: how many to start on this machine, or the address of a scheduler (tcp://host:8786).
    device
        PyTorch's: auto, cpu, cuda or cuda:1.
    """

    compute: Annotated[str | None, default("auto")] = None
    workers: str | None = None
    device: str | None = None

    @property
    def said(self) -> dict[str, Any]:
        """What was said, as `Problem` takes it."""
        count = self.workers is not None and self.workers.isascii() and self.workers.isdigit()
        given = {**vars(self), "workers": int(self.workers or 0) if count else self.workers}
        return {name: value for name, value in given.items() if value is not None}


@Parameter(name="*")
@dataclass(frozen=True)
class Net:
    """A network, its weights and its loss.

    Parameters
    ----------
    hidden
        Units in each hidden layer: 6, or 16,8 for two layers, or none.
    activation
        logistic, tanh, relu, softplus or identity.
    l2
        Weight decay: adds l2/2 times the sum of squared weights to the loss.
    rng
        Seed of the starting weights.
    initial
        An npz file with the starting weights W1, b1, W2, b2, ... or theta.
    """

    hidden: Annotated[str | None, default(6)] = None
    activation: Annotated[str | None, default("logistic")] = None
    l2: Annotated[float | None, default(0.0)] = None
    rng: Annotated[Count | None, default(0)] = None
    initial: str | None = None


def options_of(data: str | None, place: Place, net: Net = Net(), **others: Any) -> Options:
    """The options that these flags say; what is not said is as by default."""
    from surefoot.training.options import Options

    hidden = None if net.hidden is None else units(net.hidden)
    given = {"data": data, **vars(place), **vars(net), **others, "hidden": hidden}
    return Options(**{name: value for name, value in given.items() if value is not None})


def units(text: str) -> tuple[int, ...]:
    """Units of the hidden layers from `6`, `16,8` or `none`."""
    if text.strip().lower() in ("none", "0", ""):
        return ()
    try:
        return tuple(int(part) for part in text.replace("-", ",").split(","))
    except ValueError:
        raise BadValue(
            f"--hidden {text} is not a list of units; give 6, or 16,8 for two layers, or none."
        ) from None


def names(text: str) -> list[str]:
    """The names in `auto,cg`; none of them in `none`."""
    found = [part.strip() for part in text.split(",") if part.strip()]
    return [] if found == ["none"] else found
