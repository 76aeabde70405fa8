"""What may come in: scikit-learn's own checks, and in front of them what those let pass in silence.

    masked arrays      the mask would be ignored            an error
    dates, texts       have no numbers yet                  an error that says how to make them
    |x| > 1e150        usually marks a missing value        one warning
    spread < 1e-305    has few digits left in float64       one warning
    nothing varies     nothing can be told apart            one warning

Messages of scikit-learn stay as they are: its users know them, and its checks ask for them.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from sklearn.utils.validation import _check_sample_weight, validate_data

from surefoot.arrays import Array, Vector
from surefoot.data.checks import LARGEST
from surefoot.errors import BadValue, ShapeError, WrongType
from surefoot.estimators.scaling import Scaling

KINDS = {"M": "dates", "m": "time spans", "U": "text", "S": "bytes", "V": "records with named fields"}
MAKE_NUMBERS = {
    "M": "subtract a first date and divide by a unit of time",
    "m": "divide by a unit of time, such as np.timedelta64(1, 's')",
    "U": "encode it, such as with sklearn.preprocessing.OneHotEncoder",
    "S": "decode and encode it, such as with sklearn.preprocessing.OneHotEncoder",
    "V": "give its fields as columns, such as with numpy.lib.recfunctions.structured_to_unstructured",
}
OPTIONS: dict[str, Any] = {"accept_sparse": "csr", "dtype": (np.float64, np.float32)}
FADED = 1e3  # times the smallest number with all its digits: a spread below that is kept with few
REACH = {np.dtype(np.float64): 1e150, np.dtype(np.float32): 1e18}  # of inputs in units of their spread


def checked_samples(estimator: Any, X: Any, y: Any, sample_weight: Any) -> tuple[Any, Any, Vector | None]:
    """X as floats or CSR, y as it came (an array), weights (n,) or None; in agreement with each other.

    Raises
    ------
    ValueError, TypeError : in scikit-learn's words, or ours.
    """
    refuse_strange("X", X)
    if y is not None:
        refuse_strange("y", y)
    if y is None:
        validate_data(estimator, X, y, skip_check_array=True)  # says that y is needed
    with told("X"):
        X = validate_data(estimator, X, **OPTIONS, ensure_min_samples=2)
    if hasattr(X, "format") and not X.has_canonical_format:
        X = X.copy()
        X.sum_duplicates()
    if sample_weight is None:
        return X, y, None
    refuse_strange("sample_weight", sample_weight)
    with told("sample_weight"):
        w = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
    if not w.any():
        raise BadValue("Sample weights must contain at least one non-zero number.")
    return X, y, w / w.max() if w.max() > LARGEST else w  # a sum of larger ones would overflow


def checked_inputs(estimator: Any, X: Any) -> Any:
    """X to predict for: the columns of `fit`, as floats or CSR."""
    refuse_strange("X", X)
    with told("X"):
        return validate_data(estimator, X, reset=False, **OPTIONS)


@contextmanager
def told(name: str) -> Iterator[None]:
    """Say in our words what NumPy says of values that are no numbers; scikit-learn's words stay."""
    try:
        with np.errstate(
            over="ignore", invalid="ignore"
        ):  # its own sum looks for NaN, and 1e308s overflow it
            yield
    except OverflowError as error:
        raise BadValue(
            f"{name} holds an integer beyond the largest float; measure in a larger unit."
        ) from error
    except TypeError as error:
        if "argument must be" not in str(error):
            raise
        raise WrongType(f"{name} holds something that is no number ({error}); pass numbers only.") from error
    except ValueError as error:
        if "could not convert string" in str(error):
            raise BadValue(f"{name} holds text ({error}), not numbers; {MAKE_NUMBERS['U']}.") from error
        if "inhomogeneous" in str(error) or "setting an array element" in str(error):
            raise BadValue(f"{name} cannot be made a table ({error}); give rows of one length.") from error
        raise


