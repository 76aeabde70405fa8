"""The full batch on Dask workers: the plain numbers, the same bits for any workers, whoever dies."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import surefoot as sf
from agreement import agree, quantities, samples, setting
from surefoot.compute.cluster import Cluster
from surefoot.compute.dask import Distributed
from surefoot.compute.gathering import Gathering
from surefoot.compute.pieces import Mapped
from surefoot.compute.walks import Line
from surefoot.errors import BadValue, ClusterLost, ShapeError

pytest.importorskip("distributed", reason="distributed is not installed: surefoot[dask]")

SIZES = {"deep": (30, 6, 5, 4), "one": (30, 8, 4), "none": (30, 4), "wide": (20, 40, 4)}


@pytest.fixture(scope="module")
def cluster():
    """Three workers of our own; `tend` brings back those that tests kill."""
    with contextlib.closing(Cluster(3)) as three:
        yield three


@pytest.fixture
def client(cluster):
    """All three are there."""
    cluster.client.wait_for_workers(3, timeout=30)
    return cluster.client


def same(one, other):
    return [name for name in one if not np.array_equal(one[name], other[name])] == []


def only(monkeypatch, count):
    """Of all workers, so many are used."""
    every = Gathering._workers

    async def first(self, wanted=1):
        return (await every(self, wanted))[:count]

    monkeypatch.setattr(Gathering, "_workers", first)


@pytest.mark.parametrize("loss", ["cross-entropy", "binary", "squared-error"])
@pytest.mark.parametrize("name", SIZES)
def test_the_numbers_of_the_plain_objective(client, name, loss):
    plain, args, options, theta, p = setting(SIZES[name], "tanh", loss, n=700, seed=4 if name == "one" else 3)
    with Distributed(*args, **options, workers=client, shards=4) as fast:
        agree(plain, fast, theta, p, 1e-12)
        ray, other = fast.at(theta).ray(p), plain.at(theta).ray(p)
        there, here = (r.combine(0.5, r.origin.ray(r.origin.gradient), 2.0) for r in (ray, other))
        assert abs(there.curvature(0.1) / here.curvature(0.1) - 1) <= 1e-11
        assert fast.happened() == ()


@pytest.mark.parametrize("precision", [np.float64, np.float32])
def test_the_same_bits_for_any_number_of_workers_and_threads(client, monkeypatch, precision):
    _, args, options, theta, p = setting(SIZES["deep"], "logistic", "cross-entropy", n=1503, seed=2)
    found = []
    for count, threads in ((1, 1), (2, 1), (3, 1), (2, 3)):
        with monkeypatch.context() as patch:
            only(patch, count)
            with Distributed(
                *args, **options, dtype=precision, workers=client, threads=threads, shards=7
            ) as fast:
                assert fast.choice.startswith(f"dask: {count} worker")
                assert "7 shards of 215 rows; on each first layer by " in fast.choice
                found.append(quantities(fast, theta, p))
    assert all(same(found[0], other) for other in found[1:])


def mapped(X, folder):
    np.save(folder / "X.npy", np.concatenate([X[:5], X]))
    return np.load(folder / "X.npy", mmap_mode="r")[5:]


def chunked(X, folder):
    return pytest.importorskip("dask.array").from_array(X, chunks=(400, 17))


def parquet(X, folder):
    pandas, frames = pytest.importorskip("pandas"), pytest.importorskip("dask.dataframe")
    pytest.importorskip("pyarrow")
    table = pandas.DataFrame(X, columns=[f"c{i}" for i in range(X.shape[1])])
    (folder / "table").mkdir()
    for i in range(3):
        table[i * 300 : (i + 1) * 300].to_parquet(folder / "table" / f"{i}.parquet")
    return frames.read_parquet(folder / "table")


@pytest.mark.parametrize("form", [mapped, chunked, parquet])
def test_the_same_bits_wherever_the_rows_lie(client, tmp_path, form):
    _, (net, X, y), options, theta, p = setting(SIZES["deep"], "tanh", "cross-entropy", n=900, seed=2)
    with Distributed(net, X, y, **options, workers=client, shards=5) as fast:
        want = quantities(fast, theta, p)
    lying = form(X, tmp_path)
    targets = pytest.importorskip("dask.array").from_array(y, chunks=70) if form is chunked else y
    with Distributed(net, lying, targets, **options, workers=client, shards=5) as fast:
        assert same(want, quantities(fast, theta, p))


def test_persisted_blocks_are_walked_where_they_lie(client):
    arrays = pytest.importorskip("dask.array")
    _, (net, X, y), options, theta, _ = setting(SIZES["one"], "tanh", "cross-entropy", n=900)
    rows = client.persist(arrays.from_array(X, chunks=(150, 30)))
    with Distributed(net, rows, y, **options, workers=client, shards=6) as fast:
        assert fast.choice.startswith("dask: ")
        lies = {key[1]: where for key, where in client.who_has(rows).items() if "finalize" not in str(key)}
        homes = {number: group.worker for group in fast.gathering.groups for number in group.numbers}
        most = max(len(group.numbers) for group in fast.gathering.groups)
        assert most == 2  # never more than a fair share
        at_home = sum(homes[int(i)] in where for i, where in lies.items())
        assert at_home >= 2, (homes, lies)
        assert np.isfinite(fast.at(theta).value)


def test_rows_that_a_worker_cannot_read_are_sent(client, tmp_path, monkeypatch):
    _, (net, X, y), options, theta, p = setting(SIZES["one"], "tanh", "cross-entropy", n=900)
    with Distributed(net, X, y, **options, workers=client, shards=4) as fast:
        want = quantities(fast, theta, p)
    with Distributed(net, mapped(X, tmp_path), y, **options, workers=client, shards=4) as fast:
        monkeypatch.setattr(Mapped, "is_there", property(lambda self: True))  # here it seems to be
        fast.gathering.pieces.mapped = fast.gathering.pieces.mapped._replace(file="/not/on/the/worker")
        assert same(want, quantities(fast, theta, p))
        said = "rows are sent to the workers, one of which cannot read /not/on/the/worker"
        assert fast.happened() == (said,)


def problem_of(workers, n=6000, **options):
    X, y, weight = samples((60, 6, 5), "cross-entropy", np.uint8, n, 0)
    net = sf.Network((60, 6, 5))
    return Distributed(net, X, y, scale=255.0, sample_weight=weight, workers=workers, shards=6, **options)


def run(problem, method, iterations):
    theta = problem.network.initial(0)
    steps = list(sf.descend(problem, theta, method, sf.stop(iterations=iterations)))
    return [(s.value, s.gradient_norm, s.alpha) for s in steps], [note for s in steps for note in s.happened]


@pytest.mark.parametrize("method", ["classic", "plane", "lbfgs"])
def test_a_worker_killed_within_an_iteration(cluster, client, monkeypatch, method):
    """While an ask is on its way; the Step says what was done again."""
    with problem_of(client) as problem:
        want, _ = run(problem, method, 5)
        answer, killed, asks = Gathering._answer, [], []

        async def dying(self, group, ask):
            asks.append(ask.what)
            if len(asks) == 20 and not killed:
                killed.append(group.worker)
                group.actor.answer(ask)  # on its way
                os.kill(pids[group.worker], signal.SIGKILL)
            return await answer(self, group, ask)

        pids = client.run(os.getpid)
        monkeypatch.setattr(Gathering, "_answer", dying)
        found, notes = run(problem, method, 5)
    cluster.tend()
    assert found == want
    assert notes == [
        f"worker {killed[0]} was lost: 2 of 6 shards (2,000 rows) were loaded and computed again elsewhere"
    ]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("method", ["classic", "lbfgs", "plane", "newton"])
def test_twenty_workers_killed_at_random_moments(monkeypatch, method):
    rng, iterations = random.Random(method), 5 if method == "newton" else 20
    ask, asked, moment, pids = Gathering.ask, [], [], {}

    def counted(self, *question, **options):
        asked.append(self)
        if len(asked) in moment:
            victim = rng.choice([group.worker for group in self.groups])
            threading.Timer(rng.uniform(0, 0.02), os.kill, (pids[victim], signal.SIGKILL)).start()
        return ask(self, *question, **options)

    monkeypatch.setattr(Gathering, "ask", counted)
    with problem_of(2, n=20_000) as problem:
        want, _ = run(problem, method, iterations)
        every = len(asked)
        for _ in range(20):
            asked.clear()
            problem.gathering.cluster.tend()
            problem.walks.client.wait_for_workers(2, timeout=30)
            pids.update(problem.walks.client.run(os.getpid))
            moment[:] = [rng.randrange(2, every - 8)]
            found, notes = run(problem, method, iterations)
            assert found == want
            assert any("was lost" in note for note in notes)


def test_new_workers_get_shards_at_the_next_fresh_point(client, monkeypatch):
    with problem_of(client) as problem:
        with monkeypatch.context() as patch:
            only(patch, 1)
            want, _ = run(problem, "classic", 3)
        found, notes = run(problem, "classic", 3)
        assert found == want
        assert notes == ["6 of 6 shards (6,000 rows) were moved to use 3 workers"]
        assert sorted(len(group.numbers) for group in problem.gathering.groups) == [2, 2, 2]


def test_closed_and_asked_again(client):
    with problem_of(client) as problem:
        theta = problem.network.initial(0)
        here = problem.at(theta)
        value = here.value
        problem.walks.close()
        assert here.ray(-here.gradient).value(0.0) == value
    assert client.status == "running"  # not ours to close


def test_the_same_in_double_on_the_same_workers(client):
    with (
        problem_of(client, dtype=np.float32) as single,
        single.in_double() as double,
        problem_of(client) as two,
    ):
        theta = single.network.initial(0)
        assert double.at(theta).value == two.at(theta).value != single.at(theta).value
        assert two.in_double() is two


SCRIPT = """
import numpy as np, surefoot as sf
from surefoot.compute.dask import Distributed
X = np.arange(40_000, dtype=np.uint8).reshape(2000, 20)
net = sf.Network((20, 4, 3))
problem = Distributed(net, X, np.arange(2000) % 3, scale=255.0, workers=2, shards=2)
print(problem.choice)
print(*problem.walks.client.run(__import__("os").getpid).values(), flush=True)
for step in sf.descend(problem, net.initial(0), "lbfgs", sf.stop(iterations=ITERATIONS)):
    if step.iteration == 3:
        print("going", flush=True)
