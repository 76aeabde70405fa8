"""`surefoot data convert`: data of any size, as a folder that is mapped into memory."""

from __future__ import annotations

import re
import shlex
import sys
import time
from typing import Annotated

from cyclopts import Parameter

from surefoot.errors import BadValue

PATIENCE = 0.1  # seconds between two sights of the progress


def convert(
    data: str,
    folder: str,
    /,
    *,
    target: str | None = None,
    scale: float | None = None,
    dtype: str = "auto",
    size: str | None = None,
    force: Annotated[bool, Parameter(negative=(), show_default=False)] = False,
    data_dir: str | None = None,
    source: str | None = None,
) -> None:
    """Write data of any size as a folder that stays on disk while a network is trained on it.

    Parameters
    ----------
    data
        As for `surefoot train`; or two IDX files, IMAGES,LABELS; or a folder with a subfolder of pictures
        for each class.
    folder
        The folder to write; `surefoot train FOLDER` trains on it.
    target
        The column of a table that is to be predicted; the last one if not said.
    scale
        What the inputs are divided by; 255 for pictures, else what the data say, or 1.
    dtype
        auto, uint8, float32 or float64; auto rounds nothing, float32 does.
    size
        Resize pictures to this height and width in pixels, such as 28x28.
    force
        Replace a folder that was written in this way before.
    data_dir
        Folder with the MNIST files.
    source
        Where mnist comes from: files or openml.
    """
    from surefoot.data.convert import convert as converted

    pixels = None if size is None else _sides(size)
    meter = _Meter()
    try:
        done = converted(
            data, folder, target=target, scale=scale, dtype=dtype, size=pixels, force=force,
            data_dir=data_dir, origin=source, progress=meter if sys.stderr.isatty() else None,
        )  # fmt: skip
    finally:
        meter.clear()
    kind = f"{done.k} classes" if done.is_classification else f"{done.k} target{'s' * (done.k > 1)}"
    by = f" / {done.scale:g}" if done.scale != 1.0 else ""
    print(
        f"{folder}: {done.n:,} rows x {done.d:,} columns {done.X.dtype}{by}, {kind}, "
        f"{done.X.nbytes / 1e6:,.1f} MB   (surefoot train {shlex.quote(folder)})"
    )


def _sides(text: str) -> tuple[int, int]:
    """(height, width) from `28x28`."""
    found = re.fullmatch(r"([1-9]\d{0,4})[x×]([1-9]\d{0,4})", text.strip().lower(), re.ASCII)
    if not found:
        raise BadValue(f"--size {text} is not a height and a width in pixels; give them like 28x28.")
    return int(found[1]), int(found[2])


class _Meter:
    """How far it is, on a terminal, ten times a second, each in place of the last."""

    def __init__(self) -> None:
        self.began = self.shown = time.perf_counter()
        self.is_drawn = False

    def __call__(self, what: str, rows: int, written: int) -> None:
        now = time.perf_counter()
        if now - self.shown < PATIENCE:
            return
        self.shown, self.is_drawn = now, True
        rate = f", {written / 1e6:,.0f} MB, {written / 1e6 / (now - self.began):,.0f} MB/s" if written else ""
        print(f"\r\x1b[K{rows:,} rows {what}{rate}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        if self.is_drawn:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
