"""The command line as people meet it: what it prints, its exit codes, one sentence for every mistake."""

from __future__ import annotations

import gzip
import json
import os
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

COMMAND = [sys.executable, "-m", "surefoot.cli"]


@pytest.fixture
def refused(surefoot):
    """Run something that must be refused in one line on stderr, which is returned."""

    def run(*arguments):
        code, out, err = surefoot(*arguments)
        assert (code, out) == (2, ""), f"exit {code}, printed {out!r}"
        assert err.startswith("surefoot: ")
        assert err.count("\n") == 1
        return err

    return run


def test_train_with_nothing_said_learns_the_digits(surefoot):
    code, out, err = surefoot("train", "--iterations", 20)
    assert (code, err) == (0, "")
    assert "64-6-10, 460 parameters" in out
    assert "digits 1,000 train / 797 test" in out
    assert "20 iterations, 42 passes" in out  # two for the start, two for each iteration


def test_view_none_prints_the_summary_only(surefoot):
    _, out, _ = surefoot("train", "--iterations", 2, "--view", "none")
    assert len(out.splitlines()) == 2
    _, text, _ = surefoot("train", "--iterations", 2, "--view", "text")
    assert len(text.splitlines()) == 2 + 3 + 2  # head, records 0, 1, 2, summary


@pytest.mark.parametrize(
    ("hidden", "architecture"), [("none", "64-10"), ("0", "64-10"), ("16,8", "64-16-8-10"), ("5", "64-5-10")]
)
def test_hidden_layers(surefoot, hidden, architecture):
    code, out, _ = surefoot("train", "--hidden", hidden, "--iterations", 1, "--view", "none")
    assert code == 0
    assert out.startswith(f"{architecture}, ")


def test_a_run_is_written_shown_drawn_and_checked(surefoot, tmp_path):
    code, out, _ = surefoot("train", "--iterations", 3, "--run", "a.surefoot", "--figure", "a.png")
    assert code == 0
    assert "surefoot show a.surefoot" in out
    assert (tmp_path / "a.png").read_bytes()[1:4] == b"PNG"
    code, shown, _ = surefoot("show", "a.surefoot", "--figure", "b.png")
    assert code == 0
    assert (tmp_path / "b.png").exists()
    assert out.splitlines()[-4] == shown.splitlines()[-3]  # the same summary
    code, report, _ = surefoot("check", "a.surefoot")
    assert code == 0
    assert "holds" in report
    code, report, _ = surefoot("check", "a.surefoot", "--json")
    assert json.loads(report)["holds"] is True


def test_show_json_has_the_promised_names(surefoot):
    surefoot("train", "--iterations", 12, "--test-every", 5, "--run", "a")
    code, out, _ = surefoot("show", "a", "--json")
    record = json.loads(out)
    assert code == 0
    assert set(record) == {"header", "steps", "ending"}
    assert record["ending"]["kind"] == "iterations"
    assert [s["iteration"] for s in record["steps"]] == list(range(13))
    promised = {
        "iteration", "loss", "gradient_norm", "alpha", "trials", "outcome", "passes", "tails",
        "accuracy_train", "accuracy_test", "seconds",
    }  # fmt: skip
    assert all(promised <= set(s) for s in record["steps"])
    first, second = record["steps"][:2]
    assert (first["alpha"], first["trials"], first["outcome"]) == (None, [], None)
    assert set(second["trials"][0]) == {"alpha", "phi", "slope", "verdict", "margin"}
    tested = [s["iteration"] for s in record["steps"] if s["accuracy_test"] is not None]
    assert tested == [0, 5, 10, 12]
    assert record["header"]["options"]["data"] == "digits"


def test_check_says_yes_and_no(surefoot, monkeypatch):
    assert surefoot("check", "--samples", 3)[0] == 0
    assert surefoot("check", "--hidden", "5,4", "--activation", "tanh", "--l2", 0.1)[0] == 0
    from surefoot.compute.dense import DensePoint

    right = DensePoint.gradient.func
    monkeypatch.setattr(DensePoint, "gradient", property(lambda point: 1.0005 * right(point)))
    code, out, _ = surefoot("check")
    assert code == 1
    assert "does not hold" in out


def test_data_and_methods_tell(surefoot, tmp_path):
    code, out, _ = surefoot("data", "--figure", "d.png")
    assert code == 0
    assert "1797 rows" not in out.splitlines()[1]
    assert "1000 rows" in out
    assert (tmp_path / "d.png").exists()
    assert surefoot("methods")[1].count("classic") >= 1


