"""One iteration's numbers against those derived anew, and how closely they must agree.

    α φ′(0) = ∇L(θ_{k-1})ᵀ (θ_k - θ_{k-1})        the step's slope, from weights and gradient alone
    (A) (H) (C) (W)                               descent/searches/conditions.py, written down once more

No number can agree more closely than rounding lets it: a gradient is a mean of larger ones, Δ = θ_k - θ_{k-1}
a difference of larger weights, and p = Δ / α carries Δ's rounding to wherever a trial was made.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from surefoot.arrays import Vector
from surefoot.descent.method import Always, Method, Search
from surefoot.records import Outcome, Step, Trial, Verdict
from surefoot.training.findings import Book
from surefoot.training.plain import Place
from surefoot.training.stored import Stored

PARTS = 100.0  # roundings that may add up in one entry of a gradient
SUMMED = 8.0  # and in one pre-activation, relative to the sum of its summands' sizes
SIDES = 30.0  # how many gradients of a usual sample a row at a kink may be off by
CLAIMS = {  # which conditions an outcome says are met, where the search has them
    Outcome.DECREASED: ("A", "C", "W"),
    Outcome.LOWERED: ("A",),
    Outcome.ALLOWED: ("A of the last losses",),
    Outcome.APPROXIMATE: ("H", "C", "W"),
}


@dataclass(frozen=True)
class Walked:
    """One step: from where, to where, with which α, and the places of its other trials by number."""

    record: Step
    before: Place
    after: Place
    delta: Vector
    alpha: float
    places: dict[int, Place]

    @classmethod
    def of(cls, record: Step, before: Place, after: Place) -> Walked:
        delta = after.theta - before.theta
        accepted = accepted_trial(record)
        alpha = (accepted.alpha if accepted else record.alpha) or 0.0
        if not alpha > 0:
            return cls(record, before, after, delta, 0.0, {})
        places = {
            i: Place(before.theta, delta, t.alpha / alpha, None if t.slope is None else delta / alpha)
            for i, t in enumerate(record.trials, start=1)
            if t is not accepted
        }
        return cls(record, before, after, delta, alpha, places)


def accepted_trial(step: Step) -> Trial | None:
    return next((t for t in step.trials if t.verdict is Verdict.ACCEPTED), None)


class Judge:
    """Compares what was derived with what is stored."""

    def __init__(self, stored: Stored, rule: Method | None, search: Search | None, book: Book) -> None:
        self.stored, self.rule, self.search, self.book = stored, rule, search, book
        self.rel = 2e-5 if stored.single else 1e-9
        limits = np.finfo(np.float32 if stored.single else np.float64)
        self.epsilon, self.tiny = float(limits.eps), PARTS * float(limits.tiny)

    def point(self, k: int, here: Place, unseen: Place | None) -> None:
        """Loss, gradient and accuracies at θ_k."""
        step, agree = self.stored.steps[k], self.book.agree
        self.book.kinks += bool(here.kinks)
        agree(k, "loss", step.value, here.value, self._loss_rounding(here))
        agree(k, "gradient norm", step.gradient_norm, here.steepness, self._gradient_rounding(here))
        if (right := step.measures.get("accuracy_train")) is not None:
            agree(k, "accuracy_train", right, here.right, here.ties + 1e-12)
        if unseen is None:
            return
        if (loss := step.measures.get("loss_test")) is not None:
            agree(k, "loss_test", loss, unseen.value, 1e-9 * abs(unseen.value))
        if (right := step.measures.get("accuracy_test")) is not None:
            agree(k, "accuracy_test", right, unseen.right, unseen.ties + 1e-12)

    def outputs(self, k: int) -> None:
        """The sample digits' outputs, stored as float32."""
        samples, shown = self.stored.header.samples, self.stored.outputs.get(k)
        if samples is None or shown is None:
            return
        seen = self.stored.network.predict(self.stored.thetas[k], samples.inputs / self.stored.header.scale)
        worst = float(np.max(np.abs(seen - shown))) if seen.shape == shown.shape else math.inf
        self.book.agree(k, "sample outputs", worst, 0.0, 1e-6 * max(1.0, float(np.max(np.abs(seen)))))

    def step(self, k: int, walked: Walked) -> None:
        """α, slope, trials and the condition of the step that arrived at θ_k."""
        record, agree = walked.record, self.book.agree
        if not walked.alpha:
            agree(k, "alpha", record.alpha, "the weights moved" if walked.delta.any() else 0.0)
            return
        accepted = accepted_trial(record)
        if accepted is not None:
            agree(k, "alpha", record.alpha, accepted.alpha)
        elif isinstance(fixed := getattr(self.rule, "first", None), Always):
            agree(k, "alpha", record.alpha, fixed.alpha)
        slope0 = walked.before.falls(walked.delta) / walked.alpha
        near0 = self._slope_rounding(walked.before, walked, slope0)
        agree(k, "slope", record.slope, slope0, near0)
        for i, trial in enumerate(record.trials, start=1):
            place = walked.after if trial is accepted else walked.places[i]
            self._trial(k, f"trial {i}", walked, trial, place, (slope0, near0))
        if record.outcome is not None:
            agree(k, "outcome", record.outcome.moved, True)
            known = self._conditions(k, walked, walked.alpha, walked.after, (slope0, near0), strictly=True)
            for name in CLAIMS.get(record.outcome, ()):
                if name in known:
                    self.book.holds(k, f"condition ({name})", *known[name])

    def _trial(
        self, k: int, name: str, walked: Walked, trial: Trial, place: Place, start: tuple[float, float]
    ) -> None:
        """φ and φ′ where it was made, and by how much it was accepted or refused."""
        far = self._far(walked, trial.alpha)
        self.book.agree(k, f"{name}: φ", trial.phi, place.value, far * self._loss_rounding(place))
        if trial.slope is not None:
            slope = self._slope_at(walked, place)
            near = far * self._slope_rounding(place, walked, slope)
            self.book.agree(k, f"{name}: φ′", trial.slope, slope, near)
        known = self._conditions(k, walked, trial.alpha, place, start).values()
        if known and trial.margin is not None and math.isfinite(trial.margin):
            # it is the signed error of one of the conditions: which one, the search alone knows
            error, near = min(known, key=lambda one: abs(one[0] - trial.margin) / max(one[1], self.tiny))
            self.book.agree(k, f"{name}: margin", trial.margin, error, near)

    def _conditions(
        self,
        k: int,
        walked: Walked,
        alpha: float,
        place: Place,
        start: tuple[float, float],
        strictly: bool = False,
    ) -> dict[str, tuple[float, float]]:
        """The conditions that the search has, as signed errors, each with how closely it is known.

        strictly : by what double precision knows of φ, not by what may have been printed.
        """
        c1, c2 = getattr(self.search, "c1", None), getattr(self.search, "c2", None)
        if c1 is None:
            return {}
        (slope0, near0), far = start, self._far(walked, alpha)
        slope, phi0 = self._slope_at(walked, place), walked.before.value
        near = near0 + far * self._slope_rounding(place, walked, slope)
        lost = PARTS * self.epsilon * (abs(phi0) + abs(place.value)) + self.tiny
        if not strictly:
            lost = self._loss_rounding(walked.before) + far * self._loss_rounding(place)
        lost += c1 * alpha * near0
        line = c1 * alpha * slope0
        known = {
            "A": (place.value - phi0 - line, lost),
            "A of the last losses": (place.value - self._highest(k, phi0) - line, lost),
            "H": (slope - (2 * c1 - 1) * slope0, near),
        }
        if c2 is not None:
            known["C"] = (abs(slope) - c2 * abs(slope0), near)
        if (w2 := getattr(self.search, "w2", None)) is not None:
            known["W"] = (w2 * slope0 - slope, near)
        return known

    def _highest(self, k: int, phi0: float) -> float:
        """The highest of the last losses, for a search that is not monotone."""
        window = getattr(self.search, "window", 1)
        steps = [self.stored.steps.get(j) for j in range(max(0, k - window), k - 1)]
        return max([phi0, *(step.value for step in steps if step is not None and step.value is not None)])

    def _slope_at(self, walked: Walked, place: Place) -> float:
        """φ′ at a place: told there, or from its gradient where that was kept."""
        return place.slope if place.gradient is None else place.falls(walked.delta) / walked.alpha

    def _far(self, walked: Walked, alpha: float) -> float:
        """θ + (α / α_k) Δ carries Δ's rounding that far."""
        return max(1.0, 1e-3 * alpha / walked.alpha)

    def _relative(self, place: Place) -> float:
        """A loss of e^-z has z's error as its relative one, and z is a sum of rounded summands."""
        return self.rel + SUMMED * self.epsilon * place.reach

    def _loss_rounding(self, place: Place) -> float:
        return self._relative(place) * abs(place.value) + self.tiny

    def _parts(self, place: Place, size: float) -> float:
        """What may be wrong in a mean of gradients of this size: rounding, and rows at a kink."""
        rounded = (PARTS + SUMMED * place.reach) * self.epsilon
        return (rounded + SIDES * place.kinks) * size + self.tiny

    def _gradient_rounding(self, place: Place) -> float:
        return self._relative(place) * place.steepness + self._parts(place, place.size)

    def _slope_rounding(self, place: Place, walked: Walked, slope: float) -> float:
        """Of gᵀp: what g is rounded by, and what p = Δ / α is, Δ a difference of larger weights."""
        length = float(np.linalg.norm(walked.delta)) / walked.alpha
        lost = 2.0**-52 * float(np.linalg.norm(walked.after.theta)) / walked.alpha
        steep = (walked.before if place.gradient is None else place).steepness
        parts = self._parts(place, max(place.size, walked.before.size))
        return self._relative(place) * abs(slope) + parts * length + steep * lost