"""


def all_gone(pids, seconds=10):
    late = time.monotonic() + seconds
    while (left := [pid for pid in pids if Path(f"/proc/{pid}").exists()]) and time.monotonic() < late:
        time.sleep(0.05)
    return not left


@pytest.mark.parametrize("end", ["by itself", "Ctrl-C", pytest.param("kill -9", marks=pytest.mark.slow)])
def test_workers_of_our_own_end_with_us(end):
    """Of a script as people write it, with neither a guard nor `with`."""
    code = SCRIPT.replace("ITERATIONS", "3" if end == "by itself" else "10**6")
    with subprocess.Popen(
        [sys.executable, "-W", "error::UserWarning", "-c", code],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout.readline().startswith("dask: 2 workers at tcp://127.0.0.1:")
        pids = process.stdout.readline().split()
        assert process.stdout.readline() == "going\n"
        if end != "by itself":
            assert not all_gone(pids, 0)
            process.send_signal(signal.SIGINT if end == "Ctrl-C" else signal.SIGKILL)
        _, said = process.communicate(timeout=30)
    assert len(pids) == 2
    assert all_gone(pids)
    assert said == "" or (end == "Ctrl-C" and said.rstrip().endswith("KeyboardInterrupt")), said


@contextlib.contextmanager
def theirs():
    """A scheduler and a worker that others look after."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    start = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", address, "--no-dashboard"]
    start += ["--dashboard-address", "127.0.0.1:0"]
    scheduler = subprocess.Popen(start, **quiet)
    join = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--no-nanny", "--no-dashboard"]
    worker = subprocess.Popen([*join, "--host", "127.0.0.1", "--nthreads", "1"], **quiet)
    try:
        yield address, scheduler
    finally:
        for process in (worker, scheduler):
            process.kill()
            process.wait()


