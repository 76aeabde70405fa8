"""Rows from a disk are the same rows: same numbers, same bits, bounded memory, a word on every accident."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import surefoot as sf
from agreement import QUANTITIES, agree, quantities, samples, setting
from surefoot.compute import blocks
from surefoot.compute.blocks import Blocked
from surefoot.compute.packed import Packed
from surefoot.errors import BadValue, DataError
from surefoot.network.activations import ACTIVATIONS
from surefoot.network.losses import LOSSES
from surefoot.training import problem

BLOCK = 5_000  # bytes: some hundred rows


def mapped(folder, X):
    """X in a file, mapped."""
    path = folder / "X.npy"
    np.save(path, X)
    return np.load(path, mmap_mode="r")


class Decoded:
    """Rows that must be decoded: an array only after it was asked for."""

    def __init__(self, X):
        self.X, self.shape, self.dtype, self.ndim = X, X.shape, X.dtype, 2
        self.asked = []

    def __len__(self):
        return len(self.X)

    def __getitem__(self, rows):
        self.asked.append(rows)
        return Decoded(self.X[rows])

    def __array__(self, dtype=None, copy=None):
        return np.array(self.X, dtype)


@settings(max_examples=15, deadline=None)
@given(
    sizes=st.tuples(st.integers(1, 40), *[st.integers(1, 9)] * 2)
    | st.tuples(st.integers(8, 40), st.integers(2, 5)),
    activation=st.sampled_from(sorted(ACTIVATIONS)),
    loss=st.sampled_from(sorted(LOSSES)),
    n=st.integers(1, 1500),
    seed=st.integers(0, 10**6),
    single=st.booleans(),
    rays=st.sampled_from(["memory", "disk"]),
    block=st.integers(1, 20_000),
)
def test_blocks_agree_with_dense(sizes, activation, loss, n, seed, single, rays, block):
    precision, bound = (np.float32, 1e-5) if single else (np.float64, 1e-12)
    plain, made_of, options, theta, p = setting(sizes, activation, loss, n=n, seed=seed)
    with Blocked(
        *made_of, **options, dtype=precision, rays=rays, block=max(block, n * sizes[0] // 20)
    ) as fast:
        agree(plain, fast, theta, p, bound)


@pytest.mark.parametrize("kept", [np.asarray, Decoded, "mapped"])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_wherever_rows_come_from_the_bits_are_the_same(tmp_path, kept, dtype):
    _, (net, X, y), options, theta, p = setting((30, 6, 4), "tanh", "cross-entropy", dtype, n=3000, seed=2)
    expected = quantities(Blocked(net, X, y, **options, block=BLOCK, threads=1), theta, p)
    rows = mapped(tmp_path, X) if kept == "mapped" else kept(X)
    with Blocked(net, rows, y, **options, block=BLOCK, rays="disk", folder=str(tmp_path), threads=2) as fast:
        assert len(fast.blocked.bounds) > 3
        found = quantities(fast, theta, p)
        for name in QUANTITIES:
            assert np.array_equal(found[name], expected[name]), name
    assert sorted(os.listdir(tmp_path)) == (["X.npy"] if kept == "mapped" else [])


def test_one_block_has_the_bits_of_packed():
    _, made_of, options, theta, p = setting((30, 6, 4), "logistic", "cross-entropy", n=2000)
    one, whole = (quantities(make(*made_of, **options), theta, p) for make in (Blocked, Packed))
    assert all(np.array_equal(one[name], whole[name]) for name in QUANTITIES)


def test_a_pass_reads_every_row_once_and_a_trial_none():
    _, (net, X, y), options, theta, p = setting((30, 6, 4), "logistic", "cross-entropy", n=2000)
    rows = Decoded(X)
    fast = Blocked(net, rows, y, **options, block=BLOCK)
    here = fast.at(theta)
    for ask, passes in ((lambda: here.gradient, 1), (lambda: here.ray(p), 0)):
        rows.asked.clear()
        result = ask()
        assert [(r.start, r.stop) for r in rows.asked] == passes * fast.blocked.bounds
    ray = result
    assert ray.value(0.1) < np.inf
    rows.asked.clear()
    assert np.isfinite([ray.value(0.2), ray.slope(0.3), ray.curvature(0.4)]).all()
    assert ray.combine(1.0, ray, 0.5).value(0.1) < np.inf
    assert rows.asked == []


def test_an_earlier_ray_keeps_its_numbers_while_its_storages_go_round():
    plain, made_of, options, theta, p = setting((12, 5, 3), "tanh", "cross-entropy", n=900)
    fast = Blocked(*made_of, **options, block=2_000, rays="disk")
    ray = fast.at(theta).ray(p)
    there = ray.point(0.2)
    for _ in range(8):
        there = there.ray(-there.gradient).point(0.1)
    assert abs(ray.value(0.7) - plain.at(theta).ray(p).value(0.7)) <= 1e-12


def test_a_file_that_changes_under_way_is_told(tmp_path):
    _, (net, X, y), options, theta, _ = setting((30, 6, 4), "logistic", "cross-entropy")
    rows = mapped(tmp_path, X)
    fast = Blocked(net, rows, y, **options, block=BLOCK)
    assert fast.at(theta).value > 0
    os.utime(tmp_path / "X.npy", ns=(1, 1))
    with pytest.raises(DataError, match=r"X\.npy was changed"):
        fast.at(theta).value  # noqa: B018
    os.remove(tmp_path / "X.npy")
    with pytest.raises(DataError, match=r"X\.npy was changed"):
        fast.at(theta).value  # noqa: B018


def test_an_exception_on_the_way_leaves_an_objective_that_works():
    """Ctrl-C comes anywhere in a walk; what was half filled must not be taken for filled."""
    _, (net, X, y), options, theta, p = setting((30, 6, 4), "logistic", "cross-entropy")
    fast = Blocked(net, X, y, **options, block=BLOCK)
    here, whole = fast.at(theta), Blocked(net, X, y, **options, block=BLOCK).at(theta)
    assert here.value == whole.value
    shard = fast.blocked.shards[2]
    kernels, shard.kernels = shard.kernels, None
    with pytest.raises(AttributeError):
        here.ray(p).value(0.3)
    shard.kernels = kernels
    assert here.ray(p).value(0.3) == whole.ray(p).value(0.3)


def test_no_room_for_first_layers_is_one_sentence(monkeypatch, tmp_path):
    def full(*_):
        raise OSError(28, "No space left on device")

    _, made_of, options, theta, _ = setting((30, 6, 4), "logistic", "cross-entropy")
    fast = Blocked(*made_of, **options, rays="disk", folder=str(tmp_path))
    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(BadValue, match="has no room for first layers"):
        fast.at(theta).value  # noqa: B018


def test_progress_is_told_when_a_walk_takes_long(monkeypatch):
    _, (net, X, y), options, theta, _ = setting((30, 6, 4), "logistic", "cross-entropy", n=1500)
    told = []
    fast = Blocked(net, X, y, **options, block=BLOCK)
    fast.watch(told.append)
    assert fast.at(theta).value > 0
    assert told == []
    clock = iter(range(1000))
    monkeypatch.setattr(blocks, "monotonic", lambda: next(clock) * 0.4)
    assert fast.at(theta).value > 0
    count = len(fast.blocked.bounds)
    assert told == [(i + 1) / count for i in range(2, count)]


@pytest.mark.parametrize("options", [{"rays": "tape"}, {"l2": -1.0}, {"threads": 0}])
def test_misuse_is_told(options):
    X, y, _ = samples((4, 2), "cross-entropy", np.uint8, 10, 0)
    with pytest.raises(BadValue):
        Blocked(sf.Network((4, 2)), X, y, **options)


def test_auto_takes_blocks_for_large_data_on_a_disk(tmp_path, monkeypatch):
    X, y, _ = samples((30, 4), "cross-entropy", np.uint8, 50, 0)
    data = sf.Data(mapped(tmp_path, X), y, 255.0, ("a", "b", "c", "d"))
    net = sf.Network((30, 6, 4))
    assert not isinstance(sf.Problem(net, data), Blocked)
    monkeypatch.setattr(problem, "LARGE", 20 * 30)
    assert isinstance(sf.Problem(net, data), Blocked)
    assert isinstance(sf.Problem(net, data.split(20)[0]), Blocked)
    assert not isinstance(sf.Problem(net, data.split(19)[0]), Blocked)
    assert isinstance(sf.Problem(net, sf.Data(X, y, 255.0, data.classes), compute="blocks"), Blocked)
    with pytest.raises(BadValue, match="workers=2 is for compute='dask'"):
        sf.Problem(net, data, compute="blocks", workers=2)


MEASURED = """
import sys, threading, time
import numpy as np
import surefoot as sf
from surefoot.compute.blocks import Blocked

