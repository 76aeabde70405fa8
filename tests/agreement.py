"""What it means that two objectives are the same: every number that can be asked of them.

value, gradient, φ, φ′, φ″, the gradient after a step, Hessian and Gauss-Newton products, outputs
"""

from __future__ import annotations

import numpy as np

import surefoot as sf
from surefoot.compute.dense import Dense

QUANTITIES = (
    "value",
    "gradient",
    "phi",
    "slope",
    "curvature",
    "gradient there",
    "hessian",
    "gauss-newton",
    "outputs",
)


def samples(sizes, loss, dtype, n, seed, weighted=True):
    rng = np.random.default_rng(seed)
    d, k = sizes[0], sizes[-1]
    X = rng.integers(0, 256, (n, d)) if dtype == np.uint8 else rng.normal(size=(n, d))
    y = rng.integers(0, k, n) if loss == "cross-entropy" else rng.random((n, k))
    return X.astype(dtype), y, rng.uniform(0.1, 2, n) if weighted else None


def setting(sizes, activation, loss, dtype=np.uint8, n=700, seed=0, l2=0.01):
    """The plain objective in double, what another one is made of (net, X, y and options), θ, and p."""
    X, y, weight = samples(sizes, loss, dtype, n, seed, seed % 2 == 0)
    net = sf.Network(sizes, activation, loss)
    rng = np.random.default_rng(seed)
    theta = net.initial(rng) + 0.1 * rng.normal(size=net.size)
    scale = 255.0 if dtype == np.uint8 else 1.0
    plain = Dense(net, X / scale, y, l2=l2, sample_weight=weight)
    options = {"scale": scale, "l2": l2, "sample_weight": weight}
    return plain, (net, X, y), options, theta, rng.normal(size=net.size)


def quantities(objective, theta, p, alpha=0.3):
    here = objective.at(theta)
    ray = here.ray(p)
    return dict(
        zip(
            QUANTITIES,
            (
                here.value, here.gradient, ray.value(alpha), ray.slope(alpha), ray.curvature(alpha),
                ray.point(alpha).gradient, here.hessian_vector(p), here.gauss_newton_vector(p), here.outputs,
            ),
            strict=True,
        )
    )  # fmt: skip


def agree(plain, fast, theta, p, bound):
    expected, found = quantities(plain, theta, p), quantities(fast, theta, p)
    terms = {  # these are sums that may cancel: rounding is relative to what is added up
        "slope": np.abs(expected["gradient there"] * p).sum(),
        "curvature": np.abs(expected["hessian"] * p).sum(),
    }
    for name in QUANTITIES:
        scale = max(np.abs(expected[name]).max(), terms.get(name, 0.0))
        error = np.abs(found[name] - expected[name]).max()
        assert error <= bound * max(scale, 1e-3), (name, found[name], expected[name], fast.choice)
    # passes and evaluations are counted as the plain objective counts them; tails as they are run
    assert (fast.cost.passes, fast.cost.evaluations) == (plain.cost.passes, plain.cost.evaluations)
