"""From the shell to the first iteration on the screen: `surefoot train` on a terminal."""

from __future__ import annotations

import os
import pty
import re
import signal
import struct
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from fcntl import ioctl
from functools import partial
from pathlib import Path
from termios import TIOCSWINSZ
from time import perf_counter

from settings import Settings
from turns import in_turns

from tables import Goal, Sample, Table

FIRST = re.compile(rb"\d+/100\b.*loss ", re.DOTALL)  # the first drawn record: "0/100   loss 2.31"
COMMAND = (str(Path(sys.executable).with_name("surefoot")), "train")


def measure(settings: Settings) -> list[Table]:
    ways: dict[str, Callable[[], float]] = {
        "surefoot train": partial(first_sight, COMMAND),
        "python -c 'import numpy'": partial(to_the_end, (sys.executable, "-c", "import numpy")),
        "python -c pass": partial(to_the_end, (sys.executable, "-c", "pass")),
    }
    for way in ways.values():
        way()
    times = {
        n: Sample.of(s)
        for n, s in in_turns(ways, max(7, settings.rounds) if not settings.quick else 1).items()
    }
    goals = [
        Goal(
            "`surefoot train` to the first iteration on screen", times["surefoot train"], 0.6, 0.3, True, "s"
        )
    ]
    text = (
        "Seconds after the command is given; the digits, a terminal of 120 x 40 characters, files in cache."
    )
    rows = [[n, str(t)] for n, t in times.items()]
    return [Table("Start-up", text, ["command", "s"], rows, goals)]


def first_sight(command: tuple[str, ...]) -> float:
    """Seconds until the first record is drawn; then the run is stopped."""
    screen, terminal = pty.openpty()
    ioctl(terminal, TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color"}
    began = perf_counter()
    process = subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal, env=environment)
    os.close(terminal)
    seen, seconds = b"", None
    with suppress(OSError):
        while seconds is None and (more := os.read(screen, 1 << 16)):
            seen += more
            if FIRST.search(seen):
                seconds = perf_counter() - began
    process.send_signal(signal.SIGTERM)
    with suppress(OSError):
        while os.read(screen, 1 << 16):
            pass
    process.wait()
    os.close(screen)
    if seconds is None:
        raise RuntimeError(f"no record was drawn by {' '.join(command)}: {seen[-300:]!r}")
    return seconds


def to_the_end(command: tuple[str, ...]) -> float:
    began = perf_counter()
    subprocess.run(command, check=True)
    return perf_counter() - began
