"""One fit: pull Steps from a descent, judge each, show it, and say what was reached.

    θ₀ -> Step, Step, ... -> Ending          for every start; the best by (validation) loss is kept

It is the loop of `training.run.conduct` with an estimator's rules for ending, and without a file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from surefoot.arrays import Vector
from surefoot.compute.sparse import Sparse
from surefoot.data import Data
from surefoot.descent.loop import Descent, descend
from surefoot.descent.objective import Objective
from surefoot.descent.state import State
from surefoot.descent.stopping import Stop
from surefoot.errors import BadValue
from surefoot.estimators.early import Best, Score, Validation, settled, split
from surefoot.estimators.multiset import Distinct
from surefoot.estimators.settings import Settings
from surefoot.estimators.targets import Targets
from surefoot.network import Network
from surefoot.records import Ending, Frame, Header, Samples, Step
from surefoot.training.finished import Run
from surefoot.training.probes import SHOWN, Along, accuracy
from surefoot.training.problem import PRECISIONS, Problem, in_memory
from surefoot.training.run import made, made_by

CONVERGED = ("gradient", "plateau", "precision", "validation")  # endings that need no warning
Tell = Callable[[int, Step, Vector], bool]  # start, record, weights -> True to stop: scikit-learn's callbacks


@dataclass(frozen=True)
class Task:
    """What is to be learnt: scaled inputs, targets, weights, by which network, how.

    X : (m, d) floats or CSR, as the network sees them.   kept : their weights, and which rows they were.
    precision : "double" or "single".   name : of the estimator.
    """

    network: Network
    X: Any
    targets: Targets
    kept: Distinct
    settings: Settings
    precision: str
    name: str
    validation: Validation | None = None

    def objective(self) -> Any:
        """Dense, packed or sparse, as `compute` says and as X is."""
        s, net, dtype = self.settings, self.network, PRECISIONS[self.precision]
        if not hasattr(self.X, "format"):
            classes = self.targets.names if net.loss == "cross-entropy" else ()
            return Problem(
                net,
                Data(self.X, self.targets.Y, classes=classes),
                l2=s.l2,
                sample_weight=self.kept.weights,
                precision=self.precision,
                compute=in_memory(net, len(self.X)) if s.compute == "auto" else s.compute,
            )
        if s.compute == "packed":
            raise BadValue("compute='packed' wants dense inputs, and X is sparse; give compute='auto'.")
        return Sparse(net, self.X, self.targets.Y, l2=s.l2, sample_weight=self.kept.weights, dtype=dtype)


@dataclass(frozen=True)
class Fit:
    """What one start reached: its run with the weights to keep, and the validation's curve, if any."""

    run: Run
    loss: float  # at the weights that are kept
    best: Best | None = None
    samples: Samples | None = None  # a few to check the gradient on

    @property
    def merit(self) -> float:
        """Which of several starts is best: the lowest."""
        unseen = self.best is not None and bool(self.best.losses)
        merit = self.best.losses[self.best.iteration] if self.best and unseen else self.loss
        return merit if np.isfinite(merit) else np.inf


def fit(task: Task, starts: Sequence[Vector], tell: Tell | None = None) -> Fit:
    """The best of these starting weights, each trained to its end; Ctrl-C ends the last one early."""
    view = task.settings.view
    faces = [] if view is None else made(view if isinstance(view, list | tuple | str) else [view])
    samples = shown(task)
    found: list[Fit] = []
    by_hand: Ending | None = None
    # a trial that overflows is refused, which its record says: NumPy need not say it again
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"), task.objective() as objective:
        for number, theta0 in enumerate(starts):
            header = _header(task, objective, samples, number, len(starts))
            try:
                found.append(_descent_to_end(task, objective, theta0, header, faces, tell, number))
            except KeyboardInterrupt:
                if not found:
                    raise  # nothing was reached
                by_hand = Ending("interrupted", f"stopped by hand at the beginning of start {number + 1}")
                break
            if found[-1].run.ending.kind == "interrupted":
                by_hand = found[-1].run.ending
                break
    best = min(found, key=lambda one: one.merit)
    run = best.run if by_hand is None else replace(best.run, ending=by_hand)
    return replace(best, run=run, samples=samples)


def _descent_to_end(
    task: Task,
    objective: Objective,
    theta0: Vector,
    header: Header,
    faces: Sequence[Any],
    tell: Tell | None,
    start: int,
) -> Fit:
    """One start, to its end or to Ctrl-C."""
    s, along = task.settings, Along()
    best = None if task.validation is None else Best(s.patience)
    steps: list[Step] = []
    ending = Ending("error", "an error ended it")
    descent = descend(objective, theta0, s.method, Stop(iterations=s.max_iter))
    state: State = descent.state
    with ExitStack() as stack:
        stack.callback(lambda: _close(faces, ending))
        for face in faces:
            face.open(header)
        try:
            for step in descent:
                steps.append(step)  # before it is judged: Ctrl-C may come at any line
                state = descent.state
                steps[-1], verdict = _judged(task, descent, step, best)
                for face in faces:
                    face.show(_frame(task.network, header, steps[-1], state, along))
                asked = tell is not None and tell(start, steps[-1], state.theta)
                ended = _ended(steps, s.tol, descent, verdict, asked)
                if ended is not None:
                    ending = ended
                    break
        except KeyboardInterrupt:
            if not steps:
                raise
            ending = Ending("interrupted", f"stopped by hand after iteration {len(steps) - 1}")
    kept = state.theta if best is None or best.theta is None else best.theta
    loss = steps[-1].value if best is None else steps[best.iteration].value
    return Fit(Run(header, tuple(steps), ending, kept), loss, best)


