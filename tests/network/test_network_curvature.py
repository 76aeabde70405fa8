"""Jets and products with second derivatives, against the complex step of first ones."""

import numpy as np
import pytest
from hypothesis import given, settings

from strategies import SMOOTH, case, cases
from surefoot.network.activations import ACTIVATIONS
from surefoot.network.jet import tail_jet
from surefoot.network.losses import LOSSES
from surefoot.network.products import gauss_newton_tail, hessian_tail

H = 1e-30


def along(net):
    """A random direction, its layers, and the first layer's Z, dZ."""
    p = np.random.default_rng(3).normal(size=net.size)
    layers, V = net.network.layout.split(net.theta), net.network.layout.split(p)
    Z1, dZ1 = net.X @ layers[0][0] + layers[0][1], net.X @ V[0][0] + V[0][1]
    return p, layers, V, Z1, dZ1


def flat(net, D1, behind):
    return net.network.layout.join([(net.X.T @ D1, D1.sum(axis=0)), *behind])


def weighted(net, derivative):
    return lambda *Z: derivative(Z[0], net.Y, *Z[1:]) * net.shares[:, None]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_slopes_and_bends_are_derivatives(name):
    f, z = ACTIVATIONS[name], np.linspace(-6, 6, 41) + 0.01
    step = z + 1j * H
    np.testing.assert_allclose(f.slope(z, f.value(z)), f.value(step).imag / H, rtol=1e-12, atol=1e-14)
    slope = f.slope(step, f.value(step))
    np.testing.assert_allclose(f.bend(z, f.value(z)), np.imag(slope) / H, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", LOSSES)
def test_loss_gradients_and_curvatures_are_derivatives(name):
    rng, loss = np.random.default_rng(0), LOSSES[name]
    Z, V = rng.normal(size=(2, 6, 4))
    Y = loss.targets(rng.integers(4, size=6) if name == "cross-entropy" else rng.random((6, 4)), 4)
    slope = loss.value(Z + 1j * H * V, Y).imag / H
    np.testing.assert_allclose((loss.gradient(Z, Y) * V).sum(axis=1), slope, rtol=1e-12, atol=1e-14)
    bend = loss.gradient(Z + 1j * H * V, Y).imag / H
    np.testing.assert_allclose(loss.curvature(Z, Y, V), bend, rtol=1e-12, atol=1e-14)


@given(net=cases(activations=SMOOTH))
@settings(max_examples=25, deadline=None)
def test_the_jet_is_the_outputs_derivatives_along_the_ray(net):
    p, layers, V, Z1, dZ1 = along(net)
    Z, dZ, ddZ = tail_jet(Z1, dZ1, layers[1:], V[1:], net.network.f)
    np.testing.assert_allclose(Z, net.network.outputs(net.theta, net.X), rtol=1e-12, atol=1e-12)
    moved = net.network.outputs(net.theta + 1j * H * p, net.X)
    np.testing.assert_allclose(dZ, moved.imag / H, rtol=1e-11, atol=1e-11)
    step = net.network.layout.split(net.theta + 1j * H * p)
    _, dZ_moved, _ = tail_jet(Z1 + 1j * H * dZ1, dZ1, step[1:], V[1:], net.network.f)
    np.testing.assert_allclose(ddZ, dZ_moved.imag / H, rtol=1e-10, atol=1e-10)


@given(net=cases(activations=SMOOTH))
@settings(max_examples=25, deadline=None)
def test_hessian_products_are_the_gradients_derivative(net):
    p, layers, V, Z1, dZ1 = along(net)
    criterion = net.network.criterion
    product = flat(
        net,
        *hessian_tail(
            Z1, dZ1, layers[1:], V[1:], net.network.f,
            weighted(net, criterion.gradient), weighted(net, criterion.curvature),
        ),
    )  # fmt: skip
    exact = net.gradient(net.theta + 1j * H * p).imag / H
    np.testing.assert_allclose(product, exact, rtol=0, atol=1e-11 * max(1, np.abs(exact).max()))


@given(net=cases(activations=SMOOTH))
@settings(max_examples=25, deadline=None)
def test_gauss_newton_products_are_jacobians_around_the_loss_curvature(net):
    p, layers, V, Z1, dZ1 = along(net)
    curve = weighted(net, net.network.criterion.curvature)
    product = flat(net, *gauss_newton_tail(Z1, dZ1, layers[1:], V[1:], net.network.f, curve))
    Z = net.network.outputs(net.theta, net.X)
    J = np.stack([net.network.outputs(net.theta + 1j * H * e, net.X).imag / H for e in np.eye(net.size)])
    exact = np.einsum("pnk,nk->p", J, curve(Z, np.einsum("pnk,p->nk", J, p)))
    np.testing.assert_allclose(product, exact, rtol=0, atol=1e-11 * max(1, np.abs(exact).max()))
    assert p @ product >= -1e-12 * np.abs(exact).max()


def test_without_hidden_layers_gauss_newton_is_the_hessian():
    net = case((4, 3), n=6, weighted=True)
    _, layers, V, Z1, dZ1 = along(net)
    curve, slope = (
        weighted(net, net.network.criterion.curvature),
        weighted(net, net.network.criterion.gradient),
    )
    hessian = flat(net, *hessian_tail(Z1, dZ1, layers[1:], V[1:], net.network.f, slope, curve))
    gauss_newton = flat(net, *gauss_newton_tail(Z1, dZ1, layers[1:], V[1:], net.network.f, curve))
    np.testing.assert_allclose(hessian, gauss_newton, rtol=1e-13)
