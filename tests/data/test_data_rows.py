"""Rows on disk answer as the array of the same numbers would, and are read only when they must be."""

from __future__ import annotations

import mmap
import pickle
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.data import Data
from surefoot.data.rows import Rows, blocks, on_disk, place_of
from surefoot.errors import BadValue, DataError, DataNotFound

N, D = 37, 3
TABLE = np.random.default_rng(0).integers(0, 256, (N, D)).astype(np.uint8)


class Counted:
    """A source that remembers what was asked of it."""

    def __init__(self, table: np.ndarray) -> None:
        self.table, self.shape, self.dtype = table, table.shape, table.dtype
        self.asked: list[tuple[int, int]] = []

    def read(self, start: int, stop: int) -> np.ndarray:
        assert 0 <= start <= stop <= len(self.table)
        self.asked.append((start, stop))
        return self.table[start:stop].copy()


def mapped(path: Path, table: np.ndarray = TABLE) -> np.ndarray:
    path.write_bytes(b"head" * 4 + table.tobytes())
    return np.memmap(path, table.dtype, "r", 16, table.shape)


def resident(path: Path) -> int:
    """How many KiB of a mapped file are in this process's memory."""
    if not Path("/proc/self/smaps").exists():
        pytest.skip("only Linux says which pages of a file are mapped in")
    size, ours = 0, False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if "-" in line.split(" ")[0]:
            ours = line.endswith(f" {path}")
        elif ours and line.startswith("Rss:"):
            size += int(line.split()[1])
    return size


SLICES = st.slices(N)


def agrees(rows: Any, array: np.ndarray, first: slice, second: slice, numbers: list[int]) -> bool:
    """The law: a slice of a slice, and rows by number, are those of the array."""
    ours, theirs = rows[first][second], array[first][second]
    same = ours.shape == theirs.shape and len(ours) == len(theirs) and ours.nbytes == theirs.nbytes
    if same and len(theirs):
        picked = [number % len(theirs) for number in numbers]
        picked += [number - len(theirs) for number in picked]
        same = np.array_equal(ours[picked], theirs[picked]) and np.array_equal(ours[-1], theirs[-1])
    return same and np.array_equal(np.asarray(ours), theirs)


@given(first=SLICES, second=SLICES, numbers=st.lists(st.integers(0, 99), max_size=9))
def test_rows_answer_as_the_array_does(first: slice, second: slice, numbers: list[int]) -> None:
    assert agrees(Rows(Counted(TABLE)), TABLE, first, second, numbers)


def test_the_law_finds_a_row_read_from_one_place_too_far() -> None:
    class Off(Counted):
        def read(self, start: int, stop: int) -> np.ndarray:
            return np.roll(self.table, -1, axis=0)[start:stop]

    assert not agrees(Rows(Off(TABLE)), TABLE, slice(None), slice(None), [3])


def test_a_slice_reads_nothing_and_picking_reads_each_piece_once(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Counted(TABLE)
    rows = Rows(source)[2:][:30]
    assert (rows.ndim, rows.dtype, source.asked) == (2, np.uint8, [])
    monkeypatch.setattr("surefoot.data.rows.PIECE", 10 * D)
    shuffled = np.random.default_rng(1).permutation(30)
    assert np.array_equal(rows[shuffled], TABLE[2:32][shuffled])
    assert source.asked == [(2, 12), (12, 22), (22, 32)]


@pytest.mark.parametrize(
    "key",
    [
        [0.5],
        [N],
        [-N - 1],
        "a",
        (0, 1),
        [[0, 1]],
        True,
        np.ones(N - 1, bool),
        np.ones((N, 1), bool),
        None,
    ],
)
def test_keys_that_choose_no_rows(key: object) -> None:
    with pytest.raises(IndexError):
        Rows(Counted(TABLE))[key]


def test_truth_values_choose_rows_and_copies_are_never_denied_silently() -> None:
    rows = Rows(Counted(TABLE))
    assert np.array_equal(rows[TABLE[:, 0] > 99], TABLE[TABLE[:, 0] > 99])
    assert np.array_equal(Rows(Counted(np.zeros((300, 2))))[np.array([255], np.uint8)], [[0, 0]])
    assert np.asarray(rows, np.float32).dtype == np.float32
    with pytest.raises(ValueError, match="always a copy"):
        rows.__array__(copy=False)


def test_what_lies_on_disk(tmp_path: Path) -> None:
    X = mapped(tmp_path / "x")
    with (tmp_path / "x").open("rb") as file:
        raw = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    there = [X, X[3:9][::2], np.asarray(X), X.view()[1:], X.T, Rows(Counted(TABLE)), np.frombuffer(raw, "u1")]
    here = [TABLE, X[[1, 2]], X + 1, np.array(X), np.asarray(X * 2), TABLE.view(np.memmap), b"", None, [1.0]]
    assert [on_disk(one) for one in there] == [True] * len(there)
    assert [on_disk(one) for one in here] == [False] * len(here)


def test_blocks_cover_all_rows_once_and_stay_small() -> None:
    for X in (TABLE, Rows(Counted(TABLE)), TABLE[:, 0]):
        found = list(blocks(X, 10))
        assert np.array_equal(np.concatenate([block for _, block in found]), np.asarray(X))
        assert [start for start, _ in found] == list(np.cumsum([0] + [len(b) for _, b in found])[:-1])
        assert max(block.size for _, block in found) <= 10


LABELS = np.arange(N) % 2


def data_of(X: Any) -> Data:
    return Data(X, LABELS, 255.0, ("no", "yes"), name="toy")


@pytest.mark.parametrize("kind", [np.uint8, np.float32, np.float64])
def test_data_on_disk_is_the_data_in_memory(tmp_path: Path, kind: type) -> None:
    table = TABLE.astype(kind)
    here = data_of(table)
    for there in (data_of(mapped(tmp_path / "x", table)), data_of(Rows(Counted(table)))):
        assert on_disk(there.X)
        assert there.hash == here.hash
        assert repr(there) == repr(here).replace(" / 255", " / 255 on disk")
        for ours, theirs in zip(
            (*there.split(9), *there.split(9, rng=3)), (*here.split(9), *here.split(9, rng=3)), strict=True
        ):
            assert ours.hash == theirs.hash
        assert [on_disk(part.X) for part in (*there.split(9), *there.split(9, rng=3))] == [
            True,
            True,
            False,
            False,
        ]
        for rows in (slice(3, 20, 2), [4, 4, -1], LABELS == 1, slice(None)):
            assert there.take(rows).hash == here.take(rows).hash
            assert np.array_equal(there.scaled(rows, np.float32), here.scaled(rows, np.float32))
        for wrong in ([N], [0.5], [], slice(3, 3), 3, True, np.ones(4, bool)):
            with pytest.raises(BadValue, match="take"):
                there.take(wrong)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e300])
