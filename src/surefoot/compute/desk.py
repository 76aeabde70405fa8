"""A desk: how one network is walked on this machine, and the room to do it in.

What is chosen depends on the network and on what is installed, not on the data; so shards of the data
that are walked one after the other share one desk: its threads, and its buffers, which grow to what the
largest of them needs.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np

from surefoot.arrays import Array
from surefoot.compute.behind import suits
from surefoot.compute.first_layer import THIN, padded
from surefoot.compute.threads import Crew, SingleBlas
from surefoot.network import Network

ROWS = 2560  # of a block, at most
BUFFER = 4 << 20  # bytes of a block turned into floats for BLAS


class Desk:
    """Threads, buffers, and the choice of kernels.

    threads : how many work; None: the cores at hand, at most 8.  Results do not depend on it.
    """

    def __init__(self, network: Network, real: type[np.floating[Any]], threads: int | None = None) -> None:
        d, d_1 = network.sizes[:2]
        self.network, self.real = network, real
        numba = find_spec("numba") is not None
        self.compiled, self.fused = numba and d_1 <= THIN, numba and suits(network)
        self.single_blas = SingleBlas()
        crew = Crew(threads)
        self.calm = crew if self.single_blas.possible else Crew(1)  # whose threads may call BLAS
        self.crew = crew if self.compiled and self.fused else self.calm
        fitting = min(max(BUFFER // (d * np.dtype(real).itemsize), 64), ROWS)
        self.rows, self.units = (ROWS, padded(d_1)) if self.compiled else (fitting, d_1)
        self.choice = self._sentence(numba)
        self._rooms: dict[tuple[str, int], Array] = {}

    def room(self, name: str, worker: int, shape: tuple[int, ...], dtype: Any = None) -> Array:
        """A worker's array of this name: zeros at first, then whatever was left in it."""
        size, dtype = int(np.prod(shape)), dtype or self.real
        array = self._rooms.get((name, worker))
        if array is None or array.size < size:
            array = self._rooms[name, worker] = np.zeros(size, dtype)
        return array[:size].reshape(shape)

    def ones(self, n: int) -> Array:
        """(n,) weights of samples that have none."""
        array = self.room("ones", 0, (n,))
        array[:] = 1
        return array

    def _sentence(self, numba: bool) -> str:
        """What was chosen and why, for the header of a run."""
        units = self.network.sizes[1]
        why = f"{units} units; kernels up to {THIN}" if numba else "Numba is not installed: surefoot[fast]"
        blas = f"BLAS on blocks of {self.rows} rows ({why})"
        first = "compiled kernels" if self.compiled else blas
        behind = "fused kernels" if self.fused else "NumPy on blocks" + numba * " (a wide layer is there)"
        threads = f"{self.crew.threads} thread" + "s" * (self.crew.threads > 1)
        if self.crew is self.calm and not self.single_blas.possible:
            threads += " beside those of BLAS (threadpoolctl is not installed: surefoot[fast])"
        return f"first layer by {first}, layers behind it by {behind}; {threads}"

    def close(self) -> None:
        """Send the threads home; they come back when there is work."""
        for crew in (self.crew, self.calm):
            crew.close()
