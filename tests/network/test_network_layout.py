"""Names and places of parameters, and where a run starts."""

import numpy as np
import pytest
from hypothesis import given, settings

from strategies import seeds, sizes
from surefoot.errors import BadValue, ShapeError, UnknownName
from surefoot.network import Layout, Network


@given(sizes())
@settings(max_examples=25, deadline=None)
def test_split_and_join_are_inverse_and_split_copies_nothing(shape):
    layout, theta = Layout(shape), np.arange(float(Layout(shape).size))
    layers = layout.split(theta)
    np.testing.assert_array_equal(layout.join(layers), theta)
    assert all(np.shares_memory(block, theta) for layer in layers for block in layer)
    assert [W.shape for W, _ in layers] == list(zip(shape, shape[1:], strict=False))
    assert [b.shape for _, b in layers] == [(d,) for d in shape[1:]]


@given(sizes())
@settings(max_examples=25, deadline=None)
def test_every_place_names_the_entry_it_stands_for(shape):
    layout, theta = Layout(shape), np.arange(float(Layout(shape).size))
    blocks = {name: theta[s].reshape(layout.shapes[name]) for name, s in layout.slices.items()}
    assert sum(block.size for block in blocks.values()) == layout.size
    for index in range(layout.size):
        name, _, spot = layout.place(index)[:-1].partition("[")
        assert blocks[name][tuple(map(int, spot.split(", ")))] == index
        assert layout.is_weight[index] == name.startswith("W")


def test_places_outside_theta_and_impossible_sizes_are_refused():
    with pytest.raises(BadValue, match="no parameter 8"):
        Layout((3, 2)).place(8)
    for shape in ((3,), (3, 0), (3, 2.0), ("3", 2)):
        with pytest.raises(BadValue, match="cannot be a network"):
            Layout(shape)


def test_blocks_are_taken_by_name_and_shape():
    layout = Layout((3, 2))
    named = {"W1": np.ones((3, 2)), "b1": np.zeros(2)}
    np.testing.assert_array_equal(layout.from_blocks(named), [1] * 6 + [0] * 2)
    np.testing.assert_array_equal(layout.from_blocks({"theta": np.arange(8)}), np.arange(8))
    with pytest.raises(ShapeError, match=r"W1 has shape \(2, 3\)"):
        layout.from_blocks({**named, "W1": np.ones((2, 3))})
    with pytest.raises(ShapeError, match="b1 is missing"):
        layout.from_blocks({"W1": np.ones((3, 2))})
    with pytest.raises(BadValue, match="not finite"):
        layout.from_blocks({**named, "b1": np.array([0, np.nan])})


@given(sizes(), seeds)
@settings(max_examples=25, deadline=None)
def test_glorot_stays_in_its_range_and_is_the_same_every_time(shape, seed):
    net = Network(shape)
    theta = net.initial(seed)
    np.testing.assert_array_equal(theta, net.initial(seed))
    np.testing.assert_array_equal(theta, net.initial(np.random.default_rng(seed)))
    for W, b in net.layout.split(theta):
        assert np.abs(W).max() <= np.sqrt(6 / sum(W.shape))
        assert not b.any()


def test_schemes_have_the_spread_they_are_named_for():
    W, _ = Network((400, 300, 2)).layout.split(Network((400, 300, 2)).initial(0))[0]
    assert W.std() == pytest.approx(np.sqrt(2 / 700), rel=0.01)
    W, _ = Network((400, 300, 2)).layout.split(Network((400, 300, 2), "relu").initial(0))[0]
    assert W.std() == pytest.approx(np.sqrt(2 / 400), rel=0.01)
    with pytest.raises(UnknownName, match="did you mean 'glorot'"):
        Network((4, 3)).initial(0, "Glorott")


def test_unknown_names_are_answered_with_the_nearest():
    with pytest.raises(UnknownName, match="did you mean 'logistic'"):
        Network((4, 3), activation="logistc")
    with pytest.raises(UnknownName, match="did you mean 'cross-entropy'"):
        Network((4, 3), loss="crossentropy")
