"""The Moré–Garbow–Hillstrom collection: 27 sums of squares that optimisers have been judged by since 1981.

    f(x) = Σᵢ rᵢ(x)²,   ∇f(x) = 2 Jᵀr,   Jᵢⱼ = ∂rᵢ/∂xⱼ

Each system below returns (r, J) for one x; its number and its symbols t, u, v, w, y are the paper's, and
a, b, c, d stand for x₁, x₂, x₃, x₄. Every J is worked out by hand and holds for complex x too, so that the
complex step can check it to the last digits. Where the paper leaves n or m open, PROBLEMS says which n; m is
10 for Box and 13 for Biggs. The order of the residuals is free, for f does not see it.

Source: Moré, Garbow & Hillstrom, Testing Unconstrained Optimization Software, ACM TOMS 7(1), 17-41 (1981),
section 3, doi:10.1145/355934.355936.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]  # float, or complex under the complex step
System = Callable[[Array], tuple[ArrayLike, ArrayLike]]


@dataclass(frozen=True, eq=False)
class Problem:
    """One sum of squares, where to start on it, and the minima that count as arrival."""

    name: str
    residuals: Callable[[Array], Array]  # x (P,) → r (m,)
    jacobian: Callable[[Array], Array]  # x (P,) → J (m, P)
    start: Array  # x₀ (P,)
    minima: tuple[float, ...]  # published f*, local ones included

    def loss(self, x: Array) -> float:
        """f(x) = rᵀr; quietly infinite or NaN where the residuals overflow."""
        with np.errstate(all="ignore"):
            return float(np.sum(self.residuals(x) ** 2))

    def gradient(self, x: Array) -> Array:
        """∇f(x) = 2 Jᵀr, shape (P,)."""
        with np.errstate(all="ignore"):
            return 2 * self.jacobian(x).T @ self.residuals(x)

    def is_solved_by(self, loss: float) -> bool:
        """Tell whether a loss lies within 1e-4 of a published minimum, relative, or 1e-8, absolute."""
        return any(abs(loss - f) <= max(1e-4 * f, 1e-8) for f in self.minima)


def columns(*partials: ArrayLike) -> Array:
    """J from its columns ∂r/∂x₁, ∂r/∂x₂, …; a number is a constant column."""
    return np.stack(np.broadcast_arrays(*partials), axis=1)


def helical_valley(x: Array) -> tuple[ArrayLike, ArrayLike]:
    """(7), n = m = 3. The angle θ is counted in turns, from -1/4 to 3/4."""
    a, b, c = x
    rho = np.sqrt(a**2 + b**2)
    theta = np.arctan(b / a) / (2 * np.pi) + 0.5 * (a.real < 0)
    angle = 50 / (np.pi * rho**2)  # 100 ∂θ/∂b = angle · a, 100 ∂θ/∂a = -angle · b
    r = [10 * (c - 10 * theta), 10 * (rho - 1), c]
    return r, [[angle * b, -angle * a, 10], [10 * a / rho, 10 * b / rho, 0], [0, 0, 1]]


def freudenstein_roth(x: Array) -> tuple[ArrayLike, ArrayLike]:
    """(2), n = m = 2."""
    a, b = x
    r = [-13 + a + ((5 - b) * b - 2) * b, -29 + a + ((b + 1) * b - 14) * b]
    return r, [[1, (10 - 3 * b) * b - 2], [1, (3 * b + 2) * b - 14]]


def powell_badly_scaled(x: Array) -> tuple[ArrayLike, ArrayLike]:
    """(3), n = m = 2."""
    a, b = x
    r = [1e4 * a * b - 1, np.exp(-a) + np.exp(-b) - 1.0001]
    return r, [[1e4 * b, 1e4 * a], [-np.exp(-a), -np.exp(-b)]]


def brown_badly_scaled(x: Array) -> tuple[ArrayLike, ArrayLike]:
    """(4), n = 2, m = 3."""
    a, b = x
    return [a - 1e6, b - 2e-6, a * b - 2], [[1, 0], [0, 1], [b, a]]


def beale(x: Array) -> tuple[ArrayLike, ArrayLike]:
    """(5), n = 2, m = 3."""
    a, b = x
    i = np.arange(1, 4)
    return np.array([1.5, 2.25, 2.625]) - a * (1 - b**i), columns(b**i - 1, a * i * b ** (i - 1))


BARD = np.array([0.14, 0.18, 0.22, 0.25, 0.29, 0.32, 0.35, 0.39, 0.37, 0.58, 0.73, 0.96, 1.34, 2.10, 4.39])


def bard(x: Array) -> tuple[ArrayLike, ArrayLike]:
    """(8), n = 3, m = 15."""
    a, b, c = x
    u = np.arange(1, 16)
    v, w = 16 - u, np.minimum(u, 16 - u)
    bottom = v * b + w * c
    return BARD - (a + u / bottom), columns(-1, u * v / bottom**2, u * w / bottom**2)


BELL = [0.0009, 0.0044, 0.0175, 0.0540, 0.1295, 0.2420, 0.3521]
GAUSSIAN = np.array([*BELL, 0.3989, *reversed(BELL)])


def gaussian(x: Array) -> tuple[ArrayLike, ArrayLike]:
    """(9), n = 3, m = 15."""
    a, b, c = x
    away = (8 - np.arange(1, 16)) / 2 - c
    bell = np.exp(-b * away**2 / 2)
    return a * bell - GAUSSIAN, columns(bell, -a * bell * away**2 / 2, a * b * bell * away)


def box(x: Array) -> tuple[ArrayLike, ArrayLike]:
    """(12), n = 3, m = 10."""
    a, b, c = x
    t = np.arange(1, 11) / 10
    known = np.exp(-t) - np.exp(-10 * t)
    r = np.exp(-t * a) - np.exp(-t * b) - c * known
    return r, columns(-t * np.exp(-t * a), t * np.exp(-t * b), -known)


def powell_singular(x: Array) -> tuple[ArrayLike, ArrayLike]:
    """(13), n = m = 4. J loses rank at the minimum, so the approach is slow."""
    a, b, c, d = x
    five, ten = np.sqrt([5, 10])
    p, q = b - 2 * c, a - d
    r = [a + 10 * b, five * (c - d), p**2, ten * q**2]
    return r, [[1, 10, 0, 0], [0, 0, five, -five], [0, 2 * p, -4 * p, 0], [2 * ten * q, 0, 0, -2 * ten * q]]


def wood(x: Array) -> tuple[ArrayLike, ArrayLike]:
    """(14), n = 4, m = 6."""
    a, b, c, d = x
    ten, ninety = np.sqrt([10, 90])
    r = [10 * (b - a**2), 1 - a, ninety * (d - c**2), 1 - c, ten * (b + d - 2), (b - d) / ten]
    valleys = [[-20 * a, 10, 0, 0], [-1, 0, 0, 0], [0, 0, -2 * ninety * c, ninety], [0, 0, -1, 0]]
    return r, [*valleys, [0, ten, 0, ten], [0, 1 / ten, 0, -1 / ten]]


KOWALIK_Y = np.array([0.1957, 0.1947, 0.1735, 0.16, 0.0844, 0.0627, 0.0456, 0.0342, 0.0323, 0.0235, 0.0246])
KOWALIK_U = np.array([4, 2, 1, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625])


def kowalik_osborne(x: Array) -> tuple[ArrayLike, ArrayLike]:
    """(15), n = 4, m = 11."""
    a, b, c, d = x
    u = KOWALIK_U
    top, bottom = u**2 + u * b, u**2 + u * c + d
    r = KOWALIK_Y - a * top / bottom
    return r, columns(-top / bottom, -a * u / bottom, a * top * u / bottom**2, a * top / bottom**2)


def brown_dennis(x: Array) -> tuple[ArrayLike, ArrayLike]:
    """(16), n = 4, m = 20."""
    a, b, c, d = x
    t = np.arange(1, 21) / 5
    p, q = a + t * b - np.exp(t), c + d * np.sin(t) - np.cos(t)
    return p**2 + q**2, columns(2 * p, 2 * p * t, 2 * q, 2 * q * np.sin(t))


def biggs(x: Array) -> tuple[ArrayLike, ArrayLike]:
    """(18), n = 6, m = 13."""
    t = np.arange(1, 14) / 10
    y = np.exp(-t) - 5 * np.exp(-10 * t) + 3 * np.exp(-4 * t)
    p, q, s = np.exp(-t * x[0]), np.exp(-t * x[1]), np.exp(-t * x[4])
    r = x[2] * p - x[3] * q + x[5] * s - y
    return r, columns(-t * x[2] * p, t * x[3] * q, p, -q, -t * x[5] * s, s)


def watson(x: Array) -> tuple[ArrayLike, ArrayLike]:
    """(20), m = 31: a polynomial that should obey φ′ = φ² + 1 at 29 points, φ(0) = 0 and φ′(0) = 1."""
    j, e = np.arange(x.size), np.eye(x.size)
    t = np.arange(1, 30)[:, None] / 29
    powers, slopes = t**j, j * t ** np.maximum(j - 1, 0)
    phi = powers @ x
    r = np.concatenate([slopes @ x - phi**2 - 1, [x[0], x[1] - x[0] ** 2 - 1]])
    return r, np.vstack([slopes - 2 * phi[:, None] * powers, e[0], e[1] - 2 * x[0] * e[0]])


def rosenbrock(x: Array) -> tuple[ArrayLike, ArrayLike]:
    """(1) for n = 2 and (21) for every even n, m = n."""
    a, b, e = x[::2], x[1::2], np.eye(x.size)
    r = np.concatenate([10 * (b - a**2), 1 - a])
    return r, np.vstack([10 * (e[1::2] - 2 * a[:, None] * e[::2]), -e[::2]])


def penalty_1(x: Array) -> tuple[ArrayLike, ArrayLike]:
    """(23), m = n + 1."""
    root = np.sqrt(1e-5)
    return np.append(root * (x - 1), x @ x - 0.25), np.vstack([root * np.eye(x.size), 2 * x])


def penalty_2(x: Array) -> tuple[ArrayLike, ArrayLike]:
    """(24), m = 2n."""
    root, weight = np.sqrt(1e-5), np.arange(x.size, 0, -1)
    p, k = np.exp(x / 10), np.exp(np.arange(1, x.size + 1) / 10)
    pairs = p[1:] + p[:-1] - (k[1:] + k[:-1])
    r = [[x[0] - 0.2], root * pairs, root * (p[1:] - np.exp(-0.1)), [weight @ x**2 - 1]]
    dp = root * np.diag(p / 10)
    return np.concatenate(r), np.vstack([np.eye(x.size)[0], dp[1:] + dp[:-1], dp[1:], 2 * weight * x])


def variably_dimensioned(x: Array) -> tuple[ArrayLike, ArrayLike]:
    """(25), m = n + 2."""
    j = np.arange(1, x.size + 1)
    q = j @ (x - 1)
    return np.append(x - 1, [q, q**2]), np.vstack([np.eye(x.size), j, 2 * q * j])


def trigonometric(x: Array) -> tuple[ArrayLike, ArrayLike]:
    """(26), m = n."""
    i = np.arange(1, x.size + 1)
    r = x.size - np.sum(np.cos(x)) + i * (1 - np.cos(x)) - np.sin(x)
    return r, np.sin(x) + np.diag(i * np.sin(x) - np.cos(x))


def brown_almost_linear(x: Array) -> tuple[ArrayLike, ArrayLike]:
    """(27), m = n."""
    others = [np.prod(np.delete(x, j)) for j in range(x.size)]
    r = np.append((x + np.sum(x) - (x.size + 1))[:-1], np.prod(x) - 1)
    return r, np.vstack([np.eye(x.size)[:-1] + 1, others])


def discrete_boundary_value(x: Array) -> tuple[ArrayLike, ArrayLike]:
    """(28), m = n: u″ = (u + t + 1)³/2 with u(0) = u(1) = 0."""
    h = 1 / (x.size + 1)
    cubed = x + h * np.arange(1, x.size + 1) + 1
    stiff = 2 * np.eye(x.size) - np.eye(x.size, k=1) - np.eye(x.size, k=-1)
    return stiff @ x + h**2 * cubed**3 / 2, stiff + np.diag(1.5 * h**2 * cubed**2)


def chebyquad(x: Array) -> tuple[ArrayLike, ArrayLike]:
    """(35), m = n: n equal weights should integrate T₁ … Tₙ, shifted to [0, 1], exactly."""
    n = x.size
    T = chebyshev.chebvander(2 * x - 1, n)  # (n, n + 1): one row a point, one column a degree
    dT = T[:, :-1] @ chebyshev.chebder(np.eye(n + 1))
    integral = [0 if i % 2 else -1 / (i**2 - 1) for i in range(1, n + 1)]
    return np.mean(T, axis=0)[1:] - integral, 2 / n * dT.T[1:]


def problem(name: str, system: System, start: ArrayLike, *minima: float) -> Problem:
    """Split a system into its residuals and its Jacobian; a wild x overflows without a warning."""

    def half(which: int) -> Callable[[Array], Array]:
        def evaluate(x: Array) -> Array:
            with np.errstate(all="ignore"):
                return np.asarray(system(x)[which])

        return evaluate

    return Problem(name, half(0), half(1), np.asarray(start, dtype=float), minima)


ONE_TO = {n: np.arange(1, n + 1) for n in (4, 8, 10)}
GRID = ONE_TO[10] / 11

PROBLEMS: tuple[Problem, ...] = (
    problem("Freudenstein-Roth", freudenstein_roth, [0.5, -2], 0, 48.9842),
    problem("Rosenbrock", rosenbrock, [-1.2, 1], 0),
    problem("Powell badly scaled", powell_badly_scaled, [0, 1], 0),
    problem("Brown badly scaled", brown_badly_scaled, [1, 1], 0),
    problem("Beale", beale, [1, 1], 0),
    problem("helical valley", helical_valley, [-1, 0, 0], 0),
    problem("Bard", bard, [1, 1, 1], 8.21487e-3, 17.4286),
    problem("Gaussian", gaussian, [0.4, 1, 0], 1.12793e-8),
    problem("Box 3-D", box, [0, 10, 20], 0),
    problem("Powell singular", powell_singular, [3, -1, 0, 1], 0),
    problem("Wood", wood, [-3, -1, -3, -1], 0),
    problem("Kowalik-Osborne", kowalik_osborne, [0.25, 0.39, 0.415, 0.39], 3.07505e-4, 1.02734e-3),
    problem("Brown-Dennis", brown_dennis, [25, 5, -5, -1], 85822.2),
    problem("Biggs EXP6", biggs, [1, 2, 1, 1, 1, 1], 0, 5.65565e-3),
    problem("Watson 6", watson, np.zeros(6), 2.28767e-3),
    problem("Watson 9", watson, np.zeros(9), 1.39976e-6),
    problem("extended Rosenbrock 10", rosenbrock, np.tile([-1.2, 1], 5), 0),
    problem("penalty I 4", penalty_1, ONE_TO[4], 2.24997e-5),
    problem("penalty I 10", penalty_1, ONE_TO[10], 7.08765e-5),
    problem("penalty II 4", penalty_2, np.full(4, 0.5), 9.37629e-6),
    problem("penalty II 10", penalty_2, np.full(10, 0.5), 2.93660e-4),
    problem("variably dimensioned 10", variably_dimensioned, 1 - ONE_TO[10] / 10, 0),
    problem("trigonometric 10", trigonometric, np.full(10, 0.1), 0, 2.79506e-5),
    problem("Brown almost-linear 10", brown_almost_linear, np.full(10, 0.5), 0, 1),
    problem("discrete boundary value 10", discrete_boundary_value, GRID * (GRID - 1), 0),
    problem("Chebyquad 8", chebyquad, ONE_TO[8] / 9, 3.51687e-3),
    problem("Chebyquad 10", chebyquad, GRID, 6.50395e-3, 4.77271e-3),
)
