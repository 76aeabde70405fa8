"""The offline replay: small, complete, one script under its own hash, no name of anything ever markup."""

from __future__ import annotations

import base64
import hashlib
import html
import os
import re
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from view_fakes import DONE, a_header, a_step

import surefoot as sf
from surefoot.errors import BadValue, DataNotFound
from surefoot.training.journal import Journal
from surefoot.training.questions import answer
from surefoot.views.html import page, write_html
from surefoot.views.recording import opened, recording

MARKUP = (
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</script><script>alert(2)//",
    "a&b<c>", "</title><svg onload=alert(3)>", "<!-- -->", "'\"`${alert(4)}<b>", "]]><i>", "</style><b>",
    "{digest}<{0}>",
)  # fmt: skip
HOSTILE = [f"{markup} {k}" for k in range(10) for markup in MARKUP]


def a_replay(**changes):
    header = a_header(**changes)
    thetas = {k: np.full(460, 0.1 * k) for k in range(4)}
    return SimpleNamespace(header=header, steps=[a_step(k) for k in range(4)], ending=DONE, thetas=thetas)


def test_a_run_becomes_one_file_that_loads_nothing(tmp_path):
    text = write(a_replay(), tmp_path)
    assert re.findall(r"""(?:src|href)=["']?(?!data:)[^"'\\s>]+""", outside_the_script(text)) == []
    assert "url(" not in outside_the_script(text).replace("url(data:", "")
    told, _ = opened(re.search(r'id="recording">([^<]*)<', text)[1])
    assert len(told["events"][1]["steps"]) == 4


def write(replay, tmp_path):
    out = tmp_path / "replay.html"
    size = write_html(replay, out)
    data = out.read_bytes()
    assert size == len(data)
    return data.decode("utf-8")


def outside_the_script(text):
    return re.sub(r'<script type="module">.*</script>', "", text, flags=re.DOTALL)


def test_the_only_script_is_the_one_whose_hash_the_policy_names(tmp_path):
    text = write(a_replay(), tmp_path)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)[1]
    script = re.search(r'<script type="module">(.*)</script>', text, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"default-src 'none'; script-src 'sha256-{digest}';" in policy
    assert "unsafe-inline" not in policy.split("style-src")[0]
    assert "connect-src" not in policy
    assert text.count("</script") == 2
    assert re.search(r"\son\w+=", outside_the_script(text)) is None


def test_hostile_names_are_nowhere_markup(tmp_path):
    assert len(HOSTILE) == 100
    usual = write(a_replay(), tmp_path)
    classes = tuple(HOSTILE[:10])
    for k, name in enumerate(HOSTILE):
        replay = a_replay(data=name, method=name, classes=(*classes[:9], name))
        text = page(replay.header, recording(replay)) if k else write(replay, tmp_path)
        assert name not in text
        assert tags(text) == tags(usual)
        assert html.escape(name) in re.search(r"<title>(.*)</title>", text, re.DOTALL)[1]
        told, _ = opened(re.search(r'id="recording">([^<]*)<', text)[1])
        assert told["events"][0]["header"]["classes"][-1] == name


def tags(text):
    """All tags of a page, its script apart."""
    return re.findall(r"<[a-z!/][^>\s]*", outside_the_script(text), re.IGNORECASE)


def test_an_unescaped_name_would_be_seen(tmp_path):
    usual = write(a_replay(), tmp_path)
    planted = usual.replace("<title>", f"<title>{HOSTILE[0]}")
    assert tags(planted) != tags(usual)


def test_a_file_that_is_there_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    out = tmp_path / "replay.html"
    out.write_text("old")
    write_html(a_replay(), out)
    assert out.stat().st_size > 10_000
    out.write_text("old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BadValue, match="No space left"):
        write_html(a_replay(), out)
    assert out.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["replay.html"]


def test_where_it_cannot_be_written_is_told_before_the_work(tmp_path):
    with pytest.raises(BadValue, match=r"\.html"):
        write_html(None, tmp_path / "replay.txt")
    with pytest.raises(DataNotFound, match="nowhere"):
        write_html(None, tmp_path / "nowhere" / "replay.html")
    (tmp_path / "x.html").mkdir()
    with pytest.raises(BadValue, match="is a folder"):
        write_html(None, tmp_path / "x.html")


@pytest.mark.slow
@pytest.mark.mnist
@pytest.mark.skipif("SUREFOOT_DATA" not in os.environ, reason="SUREFOOT_DATA is not set")
@pytest.mark.timeout(300)
def test_three_hundred_iterations_of_mnist_stay_under_three_megabytes(tmp_path):
    train, test = sf.load("mnist", data_dir=Path(os.environ["SUREFOOT_DATA"])).split(20_000)
    journal = Journal.begin(sf.Network((784, 6, 10)), train, test, iterations=300)
    while journal.advance() is not None:
        pass
    size = write_html(journal, tmp_path / "replay.html", partial(answer, journal))
    journal.close()
    assert size < 3_000_000


# in a browser --------------------------------------------------------------------------------------------

CHROMIUM = "/usr/bin/chromium"


@pytest.fixture(scope="module")
def replayed(tmp_path_factory):
    """The offline file of a run on the digits, one class of which has a hostile name."""
    train, test = sf.load("digits").split(1000)
    names = (*train.classes[:9], HOSTILE[1])
    train, test = (
        replace(train, classes=names, name=HOSTILE[0]),
        replace(test, classes=names, name=HOSTILE[0]),
    )
    journal = Journal.begin(sf.Network((64, 6, 10)), train, test, iterations=60)
    while journal.advance() is not None:
        pass
    out = tmp_path_factory.mktemp("replay") / "replay.html"
    write_html(journal, out, partial(answer, journal))
    journal.close()
    return out


@pytest.mark.slow
@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="chromium is not installed")
def test_a_browser_without_a_network_shows_and_scrubs_it(replayed):
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1280, "height": 720}, offline=True)
        tab, faults, asked = context.new_page(), [], []
        tab.on("pageerror", lambda error: faults.append(str(error)))
        tab.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        tab.on("dialog", lambda dialog: faults.append(f"dialog: {dialog.message}"))
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto(replayed.as_uri())
        sentence = tab.locator(".sentence")
        playwright.expect(sentence).to_contain_text(re.compile(r"\b60: loss"), timeout=15_000)
        assert "alert(1)" in tab.title()
        tab.keyboard.press("Home")
        playwright.expect(sentence).to_contain_text(re.compile(r"\b0: loss"), timeout=5_000)
        for _ in range(7):
            tab.keyboard.press("ArrowRight")
        playwright.expect(sentence).to_contain_text(re.compile(r"\b7: loss"), timeout=5_000)
        browser.close()
    assert faults == []
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
