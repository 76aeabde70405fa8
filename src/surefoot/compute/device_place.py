"""A place: an array library and a device of it, and the way there and back.

    library    PyTorch by itself; any other that array-api-compat knows (CuPy, array-api-strict) on request
    device     "auto" takes CUDA where PyTorch sees it, else the processor

Two things are not in the array API: how much memory a device has left, and a copy into memory that is
there already.  For PyTorch both are here; elsewhere the first is not known and the second is a new array.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from surefoot.arrays import Array
from surefoot.errors import BadValue, UnknownName, require

NEAR, FAR = 4 << 20, 256 << 20  # bytes of a chunk turned into floats: in a processor's cache; on a GPU, where
# a launch costs more than what a cache would save
KNOWN = ("auto", "cpu", "cuda", "cuda:1")


class Place:
    """Where arrays live.

    device : "auto", "cpu", "cuda" (the first) or "cuda:1" for PyTorch; for other libraries what their
        `asarray` takes, "auto" is their own choice.
    xp : an array library; None: PyTorch.

    Raises
    ------
    MissingExtra : no array-api-compat, no PyTorch.   UnknownName, BadValue : no such device.
    """

    def __init__(self, device: str | Any = "auto", xp: Any = None) -> None:
        compat = require("array_api_compat", "torch", "computing on a device")
        library = require("torch", "torch", "computing on a device") if xp is None else xp
        self.xp = compat.array_namespace(library.asarray([0.0]))
        self.torch: Any = library if compat.is_torch_namespace(self.xp) else None
        self._to_device = compat.to_device
        chosen: Any = None if device == "auto" else device
        self.device = self._torch_device(device) if self.torch else chosen
        self.on_gpu = compat.is_cupy_namespace(self.xp) or (self.torch and self.device.type == "cuda")
        self.chunk_bytes = FAR if self.on_gpu else NEAR
        self._full: tuple[type[Exception], ...] = (MemoryError,)  # CuPy's error is one of these
        if self.torch:
            self._full += (self.torch.cuda.OutOfMemoryError,)

    @property
    def choice(self) -> str:
        """The device and the library in words."""
        name = getattr(self.xp, "__name__", "").removeprefix("array_api_compat.")
        if not self.torch:
            return f"{self.device or 'the device'} of {name}"
        if self.on_gpu:
            return f"{self.device} ({self.torch.cuda.get_device_name(self.device)}), by PyTorch"
        sees = "" if self.torch.cuda.is_available() else " (it sees no CUDA device)"
        threads = self.torch.get_num_threads()
        return f"the processor, by PyTorch{sees} with {threads} thread{'s' * (threads > 1)} of its own"

    def put(self, array: Array) -> Any:
        """The array there; on a processor no copy, where the library can share."""
        if array.flags.writeable:
            return self.xp.asarray(array, device=self.device)
        with warnings.catch_warnings():  # it is not written to
            warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
            return self.xp.asarray(array, device=self.device)

    def get(self, array: Any) -> Array:
        """The array as NumPy's, here."""
        if self.torch or self.on_gpu:
            array = self._to_device(array, "cpu")
        return np.asarray(array)

    def widener(self, rows: int, d: int, real: type[np.floating[Any]]) -> Callable[[Any], Any]:
        """X (at most `rows`, d) -> X in floats; they may lie in memory that the next call uses again."""
        xp, dtype = self.xp, getattr(self.xp, np.dtype(real).name)
        if not self.torch:
            return lambda X: xp.astype(X, dtype, copy=False)
        room: list[Any] = []

        def floats(X: Any) -> Any:
            if X.dtype == dtype:
                return X
            if not room:
                room.append(xp.empty((rows, d), dtype=dtype, device=self.device))
            return room[0][: X.shape[0]].copy_(X)

        return floats

    def step(self, Z: Any, dZ: Any, alpha: float) -> Any:
        """Z + α Ż; PyTorch reads and writes no more than that asks for."""
        return self.torch.add(Z, dZ, alpha=alpha) if self.torch else Z + alpha * dZ

    def free(self) -> int | None:
        """Bytes that the device has left, where one can know; what PyTorch keeps for later is left too."""
        if not (self.torch and self.on_gpu):
            return None
        cuda, device = self.torch.cuda, self.device
        kept = cuda.memory_reserved(device) - cuda.memory_allocated(device)
        return int(cuda.mem_get_info(device)[0] + kept)

    @contextmanager
    def room_for(self, need: int) -> Iterator[None]:
        """Turn a device's want of memory into a sentence; NumPy beneath a library does not warn here."""
        try:
            with np.errstate(all="ignore"):  # a trial may be infinite: that is an answer
                yield
        except self._full as error:
            raise self.too_small(need) from error

    def too_small(self, need: int) -> BadValue:
        left = self.free()
        there = "does not have that" if left is None else f"has {_size(left)} left"
        return BadValue(
            f"The data and their first layers need about {_size(need)} on {self.device or 'the device'}, "
            f"which {there}. Take precision='single', fewer rows, or compute='blocks', which reads from disk."
        )

    def _torch_device(self, name: str) -> Any:
        cuda = self.torch.cuda
        if name == "auto":
            name = "cuda" if cuda.is_available() else "cpu"
        try:
            device = self.torch.device(name)
        except (RuntimeError, TypeError) as error:
            raise UnknownName("device", name, KNOWN) from error
        if device.type not in ("cpu", "cuda"):
            raise UnknownName("device", name, KNOWN)
        if device.type == "cpu":
            return device
        index, count = device.index or 0, cuda.device_count() if cuda.is_available() else 0
        if index >= count:
            raise BadValue(
                f"device={name!r} was asked for, but PyTorch {self.torch.__version__} sees "
                f"{count or 'no'} CUDA device{'s' * (count != 1)} here. Take device='auto' or 'cpu'."
            )
        return self.torch.device("cuda", index)


def _size(number: int) -> str:
    return f"{number / 1e9:.1f} GB" if number >= 1e9 else f"{number / 1e6:.0f} MB"
