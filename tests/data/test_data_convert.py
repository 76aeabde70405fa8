"""Converted and loaded is loaded: any source, in little memory, whole or not at all."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import tempfile
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_data_idx import idx_bytes
from test_data_images import TOY, filled

from surefoot.data import Data, load
from surefoot.data.convert import convert
from surefoot.data.delimited import Survey, Table, meant
from surefoot.data.mapped import MappedWriter
from surefoot.data.targets import MOST_CLASSES, labelled, labels_or_targets
from surefoot.errors import BadValue, DataError, DataNotFound, SurefootError, UnknownName

RNG = np.random.default_rng(7)
BYTES = RNG.integers(0, 256, (41, 6)).astype(np.uint8)
FLOATS = RNG.normal(size=(41, 6))
LABELS = RNG.integers(0, 3, 41)
LABELS[:3] = range(3)


def require_same(found: Data, wanted: Data) -> None:
    """The law: what was converted is what `load` gives, numbers and words, whatever type X has now."""
    again = Data(
        found.X.astype(wanted.X.dtype), found.y, found.scale, found.classes, found.image_shape, found.name
    )
    assert again.hash == wanted.hash
    assert (again.classes, again.image_shape, again.name) == (wanted.classes, wanted.image_shape, wanted.name)


def text(folder: Path, rows: object, name: str = "t.csv", head: str = "", mark: str = ",") -> Path:
    path = folder / name
    path.write_text(head + "".join(mark.join(map(str, row)) + "\n" for row in rows))  # type: ignore[attr-defined]
    return path


def csv_floats(folder: Path) -> Path:
    return text(folder, np.c_[FLOATS, FLOATS @ np.arange(6)].tolist())


def csv_bytes(folder: Path) -> Path:
    return text(folder, np.c_[BYTES, LABELS].tolist())


def tsv_texts(folder: Path) -> Path:
    rows = [[*row, ("red", "green", "blue")[label]] for row, label in zip(FLOATS, LABELS, strict=True)]
    return text(folder, rows, "t.tsv", "a\tb\tc\td\te\tf\tcolour\n", "\t")


def csv_numbered_header(folder: Path) -> Path:
    return text(folder, np.c_[BYTES, LABELS].tolist(), head="0.5,1,2,3,4,5,target\n")


def npy_mixed(folder: Path) -> Path:
    np.save(folder / "t.npy", np.c_[FLOATS, LABELS].astype(">f4"))
    return folder / "t.npy"


def npy_fortran(folder: Path) -> Path:
    np.save(folder / "t.npy", np.asfortranarray(np.c_[BYTES.astype(np.int64), FLOATS[:, 0] * 1e3]))
    return folder / "t.npy"


def npy_bytes(folder: Path) -> Path:
    np.save(folder / "t.npy", np.c_[BYTES, LABELS].astype(np.uint8))
    return folder / "t.npy"


def npz_all(folder: Path) -> Path:
    np.savez(folder / "t.npz", X=BYTES, y=LABELS, scale=16.0, classes=["x", "y", "z"], image_shape=[2, 3])
    return folder / "t.npz"


def npz_packed(folder: Path) -> Path:
    np.savez_compressed(folder / "t.npz", X=FLOATS.astype(np.float16), y=FLOATS[:, :2], scale=3)
    return folder / "t.npz"


def npz_texts(folder: Path) -> Path:
    np.savez_compressed(folder / "t.npz", X=FLOATS, y=np.array([b"r", b"g", b"b"])[LABELS])
    return folder / "t.npz"


def npz_fortran(folder: Path) -> Path:
    np.savez(folder / "t.npz", X=np.asfortranarray(FLOATS), y=LABELS.astype(bool))
    return folder / "t.npz"


def idx_packed(folder: Path) -> Path:
    return filled(folder / "toys")


def idx_plain(folder: Path) -> Path:
    return filled(folder / "toys", compressed=False)


def parquet(folder: Path) -> Path:
    table, files = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    columns = {f"x{i}": FLOATS[:, i].astype(np.float32) for i in range(6)} | {
        "y": np.array(["n", "o", "p"])[LABELS]
    }
    files.write_table(table.table(columns), folder / "t.parquet", row_group_size=10)
    return folder / "t.parquet"


def parquet_folder(folder: Path) -> Path:
    table, files = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    (folder / "parts").mkdir()
    for k in range(2):
        columns = {f"x{i}": BYTES[k::2, i] for i in range(6)} | {"y": FLOATS[k::2, 0]}
        files.write_table(table.table(columns), folder / "parts" / f"{k}.parquet")
    return folder / "parts"


MAKERS = [
    csv_floats, csv_bytes, tsv_texts, csv_numbered_header, npy_mixed, npy_fortran, npy_bytes, npz_all,
    npz_packed, npz_texts, npz_fortran, idx_packed, idx_plain, parquet, parquet_folder,
]  # fmt: skip
ARE_BYTES = {
    "csv_bytes", "csv_numbered_header", "npy_fortran", "npy_bytes", "npz_all", "idx_packed", "idx_plain",
    "parquet_folder",
}  # fmt: skip


@pytest.mark.parametrize("rows", [4, 1 << 14])
@pytest.mark.parametrize("make", MAKERS)
def test_converted_then_loaded_is_loaded(make, rows, tmp_path, monkeypatch):  # type: ignore[no-untyped-def]
    monkeypatch.setattr("surefoot.data.streams.ROWS", rows)  # blocks that end within the data, and not
    monkeypatch.setattr("surefoot.data.delimited.ROWS", rows)
    source = make(tmp_path)
    wanted = load(source)
    returned = convert(source, tmp_path / "out")
    require_same(returned, wanted)
    require_same(load(tmp_path / "out"), wanted)
    assert returned.X.dtype == (np.uint8 if make.__name__ in ARE_BYTES else wanted.X.dtype)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"X.npy", "y.npy", "data.json"}
    require_same(
        convert(tmp_path / "out", tmp_path / "again", dtype="float64"), wanted
    )  # a folder is a source


@pytest.mark.parametrize("name", ["digits", "moons"])
def test_names_are_sources(name, tmp_path):  # type: ignore[no-untyped-def]
    require_same(convert(name, tmp_path / "out"), load(name))


def test_a_pair_of_idx_files(tmp_path):  # type: ignore[no-untyped-def]
    images, labels = TOY["train-images-idx3-ubyte"], TOY["train-labels-idx1-ubyte"]
    (tmp_path / "toy.idx").write_bytes(idx_bytes(images))
    (tmp_path / "marks.idx.gz").write_bytes(gzip.compress(idx_bytes(labels)))
    found = convert(f"{tmp_path / 'toy.idx'},{tmp_path / 'marks.idx.gz'}", tmp_path / "out")
    require_same(found, Data(images.reshape(5, 6), labels.astype(int), 255.0, ("0", "1", "2"), (2, 3), "toy"))
    assert convert("toy.idx,marks.idx.gz", tmp_path / "two", data_dir=tmp_path).hash == found.hash
    with pytest.raises(DataNotFound, match=r"no\.idx"):
        convert("toy.idx,no.idx", tmp_path / "three", data_dir=tmp_path)


@pytest.mark.parametrize("target", ["c", 2, "-5"])
def test_target_as_for_load(target, tmp_path):  # type: ignore[no-untyped-def]
    require_same(
        convert(tsv_numbers(tmp_path), tmp_path / "out", target=target),
        load(tmp_path / "t.tsv", target=target),
    )


def tsv_numbers(folder: Path) -> Path:
    return text(folder, np.c_[FLOATS, LABELS].tolist(), "t.tsv", "a\tb\tc\td\te\tf\tg\n", "\t")


def test_scale_is_what_was_said(tmp_path):  # type: ignore[no-untyped-def]
    assert convert(csv_bytes(tmp_path), tmp_path / "a").scale == 1.0
    assert convert(csv_bytes(tmp_path), tmp_path / "b", scale=255).scale == 255.0
    assert convert(npz_all(tmp_path), tmp_path / "c", scale=2).scale == 2.0


def test_types_that_are_asked_for(tmp_path):  # type: ignore[no-untyped-def]
    source = csv_floats(tmp_path)
    single = convert(source, tmp_path / "single", dtype="float32")
    assert np.array_equal(single.X, FLOATS.astype(np.float32))
    assert convert(csv_bytes(tmp_path), tmp_path / "double", dtype="float64").X.dtype == np.float64
    for name, value, dtype, words in [
        ("a.csv", 256, "uint8", r"a\.csv: X\[37, 1\] is 256, which uint8 does not hold"),
        ("b.csv", 0.5, "uint8", r"b\.csv: X\[37, 1\] is 0\.5, which uint8"),
        ("c.csv", -1, "uint8", r"X\[37, 1\] is -1, which uint8"),
        ("d.csv", 1e39, "float32", r"X\[37, 1\] is 1e\+39, which float32"),
    ]:
        rows = np.c_[BYTES, LABELS].tolist()
        rows[37][1] = value
        with pytest.raises(DataError, match=words):
            convert(text(tmp_path, rows, name), tmp_path / "no", dtype=dtype)
        assert convert(tmp_path / name, tmp_path / name[0]).X[37, 1] == value  # auto takes floats then
        assert not (tmp_path / "no").exists()


CELLS = st.one_of(
    st.integers(-3, 30).map(str),
    st.sampled_from(["0.5", "1e300", "7.0", "-0", "0", "x", "y", " x ", "Z", "9007199254740994", "1e16"]),
)


@settings(max_examples=300)
@given(
    st.lists(CELLS, min_size=1, max_size=60) | st.integers(1, 60).map(lambda n: [str(i) for i in range(n)])
)
def test_a_survey_of_blocks_says_what_the_rules_say_of_all_cells(cells: list[str]) -> None:
    """What the whole column means, said by the rules of `targets` over all of it at once."""
    survey = Survey(Table(Path("here"), ("a", "b"), 1))
    stripped = [cell.strip() for cell in cells]
    for start in range(0, len(cells), 7):
        part = stripped[start : start + 7]
        survey.meet(type("Block", (), {"lines": range(len(part)), "targets": part})())  # type: ignore[arg-type]

    def whole() -> tuple[np.ndarray, tuple[str, ...]]:  # type: ignore[type-arg]
        try:
            numbers = np.array([float(cell) for cell in stripped])
        except ValueError:
            assert not any(is_fraction(cell) for cell in stripped), "a text among fractions"
            return labelled(np.array(stripped), "here")
        return labels_or_targets(numbers, "here")

    try:
        y, classes = whole()
    except (DataError, AssertionError):
        with pytest.raises(DataError):
            survey.meaning()
        return
    meaning = survey.meaning()
    assert meaning.classes == classes
    assert np.array_equal(meaning.y(stripped), y)
    assert meaning.y(stripped).dtype == y.dtype


def is_fraction(cell: str) -> bool:
    try:
        return float(cell) % 1 != 0
    except ValueError:
        return False


@given(n=st.integers(1, 90), k=st.integers(1, 45))
def test_few_rows_stand_for_all(n: int, k: int) -> None:
    values = np.arange(n) % k
    distinct = np.unique(values)
    for rule in (labels_or_targets, labelled):
        try:
            y, classes = rule(values, "here")
        except DataError as error:
            with pytest.raises(DataError, match=str(error)):
                meant(rule, distinct, n, "here")
            continue
        labels, found = meant(rule, distinct, n, "here")
        assert found == classes
        assert labels == y[: len(distinct)].tolist()
    assert MOST_CLASSES < 45  # both verdicts were heard


def test_too_many_names_are_refused_before_they_fill_the_memory(tmp_path, monkeypatch):  # type: ignore[no-untyped-def]
    monkeypatch.setattr("surefoot.data.delimited.MOST_NAMES", 30)
    rows = [[i, f"name{i % 40}"] for i in range(200)]
    with pytest.raises(DataError, match="more than 30 distinct values"):
        convert(text(tmp_path, rows), tmp_path / "out")
    assert convert(text(tmp_path, [[i, i] for i in range(200)]), tmp_path / "out").classes == ()


def test_twenty_values_are_labels_also_when_the_last_one_comes_early(tmp_path, monkeypatch):  # type: ignore[no-untyped-def]
    monkeypatch.setattr("surefoot.data.streams.ROWS", 4)
    np.save(tmp_path / "t.npy", np.c_[np.arange(60), np.arange(60) % 20])
    assert len(convert(tmp_path / "t.npy", tmp_path / "out").classes) == 20
    require_same(load(tmp_path / "out"), load(tmp_path / "t.npy"))


def test_a_text_in_the_only_row_is_no_header(tmp_path):  # type: ignore[no-untyped-def]
    with pytest.raises(DataError, match="only one class, 'x'"):
        convert(text(tmp_path, [[1, 2, "x"]]), tmp_path / "out")


def test_columns_are_counted_with_the_target_among_them(tmp_path):  # type: ignore[no-untyped-def]
    for bad, place in [([0, "oops", 1], 2), ([0, 1, "inf"], 3)]:
        with pytest.raises(DataError, match=f"line 2, column {place}: "):
            convert(text(tmp_path, [[0, 1, 2], bad]), tmp_path / "out", target=0)


def test_a_header_is_no_class(tmp_path):  # type: ignore[no-untyped-def]
    source = text(tmp_path, [[0, "x"], [1, 7], [2, 8], [3, 7], [4, 8]])
    require_same(convert(source, tmp_path / "out"), load(source))
    assert load(source).classes == ("7", "8")


def test_a_first_line_whose_target_is_a_gap_is_no_header(tmp_path):  # type: ignore[no-untyped-def]
    for read in (load, lambda path: convert(path, tmp_path / "out")):
        with pytest.raises(DataError, match="line 1, column 3: the cell is a gap"):
            read(text(tmp_path, [[1, 2, "NA"], [3, 4, 1], [5, 6, 1]]))


def nan_npy(folder: Path) -> Path:
    table = np.c_[FLOATS, LABELS]
    table[39, 2] = np.nan
    np.save(folder / "t.npy", table)
    return folder / "t.npy"


def label_npz(folder: Path) -> Path:
    np.savez(folder / "t.npz", X=FLOATS, y=np.where(np.arange(41) == 40, 3, LABELS), classes=["x", "y", "z"])
    return folder / "t.npz"


def huge_npz(folder: Path) -> Path:
    np.savez(folder / "t.npz", X=np.where(FLOATS == FLOATS[38, 1], 1e140, FLOATS), y=LABELS, scale=1e-20)
    return folder / "t.npz"


def one_class(folder: Path) -> Path:
    return text(folder, [[1, "x"], [2, "x"]])


def cut_npz(folder: Path) -> Path:
    path = npz_packed(folder)
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + bytes(20) + whole[120:])
    return path


def cut_idx(folder: Path) -> Path:
    path = idx_plain(folder) / "t10k-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-1])
    return path.parent


def broken_gz(folder: Path) -> Path:
    path = idx_packed(folder) / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-4])
    return path.parent


def empty_npy(folder: Path) -> Path:
    np.save(folder / "t.npy", np.zeros((0, 3)))
    return folder / "t.npy"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (nan_npy, r"t\.npy: X\[39, 2\] is nan"),
        (label_npz, r"t\.npz: y\[40\] is 3 but there are 3 classes"),
        (huge_npz, r"t\.npz: X\[38, 1\] is 1e\+140; beyond 1e\+130"),
        (one_class, r"t\.csv: There is only one class, 'x'"),
        (cut_npz, r"X\.npy|t\.npz"),
        (cut_idx, r"t10k-images-idx3-ubyte says that it holds 12 bytes of numbers, but 11"),
        (broken_gz, r"t10k-images-idx3-ubyte\.gz"),
        (empty_npy, r"t\.npy holds float64 of shape \(0, 3\)"),
        (lambda folder: text(folder, [[1, 2, 0], [3, "oops", 1]]), r"t\.csv, line 2, column 2: 'oops'"),
        (lambda folder: text(folder, [[1, 2, 0], [3, 4]]), r"line 2: 2 cells, but line 1 has 3"),
        (lambda folder: text(folder, [[1, 2, 0.5], [3, 4, ""]]), r"line 2, column 3: the cell is a gap"),
        (lambda folder: folder / "none.csv", r"There is no file or folder .*none\.csv"),
        (lambda folder: folder, "must hold four files"),
    ],
)  # fmt: skip
def test_a_bad_source_is_one_sentence_and_leaves_nothing(make, words, tmp_path, monkeypatch):  # type: ignore[no-untyped-def]
    monkeypatch.setattr("surefoot.data.streams.ROWS", 4)
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    source = make(tmp_path / "in")
    with pytest.raises(DataError, match=words) as caught:
        convert(source, tmp_path / "out" / "folder")
    assert "\n" not in str(caught.value)
    assert list((tmp_path / "out").iterdir()) == []


def test_misuse(tmp_path):  # type: ignore[no-untyped-def]
    source = csv_bytes(tmp_path)
    with pytest.raises(UnknownName, match="no dtype 'int8'; did you mean 'uint8'"):
        convert(source, tmp_path / "out", dtype="int8")
    with pytest.raises(BadValue, match="scale is -1"):
        convert(source, tmp_path / "out", scale=-1)
    with pytest.raises(BadValue, match="no folder of pictures"):
        convert(source, tmp_path / "out", size=(3, 3))
    with pytest.raises(BadValue, match="has no option source"):
        convert(source, tmp_path / "out", origin="openml")
    with pytest.raises(BadValue, match="has no option target"):
        convert(idx_plain(tmp_path), tmp_path / "out", target="a")
    with pytest.raises(DataNotFound, match="does not exist"):
        convert(source, tmp_path / "no" / "out")
    assert not (tmp_path / "out").exists()
    first = convert(source, tmp_path / "out")
    with pytest.raises(BadValue, match="there already"):
        convert(source, tmp_path / "out", scale=2)
    assert load(tmp_path / "out").hash == first.hash
    assert convert(source, tmp_path / "out", scale=2, force=True).scale == 2.0
    assert convert(tmp_path / "out", tmp_path / "out", dtype="float32", force=True).X.dtype == np.float32


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(28, "No space left on device"), MemoryError])
@pytest.mark.parametrize("block", [0, 3])
def test_whatever_stops_it_leaves_what_was_there(block, error, tmp_path, monkeypatch):  # type: ignore[no-untyped-def]
    monkeypatch.setattr("surefoot.data.streams.ROWS", 4)
    (tmp_path / "out").mkdir()
    kept = convert(csv_bytes(tmp_path), tmp_path / "out" / "folder").hash
    source, append, met = npz_packed(tmp_path), MappedWriter.add, []

    def stopping(self, X, y):  # type: ignore[no-untyped-def]
        met.append(self.n)
        if len(met) > block:
            with self._writing():
                raise error
        append(self, X, y)

    monkeypatch.setattr(MappedWriter, "add", stopping)
    with pytest.raises(BadValue if isinstance(error, OSError) else error) as caught:
        convert(source, tmp_path / "out" / "folder", force=True)
    assert not isinstance(error, OSError) or str(caught.value).endswith(
        "No space left on device. Name another folder."
    )
    assert len(met) == block + 1
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["folder"]
    assert load(tmp_path / "out" / "folder").hash == kept


@pytest.mark.skipif(sys.platform != "linux", reason="limits on the size of files as Linux has them")
def test_a_disk_that_is_full_is_one_sentence(tmp_path):  # type: ignore[no-untyped-def]
    np.savez(tmp_path / "t.npz", X=np.zeros((3000, 100)), y=np.zeros(3000))
    code = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)); "
        "from surefoot.cli import main; main(['data', 'convert', 't.npz', 'out'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "surefoot: 'out' cannot be written: File too large. Name another folder.\n"
    assert os.listdir(tmp_path) == ["t.npz"]


def test_a_file_that_changes_between_two_looks_is_noticed(tmp_path):  # type: ignore[no-untyped-def]
    source = text(tmp_path, [[i, "ab"[i % 2]] for i in range(9)])

    def meddle(what: str, rows: int, written: int) -> None:
        text(tmp_path, [[i, "abc"[i % 3]] for i in range(9)])

    with pytest.raises(DataError, match=r"t\.csv changed while it was read"):
        convert(source, tmp_path / "out", progress=meddle)
    assert not (tmp_path / "out").exists()


def test_progress_counts_every_row_and_byte(tmp_path, monkeypatch):  # type: ignore[no-untyped-def]
    monkeypatch.setattr("surefoot.data.streams.ROWS", 10)
    told: list[tuple[str, int, int]] = []
    convert(csv_floats(tmp_path), tmp_path / "a", progress=lambda *words: told.append(words))
    assert [word for word in told if word[0] == "read"][-1] == ("read", 41, 0)
    assert told[-1] == ("written", 41, 41 * 6 * 8)
    told.clear()
    convert(npz_all(tmp_path), tmp_path / "b", progress=lambda *words: told.append(words))
    assert told == [("written", n, 6 * n) for n in (10, 20, 30, 40, 41)]


def big_npy(folder: Path, size: int) -> Path:
    table = np.lib.format.open_memmap(folder / f"{size}.npy", "w+", np.float32, (size // 400, 100))
    table[:] = np.arange(100) + 0.5
    table.flush()
    return folder / f"{size}.npy"


def big_csv(folder: Path, size: int) -> Path:
    line = ",".join(["1.5"] * 300) + ",{}\n"
    (folder / f"{size}.csv").write_text("".join(line.format(i % 3) for i in range(size // 1200)))
    return folder / f"{size}.csv"


def big_npz(folder: Path, size: int) -> Path:
    np.savez_compressed(
        folder / f"{size}.npz", X=np.ones((size // 100, 100), np.uint8), y=np.arange(size // 100) % 3
    )
    return folder / f"{size}.npz"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "small", "large", "most"),
    [(big_npy, 1e6, 60e6, 20e6), (big_npz, 1e6, 60e6, 20e6), (big_csv, 0.5e6, 3e6, 2e6)],
)
def test_memory_does_not_grow_with_the_source(make, small, large, most, tmp_path, monkeypatch):  # type: ignore[no-untyped-def]
    """Tables of text are slow under tracemalloc: small blocks here; 2.5 MB more are 5 MB as floats."""
    for place in ("delimited", "checks"):
        monkeypatch.setattr(f"surefoot.data.{place}.BLOCK", 1 << 14)
    monkeypatch.setattr("surefoot.data.mapped.LONGEST_ABOUT", 1 << 16)  # a buffer that would hide the rest
    peaks = []
    convert(make(tmp_path, int(small)), tmp_path / "imports")  # and whatever else happens only once
    for size in (int(small), int(large)):
        source = make(tmp_path, size)
        tracemalloc.start()
        try:
            convert(source, tmp_path / f"out{size}")
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    assert peaks[1] - peaks[0] < most


@settings(max_examples=25)
@given(
    values=st.lists(st.sampled_from([0, 1, 255, 256, -1, 0.5, 300.25]), min_size=4, max_size=40),
    labels=st.booleans(),
)
def test_random_tables(values: list[float], labels: bool) -> None:
    rows = [[value, value, i % 2 if labels else i + 0.5] for i, value in enumerate(values)]
    with tempfile.TemporaryDirectory() as folder:
        source = text(Path(folder), rows)
        require_same(convert(source, Path(folder) / "out"), load(source))


def test_the_law_finds_a_planted_error(tmp_path):  # type: ignore[no-untyped-def]
    wanted = load(npz_all(tmp_path))
    for changed in (
        Data(wanted.X[::-1], wanted.y, 16.0, wanted.classes, (2, 3), "t"),
        Data(wanted.X, wanted.y, 16.5, wanted.classes, (2, 3), "t"),
        Data(wanted.X, wanted.y, 16.0, wanted.classes, (3, 2), "t"),
        Data(wanted.X, wanted.y[::-1], 16.0, wanted.classes, (2, 3), "t"),
    ):
        with pytest.raises(AssertionError):
            require_same(changed, wanted)
    assert issubclass(DataError, SurefootError)
