"""The full batch on many machines: shards lie on Dask workers, together with their Z¹ and Ż¹.

    Σ over rows  =  Σ over shards, in the order of the shards          wherever they lie

    gradient, ray   parameters or a direction go out, sums come back
    trial           one number goes out to every worker, three come back for every shard; no data are touched
    handle          a `Ticket` here, first layers there; X W and Z + α Ż are made when a walk first needs them
    lost worker     its shards are loaded elsewhere and make again, by recipe, what they kept: the same bits

Shards are cut by the number of rows alone, so the bits do not depend on the number of workers; they do
depend on what the kernels are compiled for, as everywhere: workers should be of one kind.
"""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np

from surefoot.arrays import Array, Vector
from surefoot.compute.cluster import Cluster
from surefoot.compute.dense import relative_weights, require_fit
from surefoot.compute.gathering import Gathering
from surefoot.compute.packed import mean_one, targets
from surefoot.compute.pieces import Pieces, is_dask, with_lengths
from surefoot.compute.walked import Walked
from surefoot.compute.walks import Line, Sums, added
from surefoot.compute.workers import Ask, Recipe, Told
from surefoot.errors import BadValue
from surefoot.network import Network


class Distributed(Walked):
    """A network's loss on rows that lie on the workers of a Dask cluster.

    Parameters
    ----------
    network, scale, l2, sample_weight, dtype : as for `Packed`.
    X : (n, d) array, sent once; a memory map or `Rows`, which workers read themselves where they can; a dask
        array or dataframe, which stays where it lies.
    y : labels or targets as for `Packed`, or a dask array of them.
    workers : how many to start on this machine, the address of a scheduler, a Client, or a cluster of Dask's.
    threads : of each worker.   shards : into how many parts the rows are cut; None: by their number.

    Raises
    ------
    ShapeError, BadValue : arrays that do not fit the network or each other; options that cannot be.
    MissingExtra : Dask is not installed.
    ClusterLost : on the way, when the scheduler or all workers are gone.
    """

    def __init__(
        self,
        network: Network,
        X: Any,
        y: Any,
        *,
        scale: float = 1.0,
        l2: float = 0.0,
        sample_weight: Array | None = None,
        dtype: type[np.floating[Any]] = np.float64,
        workers: Any = 2,
        threads: int = 1,
        shards: int | None = None,
    ) -> None:
        if type(threads) is not int or threads < 1:
            raise BadValue(f"threads is {threads!r}; give a whole number >= 1, of each worker.")
        cluster = Cluster(workers)
        if is_dask(X) or is_dask(y):
            with cluster.current():
                X, y = with_lengths(X), with_lengths(y)
        self.X, self.y = X, y
        require_fit(network, self.X, self.y, l2)
        self.weights = relative_weights(sample_weight, len(self.X))
        self._options: dict[str, Any] = {"sample_weight": self.weights, "threads": threads, "shards": shards}
        Y = self.y if is_dask(self.y) else targets(network, self.y, dtype)
        pieces = Pieces(self.X, Y, mean_one(self.weights, dtype), shards)
        self.gathering = Gathering(network, dtype, threads, pieces, cluster)
        walks = DaskWalks(self.gathering)
        super().__init__(network, walks, len(self.X), scale=scale, l2=l2, dtype=dtype)

    def happened(self) -> tuple[str, ...]:
        """What befell the workers since this was asked last."""
        return self.gathering.happened()

    def in_double(self) -> Distributed:
        """The same objective in float64, on the same workers."""
        if self.dtype == np.float64:
            return self
        return Distributed(
            self.network, self.X, self.y, scale=self.scale, l2=self.l2,
            workers=self.gathering.cluster.client, **self._options,
        )  # fmt: skip


class Made:
    """How the first layer of a ticket was made; it outlives the ticket where others were made of it."""

    __slots__ = ("by", "how", "number", "of")

    def __init__(self, number: int, how: str, of: tuple[Made, ...], by: tuple[Any, ...]) -> None:
        self.number, self.how, self.of, self.by = number, how, of, by


class Ticket:
    """A handle: stands for Z¹ or Ż¹ on the workers.

    made : None before it is filled.   behind : what it will be made of, kept until workers have made it.
    """

    __slots__ = ("__weakref__", "behind", "made", "number", "there")

    def __init__(self, number: int) -> None:
        self.number, self.there = number, False
        self.made: Made | None = None
        self.behind: tuple[Ticket, ...] = ()

    def make(self, how: str, behind: tuple[Ticket, ...], *by: Any) -> None:
        self.made = Made(self.number, how, tuple(ticket.made for ticket in behind if ticket.made), by)
        self.behind = behind

    def arrived(self) -> None:
        """The workers have it."""
        self.there, self.behind = True, ()