def test_a_bad_number_on_disk_is_found_in_its_place(tmp_path: Path, bad: float) -> None:
    table = np.zeros((30_000, 20))
    table[29_999, 19] = bad
    y = np.zeros(len(table))
    for X in (mapped(tmp_path / "x", table), Rows(Counted(table))):
        with pytest.raises(BadValue, match=r"X\[29999, 19\] is"):
            Data(X, y)


def test_floats_on_disk_are_looked_at_once_and_bytes_never() -> None:
    source = Counted(TABLE.astype(float))
    data = data_of(Rows(source))
    assert source.asked == [(0, N)]
    data.split(5)[0].take(slice(2)).take(slice(1))
    assert source.asked == [(0, N)]
    replace(data, name="other")  # a new Data, checked anew
    assert source.asked == [(0, N)] * 2
    source = Counted(TABLE)
    data_of(Rows(source)).split(5)
    assert source.asked == []


def test_a_map_of_bytes_is_made_without_memory_and_without_a_look(tmp_path: Path) -> None:
    path, n, d = tmp_path / "x", 250_000, 784
    with path.open("wb") as file:
        file.truncate(n * d)  # 196 MB that take no place on the disk
    X, y = np.memmap(path, np.uint8, "r", 0, (n, d)), np.zeros(n, np.int64)
    tracemalloc.start()
    data = Data(X, y, 255.0, ("no", "yes"))
    parts = data.split(n // 2)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000
    assert resident(path) == 0
    assert parts[1].X[0, 0] == 0
    assert 0 < resident(path) < 10_000  # the probe sees one page that is touched, and those read ahead


def test_a_map_of_floats_is_checked_and_hashed_in_little_memory(tmp_path: Path) -> None:
    path, n, d = tmp_path / "x", 40_000, 100
    with path.open("wb") as file:
        file.truncate(n * d * 8)  # 32 MB
    tracemalloc.start()
    data = Data(np.memmap(path, np.float64, "r", 0, (n, d)), np.zeros(n))
    assert len(data.hash) == 64
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 12_000_000


@pytest.mark.parametrize("kind", ["int16", ">f8", "float16", "bool"])
def test_other_types_on_disk_are_refused_not_read(tmp_path: Path, kind: str) -> None:
    table = np.ones((4, 3), kind)
    with pytest.raises(BadValue, match="lies on disk as"):
        Data(mapped(tmp_path / "x", table), np.zeros(4))
    assert Data(np.array(table), np.zeros(4)).n == 4


def test_a_map_is_pickled_as_its_place(tmp_path: Path) -> None:
    table = np.random.default_rng(2).normal(size=(5_000, 4))
    data = Data(mapped(tmp_path / "x", table), table[:, 0])
    for part in (data, data.take(slice(7, None, 3)), data.take(slice(None, None, -1))):
        assert part.hash  # computed before, and again after: the file may be another by then
        content = pickle.dumps(part)
        assert len(content) < part.y.nbytes + 2_000
        again = pickle.loads(content)
        assert on_disk(again.X)
        assert not again.X.flags.writeable
        assert "hash" not in again.__dict__
        assert (again.hash, repr(again)) == (part.hash, repr(part))
        assert pickle.dumps(again) == pickle.dumps(pickle.loads(pickle.dumps(again)))
    content = pickle.dumps(data)
    (tmp_path / "x").write_bytes(bytes(1000))
    with pytest.raises(DataError, match="cannot be read"):
        pickle.loads(content)
    (tmp_path / "x").unlink()
    with pytest.raises(DataNotFound, match="no file"):
        pickle.loads(content)


def test_what_has_no_place_is_pickled_as_numbers(tmp_path: Path) -> None:
    X = mapped(tmp_path / "x", TABLE.astype(float))
    changed = np.memmap(tmp_path / "x", float, "c", 16, TABLE.shape)
    changed[0, 0] = 12345.0  # in memory alone
    for here in (changed, X[[1, 2]], X + 1, TABLE, Rows(Counted(TABLE))):
        assert place_of(here) is None
    again = pickle.loads(pickle.dumps(data_of(changed)))
    assert again.X[0, 0] == 12345.0
    assert not again.X.flags.writeable
