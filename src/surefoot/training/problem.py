"""A problem is a network and the data it is to learn: from here on, an Objective.

Which objective computes it is a choice of the machine, not of the mathematics: all of them give
the same numbers, and one table names them.

    dense    plain NumPy on the data as one float matrix: nothing to load, nothing to compile
    packed   compiled kernels, threads, data as they came: 2 to 8 times as fast, after 1.5 to 3 s of loading
    blocks   the same, block after block of rows from a disk: data larger than memory
    dask     the same, on the workers of a Dask cluster: data larger than one machine
    device   PyTorch, on a GPU where there is one
    auto     dask or device where workers or a device are named, blocks for data on a disk beyond LARGE; else
             packed from SMALL multiplications on: from there on 100 iterations win the loading time back
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from surefoot.arrays import Array
from surefoot.compute.dense import Dense
from surefoot.compute.packed import Packed
from surefoot.compute.walked import Walked
from surefoot.data import Data
from surefoot.data.rows import on_disk
from surefoot.errors import BadValue, ShapeError, UnknownName
from surefoot.network import Network
from surefoot.records import Header

PRECISIONS: dict[str, type[np.floating[Any]]] = {"double": np.float64, "single": np.float32}


LARGE = 1 << 28  # bytes of data on a disk from which on they stay there
SMALL = 2e7  # multiplications of one value, activations as 10: 784-6-10 on 4,100 rows (2 cores, AVX2)


def _dense(network: Network, data: Data, threads: int | None, **options: Any) -> Dense:
    return Dense(network, data.scaled(dtype=options["dtype"]), data.y, **options)


def _packed(network: Network, data: Data, threads: int | None, **options: Any) -> Packed:
    return Packed(network, data.X, data.y, scale=data.scale, threads=threads, **options)


def _blocks(network: Network, data: Data, threads: int | None, **options: Any) -> Walked:
    from surefoot.compute.blocks import Blocked

    return Blocked(network, data.X, data.y, scale=data.scale, threads=threads, **options)


def _dask(network: Network, data: Data, threads: int | None, workers: Any = None, **options: Any) -> Walked:
    from surefoot.compute.dask import Distributed

    options |= {"workers": 2 if workers is None else workers, "threads": threads or 1}
    return Distributed(network, data.X, data.y, scale=data.scale, **options)


def _device(
    network: Network, data: Data, threads: int | None, device: str | None = None, **options: Any
) -> Walked:
    from surefoot.compute.device import OnDevice

    return OnDevice(network, data.X, data.y, scale=data.scale, device=device or "auto", **options)


COMPUTE: dict[str, Callable[..., Dense | Walked]] = {
    "dense": _dense, "packed": _packed, "blocks": _blocks, "dask": _dask, "device": _device,
}  # fmt: skip
NAMES = ("auto", *COMPUTE)


def chosen(network: Network, data: Data, compute: str, workers: Any, device: str | None) -> str:
    """The name in the table that `compute` stands for.

    Raises
    ------
    UnknownName, BadValue : no such name; workers or a device for an objective that has no use for them.
    """
    if compute not in NAMES:
        raise UnknownName("way to compute", compute, NAMES)
    for name, said, owner in (("workers", workers, "dask"), ("device", device, "device")):
        if said is not None and compute not in ("auto", owner):
            raise BadValue(f"{name}={said!r} is for compute={owner!r}; leave it or compute={compute!r} out.")
    if workers is not None and device is not None:
        raise BadValue(f"workers={workers!r} and device={device!r} cannot be had together; leave one out.")
    if compute != "auto":
        return compute
    if workers is not None or device is not None:
        return "dask" if device is None else "device"
    return "blocks" if on_disk(data.X) and data.X.nbytes >= LARGE else in_memory(network, data.n)


def in_memory(network: Network, n: int) -> str:
    """Dense for small work, packed for more."""
    each = sum(a * b for a, b in pairwise(network.sizes)) + 10 * sum(network.sizes[1:])
    return "dense" if each * n < SMALL else "packed"


def Problem(  # noqa: N802 - a constructor to its users: sf.Problem(net, train)
    net: Network,
    data: Data,
    *,
    l2: float = 0.0,
    sample_weight: Array | None = None,
    precision: str = "double",
    compute: str = "auto",
    threads: int | None = None,
    workers: Any = None,
    device: str | None = None,
) -> Dense | Walked:
    """Make the Objective of training `net` on `data`: the mean loss, plus l2/2 Σ W².

    Parameters
    ----------
    net : sizes[0] inputs as data.d, sizes[-1] outputs as data.k.
    data : the training samples.
    l2 : weight decay λ >= 0; biases are left alone.
    sample_weight : (n,) weights wᵢ of the mean Σ wᵢ lᵢ / Σ wᵢ; None: all equal.
    precision : "double" (float64) or "single" (float32; sums over samples still in float64).
    compute : "auto", or which objective computes: "dense", "packed", "blocks", "dask", "device".
    threads : how many threads of our own may work; None: the cores at hand, at most 8 (of a Dask worker: 1).
        Results do not depend on it.
    workers : of "dask": how many to start on this machine (2), the address of a scheduler, or a Client.
    device : of "device": "auto" (a GPU if there is one), "cpu", "cuda", "cuda:1" ...

    Raises
    ------
    ShapeError : network and data do not fit.   BadValue, UnknownName : options that cannot be.
    MissingExtra : Dask or PyTorch is not installed.

    >>> import surefoot as sf
    >>> problem = sf.Problem(sf.Network((64, 6, 10)), sf.load("digits"))
    >>> problem.size, problem.rows
    (460, 1797)
    """
    check_fit(net, data)
    if precision not in PRECISIONS:
        raise UnknownName("precision", precision, PRECISIONS)
    name = chosen(net, data, compute, workers, device)
    own = {"dask": {"workers": workers}, "device": {"device": device}}.get(name, {})
    options = {"l2": l2, "sample_weight": sample_weight, "dtype": PRECISIONS[precision]}
    return COMPUTE[name](net, data, threads, **own, **options)


def machines_of(header: Header) -> dict[str, Any]:
    """Options of `Problem` that say who computed a stored run: a name stands first in what is said of it."""
    name = header.compute.partition(":")[0]
    own = {"dask": "workers", "device": "device"}.get(name, "")
    machines = {"compute": name if name in COMPUTE else "auto"}
    return {**machines, own: header.options[own]} if own in header.options else machines


def check_fit(net: Network, data: Data) -> None:
    """Raise one sentence when the network cannot take these data."""
    if not isinstance(net, Network):
        raise BadValue(f"{net!r} is not a network; make one with sf.Network(({data.d}, 6, {data.k})).")
    if not isinstance(data, Data):
        raise BadValue(
            f"{type(data).__name__} is not data; make it with sf.Data(X, y, classes=...) or sf.load(...)."
        )
    if net.sizes[0] != data.d:
        raise ShapeError(
            f"{data.name} has {data.d} columns but the first layer expects {net.sizes[0]} "
            f"(sizes {net.name}). Give the network {data.d} inputs."
        )
    if data.is_classification != (net.loss == "cross-entropy") and net.loss != "binary":
        kind, wants = ("labels", "cross-entropy") if data.is_classification else ("numbers", "squared-error")
        raise BadValue(f"{data.name} has {kind} to predict but the loss is {net.loss}. Use loss={wants!r}.")
    outputs = 1 if net.loss == "binary" and data.y.ndim == 1 else data.k
    if net.sizes[-1] != outputs:
        raise ShapeError(
            f"{data.name} has {outputs} {'classes' if data.is_classification else 'targets'} but the last "
            f"layer has {net.sizes[-1]} units (sizes {net.name}). Give the network {outputs} outputs."
        )
