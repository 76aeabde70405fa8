"""Every answer agrees with the same computed plainly, here, from the weights and the data."""

from __future__ import annotations

import json

import numpy as np
import pytest

import surefoot as sf
from surefoot.errors import BadValue, UnknownName
from surefoot.training import mistakes, questions
from surefoot.training.baseline import softmax_line
from surefoot.training.journal import Journal
from surefoot.training.packing import unpacked
from surefoot.training.questions import QUESTIONS, answer
from surefoot.training.shown import even_rows

NET = sf.Network((64, 6, 10))
TRAIN, TEST = sf.load("digits").split(1000)
L2 = 1e-3


def grown(n, net=NET, train=TRAIN, test=TEST, **options):
    journal = Journal.begin(net, train, test, **options)
    for _ in range(n + 1):
        journal.advance()
    return journal


@pytest.fixture(scope="module")
def journal():
    return grown(70, l2=L2)


def asked(journal, what, **args):
    told = answer(journal, what, args)
    json.dumps(told, allow_nan=False)
    return told


def test_weights(journal):
    told = asked(journal, "weights", **{"from": 3, "to": 7})
    weights = unpacked(told["weights"])
    assert told["from"] == 3
    assert weights.dtype == np.float32
    assert np.array_equal(weights, np.stack([journal.thetas[k] for k in range(3, 8)]).astype(np.float32))
    assert told["exact"] == []  # float32 rounds them


def test_weights_that_float32_holds_are_exact():
    start = np.full(NET.size, 0.5)
    run = grown(1, initial=start)
    assert asked(run, "weights", **{"from": 0, "to": 1})["exact"] == [0]


def test_large_weights_come_in_smaller_numbers(journal, monkeypatch):
    monkeypatch.setattr(questions, "MOST_BYTES", 4 * NET.size * 10)
    assert asked(journal, "weights", **{"from": 5, "to": 70})["weights"]["shape"] == [10, NET.size]


def test_exact_weights(journal):
    for k in (0, 49, 70):
        theta = unpacked(asked(journal, "exact weights", k=k)["weights"])
        assert theta.dtype == np.float64
        assert np.array_equal(theta, journal.thetas[k])


def test_microscope_sees_the_step_of_the_run(journal):
    for k in (1, 50, 51, 70):
        told, step = asked(journal, "microscope", k=k), journal.steps[k]
        assert told["step"] == json.loads(json.dumps(step.to_json()))
        assert told["phi0"] == journal.steps[k - 1].value
        assert told["phi"][told["alphas"].index(step.alpha)] == step.value


def test_gradient_is_that_of_the_objective(journal):
    with sf.Problem(NET, TRAIN, l2=L2) as problem:
        for k in (0, 20, 70):
            told, here = asked(journal, "gradient", k=k), problem.at(journal.thetas[k])
            gradient = unpacked(told["gradient"])
            assert np.abs(gradient - here.gradient).max() <= 1e-12 * np.abs(here.gradient).max()
            assert told["loss"] == pytest.approx(here.value, rel=1e-14)
            assert [block["name"] for block in told["norms"]] == ["W1", "b1", "W2", "b2"]
            whole = np.sqrt(sum(block["norm"] ** 2 for block in told["norms"]))
            assert whole == pytest.approx(journal.steps[k].gradient_norm, rel=1e-10)


@pytest.mark.parametrize("compute", ["dense", "packed"])
@pytest.mark.parametrize("loss", ["squared-error", "binary"])
def test_gradient_of_other_losses_and_of_several_blocks(loss, compute, monkeypatch):
    monkeypatch.setattr(questions, "BLOCK", 64)
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(150, 5)), rng.uniform(size=(150, 2))
    net = sf.Network((5, 4, 3, 2), "tanh", loss)
    run = grown(3, net, sf.Data(X, y), None, l2=0.1, compute=compute)
    with sf.Problem(net, sf.Data(X, y), l2=0.1, compute="dense") as problem:
        expected = problem.at(run.thetas[3]).gradient
    gradient = unpacked(asked(run, "gradient", k=3)["gradient"])
    assert np.abs(gradient - expected).max() <= 1e-12 * np.abs(expected).max()
    with pytest.raises(BadValue, match="nothing to confuse"):
        answer(run, "errors", {"k": 3})


def test_errors_are_counted_as_one_would_by_hand(journal):
    for k in (0, 10, 70):
        told = asked(journal, "errors", k=k)
        P = NET.predict(journal.thetas[k], TEST.X / 16)
        guesses = P.argmax(axis=1)
        confusion = np.zeros((10, 10), int)
        for label, guess in zip(TEST.y, guesses, strict=True):
            confusion[label, guess] += 1
        assert told["confusion"] == confusion.tolist()
        assert (told["part"], told["n"], told["shown"]) == ("unseen", TEST.n, TEST.n)
        assert told["right"] == np.sum(guesses == TEST.y)
        losses = -np.log(P[np.arange(TEST.n), TEST.y])
        wrong = sorted(np.flatnonzero(guesses != TEST.y), key=lambda i: -losses[i])[:24]
        assert [one["row"] for one in told["worst"]] == wrong
        for one in told["worst"]:
            i = one["row"]
            assert (one["label"], one["guess"]) == (TEST.y[i], guesses[i])
            assert one["loss"] == pytest.approx(losses[i], rel=1e-9)
            assert one["probability"] == pytest.approx(P[i].max(), rel=1e-9)
            assert np.array_equal(unpacked(one["inputs"]), (TEST.X[i] / 16).astype(np.float32))


