"""A journal is the run: the same records, and any iteration of it again with the same bits."""

from __future__ import annotations

import sqlite3
import threading

import numpy as np
import pytest

import surefoot as sf
from surefoot.descent.methods import METHODS
from surefoot.errors import BadValue, RunFileError, ShapeError, UnknownName
from surefoot.training.journal import Journal
from surefoot.training.kept import KeptStates, KeptWeights
from surefoot.training.packing import packed, unpacked
from surefoot.training.turns import Turnstile

NET = sf.Network((64, 6, 10))
TRAIN, TEST = sf.load("digits").take(slice(400)).split(300)


def grown(n=60, method="auto", net=NET, **options):
    journal = Journal.begin(net, TRAIN, TEST, method=method, **options)
    for _ in range(n + 1):
        journal.advance()
    return journal


@pytest.fixture(scope="module")
def journal():
    return grown(110)


def same_state(one, other):
    assert np.array_equal(one.theta, other.theta)
    assert np.array_equal(one.gradient, other.gradient)
    assert (one.value, one.iteration, one.last, one.refusals, one.cost, one.best.iteration) == (
        other.value, other.iteration, other.last, other.refusals, other.cost, other.best.iteration,
    )  # fmt: skip
    np.testing.assert_equal(one.memory, other.memory)


def test_its_records_are_those_of_a_run(journal):
    run = sf.train(NET, TRAIN, test=TEST, iterations=110, test_every=10)
    assert len(journal.steps) == len(journal.thetas) == 111
    for mine, theirs in zip(journal.steps, run.steps, strict=True):
        assert (mine.value, mine.alpha, mine.trials, mine.cost) == (
            theirs.value, theirs.alpha, theirs.trials, theirs.cost,
        )  # fmt: skip
        assert mine.measures["accuracy_train"] == theirs.measures["accuracy_train"]
    assert journal.steps[0].measures == run.steps[0].measures
    assert np.array_equal(journal.thetas[110], run.theta)
    told, written = journal.header, run.header
    assert (told.method, told.data_hash, told.n_test, told.parameters, told.compute) == (
        written.method, written.data_hash, written.n_test, written.parameters, written.compute,
    )  # fmt: skip


@pytest.mark.parametrize("compute", ["dense", "packed"])
@pytest.mark.parametrize("method", METHODS)
def test_every_state_is_walked_to_with_the_same_bits(method, compute):
    net = sf.Network((64, 3, 10))
    run = Journal.begin(net, TRAIN, TEST, method=method, compute=compute, l2=1e-3)
    states = {}
    while run.ending is None and run.last < 56:
        run.advance()
        states[run.last] = run.state(run.last)
    for k in (55, 50, 2, 30, 49, 51, 0, 56, 31):
        if k in states:
            same_state(run.state(k), states[k])
            if k:
                run.microscope(k, 5)


def test_every_fiftieth_state_is_kept(journal):
    assert [journal.states.before(k).iteration for k in (0, 49, 50, 99, 110)] == [0, 0, 50, 50, 100]


def test_states_may_be_asked_for_while_the_run_goes_on():
    run, alone = grown(3), grown(0)
    stop, asked = threading.Event(), []

    def ask():
        rng = np.random.default_rng(0)
        while not stop.is_set():
            k = int(rng.integers(run.last + 1))
            asked.append(bool(np.array_equal(run.state(k).theta, run.thetas[k])))

    asker = threading.Thread(target=ask)
    asker.start()
    while run.last < 150 or len(asked) < 3:
        run.advance()
    stop.set()
    asker.join(10)
    while alone.last < 150:
        alone.advance()
    assert all(asked)
    assert all(np.array_equal(run.thetas[k], alone.thetas[k]) for k in range(151))
    assert [step.cost for step in run.steps[:151]] == [step.cost for step in alone.steps]


def test_a_branch_by_the_same_method_without_memory_goes_the_same_way():
    run = grown(60, "classic")
    for k in (0, 7, 50, 60):
        branch = run.branch(k, "classic")
        first = branch.steps[0]
        assert (first.iteration, first.value, first.cost.passes) == (0, run.steps[k].value, 0)
        assert np.array_equal(branch.thetas[0], run.thetas[k])
        assert first.measures.keys() >= {"accuracy_train", "accuracy_test", "loss_test"}
        if k < 60:
            step, before = branch.advance(), run.steps[k + 1]
            assert (step.value, step.alpha, step.trials) == (before.value, before.alpha, before.trials)
            assert np.array_equal(branch.thetas[1], run.thetas[k + 1])


