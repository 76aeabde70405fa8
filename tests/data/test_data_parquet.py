"""Parquet: the same data as the arrays it was written from, lazily too; gaps and damage are sentences."""

from __future__ import annotations

import pickle
import sys
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surefoot.data import Data, load, parquet
from surefoot.data.images import FILES
from surefoot.data.parquet import ParquetRows
from surefoot.data.rows import Rows, on_disk
from surefoot.data.sources import _kind_of
from surefoot.errors import DataError, MissingExtra

arrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed (extra data)")
pq = pytest.importorskip("pyarrow.parquet")

RNG = np.random.default_rng(0)
N, D = 60, 5
PIXELS = RNG.integers(0, 256, (N, D)).astype(np.uint8)
LABELS = RNG.integers(0, 3, N)
LAZY = pytest.mark.parametrize("lazy", [False, True])


@pytest.fixture
def lazy_from_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "SMALL", 0)


def columns(X: np.ndarray) -> dict[str, Any]:
    return {f"x{j}": X[:, j] for j in range(X.shape[1])}


def as_list(X: np.ndarray, fixed: bool) -> Any:
    kind = arrow.from_numpy_dtype(X.dtype)
    return arrow.array(X.tolist(), arrow.list_(kind, X.shape[1]) if fixed else arrow.list_(kind))


def saved(path: Path, group: int = 25, **named: Any) -> Path:
    pq.write_table(arrow.table(named), path, row_group_size=group)
    return path


def toy(path: Path, X: np.ndarray = PIXELS, y: Any = LABELS, **options: Any) -> Path:
    return saved(path, **columns(X), y=y, **options)


def opened(path: Path, lazy: bool, **options: Any) -> Data:
    with pytest.MonkeyPatch.context() as patch:
        if lazy:
            patch.setattr(parquet, "SMALL", 0)
        data = load(path, **options)
    assert on_disk(data.X) == lazy
    return data


@LAZY
@pytest.mark.parametrize("kind", ["uint8", "float32", "float64"])
def test_columns_are_the_array(tmp_path: Path, kind: str, lazy: bool) -> None:
    X = PIXELS.astype(kind)
    wanted = Data(X, LABELS, classes=("0", "1", "2"), name="toy")
    data = opened(toy(tmp_path / "toy.parquet", X), lazy)
    assert data.hash == wanted.hash
    assert repr(data) == repr(wanted).replace(kind, f"{kind}{' on disk' * lazy}")
    for ours, theirs in zip(
        (*data.split(9), *data.split(9, rng=1)), (*wanted.split(9), *wanted.split(9, rng=1)), strict=True
    ):
        assert ours.hash == theirs.hash


@LAZY
@pytest.mark.parametrize("fixed", [False, True])
def test_a_list_of_numbers_counts_as_several_inputs(tmp_path: Path, fixed: bool, lazy: bool) -> None:
    path = saved(tmp_path / "a.parquet", a=PIXELS[:, 0], rest=as_list(PIXELS[:, 1:], fixed), y=LABELS)
    assert opened(path, lazy).hash == Data(PIXELS, LABELS, classes=("0", "1", "2")).hash


@LAZY
@pytest.mark.parametrize("step", [1, 7])
def test_a_folder_of_parts_is_one_table_in_the_order_of_names(tmp_path: Path, step: int, lazy: bool) -> None:
    for number in (10, 3, 21):  # "10" < "21" < "3"
        toy(
            tmp_path / f"{number}.parquet", PIXELS[number : number + step], LABELS[number : number + step] / 2
        )
    toy(tmp_path / ".hidden.parquet", PIXELS[:1], LABELS[:1])
    rows = np.concatenate([np.arange(number, number + step) for number in (10, 21, 3)])
    data = opened(tmp_path, lazy)
    assert data.hash == Data(PIXELS[rows], LABELS[rows] / 2).hash
    assert data.name == tmp_path.name


