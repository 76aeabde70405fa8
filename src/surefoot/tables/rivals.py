"""Honest rivals: what a model has to beat before it deserves a word.

baseline       always the most frequent class, or always the mean, of the training rows
linear model   scikit-learn's LogisticRegression or Ridge on scaled columns, as they come
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np

from surefoot.arrays import Array, Matrix
from surefoot.errors import require


def baseline(y: Array, classes: Sequence[str], n: int) -> tuple[str, Array]:
    """Its name, and its guesses for n rows."""
    if classes:
        k = int(np.bincount(y).argmax())
        return f"baseline: always {classes[k]!r}", np.full(n, k)
    return f"baseline: always the mean, {y.mean():.4g}", np.full(n, y.mean())


def linear_model(X: Matrix, y: Array, classes: Sequence[str], X_test: Matrix) -> tuple[str, Array]:
    """Its name, and its guesses for the rows of X_test."""
    linear = require("sklearn.linear_model", "sklearn", "Fitting a rival")
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = linear.LogisticRegression(max_iter=1000) if classes else linear.Ridge()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a rival that did not quite arrive is still a rival
        guesses = np.asarray(make_pipeline(StandardScaler(), model).fit(X, y).predict(X_test))
    return "linear model (logistic regression)" if classes else "linear model (ridge regression)", guesses
