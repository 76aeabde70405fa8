"""l2="auto": what is chosen, from what, and what it must not depend on."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.datasets import load_diabetes, load_iris, make_circles
from sklearn.exceptions import ConvergenceWarning

from surefoot.errors import BadValue
from surefoot.estimators import NetClassifier, NetRegressor, decay
from surefoot.estimators.decay import FOLDS, GRID, _path, chosen, folds
from surefoot.estimators.early import split
from surefoot.estimators.export import from_safetensors, to_safetensors
from surefoot.estimators.fitting import Task
from surefoot.estimators.multiset import Distinct
from surefoot.estimators.settings import settings
from surefoot.estimators.targets import Targets
from surefoot.network import Network

X, Y = load_iris(return_X_y=True)
XR, YR = load_diabetes(return_X_y=True)
BOTH = pytest.mark.parametrize(("make", "X", "y"), [(NetClassifier, X, Y), (NetRegressor, XR[:90], YR[:90])])


def fitted(make, *samples, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return make(**{"hidden": (3,), "max_iter": 5, "random_state": 0, **options}).fit(*samples)


def task(n=60, groups=None, k=1, loss="squared-error", **options):
    rng = np.random.default_rng(0)
    Z, net = rng.normal(size=(n, 2)), Network((2, 3, k), "tanh", loss)
    targets = Targets(loss, np.sin(Z[:, :1]) if groups is None else groups, k, groups=groups)
    kept = Distinct(np.arange(n), None, np.ones(n, int))
    s = settings(NetClassifier(**options).get_params(deep=False))
    return Task(net, Z, targets, kept, s, "double", "test"), net.initial(rng)


@BOTH
def test_the_chosen_l2_is_the_best_c_of_the_path_over_distinct_samples(make, X, y):
    model = fitted(make, X, y)
    c, losses = zip(*model.l2_path_, strict=True)
    assert c == GRID[: len(c)]
    n = len(np.unique(np.column_stack([X, y]), axis=0))
    assert model.l2_ == c[int(np.argmin(losses))] / n == model.run_.header.l2
    assert model.get_params()["l2"] == "auto"
    fixed = fitted(make, X, y, l2=model.l2_)
    assert np.array_equal(fixed.theta_, model.theta_), "choosing changed the fit itself"
    assert (fixed.l2_, fixed.l2_path_) == (model.l2_, [])


@BOTH
def test_weighted_repeated_and_permuted_rows_have_the_same_path(make, X, y):
    w = np.random.default_rng(0).integers(0, 4, len(X))
    order = np.random.default_rng(1).permutation(len(X))
    path = fitted(make, X, y, w).l2_path_
    assert path == fitted(make, X.repeat(w, axis=0), y.repeat(w)).l2_path_
    assert path == fitted(make, X[order], y[order], w[order]).l2_path_
    assert path == fitted(make, X, y, 8.0 * w).l2_path_
    assert path != fitted(make, X, y, w + 1).l2_path_


def test_the_criterion_is_the_mean_validation_loss_of_a_convex_fit_done_by_hand():
    rng = np.random.default_rng(0)
    Z, w = rng.normal(size=(40, 2)), rng.random(40) + 0.5
    t = Z[:, 0] + rng.normal(size=40)
    kept = Distinct(np.arange(40), w / w.max(), np.ones(40, int))
    s = settings(NetRegressor(hidden=(), tol=0).get_params(deep=False))
    net = Network((2, 1), "tanh", "squared-error")
    whole = Task(net, Z, Targets("squared-error", t[:, None], 1), kept, s, "double", "test")
    fold = folds(whole, np.random.default_rng(3))
    tol, decay.TOL = decay.TOL, 0.0
    try:
        path = _path(whole, net.initial(0), fold)
    finally:
        decay.TOL = tol
    for c, value in path:
        total = 0.0
        for k in range(FOLDS):
            out, rest = fold == k, fold != k
            A = np.column_stack([Z, np.ones(40)])
            share = w[rest] / w[rest].sum()
            penalty = np.diag([1, 1, 0]) * c / rest.sum()
            b = np.linalg.solve((A[rest].T * share) @ A[rest] + penalty, (A[rest].T * share) @ t[rest])
            total += w[out] @ (t[out] - A[out] @ b) ** 2 / 2
        assert value == pytest.approx(total / w.sum(), rel=1e-9)


def test_folds_share_every_class_and_every_sample():
    groups = np.repeat([0, 1, 2], [31, 7, 3])
    whole, _ = task(41, groups, 3, "cross-entropy")
    fold = folds(whole, np.random.default_rng(0))
    for g, count in enumerate([31, 7, 3]):
        shares = np.bincount(fold[groups == g], minlength=FOLDS)
        assert shares.sum() == count
        assert np.ptp(shares) <= 1
    assert np.ptp(np.bincount(fold)) <= 1
    assert not np.array_equal(fold, folds(whole, np.random.default_rng(1)))


def test_a_large_c_that_brings_the_weights_to_0_does_not_end_the_path():
    circles = make_circles(120, noise=0.1, factor=0.4, random_state=0)
    model = fitted(NetClassifier, *circles, max_iter=100, hidden=(8,))
    assert model.l2_path_[0][1] == pytest.approx(np.log(2), abs=0.02), "the case is not there"
    assert min(loss for _, loss in model.l2_path_) < 0.3
    assert model.score(*circles) > 0.9


def test_the_path_ends_after_two_rises(monkeypatch):
    whole, theta0 = task()
    values, asked, last = iter([3.0, 2.0, 2.1, 1.5, 1.6, 1.7]), [], [0.0]
    monkeypatch.setattr(decay, "_trained", lambda task, theta, l2: theta)

    def measure(self, theta):
        if len(asked) % FOLDS == 0:
            last[0] = next(values)
        asked.append(1)
        return last[0], 0.0

    monkeypatch.setattr(decay.Validation, "measure", measure)
    assert [round(v, 9) for _, v in _path(whole, theta0, folds(whole, np.random.default_rng(0)))] == [
        3.0, 2.0, 2.1, 1.5, 1.6, 1.7,
    ]  # fmt: skip
    values = iter([1.0, 1.0 + 1e-9, 1.0 + 2e-9, 0.5, 0.6, 0.7])
    assert len(_path(whole, theta0, folds(whole, np.random.default_rng(0)))) == 6
    values = iter([1.0, 1.1, 1.2])
    assert len(_path(whole, theta0, folds(whole, np.random.default_rng(0)))) == 3


def test_without_validation_it_is_a_rule_that_says_why(monkeypatch):
    rng = np.random.default_rng(0)
    few = chosen(*task(8), rng)
    assert few.l2 == 3 / 8
    assert (few.path, "too few" in few.why) == ([], True)
    rare = chosen(*task(40, np.repeat([0, 1], [38, 2]), loss="binary"), rng)
    assert rare.l2 == 3 / 40
    monkeypatch.setattr(decay, "MOST_ROWS", 50)
    many = chosen(*task(60), rng)
    assert (many.l2, many.path) == (1 / 60, [])
    monkeypatch.undo()
    monkeypatch.setattr(decay, "MOST_WORK", 700)
    assert chosen(*task(60), rng).l2 == 1 / 60  # 13 weights
    monkeypatch.undo()
    early = fitted(NetRegressor, XR, YR, early_stopping=True)
    teach, _ = split(Targets("squared-error", YR, 1), len(YR), 0.1, rng)
    assert (early.l2_, early.l2_path_) == (1 / len(teach), [])


def test_no_validation_that_is_finite_leaves_the_largest_c(monkeypatch):
    monkeypatch.setattr(decay.Validation, "measure", lambda *_: (np.nan, 0.0))
    whole, theta0 = task()
    assert chosen(whole, theta0, np.random.default_rng(0)).l2 == GRID[0] / 60


def test_a_warm_start_keeps_l2():
    model = fitted(NetRegressor, XR[:90], YR[:90], warm_start=True)
    l2, path = model.l2_, model.l2_path_
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(XR[90:], YR[90:])
    assert (model.l2_, model.l2_path_) == (l2, path)


@pytest.mark.parametrize("l2", ["Auto", None, -1, np.nan, True, [1]])
def test_what_is_no_l2_is_refused(l2):
    with pytest.raises(BadValue, match=r"l2 is .* 'auto', or a finite number"):
        NetClassifier(l2=l2).fit(X, Y)


@BOTH
def test_a_restored_model_keeps_l2_and_checks_its_gradient_on_given_samples(make, X, y, tmp_path):
    model = fitted(make, X, y)
    again = from_safetensors(to_safetensors(model, tmp_path / "model.safetensors"))
    assert (again.l2_, again.l2_path_, again.l2_why_) == (model.l2_, model.l2_path_, model.l2_why_)
    assert again.check_gradient(X, y).holds
    assert again.check_gradient(X, y).value == model.check_gradient(X, y).value
    with pytest.raises(BadValue, match="holds no samples; give check_gradient X and y"):
        again.check_gradient()
    with pytest.raises(BadValue, match="X without y"):
        again.check_gradient(X)
