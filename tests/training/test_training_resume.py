"""A run that goes on is the run that never stopped, to the last bit; one that branches says from where."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

import surefoot as sf
from surefoot.descent.methods import METHODS
from surefoot.errors import BadValue, RunFileError
from surefoot.training.store import RunReader, RunWriter

MEASURED = ("accuracy_test", "loss_test")  # the last record before a stop is measured as last ones are
BEGIN = "import surefoot as sf, os, sys; data, test = sf.load('digits').split(80)\n"


@pytest.fixture(scope="module")
def small():
    train, test = sf.load("digits").split(80)
    return sf.Network((64, 4, 10)), train, test


@pytest.fixture
def stored(small, tmp_path):
    net, train, test = small
    sf.train(net, train, test=test, iterations=7, save=tmp_path / "a", method="cg")
    return tmp_path / "a"


def bits(run):
    """Everything that a run computed, apart from seconds and what is measured beside it."""
    return [
        {k: v for k, v in step.to_json().items() if k not in ("seconds", *MEASURED)} for step in run.steps
    ], run.theta.tobytes()


def go_on(path, more, small, **options):
    return sf.resume(path, more, data=small[1], test=small[2], **options)


def change(path, sql, *values):
    database = sqlite3.connect(path)
    with database:
        database.execute(sql, values)
    database.close()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("n", "m", "options"),
    [
        (7, 6, {"compute": "dense"}),
        (53, 4, {"compute": "packed", "l2": 1e-3}),  # here Z¹ is carried on, and walked anew at 50
        (50, 3, {"compute": "dense", "precision": "single"}),
    ],
    ids=["dense", "packed", "single"],
)
def test_n_plus_m_steps_are_n_steps_a_stop_and_m_steps(small, tmp_path, method, n, m, options):
    net, train, test = small
    sf.train(net, train, test=test, iterations=n, method=method, save=tmp_path / "a", **options)
    resumed = go_on(tmp_path / "a", m, small)
    never = sf.train(net, train, test=test, iterations=n + m, method=method, **options)
    assert bits(resumed) == bits(never)
    assert resumed.header.iterations == n + m
    assert (sf.read_run(tmp_path / "a").steps, resumed.ending) == (resumed.steps, never.ending)
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("method", ["auto", "plane"])
def test_in_a_new_process_too(small, tmp_path, method):
    path = os.fspath(tmp_path / "a")
    train = (
        f"sf.train(sf.Network((64, 4, 10)), data, test=test, iterations=54, method={method!r}, save={path!r})"
    )
    for code in (train, f"sf.resume({path!r}, 9, data=data, test=test)"):
        subprocess.run([sys.executable, "-c", BEGIN + code], check=True)
    net, data, test = small
    never = sf.train(net, data, test=test, iterations=63, method=method)
    assert bits(sf.read_run(path)) == bits(never)


def test_seconds_and_cost_go_on_and_weights_are_all_there(small, stored):
    before = sf.read_run(stored)
    after = go_on(stored, 60, small)
    assert after.steps[:8] == before.steps
    seconds = [step.seconds for step in after.steps]
    assert seconds == sorted(seconds)
    assert after.steps[-1].cost.passes > before.steps[-1].cost.passes
    with RunReader(stored) as reader:
        assert all(reader.theta(k) is not None for k in range(68))
        kept = [state.iteration for state in reader.states()]
        assert kept == [0, 50, 67]  # the one at 7 was no place to walk on from
    assert after.checkpoint.iteration == 50
    again = go_on(stored, 2, small)
    assert [note["iteration"] for note in again.header.options["resumed"]] == [7, 67]


def test_a_view_is_shown_the_stored_records_first(small, stored):
    class View:
        def open(self, header):
            seen.append(header.iterations)

        def show(self, frame):
            seen.append(frame.step.iteration)

        def close(self, ending):
            seen.append(ending.kind)

    seen = []
    go_on(stored, 2, small, views=[View()])
    assert seen == [9, *range(10), "iterations"]


def test_without_a_number_the_plan_is_finished(small, tmp_path):
    class Impatient:
        def open(self, header): ...
        def close(self, ending): ...

        def show(self, frame):
            if frame.step.iteration == 3:
                raise KeyboardInterrupt

    net, train, test = small
    cut = sf.train(net, train, test=test, iterations=6, views=[Impatient()], save=tmp_path / "a")
    assert cut.ending.kind == "interrupted"
    done = go_on(tmp_path / "a", None, small)
    assert bits(done) == bits(sf.train(net, train, test=test, iterations=6))
    with pytest.raises(BadValue, match="how many more"):
        go_on(tmp_path / "a", None, small)
    assert go_on(tmp_path / "a", 0, small).steps == done.steps  # nothing to do is no mistake when it is said


def test_a_run_saved_afterwards_can_be_resumed(small, tmp_path):
    net, train, test = small
    done = sf.train(net, train, test=test, iterations=52, method="plane")
    done.save(tmp_path / "a")
    assert bits(go_on(tmp_path / "a", 3, small)) == bits(
        sf.train(net, train, test=test, iterations=55, method="plane")
    )


def test_sharpness_and_weights_of_samples_go_on(small, tmp_path):
    net, train, test = small
    weights = np.arange(1.0, train.n + 1)
    given = {"test": test, "sample_weight": weights, "sharpness_every": 4, "test_every": 3}
    sf.train(net, train, iterations=5, save=tmp_path / "a", **given)
    with pytest.raises(BadValue, match="sample_weight"):
        go_on(tmp_path / "a", 4, small)
    done = go_on(tmp_path / "a", 4, small, sample_weight=weights)
    assert bits(done) == bits(sf.train(net, train, iterations=9, **given))
    assert [s.iteration for s in done.steps if "sharpness" in s.measures] == [0, 4, 8]
    assert [s.iteration for s in done.steps if "loss_test" in s.measures] == [0, 3, 5, 6, 9]


def test_a_method_with_options_of_its_own_is_not_another(small, tmp_path):
    net, train, test = small
    rule = sf.method("constant", alpha=0.7)
    sf.train(net, train, test=test, iterations=50, method=rule, save=tmp_path / "a")
    with pytest.raises(BadValue, match=r"options of its own.*0\.7"):
        go_on(tmp_path / "a", 2, small)
    done = go_on(tmp_path / "a", 2, small, method=rule)
    assert bits(done) == bits(sf.train(net, train, test=test, iterations=52, method=rule))


def test_other_data_are_refused_and_the_file_is_as_it_was(small, stored):
    _, train, test = small
    before = stored.read_bytes()
    for data, unseen, said in (
        (test.take(slice(80)), test, "was trained on"),
        (train, test.take(slice(9)), "tested on 1,717 rows"),
        (train, replace(test, y=test.y[::-1]), "was tested on"),
        (None, None, "trained on arrays"),
    ):
        with pytest.raises(BadValue, match=said):
            sf.resume(stored, 3, data=data, test=unseen)
    assert stored.read_bytes() == before


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE steps SET record = json_set(record, '$.loss', 1.0) WHERE iteration = 5",
        "UPDATE steps SET record = json_set(record, '$.passes', 1) WHERE iteration = 7",
        "UPDATE steps SET record = json_set(record, '$.trials[0].margin', 1.0) WHERE iteration = 3",
    ],
)
def test_records_that_come_out_different_are_a_sentence(small, stored, sql):
    change(stored, sql)
    before = stored.read_bytes()
    with pytest.raises(RunFileError, match="but the file says"):
        go_on(stored, 3, small)
    assert stored.read_bytes() == before


def test_a_run_that_found_no_step_does_not_go_on(tmp_path):
    X = np.random.default_rng(0).normal(size=(20, 2))
    data = sf.Data(X, X @ [1.0, 2.0])
    done = sf.train(sf.Network((2, 1), loss="squared-error"), data, iterations=500, save=tmp_path / "a")
    assert done.ending.kind in ("failed", "precision")
    with pytest.raises(BadValue, match="another method"):
        sf.resume(tmp_path / "a", 3, data=data)


def test_two_do_not_write_one_run(small, stored):
    writer = RunWriter(stored, sf.read_run(stored).header, after=7)
    with pytest.raises(RunFileError, match="open elsewhere"):
        go_on(stored, 3, small)
    writer.database.close()
    assert len(go_on(stored, 3, small).steps) == 11


def test_a_run_that_has_grown_meanwhile_is_left_alone(small, stored):
    with pytest.raises(RunFileError, match="grown to iteration 7"):
        RunWriter(stored, sf.read_run(stored).header, after=6)
    assert sf.read_run(stored).ending.kind == "iterations"


KILLED = """
import os, threading, time
def stop():
    time.sleep(float(sys.argv[1])); os.kill(os.getpid(), 9)
