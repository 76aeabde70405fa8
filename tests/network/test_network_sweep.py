"""A sweep is the loop over single parameters that it replaces; kinks are never missed."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings

import surefoot.network.sweep as module
from laws import require_close_blocks
from strategies import case, cases


def one_by_one(net, h):
    losses = []
    for i in range(net.size):
        theta = net.theta.astype(np.result_type(net.theta, h))
        theta[i] += h
        losses.append(net.loss(theta))
    return np.array(losses)


@given(net=cases())
@settings(max_examples=25, deadline=None)
@pytest.mark.parametrize("h", [0.3, -1e-5, 1e-30j])
def test_a_sweep_is_the_loop_it_replaces(net, h):
    swept, looped = net.sweep(net.theta, h), one_by_one(net, h)
    assert swept.shape == (net.size,)
    assert swept.dtype == looped.dtype
    np.testing.assert_allclose(swept.real, looped.real, rtol=1e-12, atol=1e-13)
    if isinstance(h, complex) and net.analytic:
        slopes = swept.imag / abs(h)
        require_close_blocks(slopes, looped.imag / abs(h), net.blocks, 1e-12, "sweep", floor=1e-15)


@pytest.mark.parametrize("h", [0.1, 1e-30j])
@pytest.mark.parametrize("sizes", [(9, 3), (9, 7, 3), (9, 7, 5, 3)])
def test_small_chunks_change_nothing_but_rounding(monkeypatch, sizes, h):
    net = case(sizes, n=11, weighted=True)
    whole = net.sweep(net.theta, h)
    for chunk in (1, 5, 64):
        monkeypatch.setattr(module, "CHUNK", chunk)
        np.testing.assert_allclose(net.sweep(net.theta, h), whole, rtol=1e-13, atol=0)


def test_pixels_as_bytes_are_swept_like_floats():
    net = case((6, 4, 3), n=5)
    pixels = np.arange(30, dtype=np.uint8).reshape(5, 6)
    as_bytes, as_floats = (
        dataclasses.replace(net, X=pixels), dataclasses.replace(net, X=pixels.astype(float)),
    )  # fmt: skip
    np.testing.assert_array_equal(as_bytes.sweep(net.theta, 1e-5), as_floats.sweep(net.theta, 1e-5))


def test_a_sweep_with_steps_of_zero_is_the_loss():
    net = case((4, 5, 3), weighted=True)
    np.testing.assert_allclose(net.sweep(net.theta, 0.0), net.loss(net.theta), rtol=1e-14)


def signs(net, theta):
    """Which hidden units are on, for every sample."""
    A, on = net.X, []
    for W, b in net.network.layout.split(theta)[:-1]:
        Z = A @ W + b
        on.append(Z > 0)
        A = np.maximum(Z, 0)
    return np.concatenate([o.ravel() for o in on]) if on else np.zeros(0, bool)


@given(net=cases(activations=("relu",)))
@settings(max_examples=25, deadline=None)
@pytest.mark.parametrize("h", [0.05, 1e-3])
def test_no_unit_that_switches_is_missed(net, h):
    switched, now = np.zeros(net.size, bool), signs(net, net.theta)
    for i in range(net.size):
        for step in (h, -h):
            theta = net.theta.copy()
            theta[i] += step
            switched[i] |= (signs(net, theta) != now).any()
    assert not (switched & ~net.crossed(net.theta, h)).any()


def test_kinks_are_few_for_small_steps_and_smooth_networks_have_none():
    net = case((8, 6, 5, 3), "relu", n=20)
    assert not net.crossed(net.theta, 1e-9).any()
    assert 0 < net.crossed(net.theta, 1e-2).mean() < 1
    smooth = case((8, 6, 5, 3), "tanh", n=20)
    assert not smooth.crossed(smooth.theta, 1.0).any()


def test_a_unit_that_stands_on_its_kink_is_set_aside():
    net = case((3, 2, 2), "relu", n=1)
    net.theta[net.blocks["b1"]] = -net.X[0] @ net.network.layout.split(net.theta)[0][0]
    near = net.crossed(net.theta, 1e-12)
    assert near[net.blocks["b1"]].all()
    assert not near[net.blocks["W2"]].any()
