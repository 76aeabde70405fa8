"""What verifying a run found: how many numbers were derived again, and each one that differs."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Mismatch:
    """A number that is not what the weights and the data say."""

    iteration: int
    name: str
    stored: Any
    derived: Any
    tolerance: float

    def __str__(self) -> str:
        return (
            f"iteration {self.iteration}, {self.name}: stored {_said(self.stored)}, "
            f"derived {_said(self.derived)}, tolerance {self.tolerance:.2g}"
        )


@dataclass(frozen=True)
class Verification:
    """What came of it.

    records, verified : iterations there are, and those whose weights are stored.
    checked : how many numbers of each kind were derived again.   notes : what could not be, and why.
    """

    path: str
    what: str
    precision: str
    records: int
    verified: int
    checked: dict[str, int]
    mismatches: tuple[Mismatch, ...]
    notes: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        return not self.mismatches

    def to_json(self) -> dict[str, Any]:
        return {**self.__dict__, "mismatches": [m.__dict__ for m in self.mismatches], "holds": self.holds}

    def __str__(self) -> str:
        closely = "1e-9 relative" if self.precision == "double" else "2e-5 relative: sums ran in float32"
        wrong = Counter(_kind(m.name) for m in self.mismatches)
        lines = [
            f"{self.path}: {self.what}",
            f"weights are stored of {self.verified:,} of {self.records:,} iterations; {closely}",
            *(
                f"  {name:<21} {count:>7,} derived again, {wrong[name] or 'none'} different"
                for name, count in self.checked.items()
            ),
            *self.notes,
            *(f"DIFFERENT: {mismatch}" for mismatch in self.mismatches[:40]),
        ]
        if len(self.mismatches) > 40:
            lines.append(f"... and {len(self.mismatches) - 40:,} more")
        n = len(self.mismatches)
        lines.append(
            "Every number agrees." if self.holds else f"{n:,} number{'s' * (n > 1)} differ{'s' * (n == 1)}."
        )
        return "\n".join(lines)


class Book:
    """Counts what was compared, and keeps what differs."""

    def __init__(self) -> None:
        self.checked: Counter[str] = Counter()
        self.mismatches: list[Mismatch] = []
        self.kinks = 0

    def agree(self, k: int, name: str, stored: Any, derived: Any, tolerance: float = 0.0) -> None:
        """Compare two numbers; None in the file is a number that is not finite."""
        self.checked[_kind(name)] += 1
        if stored is None or (isinstance(stored, float) and not math.isfinite(stored)):
            same = derived is None or not math.isfinite(derived)
        elif isinstance(stored, int | float) and isinstance(derived, int | float):
            same = abs(stored - derived) <= tolerance
        else:
            same = stored == derived
        if not same:
            self.mismatches.append(Mismatch(k, name, stored, derived, tolerance))

    def holds(self, k: int, name: str, error: float, tolerance: float) -> None:
        """A condition as a signed error: <= 0 is satisfied."""
        self.checked[_kind(name)] += 1
        if not error <= tolerance:
            self.mismatches.append(Mismatch(k, name, "satisfied", f"violated by {error:.3g}", tolerance))


def _kind(name: str) -> str:
    """Trial 3's φ and trial 1's are counted together."""
    if name.startswith("condition"):
        return "condition"
    return "trial " + name.split(": ")[1] if name.startswith("trial ") else name


def _said(value: Any) -> str:
    return f"{value:.12g}" if isinstance(value, float) else str(value)
