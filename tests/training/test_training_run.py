"""sf.train: what it measures and when, how it ends, and that nothing a view does can spoil the run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import surefoot as sf
from surefoot.errors import BadValue, ShapeError, UnknownName


@pytest.fixture(scope="module")
def digits():
    train, test = sf.load("digits").split(100)
    return sf.Network((64, 4, 10)), train, test.take(slice(50))


class Recorder:
    """A view that remembers what it was told; `fails` raises at that iteration."""

    def __init__(self, fails=None, error=KeyboardInterrupt):
        self.said, self.fails, self.error = [], fails, error

    def open(self, header):
        self.said.append("open")

    def show(self, frame):
        self.said.append(frame.step.iteration)
        if frame.step.iteration == self.fails:
            raise self.error

    def close(self, ending):
        self.said.append(ending.kind)


def test_a_run_holds_n_plus_one_records_and_the_last_weights(digits):
    net, train, test = digits
    view = Recorder()
    run = sf.train(net, train, test=test, iterations=4, views=[view])
    assert view.said == ["open", 0, 1, 2, 3, 4, "iterations"]
    assert [s.iteration for s in run.steps] == [0, 1, 2, 3, 4]
    assert sf.Problem(net, train).at(run.theta).value == pytest.approx(run.steps[-1].value, rel=1e-13)
    assert "iteration 4" in str(run)
    assert run.header.data_hash == train.hash


def test_it_is_the_same_descent_as_without_the_hall(digits):
    net, train, test = digits
    run = sf.train(net, train, test=test, iterations=6, rng=3, l2=0.01)
    bare = sf.descend(sf.Problem(net, train, l2=0.01), net.initial(3), "auto", sf.stop(iterations=6))
    assert [(s.value, s.cost) for s in run.steps] == [(s.value, s.cost) for s in bare]


def test_unseen_data_are_measured_when_asked(digits):
    net, train, test = digits
    run = sf.train(net, train, test=test, iterations=7, test_every=3)
    measured = [s.iteration for s in run.steps if "accuracy_test" in s.measures]
    assert measured == [0, 3, 6, 7]
    last = run.steps[-1].measures
    right = float(np.mean(run.predict(test.X) == test.y))
    assert last["accuracy_test"] == pytest.approx(right, abs=1e-15)
    assert last["accuracy_train"] == pytest.approx(np.mean(run.predict(train.X) == train.y), abs=1e-15)
    assert last["loss_test"] == pytest.approx(sf.Problem(net, test).at(run.theta).value, rel=1e-13)
    assert sf.train(net, train, iterations=1).steps[-1].measures.keys() == {"accuracy_train"}


def test_ctrl_c_ends_a_run_and_keeps_it(digits, tmp_path):
    net, train, _ = digits
    view = Recorder(fails=2)
    run = sf.train(net, train, views=[view], save=tmp_path / "a")
    assert run.ending.kind == "interrupted"
    assert view.said[-1] == "interrupted"
    assert len(run.steps) == 3
    assert run.state.iteration == 2
    assert sf.Problem(net, train).at(run.theta).value == pytest.approx(run.steps[-1].value, rel=1e-13)
    read = sf.read_run(tmp_path / "a")
    assert (read.steps, read.ending) == (run.steps, run.ending)
    assert read.theta.tobytes() == run.theta.tobytes()


def test_ctrl_c_between_the_step_and_its_record_loses_only_that_step(digits, tmp_path, monkeypatch):
    net, train, test = digits
    measure, calls = sf.train.__globals__["Unseen"].measure, []

    def interrupted(self, theta):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return measure(self, theta)

    monkeypatch.setattr(sf.train.__globals__["Unseen"], "measure", interrupted)
    run = sf.train(net, train, test=test, test_every=1, save=tmp_path / "a")
    assert [s.iteration for s in run.steps] == [0, 1]
    assert run.state.iteration == 1
    assert sf.Problem(net, train).at(run.theta).value == pytest.approx(run.steps[-1].value, rel=1e-13)
    assert sf.read_run(tmp_path / "a").theta.tobytes() == run.theta.tobytes()


def test_a_view_that_breaks_leaves_a_readable_run(digits, tmp_path):
    net, train, _ = digits
    other = Recorder()
    with pytest.raises(ZeroDivisionError):
        sf.train(net, train, views=[other, Recorder(2, ZeroDivisionError)], save=tmp_path / "a")
    assert other.said[-1] == "error"  # closed all the same
    run = sf.read_run(tmp_path / "a")
    assert len(run.steps) == 3
    assert run.ending.kind == "error"


def test_a_view_that_cannot_close_does_not_cost_the_others_their_end(digits, tmp_path):
    net, train, _ = digits
    other = Recorder()

    class Broken(Recorder):
        def close(self, ending):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        sf.train(net, train, iterations=1, views=[other, Broken()], save=tmp_path / "a")
    assert other.said[-1] == "iterations"
    assert sf.read_run(tmp_path / "a").ending.kind == "iterations"


def test_the_best_point_is_kept(digits):
    net, train, _ = digits
    run = sf.train(net, train, iterations=15, method=sf.method("constant", alpha=60.0))
    values = [s.value for s in run.steps]
    assert min(values) < values[-1]  # so long a step climbs again
    assert run.state.best.value == min(values)
    assert run.state.best.iteration == int(np.argmin(values))
    best = sf.Problem(net, train).at(run.state.best.theta)
    assert best.value == pytest.approx(min(values), rel=1e-13)


def test_sample_weights_of_two_are_rows_told_twice(digits):
    net, train, _ = digits
    weights = np.where(np.arange(train.n) < 30, 2.0, 1.0)
    twice = train.take([*range(30), *range(train.n)])
    one = sf.train(net, train, iterations=5, sample_weight=weights)
    two = sf.train(net, twice, iterations=5)
    assert [s.value for s in one.steps] == pytest.approx([s.value for s in two.steps], rel=1e-12)


def test_regression_learns_a_line():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 3))
    data = sf.Data(X, X @ [1.0, -2.0, 0.5] + 0.3)
    train, test = data.split(60)
    run = sf.train(sf.Network((3, 1), loss="squared-error"), train, test=test, iterations=60)
    assert run.steps[-1].value < 1e-6
    assert set(run.steps[-1].measures) == {"loss_test"}
    assert run.predict(test.X)[:, 0] == pytest.approx(test.y, abs=1e-2)


def test_two_classes_with_one_output():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 2))
    y = (X[:, 0] + X[:, 1] > 0).astype(float)
    run = sf.train(sf.Network((2, 1), loss="binary"), sf.Data(X, y), iterations=50)
    assert run.steps[-1].measures["accuracy_train"] > 0.95
    assert (run.predict(X)[:, 0] == (y > 0.5)).mean() == run.steps[-1].measures["accuracy_train"]


def test_one_sample_or_many_are_predicted_as_they_came(digits):
    net, train, _ = digits
    run = sf.train(net, train, iterations=2)
    assert run.predict(train.X[3]) == run.predict(train.X)[3]
    assert run.predict_proba(train.X[3]) == pytest.approx(run.predict_proba(train.X)[3], rel=1e-7)
    assert run.predict_proba(train.X).sum(axis=1) == pytest.approx(1.0)


def test_a_stop_rule_goes_beside_the_iterations(digits):
    net, train, _ = digits
    assert sf.train(net, train, stop=sf.stop(loss=2.2)).ending.kind == "target"
    assert sf.train(net, train, stop=sf.stop(loss=0.0), iterations=2).ending.kind == "iterations"
    assert len(sf.train(net, train, stop=sf.stop(iterations=3)).steps) == 4
    assert sf.train(net, train, stop=sf.stop(seconds=0.0), iterations=None).ending.kind == "seconds"


def test_one_view_may_be_named_alone(digits, capsys):
    net, train, _ = digits
    sf.train(net, train, iterations=1, views="text")
    assert "64-4-10" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"method": "clasic"}, UnknownName, "classic"),
        ({"views": ["txt"]}, UnknownName, "text"),
        ({"test_every": 0}, BadValue, "test_every"),
        ({"iterations": -1}, BadValue, "iterations"),
        ({"initial": np.zeros(3)}, ShapeError, "parameters"),
        ({"initial": np.full(310, np.nan)}, BadValue, "finite"),
        ({"l2": -1.0}, BadValue, "l2"),
        ({"sample_weight": np.ones(3)}, ShapeError, "sample_weight"),
        ({"precision": "half"}, UnknownName, "single"),
        ({"compute": "abacus"}, UnknownName, "dense"),
    ],
)
def test_misuse_is_found_before_training(digits, tmp_path, changes, error, said):
    net, train, test = digits
    with pytest.raises(error, match=said):
        sf.train(net, train, **{"test": test, "save": tmp_path / "a", **changes})
    assert list(tmp_path.iterdir()) == []


def test_data_that_do_not_fit_the_network(digits):
    net, train, _ = digits
    with pytest.raises(ShapeError, match="64 columns"):
        sf.train(sf.Network((63, 10)), train)
    with pytest.raises(ShapeError, match="10 classes"):
        sf.train(sf.Network((64, 9)), train)
    with pytest.raises(BadValue, match="squared-error"):
        sf.train(replace(net, loss="squared-error"), train)
    with pytest.raises(ShapeError, match="2 columns"):
        sf.train(net, train, test=sf.Data([[1.0, 2.0]], [0], classes=tuple("0123456789")))
    with pytest.raises(BadValue, match="not data"):
        sf.train(net, train.X)
