"""Points in a plane: the same for the same seed, learnt at once, refused in one sentence if need be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import surefoot as sf
from surefoot.data.plane import PLANES, RADIUS, from_points, plane
from surefoot.errors import BadValue
from surefoot.training.options import Options


@pytest.mark.parametrize("name", PLANES)
def test_every_kind_is_loaded_by_its_name(name: str) -> None:
    data = sf.load(name)
    assert (data.n, data.d, data.k, data.name, data.X.dtype) == (400, 2, 2, name, np.float64)
    assert np.bincount(data.y).tolist() == [200, 200]
    assert data.hash == plane(name).hash != sf.load(name, rng=1).hash
    assert sf.load(name, n=10, noise=0.0).n == 10
    assert 0.5 * RADIUS < np.abs(data.X).max() < 2 * RADIUS
    train, test = Options(data=name).split()
    assert test is not None
    assert (train.n, test.n) == (200, 200)
    assert train.y.min() == test.y.min() == 0
    assert train.y.max() == test.y.max() == 1


def test_noise_moves_points_and_leaves_classes() -> None:
    calm, noisy = plane("moons", noise=0.0), plane("moons", noise=0.3)
    assert np.array_equal(calm.y, noisy.y)
    assert np.std(noisy.X - calm.X) == pytest.approx(0.3 * RADIUS / 2, rel=0.1)
    assert Options(data="moons", noise=0.3).split()[0].hash == noisy.split(200)[0].hash
    assert Options.from_json(Options(data="moons", noise=0.3).to_json()).noise == 0.3


def test_without_noise_the_shapes_are_what_they_say() -> None:
    circle, xor = plane("circle", noise=0), plane("xor", noise=0)
    r = np.linalg.norm(circle.X, axis=1)
    assert r[circle.y == 0].max() <= RADIUS / 2 < 0.7 * RADIUS <= r[circle.y == 1].min()
    assert np.array_equal(xor.X.prod(axis=1) < 0, xor.y == 1)
    spiral = plane("spiral", noise=0)
    turned = np.angle(spiral.X[:, 0] + 1j * spiral.X[:, 1]) - np.pi * spiral.y
    t = np.linalg.norm(spiral.X, axis=1) / RADIUS
    assert np.abs(np.exp(1j * turned) - np.exp(2.5j * np.pi * t)).max() < 1e-12


@pytest.mark.parametrize("name", PLANES)
def test_a_small_logistic_network_learns_them(name: str) -> None:
    train, test = sf.load(name).split(200)
    run = sf.train(sf.Network((2, 8, 2)), train, test=test, iterations=100, l2=1e-4)
    assert run.steps[-1].measures["accuracy_test"] >= 0.95


@pytest.mark.parametrize(
    "options",
    [
        {"n": 1}, {"n": 2.5}, {"n": True}, {"n": 10**9}, {"noise": -1}, {"noise": float("nan")},
        {"noise": "much"}, {"noise": True}, {"rng": -1}, {"rng": "x"}, {"rng": True},
    ],
)  # fmt: skip
def test_options_that_cannot_be(options: dict[str, Any]) -> None:
    with pytest.raises(BadValue, match="give a"):
        plane("circle", **options)


def test_other_data_have_no_noise() -> None:
    with pytest.raises(BadValue, match="no option noise"):
        sf.load("digits", noise=0.2)


def test_points_made_by_hand() -> None:
    data = from_points([0, 1.5], [2, 3], [1, 0])
    assert data.X.tolist() == [[0, 2], [1.5, 3]]
    assert data.y.tolist() == [1, 0]
    assert data.classes == ("blue", "orange")


@pytest.mark.parametrize(
    ("points", "says"),
    [
        (([0, 1], [0], [0, 1]), "one of each for every point"),
        (([], [], []), "There are 0 points"),
        (([0], [0], [2]), "A label is 2"),
        (([0], [0], [0.5]), "A label is 0.5"),
        (([0, np.nan], [0, 0], [0, 1]), "Point 1 is at"),
        (([1e7], [0], [0]), "Point 0 is at"),
        ((["a"], [0], [0]), "x of the points is no list of numbers"),
        (([0], [[0]], [0]), "y of the points is no list of numbers"),
        (([0], [[0], [1, 2]], [0]), "y of the points is no list of numbers"),
        ((None, [0], [0]), "x of the points is no list of numbers"),
    ],
)
def test_points_that_cannot_be(points: Any, says: str) -> None:
    with pytest.raises(BadValue, match=says):
        from_points(*points)
