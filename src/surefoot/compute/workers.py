"""What stands on a worker: some shards of the data, and the first layers that they keep between asks.

    handle    a number for Z¹ or Ż¹ of all rows; every shard keeps its own rows of it
    line      a number for a place and a direction: told once, then asked many α
    recipe    how a first layer was made, from W or from other handles

A shard that lacks a handle makes it by its recipe: the same operations in the same order, the same bits.
So nothing that a shard keeps is precious, and one that stands on a new worker is as good as the old one.
A handle that is to be X W is not made before a walk needs it, and then in that walk.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from surefoot.arrays import Array, Vector
from surefoot.compute.desk import Desk
from surefoot.compute.packed import targets
from surefoot.compute.pieces import Mapped, Piece
from surefoot.compute.shard import Shard, as_walked
from surefoot.compute.walks import Line
from surefoot.network import Network


class Recipe(NamedTuple):
    """How handle `number` is made.

    filled : X W, by = (W,)                        moved, carried : Z + α Ż, of = (Z, Ż), by = (α,)
    mixed : a Ż + b Ż′, of = (Ż, Ż′), by = (a, b)
    moved is NumPy's, carried a gradient's walk, which rounds once where NumPy rounds twice.
    kept : somebody still holds the handle; otherwise it only is a step on the way to others.
    """

    number: int
    how: str
    of: tuple[int, ...]
    by: tuple[Any, ...]
    kept: bool = True


class Told(NamedTuple):
    """A line, as workers are told of it: two handles, and what lies behind W¹ in θ and in p."""

    number: int
    Z: int
    dZ: int
    rest: Vector
    along: Vector


class Ask(NamedTuple):
    """One question to all shards.

    what : value, jet, gradient, product, outputs.   told : the line, when it may be new.
    recipes : of handles that may be new.   carried : handle for what a gradient's walk leaves behind.
    times, newton : V and which matrix, of a product.   forget : what nobody asks for any more.
    """

    what: str
    line: int
    alpha: float = 0.0
    told: Told | None = None
    recipes: tuple[Recipe, ...] = ()
    carried: int = 0
    times: Array | None = None
    newton: bool = False
    forget: tuple[int, ...] = ()

    @property
    def stands(self) -> bool:
        """True when Ż¹ has no meaning here: the gradient where one stands."""
        return self.what == "gradient" and self.alpha == 0


class Failure(NamedTuple):
    """An exception that the work itself raised; whatever else goes wrong is the cluster's."""

    error: Exception


class Unreadable(Exception):
    """A worker cannot read the file in which its rows lie."""


class Lacking(Exception):
    """A handle that is not kept here, and of which no recipe was told."""


class Holding:
    """Some shards on one worker, as a Dask actor.

    pieces : what each shard is made of.   rows, y : None, or what lay in a dask collection.
    """

    def __init__(
        self, network: Network, real: Any, threads: int, pieces: list[Piece], rows: list[Any], y: list[Any]
    ) -> None:
        self.network, self.desk = network, Desk(network, real, threads)
        self.pieces = [
            Piece(piece.rows if x is None else x, piece.y if t is None else t, piece.weights)
            for piece, x, t in zip(pieces, rows, y, strict=True)
        ]
        self.held: list[Held] = []

    def load(self) -> str | Failure:
        """How the shards are walked here."""
        try:
            self.held = [Held(self._shard(piece)) for piece in self.pieces]
        except Exception as error:
            return Failure(error)
        self.pieces = []
        return self.desk.choice

    def answer(self, ask: Ask) -> list[Any] | Failure:
        """What every shard says; None: it lacks something."""
        try:
            return [held.answer(ask) for held in self.held]
        except Exception as error:
            return Failure(error)

    def _shard(self, piece: Piece) -> Shard:
        real = self.desk.real
        Y = targets(self.network, np.asarray(piece.y), real)
        return Shard(self.network, as_walked(read(piece.rows), real), Y, piece.weights, self.desk)


