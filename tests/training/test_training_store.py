"""The run file: every bit comes back, it is readable at any moment, and it never replaces another."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

import surefoot as sf
from surefoot.errors import RunFileError
from surefoot.records import Ending, Frame
from surefoot.training.store import RunReader, RunWriter, is_run
from surefoot.training.tree import pack, unpack


@pytest.fixture(scope="module")
def small():
    train, test = sf.load("digits").split(60)
    return sf.Network((64, 4, 10)), train, test.take(slice(40))


@pytest.fixture(scope="module")
def run(small, tmp_path_factory):
    path = tmp_path_factory.mktemp("run") / "a"
    net, train, test = small
    return path, sf.train(net, train, test=test, iterations=7, test_every=3, save=path, method="classic")


def test_what_is_read_is_what_was_returned(run):
    path, done = run
    read = sf.read_run(path)
    assert read.steps == done.steps
    assert read.ending == done.ending
    assert read.theta.tobytes() == done.theta.tobytes()
    assert read.outputs == pytest.approx(done.outputs, rel=1e-6)
    samples, other = read.header.samples, done.header.samples
    assert replace(read.header, samples=None) == replace(done.header, samples=None)
    assert samples.inputs.dtype == other.inputs.dtype
    assert (samples.inputs == other.inputs).all()
    assert is_run(path)
    assert [p.name for p in path.parent.iterdir()] == ["a"]  # exactly one file


def test_the_weights_of_every_iteration_are_kept(run, small):
    path, done = run
    net, train, _ = small
    with RunReader(path) as reader, sf.Problem(net, train) as problem:
        for step in done.steps:
            fresh = problem.at(reader.theta(step.iteration)).value
            assert fresh == pytest.approx(step.value, rel=1e-13)  # not through the ray: other rounding
        assert reader.theta(99) is None
        assert reader.state(at=6).iteration == 0  # states are kept now and then, and at the end
        assert reader.state().iteration == 7


@pytest.mark.parametrize("method", ["classic", "constant", "auto"])
def test_a_state_out_of_the_file_continues_bit_for_bit(small, tmp_path, method):
    net, train, _ = small
    sf.train(net, train, iterations=5, save=tmp_path / "a", method=method)
    with RunReader(tmp_path / "a") as reader, sf.Problem(net, train) as problem:
        rest = list(sf.descend(problem, reader.state(), method, sf.stop(iterations=12)))
    never_stopped = sf.train(net, train, iterations=12, method=method)
    numbers = [(s.iteration, s.value, s.gradient_norm, s.alpha, s.trials, s.cost) for s in rest]
    wanted = [(s.iteration, s.value, s.gradient_norm, s.alpha, s.trials, s.cost) for s in never_stopped.steps]
    assert numbers == wanted[6:]


def test_saving_afterwards_writes_the_same_records(run, tmp_path):
    _, done = run
    done.save(tmp_path / "b")
    again = sf.read_run(tmp_path / "b")
    assert (again.steps, again.ending) == (done.steps, done.ending)
    assert again.theta.tobytes() == done.theta.tobytes()
    with pytest.raises(RunFileError, match="never overwritten"):
        done.save(tmp_path / "b")
    again.save(tmp_path / "c")  # and what was read can be written
    assert sf.read_run(tmp_path / "c").steps == done.steps


def test_a_run_is_read_while_it_grows(small, tmp_path):
    net, train, _ = small
    seen = []

    class Reader:
        def open(self, header):
            with pytest.raises(RunFileError, match="no record"):
                sf.read_run(tmp_path / "a")

        def show(self, frame):
            read = sf.read_run(tmp_path / "a")
            assert read.steps[-1] == frame.step
            seen.append(read.ending.kind)

        def close(self, ending):
            seen.append(sf.read_run(tmp_path / "a").ending.kind)

    sf.train(net, train, iterations=3, views=[Reader()], save=tmp_path / "a")
    assert seen == ["open"] * 4 + ["iterations"]


def test_kill_9_loses_no_record_that_was_shown(tmp_path):
    """The process kills itself inside `show`, after the record was written."""
    code = f"""
import os, signal, surefoot as sf
class Killer:
    def open(self, header): pass
    def close(self, ending): pass
    def show(self, frame):
        if frame.step.iteration == 4: os.kill(os.getpid(), signal.SIGKILL)
data, _ = sf.load("digits").split(60)
sf.train(sf.Network((64, 4, 10)), data, views=[Killer()], save={os.fspath(tmp_path / "a")!r})
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
    run = sf.read_run(tmp_path / "a")
    assert [s.iteration for s in run.steps] == [0, 1, 2, 3, 4]
    assert run.ending.kind == "open"
    data, _ = sf.load("digits").split(60)
    assert sf.Problem(run.network, data).at(run.theta).value == pytest.approx(run.steps[-1].value, rel=1e-13)


def test_numbers_that_json_has_no_word_for(run, tmp_path):
    _, done = run
    last = replace(done.steps[-1], iteration=8, value=float("nan"), gradient_norm=float("inf"))
    replace(done, steps=(*done.steps, last)).save(tmp_path / "a")
    assert sf.read_run(tmp_path / "a").steps[-1].value is None


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("UPDATE about SET value = '\"surefoot run 99\"' WHERE key = 'format'", "surefoot run 99"),
        ("DELETE FROM about WHERE key = 'header'", "damaged"),
        ("UPDATE about SET value = '{' WHERE key = 'header'", "damaged"),
        ("UPDATE steps SET record = '{}' WHERE iteration = 3", "damaged"),
        ("UPDATE states SET state = x'00'", "damaged"),
        ("UPDATE weights SET theta = x'00' WHERE iteration = 7", "damaged"),
        ("DROP TABLE steps", "damaged"),
        ("DELETE FROM steps", "no record"),
    ],
)
def test_a_damaged_run_is_one_sentence(run, tmp_path, sql, said):
    import sqlite3

    _, done = run
    done.save(tmp_path / "a")
    database = sqlite3.connect(tmp_path / "a")
    with database:
        database.execute(sql)
    database.close()
    with pytest.raises(RunFileError, match=said):
        sf.read_run(tmp_path / "a")


def test_a_bad_path_is_found_before_training(small, tmp_path):
    net, train, _ = small
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "nowhere" / "a", tmp_path / "file" / "a", tmp_path, tmp_path / "file"):
        with pytest.raises(RunFileError):
            sf.train(net, train, save=path, views=[Untouched()])
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


class Untouched:
    def open(self, header):
        raise AssertionError("training has begun")

    show = close = open


def test_an_unfinished_record_is_taken_back_at_the_end(run, tmp_path):
    _, done = run
    writer = RunWriter(tmp_path / "a", done.header)
    writer.write(Frame(done.steps[0]), done.theta)
    writer.database.execute("BEGIN")
    writer.database.execute("INSERT INTO steps VALUES (1, 'half')")
    writer.close(Ending("interrupted", "stopped by hand"))
    assert len(sf.read_run(tmp_path / "a").steps) == 1


def test_memory_of_any_plain_shape_is_stored(run):
    memory = {"pairs": (np.arange(3.0), [1, None, "wolfe"]), "radius": 0.5, 3: (float("inf"),)}
    back = unpack(pack(memory))
    assert back["pairs"][0].tolist() == [0.0, 1.0, 2.0]
    assert back[3] == (float("inf"),)
