"""Estimators among scikit-learn's tools, pandas, pickles, views and figures."""

from __future__ import annotations

import io
import pickle
import subprocess
import sys
import warnings

import numpy as np
import pytest

pytest.importorskip("sklearn")

import joblib
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_iris, make_multilabel_classification, make_regression
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.inspection import permutation_importance
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import surefoot.estimators
from surefoot.errors import BadValue, MissingExtra
from surefoot.estimators import NetClassifier, NetRegressor
from surefoot.views.text import TextView

X, Y = load_iris(return_X_y=True)
NAMES = load_iris().target_names[Y]
XR, YR = make_regression(60, 4, n_targets=2, noise=1.0, random_state=0)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def small(make=NetClassifier, **options):
    return make(**{"hidden": (4,), "l2": 1e-3, "max_iter": 40, "random_state": 0, **options})


def test_labels_may_be_texts_and_come_back_as_they_were():
    model = small().fit(X, NAMES)
    assert model.classes_.tolist() == ["setosa", "versicolor", "virginica"]
    assert set(model.predict(X)) <= set(NAMES)
    assert model.score(X, NAMES) > 0.95
    assert model.run_.header.classes == ("setosa", "versicolor", "virginica")
    flags = small().fit(X, Y == 0)
    assert flags.predict(X).dtype == bool
    assert flags.decision_function(X).shape == (150,)


def test_several_labels():
    XM, YM = make_multilabel_classification(random_state=0)
    model = small().fit(XM, YM)
    assert model.predict(XM).shape == model.predict_proba(XM).shape == YM.shape
    assert model.score(XM, YM) >= 0.5
    sparse = pytest.importorskip("scipy.sparse")
    assert np.array_equal(small().fit(XM, sparse.csr_matrix(YM)).theta_, model.theta_)


def test_several_targets():
    model = small(NetRegressor).fit(XR, YR)
    assert model.predict(XR).shape == (60, 2)
    assert model.n_outputs_ == 2
    assert model.score(XR, YR) > 0.9
    assert small(NetRegressor).fit(XR, YR[:, :1]).predict(XR).shape == (60, 1)
    assert small(NetRegressor).fit(XR, YR[:, 0]).predict(XR).shape == (60,)


@pytest.mark.parametrize(("make", "X", "y"), [(NetClassifier, X, NAMES), (NetRegressor, XR, YR)])
def test_pickles_and_joblib_keep_everything(make, X, y, tmp_path):
    model = small(make, early_stopping=True).fit(X, y)
    joblib.dump(model, tmp_path / "model")
    for copy in (pickle.loads(pickle.dumps(model)), joblib.load(tmp_path / "model")):
        assert np.array_equal(copy.predict(X), model.predict(X))
        assert copy.check_gradient().holds
        assert copy.run_.ending == model.run_.ending
        assert copy.loss_curve_ == model.loss_curve_
    assert len(pickle.dumps(model)) < 60_000


def test_grid_search_pipeline_calibration_and_importance():
    grid = GridSearchCV(small(max_iter=20), {"hidden": [(), (3,)], "l2": [1e-3, 1e-1]}, cv=2).fit(X, NAMES)
    assert grid.best_score_ > 0.9
    steps = make_pipeline(StandardScaler(), small())
    assert cross_val_score(steps, X, Y, cv=3).mean() > 0.9
    calibrated = CalibratedClassifierCV(small(max_iter=10), cv=2).fit(X, Y)
    assert calibrated.predict_proba(X).shape == (150, 3)
    found = permutation_importance(small().fit(X, Y), X, Y, n_repeats=2, random_state=0)
    assert found.importances_mean.argmax() in (2, 3)


