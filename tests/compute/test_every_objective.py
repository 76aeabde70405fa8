"""All objectives are one objective: the plain one's numbers, its passes, and every method on each of them."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from importlib.util import find_spec

import numpy as np
import pytest

import surefoot as sf
from agreement import agree, setting
from surefoot.descent.methods import METHODS

WAYS = {
    "dense": {},
    "packed": {},
    "blocks": {},
    "device": {"device": "cpu"},
    "dask": {"workers": 2},
}
NEEDS = {"device": ("torch", "array_api_compat"), "dask": ("distributed",)}
SIZES = {"deep": (30, 6, 5, 4), "one": (30, 8, 4), "none": (30, 4), "wide": (20, 40, 4)}
LOSSES = ("cross-entropy", "squared-error")


@pytest.fixture(scope="module", params=WAYS)
def made(request):
    """net, Data -> the objective of one way to compute; Dask's workers are shared by all tests here."""
    if absent := [module for module in NEEDS.get(request.param, ()) if find_spec(module) is None]:
        pytest.skip(f"{absent[0]} is not installed")
    options = dict(WAYS[request.param])
    if request.param == "dask":
        options["workers"] = request.getfixturevalue("cluster")
    return partial(sf.Problem, compute=request.param, **options)


@pytest.fixture(scope="module")
def cluster():
    from surefoot.compute.cluster import Cluster

    with closing(Cluster(2)) as two:
        yield two.client


def case(name, loss, n=900, seed=4):
    """The plain objective, network and data, θ, p."""
    plain, (net, X, y), options, theta, p = setting(SIZES[name], "tanh", loss, n=n, seed=seed)
    classes = tuple("abcd") if loss == "cross-entropy" else ()
    data = sf.Data(X, y, options.pop("scale"), classes)
    return plain, net, data, options, theta, p


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("name", SIZES)
@pytest.mark.parametrize(("precision", "bound"), [("double", 1e-12), ("single", 1e-5)])
def test_the_same_numbers(made, name, loss, precision, bound):
    plain, net, data, options, theta, p = case(name, loss)
    with made(net, data, precision=precision, **options) as problem:
        agree(plain, problem, theta, p, bound)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_runs_on_each(made, method):
    """The same steps as on the plain objective, as far as rounding lets two runs stay together."""
    plain, net, data, options, theta, _ = case("one", "cross-entropy", n=400)
    with made(net, data, **options) as problem:
        found = list(sf.descend(problem, theta, method, sf.stop(iterations=4)))
    expected = list(sf.descend(plain, theta, method, sf.stop(iterations=4)))
    assert len(found) == len(expected) >= 2
    for one, other in zip(found, expected, strict=True):
        assert one.value == pytest.approx(other.value, rel=1e-9)
        assert one.gradient_norm == pytest.approx(other.gradient_norm, rel=1e-6)
        assert len(one.trials) == len(other.trials)
        assert one.outcome == other.outcome
        assert one.cost.passes == other.cost.passes


def test_a_run_goes_on_with_the_same_bits(made, tmp_path):
    """N + M steps are N steps, another process's file, and M steps."""
    _, net, data, _, _, _ = case("one", "cross-entropy", n=400)
    train = partial(sf.train, net, data, method="lbfgs", compute=made.keywords["compute"])
    machine = {name: made.keywords[name] for name in ("workers", "device") if name in made.keywords}
    whole = train(iterations=7, **machine)
    train(iterations=4, save=tmp_path / "run", **machine)
    workers = {"workers": machine["workers"]} if "workers" in machine else {}
    resumed = sf.resume(tmp_path / "run", 3, data=data, **workers)
    assert [step.value for step in resumed.steps] == [step.value for step in whole.steps]
    assert np.array_equal(resumed.theta, whole.theta)


def test_the_gradient_is_verified(made):
    _, net, data, options, theta, _ = case("one", "squared-error", n=60)
    with made(net, data, **options) as problem:
        assert sf.check(problem, theta).holds
