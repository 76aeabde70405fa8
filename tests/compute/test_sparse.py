"""The sparse objective gives the dense one's numbers, and never makes the data dense."""

from __future__ import annotations

import numpy as np
import pytest

import surefoot as sf
from surefoot.compute.dense import Dense
from surefoot.compute.sparse import Sparse
from surefoot.errors import BadValue, ShapeError
from surefoot.network import Network

sparse = pytest.importorskip("scipy.sparse")

RNG = np.random.default_rng(0)
X = np.where(RNG.random((40, 6)) < 0.6, 0.0, RNG.normal(size=(40, 6)))
LABELS = RNG.integers(0, 3, 40)
WEIGHTS = RNG.integers(0, 3, 40)
CASES = [
    ((6, 3), "tanh", "cross-entropy"), ((6, 5, 3), "tanh", "cross-entropy"), ((6, 4, 4, 3), "relu", "binary"),
    ((6, 5, 3), "logistic", "squared-error"),
]  # fmt: skip


def pair(case, **options):
    net = Network(*case)
    Y = LABELS if net.loss == "cross-entropy" else np.eye(3)[LABELS]
    options = {"l2": 1e-2, "sample_weight": WEIGHTS, **options}
    return net, Dense(net, X, Y, **options), Sparse(net, sparse.csr_array(X), Y, **options)


def close(a, b, rel=1e-12):
    return np.max(np.abs(np.subtract(a, b))) <= rel * np.max(np.abs(b))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("weighted", [True, False])
def test_everything_agrees_with_dense(case, weighted):
    net, dense, thin = pair(case, **({} if weighted else {"sample_weight": None}))
    theta, p = net.initial(1), net.initial(2)
    one, other = thin.at(theta), dense.at(theta)
    assert close(one.value, other.value)
    assert close(one.gradient, other.gradient)
    assert close(one.outputs, other.outputs)
    assert close(one.hessian_vector(p), other.hessian_vector(p))
    assert close(one.gauss_newton_vector(p), other.gauss_newton_vector(p))
    ray, plain = one.ray(p), other.ray(p)
    for alpha in (0.0, 0.3, -1.0):
        assert close(ray.value(alpha), plain.value(alpha))
        assert close(ray.slope(alpha), plain.slope(alpha))
        assert close(ray.curvature(alpha), plain.curvature(alpha), 1e-11)
    assert thin.cost == dense.cost
    assert close(thin.sweep(theta, 1e-5), dense.sweep(theta, 1e-5))
    assert close(thin.sweep(theta, 1e-30j), dense.sweep(theta, 1e-30j))
    assert np.array_equal(thin.crossed(theta, 1e-3), dense.crossed(theta, 1e-3))


@pytest.mark.parametrize("case", [case for case in CASES if case[1] != "relu"])
def test_its_gradient_holds(case):
    net, _, thin = pair(case)
    assert sf.check(thin, net.initial(1)).holds


def test_a_sweep_by_blocks_is_the_same(monkeypatch):
    net, _, thin = pair(CASES[2])
    whole = thin.sweep(net.initial(1), 1e-5), thin.crossed(net.initial(1), 1e-3)
    monkeypatch.setattr("surefoot.compute.sparse.BLOCK", 18)
    assert close(thin.sweep(net.initial(1), 1e-5), whole[0])
    assert np.array_equal(thin.crossed(net.initial(1), 1e-3), whole[1])


def test_training_on_it_goes_the_same_way():
    net, dense, thin = pair(CASES[1])
    ends = sf.stop(iterations=15)
    steps = zip(
        sf.descend(thin, net.initial(0), stop=ends), sf.descend(dense, net.initial(0), stop=ends), strict=True
    )
    assert all(one.value == pytest.approx(other.value, rel=1e-9) for one, other in steps)


def test_single_precision_stays_single_and_is_checked_in_double():
    net, _, thin = pair(CASES[1], dtype=np.float32)
    assert thin.X.dtype == np.float32
    assert thin.at(net.initial(1)).outputs.dtype == np.float32
    double = thin.in_double()
    assert isinstance(double, Sparse)
    assert double.X.dtype == np.float64
    assert close(thin.at(net.initial(1)).gradient, double.at(net.initial(1)).gradient, 1e-5)


def test_a_table_too_large_to_be_dense_is_trained_on():
    """30,000 x 1,000,000 with 10 entries a row: dense it would take 240 GB."""
    n, d = 30_000, 1_000_000
    columns = RNG.integers(0, d, (n, 10))
    wide = sparse.csr_array((np.ones(10 * n), columns.ravel(), np.arange(0, 10 * n + 1, 10)), shape=(n, d))
    net = Network((d, 1), loss="binary")
    objective = Sparse(net, wide, (columns[:, 0] % 2).astype(float), l2=1e-6)
    steps = list(sf.descend(objective, np.zeros(net.size), stop=sf.stop(iterations=3)))
    assert steps[-1].value < steps[0].value


@pytest.mark.parametrize("made", [lambda: X, lambda: sparse.csc_array(X)])
def test_other_formats_are_refused(made):
    with pytest.raises(BadValue, match="tocsr"):
        Sparse(Network((6, 3)), made(), LABELS)


def test_shapes_are_checked_as_for_dense():
    with pytest.raises(ShapeError, match="expects 5 inputs"):
        Sparse(Network((5, 3)), sparse.csr_array(X), LABELS)
    with pytest.raises(ShapeError, match="39"):
        Sparse(Network((6, 3)), sparse.csr_array(X), LABELS[:-1])
    with pytest.raises(BadValue, match="l2"):
        Sparse(Network((6, 3)), sparse.csr_array(X), LABELS, l2=-1)
