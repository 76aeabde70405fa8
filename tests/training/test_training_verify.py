"""`verify` agrees with every honest run, and finds and names every error that is planted."""

from __future__ import annotations

import shutil
import sqlite3

import numpy as np
import pytest

import surefoot as sf
from surefoot.descent.methods import METHODS
from surefoot.errors import BadValue, RunFileError
from surefoot.training import plain
from surefoot.training.plain import Place, tell
from surefoot.training.store import digest
from surefoot.training.verify import verify

DATA, UNSEEN = sf.load("digits").split(120)


def trained(path, sizes=(64, 5, 10), activation="logistic", iterations=25, **options):
    return sf.train(
        sf.Network(sizes, activation), DATA, test=UNSEEN, iterations=iterations, save=path, **options
    )


def report_of(path, **options):
    return verify(path, data=DATA, test=UNSEEN, **options)


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("method", METHODS)
def test_every_method_told_the_truth(tmp_path, method, precision):
    trained(tmp_path / "a", method=method, precision=precision, l2=1e-3)
    report = report_of(tmp_path / "a")
    assert report.holds, str(report)
    assert (report.records, report.verified) == (26, 26)
    for kind, count in {
        "loss": 26,
        "gradient norm": 26,
        "accuracy_train": 26,
        "alpha": 25,
        "outcome": 25,
    }.items():
        assert report.checked[kind] == count
    assert report.checked["accuracy_test"] == report.checked["loss_test"] == 4  # 0, 10, 20 and the last
    if method != "constant":  # it does not look, so nothing is claimed
        assert report.checked["trial φ"] >= 25
        assert report.checked["condition"] >= 25


@pytest.mark.parametrize(
    ("sizes", "activation", "options"),
    [
        ((64, 10), "tanh", {"method": "lbfgs"}),
        ((64, 7, 4, 10), "relu", {"method": "gauss-newton", "iterations": 60}),  # steps that end at kinks
        ((64, 7, 4, 10), "relu", {"method": "newton", "iterations": 60, "precision": "single"}),
        ((64, 10), "tanh", {"method": "bfgs", "iterations": 60, "precision": "single"}),  # losses of 1e-46
        ((64, 6, 10), "softplus", {"compute": "packed"}),
    ],
)
def test_networks_of_all_kinds(tmp_path, sizes, activation, options):
    trained(tmp_path / "a", sizes, activation, **options)
    report = report_of(tmp_path / "a")
    assert report.holds, str(report)


def test_other_searches_and_methods_with_options(tmp_path):
    for search in ("hager-zhang", "wolfe", "armijo", "nonmonotone", "growing", "exact"):
        rule = sf.method("lbfgs", search=search)
        trained(tmp_path / search, method=rule)
        report = report_of(tmp_path / search, method=rule)
        assert report.holds, str(report)
        assert report.checked["condition"] >= 25
    unknown = report_of(tmp_path / "armijo")
    assert unknown.holds
    assert "condition" not in unknown.checked
    assert "options of its own" in str(unknown)


def test_regression_binary_and_weights_of_samples(tmp_path):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3))
    weights = rng.uniform(0.5, 2.0, 60)
    line = sf.Data(X, X @ [1.0, -2.0, 0.5])
    sides = sf.Data(X, (X[:, 0] > 0).astype(float))
    for data, loss in ((line, "squared-error"), (sides, "binary")):
        path = tmp_path / loss
        sf.train(
            sf.Network((3, 4, 1), loss=loss), data, iterations=15, sample_weight=weights, save=path, l2=0.01
        )
        report = verify(path, data=data, sample_weight=weights)
        assert report.holds, str(report)
        with pytest.raises(BadValue, match="sample_weight"):
            verify(path, data=data)


@pytest.fixture(scope="module")
def honest(tmp_path_factory):
    path = tmp_path_factory.mktemp("honest") / "a"
    trained(path, method="cg")
    return path


