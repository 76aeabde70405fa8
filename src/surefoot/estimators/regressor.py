"""NetRegressor: one or many numbers, by a small network that needs no learning rate.

ŷ = target_scaling_.mean + target_scaling_.scale · Z          Z (n, k) the network's outputs
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin

from surefoot.arrays import Array, Vector
from surefoot.errors import BadValue
from surefoot.estimators import defaults
from surefoot.estimators.base import Net
from surefoot.estimators.callbacks import CALLER, with_callbacks
from surefoot.estimators.checks import checked_samples, warn_of_extremes
from surefoot.estimators.multiset import distinct
from surefoot.estimators.scaling import Scaling
from surefoot.estimators.settings import Settings
from surefoot.estimators.targets import numbers, standard_targets


class NetRegressor(RegressorMixin, Net):  # type: ignore[misc]
    """A regressor that trains a small network by line search: no learning rate, no solver to choose.

    The loss is half the squared error, summed over targets in units of their spread, averaged over samples,
    plus l2/2 Σ W²; MLPRegressor averages over its k targets: its alpha is l2 · n / k.

    Parameters
    ----------
    hidden : tuple of int, or int
        Units of each hidden layer; () is linear regression.
    activation : {"tanh", "logistic", "relu", "softplus", "identity"}
        Of the hidden layers; the last layer has none.
    method : str or surefoot.Method
        How to descend: a name that `surefoot methods` lists, or a method of your own.
    l2 : float or "auto"
        Weight decay on the weights, not on the biases, for inputs as scaled.  MLPRegressor's alpha
        is l2 · n / k for k targets.  "auto" takes l2 = c/n, n the number of distinct samples:
        alpha = c / k.  c is the one of 30, 10, 3, 1, 0.3, 0.1 with the lowest mean validation loss in 3-fold
        cross-validation (the classes keep their shares, the folds follow random_state, fits of at most
        100 iterations or max_iter, from the largest c on until the loss has risen twice in a row).
        Without validation c = 3 for fewer than 9 distinct samples or 3 of a class, and c = 1 for more than
        20,000, for more than 10⁷ samples times weights, and with early stopping.  A warm start keeps l2_.
    max_iter : int
        Iterations at most.
    tol : float
        Stop when the gradient's norm is at most tol (1 + |loss|), or when ten iterations lower the loss by
        at most 10 tol |loss|; 0: go on until no decrease is representable.
    early_stopping : bool
        Set `validation_fraction` of the samples aside, stop when their loss has not improved for `patience`
        iterations, and keep the weights that were best on them.
    validation_fraction : float
        The part of the samples that early stopping sets aside.
    patience : int
        Iterations without a better validation loss before early stopping stops.
    standardize : bool or "auto"
        True and "auto" scale each input to mean 0 and standard deviation 1 (sparse ones to mean square 1,
        so that zeros stay zeros), and the targets too; False takes them as they are.
    warm_start : bool
        Go on from the weights, and with the scaling, of the last fit.
    random_state : int, RandomState or None
        Of the starting weights, of the validation split, and of the folds that choose l2.
    restarts : int
        Train from so many starts and keep the best, by validation loss where there is one.
    view : str, view or None
        Show training live: "terminal", "text", "notebook", or a view of your own.
    precision : {"auto", "double", "single"}
        "auto" computes in float32 where the inputs are float32.
    compute : {"auto", "dense", "packed"}
        Which kernels compute; sparse inputs have their own.

    Attributes
    ----------
    coefs_, intercepts_ : list of arrays
        W (d_in, d_out) and b (d_out,) of each layer, read-only; they act on scaled inputs:
        ((x - scaling_.mean) / scaling_.scale) @ coefs_[0] + intercepts_[0].
    theta_ : array (P,)
        All of them in one vector, as `network_` lays them out.
    network_ : surefoot.Network
        Sizes, activation and loss.
    scaling_, target_scaling_ : Scaling
        `mean` and `scale` of the inputs and of the targets.
    loss_, loss_curve_ : float, list
        Training loss at the weights kept, and at every iteration from 0 on.
    validation_scores_, validation_losses_ : list or None
        R² and loss of the samples set aside, at every iteration.
    l2_ : float
        The weight decay of the fit.
    l2_path_, l2_why_ : list of (c, validation loss), str
        What "auto" tried, in its order, [] without validation; and why l2_ is what it is.
    best_iteration_, n_iter_ : int
        The iteration whose weights are kept, and the last one.
    converged_ : bool
        False where a ConvergenceWarning was given.
    run_ : surefoot.Run
        The records of every step: `run_.steps`, `run_.ending`, `run_.save(path)`, `run_.to_html(path)`.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = NetRegressor(hidden=(), random_state=0).fit(X, y)
    >>> round(model.score(X, y), 2)
    0.52
    """

    def __init__(
        self,
        hidden: Any = defaults.HIDDEN,
        *,
        activation: str = defaults.ACTIVATION,
        method: Any = defaults.METHOD,
        l2: float | str = defaults.L2,
        max_iter: int = defaults.MAX_ITER,
        tol: float = defaults.TOL,
        early_stopping: bool = False,
        validation_fraction: float = defaults.VALIDATION_FRACTION,
        patience: int = defaults.PATIENCE,
        standardize: Any = "auto",
        warm_start: bool = False,
        random_state: Any = None,
        restarts: int = 1,
        view: Any = None,
        precision: str = "auto",
        compute: str = "auto",
    ) -> None:
        self.hidden = hidden
        self.activation = activation
        self.method = method
        self.l2 = l2
        self.max_iter = max_iter
        self.tol = tol
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.standardize = standardize
        self.warm_start = warm_start
        self.random_state = random_state
        self.restarts = restarts
        self.view = view
        self.precision = precision
        self.compute = compute

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    @with_callbacks
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn from X (n, d) and y, (n,) or (n, k) numbers.

        sample_weight : (n,) >= 0; a weight of 2 counts as the sample twice.

        Raises
        ------
        ValueError, TypeError : data or parameters that cannot be used, in one sentence.
        """
        s = self._settings()
        X, y, weights = checked_samples(self, X, y, sample_weight)
        Y = numbers(y, X)
        kept = distinct(X, Y, weights)
        table = Y.reshape(len(Y), -1)[kept.rows]
        targets, scaling = standard_targets(
            table, kept.weights, s.standardize, self._known(s, table.shape[1])
        )
        warn_of_extremes("y", table, scaling, CALLER)
        more = {"target_scaling_": scaling, "flat_": Y.ndim == 1}
        self._learn(s, X[kept.rows], targets, kept, _r2, more)
        return self

    def _known(self, s: Settings, k: int) -> Scaling | None:
        """Of a warm start the scaling of its k targets, or one sentence when there were others."""
        if not (s.warm_start and hasattr(self, "theta_")):
            return None
        known: Scaling = self.target_scaling_
        if len(known.mean) != k:
            raise BadValue(
                f"warm_start goes on with {len(known.mean)} targets, but y has {k}; give as many, or "
                "warm_start=False."
            )
        return known

    def _targets(self, y: Any) -> Array:
        """y (n,) or (n, k) in units of its spread, as the network is asked for it."""
        Y = np.asarray(y, np.float64)
        return np.asarray(self.target_scaling_.apply(Y.reshape(len(Y), -1)))

    def predict(self, X: Any) -> Array:
        """Numbers in the targets' own units, (n,) or (n, k) as y was.

        Raises
        ------
        BadValue : a prediction beyond what a float can hold.
        """
        Z = self._outputs(X)
        Y = self.target_scaling_.undo(Z)
        if not np.isfinite(Y).all():
            raise BadValue(
                "A prediction overflows: the targets are near the largest float; measure in a larger unit."
            )
        return np.asarray(Y[:, 0] if self.flat_ else Y)


def _r2(Z: Array, Y: Array, weights: Vector | None) -> float:
    """1 - Σ(y - z)² / Σ(y - ȳ)², averaged over targets as `score` does; 0 for targets that do not vary."""
    w = np.ones(len(Y)) if weights is None else weights
    missed = w @ (Y - Z) ** 2
    spread = w @ (Y - w @ Y / w.sum()) ** 2
    return float(np.mean(1 - np.divide(missed, spread, out=np.ones_like(missed), where=spread > 0)))
