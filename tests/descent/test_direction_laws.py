"""Directions: what the books prove of them, on quadratics, on networks, and with errors planted."""

from __future__ import annotations

import numpy as np
import pytest

import surefoot as sf
from problems.line_functions import LOG_BARRIER
from surefoot.descent.directions import conjugate, quasi_newton
from surefoot.descent.directions.conjugate import BETAS, Conjugate
from surefoot.descent.directions.newton import NewtonCG
from surefoot.descent.directions.plane import Plane
from surefoot.descent.directions.quasi_newton import BFGS, LBFGS
from surefoot.descent.directions.shanno import Shanno
from surefoot.descent.first import ScaleFree
from surefoot.descent.method import Method
from surefoot.descent.methods import METHODS
from surefoot.descent.searches.exact import Exact
from surefoot.descent.state import advance, begin

P = 7


def quadratic(seed=0):
    """½ xᵀA x - bᵀx with A positive definite, its minimum, and exact products."""
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(P, P))
    A = A @ A.T / P + 0.3 * np.eye(P)
    b = rng.normal(size=P)
    objective = sf.FunctionObjective(
        lambda x: 0.5 * float(x @ A @ x) - float(b @ x),
        lambda x: A @ x - b,
        hessian_vector=lambda x, v: A @ v,
    )
    return objective, A, np.linalg.solve(A, b), rng.normal(size=P)


def exactly(direction):
    return Method("test", direction, Exact(c2=1e-13), ScaleFree())


def path(direction, steps=P, seed=0):
    objective, _, minimum, start = quadratic(seed)
    run = sf.descend(objective, start, exactly(direction), sf.stop(iterations=steps))
    thetas = [run.state.theta for _ in run]
    return np.array(thetas), minimum


def assert_conjugate_gradients():
    reference, minimum = path(Conjugate("FR"))
    assert np.linalg.norm(reference[-1] - minimum) <= 1e-8 * np.linalg.norm(minimum)
    for beta in BETAS:
        thetas, _ = path(Conjugate(beta))
        assert np.abs(thetas - reference).max() <= 1e-6, beta


def test_on_a_quadratic_with_exact_steps_all_conjugate_gradients_are_one_and_end_in_p_steps():
    assert_conjugate_gradients()


@pytest.mark.parametrize("direction", [Plane(), LBFGS(P), BFGS(), Shanno()], ids=lambda d: type(d).__name__)
def test_plane_search_and_quasi_newton_walk_the_same_path(direction):
    reference, _ = path(Conjugate("FR"))
    thetas, minimum = path(direction)
    assert np.abs(thetas - reference).max() <= 1e-6
    assert np.linalg.norm(thetas[-1] - minimum) <= 1e-6


@pytest.mark.parametrize("beta", sorted(BETAS))
def test_a_beta_with_its_sign_flipped_is_caught(monkeypatch, beta):
    right = BETAS[beta]
    monkeypatch.setitem(conjugate.BETAS, beta, lambda *arguments: -right(*arguments))
    with pytest.raises(AssertionError):
        assert_conjugate_gradients()


def test_the_two_loops_are_the_bfgs_matrix():
    rng = np.random.default_rng(1)
    A = quadratic()[1]
    pairs = tuple((s, A @ s) for s in rng.normal(size=(4, P)))
    H = None
    s, y = pairs[-1]
    H = np.eye(P) * float(s @ y) / float(y @ y)
    for s, y in pairs:
        H = quasi_newton.updated(H, s, y)
    g = rng.normal(size=P)
    assert np.allclose(quasi_newton.two_loops(g, pairs), H @ g, rtol=1e-10)
    s, y = pairs[-1]
    assert np.allclose(H @ y, s)  # the secant equation
    assert np.linalg.eigvalsh((H + H.T) / 2)[0] > 0