@pytest.fixture
def planted(honest, tmp_path):
    """Change the file, verify it: what differs, as (iteration, name)."""

    def plant(sql, *values, source=honest):
        path = shutil.copy(source, tmp_path / "planted")
        database = sqlite3.connect(path)
        with database:
            assert database.execute(sql, values).rowcount >= 1
        database.close()
        report = report_of(path)
        assert not report.holds
        assert "DIFFERENT" in str(report)
        return {(m.iteration, m.name) for m in report.mismatches}

    return plant


def record(path, value, k=7):
    return f"UPDATE steps SET record = json_set(record, '$.{path}', {value}) WHERE iteration = {k}"


def times(path, factor, k=7):
    return record(path, f"json_extract(record, '$.{path}') * {factor!r}", k)


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        (times("loss", 1 + 1e-8), {(7, "loss")}),
        (times("loss", 1 + 1e-8, 25), {(25, "loss"), (25, "state's loss")}),
        (times("gradient_norm", 1 + 1e-8), {(7, "gradient norm")}),
        (times("slope", 1 + 1e-7), {(7, "slope")}),
        (times("alpha", 1 + 1e-9), {(7, "alpha")}),
        (record("accuracy_train", 0.5), {(7, "accuracy_train")}),
        (record("accuracy_test", 0.5, 10), {(10, "accuracy_test")}),
        (times("loss_test", 1 + 1e-8, 10), {(10, "loss_test")}),
        (record("outcome", "'taken unseen: the constant rule does not look'"), set()),
    ],
)
def test_an_error_in_a_record_is_found_and_named(planted, sql, found):
    if found:
        assert planted(sql) == found
    else:  # another outcome claims less: nothing that it says is wrong
        with pytest.raises(AssertionError):
            planted(sql)


@pytest.mark.parametrize(
    ("name", "key", "factor"), [("φ", "phi", 1 + 1e-8), ("φ′", "slope", 1.001), ("margin", "margin", 1.01)]
)
def test_an_error_in_a_trial_is_found_where_it_is(planted, name, key, factor):
    both = {(7, f"trial 1: {name}"), (7, f"trial 1: {name} in the table of trials")}
    assert planted(times(f"trials[0].{key}", factor)) == both
    table = {(7, f"trial 1: {name} in the table of trials")}
    assert planted(f"UPDATE trials SET {key} = {key} * ? WHERE iteration = 7 AND number = 1", factor) == table


def test_a_trial_that_is_missing_or_was_invented(planted):
    assert planted("DELETE FROM trials WHERE iteration = 7 AND number = 1") >= {(7, "trials listed")}
    found = planted("INSERT INTO trials SELECT iteration, 99, alpha, phi, slope, verdict, margin FROM trials "
                    "WHERE iteration = 7 AND number = 1")  # fmt: skip
    assert found == {(7, "trials listed")}


def theta_of(path, k):
    database = sqlite3.connect(path)
    (blob,) = database.execute("SELECT theta FROM weights WHERE iteration = ?", (k,)).fetchone()
    database.close()
    return np.frombuffer(blob, "<f8").copy()


@pytest.mark.parametrize("index", [0, 150, -1])  # a weight of a pixel that is never lit counts too
def test_one_weight_is_found(planted, honest, index):
    theta = theta_of(honest, 7)
    theta[index] = np.nextafter(theta[index], np.inf)
    assert planted("UPDATE weights SET theta = ? WHERE iteration = 7", theta.tobytes()) == {
        (7, "weights' digest")
    }
    theta[index] += 1e-3
    found = planted("UPDATE weights SET theta = ? WHERE iteration = 7", theta.tobytes())
    assert (7, "weights' digest") in found
    if index:
        assert {(7, "loss"), (7, "gradient norm"), (7, "slope"), (8, "slope")} <= found


def test_a_weight_with_a_digest_to_match_is_found_by_its_numbers(planted, honest, tmp_path):
    theta = theta_of(honest, 7)
    theta[150] += 1e-4
    path = shutil.copy(honest, tmp_path / "forged")
    database = sqlite3.connect(path)
    with database:
        database.execute("UPDATE digests SET theta = ? WHERE iteration = 7", (digest(theta.tobytes()),))
    database.close()
    found = planted("UPDATE weights SET theta = ? WHERE iteration = 7", theta.tobytes(), source=path)
    assert {(7, "loss"), (7, "slope")} <= found
    assert {k for k, _ in found} == {7, 8}


