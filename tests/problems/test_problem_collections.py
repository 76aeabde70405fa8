"""The collections are true to their papers: derivatives exact, starts and minima as published.

    ∂r/∂xⱼ = Im r(x + i h eⱼ) / h + O(h²)          the complex step: no difference, so nothing cancels

With h = 1e-100 the error term vanishes and only rounding is left, hence the bound of 1e-13.

Source: Squire & Trapp, SIAM Review 40(1), 110-112 (1998), doi:10.1137/S003614459631241X.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from .line_functions import (
    AWKWARD,
    LOG_BARRIER,
    MORE_THUENTE,
    MORE_THUENTE_EVALUATIONS,
    SADDLE,
    SCIPY_LINES,
    SPHERE,
    STEPS,
    Landscape,
    LineFunction,
)
from .more_garbow_hillstrom import PROBLEMS, Array, Problem

H = 1e-100

# f(x₀), evaluated once from these formulas; the whole-numbered ones can be done by hand.
# fmt: off
STARTING_LOSS = (
    400.5, 24.2, 1.135262, 9.99998e11, 14.203125, 2500, 41.68170, 3.888107e-6, 1031.154, 215, 19192,
    5.313172e-3, 7926693.337, 0.7790701, 30, 30, 121, 885.0626, 148032.6, 2.340009, 162.6528, 2198551.163,
    7.075759e-3, 273.2480, 7.885191e-4, 3.861770e-2, 3.376327e-2,
)
# fmt: on


def by_name(item: Any) -> str:
    return str(item.name)


def complex_step(function: Callable[[Array], Array], x: Array) -> Array:
    """The Jacobian of a function at a real x, shape (m, P)."""
    return np.stack([np.imag(function(x + 1j * H * e)) / H for e in np.eye(x.size)], axis=-1)


def disagreement(problem: Problem, x: Array) -> float:
    """‖J - complex step‖ / ‖J‖, in the largest entry of each column."""
    J = problem.jacobian(x)
    difference = np.abs(J - complex_step(problem.residuals, x)).max(axis=0)
    return float(np.max(difference / np.abs(J).max(axis=0)))


def points(problem: Problem) -> list[Array]:
    """Points near the start: at some starts a derivative is 0, and a wrong factor would go unseen."""
    rng = np.random.default_rng(7)
    return [problem.start + 0.1 * rng.standard_normal(problem.start.size) for _ in range(3)]


def newton(problem: Problem, rounds: int = 300) -> float:
    """Descend by p = -|∇²f|⁻¹ ∇f, halved until the loss falls; return the loss reached."""
    x = problem.start
    for _ in range(rounds):
        w, V = np.linalg.eigh(complex_step(problem.gradient, x))
        p = -V @ ((V.T @ problem.gradient(x)) / np.maximum(np.abs(w), 1e-16 * np.abs(w).max()))
        trials = (x + 0.5**k * p for k in range(40))
        found = next((z for z in trials if problem.loss(z) < problem.loss(x)), None)
        if found is None:
            break
        x = found
    return problem.loss(x)


def test_there_are_27_problems_with_names_of_their_own() -> None:
    assert len({p.name for p in PROBLEMS}) == len(PROBLEMS) == 27


@pytest.mark.parametrize("problem", PROBLEMS, ids=by_name)
def test_jacobian_equals_the_complex_step(problem: Problem) -> None:
    for x in points(problem):
        assert disagreement(problem, x) <= 1e-13
        assert problem.jacobian(x).shape == (problem.residuals(x).size, x.size)


@pytest.mark.parametrize("problem", PROBLEMS, ids=by_name)
def test_the_oracle_sees_an_error_of_a_twentieth_of_a_percent(problem: Problem) -> None:
    wrong = replace(problem, jacobian=lambda x: problem.jacobian(x) * 1.0005)
    assert disagreement(wrong, points(problem)[0]) > 1e-4


@pytest.mark.parametrize("problem", PROBLEMS, ids=by_name)
def test_gradient_is_that_of_the_loss(problem: Problem) -> None:
    for x in points(problem):
        expected = complex_step(lambda z: np.sum(problem.residuals(z) ** 2), x)
        assert problem.gradient(x) == pytest.approx(expected, rel=1e-12, abs=1e-12 * np.abs(expected).max())


@pytest.mark.parametrize(("problem", "loss"), list(zip(PROBLEMS, STARTING_LOSS, strict=True)))
def test_loss_at_the_start(problem: Problem, loss: float) -> None:
    assert problem.loss(problem.start) == pytest.approx(loss, rel=1e-6)


@pytest.mark.parametrize("problem", PROBLEMS, ids=by_name)
def test_a_published_minimum_can_be_reached(problem: Problem) -> None:
    reached = newton(problem)
    assert problem.is_solved_by(reached), f"reached {reached!r}, published {problem.minima}"
    assert not problem.is_solved_by(problem.loss(problem.start))
    assert not problem.is_solved_by(np.nan)


@pytest.mark.parametrize("line", [*MORE_THUENTE, *SCIPY_LINES], ids=by_name)
def test_slope_equals_the_complex_step(line: LineFunction) -> None:
    assert line.slope(0.0) < 0
    for alpha in (0.0, *STEPS[:3], 0.7, 0.995, 1.004, 1.3):
        expected = np.imag(line.phi(alpha + 1j * H)) / H
        assert line.slope(alpha) == pytest.approx(expected, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("landscape", [SPHERE, SADDLE, LOG_BARRIER], ids=by_name)
def test_gradient_of_a_landscape_equals_central_differences(landscape: Landscape) -> None:
    h, x = 1e-5, landscape.start
    slopes = [(landscape.loss(x + h * e) - landscape.loss(x - h * e)) / (2 * h) for e in np.eye(x.size)]
    assert landscape.gradient(x) == pytest.approx(np.array(slopes), rel=1e-7, abs=1e-7)


def test_more_and_thuente_print_179_evaluations() -> None:
    assert np.shape(MORE_THUENTE_EVALUATIONS) == (len(MORE_THUENTE), len(STEPS))
    assert np.sum(MORE_THUENTE_EVALUATIONS) == 179


def test_awkward_lines_have_names_of_their_own() -> None:
    assert len({line.name for line in AWKWARD}) == len(AWKWARD)


@pytest.mark.parametrize("line", AWKWARD, ids=by_name)
def test_an_awkward_line_descends_just_when_it_says_so(line: LineFunction) -> None:
    """`descends` is a claim about φ(0), φ′(0) and a finite lower value; warnings are errors here."""
    trials = [line.phi(alpha) for alpha in np.append(np.logspace(-40, 9, 491), 0.3)]
    lower = any(np.isfinite(phi) and phi < line.phi(0.0) for phi in trials)
    start = np.isfinite(line.phi(0.0)) and np.isfinite(line.slope(0.0)) and line.slope(0.0) < 0
    assert bool(start and lower) is line.descends


def test_log_barrier_is_lowest_at_0_98_and_nan_behind_the_wall() -> None:
    at = np.full(3, 0.98)
    assert LOG_BARRIER.minimum == pytest.approx(-135.2639310, rel=1e-9)
    assert LOG_BARRIER.loss(at) == pytest.approx(LOG_BARRIER.minimum, rel=1e-13)
    assert LOG_BARRIER.gradient(at) == pytest.approx(np.zeros(3), abs=1e-10)
    for wall in (1.0, 1.5):
        x = np.array([0.5, wall, 0.0])
        assert np.isnan(LOG_BARRIER.loss(x))
        assert LOG_BARRIER.gradient(x).shape == (3,)  # and no warning
