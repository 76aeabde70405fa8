"""A slice of the loss surface: the plane that lies closest to the last steps, and the path in it.

    θ(a, b) = c + a u + b v        c the mean of the points, u, v their first two principal directions
    Z¹(a, b) = X C¹ + a X U¹ + b X V¹

The first layer is linear, so three products with the data give it everywhere in the plane, and each
value costs what lies behind it: nearly nothing.  What the plane cannot show is said: the largest
distance of a point of the path from it, as a fraction of the path's length.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from surefoot.arrays import Array, Vector
from surefoot.errors import BadValue
from surefoot.network.mlp import tail
from surefoot.training.packing import packed
from surefoot.training.shown import even_rows

if TYPE_CHECKING:
    from surefoot.training.journal import Journal

POINTS = 20  # of the path, at most
NODES = 25  # of the grid, each way
BEYOND = 0.3  # of the path's extent, on each side
NARROW = 0.4  # the plane is at least so wide, as a fraction of its length
ROWS = 5_000  # looked at, at most, and fewer where layers are wide, but not fewer than
FEWEST = 500
WORK = 1.5e9  # multiplications of all values together


@dataclass(frozen=True)
class Plane:
    """center (P,); u, v (P,) orthonormal; path (m, 2) where the points of the path lie.

    error : largest distance of a point from the plane / length of the path.
    """

    center: Vector
    u: Vector
    v: Vector
    path: Array
    error: float

    def theta(self, a: float, b: float) -> Vector:
        point: Vector = self.center + a * self.u + b * self.v
        return point


def closest_plane(points: Array, spare: Vector) -> Plane:
    """The plane through the mean of points (m, P) along their first two principal directions.

    spare : (P,) the second direction is made of it where the points lie on a line.

    Raises
    ------
    BadValue : all points are one, or farther apart than can be measured.
    """
    center = points.mean(axis=0)
    moved = points - center
    length = float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())
    if not length > 0:
        raise BadValue("The last steps did not move the weights, so no plane leads through them.")
    if not np.isfinite(length):
        raise BadValue("The weights are too large for a plane through them to be measured.")
    _, sizes, directions = np.linalg.svd(moved, full_matrices=False)
    u = directions[0]
    if len(sizes) > 1 and sizes[1] > 1e-12 * sizes[0]:
        v = directions[1]
    else:
        v = _across(u, spare)
    path = np.column_stack([moved @ u, moved @ v])
    away = np.linalg.norm(moved - path @ np.stack([u, v]), axis=1)
    return Plane(center, u, v, path, float(away.max()) / length)


def _across(u: Vector, spare: Vector) -> Vector:
    """A direction at right angles to u: in the plane of u and `spare`, or any where that is u again."""
    for candidate in (spare, np.random.default_rng(0).standard_normal(u.size)):
        size = np.linalg.norm(candidate)
        v = candidate / (size or 1.0)
        v = v - (v @ u) * u
        if np.linalg.norm(v) > 1e-6:
            v = v / np.linalg.norm(v)
            v = v - (v @ u) * u
            return np.asarray(v / np.linalg.norm(v))
    raise BadValue("A network with one parameter has no plane to look at.")


def axis(values: Array, reach: float) -> Array:
    """Evenly spaced coordinates from BEYOND below to BEYOND above, the newest point's among them."""
    low, high, newest = float(values.min()), float(values.max()), float(values[-1])
    spare = (reach - (high - low)) / 2 + BEYOND * reach
    low, high = low - spare, high + spare
    step = (high - low) / (NODES - 1)
    first, last = -np.ceil((newest - low) / step - 1e-9), np.ceil((high - newest) / step - 1e-9)
    return newest + step * np.arange(first, last + 1)


def surface(journal: Journal, k: int) -> dict[str, Any]:
    """The answer to "surface": the grid's values, the path in it, and how far the plane is from the truth.

    Raises
    ------
    BadValue : no step was taken yet, the last ones did not move, or the data are not at hand.
    """
    journal.check_iteration(k, least=1)
    iterations = [j for j in range(max(0, k - POINTS + 1), k + 1) if j == k or j in journal.thetas]
    points = np.stack([journal.theta(j) if j == k else journal.thetas[j] for j in iterations])
    if len(points) < 2:
        raise BadValue(f"The weights of the iterations just before {k} are not kept; ask for another one.")
    spare = journal.state(k).gradient if len(points) == 2 else points[-1]
    plane = closest_plane(points, spare)
    across, along = np.ptp(plane.path[:, 1]), np.ptp(plane.path[:, 0])
    a, b = axis(plane.path[:, 0], along), axis(plane.path[:, 1], max(across, NARROW * along))
    rows = even_rows(journal.data.n, rows_for(journal, len(a) * len(b)))
    values = plane_values(journal, plane, a, b, rows)
    return {
        "iterations": iterations,
        "path": packed(plane.path, "f8"),
        "a": a.tolist(),
        "b": b.tolist(),
        "values": [[float(v) if np.isfinite(v) else None for v in line] for line in values],
        "error": plane.error,
        "center": plane.path[-1].tolist(),
        "sentence": _sentence(iterations, plane, len(rows), journal.data.n),
    }


def rows_for(journal: Journal, values: int) -> int:
    """How many rows so many values may look at."""
    _, *rest = journal.network.sizes
    each = sum(m * n for m, n in zip(rest, rest[1:], strict=False)) + 10 * sum(rest)
    return max(FEWEST, min(ROWS, int(WORK / (each * values))))


def plane_values(journal: Journal, plane: Plane, a: Array, b: Array, rows: Array) -> Array:
    """(len(b), len(a)) the mean loss, l2 included, on these rows: three products, then tails."""
    net, data = journal.network, journal.data
    criterion, split, weights = net.criterion, net.layout.split, net.layout.is_weight
    X, Y = data.scaled(rows), criterion.targets(data.y[rows], net.sizes[-1])
    first = [split(vector)[0] for vector in (plane.center, plane.u, plane.v)]
    Z, U, V = (X @ W + w for W, w in first)
    values = np.empty((len(b), len(a)))
    with np.errstate(over="ignore", invalid="ignore"):
        for i, b_i in enumerate(b):
            Zb = Z + b_i * V
            for j, a_j in enumerate(a):
                theta = plane.theta(a_j, b_i)
                outputs, _ = tail(Zb + a_j * U, split(theta)[1:], net.f)
                decay = 0.5 * journal.header.l2 * float(theta[weights] @ theta[weights])
                values[i, j] = criterion.value(outputs, Y).mean() + decay
    return values


def _sentence(iterations: list[int], plane: Plane, rows: int, n: int) -> str:
    on = f"all {n:,} training rows" if rows == n else f"{rows:,} of {n:,} training rows, evenly chosen"
    off = f"at most {100 * plane.error:.1f} %" if plane.error >= 5e-4 else "less than 0.1 %"
    return (
        f"The loss on the plane closest to iterations {iterations[0]} to {iterations[-1]}, on {on}; "
        f"the path leaves the plane by {off} of its length."
    )
