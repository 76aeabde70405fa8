"""Arrays that come back: large ones are lent, and lent again once nobody looks at them any more.

A fresh array of megabytes costs a page fault every 4 KB, and an iteration makes two.  Whoever keeps a
borrowed array, or a view of one, keeps it unchanged: it returns when the last reference is gone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from surefoot.arrays import Array

SPARE = 3  # arrays that may wait on the shelf


class Shelf:
    """Arrays of one shape and type; `make` makes one, by default in memory.

    >>> shelf = Shelf(3, np.float64)
    >>> first = shelf.borrow(); address = first.ctypes.data; view = first[1:]; del first
    >>> shelf.borrow().ctypes.data == address
    False
    >>> del view
    >>> shelf.borrow().ctypes.data == address
    True
    """

    def __init__(
        self, shape: int | tuple[int, ...], dtype: Any, make: Callable[[], Array] | None = None
    ) -> None:
        self._make = make or (lambda: np.empty(shape, dtype))
        self._waiting: list[Array] = []

    def borrow(self) -> Array:
        """An array with anything in it."""
        array = self._waiting.pop() if self._waiting else self._make()
        return np.asarray(_Lent(array, self._waiting))


class _Lent:
    """What a borrowed array has as its base: its end is the array's return."""

    def __init__(self, array: Array, waiting: list[Array]) -> None:
        self._array, self._waiting = array, waiting
        self.__array_interface__ = array.__array_interface__

    def __del__(self) -> None:
        if len(self._waiting) < SPARE:
            self._waiting.append(self._array)
