"""The command line on runs that last: go on, branch off, verify; what cannot be combined is one sentence."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys

import pytest

COMMAND = [sys.executable, "-m", "surefoot.cli"]


def numbers(surefoot, run):
    """The records of a run, without seconds and what is measured on test rows."""
    steps = json.loads(surefoot("show", run, "--json")[1])["steps"]
    apart = ("seconds", "accuracy_test", "loss_test")
    return [{k: v for k, v in step.items() if k not in apart} for step in steps]


def test_resume_goes_on_bit_for_bit(surefoot, tmp_path):
    options = ("--hidden", 4, "--train-size", 90, "--l2", 0.001, "--method", "cg", "--view", "none")
    assert surefoot("train", *options, "--iterations", 5, "--run", "a")[0] == 0
    code, out, err = surefoot("train", "--resume", "a", "--iterations", 4, "--view", "none")
    assert (code, err) == (0, "")
    assert "9 iterations" in out
    assert "run: a   (surefoot show a)" in out
    assert surefoot("train", *options, "--iterations", 9, "--run", "b")[0] == 0
    assert numbers(surefoot, "a") == numbers(surefoot, "b")
    code, _, err = surefoot("train", "--resume", "a")
    assert code == 2
    assert "how many more" in err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b"]


def test_a_run_stopped_by_hand_or_killed_is_finished(surefoot, tmp_path):
    """Ctrl-C, kill -9, then as many steps as were planned: in processes of their own."""
    begin = ["train", "--method", "lbfgs", "--iterations", "60", "--hidden", "100", "--run", "a"]
    for arguments, sent in ((begin, signal.SIGINT), (["train", "--resume", "a"], signal.SIGKILL)):
        process = subprocess.Popen(
            [*COMMAND, *arguments, "--view", "text"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
        )  # fmt: skip
        for line in process.stdout:
            if line.split()[:1] == ["2"]:
                process.send_signal(sent)
                break
        _, err = process.communicate(timeout=60)
        assert (process.returncode, err) in ((130, ""), (-9, ""), (0, ""))
    if len(numbers(surefoot, "a")) < 61:
        assert surefoot("train", "--resume", "a", "--view", "none")[0] == 0
    never = ["train", "--method", "lbfgs", "--iterations", "60", "--hidden", "100", "--run", "b"]
    assert surefoot(*never, "--view", "none")[0] == 0
    assert numbers(surefoot, "a") == numbers(surefoot, "b")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b"]


def test_from_begins_where_another_run_was(surefoot):
    assert surefoot("train", "--iterations", 6, "--method", "classic", "--run", "a", "--view", "none")[0] == 0
    code, out, err = surefoot(
        "train",
        "--from",
        "a",
        "--at",
        4,
        "--method",
        "lbfgs",
        "--iterations",
        3,
        "--run",
        "b",
        "--view",
        "none",
    )
    assert (code, err) == (0, "")
    assert "lbfgs" in out
    shown = json.loads(surefoot("show", "b", "--json")[1])
    parent = shown["header"]["options"]["parent"]
    assert (os.path.basename(parent["run"]), parent["iteration"]) == ("a", 4)
    assert shown["steps"][0]["loss"] == pytest.approx(numbers(surefoot, "a")[4]["loss"], rel=1e-13)
    assert len(shown["steps"]) == 4
    assert surefoot("verify", "b")[0] == 0
    assert surefoot("check", "b")[0] == 0
    assert surefoot("train", "--from", "a", "--view", "none")[0] == 0  # at its end, by auto, kept nowhere


def test_verify_says_yes_and_no(surefoot, tmp_path):
    assert surefoot("train", "--iterations", 4, "--run", "a", "--view", "none")[0] == 0
    code, out, err = surefoot("verify", "a")
    assert (code, err) == (0, "")
    assert "5 of 5 iterations" in out
    assert out.splitlines()[-1] == "Every number agrees."
    database = sqlite3.connect(tmp_path / "a")
    with database:
        database.execute("UPDATE steps SET record = json_set(record, '$.loss', 1.5) WHERE iteration = 2")
    database.close()
    code, out, err = surefoot("verify", "a")
    assert (code, err) == (1, "")
    assert "DIFFERENT: iteration 2, loss: stored 1.5, derived" in out
    code, out, _ = surefoot("verify", "a", "--json")
    report = json.loads(out)
    assert (code, report["holds"]) == (1, False)
    assert [(m["iteration"], m["name"]) for m in report["mismatches"]] == [(2, "loss")]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "--resume", "a", "--hidden", "6"], "--hidden"),
        (["train", "--resume", "a", "--method", "auto"], "--method"),
        (["train", "--resume", "a", "--l2", "0"], "--l2"),
        (["train", "--resume", "a", "--run", "b"], "--run"),
        (["train", "--resume", "a", "--precision", "double", "--rng", "0"], "--precision, --rng"),
        (["train", "digits", "--resume", "a"], "DATA"),
        (["train", "--resume", "a", "--from", "a"], "--from"),
        (["train", "--resume", "nowhere"], "no run file"),
        (["train", "--resume", "."], "no run file"),
        (["train", "--from", "a", "--hidden", "6"], "--hidden"),
        (["train", "--from", "a", "--train-size", "9"], "--train-size"),
        (["train", "--from", "a", "--at", "3"], "give 0 to 2"),
        (["train", "--from", "a", "--at", "-1"], "whole number"),
        (["train", "--from", "a", "--method", "clasic"], "classic"),
        (["train", "--from", "a", "--run", "a"], "never overwritten"),
        (["train", "--from", "a", "--run", "nowhere/b"], "cannot be written"),
        (["train", "--at", "3"], "--from RUN"),
        (["verify"], "RUN"),
        (["verify", "nowhere"], "no run file"),
        (["verify", "text"], "not a run"),
    ],
)
def test_mistakes_are_told_in_one_sentence(surefoot, tmp_path, arguments, said):
    assert surefoot("train", "--iterations", 2, "--run", "a", "--view", "none")[0] == 0
    (tmp_path / "text").write_text("not a run")
    before = (tmp_path / "a").read_bytes()
    code, out, err = surefoot(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("surefoot: ")
    assert err.count("\n") == 1
    assert said in err
    assert (tmp_path / "a").read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "text"]


@pytest.mark.skipif(os.name != "posix", reason="permissions of a POSIX file system")
def test_a_folder_or_file_that_cannot_be_written(surefoot, tmp_path):
    for name in ("warm", "a"):  # twice: what loads late has loaded before root's rights are laid down
        assert surefoot("train", "--iterations", 2, "--run", name, "--view", "none")[0] == 0
    assert surefoot("train", "--resume", "a", "--iterations", 1, "--view", "none")[0] == 0
    assert surefoot("verify", "a")[0] == 0
    before = (tmp_path / "a").read_bytes()
    root = os.geteuid() == 0
    (tmp_path / "a").chmod(0o444)
    tmp_path.chmod(0o555)
    folders = [(folder, folder.stat().st_mode) for folder in tmp_path.parents[:2]] if root else []
    try:
        if root:
            for folder, mode in folders:
                folder.chmod(mode | 0o055)
            os.seteuid(65534)
        for arguments in (("--run", "b"), ("--resume", "a", "--iterations", 3)):
            code, _, err = surefoot("train", *arguments, "--view", "none")
            assert (code, err.count("\n")) == (2, 1)
            assert "cannot be written" in err
        assert surefoot("verify", "a")[0] == 0
    finally:
        if root:
            os.seteuid(0)
        tmp_path.chmod(0o755)
        for folder, mode in folders:
            folder.chmod(mode)
    assert (tmp_path / "a").read_bytes() == before


@pytest.mark.parametrize("command", ["train", "verify"])
def test_help_fits_80_columns(surefoot, command):
    code, out, _ = surefoot(command, "--help")
    assert code == 0
    assert max(map(len, out.splitlines())) <= 80
    if command == "train":
        assert all(word in out for word in ("--resume", "--from", "--at", "[default: auto]", "[default: 6]"))
