"""The fast objective: data as they came, compiled kernels or BLAS on blocks, threads.

The same numbers as `dense`, to rounding, and the same passes.  What differs is how the machine is used:

    data          uint8 or float as they are; 1 / scale goes into W¹ and into the gradient
    blocks        rows are worked on block by block, and nothing of the data's size is ever made
    ray           Ż¹ and the first trial in one walk over the data;  Z¹(α) is carried from point to point
    gradient      D¹ of a block is multiplied with the block while both are in cache
    threads       blocks lie in at most STRIPS strips; a thread takes a strip, the strips are added in order

So the bits do not depend on the number of threads.  Z¹ + α Ż¹ gathers rounding; `advance` asks for a
fresh point every 50 iterations, which walks Z¹ anew (in the same pass), and a run resumed there has the
same bits.
"""

from __future__ import annotations

from functools import cached_property
from importlib.util import find_spec
from types import TracebackType
from typing import Any, Self

import numpy as np

from surefoot.arrays import Array, Vector, frozen
from surefoot.compute.behind import Fused, Plain, Tail, suits
from surefoot.compute.dense import Dense, DensePoint, relative_weights
from surefoot.compute.first_layer import THIN, Blas, Compiled, Products, padded
from surefoot.compute.packed_points import PackedPoint
from surefoot.compute.storage import Shelf
from surefoot.compute.threads import Crew, SingleBlas
from surefoot.compute.walks import Blocks, BlockWalks, Walks
from surefoot.descent.objective import Known, Meter
from surefoot.errors import BadValue, ShapeError
from surefoot.network import Network
from surefoot.records import Cost

ROWS = 2560  # of a block, at most
BUFFER = 4 << 20  # bytes of a block turned into floats for BLAS


