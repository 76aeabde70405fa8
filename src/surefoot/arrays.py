"""Array types, and the two promises we make about arrays.

Samples are rows: X is (n, d).  Parameters are ONE flat vector theta of length P.
What we hand out is read-only: a callback may keep it, nobody changes it afterwards.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Vector: TypeAlias = NDArray[np.float64]  # shape (P,): parameters, gradients, directions
Matrix: TypeAlias = NDArray[np.float64]  # shape (n, d): samples are rows


def frozen(vector: Array) -> Array:
    """Return a read-only copy; an array that is read-only and owns its memory is returned as it is."""
    if not vector.flags.writeable and vector.base is None:
        return vector
    copy = np.array(vector)
    copy.flags.writeable = False
    return copy


def is_finite(values: Array | float) -> bool:
    """True when no entry is NaN or infinite."""
    return bool(np.all(np.isfinite(values)))