def anonymous():
    lines = open("/proc/self/status")
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) * 1024

def run(n):
    X, y = np.load(sys.argv[1], mmap_mode="r")[:n], np.zeros(n, np.int64)
    y[::3] = 1
    with Blocked(net, X, y, scale=255.0, rays=sys.argv[2], dtype=np.float32) as problem:
        for _ in sf.descend(problem, net.initial(0), sys.argv[3], sf.stop(iterations=4)):
            pass
        return problem.memory

net = sf.Network((40, 6, 10))
run(1000)  # everything loaded and compiled
before, peak, done = anonymous(), 0, threading.Event()

def watch():
    global peak
    while not done.is_set():
        peak = max(peak, anonymous())
        time.sleep(0.001)

watching = threading.Thread(target=watch)
watching.start()
stated = run(1_000_000)
done.set()
watching.join()
print(peak - before, stated)
"""


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="memory is measured as Linux tells it")
@pytest.mark.parametrize(
    ("rays", "method"), [("disk", "auto"), pytest.param("memory", "auto", marks=pytest.mark.slow)]
)
def test_memory_is_what_is_stated(tmp_path, rays, method):
    """10^6 rows: labels, margins and, unless they are on disk, first layers; not the data themselves."""
    path = tmp_path / "X.npy"
    np.lib.format.open_memmap(path, "w+", np.uint8, (1_000_000, 40))[::7, ::3] = 9
    told = subprocess.run(
        [sys.executable, "-c", MEASURED, str(path), rays, method], capture_output=True, text=True, check=True
    )
    taken, stated = map(int, told.stdout.split())
    assert taken <= stated + (8 << 20), (taken, stated)
    assert taken >= stated / 3, "the statement is so wide that it says nothing"


def test_reading_is_ahead_of_the_work():
    """The next block is asked for before the last one was worked on."""
    _, (net, X, y), options, theta, _ = setting((30, 6, 4), "logistic", "cross-entropy", n=1500)
    rows = Decoded(X)
    fast = Blocked(net, rows, y, **options, block=BLOCK)
    walk = iter(fast.blocked.reading)
    next(walk)
    until = time.monotonic() + 5
    while len(rows.asked) < 2 and time.monotonic() < until:
        time.sleep(0.001)
    assert len(rows.asked) == 2
    fast.blocked.close()
    assert fast.at(theta).value > 0
