"""As many digits as a disk will hold: the embedded ones, enlarged, shifted and noisy, seeded.

    python benchmarks/make_rows.py FOLDER [ROWS]        2,000,000 rows take 1.5 GB and half a minute

Row i is one of the 1,797 digits, 8 x 8, enlarged to 20 x 20 within 28 x 28 pixels, shifted by up to three
pixels each way, its ink made up to 24 grey values lighter or darker at every pixel.  Made block by block
from the seed and the number of the block: the first rows are the same whatever the number of rows.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import surefoot as sf
from surefoot.data.mapped import MappedWriter

BLOCK = 20_000  # rows made at once
SHIFTS = range(-3, 4)
INK = 24  # grey values


def templates() -> tuple[np.ndarray, np.ndarray]:
    """All digits in all places: (1797 · 49, 784) uint8, and their labels."""
    digits = sf.load("digits")
    small = digits.scaled().reshape(-1, 8, 8) * 255
    at = (np.arange(20) + 0.5) * 8 / 20 - 0.5  # where a large pixel's centre lies among the small ones
    low = np.clip(np.floor(at).astype(int), 0, 6)
    part = np.clip(at - low, 0, 1)
    A = np.zeros((20, 8))
    A[np.arange(20), low] = 1 - part
    A[np.arange(20), low + 1] += part
    large = np.einsum("ir,nrc,jc->nij", A, small, A)  # bilinear
    page = np.zeros((len(SHIFTS) ** 2, len(large), 28, 28), np.uint8)
    places = [(4 + i, 4 + j) for i in SHIFTS for j in SHIFTS]
    for one, (i, j) in zip(page, places, strict=True):
        one[:, i : i + 20, j : j + 20] = large
    return page.reshape(-1, 784), np.tile(digits.y, len(places))


def blocks(rows: int, seed: int = 0) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(m, 784) uint8 and (m,) labels, until there are `rows`."""
    pictures, labels = templates()
    for k, start in enumerate(range(0, rows, BLOCK)):
        rng = np.random.default_rng((seed, k))
        chosen = rng.integers(0, len(labels), BLOCK)[: rows - start]
        X = pictures[chosen]
        noise = rng.integers(-INK, INK + 1, X.shape, np.int8)
        yield (
            np.where(X > INK, np.clip(X + noise.astype(np.int16), 0, 255), X).astype(np.uint8),
            labels[chosen],
        )


def make(folder: Path, rows: int) -> sf.Data:
    """Write the folder unless it is there already, and load it."""
    if not folder.exists():
        with MappedWriter(folder) as writer:
            for X, y in blocks(rows):
                writer.add(X, y)
            names = tuple(map(str, range(10)))
            writer.finish(name=f"digits, {rows:,} times", scale=255.0, classes=names, image_shape=(28, 28))
    return sf.load(folder)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        raise SystemExit(__doc__)
    print(make(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) == 3 else 2_000_000))
