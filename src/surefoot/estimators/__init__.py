"""Estimators: the trainer with scikit-learn's manners (extra: sklearn).

    from surefoot.estimators import NetClassifier, NetRegressor

    model = NetClassifier(hidden=(16,)).fit(X, y)
    model.predict_proba(X_new)

Names load on first use, and scikit-learn with them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from surefoot.errors import require

if TYPE_CHECKING:
    from surefoot.estimators.classifier import NetClassifier
    from surefoot.estimators.regressor import NetRegressor

_HOMES = {"NetClassifier": "classifier", "NetRegressor": "regressor"}

__all__ = ["NetClassifier", "NetRegressor"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"surefoot.estimators has no {name!r}; it has {', '.join(__all__)}.")
    require("sklearn", "sklearn", f"surefoot.estimators.{name}")
    value = getattr(importlib.import_module(f"surefoot.estimators.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
