"""A hundred hostile names, as classes, columns and file: shown as what they are, executed by nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from real import LabProcess, tabs, until_iteration

pytestmark = pytest.mark.browser
SHAPES = (
    "<img src=x onerror=hacked({n})>", "<script>hacked({n})</script>",
    "</script><script>hacked({n})</script>",
    "<svg onload=hacked({n})>", "\"><img src=x onerror='hacked({n})'>", "' onmouseover='hacked({n})",
    "javascript:hacked({n})", "${{hacked({n})}}", "{{{{hacked({n})}}}}",
    "<iframe srcdoc='<script>parent.hacked({n})</script>'>",
)  # fmt: skip
NAMES = [shape.format(n=n) for n in range(10) for shape in SHAPES]


@pytest.fixture
def hostile_table(tmp_path: Path) -> Path:
    """Two columns and a class; every class four times."""
    rows = ['"<b onclick=hacked(1)>x</b>","<img src=y onerror=hacked(2)>","<script>hacked(3)</script>"']
    for turn in range(4):
        for n, name in enumerate(NAMES):
            quoted = name.replace('"', '""')
            rows.append(f'{n % 10 + 0.01 * turn},{n // 10},"{quoted}"')
    path = tmp_path / "<img src=z onerror=hacked(4)>.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_hostile_names_are_text_in_every_panel(browser: Any, hostile_table: Path) -> None:
    assert len(NAMES) == len(set(NAMES)) == 100
    lab = LabProcess(str(hostile_table), "--hidden", "3")
    try:
        context = browser.new_context(viewport={"width": 1280, "height": 720})
        context.add_init_script("window.caught = []; window.hacked = (n) => window.caught.push(n);")
        page = context.new_page()
        refused: list[str] = []
        page.on(
            "console", lambda told: refused.append(told.text) if "Content Security" in told.text else None
        )
        page.goto(lab.url)
        until_iteration(page, 0)
        page.get_by_role("button", name="one iteration on").click()
        until_iteration(page, 1)
        for name in tabs(page):
            page.get_by_role("tab", name=name, exact=True).click()
            page.wait_for_timeout(300)
            assert page.evaluate("document.querySelectorAll('img, iframe, script:not([src])').length") == 0, (
                name
            )
        assert "onerror" in page.content()  # they are there, as text
        assert page.evaluate("window.caught") == []
        assert refused == []  # nor did anything try and was stopped by the policy only
        context.close()
    finally:
        assert lab.close() == (0, "")
