"""Peak memory of a whole process: all rows loaded (MNIST: 70,000), 20,000 of them trained on.

Each contender runs in a process started for it alone, which says at its end how large it was.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from contenders import NEVER
from contenders.table import ARMIJO, QUASI
from settings import Settings
from turns import Broken, in_turns
from work import Task

from tables import Goal, Sample, Table

HOME = Path(__file__).parents[1]
OURS = ("surefoot packed, single", "surefoot packed, double")
PEERS = ("notebook NumPy, double", "torch eager", "JAX jit", "torch LBFGS", "sklearn lbfgs")
ITERATIONS = 10


def measure(settings: Settings) -> list[Table]:
    ways, absent = {}, {}
    for name in OURS if settings.quick else OURS + PEERS:
        entry = (ARMIJO | QUASI)[name]
        lacking = [m for m in entry.needs if find_spec(m) is None]
        if lacking:
            absent[name] = f"{lacking[0]} is not installed"
        else:
            ways[name] = Process(name, settings.task())
    for name in OURS:
        ways[name]()  # compiles the kernels, if this has not been done, and stores them
    sizes = {n: Sample.of(v) for n, v in in_turns(ways, min(settings.rounds, 3)).items()}
    rows = [[n, str(s), str(s.over(sizes[OURS[0]]))] for n, s in sizes.items()]
    goals = [Goal("peak memory of the whole process, single", sizes[OURS[0]], 250, 200, low=True, unit="MB")]
    rows.insert(0, ["(python with NumPy imported)", str(Sample.of([_bare()])), ""])
    text = f"Largest resident size of a process that loads the data and does {ITERATIONS} iterations."
    return [Table("Peak memory", text, ["contender", "MB", "it / surefoot single"], rows, goals, {}, absent)]


class Process:
    """Called: the peak in MB of a fresh process that runs one contender."""

    def __init__(self, name: str, task: Task):
        self.asked = f"run({name!r}, {task!r})"

    def __call__(self) -> float:
        return _ask(f"from work import Task\nfrom measurements.memory import run\n{self.asked}")


def _bare() -> float:
    return _ask("import numpy\nfrom measurements.memory import peak_mb\nprint(peak_mb())")


def _ask(script: str) -> float:
    script = f"import sys; sys.path.insert(0, {str(HOME)!r})\n{script}"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Broken(done.stderr.strip().splitlines()[-1])
    return float(done.stdout.split()[-1])


def run(name: str, task: Task) -> None:
    """In the child: train, and print the peak."""
    (ARMIJO | QUASI)[name](task)(ITERATIONS, NEVER)
    print(peak_mb())


def peak_mb() -> float:
    """Largest resident size of this process so far, in MB.

    Linux: VmHWM, for ru_maxrss also remembers the parent that the process was forked from.
    """
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) * 1024 / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6
