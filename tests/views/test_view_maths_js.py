"""The network in the browser is the network in Python: outputs, losses and gradients of random nets agree."""

from __future__ import annotations

import json
import shutil
import subprocess

import numpy as np
import pytest

from surefoot.network import Network
from surefoot.views.bundle import bundle

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="node is not installed")

RUN = """
import { readFileSync } from "node:fs";
const told = JSON.parse(readFileSync(0, "utf8")).map(({ net, theta, x, label }) => {
  const passed = forward(net, theta, x);
  const D = backward(net, theta, passed, label);
  const L = net.sizes.length - 1;
  const gradient = [];
  for (let l = 1; l <= L; l++) {
    for (const a of passed.a[l - 1]) for (const d of D[l]) gradient.push(a * d);
    gradient.push(...D[l]);
  }
  return { outputs: [...passed.outputs], loss: lossOf(net.loss, passed.z[L], label), gradient };
});
console.log(JSON.stringify(told));
"""
CASES = [
    ((4, 3, 2), "logistic", "cross-entropy"), ((784, 6, 10), "logistic", "cross-entropy"),
    ((5, 10), "tanh", "cross-entropy"), ((3, 8, 7, 4), "tanh", "cross-entropy"),
    ((6, 5, 3), "relu", "squared-error"), ((2, 4, 1), "softplus", "binary"),
    ((2, 3, 2, 3), "identity", "squared-error"), ((2, 6, 6, 2), "softplus", "cross-entropy"),
]  # fmt: skip


def tasks(wide=1.0):
    """Random nets, weights and inputs; the label as the browser is given it."""
    rng = np.random.default_rng(3)
    for sizes, activation, loss in CASES:
        net = Network(sizes, activation, loss)
        theta, x = wide * rng.normal(size=net.size), rng.normal(size=sizes[0])
        x[0] = 0.0  # left out in the browser
        label = {
            "cross-entropy": int(rng.integers(sizes[-1])),
            "binary": [1.0],
            "squared-error": rng.normal(size=sizes[-1]).tolist(),
        }[loss]
        yield net, theta, x, label


def in_the_browser(given, tmp_path):
    path = tmp_path / "maths.mjs"
    path.write_text(bundle("maths.js", RUN), encoding="utf-8")
    asked = [
        {
            "net": {"sizes": net.sizes, "activation": net.activation, "loss": net.loss},
            "theta": theta.tolist(), "x": x.tolist(), "label": label,
        }
        for net, theta, x, label in given
    ]  # fmt: skip
    done = subprocess.run(
        [NODE, path], input=json.dumps(asked), capture_output=True, text=True, check=True, timeout=60
    )
    return json.loads(done.stdout)


def in_python(net, theta, x, label):
    """Outputs, loss and gradient of one sample, by the network's own code."""
    Y = net.criterion.targets(np.array([label]), net.sizes[-1])
    X = x[None, :]
    Z = net.outputs(theta, X)
    loss = float(net.criterion.value(Z, Y)[0])
    h = 1e-6
    directions = np.eye(net.size) if net.size < 200 else []
    slopes = [
        float(
            net.criterion.value(net.outputs(theta + h * e, X), Y)[0]
            - net.criterion.value(net.outputs(theta - h * e, X), Y)[0]
        ) / (2 * h)
        for e in directions
    ]  # fmt: skip
    return net.predict(theta, x), loss, np.array(slopes)


@pytest.mark.parametrize("wide", [1.0, 30.0])
def test_forward_and_loss_agree(wide, tmp_path):
    given = list(tasks(wide))
    for (net, theta, x, label), told in zip(given, in_the_browser(given, tmp_path), strict=True):
        outputs, loss, _ = in_python(net, theta, x, label)
        scale = 1 + abs(outputs).max()
        assert abs(np.ravel(outputs) - told["outputs"]).max() <= 1e-12 * scale, net
        assert told["loss"] == pytest.approx(loss, rel=1e-9, abs=1e-12), net


def test_the_gradient_of_one_sample_agrees_with_differences(tmp_path):
    given = list(tasks())
    compared = 0
    for (net, theta, x, label), told in zip(given, in_the_browser(given, tmp_path), strict=True):
        slopes = in_python(net, theta, x, label)[2]
        if len(slopes):
            compared += 1
            assert abs(slopes - told["gradient"]).max() <= 1e-6 * (1 + abs(slopes).max()), net
    assert compared == len(CASES) - 1


def test_a_planted_error_is_found(tmp_path):
    given = list(tasks())
    net, theta, x, label = given[0]
    told = in_the_browser([(net, theta * 1.0005, x, label)], tmp_path)[0]
    assert abs(in_python(net, theta, x, label)[0] - told["outputs"]).max() > 1e-6
