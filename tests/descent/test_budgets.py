"""Frozen budgets: ten named runs on digits take as many evaluations and passes as written here, no more.

They are upper bounds with a tenth to spare, since another processor rounds differently; a change that
costs more has to say so here.
"""

from __future__ import annotations

import pytest

import surefoot as sf

ITERATIONS = 60
RUNS = {
    # method: (evaluations, passes, loss) after 60 iterations of 64-16-10, l2 = 1e-3, on 1,000 digits
    "auto": (124, 122, 0.3255),
    "classic": (61, 122, 0.5686),
    "steepest": (121, 122, 0.3627),
    "bb": (64, 122, 0.3423),
    "cg": (152, 122, 0.3353),
    "plane": (68, 123, 0.3342),
    "bfgs": (138, 122, 0.3352),
    "lbfgs": (124, 122, 0.3255),
    "newton": (120, 4534, 0.3171),
    "gauss-newton": (125, 1386, 0.3276),
}


def run(name):
    data, _ = sf.load("digits").split(1000)
    problem = sf.Problem(sf.Network((64, 16, 10)), data, l2=1e-3)
    *_, last = sf.descend(problem, problem.network.initial(0), name, sf.stop(iterations=ITERATIONS))
    return last


@pytest.mark.parametrize("name", sorted(RUNS))
def test_the_budget_of(name):
    last = run(name)
    evaluations, passes, loss = RUNS[name]
    assert last.cost.evaluations <= 1.1 * evaluations
    assert last.cost.passes <= 1.1 * passes
    assert last.value <= 1.02 * loss
