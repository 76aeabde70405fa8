"""The objective on a device: PyTorch on a processor or GPU, or any library of the array API.

    data       lie there as they came (uint8), chunk by chunk; a walk turns each chunk into floats once
    Z¹, Ż¹     lie there too, a part for each chunk; arrays are made, never changed
    crossing   W¹ or V¹ and the rest of the parameters on the way out, sums on the way back, once per walk
    sums       a chunk's products in the working precision, float32 over at most SPAN rows; everything else
               that is summed, and the chunks in their order, in float64

So the bits of a walk repeat on the same machine with the same number of threads of the library.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from surefoot.arrays import Array, Vector
from surefoot.compute.dense import relative_weights, require_fit
from surefoot.compute.device_layers import Behind, Device, DeviceLayers, Samples
from surefoot.compute.device_place import Place
from surefoot.compute.packed import mean_one, targets
from surefoot.compute.shard import KEPT, as_walked
from surefoot.compute.walked import Walked
from surefoot.compute.walks import Line, Sums
from surefoot.network import Network

MOST = 2560  # rows of a chunk on a processor, at most
AT_ONCE = 4  # arrays of a layer that its units work on
LAYERS = 6  # first layers that room is wanted for: Z¹, Ż¹, the next Z¹, and what methods keep


class Held:
    """The handle of a first layer: its parts (m, d_1) on the device, none before a walk has filled it."""

    __slots__ = ("__weakref__", "parts")

    def __init__(self, parts: Sequence[Device] = ()) -> None:
        self.parts = parts


class Chunk(NamedTuple):
    """Some rows of the data on the device.   X : (m, d) as they came."""

    X: Device
    samples: Samples


class DeviceWalks:
    """`Walks` over chunks of rows that lie on a device.

    X : (n, d), read chunk by chunk.   Y, weights : as `packed.targets` and `packed.mean_one` make them.
    """

    def __init__(
        self,
        network: Network,
        X: Any,
        Y: Array,
        weights: Array | None,
        place: Place,
        real: type[np.floating[Any]],
    ) -> None:
        self.network, self.place, self.real = network, place, real
        self.layers = DeviceLayers(place.xp, network)
        n, size = len(X), np.dtype(real).itemsize
        rows = min(n, chunk_rows(network, size, place))
        entry = X.dtype.itemsize if X.dtype in KEPT else size
        self.need = n * X.shape[1] * entry + Y.nbytes + room(network, size, n, rows)
        left = place.free()
        if left is not None and left < self.need:
            raise place.too_small(self.need)
        with place.room_for(self.need):
            self.chunks = [
                Chunk(place.put(as_walked(np.asarray(X[a:b]), real)), self._samples(Y, weights, a, b))
                for a, b in ((a, min(a + rows, n)) for a in range(0, n, rows))
            ]
        self.choice = f"device: {X.dtype} data as they came, {rows:,} rows at a time; {place.choice}"
        self._floats = place.widener(rows, X.shape[1], real)

    def _samples(self, Y: Array, weights: Array | None, a: int, b: int) -> Samples:
        put = self.place.put
        return Samples(put(Y[a:b]), None if weights is None else put(weights[a:b]))

    def storage(self) -> Held:
        return Held()

    def moved(self, Z: Held, dZ: Held, alpha: float) -> Held:
        with self.place.room_for(self.need):
            return Held([self._step(*parts, alpha) for parts in zip(Z.parts, dZ.parts, strict=True)])

    def mixed(self, a: float, dZ: Held, b: float, other: Held) -> Held:
        with self.place.room_for(self.need):
            a, b = float(self.real(a)), float(self.real(b))
            return Held([a * part + b * more for part, more in zip(dZ.parts, other.parts, strict=True)])

    def fill(self, W: Array, Z: Held) -> None:
        with self.place.room_for(self.need):
            weights = self._first(W)
            Z.parts = [self._floats(chunk.X) @ weights for chunk in self.chunks]

    def value(self, line: Line, alpha: float, W: Array | None = None, V: Array | None = None) -> float:
        b, behind = self._there(line.at(alpha, self.real))

        def work(chunk: Chunk, X: Device, Z: Device, dZ: Device) -> list[Device]:
            return [self.layers.value(self._step(Z, dZ, alpha) + b, behind, chunk.samples)]

        (loss,) = self._walk(line, W, V, work, data=False)
        return float(loss)

    def jet(
        self, line: Line, alpha: float, W: Array | None = None, V: Array | None = None
    ) -> tuple[float, float, float]:
        (b, behind), (v, ahead) = self._there(line.at(alpha, self.real)), self._there(line.along)

        def work(chunk: Chunk, X: Device, Z: Device, dZ: Device) -> list[Device]:
            here = self._step(Z, dZ, alpha) + b
            return list(self.layers.jet(here, dZ + v, behind, ahead, chunk.samples))

        loss, slope, bend = self._walk(line, W, V, work, data=False)
        return float(loss), float(slope), float(bend)

    def gradient(self, line: Line, alpha: float, W: Array | None, carried: Held) -> Sums:
        (b, behind), parts = self._there(line.at(alpha, self.real)), []

        def work(chunk: Chunk, X: Device, Z: Device, dZ: Device) -> list[Device]:
            here = self._step(Z, dZ, alpha)
            parts.append(here)
            loss, right, D1, sums = self.layers.pullback(here + b, behind, chunk.samples)
            return [loss, right, self.layers.outer_sum(X, D1), *sums]

        loss, right, first, *sums = self._walk(line, W, None, work)
        if alpha != 0:
            carried.parts = parts
        return Sums(float(loss), int(right), first, np.concatenate([part.ravel() for part in sums]))

    def product(self, line: Line, W: Array | None, V: Array, newton: bool) -> tuple[Array, Array]:
        (b, behind), (v, ahead) = self._there(line.at(0.0, self.real)), self._there(line.along)
        direction = self._first(V)

        def work(chunk: Chunk, X: Device, Z: Device, dZ: Device) -> list[Device]:
            dD1, sums = self.layers.product(Z + b, X @ direction + v, behind, ahead, chunk.samples, newton)
            return [self.layers.outer_sum(X, dD1), *sums]

        first, *sums = self._walk(line, W, None, work)
        return first, np.concatenate([part.ravel() for part in sums])

    def outputs(self, Z: Held, rest: Vector) -> Array:
        with self.place.room_for(self.need):
            b, behind = self._there(rest)
            return np.concatenate([self.place.get(self.layers.outputs(part + b, behind)) for part in Z.parts])

    def close(self) -> None:
        """Nothing to send home: what lies on the device goes with its last reference."""

    def _walk(
        self, line: Line, W: Array | None, V: Array | None,
        work: Callable[[Chunk, Device, Device, Device], list[Device]], data: bool = True,
    ) -> list[Array]:  # fmt: skip
        """Float64 sums of work(chunk, its X in floats if `data`, Z¹, Ż¹) over the chunks, in order."""
        with self.place.room_for(self.need):
            totals, Zs, dZs = Totals(self.place), list[Device](), list[Device]()
            weights, moving = (None if A is None else self._first(A) for A in (W, V))
            data = data or W is not None or V is not None
            for k, chunk in enumerate(self.chunks):
                X = self._floats(chunk.X) if data else None
                Z = line.Z.parts[k] if weights is None else X @ weights
                dZ = X @ moving if moving is not None else Z if line.dZ is line.Z else line.dZ.parts[k]
                Zs.append(Z)
                dZs.append(dZ)
                totals.add(work(chunk, X, Z, dZ))
            sums = totals.get()
        if W is not None:  # only now: a walk that was broken off has filled nothing
            line.Z.parts = Zs
        if V is not None:
            line.dZ.parts = dZs
        return sums

    def _first(self, W: Array) -> Device:
        """W (d, d_1) there, each unit's weights side by side: few units take MKL half the time so."""
        return self.place.put(np.array(W.T, order="C")).T

    def _there(self, rest: Array) -> tuple[Device, Behind]:
        """b¹ and the layers behind the first on the device, in the working precision."""
        return self.layers.split(self.place.put(np.array(rest, self.real)))

    def _step(self, Z: Device, dZ: Device, alpha: float) -> Device:
        return Z if alpha == 0 else self.place.step(Z, dZ, float(self.real(alpha)))


