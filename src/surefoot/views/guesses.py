"""What the network says of the few fixed samples, ready to be drawn.

A label is a number of a class (or already its name); the guess is the class with the largest
output, and no class at all when an output is not finite.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from surefoot.arrays import Array, Matrix, is_finite
from surefoot.records import Header
from surefoot.views.words import plain

RIGHT, WRONG = "✓", "✗"


@dataclass(frozen=True)
class Guess:
    """One sample: what it looks like, what it is, what the network takes it for."""

    row: int
    inputs: Array  # (d,) as the network sees them, already divided by the scale
    image: Matrix | None  # (height, width), 0 to 1
    label: str
    outputs: Array  # (k,)
    predicted: str
    right: bool

    @property
    def mark(self) -> str:
        return RIGHT if self.right else WRONG


def class_name(classes: Sequence[str], label: object) -> str:
    """The name of a class that is given by number, or by its name already."""
    if isinstance(label, int | np.integer | float | np.floating) and float(label).is_integer():
        number = int(label)
        return plain(classes[number]) if 0 <= number < len(classes) else str(number)
    return plain(label)


def as_image(inputs: Array, shape: tuple[int, int]) -> Matrix:
    """Grey levels 0 to 1 of one row (d,), its own darkest and brightest value being black and white."""
    image = np.nan_to_num(np.asarray(inputs, dtype=np.float64)).reshape(shape)
    low, high = min(0.0, float(image.min())), float(image.max())
    return (image - low) / ((high - low) or 1.0)


def guesses(header: Header, outputs: Array | None) -> list[Guess]:
    """One guess per sample of the header; none for regression or before any output is known."""
    samples = header.samples
    if samples is None or outputs is None or not header.classes:
        return []
    found = []
    for inputs, label, row, output in zip(
        samples.inputs, samples.labels, samples.rows, outputs, strict=False
    ):
        seen = np.asarray(inputs, dtype=np.float64) / header.scale
        truth = class_name(header.classes, label)
        guess = class_name(header.classes, int(np.argmax(output))) if is_finite(output) else "?"
        image = as_image(seen, header.image_shape) if header.image_shape else None
        found.append(Guess(row, seen, image, truth, output, guess, guess == truth))
    return found
