"""Shards that forget everything make it again: the same bits at every moment, and nothing is kept too long.

Here the workers are objects of this process, and what goes to them and back is pickled as on a network.
"""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import surefoot as sf
from agreement import samples, setting
from surefoot.compute import dask
from surefoot.compute.dask import DaskWalks
from surefoot.compute.packed import Packed, mean_one
from surefoot.compute.pieces import EACH, LARGEST, MOST, Pieces, mapped
from surefoot.compute.walked import Walked
from surefoot.compute.workers import Failure, Held, Holding
from surefoot.errors import BadValue, DataError

METHODS = ("classic", "lbfgs", "newton", "plane", "cg")


class Here:
    """A gathering of one holding in this process; `lose(number of the ask)`: shards lost before it."""

    def __init__(self, net, X, y, lose=lambda number: (), shards=3):
        self.pieces = Pieces(X, y, mean_one(np.full(len(X), 1 / len(X)), np.float64), shards)
        pieces = [self.pieces.piece(i) for i in range(shards)]
        self.holding = Holding(net, np.float64, 1, pieces, [None] * shards, [None] * shards)
        assert "1 thread" in self.holding.load()
        self.lose, self.asked, self.again, self.bytes = lose, 0, 0, []

    def ask(self, brief, whole, spread):
        held = self.holding.held
        for i in self.lose(self.asked):
            held[i] = Held(held[i].shard)
        self.asked += 1
        parts = self.answer(brief)
        if any(part is None for part in parts):
            self.again += 1
            parts = self.answer(whole())
        return parts

    def answer(self, ask):
        sent = pickle.dumps(ask)
        back = pickle.dumps(self.holding.answer(pickle.loads(sent)))
        self.bytes.append((ask.what, len(sent), len(back)))
        parts = pickle.loads(back)
        if isinstance(parts, Failure):
            raise parts.error
        return parts


def objective(lose=lambda number: (), n=900, sizes=(20, 5, 4)):
    X, y, _ = samples(sizes, "cross-entropy", np.uint8, n, 1)
    net = sf.Network(sizes)
    here = Here(net, X, y, lose)
    return Walked(net, DaskWalks(here), n, scale=255.0, l2=0.01), here


def run(method, iterations, lose=lambda number: ()):
    problem, here = objective(lose)
    theta = problem.network.initial(3)
    steps = list(sf.descend(problem, theta, method, sf.stop(iterations=iterations)))
    return [(s.value, s.gradient_norm, s.alpha) for s in steps], here, problem


@pytest.mark.parametrize("method", METHODS)
def test_a_shard_lost_before_any_ask_changes_no_bit(method):
    want, here, _ = run(method, 6)
    for moment in range(here.asked):
        found, lost, _ = run(method, 6, lambda number, k=moment: (number % 3,) if number == k else ())
        assert found == want, (method, moment)
        assert lost.again <= 3  # what else it lacks later is told once


@pytest.mark.parametrize("method", METHODS)
def test_shards_that_forget_all_the_time(method):
    want, _, _ = run(method, 55)  # over a fresh point
    rng = np.random.default_rng(0)
    found, here, _ = run(method, 55, lambda number: rng.choice(3, 2) if rng.random() < 0.3 else ())
    assert here.again > 10
    assert found == want


def planted_alpha(made, kept):
    recipe = right(made, kept)
    return recipe._replace(by=(np.nextafter(recipe.by[0], 9),)) if recipe.how == "carried" else recipe


def planted_way(made, kept):
    recipe = right(made, kept)
    return recipe._replace(how="moved") if recipe.how == "carried" else recipe


def planted_order(made, kept):
    recipe = right(made, kept)
    return recipe._replace(of=recipe.of[::-1]) if recipe.how == "mixed" else recipe


right = dask._recipe


@pytest.mark.parametrize("planted", [planted_alpha, planted_way, planted_order])
def test_a_recipe_that_is_not_followed_to_the_bit_is_found(monkeypatch, planted):
    """Another α, one rounding more, another order: each is seen in the bits of a run that lost a shard."""
    method = "plane" if planted is planted_order else "lbfgs"
    want, _, _ = run(method, 12)
    monkeypatch.setattr(dask, "_recipe", planted)
    assert run(method, 12, lambda number: (1,) if number % 4 == 3 else ())[0] != want


