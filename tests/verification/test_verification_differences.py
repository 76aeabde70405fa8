"""Slopes measured from values: how close they come, and what they say of their own quality."""

import numpy as np
import pytest

from laws import complex_slopes
from strategies import case
from surefoot.verification.differences import LADDER, central, complex_step, conditioning, trusted
from surefoot.verification.probes import Coordinates, Directions
from surefoot.verification.subject import Function
from surefoot.verification.taylor import random_direction, taylor


class Hidden:
    """An objective without some of its abilities."""

    def __init__(self, inner, *without):
        self.inner, self.without = inner, without

    def __getattr__(self, name):
        if name in self.without:
            raise AttributeError(name)
        return getattr(self.inner, name)


def of(f, x):
    x = np.asarray(x, float)
    probes = Coordinates(Function(f, lambda x: 0 * x, x.shape), x)
    return probes, np.arange(x.size), f(x)


def test_one_step_is_close_and_a_sweep_is_the_same_as_one_by_one():
    net = case((6, 5, 3), "tanh", n=8)
    everything, f = np.arange(net.size), net.loss(net.theta)
    exact = complex_slopes(net.loss, net.theta)
    swept = central(Coordinates(net, net.theta), everything, f)
    looped = central(Coordinates(Hidden(net, "sweep"), net.theta), everything, f)
    for measured in (swept, looped):
        assert np.abs(measured.slope - exact).max() <= 1e-9 * np.abs(exact).max()
        assert np.abs(measured.slope - exact).max() <= measured.rounding.max()


def test_the_complex_step_is_exact_to_rounding():
    net = case((6, 5, 3), "softplus", n=8, weighted=True)
    exact = complex_step(net, net.theta)
    np.testing.assert_allclose(exact, net.gradient(net.theta), rtol=0, atol=1e-15)
    assert conditioning(net, net.theta, exact).max() < 1e-15


@pytest.mark.parametrize(
    ("f", "slope", "x"),
    [
        (lambda x: np.sin(1e4 * x).sum(), lambda x: 1e4 * np.cos(1e4 * x), [0.3, 1.0]),  # a short scale
        (lambda x: (1e-6 * x**3).sum(), lambda x: 3e-6 * x**2, [1e5, -3e4]),  # a long one
        (lambda x: np.log(x).sum(), lambda x: 1 / x, [1e-3, 2e-4]),  # an edge: f ends at 0
        (lambda x: 1e8 + (x**2).sum(), lambda x: 2 * x, [1.0, 3.0]),  # rounding of a large constant
    ],
)
def test_the_ladder_finds_a_good_step_and_knows_how_good(f, slope, x):
    probes, everything, value = of(f, x)
    measured, right = trusted(probes, everything, value), slope(np.asarray(x))
    assert (np.abs(measured.slope - right) <= 3 * (measured.change + measured.noise)).all()
    assert (np.abs(measured.slope - right) <= 1e-4 * np.abs(right)).all()
    assert not measured.jump.any()


@pytest.mark.parametrize("grain", [1e-7, 1e-5])
def test_a_rounded_function_is_seen_to_be_rough(grain):
    probes, everything, value = of(lambda x: grain * np.round((x**3).sum() / grain), [0.7, -1.1])
    measured = trusted(probes, everything, value)
    assert (measured.noise > 1000 * measured.rounding).all()
    assert (np.abs(measured.slope - [1.47, 3.63]) <= 3 * (measured.change + measured.noise)).all()


def test_a_corner_has_a_jump_and_a_smooth_place_has_none():
    probes, everything, value = of(lambda x: 3 * np.abs(x).sum() + (x**2).sum(), [0.0, 0.5, -2e-8])
    np.testing.assert_allclose(trusted(probes, everything, value).jump, [6, 0, 6], rtol=0.05)


def test_where_f_does_not_exist_there_is_no_slope():
    probes, everything, value = of(lambda x: np.where(x == 1, 0.0, np.nan).sum(), [1.0])
    assert np.isnan(trusted(probes, everything, value).slope).all()


def test_directions_stay_in_their_block_have_length_one_and_find_the_wrong_entry():
    net = case((6, 5, 3), "tanh", n=8)
    net.theta[:] = np.clip(net.theta, -1, 1)
    probes = Directions(net, net.theta, 0, 4)
    assert probes.unit.size == 4 * 4
    for name, where in probes.blocks.items():
        for i in where:
            p = probes.direction(i)
            assert np.linalg.norm(p) == pytest.approx(1)
            assert np.flatnonzero(p).tolist() == list(range(*net.blocks[name].indices(net.size)))
    for wrong in (0, 17, 33, 40, net.size - 1):
        gradient = net.gradient(net.theta)
        gradient[wrong] += 1e-3
        block = next(n for n, s in net.blocks.items() if s.start <= wrong < s.stop)
        assert probes.locate(int(probes.blocks[block][0]), gradient) == wrong


def test_the_ladder_goes_down_by_tens_through_the_best_step():
    np.testing.assert_allclose(LADDER[1:] / LADDER[:-1], 0.1)
    assert np.isclose(LADDER, 1e-5).any()


def test_the_taylor_remainder_falls_like_h_squared_and_like_h_when_the_gradient_is_wrong():
    net = case((6, 5, 3), "logistic", n=8)
    gradient, p = net.gradient(net.theta), random_direction(net.theta, 0)
    assert taylor(net.loss, net.theta, gradient, p).order == pytest.approx(2, abs=0.05)
    assert taylor(net.loss, net.theta, 1.0005 * gradient, p).order < 1.5
    assert "wrong gradient" in str(taylor(net.loss, net.theta, 1.5 * gradient, p))


def test_the_taylor_remainder_of_a_linear_function_is_rounding_only():
    c, x = np.array([1.0, -2.0, 3.0]), np.array([0.3, 0.1, 0.7])
    found = taylor(lambda x: float(c @ x), x, c, random_direction(x, 0))
    assert found.exact
    assert found.order is None
    assert "linear" in str(found)


def test_the_taylor_remainder_of_noise_does_not_fall():
    rng, x = np.random.default_rng(0), np.ones(3)
    noisy = taylor(lambda x: float(x @ x + 1e-3 * rng.normal()), x, 2 * x, random_direction(x, 0))
    assert noisy.order < 0.5
    assert "noisy" in str(noisy)


def test_the_taylor_remainder_of_what_is_nowhere_finite_is_not_exact():
    x = np.ones(3)
    found = taylor(lambda y: 1.0 if (y == x).all() else float("nan"), x, x, random_direction(x, 0))
    assert not found.exact
    assert found.order is None
    assert "too few" in str(found)
