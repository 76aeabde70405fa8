"""What a file's target column means: labels of classes, or numbers to be met.

A column that holds any text is labels; the classes are its distinct values, sorted.
A column of numbers is labels when all are whole and few are distinct:

    distinct values ≤ MOST_CLASSES = 20,  and  ≤ n / 2

(0/1, digits, school marks), and a regression otherwise.  "3.0" counts as whole: np.savetxt writes
labels so.  Who wants the other reading says it: `Data(X, y.astype(float))` is a regression,
`Data(X, y, classes=...)` is not, and in an .npz the type of y decides.
"""

from __future__ import annotations

import numpy as np

from surefoot.arrays import Array
from surefoot.errors import DataError

MOST_CLASSES = 20
LARGEST_WHOLE = 2.0**53  # beyond it float64 cannot tell whole numbers apart


def labels_or_targets(numbers: Array, origin: object) -> tuple[Array, tuple[str, ...]]:
    """Labels (n,) int64 and their classes, or the numbers (n,) as float64 and ().

    >>> labels_or_targets(np.array([3.0, 1.0, 3.0, 1.0]), "here")
    (array([1, 0, 1, 0]), ('1', '3'))
    """
    distinct = np.unique(numbers)
    whole = bool(np.all((np.abs(distinct) <= LARGEST_WHOLE) & (distinct == np.floor(distinct))))
    if whole and len(distinct) <= min(MOST_CLASSES, len(numbers) / 2):
        return labelled(numbers.astype(np.int64), origin)
    return numbers.astype(np.float64), ()


def labelled(values: Array, origin: object) -> tuple[Array, tuple[str, ...]]:
    """Labels (n,) int64 into the sorted distinct values, and these as texts.

    Raises
    ------
    DataError : not (n,), or so many distinct values that they cannot be classes.
    """
    if values.ndim != 1:
        raise DataError(
            f"{origin}: labels have shape (n,), these have {values.shape}; save y.argmax(axis=1)."
        )
    distinct, labels = np.unique(values, return_inverse=True)
    if len(distinct) > max(MOST_CLASSES, len(values) / 2):
        raise DataError(
            f"{origin}: the target has {len(distinct)} distinct values in {len(values)} rows, too many "
            "for classes; name another target, or save it as floats for a regression."
        )
    texts = np.char.decode(distinct, "utf-8") if distinct.dtype.kind == "S" else distinct
    return labels.astype(np.int64), tuple(map(str, texts.tolist()))
