"""scikit-learn's callbacks, where the installed version has them (1.9): an iteration is a task.

    fit                          the root task
      └── start (restarts)       one task per starting point
            └── iteration        one task per record after the first; a callback may ask to stop

Older versions have no callbacks: then the mixin is empty, and `fit` is as it was written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from surefoot.arrays import Vector
from surefoot.records import Step

__all__ = ["CALLER", "CallbackSupportMixin", "Callbacks", "with_callbacks"]

F = TypeVar("F", bound=Callable[..., Any])

try:
    from sklearn.callback import CallbackSupportMixin
    from sklearn.callback import with_callbacks as _with_callbacks

    CALLER = 4  # stacklevel of a warning from a function that `fit` calls: itself, fit, its wrapper, the user
except ImportError:

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Nothing: this scikit-learn has no callbacks."""

    def _with_callbacks(method: F) -> F:
        return method

    CALLER = 3


def with_callbacks(method: F) -> F:
    """`fit` that closes its callbacks whatever happens."""
    wrapped: F = _with_callbacks(method)
    return wrapped


class Callbacks:
    """Tells an estimator's callbacks of every iteration; silent, and free, when it has none.

    samples : X and y, as callbacks get them.   learnt : the attributes that do not change while training.
    """

    def __init__(
        self, estimator: Any, restarts: int, max_iter: int, samples: tuple[Any, Any], learnt: dict[str, Any]
    ) -> None:
        self.on = hasattr(estimator, "_init_callback_context")
        self.estimator, self.max_iter, self.learnt = estimator, max_iter, learnt
        self.given = dict(zip(("X", "y"), samples, strict=True))
        self.start = -1
        if self.on:
            self.root = estimator._init_callback_context(max_subtasks=restarts)
            self.root.call_on_fit_task_begin(estimator=estimator, **self.given)
        self.on = self.on and bool(getattr(estimator, "_skl_callbacks", []))

    def tell(self, start: int, step: Step, theta: Vector) -> bool:
        """One record; True when a callback asks to stop."""
        if not self.on:
            return False
        if start != self.start:
            self._close_start()
            self.start = start
            self.here = self.root.subcontext("start", max_subtasks=self.max_iter)
            self.here.call_on_fit_task_begin(estimator=self.estimator, **self.given)
        if step.iteration == 0:
            return False
        reached = {"reconstruction_attributes": {**self.learnt, "theta_": theta}}
        task = self.here.subcontext("iteration")
        task.call_on_fit_task_begin(estimator=self.estimator, **self.given)
        return bool(task.call_on_fit_task_end(estimator=self.estimator, **self.given, **reached))

    def close(self, theta: Vector) -> None:
        """The fit is over, and these weights are kept."""
        self._close_start()
        if hasattr(self, "root"):
            reached = {"reconstruction_attributes": {**self.learnt, "theta_": theta}}
            self.root.call_on_fit_task_end(estimator=self.estimator, **self.given, **reached)

    def _close_start(self) -> None:
        if self.on and self.start >= 0:
            self.here.call_on_fit_task_end(estimator=self.estimator, **self.given)