@pytest.mark.parametrize(
    ("kinds", "wanted"),
    [
        (["uint8", "uint8"], "uint8"),
        (["uint8", "float32"], "float32"),
        (["float16", "float16"], "float32"),
        (["int16", "float32"], "float32"),
        (["int8", "uint8"], "float64"),
        (["bool", "bool"], "float64"),
        (["int64", "float32"], "float64"),
        (["uint64", "uint8"], "float64"),
    ],
)
def test_the_type_that_holds_all_columns(tmp_path: Path, kinds: list[str], wanted: str) -> None:
    named = {f"x{j}": PIXELS[:, j].astype(kind) for j, kind in enumerate(kinds)}
    data = load(saved(tmp_path / "a.parquet", **named, y=LABELS))
    assert data.X.dtype == wanted
    assert np.array_equal(data.X, np.column_stack(list(named.values())).astype(wanted))


TEXTS = np.array(["pear", "Apple", "fig"], dtype=object)[LABELS]


@pytest.mark.parametrize(
    ("y", "wanted", "classes"),
    [
        (LABELS * 10 + 2, LABELS, ("2", "12", "22")),
        (LABELS.astype(np.uint8), LABELS, ("0", "1", "2")),
        (LABELS == 1, LABELS == 1, ("False", "True")),
        (TEXTS, [{"Apple": 0, "fig": 1, "pear": 2}[text] for text in TEXTS], ("Apple", "fig", "pear")),
        (LABELS / 2, LABELS / 2, ()),
        (LABELS.astype(np.float32), LABELS.astype(float), ()),
        (as_list(PIXELS[:, :2] / 3, False), PIXELS[:, :2] / 3, ()),
        (as_list(PIXELS[:, :2] / 3, True), PIXELS[:, :2] / 3, ()),
    ],
)
def test_what_the_target_is_its_type_decides(
    tmp_path: Path, y: Any, wanted: Any, classes: tuple[str, ...]
) -> None:
    data = load(toy(tmp_path / "a.parquet", y=y))
    assert np.array_equal(data.y, wanted)
    assert data.classes == classes


def test_texts_in_dictionaries_too(tmp_path: Path) -> None:
    plain = load(toy(tmp_path / "a.parquet", y=TEXTS))
    coded = load(toy(tmp_path / "b.parquet", y=arrow.array(TEXTS).dictionary_encode()))
    assert (coded.hash, coded.classes) == (plain.hash, plain.classes)


def test_the_target_by_name_or_number(tmp_path: Path) -> None:
    path = saved(
        tmp_path / "a.parquet", **{"0": 2 - LABELS, "a": LABELS, "a.b": PIXELS[:, 1], "y": LABELS / 2}
    )
    for target, wanted in ((None, "y"), ("a", "a"), (1, "a"), ("1", "a"), (-3, "a"), ("0", "0"), ("-1", "y")):
        data = load(path, target=target)
        assert data.d == 3
        assert np.array_equal(data.y, {"y": LABELS / 2, "a": LABELS, "0": 2 - LABELS}[wanted])
    for wrong in (4, -5, "b", "x"):
        with pytest.raises(DataError, match=r"no column .*; it has 0, a, a\.b, y"):
            load(path, target=wrong)


@settings(max_examples=30)
@given(
    groups=st.integers(1, 70), piece=st.integers(1, 30 * D), seed=st.integers(0, 99),
    spans=st.lists(st.tuples(st.integers(0, N), st.integers(0, N)), max_size=6),
)  # fmt: skip
def test_any_walk_over_any_row_groups_gives_the_rows(
    tmp_path_factory: pytest.TempPathFactory, groups: int, piece: int, seed: int, spans: list[tuple[int, int]]
) -> None:
    path = toy(tmp_path_factory.mktemp("walk") / "a.parquet", group=groups)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parquet, "PIECE", piece)
        source = ParquetRows((path,), tuple(columns(PIXELS)))
        for a, b in spans:
            assert np.array_equal(source.read(min(a, b), max(a, b)), PIXELS[min(a, b) : max(a, b)])
        order = np.random.default_rng(seed).permutation(N)
        assert np.array_equal(Rows(source)[order], PIXELS[order])


