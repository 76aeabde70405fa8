"""A run as a small recording: all that the viewer needs to show it again, without data, Python or a server.

    θ at every 50th iteration and the last     exact, float64: keyframes
    θ between them                             one byte a number, the loop closed:

        δₖ = θₖ - shownₖ₋₁      s = max|δ| / 127 of each W and b      cₖ = round(δ / s)
        shownₖ = shownₖ₋₁ + s cₖ                so |shownₖ - θₖ| <= s/2: errors do not add up

    what the questions of the viewer gave      the microscope of every step; at the keyframes the errors,
                                               the loss surface and the gradient, float32

Written as JSON, a zero byte, and the numbers that the JSON points to, {"dtype", "shape", "at"}; all of it
deflated, as base64: a few megabytes of text for 300 iterations of 784-6-10.
"""

from __future__ import annotations

import json
import math
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from surefoot.arrays import Array, Vector
from surefoot.errors import SurefootError
from surefoot.records import Ending, Header, Step

FORMAT = "surefoot recording 1"
KEYFRAME = 50  # iterations between weights that are kept exactly
SAMPLES = 41  # of φ along a step
MOST_BYTES = 24 << 20  # for rounded weights: of large networks fewer iterations are kept

UNASKED = "This recording was made without the data, so it holds the records and the weights only."

Tell = Callable[[str], None]

Ask = Callable[[str, Mapping[str, Any]], dict[str, Any] | None]


class Weights(Protocol):
    """theta by iteration; some may not be there."""

    def __contains__(self, iteration: object) -> bool: ...
    def __getitem__(self, iteration: int, /) -> Vector: ...


class Replay(Protocol):
    """What can be recorded: the records of a run and its weights, such as a journal.

    samples(), points(), missing : as of a journal, where they are.
    """

    @property
    def header(self) -> Header: ...
    @property
    def steps(self) -> Sequence[Step]: ...
    @property
    def ending(self) -> Ending | None: ...
    @property
    def thetas(self) -> Weights: ...


def silent(_: str) -> None:
    """Tell nobody how far it is."""


def recording(replay: Replay, ask: Ask | None = None, tell: Tell = silent) -> str:
    """The recording as text that `recordingSource` in recording.js reads.

    ask : who answers questions about the run, ask(what, args); None, or `replay.missing` saying why not:
        only what the records and the weights tell is recorded.
    tell : told in a few words how far it is.
    """
    numbers = Numbers()
    tell("weights")
    thetas = {k: replay.thetas[k] for k in range(len(replay.steps)) if k in replay.thetas}
    weights = quantised(thetas, blocks(replay.header.sizes))
    missing = getattr(replay, "missing", "")
    told = {
        "format": FORMAT,
        "events": _events(replay, numbers),
        "weights": weights.to_json(numbers),
        "missing": missing or ("" if ask else UNASKED),
        **(_answers(replay, ask, weights.keyframes, numbers, tell) if ask and not missing else {}),
    }
    tell("writing")
    text = json.dumps(finite(told), allow_nan=False, separators=(",", ":"))
    return b64encode(zlib.compress(text.encode() + b"\0" + numbers.bytes(), 9)).decode("ascii")


def opened(text: str) -> tuple[dict[str, Any], Callable[[Mapping[str, Any]], Array]]:
    """What a recording holds, and a function that gives the numbers it points to."""
    head, _, tail = zlib.decompress(b64decode(text)).partition(b"\0")

    def numbers(place: Mapping[str, Any]) -> Array:
        dtype, shape = np.dtype(f"<{place['dtype']}"), place["shape"]
        return np.frombuffer(tail, dtype, math.prod(shape), place["at"]).reshape(shape)

    return json.loads(head), numbers


