"""Tables of text: what is read, and where the first bad cell is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.data import load
from surefoot.data.targets import labels_or_targets
from surefoot.errors import DataError


def table(folder: Path, text: str | bytes, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


BODY = "1,2.5,no\n3,4.5,yes\n5,6.5,no\n"


@pytest.mark.parametrize(
    "text",
    [
        BODY,
        "a,b,label\n" + BODY,
        "\ufeffa,b,label\n" + BODY,
        "\n\na,b,label\r\n\r\n" + BODY.replace("\n", "\r\n") + "\n\n",
        BODY.replace(",", ";"),
        BODY.replace(",", "\t"),
        BODY.rstrip("\n"),
        '"a","b, the second","label"\n' + BODY.replace("no", '"no"'),
        BODY.replace(",", " , "),
    ],
)
def test_one_table_in_many_dresses(tmp_path: Path, text: str) -> None:
    data = load(table(tmp_path, text))
    assert data.X.tolist() == [[1.0, 2.5], [3.0, 4.5], [5.0, 6.5]]
    assert data.y.tolist() == [0, 1, 0]
    assert data.classes == ("no", "yes")
    assert data.name == "t"


@pytest.mark.parametrize("target", ["a", 0, -3, "0"])
def test_target_by_name_or_number(tmp_path: Path, target: str | int) -> None:
    data = load(table(tmp_path, "a,b,c\n1,2,3\n4,5,6\n"), target=target)
    assert data.y.tolist() == [1.0, 4.0]
    assert data.X.tolist() == [[2.0, 3.0], [5.0, 6.0]]


def test_the_header_that_pandas_writes_over_numbered_columns(tmp_path: Path) -> None:
    data = load(table(tmp_path, "0,1,target\n1,2,0\n3,4,1\n5,6,0\n7,8,1\n"))
    assert data.X.tolist() == [[1, 2], [3, 4], [5, 6], [7, 8]]
    assert data.classes == ("0", "1")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("\n \n", "is empty"),
        ("a,b,c\n", "a header and no samples"),
        ("1\n2\n", "one column only"),
        ("a b c\n1 2 3\n", "one column only"),
        ("a,b,c\n1,2,x\n3,oops,y\n", r"t\.csv, line 3, column 2 \('b'\): 'oops'"),
        ("1,2,0\n3,4,1\n5,x,0\n", "line 3, column 2: 'x'"),
        ("1,2,0\n3,,1\n", "line 2, column 2: the cell is a gap"),
        ("1,2,0\n3,NA,1\n", "line 2, column 2: the cell is a gap"),
        ("1,2,0\n3,nan,1\n", "line 2, column 2: the cell is a gap"),
        ("1,2,0\n3,inf,1\n", "line 2, column 2: 'inf' is not a finite"),
        ("1,2,yes\n3,4,\n", "line 2, column 3: the cell is a gap"),
        ("1,2,0.5\n3,4,inf\n", "line 2, column 3: 'inf'"),
        ("1,2,0.5\n3,4,oops\n5,6,0.7\n", "line 2, column 3: 'oops'"),
        ("1,2,0\n3,4\n", "line 2: 2 cells, but line 1 has 3"),
        ("1,2,0\n\n3,4,1,9\n", "line 3: 4 cells, but line 1 has 3"),
        (",a,label\n0,1,x\n1,2,y\n", "column 1 of the header has no name"),
        ("a,b\n1,x\n2,x\n", "only one class"),
        ("a,b\n" + "".join(f"{i},name{i}\n" for i in range(50)), "50 distinct values in 50 rows"),
        ("a,b\n1,0.5\n1e200,0.7\n", r"X\[1, 0\] is 1e\+200"),
        (b"a,b\n1,\xff\xfe\n", "cannot be read"),
        (b"a,b\n1,2\n\x00,3\n", "line 3"),
        ("1;2,5;0\n3;4,5;1\n", "line 1, column 2: '2,5'"),
        ("a,b\n" + "1" * 200_000 + ",2\n", "line 2"),
    ],
)
def test_bad_tables_are_refused_with_line_and_column(tmp_path: Path, text: str | bytes, words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        load(table(tmp_path, text))
    assert "t.csv" in str(caught.value)


@pytest.mark.parametrize("target", ["age", 3, -4])
def test_a_target_that_is_not_there(tmp_path: Path, target: str | int) -> None:
    with pytest.raises(DataError, match=r"no column .* it has a, b, c"):
        load(table(tmp_path, "a,b,c\n1,2,3\n"), target=target)
    with pytest.raises(DataError, match="no header"):
        load(table(tmp_path, "1,2,3\n"), target=target)


@pytest.mark.parametrize(
    ("column", "classes"),
    [
        ([0, 1, 1, 0], ("0", "1")),
        ([-1.0, 1.0, 1.0, -1.0], ("-1", "1")),
        ([0.5, 1.0, 1.0, 0.5], ()),
        ([1, 2, 3, 4], ()),  # as many values as rows: not classes
        ([*range(20)] * 2, tuple(map(str, range(20)))),
        ([*range(21)] * 9, ()),
        ([1e300, 2e300] * 2, ()),
    ],
)
def test_which_numbers_are_labels(column: list[float], classes: tuple[str, ...]) -> None:
    y, found = labels_or_targets(np.array(column), "here")
    assert found == classes
    assert y.dtype == (np.int64 if classes else np.float64)


@given(st.lists(st.tuples(*[st.floats(-1e100, 1e100, allow_subnormal=False)] * 3), min_size=1, max_size=8))
def test_floats_come_back_to_the_last_bit(tmp_path_factory: pytest.TempPathFactory, rows: list) -> None:  # type: ignore[type-arg]
    rows = [(*row, i + 0.5) for i, row in enumerate(rows)]
    text = "\n".join(",".join(map(repr, row)) for row in rows)
    data = load(table(tmp_path_factory.getbasetemp(), text, "round.csv"))
    assert np.array_equal(data.X, np.array(rows)[:, :-1])
    assert np.array_equal(data.y, np.array(rows)[:, -1])
