"""Is this the gradient of that function?  If not, where, and whose fault is it?

Every parameter is moved a little forward and backward (all at once where the objective has a sweep),
the slopes are compared block by block, and what one step leaves open is measured again with others.
Where f is analytic and takes complex steps, these decide.  Problems too large for every parameter are
checked along random directions instead, and a wrong entry is found by halving.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, overload

import numpy as np

from surefoot.arrays import Array, Vector, is_finite
from surefoot.verification import verdict
from surefoot.verification.blocks import EXACT_TOLERANCE, Block, Status, judge, largest
from surefoot.verification.differences import complex_step, conditioning
from surefoot.verification.probes import STEP, Coordinates, Directions, Probes, value_at
from surefoot.verification.report import Report, Row
from surefoot.verification.subject import Checkable, Here, here, place, subject
from surefoot.verification.taylor import random_direction, taylor

BUDGET = 1_000_000  # samples x parameters moved one by one; about a second for a small network
DIRECTIONS = 6  # per block, beyond the budget


@overload
def check(objective: Checkable, theta: Array, /, *, budget: int = ..., rng: int = ...) -> Report: ...
@overload
def check(
    f: Callable[[Array], Any],
    gradient: Callable[[Array], Any],
    x: Array,
    /,
    *,
    budget: int = ...,
    rng: int = ...,
) -> Report: ...
def check(*arguments: Any, budget: int = BUDGET, rng: int = 0) -> Report:
    """Compare a gradient with slopes measured from the values of f alone.

    Parameters
    ----------
    objective, theta : a problem and a place; always checked in float64.
    f, gradient, x : or any function of x, and its gradient in the shape of x.
    budget : samples x parameters (for functions: parameters squared) up to which every parameter
        is moved by itself; beyond it random directions are used, and the report says so.
    rng : seed of the random directions.

    Raises
    ------
    BadValue : neither form, or x not finite.   ShapeError : gradient, f or theta of a wrong shape.

    >>> x = np.array([1.0, 2.0])
    >>> check(lambda x: x @ x, lambda x: 2 * x, x).holds
    True
    >>> print(check(lambda x: x @ x, lambda x: x, x).verdict)
    The gradient does not hold: x is wrong. Worst: x[1], analytic (yours) 2, numeric (ours) 4. Your whole gradient is 0.5 times the numeric one, everywhere the same: a constant factor.
    """  # noqa: E501
    objective, theta = subject(arguments)
    point = here(objective, theta)
    samples = getattr(objective, "rows", None)
    probes, method = _probes(objective, theta, budget, rng)
    if trouble := _unusable(objective, theta, point) or _two_functions(probes, point.value):
        return Report(False, *trouble, point.value, theta.size, samples)
    claimed = probes.project(point.gradient)
    aside = _kinks(objective, theta, probes)
    blocks = [judge(name, probes, aside, point.value, claimed) for name in probes.blocks]
    if getattr(objective, "analytic", False) and isinstance(probes, Coordinates) and probes.sweep:
        blocks = _with_exact(blocks, objective, theta)
        method += "; the complex step, exact to rounding, decides"
    rows = tuple(_row(b, probes, objective, point.gradient) for b in blocks)
    fault, words = _verdict(blocks, rows, probes, objective)
    p = random_direction(theta, rng)
    return Report(
        holds=not fault,
        fault=fault,
        verdict=words,
        value=point.value,
        size=theta.size,
        samples=samples,
        method=method + ".",
        directions=DIRECTIONS if isinstance(probes, Directions) else 0,
        rows=rows,
        total=_total(rows),
        taylor=taylor(lambda t: value_at(objective, t), theta, point.gradient, p),
    )


def _unusable(objective: Any, theta: Vector, point: Here) -> tuple[str, str] | None:
    """Whose fault, and a sentence, when there is nothing to compare."""
    if not is_finite(point.value):
        return "function", f"There is nothing to check: f is {point.value} at this point."
    bad = np.flatnonzero(~np.isfinite(point.gradient))
    if bad.size:
        return "gradient", (
            f"The gradient does not hold: {bad.size:,} of its {theta.size:,} entries "
            f"{'is' if bad.size == 1 else 'are'} NaN or infinite, "
            f"first {place(objective, int(bad[0]))}, while f is finite ({point.value:.6g})."
        )
    if getattr(objective, "single", False):
        return "function", (
            "This check cannot decide: f answers in float32, whose rounding hides the slopes. "
            "x arrives in float64; let f compute in float64 too."
        )
    return None


def _two_functions(probes: Probes, value: float) -> tuple[str, str] | None:
    """The sweep and the value of one objective must be of one function."""
    if not (isinstance(probes, Coordinates) and probes.sweep):
        return None
    swept = float(probes.values(np.zeros(1, int), 0.0)[0])
    if abs(swept - value) <= 1e-9 * max(abs(value), 1):
        return None
    return "function", (
        f"This check cannot decide: at this very point the objective's value is {value!r} and "
        f"its sweep gives {swept!r}. They are not the same function; mend that first."
    )


def _probes(objective: Any, theta: Vector, budget: int, rng: int) -> tuple[Probes, str]:
    """Every parameter while that is affordable, else random directions; and that in words."""
    work = theta.size * (getattr(objective, "rows", None) or 1)
    work *= 1 if hasattr(objective, "sweep") else theta.size
    method = f"Numeric: central differences, step {STEP:g}"
    if work <= budget:
        return Coordinates(objective, theta), method
    return Directions(objective, theta, rng, DIRECTIONS), (
        f"{method}, along {DIRECTIONS} random directions in every block: there are too many derivatives to "
        f"take each by itself (work {work:,}, budget {budget:,})"
    )


def _kinks(objective: Any, theta: Vector, probes: Probes) -> Array:
    """(m,) True for the probes that the objective itself says meet a kink."""
    if hasattr(objective, "crossed") and isinstance(probes, Coordinates):
        return np.asarray(objective.crossed(theta, STEP), bool)
    return np.zeros(probes.unit.size, bool)


def _with_exact(blocks: Sequence[Block], objective: Any, theta: Vector) -> list[Block]:
    exact = complex_step(objective, theta)
    judged = [_exactly(b, exact, None) for b in blocks]
    if any(b.status is Status.WRONG for b in judged):
        noise = conditioning(objective, theta, exact)
        judged = [_exactly(b, exact, noise) for b in blocks]
    return judged


def _exactly(block: Block, exact: Vector, noise: Vector | None) -> Block:
    slopes = exact[block.where]
    allowed = EXACT_TOLERANCE * largest(block.analytic, slopes)
    if noise is not None:
        allowed = max(allowed, 30 * largest(noise[block.where]))
    return replace(block, exact=slopes, exact_allowed=allowed)


def _row(block: Block, probes: Probes, objective: Checkable, gradient: Vector) -> Row:
    at, some = block.worst, block.where.size > 0
    return Row(
        name=block.name,
        derivatives=block.where.size,
        summed=float(np.nansum(block.difference)),
        largest=largest(block.difference),
        relative=block.error,
        complex_step=block.exact_error,
        worst=_label(at, block, probes, objective, gradient) if some else "",
        analytic=float(block.analytic[at]) if some else 0.0,
        numeric=float(block.numeric[at]) if some else 0.0,
        kinks=block.kinks,
        status=block.status.value,
    )


def _label(at: int, block: Block, probes: Probes, objective: Checkable, gradient: Vector) -> str:
    """Where the block's probe `at` lies; for a wrong direction, also which parameter is to blame."""
    probe = int(block.where[at])
    if isinstance(probes, Coordinates):
        return place(objective, probe)
    if isinstance(probes, Directions) and block.status is Status.WRONG:
        return f"along {block.name}, because of {place(objective, probes.locate(probe, gradient))}"
    return f"along {block.name}"


