"""The report of a gradient check: numbers per block, the worst entries, a verdict; and how it prints."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from surefoot.verification.taylor import Taylor

WIDTH = 88


@dataclass(frozen=True)
class Row:
    """One block of theta, or the total.

    derivatives : how many were compared (slopes along directions, for large problems).
    summed, largest : absolute differences between analytic and numeric.
    relative : the largest, over the block's largest entry; complex_step : the same against that.
    worst : the entry with the largest difference, with both numbers.
    kinks : derivatives set aside, because f has a kink there.
    """

    name: str
    derivatives: int
    summed: float
    largest: float
    relative: float
    complex_step: float | None
    worst: str
    analytic: float
    numeric: float
    kinks: int
    status: str


@dataclass(frozen=True)
class Report:
    """What `check` found; `str(report)` is a table for people, `report.holds` the answer.

    fault : "" when it holds, else whose it is: "gradient", "function" (f is rough or not finite)
        or "point" (f has kinks at every place there).
    """

    holds: bool
    fault: str
    verdict: str
    value: float
    size: int
    samples: int | None
    method: str = ""
    directions: int = 0  # random directions per block; 0: every parameter by itself
    rows: tuple[Row, ...] = ()
    total: Row | None = None
    taylor: Taylor | None = None

    def __str__(self) -> str:
        return "\n".join(_lines(self))

    def to_json(self) -> dict[str, Any]:
        """Plain values; numbers that are not finite become None."""
        plain: dict[str, Any] = _finite(asdict(self))
        plain["taylor"] = self.taylor.to_json() if self.taylor else None
        return plain


def _lines(report: Report) -> list[str]:
    samples = f", {report.samples:,} samples" if report.samples else ""
    lines = [f"Gradient check at f = {report.value:.10g} ({report.size:,} parameters{samples})", ""]
    if report.total:
        rows = [*report.rows, report.total] if len(report.rows) > 1 else report.rows
        lines += [*_table(_differences(rows, "slopes" if report.directions else "derivatives")), ""]
        lines += [*_table(_worst(report.rows)), ""]
        lines += textwrap.wrap(report.method, WIDTH)
        lines += textwrap.wrap(str(report.taylor), WIDTH)
        if report.total.kinks:
            lines.append(f"Kinks: {report.total.kinks:,} set aside; f has no derivative that close to them.")
        lines.append("")
    return lines + textwrap.wrap(report.verdict, WIDTH)


def _differences(rows: Sequence[Row], compared: str) -> list[list[str]]:
    exact = any(row.complex_step is not None for row in rows)
    head = ["block", compared, "sum |diff|", "largest", "relative", *["complex step"] * exact, ""]
    body = [
        [
            row.name,
            f"{row.derivatives:,}",
            f"{row.summed:.1e}",
            f"{row.largest:.1e}",
            f"{row.relative:.1e}",
            *(["" if row.complex_step is None else f"{row.complex_step:.1e}"] if exact else []),
            row.status,
        ]
        for row in rows
    ]
    return [head, *body]


def _worst(rows: Sequence[Row]) -> list[list[str]]:
    head = ["worst entry", "analytic (yours)", "numeric (ours)"]
    return [
        head,
        *([r.worst, f"{r.analytic + 0.0:.10g}", f"{r.numeric + 0.0:.10g}"] for r in rows if r.derivatives),
    ]


def _table(cells: list[list[str]]) -> list[str]:
    """Columns aligned: the first to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = []
    for first, *others in cells:
        numbers = (cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))
        lines.append("  ".join(["", first.ljust(widths[0]), *numbers]).rstrip())
    return lines


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
