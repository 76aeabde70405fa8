"""Functions of one step length α, kind and unkind, for judging line searches.

    MORE_THUENTE    six curves with the tolerances of the paper's Tables 1-6, each tried from four STEPS
    SCIPY_LINES     the curves and rays on which SciPy tries its own searches
    AWKWARD         bad trials: NaN, ±∞, ascent, lies about the slope, decrease too small to represent
    LOG_BARRIER     a bowl in three dimensions behind a wall of NaN

φ and φ′ take a number, complex too on the first two shelves, and never warn: an overflow is an ∞ to handle.

Sources: Moré & Thuente, Line Search Algorithms with Guaranteed Sufficient Decrease, ACM TOMS 20(3), 286-307
(1994), section 5, doi:10.1145/192115.192132, whose (5.4) is by Yanai, Ozawa & Kaneko (1981);
the mathematics of scipy/optimize/tests/test_linesearch.py.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

Curve = Callable[[Any], Any]  # α ↦ φ(α), real or complex
Vector = NDArray[Any]

INF, NAN = np.inf, np.nan


@dataclass(frozen=True)
class LineFunction:
    """A loss along a ray, with the tolerances of the search that is to walk it."""

    name: str
    phi: Curve
    slope: Curve  # φ′(α)
    mu: float = 1e-4  # φ(α) ≤ φ(0) + μ α φ′(0)
    eta: float = 0.9  # |φ′(α)| ≤ η |φ′(0)|
    descends: bool = True  # φ(0) finite, φ′(0) < 0 finite, and some α > 0 has a finite φ(α) < φ(0)


@dataclass(frozen=True, eq=False)
class Landscape:
    """A loss of many variables with its gradient."""

    name: str
    loss: Callable[[Vector], Any]  # x (P,) → f(x)
    gradient: Callable[[Vector], Vector]  # x (P,) → ∇f(x) (P,)
    start: Vector  # (P,)
    minimum: float  # f*, -∞ where f is unbounded below

    def along(self, x: Vector, p: Vector, name: str) -> LineFunction:
        """φ(α) = f(x + α p), φ′(α) = ∇f(x + α p)ᵀ p."""
        return line(name, lambda a: self.loss(x + a * p), lambda a: self.gradient(x + a * p) @ p)


def line(
    name: str, phi: Curve, slope: Curve, mu: float = 1e-4, eta: float = 0.9, *, descends: bool = True
) -> LineFunction:
    """Make a line function that reckons in NumPy scalars, so that a wild α overflows quietly to ∞."""

    def quiet(curve: Curve) -> Curve:
        def evaluate(alpha: Any) -> Any:
            with np.errstate(all="ignore"):
                return curve(np.multiply(1.0, alpha))

        return evaluate

    return LineFunction(name, quiet(phi), quiet(slope), mu, eta, descends)


def wiggle(beta: float, waves: int, mu: float, eta: float) -> LineFunction:
    """(5.3): a V with its tip rounded over 1 ± β, and waves that make many local minima."""

    def rounded(a: Any) -> Any:
        if abs(a.real - 1) >= beta:
            return (a - 1) * np.sign(a.real - 1)
        return (a - 1) ** 2 / (2 * beta) + beta / 2

    k = waves * np.pi / 2
    return line(
        "(5.3) waves",
        lambda a: rounded(a) + (1 - beta) / k * np.sin(k * a),
        lambda a: np.clip((a - 1) / beta, -1, 1) + (1 - beta) * np.cos(k * a),
        mu,
        eta,
    )


def yanai(beta_1: float, beta_2: float, mu: float, eta: float) -> LineFunction:
    """(5.4): convex, and flat but for its bends at α = 0 (width β₁) and α = 1 (width β₂)."""
    gamma_1, gamma_2 = (np.sqrt(1 + b**2) - b for b in (beta_1, beta_2))
    return line(
        f"(5.4) bends {beta_1:g}, {beta_2:g}",
        lambda a: gamma_1 * np.sqrt((1 - a) ** 2 + beta_2**2) + gamma_2 * np.sqrt(a**2 + beta_1**2),
        lambda a: (
            gamma_1 * (a - 1) / np.sqrt((1 - a) ** 2 + beta_2**2) + gamma_2 * a / np.sqrt(a**2 + beta_1**2)
        ),
        mu,
        eta,
    )


def quintic(beta: float, mu: float, eta: float) -> LineFunction:
    """(5.2): the start sits on a nearly flat shelf, the minimum at 1.6 - β."""
    return line(
        "(5.2) shelf",
        lambda a: (a + beta) ** 5 - 2 * (a + beta) ** 4,
        lambda a: (5 * (a + beta) - 8) * (a + beta) ** 3,
        mu,
        eta,
    )


def fraction(beta: float, mu: float, eta: float) -> LineFunction:
    """(5.1): the minimum at √β, then a slow rise to 0 that never ends."""
    return line(
        "(5.1) long tail",
        lambda a: -a / (a**2 + beta),
        lambda a: (a**2 - beta) / (a**2 + beta) ** 2,
        mu,
        eta,
    )


STEPS = (1e-3, 1e-1, 1e1, 1e3)

MORE_THUENTE = (
    fraction(2, mu=1e-3, eta=0.1),
    quintic(0.004, mu=0.1, eta=0.1),
    wiggle(0.01, 39, mu=0.1, eta=0.1),
    yanai(0.001, 0.001, mu=1e-3, eta=1e-3),
    yanai(0.01, 0.001, mu=1e-3, eta=1e-3),
    yanai(0.001, 0.01, mu=1e-3, eta=1e-3),
)

# The paper's evaluations of φ and φ′, a row a table, a column a step: 179 in all.
MORE_THUENTE_EVALUATIONS = (
    (6, 3, 1, 4),
    (12, 8, 8, 11),
    (12, 12, 10, 13),
    (4, 1, 3, 4),
    (6, 3, 7, 8),
    (13, 11, 8, 11),
)


A = np.random.default_rng(1231892908).standard_normal((20, 20))  # neither symmetric nor definite
SPHERE = Landscape("sphere", lambda x: x @ x, lambda x: 2 * x, np.ones(20), 0.0)
SADDLE = Landscape("saddle", lambda x: x @ A @ x + 1, lambda x: (A + A.T) @ x, np.ones(20), -INF)


def rays(f: Landscape, seed: int = 2231892908) -> Iterator[LineFunction]:
    """Random descent rays that rise in the end, so that a Wolfe point exists on each."""
    rng = np.random.default_rng(seed)
    while True:
        x, p = rng.standard_normal((2, f.start.size))
        p *= -np.sign(f.gradient(x) @ p)
        if f.loss(x + 1e6 * p) > f.loss(x):
            yield f.along(x, p, f"{f.name} ray")


SCIPY_LINES = (
    line("quartic", lambda a: -a - a**3 + a**4, lambda a: -1 - 3 * a**2 + 4 * a**3),
    line("decay and bowl", lambda a: np.exp(-4 * a) + a**2, lambda a: -4 * np.exp(-4 * a) + 2 * a),
    line("sine", lambda a: -np.sin(10 * a), lambda a: -10 * np.cos(10 * a)),
    *islice(rays(SPHERE), 9),
    *islice(rays(SADDLE), 9),
)


def bowl(a: Any) -> Any:
    """φ = (α - 0.3)², lowest at 0.3."""
    return (a - 0.3) ** 2


def bowl_slope(a: Any) -> Any:
    """φ′ = 2 (α - 0.3)."""
    return 2 * (a - 0.3)


def spoiled(bad: float, where: Callable[[Any], bool], name: str, *, descends: bool = True) -> LineFunction:
    """The bowl, with its value `bad` and its slope NaN wherever the predicate holds."""
    return line(
        f"{bad} {name}",
        lambda a: bad if where(a) else bowl(a),
        lambda a: NAN if where(a) else bowl_slope(a),
        descends=descends,
    )


AWKWARD = (
    *(spoiled(bad, lambda a: a > 0.5, "beyond 0.5") for bad in (NAN, INF, -INF)),
    *(spoiled(bad, lambda a: a > 1e-6, "beyond 1e-6") for bad in (NAN, INF, -INF)),
    *(spoiled(bad, lambda a: 0.1 < a < 0.25, "between 0.1 and 0.25") for bad in (NAN, INF, -INF)),
    *(spoiled(bad, lambda a: a > 0, "off the start", descends=False) for bad in (NAN, INF, -INF)),
    *(spoiled(bad, lambda a: a == 0, "at the start", descends=False) for bad in (NAN, INF, -INF)),
    *(spoiled(bad, lambda a: True, "everywhere", descends=False) for bad in (NAN, INF, -INF)),
    line("NaN slope beyond 0.5", bowl, lambda a: NAN if a > 0.5 else bowl_slope(a)),
    line("NaN slope off the start", bowl, lambda a: NAN if a > 0 else bowl_slope(a)),
    line("NaN slope at the start", bowl, lambda a: bowl_slope(a) if a > 0 else NAN, descends=False),
    line("NaN slope everywhere", bowl, lambda a: NAN, descends=False),
    line("-inf slope at the start", bowl, lambda a: bowl_slope(a) if a > 0 else -INF, descends=False),
    line("ascent", lambda a: (a + 0.3) ** 2, lambda a: 2 * (a + 0.3), descends=False),
    line("zero slope at a minimum", lambda a: a**2, lambda a: 2 * a, descends=False),
    line("zero slope at a maximum", lambda a: -(a**2), lambda a: -2 * a, descends=False),
    line("flat, slope 0", lambda a: 1.0, lambda a: 0.0, descends=False),
    line("flat, slope -1", lambda a: 1.0, lambda a: -1.0, descends=False),
    line("rises, slope -1", lambda a: a, lambda a: -1.0, descends=False),
    line("decrease lost in rounding", lambda a: 1e16 + bowl(a), bowl_slope, descends=False),
    line("curvature 1e30", lambda a: 5e29 * a**2 - a, lambda a: 1e30 * a - 1),  # lowest at 1e-30
    line("curvature 1e30 above 1", lambda a: 5e29 * a**2 - a + 1, lambda a: 1e30 * a - 1, descends=False),
    line("overflow", lambda a: np.exp(1e3 * a) - 2e3 * a, lambda a: 1e3 * np.exp(1e3 * a) - 2e3),
    line("cliff up at 0.1", lambda a: -a if a <= 0.1 else 1.0, lambda a: -1.0),
    line("no bottom", lambda a: -a, lambda a: -1.0),
)


def log_barrier(x: Vector) -> Any:
    """f(x) = Σ -log(1 - xⱼ) - 50 xⱼ; NaN on the wall xⱼ = 1 and behind it."""
    return np.sum(-np.log(np.where(x < 1, 1 - x, NAN)) - 50 * x)


def log_barrier_gradient(x: Vector) -> Vector:
    """1/(1 - xⱼ) - 50, which stays finite behind the wall: there only the value gives warning."""
    with np.errstate(divide="ignore"):
        return 1 / (1 - x) - 50


# Lowest where 1 - xⱼ = 1/50: f* = 3 (log 50 - 49).
LOG_BARRIER = Landscape(
    "log barrier", log_barrier, log_barrier_gradient, np.array([-0.9, -0.5, 0]), 3 * (np.log(50) - 49)
)
