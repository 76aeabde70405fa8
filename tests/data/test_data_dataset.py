"""Data: what it keeps, what it refuses, and the laws of split, take and hash."""

from __future__ import annotations

import warnings
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.data import Data
from surefoot.errors import BadValue, ShapeError

XY = (np.arange(12.0).reshape(4, 3), np.array([0, 1, 0, 1]))
NO_YES = ("no", "yes")


def labelled(n: int = 10, d: int = 3) -> Data:
    return Data(np.arange(n * d, dtype=np.uint8).reshape(n, d), np.arange(n) % 2, 255.0, NO_YES, name="toy")


def test_numbers_of_samples_inputs_and_outputs() -> None:
    data = labelled()
    assert (len(data), data.n, data.d, data.k, data.is_classification) == (10, 10, 3, 2, True)
    assert Data(*XY[:1], np.zeros(4)).k == 1
    assert Data(*XY[:1], np.zeros((4, 5))).k == 5
    assert not Data(*XY[:1], np.zeros(4)).is_classification


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_the_three_types_are_views_of_the_callers_array_which_stays_writeable(dtype: type) -> None:
    X = np.ones((4, 3), dtype)
    data = Data(X, XY[1], classes=NO_YES)
    assert data.X.dtype == dtype
    assert np.shares_memory(data.X, X)
    assert X.flags.writeable
    assert not data.X.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        data.X[0, 0] = 2
    with pytest.raises(FrozenInstanceError):
        data.scale = 2.0  # type: ignore[misc]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("int32", "float64"),
        ("bool", "float64"),
        ("float16", "float32"),
        (">f4", "float32"),
        (">f8", "float64"),
    ],
)
def test_other_real_types_become_native_floats(given: str, kept: str) -> None:
    data = Data(np.ones((4, 3), given), XY[1], classes=NO_YES)
    assert data.X.dtype.name == kept
    assert data.X.dtype.isnative


def test_y_is_int64_or_float64() -> None:
    assert labelled().y.dtype == np.int64
    assert Data(XY[0], np.zeros(4, np.float32)).y.dtype == np.float64


X0, Y0 = XY
HOLE = X0.copy()
HOLE[2, 1] = np.nan


