"""What a measurement hands over: medians with their range, rows in words, goals with verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median


@dataclass(frozen=True)
class Sample:
    """The values of all rounds, in one unit."""

    values: tuple[float, ...]

    @classmethod
    def of(cls, values: Iterable[float]) -> Sample:
        return cls(tuple(map(float, values)))

    @property
    def median(self) -> float:
        return median(self.values)

    def times(self, factor: float) -> Sample:
        return Sample.of(factor * v for v in self.values)

    def over(self, other: Sample) -> Sample:
        """Ratios within each round: a slow minute that hits both leaves no mark."""
        return Sample.of(a / b for a, b in zip(self.values, other.values, strict=True))

    def __str__(self) -> str:
        if len(set(self.values)) == 1:
            return digits(self.median)
        return f"{digits(self.median)} [{digits(min(self.values))} .. {digits(max(self.values))}]"


def digits(value: float) -> str:
    """Three significant digits, no exponent."""
    size = abs(value)
    return f"{value:,.0f}" if size >= 100 else f"{value:.3g}" if size >= 10 else f"{value:.{_places(size)}f}"


def _places(size: float) -> int:
    return 2 if size >= 1 else 3 if size >= 0.01 or size == 0 else 5


@dataclass(frozen=True)
class Goal:
    """A row of the issue: `measured` is to be >= `reach` (or <= where `low`), better still `further`."""

    what: str
    measured: Sample
    reach: float
    further: float | None = None
    low: bool = False
    unit: str = "x"

    @property
    def verdict(self) -> str:
        if self.further is not None and self._meets(self.further):
            return "further"
        return "reached" if self._meets(self.reach) else "short"

    def _meets(self, bound: float) -> bool:
        return self.measured.median <= bound if self.low else self.measured.median >= bound

    def bound(self, value: float | None) -> str:
        return "" if value is None else f"{'<=' if self.low else '>='} {value:g} {self.unit}".strip()


@dataclass(frozen=True)
class Table:
    """One measurement.   bars : ms by name, for the figure; names in `ours` are drawn as ours."""

    title: str
    text: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    goals: Sequence[Goal] = ()
    bars: dict[str, Sample] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose columns are also straight when read as plain text."""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    lines = [[c.ljust(w) for c, w in zip(row, widths, strict=True)] for row in (head, *rows)]
    lines.insert(1, ["-" * w for w in widths])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