def test_a_state_that_is_not_its_record(planted, honest):
    from surefoot.training.store import RunReader, state_to_tree
    from surefoot.training.tree import pack

    with RunReader(honest) as reader:
        tree = state_to_tree(reader.state())
    tree["theta"] = tree["theta"] + 1e-12
    found = planted("UPDATE states SET state = ? WHERE iteration = 25", pack(tree))
    assert found == {(25, "state's weights")}


def test_a_step_that_its_condition_forbids_is_named(tmp_path, planted):
    """The records of a search with c₁ = 0.01, judged by one that demands more."""
    lax, strict = sf.method("classic"), sf.method("lbfgs", search="exact")
    trained(tmp_path / "a", method=lax)
    database = sqlite3.connect(tmp_path / "a")
    with database:
        database.execute(
            "UPDATE about SET value = json_set(value, '$.method', 'lbfgs', '$.options.rules', ?) "
            "WHERE key = 'header'",
            (repr(strict),),
        )
    database.close()
    report = report_of(tmp_path / "a", method=strict)
    assert "condition (C)" in {m.name for m in report.mismatches}
    assert "condition (A)" not in {m.name for m in report.mismatches}


def test_only_stored_weights_can_be_verified(tmp_path):
    trained(tmp_path / "a", method="classic")
    database = sqlite3.connect(tmp_path / "a")
    with database:
        database.execute("DELETE FROM weights WHERE iteration % 3 = 1")
    database.close()
    report = report_of(tmp_path / "a")
    assert report.holds
    assert (report.records, report.verified) == (26, 17)
    assert "weights are stored of 17 of 26 iterations" in str(report)
    assert report.checked["slope"] == 8  # of steps both of whose ends are stored
    database = sqlite3.connect(tmp_path / "a")
    with database:
        database.execute("DELETE FROM weights")
    database.close()
    with pytest.raises(RunFileError, match="no weights"):
        report_of(tmp_path / "a")


def test_other_data_are_refused(honest):
    with pytest.raises(BadValue, match="was trained on"):
        verify(honest, data=UNSEEN.take(slice(120)), test=UNSEEN)
    with pytest.raises(BadValue, match="arrays"):
        verify(honest)


def test_blocks_and_chunks_change_nothing(honest, monkeypatch):
    whole = report_of(honest)
    monkeypatch.setattr(plain, "BYTES", 8 * 64 * 64)
    monkeypatch.setattr("surefoot.training.verify.CHUNK", 8 * 390 * 4)
    parts = report_of(honest)
    assert parts.holds
    assert parts.checked == whole.checked


def test_the_plain_route_is_the_problem_to_rounding():
    net = sf.Network((64, 5, 10))
    theta, p = net.initial(0), net.initial(1)
    place, trial = Place(theta, keep=True), Place(theta, p, 0.3, along=p)
    tell(net, DATA, [place, trial], l2=0.01)
    problem = sf.Problem(net, DATA, l2=0.01)
    here = problem.at(theta)
    assert place.value == pytest.approx(here.value, rel=1e-13)
    assert place.gradient == pytest.approx(here.gradient, rel=1e-10, abs=1e-13)
    assert trial.value == pytest.approx(here.ray(p).value(0.3), rel=1e-13)
    assert trial.slope == pytest.approx(here.ray(p).slope(0.3), rel=1e-10)


def test_it_never_touches_the_fast_route(honest, monkeypatch):
    from surefoot.compute.dense import Dense
    from surefoot.compute.packed import Packed

    def forbidden(*_):
        raise AssertionError("the objective that trained was asked")

    monkeypatch.setattr(Dense, "at", forbidden)
    monkeypatch.setattr(Packed, "at", forbidden)
    assert report_of(honest).holds
