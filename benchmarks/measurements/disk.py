"""Rows from a disk: memory beside the page cache, and a pass beside what the disk can deliver."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import make_rows
import numpy as np
from settings import Settings
from turns import Broken

import surefoot as sf
from surefoot.compute.blocks import Blocked
from tables import Goal, Sample, Table

HOME = Path(__file__).parents[1]
ROWS = 2_000_000
ITERATIONS = 20
METHODS = ("classic", "auto")
STEP = 1 << 20  # bytes read at once


def measure(settings: Settings) -> list[Table]:
    rows = settings.few(ROWS, 4_000)
    folder = folder_of(rows)
    make_rows.make(folder, rows)
    path = folder / "X.npy"
    size, rounds = path.stat().st_size, min(settings.rounds, 3)
    reads: dict[str, list[float]] = {"cold": [], "warm": []}
    runs: dict[tuple[str, str], list[list[float]]] = {}
    for precision in ("single", "double"):
        for method in METHODS:
            ask(folder, precision, method, iterations=1)  # compiles and stores the kernels
            runs[precision, method] = []
    for _ in range(rounds):
        for heat, values in reads.items():
            if heat == "cold":
                forget(path)
            values.append(read(path))
        for (precision, method), values in runs.items():
            forget(path)
            values.append(ask(folder, precision, method, settings.few(ITERATIONS)))
    table = [
        [
            f"reading the file, {heat}, 1 MB at a time",
            str(s := Sample.of(v)),
            f"{size / s.median / 1e9:.2f}",
            "",
        ]
        for heat, v in reads.items()
    ]
    goals = []
    for (precision, method), values in runs.items():
        first, each, anonymous = (Sample.of(v) for v in zip(*values, strict=True))
        name = f"{method}, {precision}"
        table.append([f"{name}: first value, cold", str(first), f"{size / first.median / 1e9:.2f}", ""])
        rate = f"{size / each.median / 1e9:.2f}"
        table.append([f"{name}: a pass, warm", str(each), rate, str(anonymous)])
        goals.append(
            Goal(f"blocks, {name}: resident beside the page cache", anonymous, 400, None, True, "MB")
        )
    text = (
        f"{rows:,} rows x 784 uint8 ({size / 1e9:.2f} GB, `python benchmarks/make_rows.py`), 784-6-10, "
        f"{settings.few(ITERATIONS)} iterations in a fresh process each. A pass: the time of all iterations, "
        "trials included, over their passes. Cold: the page cache was told to drop the file. Resident: the "
        "largest RssAnon of the process, interpreter and libraries included."
    )
    return [Table("Rows from a disk", text, ["what", "s", "GB/s", "MB resident"], table, goals)]


def folder_of(rows: int) -> Path:
    """Where the generated rows are kept: SUREFOOT_BENCH, or the cache of the user."""
    home = Path(os.environ.get("SUREFOOT_BENCH") or Path.home() / ".cache" / "surefoot-bench")
    return home / f"digits-{rows}"


def forget(path: Path) -> None:
    """Ask the system to drop the file from its cache."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def read(path: Path) -> float:
    """Seconds to read the file once."""
    buffer, began = bytearray(STEP), time.perf_counter()
    with path.open("rb", buffering=0) as file:
        while file.readinto(buffer):
            pass
    return time.perf_counter() - began


def ask(folder: Path, precision: str, method: str, iterations: int) -> list[float]:
    """[s to the first value, s per pass, MB] of a fresh process."""
    script = (
        f"import sys; sys.path.insert(0, {str(HOME)!r})\n"
        f"from measurements.disk import run\nrun({str(folder)!r}, {precision!r}, {method!r}, {iterations})"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Broken(done.stderr.strip().splitlines()[-1])
    return [float(word) for word in done.stdout.split()]


def run(folder: str, precision: str, method: str, iterations: int) -> None:
    """In the child: train, and print what it took."""
    data = sf.load(folder)
    dtype = {"single": np.float32, "double": np.float64}[precision]
    net = sf.Network((data.d, 6, data.k))
    theta = net.initial(0)
    few = data.take(slice(100))
    for compiled in sf.descend(Blocked(net, few.X, few.y, dtype=dtype), theta, method, sf.stop(iterations=3)):
        assert compiled.value > 0
    peak, done = 0.0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.002):
            peak = max(peak, anonymous_mb())

    watching = threading.Thread(target=watch)
    watching.start()
    with Blocked(net, data.X, data.y, scale=data.scale, dtype=dtype) as problem:
        began = time.perf_counter()
        assert problem.at(theta).value > 0
        first = time.perf_counter() - began
        *_, last = sf.descend(problem, theta, method, sf.stop(iterations=iterations))
    done.set()
    watching.join()
    print(first, last.seconds / last.cost.passes, peak)


def anonymous_mb() -> float:
    """Memory of this process that no file backs, in MB (Linux)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) * 1024 / 1e6
    return float("nan")