def _close(faces: Sequence[Any], ending: Ending) -> None:
    """Close every view, even when one of them fails."""
    with ExitStack() as stack:
        for face in faces:
            stack.callback(face.close, ending)


def _ended(
    steps: Sequence[Step], tol: float, descent: Descent, verdict: Ending | None, asked: bool
) -> Ending | None:
    """Why it is over after these records: being done counts before having run out of iterations."""
    ending = descent.ending
    if ending is not None and ending.kind == "failed":
        return ending
    if asked:
        return Ending("asked", "a callback asked to stop")
    return settled(steps, tol) or verdict or ending


def _judged(task: Task, descent: Descent, step: Step, best: Best | None) -> tuple[Step, Ending | None]:
    """The record with accuracies beside it, and the validation's verdict."""
    network, here = task.network, descent.state.here
    measures: dict[str, float] = {}
    if network.loss != "squared-error" and here is not None:
        right = getattr(here, "accuracy", None)
        if right is None and here.outputs is not None:
            right = accuracy(network, here.outputs, task.targets.Y)
        if right is not None:
            measures["accuracy_train"] = right
    verdict = None
    if best is not None and task.validation is not None:
        loss, score = task.validation.measure(descent.state.theta)
        verdict = best.see(descent.state.theta, loss, score)
        measures["loss_test"] = loss
        if network.loss != "squared-error":
            measures["accuracy_test"] = score
    return replace(step, measures=measures), verdict


def _frame(network: Network, header: Header, step: Step, state: State, along: Along) -> Frame:
    seen = header.samples
    outputs = None if seen is None else network.predict(state.theta, seen.inputs)
    if outputs is not None and network.loss == "binary" and outputs.shape[1] == 1:
        outputs = np.hstack([1 - outputs, outputs])  # views name a class by its column
    return Frame(step, outputs, along.measure(state), state.theta)


def shown(task: Task) -> Samples:
    """Eight of the training samples, for views and for checking the gradient without the data."""
    rows = np.random.default_rng(0).permutation(task.X.shape[0])[:SHOWN]
    return Samples(task.X[rows], task.targets.Y[rows], tuple(int(r) for r in task.kept.rows[rows]))


def _header(task: Task, objective: Any, samples: Samples, number: int, starts: int) -> Header:
    s, net = task.settings, task.network
    one_label = net.loss == "cross-entropy" or net.sizes[-1] == 1
    labels = samples.labels.astype(int).ravel() if one_label and task.targets.names else samples.labels
    visible = not hasattr(task.X, "format")
    return Header(
        sizes=net.sizes,
        activation=net.activation,
        loss=net.loss,
        parameters=net.size,
        method=s.method.name,
        iterations=s.max_iter,
        data=task.name + (f", start {number + 1} of {starts}" if starts > 1 else ""),
        n_train=int(task.kept.counts.sum()),
        n_test=0 if task.validation is None else int(task.validation.kept.counts.sum()),
        classes=task.targets.names if one_label else (),
        image_shape=None,
        scale=1.0,
        l2=s.l2,
        precision=task.precision,
        compute=getattr(objective, "choice", "dense: plain NumPy on one float matrix"),
        options={"tol": s.tol, "early_stopping": s.early_stopping, "start": number},
        samples=Samples(samples.inputs, labels, samples.rows) if visible else None,
        **made_by(),
    )


def with_validation(task: Task, score: Score, rng: np.random.Generator) -> Task:
    """The task on a part of its samples, the rest set aside to stop early by."""
    train, aside = split(task.targets, task.X.shape[0], task.settings.validation_fraction, rng)
    X, targets, kept = task.X, task.targets, task.kept
    unseen = Validation(task.network, X[aside], targets.take(aside), kept.take(aside), score)
    return replace(task, X=X[train], targets=targets.take(train), kept=kept.take(train), validation=unseen)


def reached(done: Fit) -> dict[str, Any]:
    """The learnt attributes that every fit leaves."""
    run, best = done.run, done.best
    return {
        "theta_": run.theta,
        "run_": run,
        "loss_": done.loss,
        "loss_curve_": [step.value for step in run.steps],
        "validation_scores_": None if best is None else best.scores,
        "validation_losses_": None if best is None else best.losses,
        "best_iteration_": len(run.steps) - 1 if best is None else best.iteration,
        "n_iter_": run.steps[-1].iteration,
        "converged_": run.ending.kind in CONVERGED,
    }