@pytest.mark.parametrize("method", METHODS)
def test_what_nobody_holds_is_forgotten(method):
    most = []

    def look(number):
        most.append(max(len(held.kept) for held in here.holding.held))
        assert max(len(held.lines) for held in here.holding.held) <= 6
        return ()

    problem, here = objective(look)
    theta = problem.network.initial(3)
    for _ in sf.descend(problem, theta, method, sf.stop(iterations=30)):
        pass
    assert max(most) <= 8
    assert len(problem.walks._held) <= 8
    del problem.walks.gathering.lose


def test_a_trial_is_one_number_out_and_three_back():
    problem, here = objective(n=3000, sizes=(200, 6, 10))
    point = problem.at(problem.network.initial(0))
    ray = point.ray(-point.gradient)
    assert ray.value(0.1) > 0
    for held in here.holding.held:  # the rows are gone; whoever read them would see it
        held.shard.bind(np.zeros_like(held.shard.X))
    del here.bytes[:]
    assert all(np.isfinite([ray.value(a), ray.slope(a), ray.curvature(a)]).all() for a in (0.2, 0.3, 0.4))
    assert [what for what, _, _ in here.bytes] == ["value", "jet"] * 3
    assert max(max(out, back) for _, out, back in here.bytes) < 500, here.bytes
    blind = [ray.value(0.7), ray.slope(0.8), ray.curvature(0.8)]
    gradient = ray.point(0.5).gradient
    whole, _ = objective(n=3000, sizes=(200, 6, 10))
    there = whole.at(point.theta)
    beside = there.ray(-there.gradient)
    assert blind == [beside.value(0.7), beside.slope(0.8), beside.curvature(0.8)]
    assert not np.allclose(gradient, beside.point(0.5).gradient)  # a gradient does read them


@pytest.mark.parametrize("method", METHODS)
def test_runs_are_those_of_one_shard(method):
    X, y, _ = samples((20, 5, 4), "cross-entropy", np.uint8, 900, 1)
    problem, _ = objective()
    theta = problem.network.initial(3)
    packed = Packed(problem.network, X, y, scale=255.0, l2=0.01, threads=1)
    stop = sf.stop(iterations=6)  # newton is at the minimum soon after
    for one, other in zip(
        sf.descend(problem, theta, method, stop), sf.descend(packed, theta, method, stop), strict=True
    ):
        assert abs(one.value / other.value - 1) <= 1e-12
        assert one.cost.passes == other.cost.passes


def test_the_work_s_own_errors_come_back():
    problem, here = objective()
    here.holding.held[1].shard.value = None
    with pytest.raises(TypeError, match="not callable"):
        _ = problem.at(problem.network.initial(0)).value


@pytest.mark.parametrize("n", [1, EACH - 1, 2 * EACH, 60_000, 10**6 + 1, 10**9])
def test_cuts_depend_on_the_number_of_rows_alone(n):
    pieces = Pieces(np.broadcast_to(np.uint8(0), (n, 3)), np.broadcast_to(0, n), None)
    assert [row for a, b in pieces.bounds for row in (a, b)][1:-1:2] == [a for a, _ in pieces.bounds[1:]]
    assert (pieces.bounds[0][0], pieces.bounds[-1][1]) == (0, n)
    assert len(pieces) == max(min(max(n // EACH, 1), MOST), -(-n // LARGEST))
    assert max(b - a for a, b in pieces.bounds) <= LARGEST


@pytest.mark.parametrize("shards", [0, 901, 1.5, True])
def test_shards_that_cannot_be(shards):
    with pytest.raises(BadValue, match="shards is"):
        Pieces(np.zeros((900, 2)), np.zeros(900), None, shards)


def test_a_mapped_file_is_sent_as_its_name_and_must_stay_as_it_was(tmp_path):
    _, (_, X, y), _, _, _ = setting((20, 5, 4), "tanh", "cross-entropy")
    np.save(tmp_path / "X.npy", X)
    there = np.load(tmp_path / "X.npy", mmap_mode="r")[10:]
    pieces = Pieces(there, y[10:], None, 4)
    for i, (a, b) in enumerate(pieces.bounds):
        rows = pickle.loads(pickle.dumps(pieces.piece(i).rows))
        assert len(pickle.dumps(rows)) < 500
        assert np.array_equal(rows.opened(), there[a:b])
    assert mapped(there[::2]) is mapped(there + 0) is mapped(X) is None
    with open(tmp_path / "X.npy", "ab") as file:
        file.write(b"more")
    with pytest.raises(DataError, match=r"X\.npy is not what it was"):
        pieces.piece(0)
