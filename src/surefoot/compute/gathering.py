"""Gathering: which worker holds which shards, how all are asked, and how it goes on when one is lost.

    holding    some shards on one worker: a Dask actor, made where we prefer it, asked past the scheduler
    ask        one message to every holding, one back: a list of sums, shard by shard
    lost       a holding whose worker is gone: its shards are made on others, and told all that they need
    patience   nothing is waited for without looking, every SLICE, whether it can still come

Answers are put in the order of the shards, whoever gave them.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from concurrent.futures import wait
from dataclasses import dataclass
from time import monotonic
from typing import Any, TypeAlias, TypeVar

from surefoot.compute.cluster import Cluster
from surefoot.compute.pieces import Pieces, is_dask
from surefoot.compute.workers import Ask, Failure, Holding, Unreadable
from surefoot.errors import BadValue, ClusterLost, DataError, SurefootError
from surefoot.network import Network

SLICE = 0.2  # seconds between two looks
PATIENCE = 30.0  # seconds that a cluster may be without a worker
TRIES = 10  # times that one question is asked, each after a loss

Result = TypeVar("Result")
Possible: TypeAlias = Callable[[], Awaitable[bool]]  # whether what is waited for can still come


@dataclass(frozen=True, eq=False)
class Group:
    """A holding: its worker, its shards, the future that keeps it, and the actor that answers."""

    worker: str
    numbers: list[int]
    future: Any
    actor: Any


class Gathering:
    """All shards on the workers of a cluster.   real, threads : of the desks there."""

    def __init__(self, network: Network, real: Any, threads: int, pieces: Pieces, cluster: Cluster) -> None:
        self._desk = network, real, threads
        self.pieces, self.cluster = pieces, cluster
        self.groups: list[Group] = []
        self._notes: list[str] = []
        self._lost: defaultdict[str, list[int]] = defaultdict(list)  # worker -> shards it had
        self.choices: dict[str, None] = {}  # how workers walk, each sentence once
        self._lying: dict[int, dict[str, Any]] = {}  # futures of parts of a dask collection
        self._read = False  # True: some worker cannot read the file; rows are sent

    def ready(self) -> None:
        """Every shard stands somewhere."""
        self._wait(self._settle)

    def ask(self, brief: Ask, whole: Callable[[], Ask], spread: bool) -> list[Any]:
        """What each shard says to `brief`; those that lack something are asked `whole`.

        spread : now shards may move to workers that have joined.

        Raises
        ------
        ClusterLost : the scheduler is gone, or workers are lost faster than they answer.
        """
        return self._wait(lambda: self._asked(brief, whole, spread))

    def happened(self) -> tuple[str, ...]:
        """What befell the workers since this was asked last."""
        lost = tuple(
            f"worker {worker} was lost: {self._count(numbers)} were loaded and computed again elsewhere"
            for worker, numbers in self._lost.items()
        )
        said = (*lost, *self._notes)
        self._lost.clear()
        self._notes.clear()
        return said

    def close(self) -> None:
        self.groups = []
        self.cluster.close()

    def _wait(self, work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        """Its result from the client's loop; looks at the scheduler meanwhile, and lets Ctrl-C in."""
        loop = self.cluster.client.loop.asyncio_loop
        if self.cluster.lost:
            raise self._gone("does not answer any more")
        coming = asyncio.run_coroutine_threadsafe(work(), loop)
        try:
            while not wait([coming], SLICE).done:
                if self.cluster.lost:
                    raise self._gone("does not answer any more")
            return coming.result()
        except SurefootError:
            raise
        except OSError as error:
            raise self._gone("does not answer any more") from error
        finally:
            coming.cancel()

    async def _asked(self, brief: Ask, whole: Callable[[], Ask], spread: bool) -> list[Any]:
        answers: dict[int, Any] = {}
        lacking: set[int] = set()
        if spread:
            await self._spread()
        for _ in range(TRIES):
            await self._settle()
            left = [group for group in self.groups if not answers.keys() >= set(group.numbers)]
            asks = [brief if lacking.isdisjoint(group.numbers) else whole() for group in left]
            replies = await self._together(self._answer(*pair) for pair in zip(left, asks, strict=True))
            for group, parts in zip(left, replies, strict=True):
                found = dict(zip(group.numbers, parts or (), strict=False))
                answers.update((number, part) for number, part in found.items() if part is not None)
                lacking.update(set(group.numbers) - answers.keys())
            if len(answers) == len(self.pieces):
                return [answers[number] for number in range(len(self.pieces))]
        raise self._gone(f"lost workers {TRIES} times within one question")

    async def _answer(self, group: Group, ask: Ask) -> list[Any] | None:
        """None: the group is lost."""
        parts: Any = await self._while(self._lives(group.future), lambda: group.actor.answer(ask))
        if isinstance(parts, Failure):
            raise parts.error
        if not isinstance(parts, list):
            self._lose(group)
            return None
        return parts

    async def _settle(self) -> None:
        """Shards that stand nowhere, or whose worker is gone, are placed."""
        self.cluster.tend()
        for group in self.groups[:]:
            if group.future.status != "finished":
                self._lose(group)
        for _ in range(TRIES):
            standing = {number for group in self.groups for number in group.numbers}
            homeless = [number for number in range(len(self.pieces)) if number not in standing]
            if not homeless:
                return
            shares = await self._shares(homeless)
            placed = await self._together(self._placed(*share) for share in shares.items())
            self.groups += [group for group in placed if group is not None]
        raise self._gone(f"lost workers {TRIES} times while they loaded their shards")

    async def _spread(self) -> None:
        """Too many shards on a worker, since others have joined: some become homeless."""
        workers = await self._workers()
        most, load = -(-len(self.pieces) // len(workers)), self._load(workers)
        for group in self.groups[::-1]:
            if load[group.worker] > most:
                load[group.worker] -= len(group.numbers)
                self.groups.remove(group)
                self._notes.append(f"{self._count(group.numbers)} were moved to use {len(workers)} workers")

    async def _shares(self, homeless: list[int]) -> dict[str, list[int]]:
        """Worker -> the shards that it gets: where their rows lie, else who has fewest."""
        workers = await self._workers(1 if self.groups else self.cluster.count)
        lie = await self._lie(homeless)
        most, load = -(-len(self.pieces) // len(workers)), self._load(workers)
        shares = defaultdict(list)
        for number in homeless:
            worker = lie.get(number, "")
            if worker not in workers or load[worker] >= most:
                worker = min(workers, key=lambda one: (load[one], one))
            load[worker] += 1
            shares[worker].append(number)
        return shares

    async def _workers(self, wanted: int = 1) -> list[str]:
        """Addresses of all workers; waits up to PATIENCE until there are so many, and for one at least."""
        late = monotonic() + PATIENCE
        while len(found := await self.cluster.client.nthreads()) < wanted and monotonic() < late:
            self.cluster.tend()
            await asyncio.sleep(SLICE / 4)
        if not found:
            raise self._gone(f"has had no worker for {PATIENCE:.0f} s")
        return sorted(found)

    async def _lie(self, numbers: list[int]) -> dict[int, str]:
        """Parts of a dask collection are computed where Dask likes; shard -> where its rows lie then."""
        client, rows = self.cluster.client, {}
        for number in numbers if self.pieces.lazy else ():
            parts = {k: part for k, part in self.pieces.piece(number)._asdict().items() if is_dask(part)}
            self._lying[number] = dict(zip(parts, client.compute(list(parts.values())), strict=True))
            rows[number] = self._lying[number].get("rows")
        for future in [future for number in rows for future in self._lying[number].values()]:
            error = await self._while(self._lives(future), future.exception)
            if future.status == "cancelled":
                raise DataError(
                    f"Parts of the dask collection cannot be had at {self.cluster.address}; if they lie on "
                    "another cluster give its Client as workers, if they were lost load them again."
                )
            if future.status == "error":
                raise error
        return {number: await self._where(future) for number, future in rows.items() if future}

    async def _where(self, future: Any) -> str:
        """A worker that has its result, or nothing."""
        where = await self._while(self._lives(future), lambda: self.cluster.client.who_has([future]))
        return next(iter((where or {}).get(future.key, ())), "")

    async def _placed(self, worker: str, numbers: list[int]) -> Group | None:
        """The shards on this worker, or on another if it is gone; None: on none."""
        client = self.cluster.client
        lying = [self._lying.pop(number, {}) for number in numbers]
        pieces = (self.pieces.piece(number, self._read) for number in numbers)
        given = [piece._replace(**dict.fromkeys(parts)) for piece, parts in zip(pieces, lying, strict=True)]
        sent = await self._while(
            self._stays(worker), lambda: client.scatter(given, workers=[worker], hash=False)
        )
        if sent is None:
            return None
        beside = ([parts.get(name) for parts in lying] for name in ("rows", "y"))
        future = client.submit(
            Holding, *self._desk, sent, *beside,
            actor=True, pure=False, workers=[worker], allow_other_workers=True,
        )  # fmt: skip
        error = await self._while(self._lives(future), future.exception)
        if isinstance(error, ImportError):
            raise BadValue(f"{worker} cannot take shards ({error}); install there what is installed here.")
        address = await self._where(future)
        if future.status != "finished" or not address:
            return None
        actor = self.cluster.actor(Holding, address, future)
        loaded = await self._while(self._lives(future), actor.load)
        if isinstance(loaded, Failure):
            self._refused(loaded.error)
        if not isinstance(loaded, str):
            return None
        self.choices[loaded] = None
        return Group(address, numbers, future, actor)

    def _refused(self, error: Exception) -> None:
        """Files that a worker cannot read are read here from now on; anything else is raised."""
        if not isinstance(error, Unreadable):
            raise error
        if not self._read:
            self._notes.append(f"rows are sent to the workers, one of which cannot read {error}")
        self._read = True

    async def _while(self, possible: Possible, work: Callable[[], Any]) -> Any:
        """Its result; None when it has become impossible, or ends with an error of the connection."""
        coming = None
        try:
            coming = asyncio.ensure_future(work())
            while not (await asyncio.wait({coming}, timeout=SLICE))[0]:
                if not await possible():
                    return None
            return coming.result()
        except asyncio.CancelledError:
            if coming is None or coming.done():  # what was waited for, not this waiting
                return None
            raise
        except SurefootError:
            raise
        except Exception:  # what the work itself raises comes as a Failure
            return None
        finally:
            if coming is not None:
                coming.cancel()

    async def _together(self, works: Iterable[Coroutine[Any, Any, Result]]) -> list[Result]:
        """All results; the first error once all have ended."""
        results = await asyncio.gather(*works, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return results  # type: ignore[return-value]

    def _lives(self, future: Any) -> Possible:
        async def lives() -> bool:
            if future.status == "pending":
                await self._workers()
            return future.status in ("pending", "finished")

        return lives

    def _stays(self, worker: str) -> Possible:
        async def stays() -> bool:
            return worker in await self._workers()

        return stays

    def _lose(self, group: Group) -> None:
        """Take note, once."""
        if group in self.groups:
            self.groups.remove(group)
            self._lost[group.worker] += group.numbers

    def _count(self, numbers: list[int]) -> str:
        rows = self.pieces.rows_of(numbers)
        return f"{len(numbers)} of {len(self.pieces)} shards ({rows:,} rows)"

    def _load(self, workers: list[str]) -> Counter[str]:
        """How many shards each of them holds."""
        load = Counter(dict.fromkeys(workers, 0))
        for group in self.groups:
            load[group.worker] += len(group.numbers)
        return load

    def _gone(self, what: str) -> ClusterLost:
        return ClusterLost(
            f"The Dask cluster at {self.cluster.address} {what}; a run that was kept in a file goes on with "
            "`surefoot train --resume RUN`, on any machine."
        )
