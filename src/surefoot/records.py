"""What is written down about a run: plain values, no arrays of the data's size, nothing that computes.

    Trial    one step length that a search tried, and what became of it
    Found    what a search decided: a step length, an outcome in words, all its trials
    Step     record k of a run: theta_k, and the step that arrived there
    Ending   why the run ended
    Header   what was trained, on what, how
    Frame    a Step and what the probes measured at it: all that a view may show
    Race     several methods from one start: a Curve each, loss over cost

Everything that draws, serves or stores a run reads these records and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any

from surefoot.arrays import Array


@dataclass(frozen=True)
class Cost:
    """Work done so far, counted where it is done.

    passes : products of all training rows with one block of first-layer columns, or its transpose.
    tails : times the layers behind the first ran over all rows.
    evaluations : points at which a loss, slope or gradient was asked for.
    """

    passes: int = 0
    tails: int = 0
    evaluations: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.passes + other.passes, self.tails + other.tails, self.evaluations + other.evaluations
        )

    def __sub__(self, other: Cost) -> Cost:
        return Cost(
            self.passes - other.passes, self.tails - other.tails, self.evaluations - other.evaluations
        )


class Verdict(Enum):
    """What a search says of one trial."""

    ACCEPTED = "accepted"
    LITTLE_DECREASE = "refused: the loss falls too little for so long a step"
    STILL_FALLING = "refused: too short, the loss still falls steeply there"
    RISING = "refused: too long, the loss rises steeply there"
    NON_FINITE = "refused: the loss or its slope is not finite there"
    PROBE = "looked at on the way"


class Outcome(Enum):
    """How a search ended."""

    DECREASED = "decreased: the loss fell enough"
    UNSEEN = "taken unseen: the constant rule does not look"
    APPROXIMATE = "decreased as far as rounding lets one see"
    LOWERED = "decreased, though no trial met the condition on the slope"
    ALLOWED = "allowed: far enough below the highest of the last losses"
    FLAT = "flat at precision: any change of the loss is lost in rounding"
    NON_FINITE = "not finite: the loss or its slope is not a number along this direction"
    NOT_DESCENT = "not a descent direction: the loss does not fall at the start of the ray"
    EXHAUSTED = "trials exhausted: no step length tried was good enough"

    @property
    def moved(self) -> bool:
        """True when a step was taken."""
        return self in (
            Outcome.DECREASED, Outcome.UNSEEN, Outcome.APPROXIMATE, Outcome.LOWERED, Outcome.ALLOWED
        )  # fmt: skip


@dataclass(frozen=True)
class Trial:
    """One step length that was tried: φ(α), φ′(α) where it was asked, the verdict and by how much.

    margin : the signed error of the condition that decided; <= 0 is satisfied (units of the loss).
    """

    alpha: float
    phi: float
    slope: float | None
    verdict: Verdict
    margin: float


@dataclass(frozen=True)
class Found:
    """What a search decided; `alpha` is 0.0 exactly when no step is taken."""

    alpha: float
    outcome: Outcome
    trials: tuple[Trial, ...] = ()


@dataclass(frozen=True)
class Step:
    """Record k of a run: the point theta_k, and the step that arrived there (None at k = 0).

    value : loss at theta_k (mean over samples).
    gradient_norm : Euclidean norm of the gradient at theta_k.
    cost, seconds : spent from the start of the run until this record.
    alpha : length of the step, as a multiple of the direction.
    slope : φ′(0) along the direction of the step (units of the loss).
    notes : every fallback that was used, in words.
    happened : what befell the machines meanwhile (a lost worker, what was recomputed), in words; the numbers
        are the same without it.
    measures : what the probes added: accuracy_train, accuracy_test, loss_test, ...
    """

    iteration: int
    value: float
    gradient_norm: float
    cost: Cost = Cost()
    seconds: float = 0.0
    alpha: float | None = None
    slope: float | None = None
    trials: tuple[Trial, ...] = ()
    outcome: Outcome | None = None
    notes: tuple[str, ...] = ()
    happened: tuple[str, ...] = ()
    measures: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The step as `surefoot show --json` prints it."""
        return {
            "iteration": self.iteration,
            "loss": self.value,
            "gradient_norm": self.gradient_norm,
            "alpha": self.alpha,
            "slope": self.slope,
            "trials": [
                {
                    "alpha": t.alpha,
                    "phi": t.phi,
                    "slope": t.slope,
                    "verdict": t.verdict.value,
                    "margin": t.margin,
                }
                for t in self.trials
            ],
            "outcome": self.outcome.value if self.outcome else None,
            "notes": list(self.notes),
            "happened": list(self.happened),
            "passes": self.cost.passes,
            "tails": self.cost.tails,
            "evaluations": self.cost.evaluations,
            "seconds": self.seconds,
            "accuracy_train": self.measures.get("accuracy_train"),
            "accuracy_test": self.measures.get("accuracy_test"),
            **{k: v for k, v in self.measures.items() if not k.startswith("accuracy_")},
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Step:
        """The inverse of `to_json`."""
        known = {
            "iteration", "loss", "gradient_norm", "alpha", "slope", "trials", "outcome", "notes",
            "happened", "passes", "tails", "evaluations", "seconds",
        }  # fmt: skip
        return cls(
            iteration=record["iteration"],
            value=record["loss"],
            gradient_norm=record["gradient_norm"],
            cost=Cost(record["passes"], record["tails"], record["evaluations"]),
            seconds=record["seconds"],
            alpha=record["alpha"],
            slope=record["slope"],
            trials=tuple(
                Trial(t["alpha"], t["phi"], t["slope"], Verdict(t["verdict"]), t["margin"])
                for t in record["trials"]
            ),
            outcome=Outcome(record["outcome"]) if record["outcome"] else None,
            notes=tuple(record["notes"]),
            happened=tuple(record.get("happened", ())),
            measures={k: v for k, v in record.items() if k not in known and v is not None},
        )


@dataclass(frozen=True)
class Ending:
    """Why a run ended: a short kind for programs, a sentence for people."""

    kind: str  # iterations, gradient, target, seconds, precision, failed, interrupted
    sentence: str

    def to_json(self) -> dict[str, str]:
        return asdict(self)


@dataclass(frozen=True)
class Samples:
    """A few fixed samples that every view shows: inputs as they came, labels, their row numbers.

    inputs : (s, d) in the data's own dtype; divide by Header.scale for what the network sees.
    """

    inputs: Array
    labels: Array
    rows: tuple[int, ...]


@dataclass(frozen=True)
class Header:
    """What was trained, on what, how: everything a reader needs to repeat the run."""

    sizes: tuple[int, ...]
    activation: str
    loss: str
    parameters: int
    method: str
    iterations: int | None  # as planned; None: no limit
    data: str
    n_train: int
    n_test: int
    classes: tuple[str, ...]  # empty for regression
    image_shape: tuple[int, int] | None
    scale: float
    l2: float
    precision: str
    compute: str  # which objective computes, and why
    options: Mapping[str, Any] = field(default_factory=dict)  # as given: rng, train size, sources ...
    data_hash: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    created: str = ""  # ISO 8601, UTC
    samples: Samples | None = None

    @property
    def architecture(self) -> str:
        """The layer sizes as people write them: 784-6-10."""
        return "-".join(map(str, self.sizes))

    def to_json(self) -> dict[str, Any]:
        """The header without the sample inputs, as `surefoot show --json` prints it."""
        fields = {k: v for k, v in self.__dict__.items() if k != "samples"}
        return {"architecture": self.architecture, **fields}


@dataclass(frozen=True)
class Frame:
    """One Step and what was measured at it.

    outputs : (s, k) the network's outputs for Header.samples (probabilities where there are
        classes), or None when not measured this time.
    phi : (m, 2) sampled pairs α, φ(α) along the step that arrived here, or None.
    theta : (P,) the weights at the step, read-only: the run's own, not a copy; or None.
    """

    step: Step
    outputs: Array | None = None
    phi: Array | None = None
    theta: Array | None = None


@dataclass(frozen=True)
class Microscope:
    """All that one line search saw, ready to be drawn.

    alphas, phi, slopes : (m,) samples of α, φ(α), φ′(α) along the step, α rising from 0.
    phi0, slope0 : φ(0), φ′(0).   c1, c2 : of the search's conditions, None where it has none.
    step : the record that the step arrived with: trials, verdicts, outcome.
    cause : for a failed search, which known cause fits and what to try.
    """

    iteration: int
    alphas: Array
    phi: Array
    slopes: Array
    phi0: float
    slope0: float
    c1: float | None
    c2: float | None
    step: Step
    cause: str | None = None

    def armijo_line(self) -> Array | None:
        """φ(0) + c₁ α φ′(0) at the samples."""
        return None if self.c1 is None else self.phi0 + self.c1 * self.alphas * self.slope0

    def flat_enough(self) -> Array | None:
        """(m,) True where |φ′(α)| <= c₂ |φ′(0)|."""
        return None if self.c2 is None else abs(self.slopes) <= self.c2 * abs(self.slope0)

    def to_json(self) -> dict[str, Any]:
        return {
            "iteration": self.iteration,
            "alphas": self.alphas.tolist(),
            "phi": self.phi.tolist(),
            "slopes": self.slopes.tolist(),
            "phi0": self.phi0,
            "slope0": self.slope0,
            "c1": self.c1,
            "c2": self.c2,
            "step": self.step.to_json(),
            "cause": self.cause,
        }


@dataclass(frozen=True)
class Curve:
    """What one runner of a race knew, and what it had paid by then; all tuples of one length.

    passes : over the data, when a loss was known.   losses : the lowest known so far, never rising.
    seconds, tails : spent by the end of that evaluation.   ours : False for another library.
    ending : why it ended before its passes were spent, or "".
    """

    name: str
    passes: tuple[int, ...]
    losses: tuple[float, ...]
    seconds: tuple[float, ...]
    tails: tuple[int, ...]
    ours: bool = True
    ending: str = ""

    def loss_at(self, passes: int) -> float | None:
        """The lowest loss known within so many passes; None before the first."""
        known = sum(p <= passes for p in self.passes)
        return self.losses[known - 1] if known else None


@dataclass(frozen=True)
class Race:
    """Several curves from one start on one set of data, and who did not take part, in sentences."""

    data: str
    n_train: int
    sizes: tuple[int, ...]
    l2: float
    passes: int
    curves: tuple[Curve, ...]
    absent: tuple[str, ...] = ()

    @property
    def marks(self) -> tuple[int, ...]:
        """Where curves are compared: an eighth, a quarter, a half and all of the passes."""
        return tuple(self.passes >> shift for shift in (3, 2, 1, 0))

    def to_json(self) -> dict[str, Any]:
        """The race as `surefoot race --json` prints it."""
        return {
            **{k: v for k, v in self.__dict__.items() if k != "curves"},
            "architecture": "-".join(map(str, self.sizes)),
            "curves": [
                {**asdict(curve), "loss_at": {mark: curve.loss_at(mark) for mark in self.marks}}
                for curve in self.curves
            ],
        }
