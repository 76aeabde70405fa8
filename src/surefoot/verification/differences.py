"""Slopes from values alone: central differences, how far they can be trusted, and the complex step.

    D(h) = (f(θ + hp) - f(θ - hp)) / 2h        error ≈ |f‴| h²/6 + ε|f|/h

One step h = 1e-5 serves nearly always.  Where it does not agree with the gradient, the fault may be
the step's: then D is taken on a ladder of steps, and the one is trusted that changes least from its
rung to the next.  That change, not the gradient under test, says how far to trust it.  The noise of f
is read off the finest rungs, where it is all that changes, and off rungs on which f stands still
though it should not.  A corner of f shows itself too:

    B(h) = |f(θ + hp) - 2 f(θ) + f(θ - hp)| / h     falls like h where f is smooth, and stays the
                                                    jump of the slope where f has a corner

    ∂f/∂θᵢ = Im f(θ + ih eᵢ) / h                    complex step: nothing is subtracted, h = 1e-30

Sources: Nocedal & Wright (2006), section 8.1; Squire & Trapp, SIAM Review 40 (1998) 110.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from surefoot.arrays import Array, Vector
from surefoot.verification.probes import STEP, Probes

LADDER = STEP * 10.0 ** np.arange(2, -7, -1)
CORNER = 1  # the rung 1e-4: at a corner within 1e-5, B is the same on it as on one of its neighbours
QUIET = 5  # from 1e-8 on a smooth f changes by rounding only
ROUNDING = 16 * 2.0**-52  # relative rounding of f that must be expected of any computer
COMPLEX_STEP = 1e-30


class Estimate(NamedTuple):
    """Slopes along m probes, and what is known of their quality; all (m,)."""

    slope: Vector
    rounding: Vector  # what rounding may have done to them, with f computed as well as float64 can
    noise: Vector  # what the noise of f, as measured, may have done; not below `rounding`
    change: Vector  # how much they change when the step is cut by ten
    jump: Vector  # of the slope, where f has a corner; 0 elsewhere
    nearby: Vector  # how much the slopes differ 1e-8 away: less than that is nothing, as at a minimum


def central(probes: Probes, where: Array, f: float) -> Estimate:
    """Central differences with the one step; nothing but rounding is known of them."""
    h = STEP * probes.unit[where]
    forward, backward = probes.values(where, STEP), probes.values(where, -STEP)
    none = np.zeros(where.size)
    rounding = ROUNDING * abs(f) / h
    return Estimate((forward - backward) / (2 * h), rounding, rounding, none, none, none)


def trusted(probes: Probes, where: Array, f: float) -> Estimate:
    """For every probe the central difference that changes least along the ladder; NaN if none is finite."""
    forward = np.array([probes.values(where, h) for h in LADDER.tolist()])
    backward = np.array([probes.values(where, -h) for h in LADDER.tolist()])
    h = LADDER[:, None] * probes.unit[where]
    with np.errstate(invalid="ignore", over="ignore"):
        D = (forward - backward) / (2 * h)
        rounding = ROUNDING * np.maximum(abs(f), np.fmax(np.abs(forward), np.abs(backward))) / h
        change = np.abs(np.diff(D, axis=0))
        B = np.abs(forward - 2 * f + backward) / h
        restless = (change * h[1:])[QUIET:]  # D is off by noise / h, most on the finer rung
        missed = np.where(forward == backward, 1.0, 0.0)[1:] * np.abs(D[:-1]) * h[1:]
        noise = np.maximum(rounding, np.nan_to_num(np.vstack([restless, missed])).max(axis=0) / h)
        alike = (B[1:] > B[:-1] / 2) & (B[1:] < 2 * B[:-1])  # where f is smooth or noisy, 10 times apart
        corner = (alike[CORNER - 1] | alike[CORNER]) & (B[CORNER] > 10 * noise[CORNER])
        doubt = np.where(np.isfinite(change), change + noise[:-1], np.inf)
    best = doubt.argmin(axis=0), np.arange(where.size)
    slope = np.where(np.isfinite(doubt[best]), D[best], np.nan)
    jump = np.where(corner, B[CORNER], 0.0)
    nearby = np.nan_to_num(B[CORNER]) * (1e-8 / LADDER[CORNER])
    return Estimate(slope, rounding[best], noise[best], change[best], jump, nearby)


def complex_step(objective: Any, theta: Vector) -> Vector:
    """Exact slopes, (P,), of an objective whose `sweep` takes complex steps and whose f is analytic."""
    swept: Vector = objective.sweep(theta, COMPLEX_STEP * 1j).imag / COMPLEX_STEP
    return swept


def conditioning(objective: Any, theta: Vector, exact: Vector) -> Vector:
    """How much the exact slopes move when theta does by its last bit: nobody can know them better."""
    bits = np.where(np.arange(theta.size) % 2, 2.0**-52, -(2.0**-52))
    return np.abs(complex_step(objective, theta * (1 + bits)) - exact)
