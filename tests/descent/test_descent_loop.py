"""The loop, states and stopping rules; classic's rule; nothing that is not finite is ever accepted."""

from __future__ import annotations

import math

import numpy as np
import pytest

import surefoot as sf
from surefoot.descent.method import Always, Method, Proposal
from surefoot.descent.searches.armijo import Armijo
from surefoot.records import Cost, Outcome, Verdict


def bowl():
    return sf.FunctionObjective(lambda x: 0.5 * float(x @ x), lambda x: x)


def rosenbrock():
    def f(x):
        return 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2

    def g(x):
        return np.array([-400 * x[0] * (x[1] - x[0] ** 2) - 2 * (1 - x[0]), 200 * (x[1] - x[0] ** 2)])

    return sf.FunctionObjective(f, g)


class Forward:
    """A direction that goes the wrong way: up the gradient."""

    retries = 0

    def __call__(self, here, memory, last):
        return Proposal(here.gradient), memory


def test_classic_takes_the_first_of_2_1_half_that_satisfies_armijo_strictly():
    step = list(sf.descend(bowl(), np.array([1.0, 2.0]), "classic", sf.stop(iterations=1)))[1]
    # φ(α) = 5/2 (1-α)²: at α = 2 the loss is the same, refused; at α = 1 it is 0, accepted
    assert [t.alpha for t in step.trials] == [2.0, 1.0]
    assert [t.verdict for t in step.trials] == [Verdict.LITTLE_DECREASE, Verdict.ACCEPTED]
    assert step.trials[0].margin == pytest.approx(0.01 * 2 * 5)
    assert (step.alpha, step.value, step.outcome) == (1.0, 0.0, Outcome.DECREASED)
    assert step.slope == -5


def test_records_describe_where_they_stand_and_n_iterations_give_n_plus_one():
    steps = list(sf.descend(rosenbrock(), np.array([-1.2, 1.0]), "classic", sf.stop(iterations=7)))
    assert [s.iteration for s in steps] == list(range(8))
    assert steps[0].alpha is None
    assert steps[0].outcome is None
    assert all(a.value > b.value for a, b in zip(steps, steps[1:], strict=False))


def test_evaluations_equal_the_distinct_points_asked():
    asked = set()

    def f(x):
        asked.add(tuple(x))
        return 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2

    base = rosenbrock()
    objective = sf.FunctionObjective(f, base.gradient)
    *_, last = sf.descend(objective, np.array([-1.2, 1.0]), "classic", sf.stop(iterations=20))
    assert last.cost.evaluations == len(asked)
    assert last.cost.passes == len(asked) + 21  # a value each, a gradient at every point of the run


def test_what_a_callback_keeps_is_never_changed_and_cannot_be():
    objective = rosenbrock()
    run = sf.descend(objective, np.array([-1.2, 1.0]), "classic", sf.stop(iterations=5))
    kept = [(run.state.theta, run.state.theta.copy()) for _ in run]
    assert all((theta == copy).all() for theta, copy in kept)
    with pytest.raises(ValueError, match="read-only"):
        kept[0][0][0] = 3.0


@pytest.mark.parametrize(
    ("rule", "kind"),
    [
        (sf.stop(iterations=3), "iterations"),
        (sf.stop(gradient_norm=0.5), "gradient"),
        (sf.stop(loss=0.1), "target"),
        (sf.stop(seconds=0), "seconds"),
    ],
)
def test_every_rule_ends_the_run_and_says_so(rule, kind):
    run = sf.descend(bowl(), np.ones(3), sf.method("constant"), rule)
    last = list(run)[-1]
    assert run.ending.kind == kind
    assert rule(last) == run.ending
    assert next(run, None) is None


def test_it_stops_with_a_sentence_when_no_decrease_is_representable():
    flat = sf.FunctionObjective(lambda x: 1.0 + 1e-30 * float(x[0]), lambda x: np.array([1e-30]))
    run = sf.descend(flat, np.zeros(1), "classic", sf.stop(iterations=50))
    last = list(run)[-1]
    assert last.outcome is Outcome.FLAT
    assert run.ending.kind == "precision"
    assert "no decrease is representable" in run.ending.sentence


def test_classic_ends_at_precision_on_a_quadratic():
    curved = np.array([1.0, 3.0])
    objective = sf.FunctionObjective(lambda x: 1 + 0.5 * float(x @ (curved * x)), lambda x: curved * x)
    run = sf.descend(objective, np.array([1.0, 0.7]), "classic", sf.stop(iterations=1000))
    steps = list(run)
    assert run.ending.kind in ("precision", "failed", "gradient") or steps[-1].gradient_norm == 0
    assert abs(steps[-1].value - 1) < 1e-14


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_trial_that_is_not_finite_is_refused_and_shortened(bad):
    def f(x):
        return 0.5 * float(x @ x) if abs(x[0] - 1) < 0.7 else bad

    objective = sf.FunctionObjective(f, lambda x: x)
    step = list(sf.descend(objective, np.array([1.0]), "classic", sf.stop(iterations=1)))[1]
    assert [t.verdict for t in step.trials[:2]] == [Verdict.NON_FINITE] * 2
    assert step.alpha == 0.5
    assert step.outcome is Outcome.DECREASED


