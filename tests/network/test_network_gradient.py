"""Backpropagation is the slope of the loss, for networks of every shape; and the oracle works."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings

from laws import gradient_oracle, same_loss
from strategies import case, cases
from surefoot.network import Network
from surefoot.network.activations import ACTIVATIONS
from surefoot.network.losses import LOSSES

EXTREME = np.array([[1e4, -1e4, 0.0], [-1e4, -1e4, -1e4], [1e4, 1e4, 1e4], [0.0, -745.0, 710.0]])


@given(net=cases())
@settings(max_examples=40, deadline=None)
def test_backpropagation_is_the_slope_of_the_loss(net):
    gradient_oracle(
        net.loss,
        net.gradient(net.theta),
        net.theta,
        net.blocks,
        analytic=net.analytic,
        skip=net.crossed(net.theta, 1e-5),
    )


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("sizes", [(3, 2), (4, 3, 2), (3, 4, 2, 3), (2, 3, 3, 2, 2)])
def test_every_combination_once(sizes, activation, loss):
    net = case(sizes, activation, loss, n=4, seed=7, weighted=True)
    skip = net.crossed(net.theta, 1e-5)
    assert skip.mean() < 0.2
    gradient_oracle(
        net.loss, net.gradient(net.theta), net.theta, net.blocks, analytic=net.analytic, skip=skip
    )


@pytest.mark.parametrize("analytic", [True, False])
@pytest.mark.parametrize("block", ["W1", "b1", "W2", "b2", "W3", "b3"])
def test_the_oracle_sees_an_error_of_a_twentieth_of_a_percent(block, analytic):
    net = case((4, 5, 3, 3), "tanh", n=6, seed=1)
    gradient = net.gradient(net.theta)
    gradient_oracle(net.loss, gradient, net.theta, net.blocks, analytic=analytic)
    at = net.blocks[block].start + np.abs(gradient[net.blocks[block]]).argmax()
    gradient[at] *= 1.0005
    with pytest.raises(AssertionError, match=f"{block} entry"):
        gradient_oracle(net.loss, gradient, net.theta, net.blocks, analytic=analytic)


@given(net=cases())
@settings(max_examples=30, deadline=None)
def test_the_order_of_samples_and_doubled_weights_change_nothing_but_rounding(net):
    order = np.random.default_rng(0).permutation(net.rows)
    w = net.weights if net.weights is not None else np.ones(net.rows)
    shuffled = dataclasses.replace(net, X=net.X[order], Y=net.Y[order], weights=2 * w[order])
    same_loss(net, shuffled, net.theta)


@given(net=cases())
@settings(max_examples=30, deadline=None)
def test_weighting_a_sample_by_two_is_having_it_twice(net):
    w = np.ones(net.rows)
    w[0] = 2
    weighted = dataclasses.replace(net, weights=w)
    twice = np.r_[0, np.arange(net.rows)]
    same_loss(weighted, dataclasses.replace(net, X=net.X[twice], Y=net.Y[twice], weights=None), net.theta)


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
def test_activations_are_safe_at_any_size_and_keep_their_type(name, dtype):
    f = ACTIVATIONS[name]
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        A = f.value(EXTREME.astype(dtype))
        for values in (A, f.slope(EXTREME.astype(dtype), A), f.bend(EXTREME.astype(dtype), A)):
            assert np.isfinite(values).all()
    assert A.dtype == dtype


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_do_not_hide_nan(name):
    assert np.isnan(ACTIVATIONS[name].value(np.array([np.nan]))).all()


@pytest.mark.parametrize("name", LOSSES)
def test_losses_are_safe_at_logits_of_ten_thousand(name):
    loss = LOSSES[name]
    y = np.array([0, 1, 2, 1]) if name == "cross-entropy" else np.eye(4, 3)
    Y = loss.targets(y, 3)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        for Z in (EXTREME, EXTREME.astype(complex)):
            assert np.isfinite(loss.value(Z, Y)).all()
            assert np.isfinite(loss.gradient(Z, Y)).all()
            assert np.isfinite(loss.curvature(Z, Y, np.ones_like(Z))).all()
        assert np.isfinite(loss.predict(EXTREME)).all()
    assert (loss.value(EXTREME, Y) >= 0).all()


def test_cross_entropy_keeps_small_losses():
    loss = LOSSES["cross-entropy"]
    small = loss.value(np.array([[30.0, 0.0]]), np.array([0]))[0]
    assert small == pytest.approx(np.log1p(np.exp(-30.0)), rel=1e-2)  # log(softmax) would do no better
    assert loss.value(np.array([[-1e4, 1e4]]), np.array([0]))[0] == 2e4


@given(net=cases())
@settings(max_examples=30, deadline=None)
def test_one_sample_by_itself_has_the_outputs_it_has_among_many(net):
    many = net.network.outputs(net.theta, net.X)
    one = net.network.outputs(net.theta, net.X[0])
    assert one.shape == many[0].shape
    np.testing.assert_allclose(one, many[0], rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(
        net.network.predict(net.theta, net.X[0]), net.network.predict(net.theta, net.X)[0], rtol=1e-12
    )


def test_probabilities_sum_to_one():
    net = case((4, 5, 3))
    np.testing.assert_allclose(net.network.predict(net.theta, net.X).sum(axis=1), 1, rtol=1e-14)


def test_outputs_refuse_what_does_not_fit():
    net = Network((4, 3))
    with pytest.raises(ValueError, match=r"X has shape \(2, 5\).*expects 4 inputs"):
        net.outputs(net.initial(0), np.ones((2, 5)))
    with pytest.raises(ValueError, match=r"theta has shape \(16,\).*15 parameters"):
        net.outputs(np.zeros(16), np.ones((2, 4)))


@pytest.mark.parametrize("loss", ["binary", "squared-error"])
def test_targets_that_are_not_finite_are_refused_by_row(loss):
    with pytest.raises(ValueError, match="first in row 1"):
        LOSSES[loss].targets(np.array([0.0, np.nan, 1.0]), 1)


def test_tiny_losses_keep_their_digits():
    """At a margin of 40 the loss is 4e-18 and its gradient -4e-18: neither may be lost beside 1."""
    tiny = np.exp(-40.0)
    for name, Z, y in (
        ("cross-entropy", np.array([[40.0, 0.0]]), np.array([0])),
        ("binary", np.array([[40.0]]), np.array([[1.0]])),
    ):
        criterion = LOSSES[name]
        assert criterion.value(Z, y)[0] == pytest.approx(tiny, rel=1e-12)
        assert criterion.gradient(Z, y)[0, 0] == pytest.approx(-tiny, rel=1e-12)
