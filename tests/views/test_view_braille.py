"""Curves and pictures in characters: what is drawn is what was given."""

import numpy as np
import pytest

from surefoot.views.braille import codes, dots
from surefoot.views.chart import Curve, chart
from surefoot.views.portrait import portrait, resized


def test_each_dot_has_its_bit():
    one = [np.zeros((4, 2), dtype=bool) for _ in range(8)]
    for number, (row, column) in enumerate([(0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (2, 1), (3, 0), (3, 1)]):
        one[number][row, column] = True
    assert [int(codes(o)[0, 0]) for o in one] == [1 << n for n in range(8)]


def test_a_curve_begins_and_ends_where_it_should():
    drawn = dots(np.array([[0.0, 0.0], [10.0, 1.0]]), (0, 10, 0, 1), 5, 2)
    assert drawn.shape == (8, 10)
    assert drawn[7, 0]
    assert drawn[0, 9]
    assert drawn.any(axis=0).all()  # no gap


def test_a_spike_between_two_columns_is_not_lost():
    points = np.column_stack([np.arange(10_001), np.zeros(10_001)]).astype(float)
    points[4567, 1] = 1
    assert dots(points, (0, 10_000, 0, 1), 20, 5)[0].any()


@pytest.mark.parametrize("points", [[[3, 5]], [[0, 2], [1, 2]], [[0, np.nan]], [[0, 0], [1, -1]]])
def test_degenerate_curves_fill_their_frame(points):
    block = chart([Curve(np.array(points, dtype=float), "")], 40, 6, log=True)
    assert [len(line) for line in block] == [40] * 6


def test_the_axis_tells_the_range():
    block = chart([Curve(np.array([[0, 2.3], [60, 0.1]]), "")], 40, 8, log=True)
    assert block[0].plain.split()[0] == "2.3"
    assert block[6].plain.split()[0] == "0.1"
    assert block[7].plain.split() == ["0", "60"]


@pytest.mark.parametrize("size", [(4, 4), (8, 8), (14, 14), (16, 16), (5, 28)])
def test_resizing_keeps_the_mean_and_a_constant(size):
    image = np.random.default_rng(0).random((28, 28))
    assert resized(image, *size).mean() == pytest.approx(image.mean())
    np.testing.assert_allclose(resized(np.ones((8, 8)), *size), 1)


def test_half_blocks_carry_two_pixels():
    line = portrait(np.array([[1.0], [0.0]]), 1, 1, coloured=True)[0]
    assert line.plain == "▀"
    assert str(line.spans[0].style) == "#ffffff on #000000"


def test_without_colour_shades_tell_the_picture():
    assert [line.plain for line in portrait(np.array([[0.0, 1.0]]), 2, 1, coloured=False)] == [" █"]
