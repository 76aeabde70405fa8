"""A failed search is explained: each known cause, planted, is named."""

from __future__ import annotations

import math

import numpy as np
import pytest

import surefoot as sf
from surefoot.descent.directions.steepest import Steepest
from surefoot.descent.method import Always, Method
from surefoot.descent.searches.armijo import Armijo
from surefoot.verification.diagnosis import diagnose
from surefoot.verification.sharpness import sharpness


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