def test_a_scheduler_that_is_gone_is_told_at_once():
    with theirs() as (address, scheduler), problem_of(address) as problem:
        theta = problem.network.initial(0)
        stop = sf.stop(iterations=10**6)
        steps = sf.descend(problem, theta, "classic", stop)
        assert next(steps).iteration == 0
        scheduler.kill()
        began = time.monotonic()
        with pytest.raises(ClusterLost, match=rf"{address} .*surefoot train --resume RUN"):
            for _ in steps:
                pass
        assert time.monotonic() - began < 5
        with pytest.raises(ClusterLost, match="does not answer any more"):
            next(steps)


def test_no_scheduler_at_all(monkeypatch):
    from surefoot.compute import cluster

    monkeypatch.setattr(cluster, "ANSWER", 0.5)
    with problem_of("tcp://127.0.0.1:9") as problem, pytest.raises(ClusterLost, match="dask scheduler"):
        _ = problem.choice


def test_an_interrupted_ask_leaves_everything_usable(client, monkeypatch):
    with problem_of(client) as problem:
        want, _ = run(problem, "lbfgs", 4)
        here = problem.at(problem.network.initial(0))
        timer = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            while True:
                problem.walks._asked("value", line_of(here), 0.0)
        assert run(problem, "lbfgs", 4)[0] == want


def line_of(point):
    assert np.isfinite(point.value)
    return Line.standing(point._Z, point.rest)


@pytest.mark.parametrize(
    "options",
    [
        {"workers": 0},
        {"workers": 1.5},
        {"workers": True},
        {"workers": "two"},
        {"workers": "tcp://host"},
        {"threads": 0},
    ],
)
def test_misuse_is_told(options):
    X, y, _ = samples((4, 2), "cross-entropy", np.uint8, 10, 0)
    with pytest.raises(BadValue):
        Distributed(sf.Network((4, 2)), X, y, **options)
    with pytest.raises(ShapeError):
        Distributed(sf.Network((5, 2)), X, y)
