"""How a fit ends, and what it keeps: early stopping, restarts, warm starts, Ctrl-C, warnings, callbacks."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.exceptions import ConvergenceWarning

from surefoot.descent.directions.steepest import Steepest
from surefoot.descent.method import Always, Method
from surefoot.descent.searches.constant import Constant
from surefoot.errors import BadValue, ShapeError, SurefootError, UnknownName
from surefoot.estimators import NetClassifier, NetRegressor
from surefoot.estimators.early import Best, settled, split
from surefoot.estimators.targets import Targets
from surefoot.records import Step

X, Y = load_iris(return_X_y=True)
XR, YR = load_diabetes(return_X_y=True)


def quietly(estimator, *arguments, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return estimator.fit(*arguments, **options)


class Watching:
    """A view that keeps what it was shown, and presses Ctrl-C at one iteration."""

    def __init__(self, stop=None, starts=1):
        self.stop, self.starts = stop, starts
        self.headers, self.frames, self.endings = [], [], []

    def open(self, header):
        self.headers.append(header)

    def show(self, frame):
        self.frames.append(frame)
        if frame.step.iteration == self.stop and len(self.headers) == self.starts:
            raise KeyboardInterrupt

    def close(self, ending):
        self.endings.append(ending)


# early stopping


def test_early_stopping_restores_the_best_weights():
    X2, y2 = load_breast_cancer(return_X_y=True)
    model = NetClassifier(early_stopping=True, patience=5, l2=0, tol=0, random_state=0).fit(X2, y2)
    losses, best = model.validation_losses_, model.best_iteration_
    assert model.run_.ending.kind == "validation"
    assert losses[best] == min(losses)
    assert len(losses) - 1 == best + 5 == model.n_iter_
    assert model.loss_ == model.loss_curve_[best]
    short = quietly(clone(model).set_params(max_iter=best), X2, y2)
    assert np.array_equal(model.theta_, short.theta_)
    assert model.run_.header.n_train + model.run_.header.n_test == len(X2)
    assert len(model.validation_scores_) == len(losses)
    assert all(0 <= score <= 1 for score in model.validation_scores_)


def test_the_validation_part_keeps_the_shares_of_the_classes():
    groups = np.repeat([0, 1, 2], [100, 40, 1])
    targets = Targets("cross-entropy", groups, 3, groups=groups)
    train, aside = split(targets, 141, 0.1, np.random.default_rng(0))
    assert np.bincount(groups[aside], minlength=3).tolist() == [10, 4, 0]
    assert sorted([*train, *aside]) == list(range(141))
    assert not np.array_equal(aside, split(targets, 141, 0.1, np.random.default_rng(1))[1])


def test_too_few_samples_for_a_validation_part_are_told():
    with pytest.raises(BadValue, match="sets 0 aside"):
        NetRegressor(early_stopping=True).fit(XR[:3], YR[:3])


def test_patience_counts_iterations_without_a_better_loss():
    best = Best(patience=2)
    verdicts = [best.see(np.array([k]), loss, 0.0) for k, loss in enumerate([3.0, 2.0, 2.5, 1.0, 1.0, 1.0])]
    assert [v is not None for v in verdicts] == [False] * 5 + [True]
    assert best.iteration == 3
    assert best.theta[0] == 3
    assert "iteration 3" in verdicts[-1].sentence


def test_settled_by_gradient_and_by_plateau():
    def steps(values, norm=1.0):
        return [Step(k, v, norm) for k, v in enumerate(values)]

    assert settled(steps([1.0], norm=1e-5), 1e-5).kind == "gradient"
    assert settled(steps([1e3], norm=1e-3), 1e-5).kind == "gradient"
    assert settled(steps([1.0], norm=3e-5), 1e-5) is None
    assert settled(steps(np.linspace(1.0001, 1.0, 11)), 1.1e-5).kind == "plateau"
    assert settled(steps(np.linspace(1.0001, 1.0, 11)), 0.9e-5) is None
    assert settled(steps([1.0] * 10), 1e-5) is None
    assert settled(steps([1.0] * 20), 0.0) is None


# starts


def test_restarts_keep_the_best_start():
    many = quietly(NetRegressor(hidden=(3,), l2=1e-3, restarts=4, random_state=0), XR[:80], YR[:80])
    random = np.random.RandomState(0)
    losses = [
        quietly(NetRegressor(hidden=(3,), l2=1e-3, random_state=random), XR[:80], YR[:80]).loss_
        for _ in range(4)
    ]
    assert many.loss_ == min(losses)
    assert len(set(losses)) > 1


def test_restarts_with_early_stopping_keep_the_best_validation_loss():
    watching = Watching()
    model = NetRegressor(restarts=3, early_stopping=True, random_state=0)
    losses = []
    model.set_params(view=watching)
    quietly(model, XR, YR)
    for frame in watching.frames:
        if frame.step.iteration == 0:
            losses.append([])
        losses[-1].append(frame.step.measures["loss_test"])
    assert len(losses) == 3
    assert min(model.validation_losses_) == min(map(min, losses))
    assert [header.data for header in watching.headers][1] == "NetRegressor, start 2 of 3"


def test_warm_start_goes_on_where_it_stood():
    model = NetClassifier(l2=1e-3, warm_start=True, max_iter=10, random_state=0)
    first = quietly(model, X, Y).loss_
    assert quietly(model, X, Y).loss_curve_[0] == first
    assert model.loss_ < first
    with pytest.raises(ShapeError, match=r"warm_start goes on from a network 4-16-3 .* 4-5-3"):
        model.set_params(hidden=(5,)).fit(X, Y)
    with pytest.raises(BadValue, match="classes"):
        model.set_params(hidden=(16,)).fit(X[:100], Y[:100])
    with pytest.raises(ShapeError, match="3-16-3"):
        model.fit(X[:, :3], Y)
    regressor = quietly(NetRegressor(l2=1e-3, warm_start=True, max_iter=5), XR, YR)
    with pytest.raises(BadValue, match="1 targets, but y has 2"):
        regressor.fit(XR, np.column_stack([YR, YR]))


def test_warm_start_keeps_its_scaling():
    model = quietly(NetRegressor(l2=1e-3, warm_start=True, max_iter=10, random_state=0), XR, YR)
    before = model.predict(XR[:5])
    quietly(model.set_params(max_iter=1, tol=1e9), 2 * XR + 1, 3 * YR)
    assert model.n_iter_ == 0
    assert np.array_equal(model.predict(XR[:5]), before)


# endings


@pytest.mark.parametrize(("make", "X", "y"), [(NetClassifier, X, Y), (NetRegressor, XR, YR)])
def test_ctrl_c_keeps_what_was_reached_and_says_so(make, X, y):
    watching = Watching(stop=7)
    with pytest.warns(ConvergenceWarning, match="stopped by hand after iteration 7") as told:
        model = make(view=watching, l2=1e-3, random_state=0).fit(X, y)
    assert len(told) == 1
    assert told[0].filename == __file__
    assert model.n_iter_ == 7
    assert not model.converged_
    assert watching.endings[0].kind == "interrupted"
    assert np.array_equal(model.theta_, quietly(make(l2=1e-3, random_state=0, max_iter=7), X, y).theta_)


def test_ctrl_c_in_a_later_start_keeps_the_best_so_far():
    for moment in (0, 2):
        watching = Watching(stop=moment, starts=2)
        with pytest.warns(ConvergenceWarning, match="by hand"):
            model = NetClassifier(l2=1e-3, view=watching, restarts=3, random_state=0).fit(X, Y)
        assert len(watching.headers) == len(watching.endings) == 2
        first = clone(model).set_params(view=None, restarts=1).fit(X, Y)
        assert np.array_equal(model.theta_, first.theta_)


def test_ctrl_c_before_anything_is_reached_leaves_the_estimator_as_it_was(monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("surefoot.descent.loop.begin", interrupted)
    model = NetClassifier()
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y)
    assert not hasattr(model, "theta_")


@pytest.mark.parametrize("moment", [0, 1, 6])
def test_ctrl_c_while_the_validation_part_is_measured(moment, monkeypatch):
    from surefoot.estimators.early import Validation

    measure, count = Validation.measure, iter(range(1000))

    def interrupted(self, theta):
        if next(count) == moment:
            raise KeyboardInterrupt
        return measure(self, theta)

    monkeypatch.setattr(Validation, "measure", interrupted)
    with pytest.warns(ConvergenceWarning, match=f"by hand after iteration {moment}"):
        model = NetClassifier(l2=1e-3, early_stopping=True, restarts=2, random_state=0).fit(X, Y)
    assert len(model.validation_losses_) == moment
    assert len(model.loss_curve_) == moment + 1
    assert model.loss_ == model.loss_curve_[model.best_iteration_]
    assert np.isfinite(model.predict_proba(X)).all()


def test_no_convergence_says_what_happened_and_what_to_do():
    with pytest.warns(ConvergenceWarning) as told:
        model = NetClassifier(l2=1e-3, max_iter=3, random_state=0).fit(X, Y)
    assert len(told) == 1
    sentence = str(told[0].message)
    assert told[0].filename == __file__
    for part in ("NetClassifier did not converge", "all 3 iterations", "max_iter=6", "l2", "warm_start"):
        assert part in sentence
    assert not model.converged_


def test_a_failed_descent_keeps_the_last_good_weights_and_warns():
    wild = Method("wild", Steepest(), Constant(), Always(1e200))
    with pytest.warns(ConvergenceWarning, match=r"did not converge: no step found .* last good weights"):
        model = NetRegressor(l2=1e-3, method=wild, random_state=0).fit(XR, YR)
    assert np.isfinite(model.predict(XR)).all()


def test_tol_zero_ends_where_no_decrease_is_representable():
    model = NetClassifier(hidden=(), l2=1e-2, tol=0.0, max_iter=5000, random_state=0).fit(X, Y)
    assert model.run_.ending.kind == "precision"
    assert model.converged_
    assert model.run_.steps[-1].gradient_norm < 1e-7


# weights of classes and samples


def test_balanced_classes_weigh_the_same():
    rare = np.concatenate([np.flatnonzero(Y == 0), np.flatnonzero(Y == 1)[:10]])
    balanced = quietly(NetClassifier(l2=1e-3, class_weight="balanced", random_state=0), X[rare], Y[rare])
    by_hand = np.where(Y[rare] == 0, 60 / (2 * 50), 60 / (2 * 10))
    weighted = quietly(NetClassifier(l2=1e-3, random_state=0), X[rare], Y[rare], sample_weight=by_hand)
    assert np.array_equal(balanced.theta_, weighted.theta_)
    given = NetClassifier(l2=1e-3, class_weight={0: 0.6, 1: 3.0}, random_state=0)
    assert np.allclose(quietly(given, X[rare], Y[rare]).theta_, weighted.theta_, atol=1e-3)


def test_balanced_counts_samples_with_their_weights():
    w = np.where(Y == 0, 3, 1)
    weighted = quietly(NetClassifier(l2=1e-3, class_weight="balanced", random_state=0, max_iter=20), X, Y, w)
    repeated = NetClassifier(l2=1e-3, class_weight="balanced", random_state=0, max_iter=20)
    quietly(repeated, X.repeat(w, axis=0), Y.repeat(w))
    assert np.array_equal(weighted.theta_, repeated.theta_)


@pytest.mark.parametrize(
    ("class_weight", "words"),
    [
        ("equal", "'balanced' or a dictionary"),
        ({0: 1, 7: 2}, "names 7, which is no class"),
        ({0: -1}, "finite number >= 0"),
        ({0: 0, 1: 0, 2: 0}, "no sample with a weight above 0"),
        ({1: 0, 2: 0}, "only one class, 0 with a weight above 0"),
    ],
)
def test_class_weights_that_cannot_be_are_told(class_weight, words):
    with pytest.raises(BadValue, match=words):
        NetClassifier(class_weight=class_weight).fit(X, Y)


def test_class_weights_of_several_labels_are_refused():
    with pytest.raises(BadValue, match="one label per sample"):
        NetClassifier(class_weight="balanced").fit(X, np.eye(3, dtype=int)[Y])


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (np.full(150, np.nan), "NaN"),
        (np.full(150, -1.0), "[Nn]egative"),
        (np.zeros(150), "non-zero"),
        (np.ones(149), "shape"),
        (np.ones((150, 2)), "1D"),
        (["heavy"] * 150, "text"),
        (np.ma.masked_array(np.ones(150), mask=np.arange(150) == 3), "mask"),
        (np.where(Y == 0, 1, 0), "only one class, 0"),
    ],
)
def test_sample_weights_that_cannot_be_are_told(weights, words):
    with pytest.raises(ValueError, match=words):
        NetClassifier().fit(X, Y, sample_weight=weights)


def test_huge_and_tiny_sample_weights_are_relative():
    plain = quietly(
        NetClassifier(l2=1e-3, random_state=0, max_iter=20), X, Y, np.where(Y == 0, 2.0, 1.0)
    ).theta_
    for factor in (8e306, 2.0**-1000):
        other = quietly(
            NetClassifier(l2=1e-3, random_state=0, max_iter=20), X, Y, np.where(Y == 0, 2, 1) * factor
        )
        assert np.allclose(plain, other.theta_, rtol=1e-9)


# parameters


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("hidden", (0,)), ("hidden", "16"), ("hidden", 2.5), ("hidden", (True,)), ("hidden", None),
        ("activation", "gelu"), ("activation", 3), ("method", "adam"), ("l2", -1), ("l2", np.nan),
        ("max_iter", 0), ("max_iter", 10.0), ("tol", -1e-3), ("tol", None), ("early_stopping", "yes"),
        ("validation_fraction", 0.0), ("validation_fraction", 1.0), ("patience", 0), ("standardize", "both"),
        ("standardize", None), ("warm_start", 2), ("restarts", 0), ("precision", "half"), ("compute", "gpu"),
        ("view", "cinema"),
    ],
)  # fmt: skip
def test_a_parameter_that_cannot_be_is_told(parameter, value):
    """When `fit` begins, not before; the sentence names the value, and the estimator stays unfitted."""
    model = NetClassifier(**{parameter: value})
    with pytest.raises(SurefootError) as told:
        model.fit(X, Y)
    assert isinstance(told.value, ValueError | UnknownName)
    assert repr(value) in str(told.value) or str(value) in str(told.value)
    assert not hasattr(model, "theta_")


def test_standardize_false_takes_inputs_as_they_are_or_says_why_not():
    model = quietly(NetRegressor(l2=1e-3, standardize=False, max_iter=5), XR, YR)
    assert not model.scaling_.mean.any()
    assert (model.target_scaling_.scale == 1).all()
    for large in (XR * 1e200, (XR * 1e25).astype(np.float32)):
        with pytest.raises(BadValue, match="standardize='auto'"):
            NetRegressor(standardize=False).fit(large, YR)


def test_inputs_far_beyond_the_training_inputs_are_refused_when_predicting():
    model = quietly(NetRegressor(l2=1e-3, max_iter=5), XR, YR)
    assert np.isfinite(model.predict(XR * 1e100)).all()
    with pytest.raises(BadValue, match="times as far out"):
        model.predict(XR * 1e200)


# callbacks of scikit-learn


def test_callbacks_see_every_iteration_and_may_stop():
    pytest.importorskip("sklearn.callback")

    class Stopping:
        def __init__(self):
            self.scores, self.begun, self.ended = [], 0, 0

        def setup(self, estimator, context):
            self.set_up = context.max_subtasks

        def teardown(self, estimator, context):
            self.torn_down = True

        def on_fit_task_begin(self, estimator, context):
            self.begun += 1

        def on_fit_task_end(self, estimator, context, *, X, y, fitted_estimator):
            self.ended += 1
            if context.task_name == "iteration":
                self.scores.append(fitted_estimator.score(X0, Y))
                return len(self.scores) >= 6
            return None

    X0 = X
    callback = Stopping()
    model = NetClassifier(l2=1e-3, random_state=0).set_callbacks(callback).fit(X, Y)
    assert model.n_iter_ == 6
    assert callback.scores[-1] == model.score(X, Y)
    assert callback.begun == callback.ended == 6 + 2
    assert callback.torn_down
    assert callback.set_up == 1
    assert not model.converged_
    assert model.run_.ending.kind == "asked"


def test_callbacks_of_scikit_learn_itself():
    callback = pytest.importorskip("sklearn.callback")
    model = NetClassifier(l2=1e-3, random_state=0, restarts=2, max_iter=5).set_callbacks(
        callback.ProgressBar()
    )
    assert quietly(model, X, Y).n_iter_ == 5