class Packed:
    """A network's loss on data in the type in which they came.

    Parameters
    ----------
    network : the network.
    X : (n, d) uint8, float32 or float64 (others become floats); the network sees X / scale.
    y : labels (n,) or targets (n, k), as the network's loss wants them.
    scale : what X is divided by.
    l2 : λ >= 0, on weights, not on biases.
    sample_weight : (n,) non-negative, not all zero; None: all equal.
    dtype : float64 or float32, the precision of all that is computed; sums over samples are float64.
    threads : how many work; None: the cores at hand, at most 8.  Results do not depend on it.

    Raises
    ------
    ShapeError, BadValue : arrays that do not fit the network or each other.
    """

    def __init__(
        self,
        network: Network,
        X: Array,
        y: Array,
        *,
        scale: float = 1.0,
        l2: float = 0.0,
        sample_weight: Array | None = None,
        dtype: type[np.floating[Any]] = np.float64,
        threads: int | None = None,
    ) -> None:
        X = np.asarray(X)
        if X.ndim != 2 or X.shape[1] != network.sizes[0]:
            raise ShapeError(
                f"X has shape {X.shape}, but the first layer expects {network.sizes[0]} inputs "
                f"(sizes {network.name}). Pass X with shape (n, {network.sizes[0]})."
            )
        if len(X) == 0 or len(y) != len(X):
            raise ShapeError(
                f"X has {len(X)} rows and y has {len(y)}. Give one target per row, at least one row."
            )
        if not 0 <= l2 < float("inf"):
            raise BadValue(f"l2 is {l2!r}; give a finite number >= 0, such as 1e-3.")
        self.network, self.l2, self.dtype, self.scale = network, float(l2), dtype, float(scale)
        self.X = np.ascontiguousarray(X, X.dtype if X.dtype in (np.uint8, np.float32, np.float64) else dtype)
        self.X = self.X.view()
        self.X.flags.writeable = False
        Y = network.criterion.targets(y, network.sizes[-1])
        self.Y = Y if Y.dtype.kind == "i" else Y.astype(dtype)
        self.weights = relative_weights(sample_weight, len(X))
        self.meter = Meter()
        self.layout = network.layout
        self.size, self.rows = network.size, len(X)
        self.blocks, self.place = self.layout.slices, self.layout.place
        self.analytic = network.f.analytic
        self.epsilon = float(np.finfo(dtype).eps)
        self.front = network.sizes[0] * network.sizes[1]  # theta = [W¹, rest]
        self._choose(Crew(threads))

    def _choose(self, crew: Crew) -> None:
        """Take the kernels that suit the network, cut the rows into blocks for them, and say so."""
        d, d_1 = self.network.sizes[:2]
        numba = find_spec("numba") is not None
        compiled, fused = numba and d_1 <= THIN, numba and suits(self.network)
        single_blas = SingleBlas()
        calm = crew if single_blas.possible else Crew(1)  # whose threads may call BLAS
        if not (compiled and fused):
            crew = calm
        fitting = min(max(BUFFER // (d * np.dtype(self.dtype).itemsize), 64), ROWS)
        blocks = Blocks(self.rows, ROWS if compiled else fitting, padded(d_1) if compiled else d_1)
        data = self.X, d_1, self.dtype, self.scale
        self.first: Products = Compiled(*data) if compiled else Blas(*data, crew.threads, blocks.most)
        weights = None if self.weights is None else (self.weights * self.rows).astype(self.dtype)
        plain = Plain(self.network, self.Y, weights, self.dtype, blocks.bounds)
        tail: Tail = Fused(plain, crew.threads) if fused else plain
        self.blockwise = BlockWalks(blocks, self.first, tail, plain, calm, single_blas)
        self.walks: Walks = self.blockwise
        if isinstance(self.first, Compiled) and isinstance(tail, Fused):
            from surefoot.compute.compiled_walks import CompiledWalks

            self.walks = CompiledWalks(blocks, self.first, tail, plain, crew)
        self.crews = crew, calm
        self._shelf = Shelf(self.rows * blocks.units, self.dtype)
        self.choice = self._sentence(numba, compiled, fused, blocks.most)

    def _sentence(self, numba: bool, compiled: bool, fused: bool, rows: int) -> str:
        """What was chosen and why, for the header of a run."""
        units, (crew, calm) = self.network.sizes[1], self.crews
        why = f"{units} units; kernels up to {THIN}" if numba else "Numba is not installed: surefoot[fast]"
        first = "compiled kernels" if compiled else f"BLAS on blocks of {rows} rows ({why})"
        behind = "fused kernels" if fused else "NumPy on blocks" + numba * " (a wide layer is there)"
        threads = f"{crew.threads} thread" + "s" * (crew.threads > 1)
        if crew is calm and not self.blockwise.single_blas.possible:
            threads += " beside those of BLAS (threadpoolctl is not installed: surefoot[fast])"
        return (
            f"packed: {self.X.dtype} data as they came; first layer by {first}, "
            f"layers behind it by {behind}; {threads}"
        )

    @property
    def cost(self) -> Cost:
        return self.meter.cost

    @property
    def trial_cost(self) -> float:
        """As `dense` has it, so that `auto` chooses the same search wherever it runs."""
        d, *rest = self.network.sizes
        tail_work = sum(a * b for a, b in zip(rest, rest[1:], strict=False)) + 10 * sum(rest)
        return tail_work / (2 * tail_work + 2 * d * rest[0])

    def at(self, theta: Vector, known: Known | None = None) -> PackedPoint | DensePoint:
        theta = np.asarray(theta)
        if theta.dtype.kind == "c":  # a complex step checks derivatives: the plain path knows how
            return self.plain.at(theta, known)
        return PackedPoint(self, frozen(theta), known=known)

    def storage(self) -> Array:
        """Z¹ or Ż¹ for all rows, flat, with anything in it."""
        return self._shelf.borrow()

    def rest(self, theta: Array) -> Array:
        """[b¹, W², b², ...] in the working precision."""
        return np.array(theta[self.front :], self.dtype)

    def first_weights(self, theta: Array) -> Array:
        """W¹ (units, d), divided by the scale."""
        d, d_1 = self.network.sizes[:2]
        return self.first.weights(theta[: self.front].reshape(d, d_1).astype(self.dtype, copy=False))

    def join(self, G: Array, rest: Array) -> Vector:
        """The gradient of the mean loss from sums G (units, d) and rest over the samples."""
        flat = np.empty(self.size)
        d, d_1 = self.network.sizes[:2]
        np.multiply(G[:d_1].T, 1 / (self.rows * self.scale), out=flat[: self.front].reshape(d, d_1))
        np.multiply(rest, 1 / self.rows, out=flat[self.front :])
        return flat

    def penalty(self, theta: Array, other: Array) -> float:
        if not self.l2:
            return 0.0
        weights = self.layout.is_weight
        return float(0.5 * self.l2 * (theta[weights] @ other[weights]))

    def l2_gradient(self, theta: Vector) -> Vector | float:
        return self.l2 * np.where(self.layout.is_weight, theta, 0.0) if self.l2 else 0.0

    @cached_property
    def plain(self) -> Dense:
        """The plain objective on the same data, widened: for verification of a few rows."""
        X = np.divide(self.X, self.scale, dtype=self.dtype, casting="same_kind")
        return Dense(self.network, X, self.Y, l2=self.l2, sample_weight=self.weights, dtype=self.dtype)

    def sweep(self, theta: Array, h: complex) -> Array:
        """Losses at all θ + h eᵢ, shape (P,); complex where h is."""
        return self.plain.sweep(theta, h)

    def crossed(self, theta: Array, h: float) -> Array:
        """(P,) True where a perturbation by h moves some pre-activation across a kink."""
        return self.plain.crossed(theta, h)

    def in_double(self) -> Packed:
        """The same objective in float64."""
        if self.dtype == np.float64:
            return self
        return Packed(
            self.network, self.X, self.Y, scale=self.scale, l2=self.l2,
            sample_weight=self.weights, threads=self.crews[0].threads,
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for crew in self.crews:
            crew.close()