class Numbers:
    """Arrays one after the other; JSON holds their places."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def put(self, array: Any, dtype: str) -> dict[str, Any]:
        """Take an array in; what to write in its place."""
        data = np.ascontiguousarray(array, f"<{dtype}").tobytes()
        place = {"dtype": dtype, "shape": list(np.shape(array)), "at": self._size}
        self._parts.append(data)
        self._size += len(data)
        return place

    def sink(self, value: Any, scale: float) -> Any:
        """The same tree, its packed arrays taken in; pixels as bytes where that loses nothing."""
        if isinstance(value, dict) and value.keys() >= {"dtype", "shape", "data"}:
            return self._sunk(value, scale)
        if isinstance(value, dict):
            return {key: self.sink(part, scale) for key, part in value.items()}
        if isinstance(value, list | tuple):
            return [self.sink(part, scale) for part in value]
        return value

    def _sunk(self, packed: Mapping[str, Any], scale: float) -> dict[str, Any]:
        array = np.frombuffer(b64decode(packed["data"]), f"<{packed['dtype']}").reshape(packed["shape"])
        if packed["dtype"] == "f4":
            return self.inputs(array, scale)
        return self.put(array, "f4" if packed["dtype"] == "f8" else packed["dtype"])

    def inputs(self, seen: Array, scale: float) -> dict[str, Any]:
        """Inputs as the network sees them: float32, or bytes over `scale` when they are just that."""
        whole = np.rint(np.nan_to_num(np.asarray(seen, dtype=np.float64)) * scale)
        pixels = 1 < scale <= 255 and whole.size and whole.min() >= 0 and whole.max() <= 255
        if pixels and np.array_equal((whole / scale).astype(np.float32), np.asarray(seen, np.float32)):
            return {**self.put(whole, "u1"), "over": scale}
        return self.put(seen, "f4")

    def bytes(self) -> bytes:
        return b"".join(self._parts)


# weights -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Quantised:
    """Weights by iteration: `exact` (m, P) at `keyframes`, codes and scales at the `rest`."""

    kept: tuple[int, ...]
    keyframes: tuple[int, ...]
    exact: Array
    scales: Array  # (rest, blocks)
    codes: Array  # (rest, P) int8
    bounds: tuple[int, ...]  # where blocks of theta begin, and P
    error: float  # largest |shown - theta| of all

    @property
    def sentence(self) -> str:
        """Which weights are exact, and how far the others may be off."""
        if len(self.kept) == len(self.keyframes):
            return "All weights in this recording are exact."
        return (
            f"Weights are exact at iterations {listed(self.keyframes)}; between them they are rounded, by "
            f"at most {self.error:.2g}."
        )

    def to_json(self, numbers: Numbers) -> dict[str, Any]:
        return {
            "kept": list(self.kept),
            "keyframes": list(self.keyframes),
            "exact": numbers.put(self.exact, "f8"),
            "scales": numbers.put(self.scales, "f8"),
            "codes": numbers.put(self.codes, "i1"),
            "bounds": list(self.bounds),
            "error": self.error,
            "sentence": self.sentence,
        }


def blocks(sizes: Sequence[int]) -> tuple[int, ...]:
    """Where W1, b1, W2, b2, ... begin in theta, and its size."""
    bounds = [0]
    for rows, columns in zip(sizes, sizes[1:], strict=False):
        bounds += [bounds[-1] + rows * columns, bounds[-1] + (rows + 1) * columns]
    return tuple(bounds)


def quantised(thetas: Mapping[int, Vector], bounds: tuple[int, ...]) -> Quantised:
    """Round weights between keyframes to differences of one byte; rounding is carried on to the next."""
    last = max(thetas)
    every = 1 + len(thetas) * bounds[-1] // MOST_BYTES
    kept = [k for k in sorted(thetas) if k % every == 0 or k % KEYFRAME == 0 or k == last]
    keyframes = [k for k in kept if k % KEYFRAME == 0 or k in (kept[0], last)]
    shown = np.zeros(bounds[-1])
    lengths = np.diff(bounds)
    scales, codes, error = [], [], 0.0
    for k in kept:
        theta = np.asarray(thetas[k], dtype=np.float64)
        if k in keyframes:
            shown = theta.copy()
            continue
        delta = theta - shown
        scale = np.maximum.reduceat(abs(delta), bounds[:-1]) / 127
        each = np.repeat(scale, lengths)
        code = np.rint(np.divide(delta, each, out=np.zeros_like(delta), where=each > 0)).astype(np.int8)
        shown += each * code
        error = max(error, float(abs(shown - theta).max()))
        scales.append(scale)
        codes.append(code)
    return Quantised(
        kept=tuple(kept),
        keyframes=tuple(keyframes),
        exact=np.array([thetas[k] for k in keyframes], dtype=np.float64),
        scales=np.array(scales).reshape(-1, len(lengths)),
        codes=np.array(codes, dtype=np.int8).reshape(-1, bounds[-1]),
        bounds=bounds,
        error=error,
    )


def listed(iterations: Sequence[int]) -> str:
    """0, 50, ..., 300; all of them when they are few."""
    told = [f"{k:,}" for k in iterations]
    return ", ".join(told if len(told) <= 5 else [*told[:2], "...", told[-1]])


# the rest ------------------------------------------------------------------------------------------------


def _events(replay: Replay, numbers: Numbers) -> list[dict[str, Any]]:
    ending, points = replay.ending, getattr(replay, "points", None)
    run = {
        "type": "run",
        "run": "r1",
        "header": replay.header.to_json(),
        "samples": _samples(replay, numbers),
        "parent": None,
        "points": points() if points else None,
    }
    return [
        run,
        {"type": "steps", "run": "r1", "steps": [step.to_json() for step in replay.steps]},
        {"type": "status", "run": "r1", "training": False, "ending": ending and ending.to_json()},
    ]


def _samples(replay: Replay, numbers: Numbers) -> dict[str, Any] | None:
    header, samples = replay.header, getattr(replay, "samples", None)
    shown = samples() if samples else None
    if shown is not None:
        return dict(numbers.sink(shown, header.scale))
    return None if header.samples is None else few_samples(header, numbers.inputs)


def few_samples(header: Header, put: Callable[[Array, float], dict[str, Any]]) -> dict[str, Any] | None:
    """The fixed samples of a header as an event tells them."""
    few = header.samples
    if few is None:
        return None
    seen = (np.asarray(few.inputs, dtype=np.float64) / header.scale).astype(np.float32)
    return {
        "inputs": put(seen, header.scale),
        "labels": np.asarray(few.labels).tolist(),
        "rows": list(few.rows),
    }


def _answers(
    replay: Replay, ask: Ask, keyframes: Sequence[int], numbers: Numbers, tell: Tell
) -> dict[str, Any]:
    """What the viewer may ask: the softmax line, every step's microscope, the rest at the keyframes."""
    told: dict[str, Any] = {"microscopes": _microscopes(replay, ask, numbers, tell)}
    for what in ("errors", "surface", "gradient"):
        answers = {}
        for k in keyframes:
            tell(f"{what}, iteration {k:,}")
            if (answer := _asked(ask, what, {"k": k})) is not None:
                answers[k] = numbers.sink(answer, replay.header.scale)
        told[what] = answers
    tell("softmax regression, to compare with")
    return {**told, "softmax": _asked(ask, "softmax", {})}


