"""A replay is one file: opened with the network off it plays, scrubs, draws, and answers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from real import tabs, until_iteration, where
from strokes import draw_three

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`surefoot train --run`, then `surefoot show --html`, as a person types them."""
    folder = tmp_path_factory.mktemp("replay")
    run, page = folder / "a.surefoot", folder / "replay.html"
    for arguments in (
        ("train", "digits", "--hidden", "16", "--iterations", "60", "--view", "none", "--run", str(run)),
        ("show", str(run), "--html", str(page)),
    ):
        subprocess.run([sys.executable, "-m", "surefoot.cli", *arguments], check=True, capture_output=True)
    return page


def test_an_offline_replay_does_what_a_recording_can(page: Any, replay: Path) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.context.set_offline(True)
    page.goto(replay.as_uri())
    until_iteration(page, 60)
    page.get_by_role("slider", name="iteration").fill("20")
    until_iteration(page, 20, exactly=True)
    assert "iteration 20:" in where(page)
    page.get_by_role("button", name="play (space)").click()
    until_iteration(page, 60)
    for name in tabs(page):
        page.get_by_role("tab", name=name, exact=True).click()
        page.wait_for_timeout(200)
    page.get_by_role("tab", name="Draw", exact=True).click()
    draw_three(page)
    page.wait_for_function(
        "() => /looks like/i.test(document.querySelector('.tab-draw .panel-summary').innerText)"
    )
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
