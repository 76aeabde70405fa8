"""Numbers and names as people read them: 91.3 %, 1 min 05 s, 0.5433.

Records hold fractions, seconds and names as they came; nothing here goes back into a record.
"""

from __future__ import annotations

import math

from surefoot.records import Header

UNKNOWN = "-"


def plain(name: object) -> str:
    """A name on one line, without the control characters that would steer a terminal."""
    return "".join(c if c.isprintable() else "?" for c in str(name))


def short(name: str, most: int) -> str:
    """A name in at most so many letters, the last a … when some are missing."""
    return name if len(name) <= most else name[: most - 1] + "…"


def number(value: float | None) -> str:
    """Four significant digits: 0.5433, 2.37, 1.2e-09; `-` when it was not measured."""
    return UNKNOWN if value is None else f"{value:.4g}"


def percent(fraction: float | None) -> str:
    """A fraction as percent with one decimal: 91.3 %."""
    return UNKNOWN if fraction is None else f"{100 * fraction:.1f} %"


def count(many: int, thing: str) -> str:
    """1 pass, 201 passes, 1,000 iterations."""
    plural = "es" if thing.endswith("s") else "s"
    return f"{many:,} {thing}{'' if many == 1 else plural}"


def duration(seconds: float) -> str:
    """0.42 s, 12.3 s, 1 min 05 s, 2 h 03 min."""
    if not math.isfinite(seconds):
        return UNKNOWN
    if seconds < 59.95:
        return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def headline(header: Header) -> str:
    """64-6-10, 460 parameters, method classic, digits 1,000 train / 797 test."""
    tested = f" / {header.n_test:,} test" if header.n_test else ""
    return (
        f"{header.architecture}, {count(header.parameters, 'parameter')}, method {plain(header.method)}, "
        f"{plain(header.data)} {header.n_train:,} train{tested}"
    )
