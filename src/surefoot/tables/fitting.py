"""Train the estimator on a prepared table, and keep what the report needs: the model, curves, facts.

curves    mean cross-entropy (nats), or the root mean squared error in the target's unit, of the training,
          validation and test rows at the weights of every iteration; the penalty is left out
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from surefoot.arrays import Array, Matrix, Vector
from surefoot.tables.judging import thinned
from surefoot.tables.model import TableModel
from surefoot.tables.preparing import Preparation
from surefoot.tables.targets import Target
from surefoot.tables.watching import Watch

VALIDATION = 0.15  # of the training rows
FEWEST_FOR_VALIDATION = 60  # training rows; with fewer, all of them teach, and l2 alone holds back


@dataclass(frozen=True)
class Wishes:
    """What may be wished of the training; None: as the estimators do by themselves."""

    hidden: tuple[int, ...] | None = None
    l2: float | None = None
    max_iter: int | None = None
    restarts: int | None = None

    def said(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if value is not None}

    def check(self) -> None:
        """Complain before the work, not in the middle of it; BadValue for a wish that cannot be granted."""
        from surefoot.estimators import NetClassifier
        from surefoot.estimators.settings import settings

        settings(NetClassifier(**self.said()).get_params(deep=False))


@dataclass(frozen=True, eq=False)
class Fitted:
    """A trained model, and the facts of its training as the record tells them."""

    model: TableModel
    validation: int  # rows
    network: Mapping[str, Any]
    training: Mapping[str, Any]
    curves: Mapping[str, Any]


def fitted(
    preparation: Preparation,
    target: Target,
    training: tuple[Matrix, Array],
    test: tuple[Matrix, Array],
    wishes: Wishes,
    seed: int,
    tell: Callable[[str], None],
) -> Fitted:
    """Train on (X, y) of the training rows; the test rows only get a curve, after it."""
    from surefoot.estimators import NetClassifier, NetRegressor

    X, y = training
    stop = len(y) >= FEWEST_FOR_VALIDATION
    watch = Watch(tell)
    estimator = (NetClassifier if target.classes else NetRegressor)(
        **wishes.said(), early_stopping=stop, validation_fraction=VALIDATION, random_state=seed, view=[watch]
    )
    begun = time.perf_counter()
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        estimator.fit(X, y)
    seconds = time.perf_counter() - begun
    model = _model(estimator, preparation, target)
    facts = {
        "iterations": estimator.n_iter_,
        "best_iteration": estimator.best_iteration_,
        "seconds": seconds,
        "converged": bool(estimator.converged_),
        "ending": estimator.run_.ending.sentence,
        "warnings": sorted({str(warning.message) for warning in heard}),
    }
    network = {
        "architecture": model.network.name,
        "parameters": model.network.size,
        "hidden": list(model.network.sizes[1:-1]),
        "activation": model.network.activation,
        "method": estimator.run_.header.method,
        "l2": estimator.l2_,
        "l2_why": estimator.l2_why_,
        "restarts": estimator.restarts,
    }
    aside = estimator.run_.header.n_test if stop else 0
    return Fitted(model, aside, network, facts, _curves(estimator, model, watch, training, test))


def _model(estimator: Any, preparation: Preparation, target: Target) -> TableModel:
    """What the estimator learnt, as the plain value that is written down."""
    scaling = getattr(estimator, "target_scaling_", None)
    return TableModel(
        target.name,
        target.classes,
        preparation,
        estimator.network_,
        np.array(estimator.theta_),
        np.array(estimator.scaling_.mean),
        np.array(estimator.scaling_.scale),
        0.0 if scaling is None else float(scaling.mean[0]),
        1.0 if scaling is None else float(scaling.scale[0]),
    )


def _curves(
    estimator: Any,
    model: TableModel,
    watch: Watch,
    training: tuple[Matrix, Array],
    test: tuple[Matrix, Array],
) -> dict[str, Any]:
    """Losses at the weights of every iteration that was kept, at most as many as a drawing can show.

    The training curve is that of the rows that teach, without those that decide when to stop: it follows from
    the mean over both, n L = (n - m) L_train + m L_validation.
    """
    thetas, best = watch.of(estimator.theta_), estimator.best_iteration_
    ks = sorted(thetas)
    ks = sorted({ks[i] for i in thinned(len(ks))} | ({best} & set(ks))) if ks else []
    validation = estimator.validation_losses_

    n, m = len(training[1]), estimator.run_.header.n_test
    both = np.array([_loss(model, thetas[k], *training) for k in ks])
    alone = both[:0] if validation is None else np.array([validation[k] for k in ks])
    teaching = both if validation is None else np.maximum((n * both - m * alone) / (n - m), 0)
    tested = np.array([_loss(model, thetas[k], *test) for k in ks])

    def shown(losses: Array) -> list[float]:  # ½ mean z² of standardised targets -> √(mean squared error)
        values: list[float] = (losses if model.classes else np.sqrt(2 * losses) * model.target_scale).tolist()
        return values

    return {
        "quantity": "cross-entropy (nats)" if model.classes else "root mean squared error",
        "iterations": ks,
        "training": shown(teaching),
        "validation": shown(alone),
        "test": shown(tested),
    }


def _loss(model: TableModel, theta: Vector, X: Matrix, y: Array) -> float:
    """Mean cross-entropy (nats), or half the mean squared error of standardised targets."""
    Z = model.network.outputs(theta, (X - model.mean) / model.scale)
    criterion = model.network.criterion
    Y = y if model.classes else (y - model.target_mean) / model.target_scale
    return float(criterion.value(Z, criterion.targets(Y, Z.shape[1])).mean())