class Held:
    """A shard, the first layers it keeps, and the lines it was told of."""

    def __init__(self, shard: Shard) -> None:
        self.shard = shard
        self.kept: dict[int, Array] = {}
        self.lines: dict[int, Told] = {}

    def answer(self, ask: Ask) -> Any:
        """A sum of this shard, or None: it lacks the line, or a handle and its recipe."""
        for number in ask.forget:
            self.kept.pop(number, None)
            self.lines.pop(number, None)
        if ask.told is not None:
            self.lines[ask.told.number] = ask.told
        told = self.lines.get(ask.line)
        try:
            return None if told is None else self._walk(ask, told, {r.number: r for r in ask.recipes})
        except Lacking:
            return None

    def _walk(self, ask: Ask, told: Told, recipes: dict[int, Recipe]) -> Any:
        shard, trial = self.shard, ask.what in ("value", "jet")
        Z, W = self._here(told.Z, recipes, trial or ask.stands or ask.what == "product")
        dZ, V = (Z, None) if told.dZ == told.Z or ask.stands else self._here(told.dZ, recipes, trial)
        line = Line(Z, dZ, told.rest, told.along)
        answer: Any
        if ask.what == "value":
            answer = shard.value(line, ask.alpha, W, V)
        elif ask.what == "jet":
            answer = shard.jet(line, ask.alpha, W, V)
        elif ask.what == "product":
            assert ask.times is not None
            answer = shard.product(line, W, ask.times, ask.newton)
        elif ask.what == "outputs":
            answer = shard.outputs(Z, told.rest)
        elif ask.stands:
            answer = shard.gradient(line, 0.0, W, Z)
        else:
            carried = shard.storage()
            answer = shard.gradient(line, ask.alpha, None, carried)
            self.kept[ask.carried] = carried
        self.kept.update({told.Z: Z, told.dZ: dZ} if not ask.stands else {told.Z: Z})
        return answer

    def _here(self, number: int, recipes: dict[int, Recipe], walks: bool) -> tuple[Array, Array | None]:
        """The handle's array, and W where the walk that comes is to fill it."""
        recipe = recipes.get(number)
        if walks and number not in self.kept and recipe is not None and recipe.how == "filled":
            return self.shard.storage(), recipe.by[0]
        if number not in self.kept:
            self._make(number, recipes)
        return self.kept[number], None

    def _make(self, wanted: int, recipes: dict[int, Recipe]) -> None:
        """Keep the handle, made from what is kept; others on the way go when they have served."""
        steps = self._steps(wanted, recipes)
        last = {parent: i for i, recipe in enumerate(steps) for parent in recipe.of}
        passing: dict[int, Array] = {}
        for i, recipe in enumerate(steps):
            place = self.kept if recipe.kept or recipe.number == wanted else passing
            place[recipe.number] = self._made(recipe, [{**passing, **self.kept}[k] for k in recipe.of])
            for parent in recipe.of:
                if last[parent] == i:
                    passing.pop(parent, None)

    def _steps(self, wanted: int, recipes: dict[int, Recipe]) -> list[Recipe]:
        """The recipes that lead to the handle, each behind those it is made of."""
        steps, seen, open_ = [], set(), [(wanted, False)]
        while open_:
            number, ready = open_.pop()
            if ready:
                steps.append(recipes[number])
            elif number not in self.kept and number not in seen:
                if number not in recipes:
                    raise Lacking
                seen.add(number)
                open_.append((number, True))
                open_.extend((parent, False) for parent in reversed(recipes[number].of))
        return steps

    def _made(self, recipe: Recipe, of: list[Array]) -> Array:
        shard = self.shard
        if recipe.how == "moved":
            return shard.moved(of[0], of[1], *recipe.by)
        if recipe.how == "mixed":
            a, b = recipe.by
            return shard.mixed(a, of[0], b, of[1])
        made = shard.storage()
        if recipe.how == "filled":
            shard.fill(recipe.by[0], made)
        else:
            sizes = shard.network.sizes
            nowhere = np.zeros(shard.network.size - sizes[0] * sizes[1])
            shard.gradient(Line(of[0], of[1], nowhere, nowhere), recipe.by[0], None, made)
        return made


def read(rows: Any) -> Array:
    """Rows as an array, read on this machine where they lie on a disk."""
    try:
        if isinstance(rows, Mapped):
            if not rows.is_there:
                raise Unreadable(rows.file)
            return rows.opened()
        return np.asarray(rows)
    except OSError as error:
        raise Unreadable(str(error)) from error
