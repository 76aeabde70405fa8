"""What the documents tell to type does what they say: their Python and their commands are run here."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from surefoot.cli import main

HOME = Path(__file__).parents[1]
PAGES = (
    "README.md", "CONTRIBUTING.md", "CHANGELOG.md",
    "docs/architecture.md", "docs/choosing.md", "docs/estimators.md",
    "docs/lab.md", "docs/runs.md", "docs/scale.md", "docs/study.md",
)  # fmt: skip


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", (HOME / page).read_text("utf-8"), re.M | re.S)


@pytest.mark.parametrize("page", ["README.md", "docs/architecture.md", "docs/estimators.md"])
def test_the_python_runs(page, capsys):
    code = blocks(page, "python")
    assert code
    exec(compile("\n".join(code), page, "exec", dont_inherit=True), {"__name__": __name__})


def test_the_commands_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    lines = "".join(blocks("README.md", "")).splitlines()
    commands = [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("surefoot ")]
    assert len(commands) >= 6
    for command in commands:
        if command[0] == "lab":  # it serves until Ctrl-C: tests/browser opens it
            continue
        main([*command, *(["--iterations", "5"] if command[0] == "train" else [])])
    assert (tmp_path / "my.png").exists()


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    text = (HOME / page).read_text("utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert target.startswith("http") or ((HOME / page).parent / target).exists(), target
