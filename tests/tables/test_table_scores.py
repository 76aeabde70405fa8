"""Scores against their definitions, other people's code, and what chance gives."""

from __future__ import annotations

import numpy as np
import pytest

from surefoot.tables.judging import calibration, class_pictures, confusion, importance, number_pictures, roc
from surefoot.tables.scores import accuracy, beats, compared, numbers_scores, sign_test, wilson


@pytest.mark.parametrize(("right", "n"), [(0, 10), (10, 10), (1, 3), (81, 100), (500, 1000)])
def test_wilsons_ends_solve_their_equation(right, n):
    z, p = 1.959963984540054, right / n
    for end in wilson(right, n):
        assert abs((p - end) ** 2 - z * z * end * (1 - end) / n) < 1e-12  # |p̂ - q| = z √(q (1 - q) / n)
    low, high = wilson(right, n)
    assert 0 <= low <= p <= high <= 1


def test_wilsons_interval_covers():
    rng = np.random.default_rng(0)
    for p in (0.02, 0.3, 0.9):
        ends = [wilson(int(k), 60) for k in rng.binomial(60, p, 4000)]
        assert 0.92 < np.mean([low <= p <= high for low, high in ends]) < 0.985


def test_sign_test_is_the_binomial_tail():
    stats = pytest.importorskip("scipy.stats")
    for better, worse in ((0, 0), (5, 0), (7, 3), (3, 7), (400, 350)):
        tail = stats.binom.sf(better - 1, better + worse, 0.5) if better + worse else 1.0
        assert sign_test(better, worse) == pytest.approx(tail, rel=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("task", ["classification", "regression"])
def test_alike_models_seldom_beat_each_other(task):
    rng, wins = np.random.default_rng(1), 0
    for _ in range(200):
        y = rng.normal(size=80)
        a, b = y + rng.normal(size=80), y + rng.normal(size=80)
        if task == "classification":
            y, a, b = y > 0, a > 0, b > 0
        wins += beats(y, a, b, task, 0)
    assert wins / 200 < 0.07  # promised: one in forty


def test_better_and_worse_are_told():
    rng = np.random.default_rng(2)
    y = rng.normal(size=200)
    good, bad = y + 0.1 * rng.normal(size=200), rng.normal(size=200)
    assert compared(y, good, bad, "regression", 0) == "better"
    assert compared(y, bad, good, "regression", 0) == "worse"
    assert compared(y, good, good, "regression", 0) == "alike"


def test_r2_and_mae_by_definition_and_their_intervals_cover():
    metrics = pytest.importorskip("sklearn.metrics")
    rng, covered = np.random.default_rng(3), 0
    for _ in range(60):
        y = rng.normal(size=150)
        guesses = y + rng.normal(size=150)
        r2, mae = numbers_scores(y, guesses, 0)
        assert r2.value == pytest.approx(metrics.r2_score(y, guesses))
        assert mae.value == pytest.approx(metrics.mean_absolute_error(y, guesses))
        covered += mae.low <= np.sqrt(2 / np.pi) <= mae.high  # E|N(0, 1)|
    assert covered / 60 > 0.85
    assert numbers_scores(y, guesses, 5) == numbers_scores(y, guesses, 5)


def test_roc_area_is_the_chance_to_order_a_pair_right():
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(4)
    p = rng.integers(0, 20, 300) / 19  # many ties
    y = rng.random(300) < 0.2 + 0.6 * p
    curve = roc(y, p)
    assert curve["area"] == pytest.approx(metrics.roc_auc_score(y, p), abs=1e-12)
    assert roc(np.ones(5, bool), p[:5]) is None
    pairs = (p[y][:, None] > p[~y]) + 0.5 * (p[y][:, None] == p[~y])
    assert curve["area"] == pytest.approx(pairs.mean(), abs=1e-12)


def test_confusion_and_calibration_count_every_row():
    rng = np.random.default_rng(5)
    P = rng.dirichlet([1, 1, 1], 97)
    y = np.array([rng.choice(3, p=row) for row in P])  # true by the probabilities it is given
    C = confusion(y, P.argmax(axis=1), 3)
    assert C.sum() == 97
    assert C.trace() / 97 == accuracy(y, P.argmax(axis=1)).value
    groups = calibration(y, P)
    assert sum(g["rows"] for g in groups) == 97
    assert sum(g["low"] <= g["said"] <= g["high"] for g in groups) >= len(groups) - 1
    assert [c["class"] for c in class_pictures(y, P, "abc")["roc"]] == ["a", "b", "c"]


def test_importance_sees_what_matters_and_shuffles_one_column_whole():
    rng = np.random.default_rng(6)
    X = rng.normal(size=(300, 4))
    found = importance(X, ("a", "b", "b", "c"), lambda Z: float(((Z[:, 1] - X[:, 1]) ** 2).mean()), 0)
    assert found[0]["name"] == "b"
    assert [one["rise"] for one in found if one["name"] != "b"] == [0, 0]
    whole = importance(np.c_[X[:, 0], X[:, 0]], ("b", "b"), lambda Z: float(abs(Z[:, 0] - Z[:, 1]).max()), 0)
    assert whole[0]["rise"] == 0  # shuffled together they stay equal


def test_numbers_that_are_all_right_can_be_drawn():
    y = np.arange(30.0)
    assert sum(number_pictures(y, y)["residuals"]["rows"]) == 30


@pytest.mark.parametrize("unit", [1e149, 1e-200, 1e-310])
def test_scores_do_not_depend_on_the_unit(unit):
    rng = np.random.default_rng(7)
    y = rng.normal(size=50)
    guesses = y + 0.3 * rng.normal(size=50)
    (r2, mae), (far_r2, far_mae) = numbers_scores(y, guesses, 0), numbers_scores(y * unit, guesses * unit, 0)
    assert far_r2.value == pytest.approx(r2.value, rel=1e-9)
    assert far_mae.high / unit == pytest.approx(mae.high, rel=1e-3)
    assert compared(y * unit, guesses * unit, np.zeros(50), "regression", 0) == "better"
    assert np.isfinite(numbers_scores(y * unit, np.full(50, 1e300), 0)[0].low)


def test_mistakes_that_are_all_alike_can_be_drawn():
    for size in (1e16, 5e-324, 1e149):
        assert sum(number_pictures(np.full(30, size), np.zeros(30))["residuals"]["rows"]) == 30