@pytest.mark.parametrize("direction", [LBFGS(5), BFGS()], ids=lambda d: type(d).__name__)
def test_quasi_newton_keeps_only_positive_curvature(direction):
    data, _ = sf.load("digits").split(100)
    problem = sf.Problem(sf.Network((64, 3, 10), "relu"), data)
    rule = Method("test", direction, Exact(), ScaleFree())
    state, _ = begin(problem, problem.network.initial(0))
    for _ in range(15):
        state, _ = advance(problem, rule, state)
        for s, y in (state.memory.direction or {}).get("pairs", ()):
            assert s @ y > 0
        H = (state.memory.direction or {}).get("H")
        assert H is None or np.linalg.eigvalsh((H + H.T) / 2)[0] > 0


def test_a_skipped_pair_and_a_restart_are_told():
    objective = sf.FunctionObjective(lambda x: float(np.cos(x[0])), lambda x: -np.sin(x))
    steps = list(
        sf.descend(objective, np.array([0.3]), sf.method("lbfgs", search="armijo"), sf.stop(iterations=2))
    )
    assert steps[1].value < steps[0].value
    assert quasi_newton.SKIPPED in steps[2].notes


@pytest.mark.parametrize("gauss_newton", [False, True])
def test_newton_lands_in_one_step(gauss_newton):
    objective, _, minimum, start = quadratic()
    rule = exactly(NewtonCG(gauss_newton=gauss_newton, damping=0.0, accuracy=1e-13))
    state, _ = begin(objective, start)
    state, _ = advance(objective, rule, state)
    assert np.linalg.norm(state.theta - minimum) <= 1e-9


def test_levenberg_marquardt_proposes_again_after_a_refused_step_with_more_damping():
    class Refuse:
        def __call__(self, ray, first, memory):
            from surefoot.records import Found, Outcome

            return (
                (Found(0.0, Outcome.EXHAUSTED), memory)
                if (memory or 0) < 2
                else (Found(first, Outcome.UNSEEN), memory)
            )

    objective, _, _, start = quadratic()

    class Counting(Refuse):
        def __call__(self, ray, first, memory):
            found, _ = super().__call__(ray, first, memory)
            return found, (memory or 0) + 1

    rule = Method("lm", NewtonCG(gauss_newton=True), Counting(), ScaleFree())
    steps = list(sf.descend(objective, start, rule, sf.stop(iterations=3)))
    assert [s.alpha for s in steps[1:]] == [0.0, 0.0, 1.0]
    dampings = [float(s.notes[-1].split()[-1]) for s in steps[1:]]
    assert dampings[0] < dampings[1] < dampings[2]


METHOD_NAMES = [name for name in METHODS if name != "constant"]


@pytest.mark.parametrize("name", METHOD_NAMES)
def test_every_method_reaches_the_log_barriers_minimum(name):
    objective = sf.FunctionObjective(LOG_BARRIER.loss, LOG_BARRIER.gradient)
    run = sf.descend(objective, LOG_BARRIER.start, name, sf.stop(iterations=20_000, gradient_norm=1e-6))
    last = list(run)[-1]
    assert last.value == pytest.approx(LOG_BARRIER.minimum, abs=1e-6), run.ending


@pytest.mark.parametrize("name", sorted(METHODS))
def test_every_method_descends_on_digits_and_continues_from_a_copied_state_with_the_same_bits(name):
    import copy

    data, _ = sf.load("digits").split(150)
    problem = sf.Problem(sf.Network((64, 4, 10)), data, l2=1e-3)
    rule = sf.method(name)
    theta = problem.network.initial(3)
    whole = list(sf.descend(problem, theta, rule, sf.stop(iterations=54)))
    assert whole[-1].value < 0.95 * whole[0].value
    assert max(s.value for s in whole) <= 1.5 * whole[0].value
    part = sf.descend(problem, theta, rule, sf.stop(iterations=50))
    list(part)
    rest = list(sf.descend(problem, copy.deepcopy(part.state), rule, sf.stop(iterations=54)))
    assert [(s.value, s.alpha, s.gradient_norm, s.cost) for s in rest] == [
        (s.value, s.alpha, s.gradient_norm, s.cost) for s in whole[51:]
    ]


def test_auto_searches_closely_where_trials_are_cheap():
    search = sf.method("auto").search
    assert type(search.chosen(0.1)).__name__ == "Exact"
    assert type(search.chosen(0.9)).__name__ == "Wolfe"
