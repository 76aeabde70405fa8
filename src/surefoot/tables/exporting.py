"""A model of a table as the estimator it was, for those who write estimators elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from surefoot.arrays import frozen
from surefoot.errors import require
from surefoot.records import Ending, Header
from surefoot.tables.model import TableModel
from surefoot.training.finished import Run


def as_estimator(model: TableModel) -> Any:
    """A NetClassifier or NetRegressor that gives the model's answers for its prepared inputs (n, d).

    Raises
    ------
    MissingExtra : scikit-learn is not installed.
    """
    require("sklearn", "sklearn", "Exporting a model")
    from surefoot.estimators import NetClassifier, NetRegressor
    from surefoot.estimators.scaling import Scaling

    kind = NetClassifier if model.classes else NetRegressor
    net, run = model.network, _run(model)
    estimator = kind(hidden=net.sizes[1:-1], activation=net.activation, l2=run.header.l2)
    learnt = {
        "network_": net,
        "theta_": run.theta,
        "run_": run,
        "l2_": run.header.l2,
        "l2_path_": [],
        "scaling_": Scaling(model.mean, model.scale, np.zeros(len(model.mean), bool)),
        "n_features_in_": net.sizes[0],
        "feature_names_in_": np.array(model.preparation.inputs, dtype=object),
        "n_outputs_": net.sizes[-1],
        "n_iter_": _whole(model.about, "iterations"),
        "best_iteration_": _whole(model.about, "best_iteration"),
        "converged_": model.about.get("converged") is True,
    }
    if model.classes:
        learnt |= {"classes_": np.array(model.classes, dtype=str), "multilabel_": False}
    else:
        of_target = (np.array([model.target_mean]), np.array([model.target_scale]), np.zeros(1, bool))
        learnt |= {"target_scaling_": Scaling(*of_target), "flat_": True}
    for name, value in learnt.items():
        setattr(estimator, name, value)
    return estimator


def _run(model: TableModel) -> Run:
    """What is known of the run: its header and ending; the records were not kept."""
    about, net = model.about, model.network
    l2 = about.get("l2")
    header = Header(
        sizes=net.sizes,
        activation=net.activation,
        loss=net.loss,
        parameters=net.size,
        method=str(about.get("method", "auto")),
        iterations=_whole(about, "iterations"),
        data=str(about.get("table", "a table")),
        n_train=_whole(about, "n_train"),
        n_test=_whole(about, "n_test"),
        classes=model.classes,
        image_shape=None,
        scale=1.0,
        l2=l2 if isinstance(l2, float) else 0.0,
        precision="double",
        compute="dense",
        created=str(about.get("created", "")),
    )
    return Run(header, (), Ending("stored", str(about.get("ending", "not known"))), frozen(model.theta))


def _whole(about: Mapping[str, Any], name: str) -> int:
    value = about.get(name)
    return value if isinstance(value, int) else 0