def test_own_data_and_a_run_that_finds_them_again(surefoot, tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 3))
    np.savez(tmp_path / "mine.npz", X=X, y=X @ [1.0, -2.0, 0.5])
    assert surefoot("train", "mine.npz", "--run", "r", "--iterations", 5, "--hidden", "4")[0] == 0
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    code, _, err = surefoot("check", "../r")
    assert (code, err) == (0, "")
    np.savez(tmp_path / "mine.npz", X=2 * X, y=X @ [1.0, -2.0, 0.5])
    code, _, err = surefoot("check", "../r")
    assert code == 2
    assert "does not hold what the run was trained on" in err


@pytest.mark.parametrize("command", [[], ["train"], ["check"], ["show"], ["data"], ["methods"]])
def test_help_fits_80_columns(surefoot, command):
    code, out, _ = surefoot(*command, "--help")
    assert code == 0
    assert max(map(len, out.splitlines())) <= 80
    assert not any(word in out for word in ("Sequence", "Annotated", "empty-", "None"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["trian"], "train"),
        (["train", "digts"], "did you mean 'digits'"),
        (["train", "--method", "clasic"], "did you mean 'classic'"),
        (["train", "--activation", "logistc"], "did you mean 'logistic'"),
        (["train", "--iteration", "5"], "Did you mean --iterations"),
        (["train", "--view", "txt"], "did you mean 'text'"),
        (["train", "--view", "notebook"], "terminal"),
        (["train", "--precision", "half"], "double, single"),
        (["train", "--iterations", "-1"], "whole number"),
        (["train", "--iterations", "1.5"], "whole number"),
        (["train", "--iterations", "many"], "whole number"),
        (["train", "--rng", "-1"], "whole number"),
        (["train", "--test-every", "0"], "test_every"),
        (["train", "--l2", "nan"], "l2"),
        (["train", "--l2", "-1"], "l2"),
        (["train", "--train-size", "5000"], "1797"),
        (["train", "--train-size", "0"], "1797"),
        (["train", "--hidden", "6,x"], "--hidden 6,x"),
        (["train", "--hidden", "6,0"], ">= 1"),
        (["train", "--hidden", "1000000000000"], "parameters"),
        (["train", "--source", "openml"], "no option source"),
        (["train", "--target", "3"], "no option target"),
        (["train", ""], "load('')"),
        (["train", "nowhere.csv"], "nowhere.csv"),
        (["train", "nowhere/"], "nowhere"),
        (["train", "mnist", "--data-dir", "nowhere"], "nowhere"),
        (["train", "--initial", "nowhere.npz"], "nowhere.npz"),
        (["train", "--figure", "picture.xyz"], ".xyz"),
        (["train", "--figure", "nowhere/picture.png"], "nowhere"),
        (["train", "--run", "nowhere/run"], "cannot be written"),
        (["train", "--run", "/dev/null/run"], "cannot be written"),
        (["train", "--run", "."], "never overwritten"),
        (["check", "--samples", "0"], "1 to 1000"),
        (["check", "--samples", "1001"], "1 to 1000"),
        (["check", "nowhere.surefoot"], "nowhere.surefoot"),
        (["show"], "RUN"),
        (["show", "nowhere"], "nowhere"),
        (["show", "."], "no run file"),
        (["data", "digts"], "digits"),
    ],
)
def test_mistakes_are_told_in_one_sentence(refused, tmp_path, arguments, said):
    assert said in refused(*arguments)
    assert list(tmp_path.iterdir()) == []  # nothing half-written


def test_initial_weights_that_do_not_fit(refused, tmp_path):
    np.savez(
        tmp_path / "shapes.npz", W1=np.zeros((6, 64)), b1=np.zeros(6), W2=np.zeros((6, 10)), b2=np.zeros(10)
    )
    assert "(6, 64)" in refused("train", "--initial", "shapes.npz")
    np.savez(tmp_path / "length.npz", theta=np.zeros(3))
    assert "460" in refused("train", "--initial", "length.npz")
    np.savez(tmp_path / "nan.npz", theta=np.full(460, np.nan))
    assert "finite" in refused("train", "--initial", "nan.npz")
    np.savez(tmp_path / "pickle.npz", theta=np.array([{}], object))
    refused("train", "--initial", "pickle.npz")
    (tmp_path / "text.npz").write_text("not a zip file")
    refused("train", "--initial", "text.npz")


def test_initial_weights_that_fit(surefoot, tmp_path):
    np.savez(tmp_path / "zero.npz", theta=np.zeros(460))
    _, out, _ = surefoot("train", "--initial", "zero.npz", "--iterations", 0, "--view", "none")
    assert "loss 2.303" in out  # log 10


