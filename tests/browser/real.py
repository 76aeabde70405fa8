"""A lab as a person starts it, and what a real browser needs to look at it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
AXE = Path(sys.prefix) / "node" / "node_modules" / "axe-core" / "axe.min.js"


class LabProcess:
    """`surefoot lab` as a person starts it; `url` is the address that it printed."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "surefoot.cli", "lab", *arguments, "--no-open", "--port", "0"]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found, (line, self.process.stderr.read() if self.process.stderr else "")
        self.url = found.group()

    def close(self) -> tuple[int, str]:
        """Ctrl-C; the exit code and what was said on stderr."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        _, errors = self.process.communicate(timeout=10)
        return self.process.returncode, errors


# on the page --------------------------------------------------------------------------------------

SAID = """(() => { const top = document.querySelector('.sentence')?.cloneNode(true);
    for (const aside of top?.querySelectorAll('.unseen') ?? []) aside.remove();
    return top?.textContent ?? ''; })()"""  # without the explanations of its terms
NUMBER = f"Number((({SAID}).match(/iteration ([0-9,]+)/) ?? [0, '-1'])[1].replaceAll(',', ''))"


def where(page: Any) -> str:
    """The sentence on top."""
    return str(page.evaluate(SAID))


def iteration(page: Any) -> int:
    return int(page.evaluate(NUMBER))


def until_iteration(page: Any, k: int, exactly: bool = False, patience: int = 30_000) -> None:
    """Wait until the page looks at iteration k, or at a later one."""
    page.wait_for_function(f"() => {NUMBER} {'===' if exactly else '>='} {k}", timeout=patience)


def tabs(page: Any) -> list[str]:
    return list(page.get_by_role("tab").all_inner_texts())
