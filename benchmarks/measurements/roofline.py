"""The roofline: the least time in which this machine could do what each contender's algorithm asks for.

    bytes    every array beyond the caches, once per time it must be read or written
    flops    2 per multiply-and-add; an exponential counts as 20
    floor    max(bytes / copy bandwidth, flops / matrix rate)       fraction = floor / measured time

S. Williams, A. Waterman, D. Patterson, Roofline, Comm. ACM 52 (2009) 65.
"""

from __future__ import annotations

from dataclasses import dataclass

from contenders import Lap
from machine import Machine

from tables import Sample, Table, digits

EXP = 20  # flops
BYTES = {"double": 8, "single": 4}


@dataclass(frozen=True)
class Demand:
    """walks over the data per iteration; bytes of one entry of X; arrays (n, h) read or written."""

    data_walks: float
    data_bytes: int
    layer_walks: float
    layer_bytes: int
    forwards: float
    backwards: float = 1.0

    def bytes(self, n: int, d: int, h: int) -> float:
        return n * d * self.data_walks * self.data_bytes + n * h * self.layer_walks * self.layer_bytes

    def flops(self, n: int, d: int, h: int, k: int) -> float:
        first = 2 * n * d * h * self.data_walks
        forward = n * (2 * h * k + EXP * (h + k))
        return first + forward * self.forwards + 4 * n * h * k * self.backwards


def demand(name: str, trials: float) -> Demand:
    """What an iteration with so many trials asks for.

    notebook   X for each trial, for the gradient's own forward pass, for D Xᵀ; Z and A, each new
    dense      X twice, as floats; Z¹, Ż¹, A, D: written once, read once
    packed     X twice, as uint8.  Ray: Ż¹ written, Z¹ read, first trial on the way.  Further trials: Z¹, Ż¹
               read.  Gradient: Z¹, Ż¹ read, Z¹(α) written
    peers      X once per trial and once for the gradient, as float32; A written, read; D written, read
    JAX        the same, but a gradient with every trial
    """
    if name.startswith("notebook"):
        return Demand(trials + 2, 8, 6 * (trials + 1) + 8, 8, trials + 1)
    if name.startswith("surefoot dense"):
        return Demand(2, 8, 8, 8, trials + 1)
    if name.startswith("surefoot packed"):
        size = BYTES[name.rsplit(" ", 1)[1]]
        return Demand(2, 1, 2 + 2 * (trials - 1) + 3, size, trials + 1)
    gradients = trials if name.startswith("JAX") else 1
    return Demand(trials + gradients, 4, 2 * (trials + gradients), 4, trials, gradients)


def roofline(
    times: dict[str, Sample], laps: dict[str, list[Lap]], n: int, sizes: tuple[int, ...], machine: Machine
) -> Table:
    d, h, k = sizes
    rows = []
    for name, time in times.items():
        asked = demand(name, laps[name][0].trials / laps[name][0].iterations)
        rate = machine.double if "double" in name else machine.single
        moved, done = asked.bytes(n, d, h), asked.flops(n, d, h, k)
        floors = {"bytes": 1e3 * moved / machine.bandwidth, "flops": 1e3 * done / rate}
        limit = max(floors, key=lambda f: floors[f])
        rows.append(
            [
                name,
                f"{moved / 1e6:.0f}",
                f"{done / 1e6:.0f}",
                digits(floors["bytes"]),
                digits(floors["flops"]),
                f"{floors[limit] / time.median:.0%} ({limit})",
            ]
        )
    text = (
        "The least that each algorithm must move and compute in one iteration, the time this takes at the "
        "measured copy bandwidth and matrix rate, and the fraction of that limit that was reached. "
        f"{machine}"
    )
    head = ["contender", "MB", "MFLOP", "ms for the bytes", "ms for the flops", "fraction reached (limit)"]
    return Table("Roofline of that iteration", text, head, rows)
