"""What both estimators share: the fit, what it leaves behind, and the network's outputs.

    X -> checked -> scaled -> network -> theta_, run_, scaling_ ...

What was learnt is set in one go at the end: a fit that fails leaves earlier weights as they were.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from surefoot.arrays import Array, Vector
from surefoot.errors import ShapeError
from surefoot.estimators.callbacks import CALLER, Callbacks, CallbackSupportMixin
from surefoot.estimators.checks import checked_inputs, refuse_far, refuse_large, warn_of_extremes
from surefoot.estimators.decay import Decay, chosen
from surefoot.estimators.early import Score, outputs
from surefoot.estimators.fitting import CONVERGED, Task, fit, reached, with_validation
from surefoot.estimators.multiset import Distinct
from surefoot.estimators.scaling import Scaling
from surefoot.estimators.settings import Settings, settings
from surefoot.estimators.targets import Targets
from surefoot.estimators.words import advice
from surefoot.network import Network
from surefoot.training.problem import PRECISIONS


class Net(CallbackSupportMixin, BaseEstimator):  # type: ignore[misc]
    """A network behind scikit-learn's manners; `NetClassifier` and `NetRegressor` say what y means."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def _settings(self) -> Settings:
        return settings(self.get_params(deep=False))

    def _learn(
        self, s: Settings, X: Any, targets: Targets, kept: Distinct, score: Score, more: dict[str, Any]
    ) -> None:
        """Train on checked, distinct samples, and set every learnt attribute, those in `more` too."""
        network = Network((X.shape[1], *s.hidden, targets.k), s.activation, targets.loss)
        random = check_random_state(self.random_state)
        scaling = self._scaling(s, X, kept.weights)
        precision = s.precision
        if precision == "auto":
            precision = "single" if X.dtype == np.float32 else "double"
        Z = scaling.apply(X, PRECISIONS[precision])
        if not s.standardize:
            refuse_large(Z)
        task = Task(network, Z, targets, kept, s, precision, type(self).__name__)
        if s.early_stopping:
            task = with_validation(task, score, np.random.default_rng(random.randint(2**31 - 1)))
        starts = self._starts(s, network, scaling, random)
        decay = self._decay(s, task, starts[0], random)
        s = replace(s, l2=decay.l2)
        task = replace(task, settings=s)
        learnt = {
            "l2_": decay.l2,
            "l2_path_": decay.path,
            "l2_why_": decay.why,
            "network_": network,
            "scaling_": scaling,
            "n_outputs_": targets.k,
            **more,
        }
        callbacks = Callbacks(self, s.restarts, s.max_iter, (X, targets.Y), learnt)
        done = fit(task, starts, callbacks.tell)
        for name, value in {**learnt, **reached(done), "_kept": done.samples}.items():
            setattr(self, name, value)
        callbacks.close(done.run.theta)
        if done.run.ending.kind not in (*CONVERGED, "asked"):
            warnings.warn(advice(task.name, done.run, s), ConvergenceWarning, stacklevel=CALLER)

    def _scaling(self, s: Settings, X: Any, weights: Vector | None) -> Scaling:
        """The scaling of these inputs; of a warm start the one that the weights were learnt with."""
        if s.warm_start and hasattr(self, "theta_") and len(self.scaling_.mean) == X.shape[1]:
            known: Scaling = self.scaling_
            return known
        if not s.standardize:
            return Scaling.none(X.shape[1])
        scaling = Scaling.of(X, weights)
        warn_of_extremes("X", X, scaling, CALLER + 2)
        return scaling

    def _decay(self, s: Settings, task: Task, theta0: Vector, random: np.random.RandomState) -> Decay:
        """The l2 that was given, that of the fit a warm start goes on from, or one that is chosen."""
        if not s.choose_l2:
            return Decay(s.l2, "as given", [])
        if s.warm_start and hasattr(self, "theta_") and hasattr(self, "l2_"):
            return Decay(self.l2_, "as in the first fit", self.l2_path_)
        return chosen(task, theta0, np.random.default_rng(random.randint(2**31 - 1)))

    def _starts(
        self, s: Settings, network: Network, scaling: Scaling, random: np.random.RandomState
    ) -> list[Vector]:
        """Starting weights; inputs that never vary get none, so that they never count."""
        starts = []
        for _ in range(s.restarts):
            theta = network.initial(np.random.default_rng(random.randint(2**31 - 1)))
            network.layout.split(theta)[0][0][scaling.constant] = 0.0
            starts.append(theta)
        if s.warm_start and hasattr(self, "theta_"):
            before: Network = self.network_
            if before != network:
                raise ShapeError(
                    f"warm_start goes on from a network {before.name} ({before.activation}, {before.loss}), "
                    f"but these data and parameters want {network.name} ({network.activation}, "
                    f"{network.loss}); give warm_start=False to begin anew."
                )
            starts[0] = self.theta_
        return starts

    def _outputs(self, X: Any) -> Array:
        """Outputs of the last layer (n, k) for X as it comes."""
        check_is_fitted(self)
        X = checked_inputs(self, X)
        single = X.dtype == np.float32 and self.precision != "double"
        dtype = np.float32 if single else np.float64
        Z = self.scaling_.apply(X)
        refuse_far(Z, dtype)
        return outputs(self.network_, self.theta_, Z.astype(dtype, copy=False))

    @property
    def coefs_(self) -> list[Array]:
        """W of each layer, (d_in, d_out); they act on scaled inputs (`scaling_`).  Read-only."""
        return [W for W, _ in self.network_.layout.split(self.theta_)]

    @property
    def intercepts_(self) -> list[Array]:
        """b of each layer, (d_out,).  Read-only."""
        return [b for _, b in self.network_.layout.split(self.theta_)]

    def check_gradient(self, X: Any = None, y: Any = None, sample_weight: Any = None) -> Any:
        """Check the gradient at the learnt weights against slopes measured from the loss alone.

        X, y, sample_weight : the samples to check on; None: the eight training samples that a fit keeps.

        Returns
        -------
        Report : `report.holds`; printed, a table.
        """
        from surefoot.estimators.looking import gradient_report

        check_is_fitted(self)
        return gradient_report(self, X, y, sample_weight)

    def plot_history(self, ax: Any = None) -> Any:
        """Draw the loss (and the validation loss, its best iteration marked) into axes of matplotlib.

        ax : axes to draw into; None makes new ones.   Returns the axes.
        """
        from surefoot.estimators.looking import history

        check_is_fitted(self)
        return history(self, ax)