class Begun:
    def open(self, header): pass
    def close(self, ending): pass
    def show(self, frame):
        with open(sys.argv[2] + ".shown", "w") as file: file.write(str(frame.step.iteration))
        if not threads: threads.append(threading.Thread(target=stop, daemon=True)); threads[0].start()
threads = []
"""


@pytest.mark.slow
def test_kill_9_at_any_moment_loses_at_most_one_step(small, tmp_path):
    """Killed and gone on with, again and again: what was shown is in the file, and the bits are right."""
    net, data, test = small
    path, chance = os.fspath(tmp_path / "a"), random.Random(5)
    code = (
        BEGIN
        + KILLED
        + f"""
if os.path.exists({path!r}): sf.resume({path!r}, 100000, views=[Begun()], data=data, test=test)
else: sf.train(sf.Network((64, 4, 10)), data, test=test, iterations=100000, method="lbfgs", save={path!r},
               views=[Begun()])
"""
    )
    reached = 0
    for _ in range(6):
        delay = str(chance.uniform(0.0, 0.06))
        done = subprocess.run(
            [sys.executable, "-c", code, delay, path], check=False, capture_output=True, text=True
        )
        assert done.returncode == -signal.SIGKILL, done.stderr
        run = sf.read_run(path)
        assert run.ending.kind == "open"
        shown = int((tmp_path / "a.shown").read_text() or 0)
        assert run.steps[-1].iteration >= max(shown, reached)
        reached = run.steps[-1].iteration
    assert reached > 6
    (tmp_path / "a.shown").unlink()
    done = go_on(path, 2, small)
    assert bits(done) == bits(sf.train(net, data, test=test, iterations=reached + 2, method="lbfgs"))
    assert [p.name for p in tmp_path.iterdir()] == ["a"]  # one file, no log beside it
    (tmp_path / "elsewhere").mkdir()
    copy = shutil.copy(path, tmp_path / "elsewhere")
    assert sf.read_run(copy).steps == done.steps


def test_a_resume_that_is_killed_loses_nothing(small, stored):
    code = BEGIN + KILLED + "sf.resume(sys.argv[2], 100000, views=[Begun()], data=data, test=test)"
    before = sf.read_run(stored)
    subprocess.run([sys.executable, "-c", code, "0.0", os.fspath(stored)], check=False)
    cut = sf.read_run(stored)
    assert cut.steps[:8] == before.steps
    n = cut.steps[-1].iteration
    net, data, test = small
    assert bits(go_on(stored, 1, small)) == bits(
        sf.train(net, data, test=test, iterations=n + 1, method="cg")
    )


FULL = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
from surefoot.cli import main
main(["train", "--method", "classic", "--iterations", "3000", "--view", "none", *sys.argv[3:]])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits of files as Linux has them")
@pytest.mark.parametrize("limit", [120_000, 250_000, 1_000_000])
def test_a_full_disk_is_one_sentence_and_a_readable_file(tmp_path, limit):
    path = tmp_path / "a"
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + FULL, "-", str(limit), "--run", os.fspath(path)],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    assert "cannot be written" in done.stderr
    run = sf.read_run(path)
    assert len(run.steps) > 1
    assert [step.iteration for step in run.steps] == list(range(len(run.steps)))
    assert sf.verify(path).holds
    resumed = sf.resume(path, 2)
    assert len(resumed.steps) == len(run.steps) + 2
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_a_disk_that_fills_while_closing_leaves_the_records(small, tmp_path, monkeypatch):
    def full(self, key, value):
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorname = "SQLITE_FULL"
        raise error

    net, train, _ = small
    writer = RunWriter(tmp_path / "a", sf.train(net, train, iterations=0).header)
    done = sf.train(net, train, iterations=2)
    from surefoot.records import Frame

    for step in done.steps:
        writer.write(Frame(step), done.theta)
    monkeypatch.setattr(RunWriter, "_about", full)
    with pytest.raises(RunFileError, match="Make room"):
        writer.close(done.ending, done.state)
    monkeypatch.undo()
    assert sf.read_run(tmp_path / "a").steps == done.steps
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


# branching ---------------------------------------------------------------------------------------


def leave(path, at, small, **options):
    return sf.branch(path, at, data=small[1], test=small[2], **options)


@pytest.mark.parametrize("at", [0, 4, 7, None])
def test_a_branch_begins_with_the_weights_of_that_iteration(small, stored, tmp_path, at):
    before = stored.read_bytes()
    done = leave(stored, at, small, method="lbfgs", iterations=3, save=tmp_path / "b")
    k = 7 if at is None else at
    with RunReader(stored) as parent, RunReader(tmp_path / "b") as child:
        assert child.theta(0).tobytes() == parent.theta(k).tobytes()
        assert done.steps[0].value == pytest.approx(parent.steps()[k].value, rel=1e-13)
        assert child.header.options["parent"]["iteration"] == k
        assert child.header.options["parent"]["run"] == os.fspath(stored)
        assert child.header.options["parent"]["created"] == parent.header.created
    assert (done.header.method, len(done.steps)) == ("lbfgs", 4)
    assert stored.read_bytes() == before
    assert sf.verify(tmp_path / "b", data=small[1], test=small[2]).holds
    assert len(go_on(tmp_path / "b", 2, small).steps) == 6


@pytest.mark.parametrize("at", [3, 50, 54])
def test_weights_that_are_not_stored_are_walked_to(small, tmp_path, at):
    net, train, test = small
    sf.train(net, train, test=test, iterations=55, method="plane", save=tmp_path / "a")
    with RunReader(tmp_path / "a") as reader:
        theta = reader.theta(at)
    change(tmp_path / "a", "DELETE FROM weights WHERE iteration > 0")
    done = leave(tmp_path / "a", at, small, method="cg", iterations=0)
    assert done.theta.tobytes() == theta.tobytes()
    change(
        tmp_path / "a", "UPDATE steps SET record = json_set(record, '$.loss', 1.0) WHERE iteration IN (2, 52)"
    )
    if at != 50:
        with pytest.raises(RunFileError, match="but the file says"):
            leave(tmp_path / "a", at, small, method="cg", iterations=0)


def test_a_branch_that_cannot_be(small, stored):
    with pytest.raises(BadValue, match="give 0 to 7"):
        leave(stored, 8, small)
    with pytest.raises(BadValue, match="cg"):
        leave(stored, 1, small, method="cgg")
    with pytest.raises(BadValue, match="arrays"):
        sf.branch(stored, 1)
    with pytest.raises(RunFileError, match="no run file"):
        sf.branch(stored.parent / "nowhere", 1)
