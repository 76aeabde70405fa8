"""Plain trees go to bytes and back without a change, and damaged bytes are refused."""

from __future__ import annotations

import contextlib
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from surefoot.errors import RunFileError
from surefoot.training.tree import pack, unpack

arrays = hnp.arrays(
    st.sampled_from(["<f8", "<f4", "<i8", "|u1", "|b1"]), hnp.array_shapes(min_dims=0, max_dims=3, min_side=0)
)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | arrays
trees = st.recursive(
    leaves,
    lambda part: (
        st.lists(part, max_size=3)
        | st.lists(part, max_size=3).map(tuple)
        | st.dictionaries(st.text() | st.integers(), part, max_size=3)
    ),
    max_leaves=12,
)


def same(a, b):
    """Equal in kind, value and bits."""
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and (a.dtype, a.shape, a.tobytes()) == (
            b.dtype,
            b.shape,
            b.tobytes(),
        )
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float) and math.isnan(a):
        return math.isnan(b)
    return a == b and math.copysign(1, a or 0) == math.copysign(1, b or 0) if isinstance(a, float) else a == b


@settings(max_examples=60)
@given(trees)
def test_a_tree_comes_back_as_it_went(tree):
    assert same(unpack(pack(tree)), tree)


def test_arrays_come_back_read_only():
    assert not unpack(pack(np.ones(3))).flags.writeable


@pytest.mark.parametrize("thing", [object(), {1, 2}, b"bytes", 1j])
def test_what_is_no_plain_tree_is_refused(thing):
    with pytest.raises(TypeError, match="plain tree"):
        pack((1, thing))


@given(st.data())
def test_damaged_bytes_are_read_or_refused_as_ours(data):
    whole = pack({"theta": np.arange(4.0), "name": ("a", [1, None])})
    damaged = bytearray(whole[: data.draw(st.integers(0, len(whole)))])
    if damaged:
        damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(RunFileError):  # and no other error
        unpack(bytes(damaged))


@pytest.mark.parametrize("dtype", ["|O", "<U3", "<c16", "nonsense"])
def test_arrays_of_other_kinds_are_refused(dtype):
    whole = pack(np.zeros(3))
    assert whole.count(b'"<f8"') == 1
    head = whole[8:-24].replace(b"<f8", dtype.encode())
    with pytest.raises(RunFileError):
        unpack(len(head).to_bytes(8, "little") + head + bytes(24))
