"""The microscope sees the step that was stored: the same bits, from another process's file."""

from __future__ import annotations

import json

import numpy as np
import pytest

import surefoot as sf
from surefoot.cli import main
from surefoot.training.microscope import revisit


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "r.surefoot"
    main(["train", "digits", "--iterations", "60", "--view", "none", "--run", str(path)])
    return str(path)


@pytest.mark.parametrize("iteration", [1, 12, 50, 51, 60])
def test_every_step_is_walked_again_with_the_same_bits(stored, iteration):
    record = revisit(stored, iteration)
    step = sf.read_run(stored).steps[iteration]
    assert (record.step.alpha, record.step.value, record.step.trials) == (step.alpha, step.value, step.trials)
    at = int(np.searchsorted(record.alphas, step.alpha))
    assert record.phi[at] == step.value
    assert record.phi[0] == record.phi0
    assert record.armijo_line()[at] >= step.value
    assert record.flat_enough()[at]


def test_the_command_tells_and_draws(stored, tmp_path, capsys):
    main(["show", stored, "--step", "12", "--figure", str(tmp_path / "m.png")])
    assert "accepted" in capsys.readouterr().out
    assert (tmp_path / "m.png").stat().st_size > 10_000
    main(["show", stored, "--step", "12", "--json"])
    assert json.loads(capsys.readouterr().out)["iteration"] == 12


@pytest.mark.parametrize("iteration", ["0", "61"])
def test_no_step_leads_there(stored, iteration, capsys):
    with pytest.raises(SystemExit):
        main(["show", stored, "--step", iteration])
    assert "give 1 to 60" in capsys.readouterr().err
