"""`surefoot show --html` and `--gif`: files that stand alone, paths refused before the work, reasons told."""

from __future__ import annotations

import json
import re
import sys

import pytest

from surefoot.views.recording import opened


@pytest.fixture
def a_run(surefoot):
    assert surefoot("train", "--iterations", 6, "--run", "a", "--view", "none")[0] == 0
    return "a"


def recorded(path):
    return opened(re.search(r'id="recording">([^<]*)<', path.read_text("utf-8"))[1])[0]


@pytest.mark.slow
def test_html_gif_and_figure_together(surefoot, a_run, tmp_path):
    pytest.importorskip("matplotlib")
    pytest.importorskip("PIL.Image")
    code, out, err = surefoot("show", a_run, "--html", "a.html", "--gif", "a.gif", "--figure", "a.png")
    assert (code, err) == (0, "")
    assert out.splitlines()[-3] == "figure: a.png"
    assert re.fullmatch(r"html: a\.html \(\d\.\d MB\)", out.splitlines()[-2])
    assert re.fullmatch(r"gif: a\.gif \(\d\.\d MB\)", out.splitlines()[-1])
    told = recorded(tmp_path / "a.html")
    assert told["missing"] == ""
    assert len(told["microscopes"]) == 6
    assert told["softmax"]["l2"] == 1e-4
    assert (tmp_path / "a.gif").read_bytes()[:6] == b"GIF89a"


def test_json_stays_json(surefoot, a_run, tmp_path):
    code, out, err = surefoot("show", a_run, "--json", "--html", "a.html")
    assert (code, err) == (0, "")
    assert len(json.loads(out)["steps"]) == 7
    assert (tmp_path / "a.html").exists()


def test_progress_is_for_terminals(surefoot, a_run, monkeypatch):
    monkeypatch.setattr(type(sys.stderr), "isatty", lambda _: True, raising=False)
    code, out, err = surefoot("show", a_run, "--html", "a.html")
    assert code == 0
    assert "microscope, iteration 1 of 6" in err
    assert err.endswith("\r\x1b[K")
    assert "microscope" not in out


def test_without_its_data_a_run_is_a_replay_that_says_why_it_holds_less(surefoot, tmp_path):
    (tmp_path / "t.csv").write_text("a,b,c\n" + "".join(f"{i},{i % 3},{i % 2}\n" for i in range(40)))
    assert surefoot("train", "t.csv", "--iterations", 3, "--run", "r", "--view", "none")[0] == 0
    (tmp_path / "t.csv").unlink()
    code, out, err = surefoot("show", "r", "--html", "r.html")
    assert (code, err) == (0, "")
    assert out.splitlines()[-2].startswith("html: r.html (")
    assert out.splitlines()[-1].startswith("It holds the records and the weights only. The data of this run")
    told = recorded(tmp_path / "r.html")
    assert "not at hand" in told["missing"]
    assert told["weights"]["kept"] == [0, 1, 2, 3]
    code, out, err = surefoot("show", "r", "--html", "r.html", "--json")
    assert json.loads(out)["header"]["data"]
    assert err.startswith("It holds the records and the weights only.")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--html", "a.txt"), "does not end in .html"),
        (("--html", "nowhere/a.html"), "does not exist"),
        (("--gif", "a.html"), "does not end in .gif"),
        (("--html", "a.html", "--step", "2"), "leave out --step"),
        (("--gif", "a.gif", "--step", "2"), "leave out --step"),
    ],
)
def test_mistakes_are_told_before_the_work(surefoot, tmp_path, arguments, said):
    code, out, err = surefoot("show", "there-is-none", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("surefoot: ")
    assert err.count("\n") == 1
    assert said in err
    assert list(tmp_path.iterdir()) == []


def test_a_run_is_not_overwritten_by_its_replay(surefoot, tmp_path):
    assert surefoot("train", "--iterations", 1, "--run", "a.html", "--view", "none")[0] == 0
    before = (tmp_path / "a.html").read_bytes()
    code, _, err = surefoot("show", "a.html", "--html", "./a.html")
    assert code == 2
    assert "is the run itself" in err
    assert (tmp_path / "a.html").read_bytes() == before
