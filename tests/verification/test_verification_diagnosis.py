"""A failed search is explained: each known cause, planted, is named."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest

import surefoot as sf
from surefoot.descent.directions.steepest import Steepest
from surefoot.descent.method import Always, Method
from surefoot.descent.searches.armijo import Armijo
from surefoot.records import Found, Outcome
from surefoot.verification.diagnosis import diagnose
from surefoot.verification.sharpness import sharpness

QUASI_NEWTON = ("auto", "lbfgs", "bfgs")


def why(f, gradient, x, method="classic"):
    run = sf.descend(
        sf.FunctionObjective(f, gradient), np.atleast_1d(np.array(x, float)), method, sf.stop(iterations=1)
    )
    last = list(run)[-1]
    assert last.alpha == 0
    return diagnose(run.state.ray, run.state.last)


def test_rounding():
    assert "Rounding" in why(lambda x: 1 + 1e-25 * float(x[0]), lambda x: np.array([1e-25]), 0.0)


def test_a_gradient_of_the_wrong_sign():
    assert "The gradient is wrong: it claims a slope of -4" in why(
        lambda x: float(x @ x), lambda x: -2 * x, 1.0
    )


def test_a_kink():
    # at the bottom of |x| any direction rises, whatever the gradient of one side says
    assert "kink" in why(lambda x: abs(float(x[0])), lambda x: np.ones(1), 0.0)


def test_not_finite():
    assert "not finite for any step" in why(
        lambda x: 0.0 if x[0] == 0 else math.nan, lambda x: np.ones(1), 0.0
    )


def test_not_a_descent_direction():
    assert "does not descend" in why(lambda x: 1.0, lambda x: np.zeros(1), 0.0)


def test_a_right_slope_that_turns_too_soon():
    few = Method("few", Steepest(), Armijo(max_trials=3), Always(1.0))
    sentence = why(lambda x: float(-x[0] + 1e6 * x[0] ** 2), lambda x: np.array([-1 + 2e6 * x[0]]), 0.0, few)
    assert "The slope is right (-1)" in sentence


def a_network(name):
    if name == "digits":
        data, _ = sf.load("digits").split(300)
        return sf.Network((64, 6, 10)), data
    data = sf.load("xor")
    return sf.Network((2, 4, data.k)), data


class Claimed:
    """A ray whose gradient is off: slope0 is not what the loss does."""

    def __init__(self, ray, slope0, gradient=None):
        self.p, self.slope0, self.noise, self.value = ray.p, slope0, ray.noise, ray.value
        here = ray.origin
        self.origin = SimpleNamespace(
            theta=here.theta, value=here.value, gradient=here.gradient if gradient is None else gradient
        )


@pytest.mark.parametrize(("l2", "precision"), [(0.0, "double"), (1e-3, "double"), (1e-3, "single")])
@pytest.mark.parametrize(
    ("name", "method", "rng"),
    [("digits", "auto", 0), ("digits", "bfgs", 0),
     *(("xor", method, rng) for method in QUASI_NEWTON for rng in (0, 1))],
)  # fmt: skip
def test_a_run_that_has_converged_never_blames_its_gradient(name, l2, precision, method, rng):
    net, data = a_network(name)
    run = sf.train(
        net, data, method=method, l2=l2, precision=precision, iterations=600, rng=rng, compute="dense"
    )
    assert "gradient is wrong" not in run.ending.sentence
    if run.ending.kind in ("failed", "precision"):
        assert "Rounding" in run.ending.sentence, run.ending.sentence
    # and wherever it stopped: neither along its last ray, nor straight down from there
    rays = [run.state.ray]
    with sf.Problem(net, data, l2=l2, precision=precision) as problem:
        here = problem.at(run.theta)
        rays.append(here.ray(-here.gradient))
        for ray in rays:
            assert "gradient is wrong" not in diagnose(ray, failed_search())


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("compute", ["dense", "packed"])
@pytest.mark.parametrize("name", ["digits", "xor"])
@pytest.mark.parametrize("k", [0, 5, 20])
def test_a_gradient_that_is_off_by_a_thousandth_is_blamed_far_from_the_optimum(name, k, compute, precision):
    net, data = a_network(name)
    run = sf.train(net, data, method="classic", iterations=k)
    with sf.Problem(net, data, precision=precision, compute=compute) as problem:
        here = problem.at(run.theta)
        ray = here.ray(-here.gradient)
        assert "The slope is right" in diagnose(ray, failed_search())
        off = 1e-3 if precision == "double" else 0.5  # single sees seven digits of a loss, and few of a slope
        for wrong in (1 + off, 1 - off):
            sentence = diagnose(Claimed(ray, wrong * ray.slope0, wrong * here.gradient), failed_search())
            assert "The gradient is wrong" in sentence, sentence


def test_a_direction_whose_slope_is_lost_in_its_terms():
    sentence = why(lambda x: float(x @ x), lambda x: 2 * x, [1e-170, 1e-170])  # its square underflows
    assert "Rounding" in sentence


def test_a_gradient_that_claims_next_to_nothing_is_blamed():
    net, data = a_network("digits")
    with sf.Problem(net, data) as problem:
        here = problem.at(net.initial(0))
        ray = here.ray(-here.gradient)
        assert "The gradient is wrong" in diagnose(Claimed(ray, 1e-20 * ray.slope0), failed_search())


def failed_search():
    return Found(0.0, Outcome.EXHAUSTED)


@pytest.mark.parametrize("size", [1, 5, 30])
def test_lanczos_finds_the_largest_eigenvalue(size):
    rng = np.random.default_rng(size)
    A = rng.normal(size=(size, size))
    H = A + A.T
    assert sharpness(lambda v: H @ v, size, products=60, tolerance=1e-12) == pytest.approx(
        np.linalg.eigvalsh(H)[-1], rel=1e-9
    )


def test_sharpness_of_a_network_is_the_hessians():
    data, _ = sf.load("digits").split(50)
    net = sf.Network((64, 2, 10))
    problem = sf.Problem(net, data)
    here = problem.at(net.initial(1))
    H = np.array([here.hessian_vector(e) for e in np.eye(net.size)])
    found = sharpness(here.hessian_vector, net.size, products=80, tolerance=1e-10)
    assert found == pytest.approx(np.linalg.eigvalsh((H + H.T) / 2)[-1], rel=1e-6)
