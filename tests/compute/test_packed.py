"""The packed objective is the plain one, faster: same numbers, same passes, same bits for any threads."""

from __future__ import annotations

import importlib.util
import os
import pickle
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import surefoot as sf
from agreement import QUANTITIES, agree, quantities, samples, setting
from surefoot.compute import behind, desk, first_layer
from surefoot.compute.blockwise import STRIPS, partition
from surefoot.compute.dense import Dense
from surefoot.compute.packed import Packed
from surefoot.descent import loop
from surefoot.errors import BadValue, ShapeError
from surefoot.network.activations import ACTIVATIONS
from surefoot.network.losses import LOSSES

HAS_NUMBA = importlib.util.find_spec("numba") is not None


def both(sizes, activation, loss, dtype=np.uint8, n=700, seed=0, precision=np.float64, threads=2, l2=0.01):
    """The plain objective in double, the packed one, a place and a direction."""
    plain, made_of, options, theta, p = setting(sizes, activation, loss, dtype, n, seed, l2)
    return plain, Packed(*made_of, **options, dtype=precision, threads=threads), theta, p


@settings(max_examples=25, deadline=None)
@given(
    sizes=st.tuples(st.integers(1, 40), *[st.integers(1, 9)] * 2)
    | st.tuples(st.integers(8, 40), st.integers(2, 5))
    | st.tuples(st.integers(8, 20), *[st.integers(1, 7)] * 3),
    activation=st.sampled_from(sorted(ACTIVATIONS)),
    loss=st.sampled_from(sorted(LOSSES)),
    n=st.integers(1, 1500),
    seed=st.integers(0, 10**6),
    single=st.booleans(),
)
def test_packed_agrees_with_dense(sizes, activation, loss, n, seed, single):
    precision, bound = (np.float32, 1e-5) if single else (np.float64, 1e-12)
    agree(*both(sizes, activation, loss, n=n, seed=seed, precision=precision), bound)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("precision", [np.float32, np.float64])
@pytest.mark.parametrize("sizes", [(30, 6, 4), (30, 40, 4), (5, 150, 130, 3)])
def test_float_data_and_wide_layers(dtype, precision, sizes):
    bound = 1e-12 if precision is np.float64 else 1e-5
    plain, fast, theta, p = both(sizes, "tanh", "cross-entropy", dtype, precision=precision)
    agree(plain, fast, theta, p, bound)
    assert fast.X.dtype == dtype
    assert ("wide layer" in fast.choice) == (HAS_NUMBA and sizes[1] == 150)


@pytest.mark.parametrize("sizes", [(20, 6, 10), (20, 3), (20, 30, 5)])
def test_without_numba_the_same_numbers_and_a_sentence(monkeypatch, sizes):
    monkeypatch.setattr(desk, "find_spec", lambda name: None)
    plain, fast, theta, p = both(sizes, "logistic", "cross-entropy")
    agree(plain, fast, theta, p, 1e-12)
    assert isinstance(fast.walks.first, first_layer.Blas)
    assert isinstance(fast.walks.blockwise.tail, behind.Plain)
    assert "Numba is not installed: surefoot[fast]" in fast.choice


@pytest.mark.parametrize("precision", [np.float32, np.float64])
@pytest.mark.parametrize("sizes", [(50, 6, 10), (50, 60, 10)])
def test_bits_do_not_depend_on_the_number_of_threads(sizes, precision):
    one, two, three = (
        quantities(fast, theta, p)
        for _, fast, theta, p in (
            both(sizes, "logistic", "cross-entropy", n=3000, precision=precision, threads=threads)
            for threads in (1, 2, 3)
        )
    )
    for name in QUANTITIES:
        assert np.array_equal(one[name], two[name]), name
        assert np.array_equal(one[name], three[name]), name


def blocks_of(net, record):
    """Weights of a golden trajectory's start, in our shapes."""
    return net.layout.from_blocks({
        f"{kind}{layer}": record[f"initial_{kind}_{name}"].T
        for kind in "Wb"
        for layer, name in ((1, "hidden"), (2, "output"))
    })  # fmt: skip