def test_data_frames_their_names_and_set_output():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=["a", "b", "c", "d"])
    frame["e"] = NAMES
    encode = make_column_transformer((OneHotEncoder(sparse_output=False), ["e"]), remainder="passthrough")
    steps = make_pipeline(encode, small()).set_output(transform="pandas").fit(frame, Y)
    assert steps[-1].feature_names_in_.tolist()[3:] == [
        "remainder__a",
        "remainder__b",
        "remainder__c",
        "remainder__d",
    ]
    model = small().fit(frame[["a", "b"]], Y)
    assert model.feature_names_in_.tolist() == ["a", "b"]
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame[["b", "a"]])
    series = small().fit(frame[["a", "b"]], frame["e"].astype("category"))
    assert series.classes_.tolist() == ["setosa", "versicolor", "virginica"]


def test_it_shows_itself_in_a_notebook():
    assert "NetClassifier" in small().fit(X, Y)._repr_html_()
    assert repr(NetClassifier()) == "NetClassifier()"


def test_without_a_fit_it_says_so():
    for ask in ("predict", "predict_proba", "decision_function"):
        with pytest.raises(NotFittedError):
            getattr(NetClassifier(), ask)(X)
    for ask in ("check_gradient", "plot_history"):
        with pytest.raises(NotFittedError):
            getattr(NetRegressor(), ask)()
    assert not hasattr(NetRegressor(), "coefs_")


def test_a_label_that_was_not_there_is_told():
    model = small().fit(X[:100], NAMES[:100])
    with pytest.raises(BadValue, match="virginica, which was not there"):
        model.check_gradient(X, NAMES)
    with pytest.raises(BadValue, match="X without y"):
        model.check_gradient(X)


# views and figures


@pytest.mark.parametrize(
    ("make", "X", "y"),
    [
        (NetClassifier, X, NAMES),
        (NetClassifier, X, Y > 0),
        (NetClassifier, X, np.eye(3, dtype=int)[Y]),
        (NetRegressor, XR, YR),
    ],
)
def test_views_show_the_fit(make, X, y):
    stream = io.StringIO()
    model = small(make, view=TextView(stream), early_stopping=True).fit(X, y)
    told = stream.getvalue()
    assert f"method auto, {make.__name__}" in told
    assert f"/ {model.run_.header.n_test} test" in told
    assert str(model.n_iter_) in told
    assert model.run_.ending.sentence.split(";")[0] in told


def test_views_by_name_and_none(capsys):
    small(view="text", max_iter=2).fit(X, Y)
    assert "gradient" in capsys.readouterr().out
    small(max_iter=2).fit(X, Y)
    assert capsys.readouterr().out == ""


def test_pictures_of_the_fit(tmp_path):
    pytest.importorskip("matplotlib")
    from surefoot.views.figure import FigureView

    for y in (Y, Y > 0):
        small(view=[FigureView(tmp_path / "fit.png")]).fit(X, y)
        assert (tmp_path / "fit.png").stat().st_size > 10_000


def test_plot_history_draws_both_losses_and_marks_the_best():
    pytest.importorskip("matplotlib")
    from matplotlib.figure import Figure

    model = small(early_stopping=True).fit(X, Y)
    ax = Figure().subplots()
    assert model.plot_history(ax) is ax
    train, unseen, best = ax.lines
    assert train.get_ydata().tolist() == model.loss_curve_
    assert unseen.get_ydata().tolist() == model.validation_losses_
    assert best.get_xdata().tolist() == [model.best_iteration_]
    assert ax.get_yscale() == "log"
    assert len(small().fit(X, Y).plot_history(Figure().subplots()).lines) == 1
    import matplotlib

    before = matplotlib.get_backend()
    matplotlib.use("agg")
    from matplotlib import pyplot

    model.plot_history()
    pyplot.close("all")
    matplotlib.use(before)


def test_the_run_tells_and_stores_what_happened(tmp_path):
    from surefoot.training.finished import read_run

    model = small(early_stopping=True).fit(X, Y)
    model.run_.save(tmp_path / "fit.surefoot")
    again = read_run(tmp_path / "fit.surefoot")
    assert np.array_equal(again.theta, model.theta_)
    assert [step.value for step in again.steps] == model.loss_curve_
    assert np.allclose(again.predict_proba(model.scaling_.apply(X)), model.predict_proba(X))


# compute and precision


