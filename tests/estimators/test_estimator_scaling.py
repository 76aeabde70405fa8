"""Scaling and the multiset of samples: exact where they can be, at both ends of what floats hold."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn")

from surefoot.estimators.multiset import distinct
from surefoot.estimators.scaling import Scaling

RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 3)) * [1, 10, 100] + [0, 5, -3]
W = RNG.integers(1, 5, 50).astype(float)


def moments(Z, w):
    mean = np.average(Z, axis=0, weights=w)
    return mean, np.average((Z - mean) ** 2, axis=0, weights=w)


@pytest.mark.parametrize("weights", [None, W])
@pytest.mark.parametrize("unit", [1.0, 1e-200, 1e200, 1e304, 2.0**-1000])
def test_scaled_columns_have_mean_0_and_mean_square_1(weights, unit):
    mean, square = moments(Scaling.of(X * unit, weights).apply(X * unit), weights)
    assert np.abs(mean).max() < 1e-14
    assert np.abs(square - 1).max() < 1e-13


def test_a_power_of_two_as_unit_changes_no_bit():
    plain, other = Scaling.of(X, W), Scaling.of(X * 2.0**700, W)
    assert np.array_equal(plain.scale * 2.0**700, other.scale)
    assert np.array_equal(plain.apply(X), other.apply(X * 2.0**700))


def test_columns_far_from_0_keep_their_digits():
    far = 1e16 + 2.0 * (X[:, :1] > 0)
    Z = Scaling.of(far).apply(far)
    assert len(np.unique(Z)) == 2
    assert np.ptp(Z) == pytest.approx(2 / np.std(X[:, 0] > 0) / 2, rel=1e-12)


def test_constant_columns_get_scale_1_and_become_exactly_0():
    table = np.column_stack([np.full(50, 0.1), np.full(50, 1e308), X[:, 0], np.full(50, 5e-324)])
    scaling = Scaling.of(table, W)
    assert scaling.constant.tolist() == [True, True, False, True]
    assert scaling.scale[[0, 1, 3]].tolist() == [1, 1, 1]
    assert not scaling.apply(table)[:, [0, 1, 3]].any()


def test_both_ends_of_floats_neither_overflow_nor_vanish():
    ends = np.where(X > 0, 1.7e308, -1.7e308)
    tiny = np.where(X > 0, 5e-324, 0.0)
    for table in (ends, tiny, 1.7e308 * np.sign(X) * RNG.random(X.shape)):
        scaling = Scaling.of(table)
        Z = scaling.apply(table)
        assert np.isfinite(Z).all()
        assert (scaling.scale > 0).all()
        assert (np.ptp(Z, axis=0) >= 1).all()
    scaling = Scaling.of(ends)
    back = scaling.undo(scaling.apply(ends))
    assert np.abs(back / ends - 1).max() < 1e-15


def test_undo_is_the_way_back():
    scaling = Scaling.of(X, W)
    assert np.abs(scaling.undo(scaling.apply(X)) - X).max() < 1e-13
    assert np.array_equal(Scaling.none(3).apply(X), X)


def test_sparse_columns_have_mean_square_1_and_zeros_stay():
    sparse = pytest.importorskip("scipy.sparse")
    table = np.where(RNG.random(X.shape) < 0.5, 0.0, X) * [1, 1e-250, 1e250]
    S = sparse.csr_array(table)
    scaling = Scaling.of(S, W)
    Z = scaling.apply(S)
    assert Z.format == "csr"
    assert Z.nnz == S.nnz
    assert np.abs(np.average(Z.toarray() ** 2, axis=0, weights=W) - 1).max() < 1e-13
    assert not scaling.mean.any()


def test_blocks_of_rows_and_columns_change_nothing(monkeypatch):
    whole = Scaling.of(X, W)
    Z = whole.apply(X)
    monkeypatch.setattr("surefoot.estimators.scaling.BLOCK", 60)
    assert np.abs(Scaling.of(X, W).mean - whole.mean).max() < 1e-14
    assert np.array_equal(whole.apply(X), Z)


# the multiset


def table(sparse):
    made = RNG.integers(0, 3, (200, 3)).astype(float)
    return pytest.importorskip("scipy.sparse").csr_array(made) if sparse else made


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("labels", [False, True])
def test_equal_rows_become_one_with_their_weights(sparse, labels, monkeypatch):
    T, w = table(sparse), RNG.integers(0, 4, 200).astype(float)
    y = RNG.integers(0, 2, 200) if labels else RNG.integers(0, 2, (200, 2)) / 3
    kept = distinct(T, y, w)
    plain = np.column_stack([T.toarray() if sparse else T, y.reshape(200, -1)])
    expected, number = np.unique(plain[w > 0], axis=0, return_inverse=True)
    mass = np.bincount(number, w[w > 0])
    order = np.lexsort(plain[kept.rows].T[::-1])
    assert np.array_equal(plain[kept.rows][order], expected)
    assert np.array_equal(kept.weights[order], mass / mass.max())
    assert kept.counts.sum() == (w > 0).sum()
    monkeypatch.setattr("surefoot.estimators.multiset.BLOCK", 10)
    assert np.array_equal(distinct(T, y, w).rows, kept.rows)


@pytest.mark.parametrize("sparse", [False, True])
def test_the_order_of_rows_does_not_count(sparse):
    T, y = table(sparse), RNG.integers(0, 5, 200)
    order = RNG.permutation(200)
    one, other = distinct(T, y, None), distinct(T[order], y[order], None)
    assert abs(T[one.rows] - T[order][other.rows]).sum() == 0
    assert np.array_equal(y[one.rows], y[order][other.rows])
    assert np.array_equal(one.weights, other.weights)


def test_rows_that_only_share_a_hash_stay_apart(monkeypatch):
    monkeypatch.setattr("surefoot.estimators.multiset._multipliers", lambda d: np.zeros(d, np.uint64))
    kept = distinct(X, np.arange(50), None)
    assert len(kept.rows) == 50
    assert kept.weights is None


def test_minus_zero_is_zero_and_equal_weights_are_none():
    kept = distinct(np.array([[0.0], [-0.0], [1.0], [1.0]]), np.zeros(4), np.full(4, 7.0))
    assert kept.weights is None
    assert kept.counts.tolist() == [2, 2]