def test_a_branch_is_a_run_of_its_own(journal):
    journal.name = "r1"
    branch = journal.branch(33, "cg")
    assert branch.parent == {"run": "r1", "iteration": 33}
    assert branch.header.method == "cg"
    for _ in range(70):
        branch.advance()
    assert branch.steps[-1].value < journal.steps[33].value
    assert np.array_equal(branch.state(60).theta, branch.thetas[60])
    assert branch.branch(60, "auto").parent["iteration"] == 60
    assert len(journal.steps) == 111
    with pytest.raises(UnknownName, match="method"):
        journal.branch(3, "magic")


@pytest.mark.parametrize("compute", ["dense", "packed"])
@pytest.mark.parametrize("method", ["auto", "plane", "cg"])
def test_a_stored_run_is_the_same_and_goes_on_as_if_never_stopped(tmp_path, method, compute):
    path = tmp_path / "r.surefoot"
    options = {"data": "digits", "train_size": 1000, "data_dir": None}
    train, test = sf.load("digits").split(1000)
    shared = {"method": method, "options": options, "compute": compute}
    sf.train(NET, train, test=test, iterations=57, save=path, **shared)
    whole = Journal.begin(NET, train, test, **shared)
    for _ in range(71):
        whole.advance()
    stored = Journal.from_file(path)
    assert (stored.last, stored.missing, stored.ending.kind) == (57, "", "iterations")
    assert stored.test.hash == test.hash
    for k in (0, 30, 51, 57):
        same_state(stored.state(k), whole.state(k))
        assert np.array_equal(stored.thetas[k], whole.thetas[k])
    assert stored.microscope(20).to_json()["phi"] == whole.microscope(20).to_json()["phi"]
    assert stored.advance() is None
    stored.carry_on(70)
    while stored.advance():
        pass
    assert stored.ending.kind == "iterations"
    assert np.array_equal(stored.thetas[70], whole.thetas[70])
    assert stored.steps[70].cost == whole.steps[70].cost


def test_a_stored_run_without_its_data_tells_what_it_has(tmp_path):
    path = tmp_path / "r.surefoot"
    run = sf.train(NET, TRAIN, test=TEST, iterations=53, save=path)
    stored = Journal.from_file(path)
    assert stored.train is None
    assert "not at hand" in stored.missing
    assert stored.missing.endswith(".")
    assert (stored.samples(), stored.points()) == (None, None)
    assert np.array_equal(stored.theta(53), run.theta)
    assert stored.state(50).iteration == 50
    assert stored.state(53).value == run.steps[53].value
    for ask in (lambda: stored.state(20), lambda: stored.microscope(3), lambda: stored.branch(3, "cg")):
        with pytest.raises(BadValue, match="not at hand"):
            ask()


def test_options_of_a_method_that_the_file_does_not_hold_are_not_guessed(tmp_path):
    path = tmp_path / "r.surefoot"
    options = {"data": "digits", "train_size": 1000}
    data, _ = sf.load("digits").split(1000)
    sf.train(NET, data, method=sf.method("lbfgs", m=2), iterations=9, save=path, options=options)
    stored = Journal.from_file(path)
    assert stored.train is not None
    with pytest.raises(BadValue, match="options of its own"):
        stored.state(8)


def test_a_planted_error_is_found(tmp_path):
    run = grown(12)
    run.steps[9] = run.steps[8]
    with pytest.raises(RunFileError, match="walked again"):
        run.state(11)


def test_files_that_are_no_runs(tmp_path):
    (tmp_path / "x").write_text("no run")
    for path in (tmp_path / "x", tmp_path / "y"):
        with pytest.raises(RunFileError):
            Journal.from_file(path)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        ("UPDATE weights SET theta = X'00' WHERE iteration = 2", "another length"),
        ("DELETE FROM steps WHERE iteration = 1", "a record is missing"),
        ("DELETE FROM steps", "holds no record"),
    ],
)
def test_damaged_files_are_found(tmp_path, damage, says):
    sf.train(NET, TRAIN, iterations=3, save=tmp_path / "r")
    database = sqlite3.connect(tmp_path / "r")
    database.execute(damage)
    database.commit()
    database.close()
    with pytest.raises(RunFileError, match=says):
        Journal.from_file(tmp_path / "r")


def test_a_search_that_fails_is_an_ending():
    run = grown(0, "classic", iterations=4, net=sf.Network((64, 10)))
    while run.advance():
        pass
    assert (run.last, run.ending.kind) == (4, "iterations")
    far = Journal.begin(NET, TRAIN, initial=np.full(NET.size, 1e200), method="classic")
    with np.errstate(all="ignore"):
        while far.advance():
            pass
    assert far.ending.kind in ("failed", "precision")
    assert far.advance() is None
    with pytest.raises(BadValue, match="Branch"):
        far.carry_on()


