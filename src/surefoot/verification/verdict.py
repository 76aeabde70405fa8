"""The verdict in words: whether the gradient holds, if not where, and what kind of mistake it looks like."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from surefoot.arrays import Vector
from surefoot.verification.blocks import SHARP, TOLERANCE, Block, Status, largest


def holding(blocks: Sequence[Block], compared: str) -> str:
    """How well all agree; `compared` is what was compared, in the plural."""
    faint = [b for b in blocks if b.exact is None and b.error > SHARP]
    seen = [b for b in blocks if b not in faint]
    if not any(b.scale for b in seen):
        size = largest(*(b.analytic for b in blocks))
        return (
            "The gradient holds as far as can be seen: f is flat here "
            f"(largest slope {size:.1e}), which proves little. Check at another point too."
        )
    count, error = sum(b.where.size for b in seen), max(b.error for b in seen)
    agree = f"all {count:,} {compared} agree" if count > 1 else "its one derivative agrees"
    sentence = f"The gradient holds: {agree} with central differences to {error:.1e} of the block's largest"
    exact = [b.exact_error for b in seen if b.exact_error is not None]
    if exact:
        sentence += f", and with the complex step to {max(exact):.1e}"
    elif error > TOLERANCE:
        sentence += ", as close as f can be measured here"
    if faint:
        sentence += f"; those of {listed([b.name for b in faint])} are too small to be told from rounding"
    return sentence + "."


def failing(blocks: Sequence[Block], worst: str, rows: int | None) -> str:
    """What is wrong, where, the worst entry (already in words), and the pattern if there is one."""
    bad = [b for b in blocks if b.status is Status.WRONG]
    good = [b.name for b in blocks if b.status is Status.HOLDS]
    where = listed([b.name for b in bad])
    sentence = f"The gradient does not hold: {where} {'is' if len(bad) == 1 else 'are'} wrong"
    sentence += f", {listed(good)} {'holds' if len(good) == 1 else 'hold'}." if good else "."
    return " ".join([sentence, worst, *_patterns(blocks, bad, rows)])


def _patterns(blocks: Sequence[Block], bad: Sequence[Block], rows: int | None) -> list[str]:
    """A mistake that is the same everywhere has one cause; say it once, not per entry."""
    claimed, measured = _slopes(blocks)
    if not claimed.any():
        return ["Your gradient is zero everywhere, but f is not flat here."]
    if not measured.any():
        return ["f is flat here: it changes with none of the parameters that are wrong."]
    length = _norm(claimed) / _norm(measured)
    cosine = float(claimed @ measured) / (_norm(claimed) * _norm(measured))
    if len(bad) == len(blocks):
        if (whole := factor(claimed, measured)) is not None:
            return [f"Your whole gradient is {_times(whole, rows)}"]
        if cosine > 0.9 and not 0.9 < length < 1.1:
            much = f"{length:.3g} times too long" if length > 1 else f"{1 / length:.3g} times too short"
            return [
                f"Your whole gradient is about {much}, yet points nearly the right way "
                f"(cosine {cosine:.3f}): training would go on, and hide it."
            ]
    words = []
    for block in bad:
        same = factor(block.analytic, block.numeric) if block.where.size > 1 else None
        if not block.analytic.any():
            words.append(f"Your {block.name} is zero everywhere.")
        elif same is not None:
            words.append(f"Your {block.name} is {_times(same, rows)}")
    if cosine < 0:
        words.append(f"As a whole it points uphill where it should point downhill (cosine {cosine:.3f}).")
    return words


def factor(claimed: Vector, measured: Vector) -> float | None:
    """c when claimed = c · measured to a part in 100,000 of the largest, and c is not 1; else None."""
    square = float(measured @ measured)
    if not square:
        return None
    c = float(claimed @ measured) / square
    same = largest(claimed - c * measured) <= 1e-5 * abs(c) * largest(measured)
    return c if same and abs(c - 1) > 1e-5 else None


def _times(c: float, rows: int | None) -> str:
    if abs(c + 1) < 1e-4:
        return "right but for its sign: a minus is missing or too many."
    words = f"{c:.6g} times the numeric one, everywhere the same: a constant factor."
    if rows and rows > 1 and math.isclose(abs(c), rows, rel_tol=1e-4):
        words += f" There are {rows} samples: is the mean taken, or the sum?"
    if rows and rows > 1 and math.isclose(abs(c) * rows, 1, rel_tol=1e-4):
        words += f" There are {rows} samples: is it divided by their number twice?"
    return words


def unclear(blocks: Sequence[Block], label: str) -> str:
    """The fault is not the gradient's, as far as one can see."""
    names = listed([b.name for b in blocks if b.status is Status.UNCLEAR])
    return (
        f"This check cannot decide: f is too rough to measure the slopes of {names} (first {label}); "
        "differences over smaller and smaller steps do not settle. The fault is in f or at this point, not "
        "(yet) in the gradient: look for float32 inside f, random numbers, a rounded result, values that are "
        "not finite, or parameters so small that a step of 1e-5 is far."
    )


def aside(names: Sequence[str]) -> str:
    return (
        f"This check cannot decide: every perturbation of {listed(names)} meets a kink at this point. "
        "Check at another point, for example another net.initial(rng=...)."
    )


def listed(names: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def _slopes(blocks: Sequence[Block]) -> tuple[Vector, Vector]:
    claimed = np.concatenate([b.analytic for b in blocks])
    measured = np.concatenate([b.numeric for b in blocks])
    seen = np.isfinite(measured)
    return claimed[seen], measured[seen]


def _norm(v: Vector) -> float:
    return float(np.linalg.norm(v))
