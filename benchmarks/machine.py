"""The machine, described and measured: name, cores, copy bandwidth, matrix rates."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from surefoot.compute.threads import cores

PACKAGES = ("surefoot", "numpy", "numba", "scipy", "scikit-learn", "torch", "jax", "optax", "distributed")


@dataclass(frozen=True)
class Machine:
    """What the machine can do at most.

    bandwidth : bytes/s, read plus written, of a copy beyond the caches.   single, double : flop/s of A @ B.
    """

    bandwidth: float
    single: float
    double: float

    def __str__(self) -> str:
        return (
            f"{cpu_name()}, {cores()} cores, {memory_gb():.0f} GB; {platform.system()} {platform.release()}, "
            f"Python {platform.python_version()}. Measured now, on all cores: copy "
            f"{self.bandwidth / 1e9:.1f} GB/s (read + written), matrix product {self.single / 1e9:.0f} "
            f"GFLOP/s in float32, {self.double / 1e9:.0f} in float64."
        )


def measure(megabytes: int = 256, size: int = 2048, rounds: int = 7) -> Machine:
    return Machine(
        _bandwidth(megabytes, rounds), _matmul(np.float32, size, rounds), _matmul(np.float64, size, rounds)
    )


def _bandwidth(megabytes: int, rounds: int) -> float:
    source, target = (np.ones(megabytes << 17) for _ in range(2))
    share = -(-source.size // cores())
    slices = [slice(first, first + share) for first in range(0, source.size, share)]

    def copy(where: slice) -> None:
        np.copyto(target[where], source[where])

    with ThreadPoolExecutor(len(slices)) as pool:
        seconds = _median_seconds(lambda: list(pool.map(copy, slices)), rounds)
    return 2 * source.nbytes / seconds


def _matmul(dtype: type, size: int, rounds: int) -> float:
    A, B = (np.random.default_rng(i).random((size, size)).astype(dtype) for i in range(2))
    return 2 * size**3 / _median_seconds(lambda: A @ B, rounds)


def _median_seconds(work: Callable[[], Any], rounds: int) -> float:
    work()
    seconds = []
    for _ in range(rounds):
        began = perf_counter()
        work()
        seconds.append(perf_counter() - began)
    return median(seconds)


def cpu_name() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    if platform.system() == "Darwin":
        asked = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    return platform.processor() or platform.machine()


def memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


def versions() -> str:
    found = []
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            found.append(f"{package} absent")
    return ", ".join(found)