def test_learned_is_the_iteration_from_which_on_a_row_is_right(journal):
    told = asked(journal, "errors", k=2)
    looks = [*range(0, journal.last + 1, told["resolution"]), journal.last]
    assert len(looks) <= mistakes.LOOKS + 2
    assert any(one["learned"] is not None for one in told["worst"])
    for one in told["worst"]:
        x = TEST.X[one["row"]] / 16
        right = [int(NET.outputs(journal.thetas[k], x).argmax()) == one["label"] for k in looks]
        from_here = [k for i, k in enumerate(looks) if all(right[i:])]
        assert one["learned"] == (from_here[0] if from_here else None)


def test_learned_keeps_what_it_has_seen_while_the_run_grows():
    run = grown(10)
    asked(run, "errors", k=3)
    seen = set(run.found)
    while run.last < 130:
        run.advance()
    told = asked(run, "errors", k=3)
    assert told["resolution"] == 4
    assert seen & set(run.found) == seen
    assert {("predicted", 0), ("predicted", 8), ("predicted", 128)} <= set(run.found)
    assert ("predicted", 130) not in run.found  # the newest is another one next time


def test_large_data_are_looked_at_in_part_and_say_so(monkeypatch):
    monkeypatch.setattr(mistakes, "ROWS", 100)
    run = grown(5, test=None)
    told = asked(run, "errors", k=5)
    assert (told["part"], told["n"], told["shown"]) == ("training", 1000, 100)
    assert sum(map(sum, told["confusion"])) == 100
    assert all(one["row"] % 10 == 0 for one in told["worst"])
    assert all(TRAIN.y[one["row"]] == one["label"] for one in told["worst"])


def test_rows_are_spread_evenly():
    assert even_rows(5, 9).tolist() == [0, 1, 2, 3, 4]
    rows = even_rows(1003, 100)
    assert len(set(rows.tolist())) == 100
    assert rows[0] == 0
    assert rows[-1] >= 990
    assert set(np.diff(rows)) <= {10, 11}


def test_a_network_with_one_output_tells_two_classes_apart():
    data = sf.load("xor")
    run = grown(40, sf.Network((2, 6, 1), loss="binary"), sf.Data(data.X, data.y.astype(float)), None)
    told = asked(run, "errors", k=40)
    assert told["classes"] == ["0", "1"]
    assert told["right"] / told["shown"] == run.steps[40].measures["accuracy_train"]
    assert all(one["probability"] >= 0.5 for one in told["worst"])


@pytest.mark.parametrize("what", QUESTIONS)
@pytest.mark.parametrize("k", [-1, 71, 1.0, "3", None, True, float("nan"), [2], {}])
def test_iterations_that_are_not_there(journal, what, k):
    args = {"from": k, "to": k} if what == "weights" else {"k": k}
    with pytest.raises(BadValue, match=r"whole number, [01] to 70\.$"):
        answer(journal, what, args)


@pytest.mark.parametrize("what", QUESTIONS)
def test_questions_that_lack_something(journal, what):
    with pytest.raises(BadValue, match="needs"):
        answer(journal, what, {})
    with pytest.raises(BadValue, match="names and values"):
        answer(journal, what, [1])


@pytest.mark.parametrize("what", ["microscope", "surface"])
def test_no_step_leads_to_the_start(journal, what):
    with pytest.raises(BadValue, match="1 to 70"):
        answer(journal, what, {"k": 0})


@pytest.mark.parametrize("what", ["surfaces", "", None, 3, ["weights"]])
def test_questions_nobody_can_answer(journal, what):
    with pytest.raises(UnknownName, match="question"):
        answer(journal, what, {"k": 3})


def test_weights_the_wrong_way_round(journal):
    with pytest.raises(BadValue, match="smaller number first"):
        answer(journal, "weights", {"from": 3, "to": 2})


def test_without_data_weights_are_told_and_the_rest_has_a_reason(tmp_path):
    path = tmp_path / "r.surefoot"
    sf.train(NET, TRAIN, iterations=4, save=path)
    stored = Journal.from_file(path)
    assert asked(stored, "weights", **{"from": 0, "to": 4})["weights"]["shape"] == [5, NET.size]
    assert unpacked(asked(stored, "exact weights", k=2)["weights"]).shape == (NET.size,)
    for what in ("microscope", "errors", "surface", "gradient"):
        with pytest.raises(BadValue, match="not at hand"):
            answer(stored, what, {"k": 3})


def test_softmax_regression_is_where_its_gradient_vanishes():
    line = softmax_line(TRAIN, TEST, l2=0.01)
    net = sf.Network((64, 10))
    run = sf.train(net, TRAIN, method="newton", l2=0.01, iterations=60, rng=5)
    assert line["converged"]
    assert line["loss"] == pytest.approx(run.steps[-1].value, rel=1e-8)
    assert line["accuracy_test"] == pytest.approx(np.mean(run.predict(TEST.X) == TEST.y), abs=2e-3)
    assert line["accuracy_train"] == pytest.approx(np.mean(run.predict(TRAIN.X) == TRAIN.y), abs=2e-3)
    assert line["l2"] == 0.01
    assert softmax_line(TRAIN)["accuracy_test"] is None
    assert softmax_line(sf.Data(TRAIN.X, TRAIN.X[:, 0].astype(float))) is None


def test_softmax_regression_of_classes_that_a_line_parts_ends_somewhere():
    """Without weight decay its loss falls for ever, and unseen rows pay for it."""
    line = softmax_line(TRAIN, TEST)
    assert (line["l2"], line["converged"]) == (1e-4, True)
    assert 1e-3 < line["loss"] < line["loss_test"] < 0.6
    assert line == softmax_line(TRAIN, TEST, l2=1e-4)
    assert softmax_line(TRAIN, TEST, l2=1e-3)["l2"] == 1e-3


def test_softmax_regression_stops_in_time():
    line = softmax_line(TRAIN, seconds=0.0)
    assert not line["converged"]
    assert line["loss"] > 0