def test_not_finite_all_along_is_an_outcome_and_the_weights_stay():
    objective = sf.FunctionObjective(lambda x: 1.0 if x[0] == 0 else math.nan, lambda x: np.ones(1))
    run = sf.descend(objective, np.zeros(1), "classic", sf.stop(iterations=5))
    assert list(run)[-1].outcome is Outcome.NON_FINITE
    assert run.state.theta[0] == 0
    assert run.ending.kind == "failed"


def test_even_the_constant_rule_never_moves_to_a_point_that_is_not_finite():
    def f(x):
        return -math.log(x[0]) if x[0] > 0 else math.nan

    objective = sf.FunctionObjective(f, lambda x: np.array([1 - 1 / x[0]]) * 100)
    run = sf.descend(objective, np.array([4.0]), sf.method("constant", alpha=1.0), sf.stop(iterations=5))
    last = list(run)[-1]
    assert (last.alpha, last.outcome) == (0.0, Outcome.NON_FINITE)
    assert run.state.theta[0] == 4.0


@pytest.mark.filterwarnings("ignore:overflow")
def test_the_constant_rule_diverging_stops_at_finite_weights():
    objective = sf.FunctionObjective(lambda x: float(x[0] ** 4), lambda x: 4 * x**3)
    run = sf.descend(objective, np.array([3.0]), "constant", sf.stop(iterations=100))
    list(run)
    assert run.ending.kind == "failed"
    assert np.isfinite(run.state.theta).all()
    assert run.state.best.iteration == 0  # the best point seen is never lost
    assert run.state.best.theta[0] == 3.0


def test_an_ascent_direction_is_an_outcome():
    method = Method("up", Forward(), Armijo(), Always(1.0))
    run = sf.descend(bowl(), np.ones(2), method, sf.stop(iterations=5))
    last = list(run)[-1]
    assert (last.alpha, last.outcome, last.trials) == (0.0, Outcome.NOT_DESCENT, ())


def test_a_start_whose_loss_is_not_a_number_ends_with_a_sentence():
    objective = sf.FunctionObjective(lambda x: math.nan, lambda x: x)
    run = sf.descend(objective, np.ones(2), "classic", sf.stop(iterations=5))
    assert len(list(run)) == 1
    assert "not finite at iteration 0" in run.ending.sentence


@pytest.mark.parametrize(
    ("start", "words"),
    [(np.ones((2, 2)), "shape (2, 2)"), (np.array([1.0, np.nan]), "NaN")],
)
def test_a_bad_start_is_refused(start, words):
    with pytest.raises(sf.SurefootError) as caught:
        sf.descend(bowl(), start, "classic")
    assert words in str(caught.value)


def test_options_and_names_of_methods_are_checked():
    with pytest.raises(sf.SurefootError, match="did you mean 'classic'"):
        sf.method("clasic")
    with pytest.raises(sf.SurefootError, match="no option 'beta'"):
        sf.method("constant", beta=1)
    with pytest.raises(sf.SurefootError, match="positive finite"):
        sf.method("constant", alpha=-1)
    with pytest.raises(sf.SurefootError, match="iterations=-1"):
        sf.stop(iterations=-1)


def test_a_function_must_return_a_number_and_a_gradient_of_its_shape():
    with pytest.raises(sf.SurefootError, match="one derivative per parameter"):
        sf.descend(sf.FunctionObjective(lambda x: 1.0, lambda x: np.ones(3)), np.ones(2))
    with pytest.raises(sf.SurefootError, match="one number"):
        sf.descend(sf.FunctionObjective(lambda x: x, lambda x: x), np.ones(2))
    with pytest.raises(sf.SurefootError, match="needs its gradient"):
        sf.FunctionObjective(lambda x: 1.0)


def test_residuals_give_half_their_squares_and_the_gauss_newton_matrix():
    objective = sf.ResidualObjective(lambda x: np.array([x[0] - 1, 10 * (x[1] - x[0] ** 2)]),
                                     lambda x: np.array([[1.0, 0], [-20 * x[0], 10]]))  # fmt: skip
    here = objective.at(np.array([-1.2, 1.0]))
    assert here.value == pytest.approx(12.1)
    J = np.array([[1.0, 0], [24, 10]])
    assert np.allclose(here.gauss_newton_vector(np.array([1.0, 2.0])), J.T @ J @ [1.0, 2.0])
    assert here.gradient @ np.ones(2) == pytest.approx(0.5 * (-215.6 - 88), rel=1e-12)


def test_value_and_gradient_together_are_one_evaluation_of_two_passes():
    objective = sf.FunctionObjective(value_and_gradient=lambda x: (float(x @ x), 2 * x))
    here = objective.at(np.ones(2))
    assert (here.value, here.gradient.tolist()) == (2.0, [2.0, 2.0])
    assert objective.cost == Cost(2, 0, 1)
