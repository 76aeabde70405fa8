"""What the methods reach on MNIST, 20,000 rows, 784-6-10, from the reference trajectories' own start."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import surefoot as sf
from test_trajectories import blocks

# iterations, and the loss to be at or below by then; 0.543351 is where classic ends after 100
REACHED = {"auto": (20, 0.5434), "lbfgs": (100, 0.30), "gauss-newton": (10, 0.317)}


@pytest.fixture(scope="module")
def problem_and_start():
    folder = os.environ.get("SUREFOOT_REFERENCE")
    if not folder or not os.environ.get("SUREFOOT_DATA"):
        pytest.skip(
            "SUREFOOT_REFERENCE and SUREFOOT_DATA say where the start and MNIST are; they are not set"
        )
    train, _ = sf.load("mnist").split(20_000)
    net = sf.Network((784, 6, 10))
    with np.load(Path(folder) / "mnist_armijo.npz") as stored:
        theta = net.layout.from_blocks(blocks(stored, "initial"))
    return sf.Problem(net, train), theta


@pytest.mark.mnist
@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(REACHED))
def test_what_is_reached(problem_and_start, name, capsys):
    problem, theta = problem_and_start
    iterations, loss = REACHED[name]
    *_, last = sf.descend(
        problem, theta, name, sf.stop(iterations=iterations, loss=loss if name == "auto" else None)
    )
    with capsys.disabled():
        print(f"  [{name}: {last.value:.4f}, {last.iteration} iterations, {last.cost.passes} passes]", end="")
    assert last.value <= loss
