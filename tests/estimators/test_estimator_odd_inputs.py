"""Odd inputs end in a fit, one warning, or one clear sentence; finite predictions come out of every fit."""

from __future__ import annotations

import importlib
import warnings

import numpy as np
import pytest

pytest.importorskip("sklearn")

from odd_inputs import FITS, LABELS, NUMBERS, N, Warns, odd_inputs, odd_tables, odd_targets

from surefoot.estimators import NetClassifier, NetRegressor

LEAST = 59


def module(name):
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


INPUTS = odd_inputs() + odd_tables(module("pandas"), module("scipy.sparse"), module("polars"))
TARGETS = odd_targets()


def attempt(estimator, X, y, expected):
    """Fit, and hold what happened against what was expected; the fitted estimator, or None."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            estimator.fit(X, y)
        except (ValueError, TypeError) as error:
            sentence = str(error)
            assert expected is not FITS, sentence
            assert not isinstance(expected, Warns), sentence
            assert expected in sentence, sentence
            assert 20 < len(sentence) < 700, sentence
            return None
    assert expected is FITS or isinstance(expected, Warns), f"it fitted, but {expected!r} was expected"
    messages = [str(w.message) for w in told]
    assert len(messages) == isinstance(expected, Warns), messages
    assert not isinstance(expected, Warns) or expected in messages[0], messages
    return estimator


def finite(estimator, X):
    answers = [estimator.predict(X)]
    if isinstance(estimator, NetClassifier):
        answers = [estimator.predict_proba(X), estimator.predict_log_proba(X), estimator.decision_function(X)]
    assert all(np.isfinite(answer).all() for answer in answers)
    return len(answers[0])


def made(make):
    return make(hidden=(4,), l2=1e-2, max_iter=500, random_state=0)


@pytest.mark.parametrize("odd", INPUTS, ids=lambda odd: odd.name)
@pytest.mark.parametrize(("make", "y"), [(NetClassifier, LABELS), (NetRegressor, NUMBERS)])
def test_an_odd_input_fits_or_is_told(odd, make, y):
    X = odd.X
    estimator = attempt(made(make), X, y if odd.y is None else odd.y, odd.classifier)
    if estimator is not None:
        assert finite(estimator, X) == N


@pytest.mark.parametrize("odd", TARGETS, ids=lambda odd: odd.name)
@pytest.mark.parametrize("make", [NetClassifier, NetRegressor])
def test_odd_targets_fit_or_are_told(odd, make):
    expected = odd.classifier if make is NetClassifier else odd.regressor
    estimator = attempt(made(make), odd.X, odd.y, expected)
    if estimator is not None:
        assert finite(estimator, odd.X) == N


def test_there_are_enough_of_them():
    names = [odd.name for odd in odd_inputs()]
    assert len(names) >= LEAST
    assert len(set(names)) == len(names)
    assert len(INPUTS) + len(TARGETS) >= 2 * LEAST - 20


@pytest.mark.parametrize("make", [NetClassifier, NetRegressor])
def test_a_planted_expectation_fails(make):
    """The table can fail: a fit that is expected to warn, and an error that is expected to fit."""
    y = LABELS if make is NetClassifier else NUMBERS
    X = np.random.default_rng(0).normal(size=(N, 2))
    with pytest.raises(AssertionError):
        attempt(made(make), X, y, Warns("few digits"))
    with pytest.raises(AssertionError):
        attempt(made(make), X.astype(complex), y, FITS)
    with pytest.raises(AssertionError):
        attempt(made(make), X.astype(complex), y, "masked")
