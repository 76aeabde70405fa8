"""NetClassifier: classes, or several labels per sample, by a small network that needs no learning rate.

outputs Z (n, k)     2 classes: k = 1, P(second class) = logistic(z)
                     more: P = softmax(Z)          several labels: P(label j) = logistic(zⱼ)
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin

from surefoot.arrays import Array, Vector
from surefoot.errors import BadValue
from surefoot.estimators import defaults
from surefoot.estimators.base import Net
from surefoot.estimators.callbacks import with_callbacks
from surefoot.estimators.checks import checked_samples
from surefoot.estimators.multiset import distinct
from surefoot.estimators.targets import Labels, class_weights, labels, numbers_of, refuse_one_class
from surefoot.network.activations import logistic, softplus
from surefoot.network.losses import softmax


class NetClassifier(ClassifierMixin, Net):  # type: ignore[misc]
    """A classifier that trains a small network by line search: no learning rate, no solver to choose.

    The loss is the mean cross-entropy (nats) plus l2/2 Σ W²; MLPClassifier's alpha is l2 · n.

    Parameters
    ----------
    hidden : tuple of int, or int
        Units of each hidden layer; () is logistic regression.
    activation : {"tanh", "logistic", "relu", "softplus", "identity"}
        Of the hidden layers; the last layer has none.
    method : str or surefoot.Method
        How to descend: a name that `surefoot methods` lists, or a method of your own.
    l2 : float or "auto"
        Weight decay on the weights, not on the biases, for inputs as scaled.  MLPClassifier's alpha
        is l2 · n.  "auto" takes l2 = c/n, n the number of distinct samples, so that alpha = c;
        c is the one of 30, 10, 3, 1, 0.3, 0.1 with the lowest mean validation loss in 3-fold
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
        Set `validation_fraction` of the samples aside (the classes keep their shares), stop when their
        loss has not improved for `patience` iterations, and keep the weights that were best on them.
    validation_fraction : float
        The part of the samples that early stopping sets aside.
    patience : int
        Iterations without a better validation loss before early stopping stops.
    standardize : bool or "auto"
        True and "auto" scale each input to mean 0 and standard deviation 1 (sparse ones to mean square 1,
        so that zeros stay zeros); False takes them as they are.
    warm_start : bool
        Go on from the weights, and with the scaling, of the last fit.
    class_weight : dict, "balanced" or None
        Weights of classes, times those of samples.
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
    classes_ : array (classes,)
        The labels in the order of the outputs; of several labels per sample their numbers.
    coefs_, intercepts_ : list of arrays
        W (d_in, d_out) and b (d_out,) of each layer, read-only; they act on scaled inputs:
        ((x - scaling_.mean) / scaling_.scale) @ coefs_[0] + intercepts_[0].
    theta_ : array (P,)
        All of them in one vector, as `network_` lays them out.
    network_ : surefoot.Network
        Sizes, activation and loss.
    scaling_ : Scaling
        `mean` and `scale` of the inputs.
    loss_, loss_curve_ : float, list
        Training loss at the weights kept, and at every iteration from 0 on.
    validation_scores_, validation_losses_ : list or None
        Accuracy and loss of the samples set aside, at every iteration.
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
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> model = NetClassifier(random_state=0).fit(X, y)
    >>> model.predict(X[:2]), model.converged_
    (array([0, 0]), True)
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
        class_weight: Any = None,
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
        self.class_weight = class_weight
        self.random_state = random_state
        self.restarts = restarts
        self.view = view
        self.precision = precision
        self.compute = compute

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    @with_callbacks
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn from X (n, d) and y: (n,) labels, or (n, k) of 0 and 1 for several labels per sample.

        sample_weight : (n,) >= 0; a weight of 2 counts as the sample twice.

        Raises
        ------
        ValueError, TypeError : data or parameters that cannot be used, in one sentence.
        """
        s = self._settings()
        X, y, weights = checked_samples(self, X, y, sample_weight)
        found = self._known(labels(y, X))
        weights = class_weights(self.class_weight, found, weights)
        if weights is not None and found.targets.groups is not None:
            there = np.unique(found.targets.groups[weights > 0])
            refuse_one_class(found.classes[there], " with a weight above 0")
        kept = distinct(X, found.targets.Y, weights)
        more = {"classes_": found.classes, "multilabel_": found.several}
        self._learn(s, X[kept.rows], found.targets.take(kept.rows), kept, _accuracy, more)
        return self

    def _known(self, found: Labels) -> Labels:
        """The labels, after one sentence when a warm start meets others than before."""
        if self.warm_start and hasattr(self, "theta_") and not np.array_equal(found.classes, self.classes_):
            raise BadValue(
                f"warm_start goes on with the classes {self.classes_.tolist()}, but y holds "
                f"{found.classes.tolist()}; give the same classes, or warm_start=False."
            )
        return found

    def _targets(self, y: Any) -> Array:
        """y as the network is asked for it, of classes that are known."""
        return numbers_of(y, self.classes_, self.multilabel_)

    def decision_function(self, X: Any) -> Array:
        """Outputs of the network: (n,) for two classes (positive: the second), else (n, k)."""
        Z = self._outputs(X)
        return Z[:, 0] if Z.shape[1] == 1 and not self.multilabel_ else Z

    def predict_proba(self, X: Any) -> Array:
        """Probabilities (n, classes), rows sum to 1; of several labels each its own."""
        Z = self._outputs(X)
        if self.network_.loss == "cross-entropy":
            return softmax(Z)
        return logistic(Z) if self.multilabel_ else logistic(np.hstack([-Z, Z]))

    def predict_log_proba(self, X: Any) -> Array:
        """log of `predict_proba`, from the outputs themselves: it stays finite where a probability is 0."""
        Z = self._outputs(X)
        if self.network_.loss == "cross-entropy":
            top = Z - Z.max(axis=1, keepdims=True)
            return np.asarray(top - np.log(np.exp(top).sum(axis=1, keepdims=True)))
        return -softplus(-Z) if self.multilabel_ else -softplus(np.hstack([Z, -Z]))

    def predict(self, X: Any) -> Array:
        """The likeliest class (n,); of several labels 0 or 1 for each, (n, k)."""
        Z = self._outputs(X)
        if self.multilabel_:
            return (Z > 0).astype(int)
        numbers = Z[:, 0] > 0 if Z.shape[1] == 1 else Z.argmax(axis=1)
        return np.asarray(self.classes_[numbers.astype(int)])


def _accuracy(Z: Array, Y: Array, weights: Vector | None) -> float:
    """Share of samples whose labels are all right."""
    right = (Z > 0) == (Y > 0.5) if Y.ndim == 2 else (Z.argmax(axis=1) == Y)[:, None]
    return float(np.average(right.all(axis=1), weights=weights))
