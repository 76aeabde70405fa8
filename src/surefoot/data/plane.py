"""Data in a plane, to be looked at whole: two classes, made on the spot from a seed.

    circle      a disc, and a ring around it
    xor         four squares: the signs of x and y are the same, or are not
    spiral      two arms, wound around each other
    moons       two half circles that reach into each other
    gaussians   two clouds

`noise` moves every point by so much of RADIUS / 2 (standard deviation); its class stays.  Classes
are of one size, rows are shuffled already.  Points lie about -3 .. 3: units differ there from the start.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from surefoot.arrays import Array
from surefoot.data.dataset import Data
from surefoot.errors import BadValue

RADIUS = 3.0
WINDINGS = 1.25  # of an arm of the spiral
MOST = 100_000  # points
Draw = Callable[[np.random.Generator, Array], Array]


def _circle(rng: np.random.Generator, label: Array) -> Array:
    """Label 0: r < RADIUS / 2;  1: 0.7 RADIUS < r < RADIUS."""
    r = RADIUS * np.where(label == 0, rng.uniform(0, 0.5, label.size), rng.uniform(0.7, 1, label.size))
    return _polar(r, rng.uniform(0, 2 * np.pi, label.size))


def _xor(rng: np.random.Generator, label: Array) -> Array:
    """Label 0: x y > 0;  1: x y < 0; a little room is left at the axes."""
    x, y = rng.uniform(0.08 * RADIUS, RADIUS, (2, label.size))
    sign = rng.choice([-1.0, 1.0], label.size)
    return np.column_stack([sign * x, np.where(label == 0, sign, -sign) * y])


def _spiral(rng: np.random.Generator, label: Array) -> Array:
    """r = t RADIUS at angle 2π WINDINGS t + π label, t = 0.1 .. 1."""
    t = np.sqrt(rng.uniform(0.01, 1, label.size))
    return _polar(RADIUS * t, 2 * np.pi * WINDINGS * t + np.pi * label)


def _moons(rng: np.random.Generator, label: Array) -> Array:
    """Half circles of radius 1 around (0, 0) and (1, ½), brought to the middle and to size."""
    angle = rng.uniform(0, np.pi, label.size)
    upper = np.column_stack([np.cos(angle), np.sin(angle)])
    points = np.where(label[:, None] == 0, upper, [1.0, 0.5] - upper)
    return RADIUS / 1.5 * (points - [0.5, 0.25])


def _gaussians(rng: np.random.Generator, label: Array) -> Array:
    """Around -c and c, c = (1, 1) RADIUS / 2, standard deviation RADIUS / 6."""
    center = np.where(label == 0, -0.5, 0.5)[:, None]
    return np.asarray(RADIUS * (center + rng.normal(0, 1 / 6, (label.size, 2))))


def _polar(r: Array, angle: Array) -> Array:
    return np.column_stack([r * np.cos(angle), r * np.sin(angle)])


PLANES: dict[str, tuple[Draw, tuple[str, str], str]] = {
    "circle": (_circle, ("inside", "outside"), "a disc and the ring around it"),
    "xor": (_xor, ("same sign", "opposite sign"), "four squares, equal across the middle"),
    "spiral": (_spiral, ("first arm", "second arm"), "two arms wound around each other"),
    "moons": (_moons, ("upper", "lower"), "two half circles that reach into each other"),
    "gaussians": (_gaussians, ("lower left", "upper right"), "two clouds"),
}


def plane(name: str, n: int = 400, noise: float = 0.1, rng: int | np.random.Generator = 0) -> Data:
    """n points (n, 2) of the named kind with their labels, the same for the same seed.

    Raises
    ------
    BadValue : n, noise or rng that cannot be.

    >>> plane("moons", n=6)
    <Data 'moons': 6 rows x 2 columns float64, 2 classes>
    """
    draw, classes, _ = PLANES[name]
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or not 2 <= n <= MOST:
        raise BadValue(f"n is {n!r}; give a whole number of points, 2 to {MOST:,}.")
    number = isinstance(noise, int | float | np.number) and not isinstance(noise, bool)
    if not number or not 0 <= noise <= 10:
        raise BadValue(f"noise is {noise!r}; give a number from 0 to 10, such as 0.1.")
    if isinstance(rng, bool) or not (isinstance(rng, np.random.Generator) or _is_seed(rng)):
        raise BadValue(f"rng is {rng!r}; give a whole number >= 0 or a numpy Generator.")
    generator = np.random.default_rng(rng)
    label = generator.permutation(np.arange(n) % 2)
    points = draw(generator, label) + noise * RADIUS / 2 * generator.normal(0, 1, (n, 2))
    return Data(points, label, classes=classes, name=name)


def _is_seed(value: object) -> bool:
    return isinstance(value, int | np.integer) and bool(value >= 0)


def reader(name: str) -> Callable[..., Data]:
    """What makes this kind of points, for the table of sources."""
    return partial(plane, name)


def from_points(
    x: ArrayLike, y: ArrayLike, label: ArrayLike, classes: tuple[str, str] = ("blue", "orange")
) -> Data:
    """Points made by hand: x (n,), y (n,), label (n,) 0 or 1.

    Raises
    ------
    BadValue : lists of different lengths, no point, too many, far out or not finite; other labels.

    >>> from_points([0, 1], [0, 1], [0, 1])
    <Data 'points': 2 rows x 2 columns float64, 2 classes>
    """
    columns = [_column(name, values) for name, values in (("x", x), ("y", y), ("label", label))]
    n, *others = map(len, columns)
    if others != [n, n]:
        raise BadValue(
            f"Points have {n} x, {others[0]} y and {others[1]} labels; give one of each for every point."
        )
    if not 1 <= n <= MOST:
        raise BadValue(f"There are {n:,} points; give 1 to {MOST:,}.")
    labels = columns[2]
    if not np.isin(labels, (0, 1)).all():
        raise BadValue(f"A label is {labels[~np.isin(labels, (0, 1))][0]:g}; points are 0 or 1.")
    points = np.column_stack(columns[:2])
    if (far := np.flatnonzero(~(np.abs(points).max(axis=1) <= 1e6))).size:
        raise BadValue(
            f"Point {int(far[0])} is at {points[far[0]].tolist()}; give finite places, within 1e6."
        )
    return Data(points, labels.astype(np.int64), classes=classes, name="points")


def _column(name: str, values: ArrayLike) -> Array:
    try:
        column = np.asarray(values)
        plain = column.dtype.kind in "biuf" or column.size == 0
    except ValueError:
        plain = False
    if not plain or column.ndim != 1:
        raise BadValue(f"{name} of the points is no list of numbers; give one number for each point.")
    return column.astype(np.float64)
