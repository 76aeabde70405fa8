"""Odd inputs, and what each estimator makes of them: a fit, one warning, or one sentence.

Every entry is (name, X, y, what the classifier does, what the regressor does), with y made by `make_y`
for each of them unless it is given.  What they do is FITS, or a part of the warning or of the sentence.
"""

from __future__ import annotations

import warnings
from collections import namedtuple
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import numpy as np

N, D = 24, 3
FITS = "fits"


class Warns(str):
    """A part of the one warning that a fit gives; it fits nevertheless."""


Odd = namedtuple("Odd", "name X y classifier regressor", defaults=(None, FITS, None))

_rng = np.random.default_rng(0)
X0 = _rng.normal(size=(N, D))
LABELS = (X0[:, 0] + 0.3 * X0[:, 1] > 0).astype(int)
NUMBERS = X0[:, 0] - 2 * X0[:, 1]


def _put(value, dtype=float):
    X = X0.astype(dtype)
    X[5, 1] = value
    return X


def _masked(hidden):
    return np.ma.masked_array(X0, mask=[[i == 3 and j == 1 and hidden for j in range(D)] for i in range(N)])


def _object(value):
    return _put(value, object)


def _matrix():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        return np.asmatrix(X0)


def _generator():
    return (row for row in X0)


class NotAnArray:
    """Only `__array__`, as arrays of other libraries have it."""

    def __array__(self, dtype=None, copy=None):
        return np.array(X0, dtype)