class Totals:
    """Float64 sums on the device, of a list of arrays per chunk; they cross in one piece."""

    def __init__(self, place: Place) -> None:
        self.place, self._sums = place, list[Device]()

    def add(self, parts: list[Device]) -> None:
        xp = self.place.xp
        if not self._sums:
            self._sums = [xp.astype(part, xp.float64) for part in parts]  # a copy: it takes up the others
            return
        for total, part in zip(self._sums, parts, strict=True):
            total += part

    def get(self) -> list[Array]:
        xp, shapes = self.place.xp, [tuple(total.shape) for total in self._sums]
        flat = self.place.get(xp.concat([xp.reshape(total, (-1,)) for total in self._sums]))
        ends = np.cumsum([np.prod(shape, dtype=int) for shape in shapes])
        return [part.reshape(s) for part, s in zip(np.split(flat, ends[:-1]), shapes, strict=True)]


class OnDevice(Walked):
    """A network's loss on data that lie on a device in the type in which they came.

    Parameters
    ----------
    network : the network.
    X : (n, d) uint8, float32 or float64 (others become floats); the network sees X / scale.  Left as it is
        from now on: on a processor it is shared, not copied.
    y : labels (n,) or targets (n, k), as the network's loss wants them.
    scale : what X is divided by.
    l2 : λ >= 0, on weights, not on biases.
    sample_weight : (n,) non-negative, not all zero; None: all equal.
    dtype : float64 or float32, the precision of all that is computed; sums over samples are float64.
    device, xp : see `Place`.

    Raises
    ------
    ShapeError, BadValue : arrays that do not fit the network, each other or the device.
    UnknownName, MissingExtra : no such device, or not the libraries for it.
    """

    def __init__(
        self,
        network: Network,
        X: Any,
        y: Array,
        *,
        scale: float = 1.0,
        l2: float = 0.0,
        sample_weight: Array | None = None,
        dtype: type[np.floating[Any]] = np.float64,
        device: Any = "auto",
        xp: Any = None,
    ) -> None:
        X = X if hasattr(X, "ndim") else np.asarray(X)
        require_fit(network, X, y, l2)
        self.X, self.Y, self._xp = X, targets(network, y, dtype), xp
        self.weights = relative_weights(sample_weight, len(X))
        self.device = Place(device, xp)
        walks = DeviceWalks(network, X, self.Y, mean_one(self.weights, dtype), self.device, dtype)
        super().__init__(network, walks, len(X), scale=scale, l2=l2, dtype=dtype)

    def in_double(self) -> OnDevice:
        """The same objective in float64."""
        if self.dtype == np.float64:
            return self
        return OnDevice(
            self.network, self.X, self.Y, scale=self.scale, l2=self.l2, sample_weight=self.weights,
            device=self.device.device, xp=self._xp,
        )  # fmt: skip


def chunk_rows(network: Network, size: int, place: Place) -> int:
    """Rows whose inputs, or AT_ONCE arrays of the widest layer, fill a chunk in floats of `size` bytes."""
    d, *layers = network.sizes
    rows = max(place.chunk_bytes // (max(d, AT_ONCE * max(layers)) * size), 64)
    return rows if place.on_gpu else min(rows, MOST)


def room(network: Network, size: int, n: int, rows: int) -> int:
    """Bytes beside the data: first layers of all rows, and what a chunk of `rows` is worked on in."""
    d, *layers = network.sizes
    return size * (LAYERS * n * layers[0] + rows * (d + AT_ONCE * sum(layers)))
