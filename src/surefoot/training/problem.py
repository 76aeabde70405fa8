"""A problem is a network and the data it is to learn: from here on, an Objective.

Which objective computes it is a choice of the machine, not of the mathematics: all of them give
the same numbers, and one table names them.

    dense    plain NumPy on the data as one float matrix: nothing to load, nothing to compile
    packed   compiled kernels, threads, data as they came: 2 to 8 times as fast, after 1.5 to 3 s of loading
    auto     packed from SMALL multiplications on: from there on 100 iterations win the loading time back
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from surefoot.arrays import Array
from surefoot.compute.dense import Dense
from surefoot.compute.packed import Packed
from surefoot.data import Data
from surefoot.errors import BadValue, ShapeError, UnknownName
from surefoot.network import Network

PRECISIONS: dict[str, type[np.floating[Any]]] = {"double": np.float64, "single": np.float32}


SMALL = 2e7  # multiplications of one value, activations as 10: 784-6-10 on 4,100 rows (2 cores, AVX2)


def _dense(network: Network, data: Data, threads: int | None, **options: Any) -> Dense:
    return Dense(network, data.scaled(dtype=options["dtype"]), data.y, **options)


def _packed(network: Network, data: Data, threads: int | None, **options: Any) -> Packed:
    return Packed(network, data.X, data.y, scale=data.scale, threads=threads, **options)


def _auto(network: Network, data: Data, threads: int | None, **options: Any) -> Dense | Packed:
    sizes = network.sizes
    each = sum(a * b for a, b in pairwise(sizes)) + 10 * sum(sizes[1:])
    make = _dense if each * data.n < SMALL else _packed
    return make(network, data, threads, **options)


COMPUTE: dict[str, Callable[..., Dense | Packed]] = {"auto": _auto, "dense": _dense, "packed": _packed}


def Problem(  # noqa: N802 - a constructor to its users: sf.Problem(net, train)
    net: Network,
    data: Data,
    *,
    l2: float = 0.0,
    sample_weight: Array | None = None,
    precision: str = "double",
    compute: str = "auto",
    threads: int | None = None,
) -> Dense | Packed:
    """Make the Objective of training `net` on `data`: the mean loss, plus l2/2 Σ W².

    Parameters
    ----------
    net : sizes[0] inputs as data.d, sizes[-1] outputs as data.k.
    data : the training samples.
    l2 : weight decay λ >= 0; biases are left alone.
    sample_weight : (n,) weights wᵢ of the mean Σ wᵢ lᵢ / Σ wᵢ; None: all equal.
    precision : "double" (float64) or "single" (float32; sums over samples still in float64).
    compute : "auto", or the name of the objective that computes: "dense", "packed".
    threads : how many threads of our own may work; None: the cores at hand, at most 8.  Results do not
        depend on it.

    Raises
    ------
    ShapeError : network and data do not fit.   BadValue, UnknownName : options that cannot be.

    >>> import surefoot as sf
    >>> problem = sf.Problem(sf.Network((64, 6, 10)), sf.load("digits"))
    >>> problem.size, problem.rows
    (460, 1797)
    """
    check_fit(net, data)
    if precision not in PRECISIONS:
        raise UnknownName("precision", precision, PRECISIONS)
    if compute not in COMPUTE:
        raise UnknownName("way to compute", compute, COMPUTE)
    make = COMPUTE[compute]
    return make(net, data, threads, l2=l2, sample_weight=sample_weight, dtype=PRECISIONS[precision])


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