def checked_length(X: Any, y: Array) -> None:
    """Raise one sentence unless there is one target for each row."""
    if len(y) != X.shape[0]:
        raise ShapeError(
            f"Found input variables with inconsistent numbers of samples: X has {X.shape[0]} rows and y has "
            f"{len(y)}; give one target for each row."
        )


def refuse_strange(name: str, values: Any) -> None:
    """Raise one sentence for what has no numbers, or numbers that do not count.

    Raises
    ------
    BadValue : a mask that hides entries; dates, text, records; something that is no array.
    """
    hidden = int(np.ma.getmaskarray(values).sum()) if isinstance(values, np.ma.MaskedArray) else 0
    if hidden:
        raise BadValue(
            f"{name} is a masked array that hides {hidden} entries, and the mask would be ignored; fill them "
            f"with {name}.filled(value), impute them, or leave those rows out."
        )
    if hasattr(values, "format") and hasattr(values, "tocsr"):
        return  # sparse; a DOK matrix is a dictionary too
    if isinstance(values, dict | set | frozenset | str | bytes) or hasattr(values, "__next__"):
        raise BadValue(
            f"{name} is a {type(values).__name__}, which has no rows in a fixed order; pass an array, a list "
            "of rows or a data frame."
        )
    dtype = getattr(values, "dtype", None)
    kind = getattr(dtype, "kind", "")
    if kind == "c":
        raise BadValue(f"Complex data not supported: {name} has dtype {dtype}; pass real numbers.")
    if kind and (kind in "MmV" or (name != "y" and kind == "S")):
        raise BadValue(f"{name} holds {KINDS[kind]} (dtype {dtype}), not numbers; {MAKE_NUMBERS[kind]}.")


def warn_of_extremes(name: str, values: Any, scaling: Scaling, stacklevel: int) -> None:
    """One warning for numbers that are probably marks, or for columns whose digits are lost.

    stacklevel : frames up to whoever called `fit`, as in `warnings.warn`.
    """
    entries = values.data if hasattr(values, "format") else values
    largest = float(np.abs(entries).max()) if entries.size else 0.0
    if largest > min(LARGEST, float(np.finfo(entries.dtype).max) / 4):
        warnings.warn(
            f"{name} holds numbers as large as {largest:.3g}; if they mark missing values, fill those first: "
            "beside them all other values of a column are lost.",
            stacklevel=stacklevel,
        )
        return
    faded = ~scaling.constant & (scaling.scale < FADED * float(np.finfo(entries.dtype).tiny))
    if faded.any():
        warnings.warn(
            f"Column {int(np.argmax(faded))} of {name} varies by {scaling.scale[faded][0]:.3g} only, where "
            f"{entries.dtype} has few digits left; measure it in a smaller unit.",
            stacklevel=stacklevel,
        )
    elif scaling.constant.all() and name == "X":
        warnings.warn(
            "No column of X varies, so every prediction will be the same; check that X holds what it should.",
            stacklevel=stacklevel,
        )


def refuse_far(Z: Any, dtype: Any) -> None:
    """Raise one sentence for inputs so far from those of the fit that their products would overflow."""
    entries = Z.data if hasattr(Z, "format") else Z
    limit = REACH[np.dtype(dtype)]
    far = ~(np.abs(entries) <= limit)
    if far.any():
        raise BadValue(
            f"X holds a value {float(np.abs(entries[far]).flat[0]):.3g} times as far out as the training "
            f"inputs were spread, and beyond {limit:g} nothing sensible can be computed; check its unit, or "
            "fill it if it marks a gap."
        )


def refuse_large(Z: Any) -> None:
    """Raise one sentence for inputs that, as they are, are too large to be squared."""
    entries = Z.data if hasattr(Z, "format") else Z
    limit = REACH[entries.dtype]
    if not (np.abs(entries) <= limit).all():
        raise BadValue(
            f"X holds values beyond {limit:g}, and squares of them overflow {entries.dtype}; give "
            "standardize='auto', or measure in a larger unit."
        )