class DaskWalks:
    """`Walks` over the shards of a gathering."""

    def __init__(self, gathering: Gathering) -> None:
        self.gathering = gathering
        self._count = itertools.count(1)
        self._lines: weakref.WeakKeyDictionary[Line, int] = weakref.WeakKeyDictionary()
        self._told: set[int] = set()  # lines that the workers know
        self._held: set[int] = set()  # tickets that somebody holds
        self._dead: list[int] = []  # tickets and lines to be forgotten

    @property
    def client(self) -> Any:
        """Of the cluster, connected."""
        return self.gathering.cluster.client

    @property
    def choice(self) -> str:
        g = self.gathering
        g.ready()
        workers, shards = len({group.worker for group in g.groups}), len(g.pieces)
        rows = max(b - a for a, b in g.pieces.bounds)
        return (
            f"dask: {workers} worker{'s' * (workers > 1)} at {g.cluster.address}, {shards} "
            f"shard{'s' * (shards > 1)} of {rows:,} rows; on each {', or '.join(g.choices)}"
        )

    def storage(self) -> Ticket:
        ticket = Ticket(next(self._count))
        self._held.add(ticket.number)
        weakref.finalize(ticket, self._gone, ticket.number).atexit = False
        return ticket

    def moved(self, Z: Ticket, dZ: Ticket, alpha: float) -> Ticket:
        there = self.storage()
        there.make("moved", (Z, dZ), alpha)
        return there

    def mixed(self, a: float, dZ: Ticket, b: float, other: Ticket) -> Ticket:
        both = self.storage()
        both.make("mixed", (dZ, other), a, b)
        return both

    def fill(self, W: Array, Z: Ticket) -> None:
        Z.make("filled", (), W)

    def value(self, line: Line, alpha: float, W: Array | None = None, V: Array | None = None) -> float:
        return float(sum(self._asked("value", line, alpha, W, V)))

    def jet(
        self, line: Line, alpha: float, W: Array | None = None, V: Array | None = None
    ) -> tuple[float, float, float]:
        parts = self._asked("jet", line, alpha, W, V)
        loss, slope, bend = (float(sum(part)) for part in zip(*parts, strict=True))
        return loss, slope, bend

    def gradient(self, line: Line, alpha: float, W: Array | None, carried: Ticket) -> Sums:
        parts = self._asked("gradient", line, alpha, W, carried=carried.number)
        if alpha != 0:
            carried.make("carried", (line.Z, line.dZ), alpha)
            carried.arrived()
        return added([_own(parts[0]), *parts[1:]])

    def product(self, line: Line, W: Array | None, V: Array, newton: bool) -> tuple[Array, Array]:
        asked = self._asked("product", line, 0.0, W, times=V, newton=newton)
        parts = [Sums(0.0, 0, *part) for part in asked]
        total = added([_own(parts[0]), *parts[1:]])
        return total.first, total.behind

    def outputs(self, Z: Ticket, rest: Vector) -> Array:
        return np.concatenate(self._asked("outputs", Line.standing(Z, rest)))

    def close(self) -> None:
        self.gathering.close()

    def _asked(
        self,
        what: str,
        line: Line,
        alpha: float = 0.0,
        W: Array | None = None,
        V: Array | None = None,
        **more: Any,
    ) -> list[Any]:
        """What every shard says, in order; from now on the workers have the line and its handles."""
        for weights, ticket in ((W, line.Z), (V, line.dZ)):
            if weights is not None:
                self.fill(weights, ticket)
        number, forget = self._number(line), tuple(self._dead)
        ask = Ask(what, number, alpha, forget=forget, **more)
        tickets = [line.Z] if ask.stands else [line.Z, line.dZ]
        new = list(_new(tickets))
        told = Told(number, line.Z.number, line.dZ.number, line.rest, line.along)
        brief = ask._replace(
            told=None if number in self._told else told, recipes=tuple(_recipe(t.made, True) for t in new)
        )

        def whole() -> Ask:
            every = _every([ticket.made for ticket in tickets])
            return ask._replace(told=told, recipes=tuple(_recipe(m, m.number in self._held) for m in every))

        parts = self.gathering.ask(brief, whole, spread=W is not None)
        self._told.add(number)
        for ticket in new:
            ticket.arrived()
        del self._dead[: len(forget)]
        return parts

    def _number(self, line: Line) -> int:
        if line not in self._lines:
            self._lines[line] = number = next(self._count)
            weakref.finalize(line, self._gone, number).atexit = False
        return self._lines[line]

    def _gone(self, number: int) -> None:
        self._held.discard(number)
        self._told.discard(number)
        self._dead.append(number)


def _new(tickets: list[Ticket]) -> Iterator[Ticket]:
    """Those the workers have not made yet, and what they will be made of, each once."""
    seen, open_ = set(), list(tickets)
    while open_:
        ticket = open_.pop()
        if not ticket.there and ticket.number not in seen:
            seen.add(ticket.number)
            open_.extend(ticket.behind)
            yield ticket


def _every(made: list[Any]) -> Iterator[Made]:
    """All that these were made of, down to the weights, each once."""
    seen, open_ = set(), list(made)
    while open_:
        one = open_.pop()
        if one.number not in seen:
            seen.add(one.number)
            open_.extend(one.of)
            yield one


def _recipe(made: Made | None, kept: bool) -> Recipe:
    assert made is not None, "a handle is asked for before it is filled"
    return Recipe(made.number, made.how, tuple(part.number for part in made.of), made.by, kept)


def _own(sums: Sums) -> Sums:
    """With arrays that may be added to: what came over the network may not."""
    return sums._replace(first=np.array(sums.first), behind=np.array(sums.behind))