def _asked(ask: Ask, what: str, args: Mapping[str, Any]) -> dict[str, Any] | None:
    """The answer; None where there is none, such as errors of a regression."""
    try:
        return ask(what, {"run": "r1", **args})
    except SurefootError:
        return None


def _microscopes(replay: Replay, ask: Ask, numbers: Numbers, tell: Tell) -> dict[int, Any]:
    """φ and φ′ along every step, about SAMPLES of each; the step itself is among the records."""
    found: dict[int, Any] = {}
    for k in range(1, len(replay.steps)):
        if k % KEYFRAME == 1:
            tell(f"microscope, iteration {k:,} of {len(replay.steps) - 1:,}")
        answer = _asked(ask, "microscope", {"k": k})
        if answer is None:
            continue
        rest = {
            name: part for name, part in answer.items() if name not in ("alphas", "phi", "slopes", "step")
        }
        curves = np.array([answer[name] for name in ("alphas", "phi", "slopes")], dtype=np.float64)
        thin = _thinned(curves[0], [trial.alpha for trial in replay.steps[k].trials])
        found[k] = {**rest, "curves": numbers.put(curves[:, thin], "f4")}
    return found


def _thinned(alphas: Array, tried: Sequence[float]) -> Array:
    """Which samples are kept: about SAMPLES of them, the first, the last, and where trials were made."""
    stride = max(1, round(len(alphas) / SAMPLES))
    keep = (np.arange(len(alphas)) % stride == 0) | np.isin(alphas, list(tried))
    keep[-1] = True
    return np.asarray(keep)


def finite(value: Any) -> Any:
    """The same with null for what is not finite, and plain numbers for NumPy's."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [finite(part) for part in value]
    return value
