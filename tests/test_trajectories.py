"""classic and constant follow trajectories that another program computed: loss by loss, trial by trial.

The digits' ones are in golden/digits.npz; MNIST's are found through SUREFOOT_REFERENCE and SUREFOOT_DATA.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import surefoot as sf

GOLDEN = Path(__file__).parent / "golden"
FIGURES = ("loss", "gradient_norm", "step_length", "loss_evaluations", "accuracy_train", "accuracy_test")


def blocks(record, prefix):
    return {
        f"{kind}{layer}": record[f"{prefix}_{kind}_{name}"].T
        for kind in "Wb"
        for layer, name in ((1, "hidden"), (2, "output"))
    }


def follow(record, train, test, method, test_every=1):
    net = sf.Network((train.d, record["initial_W_hidden"].shape[0], train.k))
    theta = net.layout.from_blocks(blocks(record, "initial"))
    few = sf.Problem(net, train.take(slice(5))).at(theta).gradient
    expected = net.layout.from_blocks(blocks(record, "grad5"))
    assert np.abs(few - expected).max() <= 1e-12 * np.abs(expected).max()

    N = len(record["step_length"])
    run = sf.train(net, train, test=test, method=method, iterations=N, initial=theta, test_every=test_every)
    steps = run.steps
    losses = np.array([s.value for s in steps])
    assert np.abs(losses / record["loss"] - 1).max() <= 1e-9
    assert [s.alpha for s in steps[1:]] == record["step_length"].tolist()
    assert [len(s.trials) for s in steps[1:]] == record["loss_evaluations"].tolist()
    norms = np.array([s.gradient_norm for s in steps])
    assert np.abs(norms / record["gradient_norm"] - 1).max() <= 1e-9
    train_right = np.array([s.measures["accuracy_train"] for s in steps])
    measured = range(test_every, N + 1, test_every)
    test_right = np.array([steps[k].measures["accuracy_test"] for k in measured])
    assert np.abs(100 * train_right - record["accuracy_train"]).max() <= 1e-9
    assert np.abs(100 * test_right - record["accuracy_test"][test_every - 1 :: test_every]).max() <= 1e-9
    final = net.layout.from_blocks(blocks(record, "final"))
    assert np.abs(run.theta - final).max() <= 1e-8 * np.abs(final).max()
    assert run.steps[-1].cost.passes == 2 * N + 2


def golden(name):
    with np.load(GOLDEN / "digits.npz") as stored:
        return {key.removeprefix(f"{name}."): stored[key] for key in stored if key.startswith(f"{name}.")}


@pytest.mark.parametrize("name", ["digits_armijo", "digits_armijo_h16", "digits_backtracking"])
def test_classic_follows_the_digits_trajectories(name):
    data = sf.load("digits")
    if name == "digits_backtracking":
        data = sf.Data(data.X, data.y, 1.0, data.classes)
    record = golden(name)
    follow(record, *data.split(1000), "classic")
    if name == "digits_backtracking":
        assert np.sum(record["loss_evaluations"] > 1) == 199


@pytest.mark.mnist
@pytest.mark.parametrize(("name", "method"), [("mnist_armijo", "classic"), ("mnist_constant", "constant")])
def test_the_mnist_trajectories(name, method):
    folder = os.environ.get("SUREFOOT_REFERENCE")
    if not folder or not os.environ.get("SUREFOOT_DATA"):
        pytest.skip(
            "SUREFOOT_REFERENCE and SUREFOOT_DATA say where the trajectories and MNIST are; they are not set"
        )
    with np.load(Path(folder) / f"{name}.npz") as stored:
        record = dict(stored)
    train, test = sf.load("mnist").split(20_000)
    follow(record, train, test, method, test_every=10)  # 50,000 rows: dearer than a step