@pytest.mark.parametrize("compute", ["dense", "packed"])
@pytest.mark.parametrize("y", [Y, Y > 0], ids=["three classes", "two classes"])
def test_every_way_to_compute_gives_the_same(compute, y):
    if compute == "packed":
        pytest.importorskip("numba")
    plain = small(max_iter=8).fit(X, y)
    other = small(max_iter=8, compute=compute).fit(X, y)
    assert np.allclose(plain.predict_proba(X), other.predict_proba(X), atol=1e-9)
    assert other.run_.header.compute.startswith(compute)
    assert "accuracy_train" in other.run_.steps[-1].measures


def test_precision_is_that_of_the_inputs_or_as_asked():
    for given, precision, found in [
        ("f4", "auto", "single"),
        ("f8", "auto", "double"),
        ("f4", "double", "double"),
    ]:
        model = small(precision=precision).fit(X.astype(given), Y)
        assert model.run_.header.precision == found
    assert model.predict_proba(X.astype("f4")).dtype == np.float64


def test_sparse_inputs_stay_sparse_and_agree_with_dense_ones():
    sparse = pytest.importorskip("scipy.sparse")
    XS = np.where(
        np.random.default_rng(0).random((60, 5)) < 0.4, 0, np.random.default_rng(1).normal(size=(60, 5))
    )
    y = (XS @ np.arange(5) > 0).astype(int)
    for scaled in (True, False):
        of_sparse = small(standardize=scaled, max_iter=20).fit(sparse.csr_array(XS), y)
        assert of_sparse.run_.header.compute.startswith("sparse")
        assert not of_sparse.scaling_.mean.any()
        assert of_sparse.check_gradient().holds
        assert of_sparse.check_gradient(sparse.csr_array(XS), y).holds
        Z = XS / of_sparse.scaling_.scale
        of_dense = small(standardize=False, max_iter=20).fit(Z, y)
        assert np.allclose(
            of_sparse.predict_proba(sparse.csc_matrix(XS)), of_dense.predict_proba(Z), atol=1e-6
        )
        assert np.allclose(of_sparse.predict_proba(XS), of_dense.predict_proba(Z), atol=1e-6)
    with pytest.raises(BadValue, match="packed"):
        small(compute="packed").fit(sparse.csr_array(XS), y)
    early = small(early_stopping=True).fit(sparse.csr_array(XS), y)
    assert early.score(XS, y) > 0.7
    single = small(max_iter=20).fit(sparse.csr_array(XS.astype("f4")), y)
    assert single.run_.header.precision == "single"


# the house


def test_importing_the_package_loads_no_scikit_learn():
    code = "import sys, surefoot.estimators; sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_without_scikit_learn_one_sentence_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.delitem(vars(surefoot.estimators), "NetRegressor", raising=False)
    with pytest.raises(MissingExtra, match=r"surefoot\[sklearn\]"):
        surefoot.estimators.__getattr__("NetRegressor")
    with pytest.raises(AttributeError, match="NetClassifier"):
        _ = surefoot.estimators.NetTransformer
    assert dir(surefoot.estimators) == ["NetClassifier", "NetRegressor"]


def test_without_callbacks_of_scikit_learn_it_fits_too():
    code = (
        "import sys, warnings\n"
        "sys.modules['sklearn.callback'] = None\n"
        "warnings.simplefilter('error')\n"
        "from surefoot.estimators.callbacks import CALLER, CallbackSupportMixin\n"
        "from surefoot.estimators.callbacks import Callbacks\n"
        "class Fitting(CallbackSupportMixin):\n"
        "    pass\n"
        "said = Callbacks(Fitting(), 1, 5, (None, None), {})\n"
        "assert CALLER == 3 and said.tell(0, None, None) is False\n"
        "said.close(None)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_examples_of_the_docstrings_run():
    import doctest

    from surefoot.estimators import classifier, regressor

    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        for module in (classifier, regressor):
            assert doctest.testmod(module).attempted > 2
            assert doctest.testmod(module).failed == 0
