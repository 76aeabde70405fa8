"""Peers are charged what they compute: every count is repeated by somebody who stands elsewhere."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

import surefoot as sf
from surefoot.errors import BadValue
from surefoot.training import peers
from surefoot.training.options import Options
from surefoot.training.peers import Course, LeftOut, Peer, Tally, peer, run_peer
from surefoot.training.race import hold_race, race

PASSES = 40


def library(name):
    return pytest.importorskip(name, reason=f"{name} is the peer of this test")


def course(activation="logistic", sizes=(64, 5, 10), l2=1e-2, data=None, loss="cross-entropy"):
    data = data or sf.load("digits").take(slice(200))
    net = sf.Network(sizes, activation, loss)
    problem = sf.Problem(net, data, l2=l2, compute="dense")
    return Course(net, data, problem, net.initial(rng=1), l2, PASSES)


class Watched(np.ndarray):
    """Data that count the products they take part in."""

    products = 0

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        Watched.products += ufunc is np.matmul
        plain = [np.asarray(x) if isinstance(x, Watched) else x for x in inputs]
        return getattr(ufunc, method)(*plain, **options)


@pytest.mark.parametrize("name", ["auto", "classic", "cg", "plane", "bb", "newton", "gauss-newton"])
def test_our_passes_are_products_with_the_data(name):
    net, data = sf.Network((64, 5, 10)), sf.load("digits").take(slice(200))
    with sf.Problem(net, data, l2=1e-3, compute="dense") as problem:
        problem.X = problem.X.view(Watched)
        Watched.products = 0
        steps = list(sf.descend(problem, net.initial(rng=1), sf.method(name), sf.stop(iterations=8)))
    assert steps[-1].cost.passes == Watched.products
    (curve,) = race(problem, net.initial(rng=1), [name], steps[-1].cost.passes - 1)
    # a record is known one pass before its gradient
    assert curve.passes == tuple(s.cost.passes - 1 for s in steps if s.alpha != 0)
    assert curve.losses == tuple(np.minimum.accumulate([s.value for s in steps if s.alpha != 0]))


def counted(monkeypatch, owner, name):
    """How often owner.name is called from now on, in a list of one number."""
    calls, function = [0], getattr(owner, name)

    def counting(*arguments, **options):
        calls[0] += 1
        return function(*arguments, **options)

    monkeypatch.setattr(owner, name, counting)
    return calls


def charged(curve, evaluations):
    """The passes of so many values with gradients, each known one pass before the end of its own."""
    return curve.passes == tuple(range(1, 2 * evaluations, 2))


def test_scipys_passes(monkeypatch):
    library("scipy")
    there = course()
    calls = counted(monkeypatch, there.problem, "at")
    curve = run_peer(peer("scipy"), there)
    assert charged(curve, calls[0] - 2)  # two are the judge's
    assert calls[0] - 2 == PASSES / 2


def test_sklearns_passes(monkeypatch):
    module = library("sklearn.neural_network")
    calls = counted(monkeypatch, module.MLPClassifier, "_compute_loss_grad")
    curve = run_peer(peer("sklearn"), course())
    assert calls[0] == 2 * PASSES / 2  # once for each of two layers
    assert charged(curve, PASSES // 2)


@pytest.mark.slow
def test_torchs_passes(monkeypatch):
    torch = library("torch")
    forward = counted(monkeypatch, torch.nn.functional, "cross_entropy")
    backward = counted(monkeypatch, torch.Tensor, "backward")
    curve = run_peer(peer("torch"), course())
    assert forward == backward == [PASSES / 2 + 1]  # one wakes the threads, before the clock starts
    assert charged(curve, PASSES // 2)


@pytest.mark.slow
def test_optaxs_passes_are_those_of_its_line_search():
    jax, optax = library("jax"), library("optax")
    there = course()
    curve = run_peer(peer("optax"), there)
    solver = optax.lbfgs(memory_size=30)
    with jax.enable_x64(True):
        X, Y = there.problem.X, np.asarray(there.data.y)
        plain = peers._forward(there, peers._jax_names(jax), lambda a, shape: a.reshape(shape))
        theta = jax.numpy.asarray(np.array(there.theta))

        @jax.jit
        def advance(theta, state):
            def value(theta):
                return plain(theta, X, Y)

            loss, gradient = optax.value_and_grad_from_state(value)(theta, state=state)
            step, state = solver.update(gradient, state, theta, value=loss, grad=gradient, value_fn=value)
            return optax.apply_updates(theta, step), state

        state, evaluations = solver.init(theta), 1
        while True:
            theta, state = advance(theta, state)
            evaluations += int(state[-1].info.num_linesearch_steps)
            if 2 * evaluations > PASSES:
                break
            reached = float(plain(theta, X, Y))
            assert any(abs(loss - reached) <= 1e-10 for loss in curve.losses[:evaluations])
    assert charged(curve, PASSES // 2)


def table(n=60):
    rng = np.random.default_rng(3)
    X = rng.normal(size=(n, 4))
    return sf.Data(X, np.stack([X[:, 0] * X[:, 1], np.sin(X[:, 2])], axis=1))


SHAPES = {
    "logistic": {"sizes": (64, 5, 10)},
    "tanh": {"sizes": (64, 6, 4, 10), "l2": 0.0},
    "relu": {"sizes": (4, 3, 2), "data": table(), "loss": "squared-error"},
    "softplus": {"sizes": (4, 3, 3, 2), "data": table(), "loss": "squared-error"},
    "identity": {"sizes": (64, 10)},
}


@pytest.mark.slow
@pytest.mark.parametrize("activation", SHAPES)
@pytest.mark.parametrize("name", peers.PEERS)
def test_every_peer_minimises_our_loss(name, activation):
    library(peers.PEERS[name].modules[-1])
    there = course(activation, **SHAPES[activation])
    if (name, activation) == ("sklearn", "softplus"):
        with pytest.raises(LeftOut, match="no activation softplus"):
            run_peer(peer(name), there)
        return
    curve = run_peer(peer(name), there)  # it is judged at its start and at its best weights
    assert curve.losses[0] == pytest.approx(there.problem.at(there.theta).value, rel=1e-12)
    assert curve.losses[-1] < curve.losses[0]


def test_a_peer_that_minimises_something_else_is_left_out():
    def liar(there, tally, pairs):
        tally.add(there.problem.at(there.theta).value * (1 + 1e-6), there.theta)
        return ""

    with pytest.raises(LeftOut, match="minimises something else"):
        run_peer(Peer("liar", (), "", liar), course())


def test_a_missing_library_is_one_sentence_and_the_others_race(monkeypatch):
    library("scipy")
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "torch" else find(name))
    held = hold_race(Options("digits"), ["classic"], ["torch", "scipy"], 16)
    assert [curve.name for curve in held.curves] == ["classic", "scipy L-BFGS-B"]
    assert held.absent == ("torch LBFGS does not take part: torch is not installed. pip install torch",)


def test_two_classes_are_not_sklearns_softmax():
    library("sklearn")
    data = sf.Data(np.eye(4), [0, 1, 0, 1], classes=("no", "yes"))
    with pytest.raises(LeftOut, match="3 classes or more"):
        run_peer(peer("sklearn"), course(sizes=(4, 2, 2), data=data))


def test_a_value_alone_is_one_pass_and_known_after_it():
    tally = Tally(5)
    tally.add(3.0, np.zeros(1))
    tally.add(4.0, np.ones(1), gradient=False)
    tally.add(2.0, np.ones(1))
    assert [(known, lowest) for known, lowest, *_ in tally.rows] == [(1, 3.0), (3, 3.0), (4, 2.0)]
    assert (tally.passes, tally.tails) == (5, 5)
    with pytest.raises(peers.Enough):
        tally.check()
    tally.add(1.0, np.ones(1))
    assert tally.lowest == 2.0  # what comes after the budget is not entered


@pytest.mark.parametrize("name", ["torch:", "torch:0", "torch:ten", "sklearn:10"])
def test_pairs_that_cannot_be(name):
    with pytest.raises(BadValue, match="write"):
        peer(name)


def test_pairs_can_be_said():
    assert peer("torch:10").pairs == 10
    assert peer("torch:10").label == "torch LBFGS (10 pairs)"


def test_a_method_that_ends_early_says_so():
    net, data = sf.Network((1, 1), loss="squared-error"), sf.Data([[1.0], [2.0]], [1.0, 3.0])
    (curve,) = race(sf.Problem(net, data), net.initial(rng=0), ["auto"], 400)
    assert curve.ending
    assert curve.passes[-1] < 400
    assert curve.loss_at(400) == curve.losses[-1] < 1e-20
    assert curve.loss_at(0) is None
