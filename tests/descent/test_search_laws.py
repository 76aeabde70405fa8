"""Searches: conditions hold on every accepted step, bad trials never succeed, the classics are solved."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import surefoot as sf
from problems.line_functions import (
    AWKWARD,
    MORE_THUENTE,
    SCIPY_LINES,
    STEPS,
)
from surefoot.descent.searches import conditions, dialogue
from surefoot.descent.searches.armijo import Armijo
from surefoot.descent.searches.exact import Exact
from surefoot.descent.searches.growing import Growing
from surefoot.descent.searches.hager_zhang import HagerZhang
from surefoot.descent.searches.nonmonotone import NonMonotone
from surefoot.descent.searches.wolfe import Wolfe
from surefoot.records import Outcome, Verdict

SEARCHES = [Armijo(), Growing(), Wolfe(), Wolfe(c2=0.1), HagerZhang(), Exact(), NonMonotone()]
every_search = pytest.mark.parametrize(
    "search", SEARCHES, ids=lambda s: f"{type(s).__name__} {getattr(s, 'c2', '')}"
)


def ray_of(line):
    objective = sf.FunctionObjective(lambda x: line.phi(x[0]), lambda x: np.array([line.slope(x[0])]))
    return objective.at(np.zeros(1)).ray(np.ones(1))


def assert_lawful(found, phi, slope, search):
    """The step is what its outcome says, from φ and φ′ asked afresh."""
    phi0, slope0, alpha = phi(0.0), slope(0.0), found.alpha
    assert 0 < alpha < math.inf
    assert math.isfinite(phi(alpha))
    accepted = [t for t in found.trials if t.verdict is Verdict.ACCEPTED]
    assert [t.alpha for t in accepted] == [alpha]
    if found.outcome is Outcome.APPROXIMATE:
        return
    assert phi(alpha) < phi0
    assert phi(alpha) <= phi0 + search.c1 * alpha * slope0
    if found.outcome is Outcome.DECREASED and hasattr(search, "c2"):
        assert abs(slope(alpha)) <= search.c2 * abs(slope0)
    if found.outcome is Outcome.DECREASED and hasattr(search, "w2"):
        assert slope(alpha) >= search.w2 * slope0


def more_thuente(search_for):
    total, solved = 0, 0
    for line in MORE_THUENTE:
        for first in STEPS:
            found, _ = search_for(line)(ray_of(line), first)
            assert_lawful(found, line.phi, line.slope, search_for(line))
            solved += found.outcome is Outcome.DECREASED and abs(line.slope(found.alpha)) <= line.eta * abs(
                line.slope(0.0)
            )
            total += len(found.trials)
    return solved, total


def test_more_and_thuentes_24_searches_take_no_more_than_their_179_evaluations():
    solved, total = more_thuente(lambda line: Wolfe(line.mu, line.eta, 60))
    assert solved == 24
    assert total <= 179


def test_the_near_exact_search_solves_them_too():
    solved, _ = more_thuente(lambda line: Exact(line.mu, line.eta, 60))
    assert solved == 24


@every_search
@pytest.mark.parametrize("line", SCIPY_LINES, ids=lambda line: line.name)
def test_scipys_lines_are_all_solved(search, line):
    found, _ = search(ray_of(line), 1.0, None)
    assert_lawful(found, line.phi, line.slope, search)


@every_search
@pytest.mark.parametrize("line", AWKWARD, ids=lambda line: line.name)
def test_bad_trials_are_never_a_success(search, line):
    ray = ray_of(line)
    found, _ = search(ray, 1.0, None)
    assert len(found.trials) <= 60
    if found.alpha == 0:
        assert not found.outcome.moved
        return
    assert_lawful(found, line.phi, line.slope, search)
    if found.outcome is Outcome.APPROXIMATE:  # φ is as good as equal, and flatter: slopes still tell
        assert line.phi(found.alpha) <= line.phi(0.0) + 1e-14 * abs(line.phi(0.0))
        assert abs(line.slope(found.alpha)) < abs(line.slope(0.0))
    else:
        assert line.descends


@settings(max_examples=80, deadline=None)
@given(
    bend=st.floats(1e-3, 1e3),
    quartic=st.floats(0, 10),
    first=st.floats(1e-3, 1e3),
    search=st.sampled_from(SEARCHES),
)
def test_on_quartics_every_search_ends_lawfully(bend, quartic, first, search):
    def phi(a):
        return 5 - a + bend * a * a + quartic * a**4

    def slope(a):
        return -1 + 2 * bend * a + 4 * quartic * a**3

    objective = sf.FunctionObjective(lambda x: phi(x[0]), lambda x: np.array([slope(x[0])]))
    found, _ = search(objective.at(np.zeros(1)).ray(np.ones(1)), first, None)
    assert_lawful(found, phi, slope, search)


def test_the_exact_search_on_a_network_leaves_as_small_a_slope_as_it_says_and_makes_no_pass():
    data, _ = sf.load("digits").split(200)
    problem = sf.Problem(sf.Network((64, 6, 10)), data)
    here = problem.at(problem.network.initial(0))
    ray = here.ray(-here.gradient)
    before = problem.cost
    found, _ = Exact(c2=1e-6)(ray, 1.0)
    assert abs(ray.slope(found.alpha)) <= 1e-6 * abs(ray.slope0)
    assert (problem.cost - before).passes == 0
    assert len(found.trials) <= 12


def test_growing_grows_and_the_nonmonotone_window_lets_the_loss_rise():
    objective = sf.FunctionObjective(lambda x: float((x[0] - 100) ** 2), lambda x: 2 * (x - 100))
    found, _ = Growing()(objective.at(np.zeros(1)).ray(np.ones(1)), 1.0)
    assert found.alpha == 128
    found, memory = NonMonotone()(objective.at(np.zeros(1)).ray(np.ones(1)), 210.0, (13_000.0,))
    assert (found.alpha, found.outcome) == (210, Outcome.ALLOWED)
    assert memory == (13_000.0, 10_000.0)


@pytest.mark.parametrize(
    ("name", "search"),
    [
        ("decrease_error", Wolfe(c2=0.1)),
        ("curvature_error", Wolfe(c2=0.1)),
        ("weak_curvature_error", HagerZhang()),
    ],
)
def test_a_condition_with_its_sign_flipped_is_caught(monkeypatch, name, search):
    right = getattr(conditions, name)
    for home in (conditions, dialogue):
        monkeypatch.setattr(home, name, lambda *arguments: -right(*arguments), raising=False)
    with pytest.raises(AssertionError):
        for line in (*MORE_THUENTE, *SCIPY_LINES):
            found, _ = search(ray_of(line), 1.0)
            assert_lawful(found, line.phi, line.slope, search)