@pytest.mark.parametrize(
    ("X", "y", "options", "error", "words"),
    [
        (X0, Y0[:3], {"classes": NO_YES}, ShapeError, r"X has 4 rows but y has shape \(3,\)"),
        (X0[:, 0], Y0, {"classes": NO_YES}, ShapeError, r"shape \(4,\); samples are rows"),
        (
            np.zeros((4, 2, 3)),
            Y0,
            {"classes": NO_YES},
            ShapeError,
            r"reshape\(4, -1\) and image_shape=\(2, 3\)",
        ),
        (np.zeros((0, 3)), Y0[:0], {"classes": NO_YES}, ShapeError, "empty"),
        (np.zeros((4, 0)), Y0, {"classes": NO_YES}, ShapeError, "empty"),
        (X0, np.eye(4, 2, dtype=int), {"classes": NO_YES}, ShapeError, "argmax"),
        (X0, np.zeros((4, 0)), {}, ShapeError, "k >= 1"),
        (HOLE, Y0, {"classes": NO_YES}, BadValue, r"X\[2, 1\] is nan"),
        (np.where(np.isnan(HOLE), np.inf, X0), Y0, {"classes": NO_YES}, BadValue, r"X\[2, 1\] is inf"),
        (
            np.where(np.isnan(HOLE), -1e200, X0),
            Y0,
            {"classes": NO_YES},
            BadValue,
            r"X\[2, 1\] is -1e\+200; .*square",
        ),
        (X0, np.array([0, 1, np.nan, 1]), {}, BadValue, r"y\[2\] is nan"),
        (X0, HOLE, {}, BadValue, r"y\[2, 1\] is nan"),
        (X0, np.array([0.0, 1, 1, 1e151]), {}, BadValue, r"y\[3\] is 1e\+151"),
        (X0 + 1j, Y0, {"classes": NO_YES}, BadValue, "complex"),
        (X0.astype(str), Y0, {"classes": NO_YES}, BadValue, "pass numbers"),
        (X0.astype(object), Y0, {"classes": NO_YES}, BadValue, "object"),
        ([[1.0], [1.0, 2.0]], Y0, {"classes": NO_YES}, BadValue, "equally long"),
        (np.ma.masked_equal(X0, 3.0), Y0, {"classes": NO_YES}, BadValue, "masked"),
        (X0, np.ma.masked_equal(Y0, 1), {"classes": NO_YES}, BadValue, "masked"),
        (X0, Y0 + 1, {"classes": NO_YES}, BadValue, r"y\[1\] is 2 but there are 2 classes; labels are 0..1"),
        (X0, Y0 - 1, {"classes": NO_YES}, BadValue, r"y\[0\] is -1"),
        (X0, Y0.astype(float), {"classes": NO_YES}, BadValue, "astype"),
        (X0, Y0, {}, BadValue, "no classes"),
        (X0, Y0, {"classes": ("only",)}, BadValue, "only one class"),
        (X0, Y0, {"classes": ("a", "a")}, BadValue, "'a' twice"),
        (X0, Y0, {"classes": "ab"}, BadValue, "tuple of names"),
        (X0, Y0, {"classes": (0, 1)}, BadValue, "no text"),
        (X0, Y0, {"classes": NO_YES, "scale": 0.0}, BadValue, "scale is 0.0"),
        (X0, Y0, {"classes": NO_YES, "scale": -1}, BadValue, "scale is -1"),
        (X0, Y0, {"classes": NO_YES, "scale": np.nan}, BadValue, "scale is nan"),
        (X0, Y0, {"classes": NO_YES, "scale": np.inf}, BadValue, "scale is inf"),
        (X0, Y0, {"classes": NO_YES, "scale": "big"}, BadValue, "scale is 'big'"),
        (X0, Y0, {"classes": NO_YES, "image_shape": (2, 2)}, ShapeError, "2 x 2 but X has 3 columns"),
        (X0, Y0, {"classes": NO_YES, "image_shape": (-1, -3)}, ShapeError, "-1 x -3"),
        (X0, Y0, {"classes": NO_YES, "image_shape": (3,)}, BadValue, r"\(height, width\)"),
    ],
)
def test_misuse_is_one_sentence(X: object, y: object, options: dict, error: type, words: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(error, match=words) as caught:
        Data(X, y, **options)  # type: ignore[arg-type]
    assert str(caught.value).endswith(".")


def test_a_bad_number_behind_many_good_ones_is_found_in_its_place() -> None:
    X = np.zeros((30_000, 20), np.float32)
    X[29_999, 19] = np.inf
    with pytest.raises(BadValue, match=r"X\[29999, 19\] is inf"):
        Data(X, np.zeros(30_000))


def test_the_scale_counts_when_numbers_are_judged_too_large() -> None:
    Data(np.full((1, 1), 1e155), [0.0], scale=1e10)
    with pytest.raises(BadValue, match="square"):
        Data(np.full((1, 1), 1e145), [0.0], scale=1e-10)


def test_subnormal_numbers_give_one_warning() -> None:
    with pytest.warns(UserWarning, match="holds 2 numbers closer to 0") as caught:
        Data([[1e-310, 1.0], [0.0, -5e-324]], [0.0, 1.0])
    assert len(caught) == 1
    assert caught[0].filename == __file__


@given(n=st.integers(2, 40), data=st.data(), rng=st.none() | st.integers(0, 9))
def test_split_gives_every_row_to_exactly_one_part(n: int, data: st.DataObject, rng: int | None) -> None:
    whole = labelled(n, 1)
    cut = data.draw(st.integers(1, n - 1))
    first, rest = whole.split(cut, rng)
    assert (len(first), len(rest)) == (cut, n - cut)
    rows = np.concatenate([first.X, rest.X])[:, 0]
    assert sorted(rows) == list(range(n))
    assert np.array_equal(np.concatenate([first.y, rest.y]), whole.y[rows])
    if rng is None:
        assert np.array_equal(rows, np.arange(n))
        assert np.shares_memory(first.X, whole.X)
    else:
        again, _ = whole.split(cut, np.random.default_rng(rng))
        assert again.hash == first.hash
    assert {first.scale, rest.scale, whole.scale} == {255.0}
    assert first.classes == rest.classes == whole.classes


@pytest.mark.parametrize("n", [0, -1, 10, 11, 0.5, "3"])
def test_split_refuses_what_leaves_a_part_empty(n: object) -> None:
    with pytest.raises(BadValue, match="split"):
        labelled().split(n)  # type: ignore[arg-type]
    with pytest.raises(BadValue, match="one row"):
        labelled(1).split(1)


def test_take_by_slice_numbers_and_truth_values() -> None:
    data = labelled()
    for rows in (slice(0, 6, 2), [0, 2, 4], np.arange(10) % 2 * 9 + np.arange(10) < 5):
        assert data.take(rows).hash == data.take([0, 2, 4]).hash
    assert len(data.take([1, 1, 1])) == 3
    for wrong in ([10], [0.5], [], slice(3, 3), 3, np.ones(4, bool)):
        with pytest.raises(BadValue, match="take"):
            data.take(wrong)


def test_hash_depends_on_content_type_and_scale_and_on_nothing_else() -> None:
    data = labelled()
    assert len(data.hash) == 64
    assert replace(data, name="other").hash == data.hash
    assert replace(data, X=np.asfortranarray(data.X)).hash == data.hash
    assert data.take(slice(None, None, 1)).hash == data.hash
    other = data.X.copy()
    other[9, 2] += 1
    for changed in (
        replace(data, scale=1.0),
        replace(data, X=other),
        replace(data, X=data.X.astype(np.float64)),
        replace(data, y=1 - data.y),
        replace(data, X=data.X.reshape(10, 3)[:, :2]),
    ):
        assert changed.hash != data.hash


def test_hash_in_blocks_is_the_hash_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = labelled().hash
    monkeypatch.setattr("surefoot.data.dataset.HASH_BLOCK", 7)
    assert labelled().hash == whole


def test_scaled_is_what_the_network_sees() -> None:
    data = labelled()
    assert np.array_equal(data.scaled(), data.X / 255.0)
    part = data.scaled(slice(2, 4), np.float32)
    assert part.dtype == np.float32
    assert np.array_equal(part, (data.X[2:4] / np.float32(255)).astype(np.float32))
    part[:] = 0  # a new array, the caller's to change
    assert data.X[2, 0] == 6


def test_repr_is_short_and_tells_sizes() -> None:
    assert repr(labelled()) == "<Data 'toy': 10 rows x 3 columns uint8 / 255, 2 classes>"
    assert repr(Data(X0, np.zeros((4, 2)))) == "<Data 'data': 4 rows x 3 columns float64, 2 targets>"


def test_no_warning_for_ordinary_numbers() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Data(np.array([[0.0, -0.0, 1e-300, 1e150]]), [1.0])
