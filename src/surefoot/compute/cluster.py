"""A cluster: one that is there, or workers of our own on this machine.

    2                      two workers of one thread, on 127.0.0.1, which end with us
    "tcp://host:8786"      the scheduler of a cluster that others look after
    Client, LocalCluster   the same, connected already

Our workers are commands of their own (`python -m distributed.cli.dask_worker`) and not forks of this
process or imports of its script: no script needs a guard, and Ctrl-C does not reach them.  They have no
nanny: one that died is started again here; all end by themselves when this process, and with it the
scheduler, is gone.
"""

from __future__ import annotations

import atexit
import logging
import os
import re
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from surefoot.errors import BadValue, ClusterLost, require

HOST = "127.0.0.1"
ANSWER = 10  # seconds that a scheduler has to answer
LEAVE = 3  # seconds that a worker has to leave
ALONE = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
CURRENT = threading.Lock()
ADDRESS = re.compile(r"(\w+://)?(\[[^\]]+\]|[^\s/:]+):\d+(/.*)?|inproc://.+")  # host:8786, tcp://[::1]:8786


class Cluster:
    """Connected at first use; `close` ends what was started here and nothing else.

    where : how many workers to start, the address of a scheduler, a Client, or a cluster of Dask's.

    Raises
    ------
    BadValue : none of these.   MissingExtra : Dask is not installed.
    """

    def __init__(self, where: Any) -> None:
        self._dask: ModuleType = require("distributed", "dask", "Computing on Dask workers")
        known = isinstance(where, self._dask.Client) or hasattr(where, "scheduler_address")
        known |= isinstance(where, str) and ADDRESS.fullmatch(where) is not None
        if not known and not (type(where) is int and where >= 1):
            raise BadValue(
                f"workers is {where!r}; give how many to start (2), the address of a scheduler "
                "(tcp://host:8786), or a Client."
            )
        if getattr(where, "asynchronous", False):
            raise BadValue("workers is asynchronous; make a Client(address) outside of an event loop.")
        self.where, self.own = where, type(where) is int
        self.count = where if self.own else 1  # workers to wait for
        self._client: Any = None
        self.address = ""  # of the scheduler
        self._workers: list[subprocess.Popen[bytes]] = []
        self._leave: Callable[[], Any] = lambda: None

    @property
    def client(self) -> Any:
        """Connected.

        Raises
        ------
        ClusterLost : nobody answers at the address.
        """
        if self._client is None:
            local = self._local() if self.own else None
            given = isinstance(self.where, self._dask.Client)
            self._client = self.where if given else self._connected(local or self.where)
            self.address = str(self._client.scheduler.address)
            ours = None if given else self._client
            self._leave = weakref.finalize(self, _leave, ours, local, self._workers)
            atexit.register(self._leave)  # before Dask's own, which would wait for our workers
            self.tend()
        return self._client

    @property
    def lost(self) -> bool:
        """True when the scheduler does not answer any more."""
        return self._client is not None and self._client.status not in ("running", "newly-created")

    @contextmanager
    def current(self) -> Iterator[None]:
        """Dask's own functions use this cluster; for a moment: it is one choice for the whole process."""
        with CURRENT, self.client.as_current():
            yield

    def actor(self, kind: type, worker: str, future: Any) -> Any:
        """What stands on a worker and answers."""
        with self.current():
            return self._dask.Actor(kind, worker, future.key)

    def tend(self) -> None:
        """Start workers of our own where some are missing."""
        if self.own:
            living = [worker for worker in self._workers if worker.poll() is None]
            self._workers[:] = living + [self._start() for _ in range(self.where - len(living))]

    def close(self) -> None:
        """Say goodbye; workers of our own end."""
        self._leave()
        atexit.unregister(self._leave)
        self._client = None

    def _local(self) -> Any:
        """A scheduler in this process, without workers."""
        return self._dask.LocalCluster(
            n_workers=0, host=HOST, dashboard_address=f"{HOST}:0", scheduler_kwargs={"dashboard": False},
            processes=True, silence_logs=logging.CRITICAL + 1,
        )  # fmt: skip

    def _connected(self, where: Any) -> Any:
        try:
            return self._dask.Client(
                where, timeout=ANSWER, set_as_default=False, direct_to_workers=True if self.own else None
            )
        except (OSError, ValueError) as error:
            raise ClusterLost(
                f"No scheduler answers at {where} ({error}); start one with `dask scheduler`, "
                "or give the number of workers to start here, such as 2."
            ) from error

    def _start(self) -> subprocess.Popen[bytes]:
        ours = str(Path(__file__).parents[2])  # so that they find this very package
        paths = os.pathsep.join(filter(None, (ours, os.environ.get("PYTHONPATH"))))
        command = [
            sys.executable, "-P", "-m", "distributed.cli.dask_worker", self.address,
            "--nthreads", "1", "--no-nanny", "--memory-limit", "0", "--death-timeout", "30",
            "--host", HOST, "--no-dashboard", "--dashboard-address", f"{HOST}:0",
        ]  # fmt: skip
        return subprocess.Popen(
            command, env={**os.environ, **ALONE, "PYTHONPATH": paths}, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip


def _leave(client: Any, local: Any, workers: list[subprocess.Popen[bytes]]) -> None:
    """Ask workers of our own to leave, then make them; say goodbye to the scheduler."""
    for worker in workers:
        worker.terminate()
    for worker in workers:
        try:
            worker.wait(LEAVE)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()
    workers.clear()
    log = logging.getLogger("distributed.client")  # says at closing that it could not connect again
    log.disabled, before = client is not None, log.disabled
    for connection in (client, local):
        if connection is not None:
            connection.close(timeout=LEAVE)
    log.disabled = before
