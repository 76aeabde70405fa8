"""Data: samples in rows, checked once at the border, never changed afterwards.

load("digits")            ships inside the package
load("mnist")             four files, found or downloaded
load("flowers.csv")       any file whose suffix is in the table of `sources`
Data(X, y, ...)           arrays that you have already
"""

from __future__ import annotations

from surefoot.data.dataset import Data
from surefoot.data.sources import load

__all__ = ["Data", "load"]