def test_files_that_lie(refused, tmp_path):
    np.savez(tmp_path / "pickle.npz", X=np.array([[{}]], object), y=[0])
    refused("train", "pickle.npz")
    head = b"\x93NUMPY\x01\x00" + struct.pack("<H", 118)
    text = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000, 2), }"
    (tmp_path / "vast.npy").write_bytes(head + text.ljust(117) + b"\n")
    refused("train", "vast.npy")
    for kind, magic, sizes in (("images-idx3", 2051, (9, 28, 28)), ("labels-idx1", 2049, (9,))):
        for part in ("train", "t10k"):
            with gzip.open(tmp_path / f"{part}-{kind}-ubyte.gz", "wb") as file:
                file.write(struct.pack(f">{1 + len(sizes)}I", magic, *sizes) + b"123")
    refused("train", "mnist", "--data-dir", ".")
    refused("train", ".")


def test_run_files_that_cannot_be_used(surefoot, refused, tmp_path):
    assert surefoot("train", "--iterations", 1, "--run", "r")[0] == 0
    before = (tmp_path / "r").read_bytes()
    assert "never overwritten" in refused("train", "--iterations", 1, "--run", "r")
    assert (tmp_path / "r").read_bytes() == before
    (tmp_path / "text").write_text("not a run")
    assert "not a run" in refused("show", "text")
    (tmp_path / "half").write_bytes(before[: len(before) // 2])
    assert "damaged" in refused("show", "half")
    (tmp_path / "empty").write_bytes(b"")
    refused("show", "empty")


def test_memory_that_is_not_there_is_no_traceback(surefoot, monkeypatch):
    def too_much(*_):
        raise MemoryError("Unable to allocate 477. GiB")

    monkeypatch.setattr("surefoot.training.options.Options.start", too_much)
    code, _, err = surefoot("train")
    assert code == 2
    assert "477" in err


def begin(tmp_path, *arguments):
    """Start a long run in a process of its own; return it when its second record is in the file."""
    process = subprocess.Popen(
        [*COMMAND, "train", "--iterations", "1000000", "--run", "long", "--view", "text", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
    )  # fmt: skip
    for line in process.stdout:
        if line.split()[:1] == ["2"]:
            return process
    raise AssertionError(f"the run ended: {process.communicate()}")


def test_ctrl_c_leaves_a_run_and_says_how_to_show_it(surefoot, tmp_path):
    process = begin(tmp_path)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130, "")
    assert "stopped by hand after iteration" in out
    assert "surefoot show long" in out
    assert [p.name for p in tmp_path.iterdir()] == ["long"]
    code, shown, _ = surefoot("show", "long")
    assert code == 0
    assert shown.splitlines()[-1] in out


def test_a_growing_run_is_shown_and_kill_leaves_it_readable(surefoot, tmp_path):
    process = begin(tmp_path)
    code, growing, _ = surefoot("show", "long")
    assert code == 0
    assert "still running" in growing
    time.sleep(0.05)
    process.kill()
    process.communicate(timeout=30)
    code, out, _ = surefoot("show", "long", "--json")
    record = json.loads(out)
    assert code == 0
    assert record["ending"]["kind"] == "open"
    assert len(record["steps"]) >= 3
    assert surefoot("check", "long")[0] == 0


@pytest.mark.skipif(os.name != "posix", reason="pipes of a POSIX shell")
def test_a_reader_that_leaves_is_no_traceback(surefoot, tmp_path):
    assert surefoot("train", "--iterations", 60, "--run", "r")[0] == 0
    for command in ("show r --json", "train --iterations 3000"):
        shell = f"{sys.executable} -m surefoot.cli {command} | head -c 20"
        done = subprocess.run(shell, shell=True, capture_output=True, text=True, cwd=tmp_path, check=False)
        assert done.stdout[:2] in ("64", '{"')
        assert done.stderr == ""


def test_ctrl_c_before_anything_is_there(surefoot, monkeypatch):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("surefoot.training.options.Options.split", stopped)
    code, out, err = surefoot("train")
    assert (code, out) == (130, "")
    assert "stopped by hand" in err


@pytest.mark.mnist
def test_mnist_from_a_folder(surefoot):
    folder = os.environ.get("SUREFOOT_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("SUREFOOT_DATA does not name a folder with MNIST's files")
    code, out, _ = surefoot("train", "mnist", "--iterations", 1, "--test-every", 100, "--view", "none")
    assert code == 0
    assert out.startswith("784-6-10, 4,780 parameters")