def odd_inputs():
    """All entries that need NumPy only."""
    dates = np.datetime64("2026-01-01") + np.arange(N * D).reshape(N, D)
    ragged = [list(row) for row in X0]
    ragged[4] = ragged[4][:2]
    record = np.zeros(N, [("a", float), ("b", int)])
    return [
        # what X may be
        Odd("list of lists", X0.tolist()),
        Odd("tuple of tuples", tuple(map(tuple, X0))),
        Odd("list of arrays", list(X0)),
        Odd("object array of floats", X0.astype(object)),
        Odd("decimals", [[Decimal(str(v)) for v in row] for row in X0]),
        Odd("fractions", [[Fraction(v) for v in row] for row in X0]),
        Odd("something with __array__", NotAnArray()),
        Odd("numbers as texts", X0.astype(str)),
        Odd("numbers as texts in lists", X0.astype(str).tolist()),
        Odd("bool", X0 > 0),
        Odd("int8", (10 * X0).astype(np.int8)),
        Odd("uint8", np.abs(40 * X0).astype(np.uint8)),
        Odd("int64", (1000 * X0).astype(np.int64)),
        Odd("float16", X0.astype(np.float16)),
        Odd("float32", X0.astype(np.float32)),
        Odd("long double", X0.astype(np.longdouble)),
        Odd("Fortran order", np.asfortranarray(X0)),
        Odd("every second column of a larger array", np.repeat(X0, 2, axis=1)[:, ::2]),
        Odd("rows backwards", X0[::-1][::-1]),
        Odd("read-only", np.lib.stride_tricks.as_strided(X0, writeable=False)),
        Odd("big-endian", X0.astype(">f8")),
        Odd("masked array without a mask", _masked(False)),
        Odd("one column", X0[:, :1]),
        Odd("more columns than rows", np.tile(X0, (1, 20))),
        Odd("a constant column", _put(0.0) * [1, 1, 0] + [0, 0, 7]),
        Odd("every row twice", np.repeat(X0[: N // 2], 2, axis=0)),
        Odd("huge whole numbers", [[int(1e18 * v) * 10**12 for v in row] for row in X0]),
        Odd("1e100 times", X0 * 1e100),
        Odd("1e-100 times", X0 * 1e-100),
        Odd("far from 0", X0 + 1e9),
        Odd("whole numbers 0 and 2 beside 1e16", 1e16 + 2 * (X0 > 0)),
        # what X should not be, one warning
        Odd("1e308 times", X0 / np.abs(X0).max() * 1e308, classifier=Warns("as large as")),
        Odd("one 1e308", _put(1e308), classifier=Warns("as large as")),
        Odd("both ends of floats", np.sign(X0) * 1.7e308, classifier=Warns("as large as")),
        Odd("float32 at its end", (np.sign(X0) * 3e38).astype(np.float32), classifier=Warns("as large as")),
        Odd("1e-310 times", X0 * 1e-310, classifier=Warns("few digits")),
        Odd("the smallest numbers", (X0 > 0) * 5e-324, classifier=Warns("few digits")),
        Odd("float32 subnormals", (X0 * 1e-40).astype(np.float32), classifier=Warns("few digits")),
        Odd("nothing varies", np.ones((N, D)), classifier=Warns("No column of X varies")),
        Odd("only zeros", np.zeros((N, D)), classifier=Warns("No column of X varies")),
        # what X must not be
        Odd("None", None, classifier="2D array"),
        Odd("a number", 3.0, classifier="2D array"),
        Odd("0-dimensional", np.array(3.0), classifier="2D array"),
        Odd("one row as a vector", X0[0], LABELS[:D], "2D array"),
        Odd("three dimensions", X0[:, :, None], classifier="dim 3"),
        Odd("no rows", X0[:0], LABELS[:0], "0 sample"),
        Odd("no columns", X0[:, :0], classifier="0 feature"),
        Odd("one row", X0[:1], LABELS[:1], "1 sample"),
        Odd("other lengths", X0[:-1], LABELS, "inconsistent"),
        Odd("NaN", _put(np.nan), classifier="NaN"),
        Odd("infinity", _put(np.inf), classifier="infinity"),
        Odd("None among numbers", _object(None), classifier="NaN"),
        Odd("text among numbers", _object("tall"), classifier="text"),
        Odd("texts", (X0 > 0).astype(str), classifier="text"),
        Odd("texts in lists", (X0 > 0).astype(str).tolist(), classifier="text"),
        Odd("bytes", X0.astype("S"), classifier="bytes"),
        Odd("a text", "X.csv", classifier="is a str"),
        Odd("dates", dates, classifier="dates"),
        Odd("time spans", dates - dates[0, 0], classifier="time spans"),
        Odd("datetimes in lists", [[datetime(2026, 1, 1 + i % 9)] for i in range(N)], classifier="no number"),
        Odd("timedeltas in lists", [[timedelta(i)] for i in range(N)], classifier="no number"),
        Odd("complex", X0 + 1j, classifier="Complex"),
        Odd("masked array", _masked(True), classifier="mask"),
        Odd("np.matrix", _matrix(), classifier="np.matrix"),
        Odd("dictionary", {"a": X0[:, 0]}, classifier="is a dict"),
        Odd("set", {1.0, 2.0}, classifier="is a set"),
        Odd("generator", _generator(), classifier="is a generator"),
        Odd("an object", _object(object()), classifier="no number"),
        Odd("dictionaries among numbers", _object({"a": 1}), classifier="no number"),
        Odd("lists among numbers", [[1.0, [2.0, 3.0]]] * N, classifier="table"),
        Odd("rows of several lengths", ragged, classifier="table"),
        Odd("named fields", record, classifier="named fields"),
        Odd("a whole number beyond floats", [[10**400, 1.0]] * N, classifier="beyond the largest float"),
        Odd("a function", len, classifier="no number"),
    ]


def odd_targets():
    """y that is odd; what a classifier and what a regressor make of it."""
    several = np.column_stack([LABELS, 1 - LABELS, X0[:, 2] > 0]).astype(int)
    gaps = LABELS.astype(float)
    gaps[3] = np.nan
    some = LABELS.astype(object)
    some[3] = None
    masked = np.ma.masked_array(LABELS, mask=np.arange(N) == 3)
    days = np.datetime64("2026-01-01") + LABELS
    words = np.array(["no", "yes"])[LABELS]
    return [
        Odd("list", X0, LABELS.tolist(), FITS, FITS),
        Odd("bool", X0, LABELS > 0, FITS, FITS),
        Odd("int8", X0, LABELS.astype(np.int8), FITS, FITS),
        Odd("whole numbers as floats", X0, LABELS.astype(float), FITS, FITS),
        Odd("-1 and 1", X0, 2 * LABELS - 1, FITS, FITS),
        Odd("objects", X0, LABELS.astype(object), FITS, FITS),
        Odd("texts", X0, words, FITS, "text"),
        Odd("texts as objects", X0, words.astype(object), FITS, "text"),
        Odd("bytes", X0, words.astype("S"), "bytes", "bytes"),
        Odd("a column", X0, LABELS[:, None], Warns("column-vector"), FITS),
        Odd("several labels", X0, several, FITS, FITS),
        Odd("several classes in several columns", X0, several + [0, 1, 2] * (X0 > 1), "multioutput", FITS),
        Odd("three dimensions", X0, several[:, :, None], "Unknown label type", "array of shape"),
        Odd("numbers", X0, NUMBERS, "continuous", FITS),
        Odd("one class", X0, np.zeros(N, int), "one class", FITS),
        Odd("as many classes as samples", X0, np.arange(N), Warns("classes"), FITS),
        Odd("None", X0, None, "requires y", "requires y"),
        Odd("a number", X0, 1.0, "single value", "single value"),
        Odd("none", X0, [], "", ""),
        Odd("NaN", X0, gaps, "NaN", "NaN"),
        Odd("infinity", X0, np.where(LABELS, np.inf, 0.0), "infinity", "infinity"),
        Odd("None among labels", X0, some, "None", "NaN"),
        Odd("labels of several types", X0, [0, "yes"] * (N // 2), "several types", "text"),
        Odd("masked", X0, masked, "mask", "mask"),
        Odd("dates", X0, days, "dates", "dates"),
        Odd("complex", X0, LABELS + 1j, "Complex", "Complex"),
        Odd("dictionary", X0, {"a": 1}, "is a dict", "is a dict"),
        Odd("generator", X0, (v for v in LABELS), "is a generator", "is a generator"),
        Odd("1e308 times", X0, NUMBERS / np.abs(NUMBERS).max() * 1e308, "continuous", Warns("as large as")),
        Odd("1e-310 times", X0, NUMBERS * 1e-310, "continuous", Warns("few digits")),
        Odd("constant", X0, np.full(N, 3.5), "continuous", FITS),
        Odd("too few", X0, LABELS[:-1], "inconsistent", "inconsistent"),
    ]


def odd_tables(pandas, sparse, polars):
    """Entries that need other libraries; None for one that is not there leaves its entries out."""
    found = []
    if pandas is not None:
        frame = pandas.DataFrame(X0, columns=list("abc"))
        nullable = frame.round().astype("Int64")
        with_gap = nullable.copy()
        with_gap.iloc[3, 1] = pandas.NA
        category = frame.assign(c=pandas.Categorical(["low", "high"] * (N // 2)))
        found += [
            Odd("DataFrame", frame),
            Odd("DataFrame of nullable whole numbers", nullable),
            Odd("DataFrame with numbers as columns' names", pandas.DataFrame(X0)),
            Odd("DataFrame of float32", frame.astype("float32")),
            Odd("DataFrame with a gap", with_gap, classifier="NaN"),
            Odd("DataFrame with NaN", frame.where(frame > 0), classifier="NaN"),
            Odd("DataFrame with categories", category, classifier="text"),
            Odd("DataFrame with dates", frame.assign(c=pandas.Timestamp("2026-01-01")), classifier=""),
            Odd("DataFrame of several names' types", frame.rename(columns={"a": 1}), classifier="string"),
            Odd("Series", frame["a"], classifier="2-dimensional"),
        ]
    if sparse is not None:
        table = sparse.random(N, D, 0.5, format="csr", random_state=0)
        found += [
            Odd(f"sparse {kind}", table.asformat(kind))
            for kind in ("csr", "csc", "coo", "lil", "dok", "bsr", "dia")
        ]
        found += [
            Odd("sparse array", sparse.csr_array(table)),
            Odd("sparse with entries twice", _twice(sparse)),
            Odd(
                "sparse without an entry", sparse.csr_array((N, D)), classifier=Warns("No column of X varies")
            ),
            Odd("sparse with NaN", table * np.nan, classifier="NaN"),
            Odd("sparse 1e308 times", table / table.max() * 1e308, classifier=Warns("as large as")),
            Odd("sparse 1e-310 times", table * 1e-310, classifier=Warns("few digits")),
        ]
    if polars is not None:
        found += [
            Odd("polars", polars.DataFrame(X0, schema=["a", "b", "c"])),
            Odd("polars with a gap", polars.DataFrame({"a": [None, *X0[1:, 0]]}), classifier="NaN"),
        ]
    return found


def _twice(sparse):
    """CSR that stores every entry in two halves, and columns in no order."""
    indices = np.tile([2, 0, 2, 0], N)
    data = np.repeat(X0[:, [2, 0]] / 2, 2, axis=0).reshape(N, 2, 2).reshape(-1)
    return sparse.csr_array((data, indices, np.arange(0, 4 * N + 1, 4)), shape=(N, D))
