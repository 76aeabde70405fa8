"""The lab's runs: they do what they are told, nothing else, and tell it in order."""

from __future__ import annotations

import json
import threading
import time

import numpy as np
import pytest

import surefoot as sf
from surefoot.errors import BadValue, SurefootError
from surefoot.lab.session import MOST_ITERATIONS, Answers, Session
from surefoot.training.options import Options


@pytest.fixture
def session(monkeypatch):
    monkeypatch.setattr("surefoot.lab.session.softmax_line", lambda *_: {"loss": 1.0})
    lab = Session(Options(train_size=100), method="classic")
    yield lab
    lab.close()


def events(lab, kind=None, run=None):
    told = [json.loads(entry) for entry in lab.log.read(0, 1 << 40)]
    return [e for e in told if kind in (None, e["type"]) and run in (None, e.get("run"))]


def iterations(lab, run):
    return [step["iteration"] for event in events(lab, "steps", run) for step in event["steps"]]


def until(holds, seconds=20.0):
    """Wait until something holds; it must, in time."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


def resting(lab):
    until(lambda: lab._trainer.job is None)
    until(lambda: not (told := events(lab, "status")) or not told[-1]["training"])


def test_a_lab_opens_with_a_run_at_its_start(session):
    until(lambda: iterations(session, "r1") == [0])
    run, *_ = events(session, "run")
    assert run["header"]["architecture"] == "64-6-10"
    assert run["samples"]["inputs"]["shape"] == [40, 64]
    assert set(run["samples"]["labels"]) == set(range(10))
    assert (run["parent"], run["points"]) == (None, None)
    until(lambda: events(session, "softmax", "r1"))
    assert json.loads(session.ask("choices", {}))["now"] == {
        "data": "digits", "hidden": [6], "activation": "logistic", "method": "classic",
        "l2": 0.0, "rng": 0, "noise": 0.1,
    }  # fmt: skip


def test_steps_come_one_by_one_and_add_up(session):
    for _ in range(7):
        session.command("step", {"run": "r1"})
    until(lambda: len(iterations(session, "r1")) == 8)
    resting(session)
    assert iterations(session, "r1") == list(range(8))


def test_play_pause_play_tells_every_record_once_in_order(session):
    for _ in range(3):
        before = len(iterations(session, "r1"))
        session.command("play", {"run": "r1"})
        until(lambda before=before: len(iterations(session, "r1")) > before + 5)
        session.command("pause", {"run": "r1"})
        resting(session)
    told = iterations(session, "r1")
    assert told == list(range(session.runs["r1"].last + 1))
    assert [e["training"] for e in events(session, "status", "r1")][-6:] == [True, False] * 3


def test_steps_are_told_at_most_ten_times_a_second(session):
    session.command("play", {"run": "r1"})
    began = time.monotonic()
    until(lambda: len(iterations(session, "r1")) > 300)
    session.command("pause", {"run": "r1"})
    resting(session)
    assert len(events(session, "steps", "r1")) <= 10 * (time.monotonic() - began) + 4


def test_a_pace_holds_training_back_and_a_pause_ends_the_wait(session):
    session.command("speed", {"per_second": 0.1})
    session.command("play", {"run": "r1"})
    until(lambda: 0 in iterations(session, "r1"))
    began = time.monotonic()
    session.command("pause", {"run": "r1"})
    resting(session)
    assert time.monotonic() - began < 2
    assert len(iterations(session, "r1")) <= 3
    session.command("speed", {"per_second": None})


def test_a_reader_that_never_reads_does_not_stop_training(session):
    stuck = threading.Event()
    session.log._wakers.add(lambda: None)  # a tab that is told and does nothing
    session.command("play", {"run": "r1"})
    until(lambda: session.runs["r1"].last > 50)
    stuck.set()


def test_the_lab_trains_as_training_does(session):
    train, _ = sf.load("digits").split(100)
    plain = sf.train(sf.Network((64, 6, 10)), train, method="classic", iterations=20)
    for _ in range(20):
        session.command("step", {"run": "r1"})
    until(lambda: session.runs["r1"].last == 20)
    assert [s.value for s in session.runs["r1"].steps] == [s.value for s in plain.steps]


def test_a_branch_begins_where_it_is_cut(session):
    for _ in range(6):
        session.command("step", {"run": "r1"})
    until(lambda: session.runs["r1"].last == 6)
    assert session.command("branch", {"run": "r1", "k": 4, "method": "lbfgs"}) == {"run": "r2"}
    (told,) = events(session, "run", "r2")
    assert told["parent"] == {"run": "r1", "iteration": 4}
    assert np.array_equal(session.runs["r2"].theta(0), session.runs["r1"].theta(4))
    session.command("step", {"run": "r2"})
    until(lambda: iterations(session, "r2") == [0, 1])
    assert session.runs["r2"].header.iterations == MOST_ITERATIONS


def test_the_same_seed_and_sizes_are_the_same_start(session):
    again = session.command("restart", {"method": "cg", "l2": 0.1})["run"]
    other = session.command("restart", {"rng": 1})["run"]
    until(lambda: session.runs[again].last >= 0 or session.runs[other].last >= 0)
    for run in (again, other):
        session.command("step", {"run": run})
        until(lambda run=run: session.runs[run].last >= 0)
    session.command("step", {"run": "r1"})
    until(lambda: session.runs["r1"].last >= 0)
    first, second, third = (session.runs[run].theta(0) for run in ("r1", again, other))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, third)
    assert json.loads(session.ask("choices", {}))["now"]["method"] == "cg"


def test_a_new_run_rests_the_old_one(session):
    session.command("play", {"run": "r1"})
    until(lambda: session.runs["r1"].last > 3)
    run = session.command("restart", {"data": "xor", "hidden": [4]})["run"]
    until(lambda: iterations(session, run) == [0])
    resting(session)
    assert events(session, "status", "r1")[-1]["training"] is False
    assert len(events(session, "run", run)[0]["points"]["x"]) == 400


def test_points_made_by_hand_are_trained_on(session):
    dots = [
        {"x": -1, "y": 0.5, "label": 0},
        {"x": 1, "y": 0.5, "label": 1},
        {"x": 0, "y": 0, "label": 1, "tested": True},
    ]
    run = session.command("restart", {"data": "moons", "points": dots, "hidden": []})["run"]
    told = events(session, "run", run)[0]
    assert told["points"] == {
        "x": [-1, 1, 0],
        "y": [0.5, 0.5, 0],
        "label": [0, 1, 1],
        "tested": [False, False, True],
    }
    assert told["header"]["data"] == "moons"
    columns = {"x": [0, 1], "y": [0, 1], "label": [0, 1]}
    session.command("restart", {"data": "moons", "points": columns})
    bad = (
        [], {}, "x", [1], [{"x": 1}], [{"x": 1, "y": 2, "label": 2}], [{"x": 1, "y": 2, "label": 0, "z": 1}],
        [{"x": float("inf"), "y": 2, "label": 0}], [{"x": "1", "y": 2, "label": 0}], [dots[2]],
        [{"x": 1e9, "y": 2, "label": 0}], [dots[0]] * 2001, {"x": [1], "y": [], "label": [0]}, {"x": 1},
    )  # fmt: skip
    before = len(session.runs)
    for points in bad:
        with pytest.raises(BadValue):
            session.command("restart", {"data": "moons", "points": points})
    with pytest.raises(BadValue, match="Points lie in a plane"):
        session.command("restart", {"data": "digits", "points": dots})
    assert len(session.runs) == before


WRONG = [
    {"data": "/etc/passwd"}, {"data": "../digits"}, {"data": 1}, {"data": None}, {"data": ["digits"]},
    {"data": "http://x"}, {"hidden": [1, 1, 1, 1]}, {"hidden": [0]}, {"hidden": [257]}, {"hidden": [-1]},
    {"hidden": [1.5]}, {"hidden": "6"}, {"hidden": [True]}, {"hidden": [None]}, {"hidden": {"0": 1}},
    {"l2": -1}, {"l2": 11}, {"l2": "0"}, {"l2": float("nan")}, {"l2": float("inf")}, {"l2": True},
    {"l2": None},
    {"rng": -1}, {"rng": 2**31 + 1}, {"rng": 0.5}, {"rng": "0"}, {"noise": 2}, {"noise": -0.1},
    {"method": "sgd"}, {"method": "__class__"}, {"method": 0}, {"activation": "x"}, {"activation": []},
    {"data": "digits", "hidden": [100], "method": "bfgs"}, {"initial": "x.npz"}, {"data_dir": "/"}, {"": 1},
    {"l2": 10**400},
]  # fmt: skip


@pytest.mark.parametrize("args", WRONG, ids=str)
def test_what_cannot_be_chosen_is_refused_in_one_sentence(session, args):
    with pytest.raises(SurefootError) as refusal:
        session.command("restart", args)
    assert 20 < len(str(refusal.value)) < 300
    assert len(session.runs) == 1


@pytest.mark.parametrize(
    ("name", "args"),
    [("play", {}), ("play", {"run": "r2"}), ("play", {"run": ["r1"]}), ("pause", {"run": "../r1"}),
     ("step", {"run": "r1", "path": "x"}), ("speed", {"per_second": 0}), ("speed", {"per_second": "fast"}),
     ("speed", {"per_second": 1e9}), ("branch", {"run": "r1", "k": 5, "method": "cg"}),
     ("branch", {"run": "r1", "k": "0", "method": "cg"}), ("branch", {"run": "r1", "k": 0, "method": {}}),
     ("close", {}), ("__init__", {})],
)  # fmt: skip
def test_commands_that_cannot_be_are_refused(session, name, args):
    with pytest.raises(SurefootError):
        session.command(name, args)


def test_asks_are_answered_and_dear_ones_kept(session, monkeypatch):
    for _ in range(3):
        session.command("step", {"run": "r1"})
    until(lambda: session.runs["r1"].last == 3)
    told = json.loads(session.ask("weights", {"run": "r1", "from": 0, "to": 2}))
    assert told["weights"]["shape"] == [3, 460]
    seen = session.ask("microscope", {"run": "r1", "k": 2})
    monkeypatch.setattr("surefoot.lab.session.answer", None)
    assert session.ask("microscope", {"run": "r1", "k": 2}) == seen
    with pytest.raises(BadValue, match="no such run"):
        session.ask("microscope", {"run": "r9", "k": 2})


def test_a_dear_answer_is_made_once_for_two_who_ask_at_once():
    answers, made, go = Answers(2), [], threading.Event()

    def make():
        made.append(1)
        go.wait(5)
        return "answer"

    told = []
    askers = [threading.Thread(target=lambda: told.append(answers.of("a", make))) for _ in range(4)]
    for asker in askers:
        asker.start()
    go.set()
    for asker in askers:
        asker.join()
    assert (told, made) == (["answer"] * 4, [1])
    for key in "bcd":
        answers.of(key, lambda: "other")
    assert len(answers._kept) == 2


def test_an_error_is_not_kept():
    answers = Answers()
    with pytest.raises(BadValue):
        answers.of("a", lambda: (_ for _ in ()).throw(BadValue("no")))
    assert answers.of("a", lambda: "yes") == "yes"


def test_a_mistake_while_training_is_told_and_the_thread_lives(session, monkeypatch, capsys):
    until(lambda: session.runs["r1"].last == 0)
    resting(session)

    def advance():
        raise RuntimeError("planted")

    monkeypatch.setattr(session.runs["r1"], "advance", advance)
    session.command("play", {"run": "r1"})
    until(lambda: events(session, "trouble"))
    resting(session)
    monkeypatch.undo()
    assert "planted" in capsys.readouterr().err
    assert "planted" not in json.dumps(events(session))
    session.command("step", {"run": "r1"})
    until(lambda: session.runs["r1"].last == 1)


def test_a_run_that_has_ended_says_so_and_does_not_begin_again(monkeypatch):
    monkeypatch.setattr("surefoot.lab.session.MOST_ITERATIONS", 5)
    monkeypatch.setattr("surefoot.lab.session.softmax_line", lambda *_: None)
    lab = Session(Options("xor"))
    lab.command("play", {"run": "r1"})
    until(lambda: events(lab, "status", "r1")[-1]["ending"])
    assert iterations(lab, "r1") == list(range(6))
    with pytest.raises(BadValue, match="The run has ended"):
        lab.command("play", {"run": "r1"})
    lab.close()


def test_a_run_file_is_looked_at_and_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr("surefoot.lab.session.softmax_line", lambda *_: None)
    train, test = (options := Options("moons", hidden=(3,))).split()
    path = tmp_path / "moons.run"
    net = options.network(train)
    sf.train(net, train, test=test, iterations=12, save=path, options=options.to_json())
    lab = Session(look_at=path)
    assert iterations(lab, "r1") == list(range(13))
    assert events(lab, "status", "r1")[0]["ending"]["kind"] == "iterations"
    lab.command("step", {"run": "r1"})
    until(lambda: lab.runs["r1"].last == 13)
    now = json.loads(lab.ask("choices", {}))["now"]
    assert (now["data"], now["hidden"], now["method"]) == ("moons", [3], "auto")
    lab.close()


def test_a_file_is_chosen_by_its_name_and_nobody_learns_its_path(tmp_path, monkeypatch):
    monkeypatch.setattr("surefoot.lab.session.softmax_line", lambda *_: None)
    name = "<img src=x onerror=alert(1)>.csv"
    table = tmp_path / name
    table.write_text("a,b,c\n" + "".join(f"{i},{i * i % 7},{i % 3}\n" for i in range(40)), encoding="utf-8")
    lab = Session(Options(str(table), hidden=(3,)))
    choices = json.loads(lab.ask("choices", {}))
    assert choices["now"]["data"] == name == choices["data"][0]["name"]
    assert lab.command("restart", {"data": name, "hidden": [2]}) == {"run": "r2"}
    lab.command("restart", {"data": "circle"})
    assert str(tmp_path) not in json.dumps(events(lab)) + json.dumps(choices)
    lab.close()


def test_closing_ends_the_thread_in_the_middle_of_training(session):
    session.command("play", {"run": "r1"})
    until(lambda: session.runs["r1"].last > 3)
    began = time.monotonic()
    session.close()
    assert time.monotonic() - began < 2
    assert not session._trainer._thread.is_alive()
    told = len(session.log)
    time.sleep(0.05)
    assert len(session.log) == told


def test_a_lab_that_cannot_be_is_refused_before_it_opens():
    before = threading.active_count()
    for options, method in ((Options("nothing"), "auto"), (Options(), "sgd"), (Options(hidden=(0,)), "auto")):
        with pytest.raises(SurefootError):
            Session(options, method)
    assert threading.active_count() == before
