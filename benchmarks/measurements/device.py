"""By PyTorch: on the processor beside packed, on a GPU beside PyTorch's own ways to do the same."""

from __future__ import annotations

import os
from contextlib import ExitStack
from importlib.util import find_spec
from time import perf_counter
from typing import Any

from contenders import NEVER, Contender
from contenders.ours import Ours
from settings import Settings
from turns import Worker, enter_all, in_turns
from work import Task

from measurements.roofline import demand
from tables import Goal, Sample, Table, digits

WIDTHS = (6, 100, 300)
PRECISIONS = ("single", "double")
ROWS = 60_000
PACKED, OURS = "surefoot packed", "surefoot device"
PEERS = {"torch eager": False, "torch.compile": True}
PROCESSOR, GPU = "PyTorch on the processor beside packed", "On a GPU"


def measure(settings: Settings) -> list[Table]:
    missing = [module for module in ("torch", "array_api_compat") if find_spec(module) is None]
    if missing:
        why = f"{missing[0]} is not installed: pip install 'surefoot[torch]'"
        return [
            Table(title, "Not measured.", ["what"], [], absent={title: why}) for title in (PROCESSOR, GPU)
        ]
    return [processor(settings), gpu(settings)]


def processor(settings: Settings) -> Table:
    """`classic` on both, in turns."""
    iterations, rows, goals = settings.few(10), [], []
    for hidden in settings.few(WIDTHS, WIDTHS[:1]):
        for precision in PRECISIONS:
            makers = {OURS: (on_processor, precision), PACKED: (packed, precision)}
            times, _, _ = laps(settings, makers, settings.task(hidden), iterations, 1e3)
            ratio = times[OURS].over(times[PACKED])
            rows.append([f"784-{hidden}-10, {precision}", *map(str, (times[OURS], times[PACKED], ratio))])
            if hidden == WIDTHS[-1]:
                goals.append(Goal(f"device beside packed, {hidden} units, {precision}", ratio, 1.5, low=True))
    head = ["network", f"{OURS}, ms per iteration", f"{PACKED}, ms per iteration", "times as long"]
    text = f"`classic`, {iterations} iterations on {settings.task().rows:,} rows of uint8, in turns."
    return Table(PROCESSOR, text, head, rows, goals)


def gpu(settings: Settings) -> Table:
    """Armijo descent in float32 on one GPU: ours, PyTorch eager, PyTorch compiled."""
    with Worker(Card) as card:
        name, bandwidth = card()
    if name is None:
        return Table(GPU, "Not measured.", ["what"], [], absent={GPU: "PyTorch sees no CUDA device here"})
    iterations, rows, absent = settings.few(50), [], {}
    for hidden in settings.few((WIDTHS[0], WIDTHS[-1]), WIDTHS[:1]):
        task = Task(settings.data, 2_000 if settings.quick else ROWS, hidden)
        makers: dict[str, tuple[Any, ...]] = {OURS: (on_gpu,)}
        makers |= {peer: (peer_on_gpu, compiled) for peer, compiled in PEERS.items()}
        times, trials, absent = laps(settings, makers, task, iterations, 1e6)
        for contender, time in times.items():
            asked = demand(f"{PACKED}, single" if contender == OURS else contender, trials[contender])
            moved = asked.bytes(task.rows, 784, hidden)
            reached = 1e6 * moved / time.median / bandwidth
            rows.append(
                [
                    f"784-{hidden}-10",
                    contender,
                    str(time),
                    f"{trials[contender]:.2f}",
                    digits(moved / 1e6),
                    f"{reached:.0%}",
                ]
            )
    head = [
        "network",
        "contender",
        "µs per iteration",
        "trials per iteration",
        "MB asked for",
        "of the bandwidth",
    ]
    text = (
        f"{name}, copy {bandwidth / 1e9:,.0f} GB/s (read + written); {ROWS:,} rows, Armijo descent, "
        f"{iterations} iterations, float32.  Ours asks for the data as uint8, PyTorch's own for floats; the "
        "last column: what each algorithm must move (as in the roofline of results.md) over what the card "
        "could have moved in that time."
    )
    return Table(GPU, text, head, rows, absent=absent)


def laps(
    settings: Settings, makers: dict[str, tuple[Any, ...]], task: Task, iterations: int, unit: float
) -> tuple[dict[str, Sample], dict[str, float], dict[str, str]]:
    """Time per iteration (1e3: ms), trials per iteration, and who is absent."""
    with ExitStack() as stack:
        whole = {name: (make, task, *given) for name, (make, *given) in makers.items()}
        workers, absent = enter_all(stack, whole)
        found = in_turns(workers, settings.rounds, (iterations, NEVER))
    times = {n: Sample.of(unit * lap.seconds / lap.iterations for lap in each) for n, each in found.items()}
    return times, {n: each[0].trials / each[0].iterations for n, each in found.items()}, absent


def packed(task: Task, precision: str) -> Contender:
    return Ours(task, "classic", precision, "packed")


def on_processor(task: Task, precision: str) -> Contender:
    os.environ["CUDA_VISIBLE_DEVICES"] = ""  # of this contender's process: it takes the processor then
    return Ours(task, "classic", precision, "device")


def on_gpu(task: Task) -> Contender:
    return Ours(task, "classic", "single", "device")


def peer_on_gpu(task: Task, compiled: bool) -> Contender:
    from contenders.torch_peers import Armijo

    peer = Armijo(task, compiled)
    peer.start = [part.to("cuda") for part in peer.start]
    peer.X, peer.y = peer.X.to("cuda"), peer.y.to("cuda")
    peer(3, NEVER)  # compiled again, for this device
    return peer


class Card:
    """The GPU's name and copy bandwidth (bytes/s, read + written); (None, 0) without one."""

    def __call__(self, size: int = 1 << 28, rounds: int = 20) -> tuple[str | None, float]:
        import torch

        if not torch.cuda.is_available():
            return None, 0.0
        source, target = (torch.ones(size, device="cuda") for _ in range(2))
        target.copy_(source)
        torch.cuda.synchronize()
        began = perf_counter()
        for _ in range(rounds):
            target.copy_(source)
        torch.cuda.synchronize()
        return torch.cuda.get_device_name(), 2 * 4 * size * rounds / (perf_counter() - began)
