"""`surefoot data convert` as people meet it: what it says, writes and refuses, and that it can be stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from surefoot.data import load

COMMAND = [sys.executable, "-m", "surefoot.cli", "data", "convert"]


@pytest.fixture
def table(tmp_path):
    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, (60, 4))
    (tmp_path / "t.csv").write_text(
        "a,b,c,d,kind\n" + "".join(f"{a},{b},{c},{d},k{a % 2}\n" for a, b, c, d in X)
    )
    return tmp_path / "t.csv"


def test_it_says_what_it_wrote_and_how_to_go_on(surefoot, table):
    code, out, err = surefoot("data", "convert", "t.csv", "my folder", "--scale", 255)
    assert (code, err) == (0, "")
    assert (
        out
        == "my folder: 60 rows x 4 columns uint8 / 255, 2 classes, 0.0 MB   (surefoot train 'my folder')\n"
    )
    code, out, _ = surefoot("train", "my folder", "--iterations", 3, "--view", "none")
    assert code == 0
    assert "4-6-2" in out
    code, out, _ = surefoot("data", "my folder")
    assert (code, out.count("\n")) == (0, 4)
    assert "on disk" in out


def test_every_flag_arrives(surefoot, table, tmp_path):
    flags = ("--target", "a", "--scale", 2, "--dtype", "float32", "--data-dir", tmp_path)
    (tmp_path / "n.csv").write_text("a,b,c\n1.5,2,3\n4.5,5,6\n")
    assert surefoot("data", "convert", "n.csv", "out", *flags)[0] == 0
    data = load(tmp_path / "out")
    assert (data.X.tolist(), data.X.dtype, data.y.tolist(), data.scale) == (
        [[2, 3], [5, 6]],
        np.float32,
        [1.5, 4.5],
        2.0,
    )
    assert surefoot("data", "convert", "t.csv", "out", "--force")[0] == 0
    assert load(tmp_path / "out").hash == load(tmp_path / "out" / "X.npy").hash
    assert load(tmp_path / "out").X.shape == (60, 4)


def test_the_describing_command_is_as_it_was(surefoot):
    code, out, _ = surefoot("data", "digits")
    assert code == 0
    assert out == surefoot("data")[1]
    assert out.startswith("<Data 'digits': 1000 rows")
    for arguments in (["data", "--help"], ["data", "convert", "--help"]):
        code, out, _ = surefoot(*arguments)
        assert code == 0
        assert "onvert" in out
        assert max(map(len, out.splitlines())) <= 80
        assert not any(word in out for word in ("Sequence", "Annotated", "empty-", "None"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["t.csv"], "FOLDER"),
        (["none.csv", "out"], "no file or folder 'none.csv'"),
        (["digts", "out"], "did you mean 'digits'"),
        (["t.csv", "out", "--dtype", "int8"], "did you mean 'uint8'"),
        (["t.csv", "out", "--dtype", "uint8", "--target", "a"], "line 2, column 5"),
        (["t.csv", "out", "--scale", "0"], "scale is 0"),
        (["t.csv", "out", "--size", "28"], "--size 28 is not a height and a width"),
        (["t.csv", "out", "--size", "0x9"], "--size 0x9"),
        (["t.csv", "out", "--size", "2x2"], "no folder of pictures"),
        (["t.csv", "out", "--target", "z"], "it has a, b, c, d, kind"),
        (["t.csv", "out", "--source", "openml"], "no option source"),
        (["t.csv", "no/out"], "does not exist"),
        (["t.csv", "t.csv"], "there already"),
        (["t.csv", ".", "--force"], "would be lost"),
    ],
)
def test_misuse_is_one_sentence_and_no_folder(arguments, words, surefoot, table, tmp_path):
    code, out, err = surefoot("data", "convert", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("surefoot: ")
    assert err.count("\n") == 1
    assert words in err
    assert os.listdir(tmp_path) == ["t.csv"]


@pytest.mark.skipif(os.name != "posix", reason="SIGINT as on POSIX")
def test_ctrl_c_leaves_nothing_behind(tmp_path):
    source = np.lib.format.open_memmap(
        tmp_path / "t.npy", "w+", np.float64, (4_000_000, 100)
    )  # 3 GB of holes
    source[:50, -1] = np.arange(50) / 7
    del source
    process = subprocess.Popen(
        [*COMMAND, "t.npy", "out", "--dtype", "float64"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not list(tmp_path.glob(".surefoot-*/X.npy")) and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, "", "surefoot: stopped by hand\n")
    assert os.listdir(tmp_path) == ["t.npy"]


@pytest.mark.skipif(os.name != "posix", reason="a terminal as on POSIX")
def test_a_terminal_sees_how_far_it_is_and_then_nothing_of_it(tmp_path, table):
    import pty

    ours, theirs = pty.openpty()
    code = (
        "from surefoot import cli; from surefoot.commands import converting as c; c.PATIENCE = 0; cli.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "data", "convert", "t.csv", "out"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=theirs,
        check=True,
    )
    os.close(theirs)
    seen = os.read(ours, 10_000).decode()
    os.close(ours)
    assert "\r\x1b[K60 rows read" in seen
    assert "\r\x1b[K60 rows written, 0 MB, " in seen
    assert seen.endswith("\r\x1b[K")
    assert done.stdout.count(b"\n") == 1
