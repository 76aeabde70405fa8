"""What the network sees of a drawing: size, place and ink follow the rules of the training data."""

from __future__ import annotations

import json
import shutil
import subprocess

import numpy as np
import pytest

from surefoot.views.bundle import bundle

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="node is not installed")

RUN = """
import { readFileSync } from "node:fs";
const told = JSON.parse(readFileSync(0, "utf8")).map(({ bitmap, shape }) =>
  [...asSeen(bitmap.flat(), bitmap[0].length, bitmap.length, shape)]);
console.log(JSON.stringify(told));
"""


def seen(*drawings):
    """Each (bitmap, shape) as the browser sees it, an array of that shape."""
    told = json.dumps([{"bitmap": np.asarray(b, float).tolist(), "shape": shape} for b, shape in drawings])
    command = [str(NODE), "--input-type=module", "-e", bundle("seen.js", RUN)]
    answer = subprocess.run(command, input=told, capture_output=True, text=True, check=True, timeout=60)
    return [np.reshape(x, shape) for x, (_, shape) in zip(json.loads(answer.stdout), drawings, strict=True)]


def drawn(height=200, width=200, top=30, left=60, tall=120, wide=40):
    """A filled box with a notch, so that its balance is not its middle."""
    bitmap = np.zeros((height, width))
    bitmap[top : top + tall, left : left + wide] = 1
    bitmap[top : top + tall // 3, left : left + wide // 2] = 0
    return bitmap


def balance(image):
    rows, columns = np.indices(image.shape)
    return (image * rows).sum() / image.sum(), (image * columns).sum() / image.sum()


def extent(image):
    return int(image.any(axis=1).sum()), int(image.any(axis=0).sum())


def test_mnist_drawings_fit_20_by_20_and_balance_in_the_middle():
    for bitmap in (drawn(), drawn(tall=40, wide=150), drawn(top=2, left=100, tall=60, wide=60)):
        (image,) = seen((bitmap, (28, 28)))
        assert max(extent(image)) == 20
        assert np.abs(np.subtract(balance(image), 14)).max() <= 0.5  # MNIST: within half a pixel of (14, 14)
        assert image.min() >= 0
        assert image.max() <= 1


def test_neither_place_nor_size_of_a_drawing_matters():
    large = drawn(top=20, left=20, tall=120, wide=80)
    moved = drawn(top=35, left=90, tall=120, wide=80)
    small = drawn(top=80, left=20, tall=60, wide=40)
    for shape in ((28, 28), (8, 8), (14, 21)):
        first, other, little = seen(*((bitmap, shape) for bitmap in (large, moved, small)))
        np.testing.assert_allclose(other, first, atol=1e-12)
        dots = 2 if shape == (8, 8) else 0  # of 16: set upright by whole dots, which are coarser when small
        np.testing.assert_allclose(little, first, atol=dots / 16 + 1e-12)


def test_area_averaging_keeps_the_mean_ink():
    rng = np.random.default_rng(0)
    bitmap = np.zeros((120, 120))
    bitmap[10:110, 10:110] = rng.uniform(0.6, 1.0, (100, 100))
    (image,) = seen((bitmap, (28, 28)))
    np.testing.assert_allclose(image.sum() / 400, bitmap.sum() / 10_000, rtol=1e-12)


def test_digits_are_counts_of_sixteen_over_the_whole_height():
    slanted = np.zeros((160, 160))
    for row in range(140):
        slanted[10 + row, 100 - row // 2 : 116 - row // 2] = 1
    plain, leaning = seen((drawn(), (8, 8)), (slanted, (8, 8)))
    for image in (plain, leaning):
        np.testing.assert_allclose(image * 16, np.round(image * 16), atol=1e-12)
        assert extent(image)[0] == 8
    assert extent(leaning)[1] <= 2  # set upright


def test_nothing_drawn_is_nothing_seen():
    for image in seen((np.zeros((50, 50)), (28, 28)), (np.full((50, 50), 0.2), (8, 8))):
        assert not image.any()
