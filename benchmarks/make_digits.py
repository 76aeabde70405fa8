"""Make src/surefoot/data/digits.npz from scikit-learn's copy of the UCI optical digits (CC BY 4.0).

python benchmarks/make_digits.py        # needs scikit-learn; the file is the same on every run
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

TARGET = Path(__file__).parents[1] / "src" / "surefoot" / "data" / "digits.npz"


def main() -> None:
    """Write the file, and say how large it is."""
    X, y = load_digits(return_X_y=True)
    if not np.array_equal(X, X.astype(np.uint8)):
        raise SystemExit("the digits are not whole numbers 0..255; keep the old file")
    # np.savez_compressed stops at level 6, 700 bytes more; ZipInfo carries the year 1980, not today
    with zipfile.ZipFile(TARGET, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in {"X": X, "y": y}.items():
            with archive.open(f"{name}.npy", "w") as member:
                np.lib.format.write_array(member, np.ascontiguousarray(array, dtype=np.uint8))
    print(f"{TARGET.name}: {len(X)} digits, {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
