"""The digits that ship with surefoot: 1,797 handwritten ones, 8 x 8 pixels, values 0 to 16.

They are the test part of "Optical Recognition of Handwritten Digits" by E. Alpaydin and C. Kaynak
(UCI Machine Learning Repository, 1998, doi.org/10.24432/C50P49), in the copy that scikit-learn
distributes, under CC BY 4.0 (digits.LICENSE.txt).  Kept as uint8 in 44 KB, so that reading them
needs no network and nothing but NumPy.  `benchmarks/make_digits.py` made the file.
"""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import as_file, files

from surefoot.data.dataset import Data
from surefoot.data.npy import read_npz


def read_digits() -> Data:
    """The 1,797 digits: X (1797, 64) uint8, scale 16, classes "0" .. "9", images 8 x 8."""
    with as_file(files("surefoot.data") / "digits.npz") as path:
        return replace(read_npz(path), scale=16.0, image_shape=(8, 8))