def test_going_forward_decodes_each_piece_once_in_little_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    X = RNG.integers(0, 256, (40_000, 100)).astype(np.uint8)  # 4 MB, one row group
    flat = arrow.FixedSizeListArray.from_arrays(arrow.array(X.ravel()), 100)
    path = saved(tmp_path / "a.parquet", 40_000, pixels=flat, y=X[:, 0])
    monkeypatch.setattr(parquet, "PIECE", 100_000)
    source, pieces = ParquetRows((path,), ("pixels",)), []
    real = parquet._Column.numbers
    monkeypatch.setattr(parquet._Column, "numbers", lambda *a: pieces.append(a[2]) or real(*a))
    tracemalloc.start()
    for start in range(0, 40_000, 700):
        assert np.array_equal(source.read(start, min(start + 700, 40_000)), X[start : start + 700])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert pieces == list(range(0, 40_000, 1000))
    assert peak < 1_000_000


@pytest.mark.usefixtures("lazy_from_nothing")
def test_threads_and_pickles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    toy(tmp_path / "a.parquet", group=9)
    monkeypatch.chdir(tmp_path)
    data = load("a.parquet")
    inside, real = [], parquet._Column.numbers

    def numbers(*arguments: Any) -> np.ndarray:
        inside.append(1)
        assert len(inside) == 1  # one thread at a time: an open file has one position
        time.sleep(0.001)
        inside.pop()
        return real(*arguments)

    monkeypatch.setattr(parquet._Column, "numbers", numbers)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda start: np.asarray(data.X[start : start + 7]), list(range(0, N, 7)) * 5))
    assert np.array_equal(np.concatenate(found), np.concatenate([PIXELS] * 5))
    content = pickle.dumps(data.take(slice(3, None)))
    monkeypatch.chdir("/")
    again = pickle.loads(content)
    assert on_disk(again.X)
    assert again.hash == data.take(slice(3, None)).hash
    assert len(pickle.dumps(data)) < N * 8 + 2_000


# --- what is refused ------------------------------------------------------------------------------


def holed(values: np.ndarray, row: int) -> Any:
    return arrow.array(values, mask=np.arange(len(values)) == row)


def hole_in_list(fixed: bool) -> Any:
    cells = PIXELS.tolist()
    cells[41][2] = None
    return arrow.array(cells, arrow.list_(arrow.uint8(), D) if fixed else arrow.list_(arrow.uint8()))


LISTS = PIXELS.tolist()
GAPS = {
    "bytes": ({"a": holed(PIXELS[:, 0], 41), "y": LABELS}, "row 41, column 'a': the value is missing"),
    "floats": ({"a": holed(PIXELS[:, 0] / 2, 41), "y": LABELS}, "row 41, column 'a': the value is missing"),
    "in a list": ({"a": hole_in_list(False), "y": LABELS}, "row 41, column 'a': the value is missing"),
    "in a fixed list": ({"a": hole_in_list(True), "y": LABELS}, "row 41, column 'a': the value is missing"),
    "a list": ({"a": arrow.array([*LISTS[:41], None, *LISTS[42:]]), "y": LABELS}, "row 41, column 'a'"),
    "longer": ({"a": arrow.array([*LISTS[:41], [1] * 6, *LISTS[42:]]), "y": LABELS}, "row 41.* a list of 6"),
    "two that even out": (
        {"a": arrow.array([*LISTS[:41], [1] * 6, [1] * 4, *LISTS[43:]]), "y": LABELS}, "row 41.* a list of 6"
    ),
    "labels": ({"a": PIXELS[:, 0], "y": holed(LABELS, 41)}, "row 41, column 'y': the value is missing"),
    "texts": ({"a": PIXELS[:, 0], "y": holed(TEXTS, 41)}, "row 41, column 'y': the value is missing"),
    "nan": ({"a": np.where(np.arange(N) == 41, np.nan, 1), "y": LABELS}, r"X\[41, 0\] is nan"),
    "nan target": ({"a": PIXELS[:, 0], "y": np.where(np.arange(N) == 41, np.nan, 1)}, r"y\[41\] is nan"),
}  # fmt: skip


def refused(path: Path, words: str, lazy: bool = False) -> None:
    with pytest.raises(DataError, match=words) as caught:
        np.asarray(opened(path, lazy).X)
    assert str(caught.value).endswith(".")


