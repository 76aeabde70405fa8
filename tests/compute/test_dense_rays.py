"""Rays are exact: φ, φ′, φ″ agree with fresh evaluations, cost no pass, and are counted as they are made."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import surefoot as sf
from surefoot.compute.dense import Dense
from surefoot.descent.objective import Known
from surefoot.network.activations import ACTIVATIONS
from surefoot.records import Cost

LOSSES = ("cross-entropy", "binary", "squared-error")


def problem(
    hidden=(5,),
    activation="tanh",
    loss="cross-entropy",
    seed=0,
    n=17,
    l2=0.01,
    weighted=True,
    dtype=np.float64,
):
    rng = np.random.default_rng(seed)
    d, k = 4, 3
    X = rng.normal(size=(n, d))
    y = {
        "cross-entropy": lambda: rng.integers(0, k, n),
        "binary": lambda: rng.integers(0, 2, (n, k)).astype(float),
        "squared-error": lambda: rng.normal(size=(n, k)),
    }[loss]()
    net = sf.Network((d, *hidden, k), activation, loss)
    weight = rng.uniform(0.1, 2, n) if weighted else None
    theta = net.initial(rng) + 0.1 * rng.normal(size=net.size)
    return Dense(net, X, y, l2=l2, sample_weight=weight, dtype=dtype), theta, rng.normal(size=net.size)


@settings(max_examples=60, deadline=None)
@given(
    hidden=st.lists(st.integers(1, 6), max_size=3).map(tuple),
    activation=st.sampled_from(sorted(ACTIVATIONS)),
    loss=st.sampled_from(LOSSES),
    seed=st.integers(0, 10**6),
    alpha=st.floats(0.01, 2),
)
def test_phi_slope_and_curvature_are_exact_along_random_rays(hidden, activation, loss, seed, alpha):
    objective, theta, p = problem(hidden, activation, loss, seed)
    here = objective.at(theta)
    ray = here.ray(p)
    fresh = objective.at(theta + alpha * p)
    assert abs(ray.value(alpha) - fresh.value) <= 1e-13 * max(1, abs(fresh.value))
    scale = np.linalg.norm(fresh.gradient) * np.linalg.norm(p)
    assert abs(ray.slope(alpha) - fresh.gradient @ p) <= 1e-12 * scale
    assert abs(ray.slope0 - here.gradient @ p) <= 1e-12 * scale
    if ACTIVATIONS[activation].analytic:
        stepped = ray.slope(alpha + 1e-30j).imag / 1e-30
        size = abs(stepped) + scale  # the terms that φ″ is summed from
        assert abs(ray.curvature(alpha) - stepped) <= 1e-11 * size
    there = ray.point(alpha)
    assert np.allclose(
        there.gradient, fresh.gradient, rtol=0, atol=1e-12 * (1 + np.abs(fresh.gradient).max())
    )
    assert np.array_equal(there.theta, theta + alpha * p)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("hidden", [(), (5,), (5, 4)])
def test_hessian_products_equal_the_complex_step_of_the_gradient(hidden, loss):
    objective, theta, v = problem(hidden, "tanh", loss)
    exact = objective.at(theta + 1e-30j * v).gradient.imag / 1e-30
    assert np.allclose(objective.at(theta).hessian_vector(v), exact, rtol=0, atol=1e-12 * np.abs(exact).max())


@pytest.mark.parametrize("loss", LOSSES)
def test_gauss_newton_is_the_hessian_of_a_linear_model_and_never_negative(loss):
    objective, theta, v = problem((), "identity", loss)
    here = objective.at(theta)
    assert np.allclose(here.gauss_newton_vector(v), here.hessian_vector(v), atol=1e-13)
    objective, theta, v = problem((5, 4), "logistic", loss)
    assert v @ objective.at(theta).gauss_newton_vector(v) >= 0


def test_curvature_along_a_ray_is_the_hessian_form():
    objective, theta, p = problem((5, 4))
    here = objective.at(theta)
    assert here.ray(p).curvature(0.0) == pytest.approx(p @ here.hessian_vector(p), rel=1e-11)


def test_combined_rays_need_no_pass_and_are_exact():
    objective, theta, p = problem((5, 4))
    q = np.cos(np.arange(p.size))
    here = objective.at(theta)
    one, other = here.ray(p), here.ray(q)
    before = objective.cost
    both = one.combine(0.3, other, -0.7)
    value = both.value(1.0)
    assert (objective.cost - before).passes == 0
    assert value == pytest.approx(objective.at(theta + 0.3 * p - 0.7 * q).value, rel=1e-13)


class Counted(np.ndarray):
    """The data matrix, counting the products made with it."""

    products = 0

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        if ufunc is np.matmul:
            Counted.products += 1
        inputs = [np.asarray(a) if isinstance(a, Counted) else a for a in inputs]
        return getattr(ufunc, method)(*inputs, **kwargs)


def count_passes(objective):
    objective.X = objective.X.view(Counted)
    Counted.products = 0


@pytest.mark.parametrize("method", ["classic", "constant"])
def test_passes_equal_an_independent_count_of_products_with_the_data(method):
    objective, theta, _ = problem((5,), n=40)
    count_passes(objective)
    *_, last = sf.descend(objective, theta, method, sf.stop(iterations=12))
    assert last.cost.passes == Counted.products == 2 * 12 + 2


def test_a_trial_costs_no_pass_and_one_tail():
    objective, theta, p = problem((5,))
    ray = objective.at(theta).ray(p)
    before = objective.cost
    ray.value(0.1)
    ray.value(0.1)
    assert objective.cost - before == Cost(0, 1, 1)
    ray.slope(0.1)
    ray.slope(0.1)
    assert objective.cost - before == Cost(0, 2, 1)
    there = ray.point(0.1)
    assert there.gradient is there.gradient
    assert objective.cost - before == Cost(1, 2, 1)


def test_hessian_products_cost_two_passes():
    objective, theta, p = problem((5,))
    here = objective.at(theta)
    before = objective.cost
    here.hessian_vector(p)
    here.gauss_newton_vector(p)
    assert (objective.cost - before).passes == 4


@pytest.mark.parametrize("keep", [copy.deepcopy, lambda s: pickle.loads(pickle.dumps(s)), lambda s: s])
def test_a_state_taken_at_any_iteration_continues_with_the_same_bits(keep):
    objective, theta, _ = problem((5,), n=60)
    rule = sf.method("classic")
    whole = list(sf.descend(objective, theta, rule, sf.stop(iterations=12)))
    part = sf.descend(objective, theta, rule, sf.stop(iterations=5))
    list(part)
    rest = list(sf.descend(objective, keep(part.state), rule, sf.stop(iterations=12)))
    for one, other in zip(whole[6:], rest, strict=True):
        assert (one.value, one.gradient_norm, one.alpha, one.trials, one.cost) == (
            other.value, other.gradient_norm, other.alpha, other.trials, other.cost,
        )  # fmt: skip


def test_a_known_point_costs_nothing_until_a_direction_is_walked():
    objective, theta, p = problem((5,))
    first = objective.at(theta)
    known = Known(first.value, first.gradient)
    before = objective.cost
    again = objective.at(theta, known)
    assert (again.value, again.gradient is first.gradient) == (first.value, True)
    assert objective.cost == before
    again.ray(p)
    assert (objective.cost - before).passes == 1


def test_weights_repeat_rows_and_l2_leaves_biases_alone():
    objective, theta, _ = problem((5,), l2=0.0, weighted=False)
    X, Y = objective.X, objective.Y
    w = np.arange(len(X)) % 3 + 1
    weighted = Dense(objective.network, X, Y, sample_weight=w).at(theta)
    repeated = Dense(objective.network, X.repeat(w, axis=0), Y.repeat(w)).at(theta)
    assert weighted.value == pytest.approx(repeated.value, rel=1e-13)
    assert np.allclose(weighted.gradient, repeated.gradient, rtol=0, atol=1e-13)
    plain, heavy = Dense(objective.network, X, Y).at(theta), Dense(objective.network, X, Y, l2=0.5).at(theta)
    is_weight = objective.layout.is_weight
    assert heavy.value - plain.value == pytest.approx(0.25 * np.sum(theta[is_weight] ** 2))
    assert np.array_equal((heavy.gradient != plain.gradient), is_weight)


def test_single_precision_is_single_inside_and_sums_in_double():
    objective, theta, p = problem((5,), dtype=np.float32)
    double, _, _ = problem((5,))
    here = objective.at(theta)
    assert here.outputs.dtype == np.float32
    assert here.gradient.dtype == np.float64
    exact = double.at(theta)
    assert np.abs(here.gradient - exact.gradient).max() <= 1e-5 * np.abs(exact.gradient).max()
    ray = here.ray(p)
    assert ray.value(0.5) == pytest.approx(double.at(theta + 0.5 * p).value, rel=1e-5)
    assert ray.curvature(0.5) == pytest.approx(double.at(theta).ray(p).curvature(0.5), rel=1e-3)
    assert objective.in_double().at(theta).value == pytest.approx(exact.value, rel=1e-6)


def test_sweep_adds_the_penalty_exactly():
    objective, theta, _ = problem((3,), n=5, l2=0.3)
    h = 1e-3
    slow = [objective.at(theta + h * e).value for e in np.eye(theta.size)]
    assert np.allclose(objective.sweep(theta, h), slow, rtol=1e-13)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"X": np.ones((4, 5))}, "first layer expects 4"),
        ({"y": np.array([0, 1, 3, 0])}, "labels 0 .. 2"),
        ({"y": np.zeros(3, int)}, "one target per row"),
        ({"l2": -1}, "l2 is -1"),
        ({"sample_weight": np.ones(3)}, "shape (4,)"),
        ({"sample_weight": np.zeros(4)}, "not all zero"),
    ],
)
def test_misuse_is_one_sentence(change, words):
    arguments = {"X": np.ones((4, 4)), "y": np.array([0, 1, 2, 0])} | change
    with pytest.raises(sf.SurefootError) as caught:
        Dense(sf.Network((4, 2, 3)), **arguments)
    assert words in str(caught.value)