@pytest.mark.parametrize("name", ["digits_armijo", "digits_armijo_h16", "digits_backtracking"])
def test_classic_follows_the_reference_trajectories(name):
    from test_trajectories import golden

    data, record = sf.load("digits"), golden(name)
    if name == "digits_backtracking":
        data = sf.Data(data.X, data.y, 1.0, data.classes)
    train, _ = data.split(1000)
    net = sf.Network((64, record["initial_W_hidden"].shape[0], 10))
    problem = sf.Problem(net, train, compute="packed")
    N = len(record["step_length"])
    steps = list(sf.descend(problem, blocks_of(net, record), sf.method("classic"), sf.stop(iterations=N)))
    assert np.abs(np.array([s.value for s in steps]) / record["loss"] - 1).max() <= 1e-9
    assert [s.alpha for s in steps[1:]] == record["step_length"].tolist()
    assert [len(s.trials) for s in steps[1:]] == record["loss_evaluations"].tolist()
    assert steps[-1].cost.passes == 2 * N + 2


class Counted:
    """The first layer, counting rows as they are multiplied."""

    def __init__(self, products):
        self.products, self.units, self.weights = products, products.units, products.weights
        self.rows = {"forward": 0, "backward": 0}

    def forward(self, W, start, Z, worker):
        self.rows["forward"] += Z.shape[1]
        self.products.forward(W, start, Z, worker)

    def backward(self, D, start, G, worker):
        self.rows["backward"] += D.shape[1]
        self.products.backward(D, start, G, worker)


@pytest.mark.parametrize("method", ["classic", "lbfgs", "plane", "newton"])
def test_passes_are_counted_as_they_are_made(method):
    _, fast, theta, _ = both((20, 5, 3), "tanh", "cross-entropy", n=300, threads=1)
    shard = fast.walks
    shard.kernels = shard.blockwise
    shard.blockwise.first = shard.first = counted = Counted(shard.first)
    for step in sf.descend(fast, theta, sf.method(method), sf.stop(iterations=8)):
        cost = step.cost
    forward, backward = counted.rows["forward"] / 300, counted.rows["backward"] / 300
    assert forward + backward == cost.passes + 1  # at the fresh start Z¹ is walked beside Ż¹, in one pass
    if method == "classic":
        assert cost.passes == 2 * 8 + 2


def test_a_run_resumed_at_a_checkpoint_has_the_same_bits():
    _, fast, theta, _ = both((30, 6, 5), "logistic", "cross-entropy", n=2000)
    method = sf.method("plane")
    state, _ = loop.begin(fast, theta)
    states = [state]
    for _ in range(70):
        state, _ = loop.advance(fast, method, state)
        states.append(state)
    resumed = pickle.loads(pickle.dumps(states[50]))
    _, other, _, _ = both((30, 6, 5), "logistic", "cross-entropy", n=2000, threads=1)
    for expected in states[51:]:
        resumed, _ = loop.advance(other, method, resumed)
        assert np.array_equal(resumed.theta, expected.theta)
        assert resumed.value == expected.value