def test_misuse_is_found_before_anything_is_computed():
    with pytest.raises(ShapeError):
        Journal.begin(sf.Network((3, 10)), TRAIN)
    with pytest.raises(UnknownName):
        Journal.begin(NET, TRAIN, method="magic")
    with pytest.raises(BadValue):
        Journal.begin(NET, TRAIN, iterations=-1)
    with pytest.raises(ShapeError):
        Journal.begin(NET, TRAIN, initial=np.zeros(3))
    fresh = Journal.begin(NET, TRAIN)
    with pytest.raises(BadValue, match="no record yet"):
        fresh.state(0)
    with pytest.raises(BadValue, match="no step yet"):
        grown(0).microscope(1)


@pytest.mark.parametrize("k", [-1, 111, 1.0, "3", None, True, [1]])
def test_iterations_that_are_not_there(journal, k):
    for ask in (journal.state, journal.theta, journal.microscope, lambda k: journal.branch(k, "cg")):
        with pytest.raises(BadValue, match="whole number"):
            ask(k)


def test_samples_cover_every_class_and_stay_the_same(journal):
    fields = journal.samples()
    inputs = unpacked(fields["inputs"])
    assert inputs.shape == (40, 64)
    assert inputs.dtype == np.float32
    assert set(fields["labels"]) == set(range(10))
    assert fields["labels"][:10] == list(range(10))
    assert np.array_equal(inputs, (TEST.X[fields["rows"]] / 16).astype(np.float32))
    assert [int(TEST.y[row]) for row in fields["rows"]] == fields["labels"]
    assert fields == journal.samples()
    assert len(journal.samples(7)["rows"]) == 7
    assert len(set(journal.samples(10_000)["rows"])) == TEST.n


def test_points_of_a_plane():
    train, test = sf.load("xor", n=20).split(12)
    run = Journal.begin(sf.Network((2, 4, 2)), train, test)
    points = run.points()
    assert points["tested"] == [False] * 12 + [True] * 8
    assert points["x"] == [*train.X[:, 0], *test.X[:, 0]]
    assert points["label"] == [*train.y, *test.y]
    assert Journal.begin(NET, TRAIN).points() is None


def test_regression_has_samples_and_no_classes():
    rng = np.random.default_rng(0)
    data = sf.Data(rng.normal(size=(50, 3)), rng.normal(size=50))
    run = Journal.begin(sf.Network((3, 4, 1), loss="squared-error"), data)
    run.advance()
    assert len(run.samples(8)["labels"]) == 8
    assert "accuracy_train" not in run.steps[0].measures


def test_weights_beyond_the_room_are_rounded_and_say_so():
    kept = KeptWeights(exact_bytes=3 * 80, rounded_bytes=4 * 40)
    for k in range(60):
        kept.put(k, np.full(10, 1 / 3 + k))
    assert kept.exact(range(60)) == [0, 1, 2, 50]
    assert abs(kept[20] - (1 / 3 + 20)).max() < 1e-5
    assert kept[20].dtype == np.float64
    assert kept.full


def test_a_run_without_room_ends_with_a_sentence():
    run = grown(2)
    run.thetas = KeptWeights(exact_bytes=1, rounded_bytes=1)
    for _ in range(3):
        assert run.ending is None
        run.advance()
    assert run.ending.kind == "memory"


def test_kept_states_thin_out():
    run, sparse = grown(250, "lbfgs", l2=1e-3), KeptStates(most_bytes=500_000)
    for k in range(0, 251, 50):
        sparse.put(run.state(k))
    assert sparse.spacing > 50
    run.states = sparse
    run._walked = None
    assert run.states.before(249).iteration % sparse.spacing == 0
    assert np.array_equal(run.state(230).theta, run.thetas[230])


def test_nobody_waits_for_ever_at_a_turnstile():
    turns, stop, others = Turnstile(), threading.Event(), []

    def greedy():
        while not stop.is_set():
            with turns:
                sum(range(2000))

    thread = threading.Thread(target=greedy)
    thread.start()
    for _ in range(50):
        with turns:
            others.append(1)
    stop.set()
    thread.join(10)
    assert len(others) == 50


def test_packing_goes_both_ways():
    for dtype in ("f4", "f8", "i1", "u1", "i4"):
        values = np.arange(6).reshape(2, 3)
        back = unpacked(packed(values, dtype))
        assert back.dtype == np.dtype(dtype)
        assert np.array_equal(back, values)
    assert unpacked(packed(np.zeros((0, 3)))).shape == (0, 3)
    assert packed(np.asarray([1.0, 2.0])[::-1])["data"] == packed([2.0, 1.0])["data"]
    with pytest.raises(BadValue, match="not packed"):
        packed([1], "c16")
    for wrong in ({}, {**packed([1.0]), "shape": [2]}, {**packed([1.0]), "data": "?"}):
        with pytest.raises(BadValue, match="not a packed array"):
            unpacked(wrong)
