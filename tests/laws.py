"""The laws that results must obey, written down once, independently of the code that is tested.

A law raises AssertionError with both numbers.  Each is itself tested: with a mistake planted, it must fail.
"""

from __future__ import annotations

import numpy as np


def blocks_of(objective):
    """name -> slice of theta; one block when the objective names none."""
    return getattr(objective, "blocks", None) or {"theta": slice(None)}


def require_close_blocks(claimed, measured, blocks, tolerance, law, floor=0.0):
    """Largest difference <= tolerance x the block's largest entry (+ floor), for every block."""
    for name, where in blocks.items():
        a, b = claimed[where], measured[where]
        scale = max(np.abs(a).max(initial=0), np.abs(b).max(initial=0))
        worst = int(np.abs(a - b).argmax())
        assert abs(a[worst] - b[worst]) <= tolerance * scale + floor, (
            f"{law}: {name} entry {worst} is {a[worst]!r}, measured {b[worst]!r}, "
            f"relative {abs(a[worst] - b[worst]) / scale:.1e} > {tolerance:.0e}"
        )


def complex_slopes(loss, theta, h=1e-30):
    """Im f(θ + ih eᵢ) / h, one full evaluation per entry."""
    slopes = np.empty(theta.size)
    for i in range(theta.size):
        moved = theta.astype(complex)
        moved[i] += 1j * h
        slopes[i] = loss(moved).imag / h
    return slopes


def central_slopes(loss, theta, h=1e-5):
    """(f(θ + h eᵢ) - f(θ - h eᵢ)) / 2h, two full evaluations per entry."""
    slopes = np.empty(theta.size)
    for i in range(theta.size):
        ahead, behind = theta.copy(), theta.copy()
        ahead[i] += h
        behind[i] -= h
        slopes[i] = (loss(ahead) - loss(behind)) / (2 * h)
    return slopes


def gradient_oracle(loss, gradient, theta, blocks=None, *, analytic=True, skip=None):
    """The gradient is the slope of the loss: complex step to 1e-13, central differences to 1e-7.

    Both relative to the block's largest entry; central differences also to what rounding of the
    loss hides.  skip : (P,) True for entries that lie at kinks.
    """
    blocks = blocks or {"theta": slice(None)}
    kept = np.ones(theta.size) if skip is None else 1.0 - skip
    claimed, scale = gradient * kept, max(1.0, abs(loss(theta)))
    if analytic:
        # 1e-16 of the loss: a block whose terms cancel is known to rounding of its terms only
        exact = complex_slopes(loss, theta) * kept
        require_close_blocks(claimed, exact, blocks, 1e-13, "complex step", floor=1e-15 * scale)
    numeric = central_slopes(loss, theta) * kept
    require_close_blocks(
        claimed, numeric, blocks, 1e-7, "central differences", floor=8 * 2.0**-52 * scale / 1e-5
    )


def require_sufficient_decrease(phi0, slope0, alpha, phi, c1, *, strictly=False):
    """Armijo: φ(α) ≤ φ(0) + c₁ α φ′(0)  (Nocedal & Wright, eq. 3.6a)."""
    bound = phi0 + c1 * alpha * slope0
    assert phi < bound or (phi == bound and not strictly), (
        f"Armijo: phi({alpha!r}) = {phi!r} > {bound!r} = phi(0) + c1 alpha phi'(0)"
    )


def require_curvature(slope0, slope, c2, *, strong=True):
    """Wolfe: |φ′(α)| ≤ c₂ |φ′(0)|, or φ′(α) ≥ c₂ φ′(0) when not strong  (eqs. 3.7b, 3.6b)."""
    assert slope >= c2 * slope0, f"Wolfe: phi'(alpha) = {slope!r} < {c2 * slope0!r} = c2 phi'(0)"
    if strong:
        assert abs(slope) <= c2 * abs(slope0), (
            f"strong Wolfe: |phi'(alpha)| = {abs(slope)!r} > {c2 * abs(slope0)!r}"
        )


def require_backtracking(step, before, c1, *, first=None, shrink=None, strictly=False):
    """A Step that Armijo backtracking made, from the value before: every trial judged again.

    All but the last trial violate the condition, the last one satisfies it and is the step; the
    trials are first, first·shrink, first·shrink², ... where these are given.
    """
    *refused, accepted = step.trials
    assert step.slope < 0, f"the direction does not fall: slope {step.slope!r}"
    assert accepted.alpha == step.alpha, f"step {step.alpha!r} is not the last trial {accepted.alpha!r}"
    require_sufficient_decrease(before, step.slope, step.alpha, accepted.phi, c1, strictly=strictly)
    for trial in refused:
        bound = before + c1 * trial.alpha * step.slope
        good = trial.phi < bound or (trial.phi == bound and not strictly)
        assert not good, f"a good trial was refused: phi({trial.alpha!r}) = {trial.phi!r} <= {bound!r}"
    if first is not None and shrink is not None:
        for m, trial in enumerate(step.trials):
            assert trial.alpha == first * shrink**m, (
                f"trial {m} is {trial.alpha!r}, not {first * shrink**m!r}"
            )


def require_wolfe(step, before, c1, c2, *, strong=True):
    """A Step accepted by a Wolfe search satisfies both conditions, from its own record."""
    accepted = next(trial for trial in step.trials if trial.alpha == step.alpha)
    assert accepted.slope is not None, f"no slope is recorded for the accepted trial {accepted!r}"
    require_sufficient_decrease(before, step.slope, step.alpha, accepted.phi, c1)
    require_curvature(step.slope, accepted.slope, c2, strong=strong)


def same_loss(one, other, theta, *, relative=1e-12):
    """Two objectives of one problem have the same value and gradient at theta, to rounding."""
    a, b = one.at(theta), other.at(theta)
    assert abs(a.value - b.value) <= relative * max(abs(a.value), abs(b.value)), (
        f"same loss: {a.value!r} against {b.value!r}"
    )
    law = "same gradient"
    require_close_blocks(np.asarray(a.gradient), np.asarray(b.gradient), blocks_of(one), 100 * relative, law)
