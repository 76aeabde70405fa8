"""Laws of the estimators: weights are repetitions, order never counts, the loss is the one documented."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import scale

from surefoot.compute.dense import Dense
from surefoot.compute.sparse import Sparse
from surefoot.estimators import NetClassifier, NetRegressor
from surefoot.estimators.multiset import distinct
from surefoot.network import Network

EXACT = {"tol": 0.0, "max_iter": 2000, "random_state": 0}  # until no decrease is representable


def quietly(estimator, *arguments, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return estimator.fit(*arguments, **options)


def some(n=60, d=4, k=3, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d))
    return X, (X @ rng.normal(size=(d, k)) + rng.normal(size=(n, k))).argmax(axis=1), rng.integers(0, 4, n)


@pytest.mark.parametrize("loss", ["cross-entropy", "binary", "squared-error"])
@pytest.mark.parametrize("sparse", [False, True])
def test_weighted_loss_and_gradient_are_those_of_repeated_rows(loss, sparse):
    scipy = pytest.importorskip("scipy.sparse")
    X, y, w = some()
    Y = y if loss == "cross-entropy" else np.eye(3)[y]
    net = Network((4, 5, 3), "tanh", loss)
    make, held = (Sparse, scipy.csr_array) if sparse else (Dense, np.asarray)
    weighted = make(net, held(X), Y, l2=1e-2, sample_weight=w).at(net.initial(0))
    repeated = make(net, held(X.repeat(w, axis=0)), Y.repeat(w, axis=0), l2=1e-2).at(net.initial(0))
    assert weighted.value == pytest.approx(repeated.value, rel=1e-12)
    assert np.abs(weighted.gradient - repeated.gradient).max() <= 1e-12 * np.abs(repeated.gradient).max()


def raw(monkeypatch):
    """Fits on the rows as they come: no row is merged, none is moved."""
    for module in ("classifier", "regressor"):
        monkeypatch.setattr(f"surefoot.estimators.{module}.distinct", as_they_come)


def as_they_come(X, Y, weights):
    kept = distinct(X, Y, weights)
    rows = np.arange(X.shape[0]) if weights is None else np.flatnonzero(weights)
    return kept._replace(
        rows=rows, weights=None if weights is None else weights[rows], counts=np.ones(len(rows), int)
    )


@pytest.mark.parametrize("merging", [True, False])
@pytest.mark.parametrize("make", [NetClassifier, NetRegressor])
def test_convex_fits_of_weighted_repeated_and_permuted_rows_agree(make, merging, monkeypatch):
    if not merging:
        raw(monkeypatch)
    X, y, w = some()
    y = y if make is NetClassifier else y + X[:, 0]
    order = np.random.default_rng(1).permutation(len(X))
    ask = "decision_function" if make is NetClassifier else "predict"

    def answers(*arguments):
        return getattr(quietly(make(hidden=(), l2=1e-2, **EXACT), *arguments), ask)(X)

    weighted = answers(X, y, w)
    for other in (answers(X.repeat(w, axis=0), y.repeat(w)), answers(X[order], y[order], w[order])):
        assert np.abs(weighted - other).max() <= (0 if merging else 1e-9)


@pytest.mark.parametrize("make", [NetClassifier, NetRegressor])
def test_deep_fits_of_weighted_repeated_and_permuted_rows_have_the_same_bits(make):
    X, y, w = some()
    y = y if make is NetClassifier else y + X[:, 0]
    order = np.random.default_rng(1).permutation(len(X))
    net = make(hidden=(5, 4), l2=1e-3, random_state=3, max_iter=60)
    theta = quietly(net, X, y, w).theta_
    assert np.array_equal(theta, quietly(net, X.repeat(w, axis=0), y.repeat(w)).theta_)
    assert np.array_equal(theta, quietly(net, X[order], y[order], w[order]).theta_)
    assert np.array_equal(theta, quietly(net, X, y, 8.0 * w).theta_)
    assert not np.array_equal(theta, quietly(net, X, y, w + (np.arange(len(w)) == 0)).theta_)


@pytest.mark.parametrize(("load", "l2"), [(load_digits, 1e-3), (load_breast_cancer, "auto")])
def test_float32_and_float64_agree_in_nearly_all_labels(load, l2):
    X, y = load(return_X_y=True)
    half = len(X) // 2
    double = quietly(NetClassifier(l2=l2, random_state=0), X[:half], y[:half])
    single = quietly(NetClassifier(l2=l2, random_state=0), X[:half].astype(np.float32), y[:half])
    assert single.run_.header.precision == "single"
    assert single.predict_proba(X.astype(np.float32)).dtype == np.float32
    agree = double.predict(X) == single.predict(X.astype(np.float32))
    assert agree[:half].mean() >= 0.995
    assert agree[half:].mean() >= 0.995


@pytest.mark.parametrize("load", [load_iris, load_breast_cancer])
def test_without_hidden_layer_it_is_logistic_regression(load):
    X, y = load(return_X_y=True)
    X = scale(X)
    ours = quietly(NetClassifier(hidden=(), l2=1e-2, **EXACT), X, y)
    theirs = LogisticRegression(C=1 / (1e-2 * len(X)), tol=1e-10, max_iter=10_000).fit(X, y)
    assert np.abs(ours.predict_proba(X) - theirs.predict_proba(X)).max() < 1e-5


def test_without_hidden_layer_it_is_ridge_regression():
    X, y = load_diabetes(return_X_y=True)
    X = scale(X)
    y = np.column_stack([y, y**2])
    ours = quietly(NetRegressor(hidden=(), l2=1e-2, **EXACT), X, y)
    theirs = Ridge(alpha=1e-2 * len(X)).fit(X, y)
    assert np.abs(ours.predict(X) / theirs.predict(X) - 1).max() < 1e-9


@pytest.mark.parametrize("k", [1, 2])
def test_l2_is_alpha_over_n(k):
    """The loss at MLP's own weights: theirs with alpha, ours with l2 = alpha / n (times k for targets)."""
    X, y, _ = some()
    alpha, options = 0.5, {"hidden_layer_sizes": (3,), "activation": "tanh", "max_iter": 1, "random_state": 0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        theirs = MLPClassifier(alpha=alpha, solver="lbfgs", **options).fit(X, y)
        numbers = scale(np.column_stack([X[:, 0] + y, X[:, 1] * y])[:, :k])
        regress = MLPRegressor(alpha=alpha, solver="lbfgs", **options).fit(X, numbers.squeeze())
    for model, loss, Y, share in ((theirs, "cross-entropy", y, 1), (regress, "squared-error", numbers, k)):
        net = Network((4, 3, 3 if loss == "cross-entropy" else k), "tanh", loss)
        theta = net.layout.join(list(zip(model.coefs_, model.intercepts_, strict=True)))
        problem = Dense(net, X, Y, l2=alpha * share / len(X))
        assert problem.at(theta).value == pytest.approx(share * model.loss_, rel=1e-6)


@pytest.mark.parametrize("make", [NetClassifier, NetRegressor])
def test_the_gradient_at_the_learnt_weights_holds(make):
    X, y, _ = some()
    model = quietly(make(l2=1e-3, max_iter=20, random_state=0), X, y)
    assert model.check_gradient().holds
    assert model.check_gradient(X, y).holds
    assert model.check_gradient(X, y).value == pytest.approx(model.loss_, rel=1e-12)


def test_coefs_act_on_scaled_inputs_as_documented():
    X, y, _ = some()
    model = quietly(NetRegressor(hidden=(5,), l2=1e-3, max_iter=20, random_state=0), 3 + 7 * X, y)
    A = np.tanh(
        (3 + 7 * X - model.scaling_.mean) / model.scaling_.scale @ model.coefs_[0] + model.intercepts_[0]
    )
    Z = A @ model.coefs_[1] + model.intercepts_[1]
    told = model.target_scaling_.mean + model.target_scaling_.scale * Z
    assert np.abs(told[:, 0] - model.predict(3 + 7 * X)).max() < 1e-12


def test_inputs_in_other_units_give_the_same_fit():
    X, y, _ = some()
    units, shift = np.array([1e-3, 1.0, 2.0**40, 1e200]), np.array([5.0, -1.0, 0.0, 0.0])
    plain = quietly(NetClassifier(hidden=(), l2=1e-2, **EXACT), X, y)
    with pytest.warns(UserWarning, match="as large as"):
        other = NetClassifier(hidden=(), l2=1e-2, **EXACT).fit(X * units + shift, y)
    there = other.predict_proba(X * units + shift)
    assert np.abs(plain.predict_proba(X) - there).max() < 1e-7


def test_probabilities_agree_with_their_logarithms_and_decisions():
    X, y, _ = some()
    for labels in (y, y > 0, np.eye(3, dtype=int)[y]):
        model = quietly(NetClassifier(l2=1e-3, max_iter=30, random_state=0), X, labels)
        P, logs, Z = model.predict_proba(X), model.predict_log_proba(X), model.decision_function(X)
        assert np.abs(np.log(P) - logs).max() < 1e-12
        if model.multilabel_:
            assert np.array_equal(model.predict(X), (P > 0.5).astype(int))
            assert np.array_equal(Z > 0, P > 0.5)
        else:
            assert np.abs(P.sum(axis=1) - 1).max() < 1e-15
            assert np.array_equal(model.predict(X), model.classes_[P.argmax(axis=1)])
        far = model.predict_log_proba(1e6 * X)
        assert np.isfinite(far).all()
        assert len(P) == len(X)


def test_a_column_that_never_varies_never_counts():
    X, y, _ = some()
    model = quietly(
        NetClassifier(l2=1e-3, max_iter=30, random_state=0), np.column_stack([X, np.full(len(X), 7.0)]), y
    )
    there, elsewhere = np.column_stack([X, np.full(len(X), 7.0)]), np.column_stack([X, np.full(len(X), -1e3)])
    assert np.array_equal(model.predict_proba(there), model.predict_proba(elsewhere))
    assert not model.coefs_[0][4].any()