def test_nothing_of_the_data_s_size_is_made():
    X, y, _ = samples((2000, 6, 4), "cross-entropy", np.uint8, 8000, 0)  # 16 MB
    net = sf.Network((2000, 6, 4))
    theta = net.initial(0)
    few = Packed(net, X[:200], y[:200], scale=255.0)
    assert few.at(theta).gradient.size == net.size  # compiled before memory is watched
    tracemalloc.start()
    fast = Packed(net, X, y, scale=255.0, threads=1)
    steps = list(sf.descend(fast, theta, sf.method("classic"), sf.stop(iterations=3)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(steps) == 4
    assert peak < X.nbytes / (2 if HAS_NUMBA else 1), peak


@pytest.mark.parametrize("loss", ["cross-entropy", "binary"])
def test_accuracy_is_counted_beside_the_gradient(loss):
    plain, fast, theta, _ = both((9, 4, 3), "relu", loss, n=500)
    out, Y = plain.at(theta).outputs, plain.Y
    expected = (
        np.mean(out.argmax(axis=1) == Y) if loss == "cross-entropy" else np.mean((out > 0) == (Y > 0.5))
    )
    here = fast.at(theta)
    assert here.gradient.size == fast.size
    tails = fast.cost.tails
    assert here.accuracy == expected
    assert fast.cost.tails == tails
    assert fast.at(theta).accuracy == expected  # a walk of its own


def test_an_older_ray_and_point_keep_their_numbers():
    plain, fast, theta, p = both((12, 5, 3), "tanh", "cross-entropy")
    here = fast.at(theta)
    ray = here.ray(p)
    there = ray.point(0.2)
    assert there.gradient.size == fast.size
    for _ in range(6):
        there = there.ray(-there.gradient).point(0.1)
        assert there.gradient.size == fast.size
    expected = plain.at(theta).ray(p)
    assert abs(ray.value(0.7) - expected.value(0.7)) <= 1e-12
    mixed, wanted = (r.combine(0.5, r.origin.ray(r.origin.gradient), 2.0) for r in (ray, expected))
    assert abs(mixed.curvature(0.1) / wanted.curvature(0.1) - 1) <= 1e-11


def test_verification_and_complex_steps_go_the_plain_way():
    plain, fast, theta, _ = both((6, 3, 2), "tanh", "cross-entropy", n=20)
    assert np.allclose(fast.sweep(theta, 1e-6), plain.sweep(theta, 1e-6), rtol=1e-14)
    assert abs(fast.at(theta + 1e-30j).value.imag / plain.at(theta + 1e-30j).value.imag - 1) <= 1e-12
    assert sf.check(fast, theta).holds


@pytest.mark.parametrize(("n", "rows"), [(1, 10), (127, 50), (1000, 100), (20_000, 1280), (65_537, 640)])
def test_blocks_cover_every_row_once(n, rows):
    bounds, strips = partition(n, rows)
    assert [row for a, b in bounds for row in range(a, b)] == list(range(n))
    assert [block for strip in strips for block in strip] == list(range(len(bounds)))
    assert len(strips) <= STRIPS
    assert max(b - a for a, b in bounds) <= rows + 4


@pytest.mark.parametrize("options", [{"threads": 0}, {"threads": 1.5}, {"l2": -1.0}])
def test_misuse_is_told(options):
    X, y, _ = samples((4, 2), "cross-entropy", np.uint8, 10, 0)
    with pytest.raises(BadValue):
        Packed(sf.Network((4, 2)), X, y, **options)
    with pytest.raises(ShapeError):
        Packed(sf.Network((5, 2)), X, y)


def test_auto_takes_packed_for_large_work_only():
    small, large = (sf.Data(np.zeros((n, 100), np.uint8), np.zeros(n)) for n in (1000, 60_000))
    net = sf.Network((100, 3, 1), loss="squared-error")
    assert isinstance(sf.Problem(net, small), Dense)
    assert isinstance(sf.Problem(net, large), Packed)


@pytest.mark.mnist
def test_classic_follows_the_mnist_trajectory():
    folder = os.environ.get("SUREFOOT_REFERENCE")
    if not folder or not os.environ.get("SUREFOOT_DATA"):
        pytest.skip("SUREFOOT_REFERENCE and SUREFOOT_DATA are not set")
    with np.load(f"{folder}/mnist_armijo.npz") as stored:
        record = dict(stored)
    train, _ = sf.load("mnist").split(20_000)
    net = sf.Network((784, 6, 10))
    problem = sf.Problem(net, train, compute="packed")
    steps = list(sf.descend(problem, blocks_of(net, record), sf.method("classic"), sf.stop(iterations=100)))
    assert np.abs(np.array([s.value for s in steps]) / record["loss"] - 1).max() <= 1e-9
    assert [s.alpha for s in steps[1:]] == record["step_length"].tolist()