def _total(rows: Sequence[Row]) -> Row:
    """Sums and worst cases; the worst entry is the one with the largest relative error."""
    exact = [row.complex_step for row in rows if row.complex_step is not None]
    return replace(
        max(rows, key=lambda row: row.relative),
        name="total",
        derivatives=sum(row.derivatives for row in rows),
        summed=sum(row.summed for row in rows),
        largest=max(row.largest for row in rows),
        complex_step=max(exact, default=None),
        kinks=sum(row.kinks for row in rows),
        status="",
    )


def _verdict(blocks: Sequence[Block], rows: Sequence[Row], probes: Probes, objective: Any) -> tuple[str, str]:
    """Whose fault it is ("" when it holds), and the sentence."""
    by = {status: [b for b in blocks if b.status is status] for status in Status}
    if by[Status.WRONG]:
        wrong = [row for row in rows if row.status == Status.WRONG.value]
        row = max(wrong, key=lambda row: row.relative)
        worst = f"Worst: {row.worst}, analytic (yours) {row.analytic:.8g}, numeric (ours) {row.numeric:.8g}."
        return "gradient", verdict.failing(blocks, worst, getattr(objective, "rows", None))
    if by[Status.UNCLEAR]:
        block = by[Status.UNCLEAR][0]
        first = _label(int(block.unclear.argmax()), block, probes, objective, block.analytic)
        return "function", verdict.unclear(blocks, first)
    if by[Status.SET_ASIDE]:
        return "point", verdict.aside([b.name for b in by[Status.SET_ASIDE]])
    each = isinstance(probes, Coordinates)
    return "", verdict.holding(blocks, "derivatives" if each else "slopes along random directions")
