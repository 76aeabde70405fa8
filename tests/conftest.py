"""For all tests: the command line as a fixture; and over every run, each accepted step is judged again.

The inequalities of that judgement are written down here anew.
"""

from __future__ import annotations

import math

import pytest

from surefoot.cli import main
from surefoot.descent import loop
from surefoot.records import Outcome


@pytest.fixture
def surefoot(capsys, monkeypatch, tmp_path):
    """Run the command line here: arguments -> (exit code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments):
        code = 0
        try:
            main([str(a) for a in arguments])
        except SystemExit as leaving:
            code = leaving.code or 0
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


@pytest.fixture(autouse=True)
def _every_accepted_step_is_judged_again(monkeypatch):
    advance = loop.advance

    def judged(objective, method, state):
        after, step = advance(objective, method, state)
        judge(method.search, state, after, step)
        return after, step

    monkeypatch.setattr(loop, "advance", judged)


def judge(search, before, after, step):
    """Raise AssertionError unless the step is what its outcome says."""
    assert all(math.isfinite(number) for number in (after.value, step.gradient_norm))
    if step.alpha == 0:
        assert not step.outcome.moved
        assert after.value == before.value
        assert after.theta is before.theta or (after.theta == before.theta).all()
        return
    assert step.alpha > 0
    assert step.outcome.moved
    if step.outcome in (Outcome.DECREASED, Outcome.ALLOWED):
        assert step.slope < 0
        c1 = getattr(search, "c1", None)
        reference = getattr(search, "reference", lambda value, memory: value)(
            before.value, before.memory.search
        )
        if c1 is not None:
            assert after.value <= reference + c1 * step.alpha * step.slope + 1e-15 * abs(before.value)
        c2 = getattr(search, "c2", None)
        accepted = step.trials[-1] if step.trials else None
        if c2 is not None and accepted is not None and accepted.slope is not None:
            chosen = next(t for t in step.trials if t.alpha == step.alpha)
            assert abs(chosen.slope) <= c2 * abs(step.slope) * (1 + 1e-9)