@LAZY
@pytest.mark.parametrize("what", GAPS)
def test_gaps_are_named_by_row_and_column(tmp_path: Path, what: str, lazy: bool) -> None:
    named, words = GAPS[what]
    refused(saved(tmp_path / "a.parquet", 25, **named), words, lazy)


@pytest.mark.parametrize("piece", [1 << 22, 5])  # the whole row group, and a later piece of it
def test_a_gap_is_named_again_and_other_rows_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    monkeypatch.setattr(parquet, "PIECE", piece)
    data = opened(saved(tmp_path / "a.parquet", 25, a=holed(PIXELS[:, 0], 41), y=LABELS), lazy=True)
    for _ in range(2):
        for start in (30, 41, 30):
            with pytest.raises(DataError, match="row 41"):
                np.asarray(data.X[start:])
        for rows in (slice(25), slice(50, None)):
            assert np.array_equal(data.X[rows], PIXELS[rows, :1])


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ({"city": TEXTS, "y": LABELS}, "column 'city' holds string"),
        ({"when": arrow.array([0] * N, arrow.timestamp("s")), "y": LABELS}, "holds timestamp"),
        ({"price": arrow.array([1] * N, arrow.decimal128(5, 2)), "y": LABELS}, "holds decimal128"),
        ({"deep": arrow.array([[[1]]] * N), "y": LABELS}, "holds list"),
        ({"empty": arrow.array([[]] * N, arrow.list_(arrow.int8())), "y": LABELS}, "holds list"),
        ({"pair": arrow.array([{"a": 1}] * N), "y": LABELS}, "holds struct"),
        ({"a": PIXELS[:, 0], "y": arrow.array([0] * N, arrow.timestamp("s"))}, "column 'y' holds timestamp"),
        ({"a": PIXELS[:, 0], "y": arrow.array([[1, 2]] * N)}, "labels have shape"),
        ({"a": PIXELS[:, 0], "y": np.arange(N)}, "60 distinct values"),
        ({"a": PIXELS[:, 0], "y": np.arange(N).astype(str)}, "60 distinct values"),
        ({"a": PIXELS[:, 0], "y": np.zeros(N, int)}, "only one class"),
        ({"y": LABELS}, "1 columns; wanted are inputs"),
        ({"a": PIXELS[:0, 0], "y": LABELS[:0]}, "has 0 rows"),
    ],
)
def test_columns_that_are_no_numbers(tmp_path: Path, named: dict[str, Any], words: str) -> None:
    refused(saved(tmp_path / "a.parquet", **named), words)


def test_names_that_are_there_twice_and_parts_that_differ(tmp_path: Path) -> None:
    twice = arrow.Table.from_arrays([arrow.array(PIXELS[:, 0]), arrow.array(LABELS)], names=["a", "a"])
    pq.write_table(twice, tmp_path / "a.parquet")
    refused(tmp_path / "a.parquet", "two columns of one name")
    (tmp_path / "parts").mkdir()
    for name, kind in (("1", "uint8"), ("2", "int32")):
        saved(tmp_path / "parts" / f"{name}.parquet", a=PIXELS[:, 0].astype(kind), y=LABELS)
    refused(tmp_path / "parts", r"2\.parquet has other columns than 1\.parquet")


def test_damaged_files(tmp_path: Path) -> None:
    path = toy(tmp_path / "a.parquet")
    whole = path.read_bytes()
    for broken in (b"", b"PAR1", whole[:-4], whole[:-200], whole[200:], b"PAR1" + bytes(500) + b"PAR1"):
        path.write_bytes(broken)
        refused(path, "cannot be read")
    path.write_bytes(whole[:20] + bytes(400) + whole[420:])
    refused(path, "cannot be read|says that")


def test_without_pyarrow_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = toy(tmp_path / "a.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtra, match=r"surefoot\[data\]"):
        load(path)


def test_idx_files_come_before_parquet_and_data_json_before_both(tmp_path: Path) -> None:
    toy(tmp_path / "a.parquet")
    assert _kind_of(tmp_path) == "/*.parquet"
    for name in FILES:
        (tmp_path / name).touch()
    assert _kind_of(tmp_path) == "/"
    (tmp_path / "data.json").touch()
    assert _kind_of(tmp_path) == "/data.json"
