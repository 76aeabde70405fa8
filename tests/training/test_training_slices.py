"""A slice shows the surface: on the path its values are the run's losses, and its error is the distance."""

from __future__ import annotations

import json

import numpy as np
import pytest

import surefoot as sf
from surefoot.errors import BadValue
from surefoot.training import slices
from surefoot.training.journal import Journal
from surefoot.training.packing import unpacked
from surefoot.training.questions import answer
from surefoot.training.slices import axis, closest_plane, plane_values

NET = sf.Network((64, 6, 10))
TRAIN = sf.load("digits").take(slice(500))
L2 = 1e-3


def grown(n, **options):
    journal = Journal.begin(NET, TRAIN, **options)
    for _ in range(n + 1):
        journal.advance()
    return journal


@pytest.fixture(scope="module")
def journal():
    return grown(30, l2=L2)


def slice_at(journal, k):
    told = answer(journal, "surface", {"k": k})
    json.dumps(told, allow_nan=False)
    return told


def test_a_plane_through_three_points_holds_them(journal):
    told = slice_at(journal, 2)
    assert told["iterations"] == [0, 1, 2]
    assert told["error"] < 1e-12
    points = np.stack([journal.thetas[k] for k in (0, 1, 2)])
    plane = closest_plane(points, points[0])
    rows = np.arange(TRAIN.n)
    for (a, b), k in zip(plane.path, (0, 1, 2), strict=True):
        value = plane_values(journal, plane, np.array([a]), np.array([b]), rows)[0, 0]
        assert value == pytest.approx(journal.steps[k].value, rel=1e-12)
        assert np.allclose(plane.theta(a, b), points[k], rtol=0, atol=1e-12)


@pytest.mark.parametrize("k", [1, 2, 20, 30])
def test_the_newest_point_is_on_the_grid_with_the_grids_value(journal, k):
    told = slice_at(journal, k)
    a, b = told["center"]
    assert [a, b] == unpacked(told["path"])[-1].tolist()
    values = np.array(told["values"])
    assert values.shape == (len(told["b"]), len(told["a"]))
    assert 25 <= len(told["a"]) <= 27
    assert 25 <= len(told["b"]) <= 27
    value = values[told["b"].index(b), told["a"].index(a)]
    loss = journal.steps[k].value
    if k <= 2:
        assert value == pytest.approx(loss, rel=1e-12)
    else:  # the point lies beside the plane: the loss there may differ a little
        assert value == pytest.approx(loss, rel=0.2)


def test_any_value_of_the_grid_is_the_loss_of_the_objective(journal):
    told = slice_at(journal, 25)
    points = np.stack([journal.thetas[k] for k in told["iterations"]])
    plane = closest_plane(points, points[0])
    with sf.Problem(NET, TRAIN, l2=L2) as problem:
        for i, j in ((0, 0), (3, 20), (24, 7)):
            here = problem.at(plane.theta(told["a"][j], told["b"][i]))
            assert told["values"][i][j] == pytest.approx(here.value, rel=1e-11)


def test_the_grid_reaches_beyond_the_path(journal):
    told = slice_at(journal, 30)
    assert len(told["iterations"]) == 20
    assert told["iterations"][-1] == 30
    path = unpacked(told["path"])
    for nodes, along in ((told["a"], path[:, 0]), (told["b"], path[:, 1])):
        reach = np.ptp(along)
        assert nodes[0] <= along.min() - 0.29 * reach
        assert nodes[-1] >= along.max() + 0.29 * reach
        assert np.allclose(np.diff(nodes), nodes[1] - nodes[0])


def test_the_error_is_the_largest_distance_by_the_length():
    rng = np.random.default_rng(0)
    points = np.cumsum(rng.normal(size=(6, 9)), axis=0)
    plane = closest_plane(points, points[0])
    assert abs(plane.u @ plane.v) < 1e-14
    assert np.linalg.norm(plane.u) == pytest.approx(1)
    away = []
    for point, (a, b) in zip(points, plane.path, strict=True):
        moved = point - plane.center
        nearest = np.linalg.lstsq(np.stack([plane.u, plane.v], axis=1), moved, rcond=None)[0]
        assert np.allclose(nearest, [a, b])
        away.append(np.linalg.norm(moved - a * plane.u - b * plane.v))
    length = sum(np.linalg.norm(q - p) for p, q in zip(points, points[1:], strict=False))
    assert plane.error == pytest.approx(max(away) / length)
    assert plane.error > 0.01


def test_no_other_plane_is_closer():
    rng = np.random.default_rng(1)
    points = np.cumsum(rng.normal(size=(8, 5)), axis=0)
    plane = closest_plane(points, points[0])
    moved = points - plane.center
    mine = np.sum(moved**2) - np.sum(plane.path**2)
    for _ in range(200):
        Q, _ = np.linalg.qr(rng.normal(size=(5, 2)))
        assert np.sum(moved**2) - np.sum((moved @ Q) ** 2) >= mine


@pytest.mark.parametrize("spare", [[1.0, 2, 0], [1.0, 0, 0], [0.0, 0, 0]])
def test_points_on_a_line_take_the_second_direction_from_elsewhere(spare):
    points = np.array([[0.0, 0, 0], [1, 0, 0], [3, 0, 0]])
    plane = closest_plane(points, np.array(spare))
    assert abs(plane.u @ plane.v) < 1e-14
    assert np.linalg.norm(plane.v) == pytest.approx(1)
    assert plane.error < 1e-14
    assert np.allclose(plane.path[:, 1], 0)


def test_weights_that_do_not_move_have_no_plane(journal):
    with pytest.raises(BadValue, match="did not move"):
        closest_plane(np.ones((4, 3)), np.ones(3))
    with pytest.raises(BadValue, match="one parameter"):
        closest_plane(np.array([[1.0], [2.0]]), np.ones(1))


def test_the_axis_has_the_newest_point_on_a_node():
    rng = np.random.default_rng(2)
    for _ in range(50):
        values = rng.normal(size=7)
        nodes = axis(values, np.ptp(values))
        assert values[-1] in nodes
        assert 25 <= len(nodes) <= 27


def test_many_rows_are_looked_at_in_part_and_the_sentence_says_so(journal, monkeypatch):
    assert "all 500 training rows" in slice_at(journal, 30)["sentence"]
    monkeypatch.setattr(slices, "ROWS", 100)
    monkeypatch.setattr(slices, "FEWEST", 50)
    told = slice_at(journal, 30)
    assert "on 100 of 500 training rows, evenly chosen" in told["sentence"]
    assert f"by at most {100 * told['error']:.1f} % of its length" in told["sentence"]


def test_values_that_are_not_finite_are_null(journal, monkeypatch):
    values = np.array([[1.0, np.inf], [np.nan, 2.0]])
    monkeypatch.setattr(slices, "plane_values", lambda *args: values)
    assert slice_at(journal, 3)["values"] == [[1.0, None], [None, 2.0]]


def test_weights_too_large_to_be_measured_have_no_plane():
    with pytest.raises(BadValue, match="too large"), np.errstate(over="ignore"):
        closest_plane(np.array([[0.0, 1], [1e200, 1]]), np.ones(2))


def test_a_planted_error_is_seen(journal, monkeypatch):
    monkeypatch.setattr(slices, "tail", lambda Z, behind, f: (Z @ behind[0][0], None))
    told = slice_at(journal, 2)
    a, b = told["center"]
    value = told["values"][told["b"].index(b)][told["a"].index(a)]
    assert value != pytest.approx(journal.steps[2].value, rel=1e-6)
