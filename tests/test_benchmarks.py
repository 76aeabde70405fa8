"""The benchmark runs; what it measures is not tested, since a machine may be busy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[1] / "benchmarks" / "bench.py"


@pytest.mark.slow
def test_a_quick_run_prints_its_tables():
    command = [sys.executable, str(BENCH), "--quick", "--only", "trial", "--only", "check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "## One trial of a search" in done.stdout
    assert "surefoot's sweep" in done.stdout
