"""Odd tables: what each gets.  One table of cases: a sentence, or what was found."""

from __future__ import annotations

import numpy as np
import pytest

from surefoot.errors import SurefootError
from tables.table_fakes import people, text_of, with_column

pytest.importorskip("sklearn")

from surefoot.tables.learning import lesson

N = 120
NAMES, ROWS = people(N)
PLAIN = text_of(NAMES, ROWS)


def spoilt(row, column, cell):
    rows = [list(r) for r in ROWS]
    rows[row][NAMES.index(column)] = cell
    return text_of(NAMES, rows)


def targets(cells):
    return text_of(NAMES, [[*row[:-1], cell] for row, cell in zip(ROWS, cells, strict=True)])


REFUSED = {  # name: (text or bytes, target, words of the sentence)
    "empty": (b"", "stays", "is empty"),
    "blank lines": (b"\n \n\n", "stays", "is empty"),
    "header only": ("a,b\n", "b", "no row"),
    "numbers for a header": ("1,2\n3,4\n", "2", "begins with numbers"),
    "one row": (text_of(NAMES, ROWS[:1]), "stays", "1 row with"),
    "19 rows": (text_of(NAMES, ROWS[:19]), "stays", "at least 20"),
    "one column": ("stays\n" + "yes\nno\n" * 20, "stays", "no column to learn"),
    "no such column": (PLAIN, "stay", "did you mean 'stays'"),
    "target constant": (targets(["yes"] * N), "stays", "always has the same value"),
    "target numbers constant": (targets(["2.5"] * N), "stays", "always has the same value"),
    "target empty": (targets([""] * N), "stays", "0 rows with"),
    "target all different": (targets([f"n{i}" for i in range(N)]), "stays", "too many for classes"),
    "target all rare": (
        targets([f"n{i // 2}" for i in range(N)]),
        "stays",
        "always has the same value|rare|rows",
    ),
    "a word in a number target": (spoilt(5, "worth", "dear"), "worth", r"line 7, column 'worth': 'dear'"),
    "a word among numbers": (
        spoilt(7, "age", "old"),
        "stays",
        r"line 9, column 'age': 'old' is not a number",
    ),
    "1_000": (spoilt(7, "pay", "1_000"), "stays", r"line 9, column 'pay': '1_000' is not a number"),
    "0x10": (spoilt(7, "pay", "0x10"), "stays", r"'0x10' is not a number"),
    "1e308": (spoilt(0, "pay", "1e308"), "stays", r"line 2, column 'pay': '1e308' is beyond 1e150"),
    "1e999": (spoilt(0, "pay", "1e999"), "stays", r"'1e999' is beyond 1e150"),
    "inf": (spoilt(2, "pay", "inf"), "stays", r"line 4, column 'pay': 'inf' is infinite"),
    "-Infinity": (spoilt(2, "pay", "-Infinity"), "stays", "is infinite"),
    "inf in the target": (spoilt(2, "worth", "inf"), "worth", r"'inf' is infinite"),
    "two columns of one name": ("a,a,b\n" + "1,2,3\n" * 30, "b", "two columns named 'a'"),
    "ragged": (PLAIN + "1,2\n", "stays", r"line 122: 2 cells, but the first line has 5"),
    "zero bytes": (b"a,b\n1,\0\n", "b", "no text"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "b", "no text"),
    "a cell of 200,000 letters": (spoilt(0, "town", "x" * 200_000), "stays", "field larger"),
    "nothing to learn from": (
        "id,stays\n" + "".join(f"{i},{'yes' if i % 2 else 'no'}\n" for i in range(40)),
        "stays",
        "no column to learn",
    ),
}

READ = {  # name: (text or bytes, target, what must hold of the lesson)
    "plain": (PLAIN, "stays", lambda w: w.target.task == "classification" and w.table.n == N),
    "byte order mark": ("\ufeff" + PLAIN, "stays", lambda w: w.table.names[0] == "age"),
    "UTF-16": (PLAIN.encode("utf-16"), "stays", lambda w: w.table.n == N),
    "semicolons": (text_of(NAMES, ROWS, ";"), "stays", lambda w: w.table.n == N),
    "tabs": (text_of(NAMES, ROWS, "\t"), "stays", lambda w: w.table.n == N),
    "bars": (text_of(NAMES, ROWS, "|"), "stays", lambda w: w.table.n == N),
    "decimal commas": (
        text_of(NAMES, ROWS, ";").replace(".", ","),
        "worth",
        lambda w: w.target.task == "regression" and np.allclose(w.target.y, [float(r[3]) for r in ROWS]),
    ),
    "CRLF": (text_of(NAMES, ROWS, ",", "\r\n"), "stays", lambda w: w.table.n == N),
    "CR": (text_of(NAMES, ROWS, ",", "\r"), "stays", lambda w: w.table.n == N),
    "no newline at the end": (PLAIN.rstrip("\n"), "stays", lambda w: w.table.n == N),
    "blank lines between": (PLAIN.replace("\n", "\n\n"), "stays", lambda w: w.table.n == N),
    "spaces": (text_of(NAMES, ROWS, " , "), "stays", lambda w: w.target.classes == ("no", "yes")),
    "quotes": (
        with_column("say", ['"a, ""b"""', '"c\nd"'] * 60),
        "stays",
        lambda w: (
            kind(w, "say") == "category" and 'a, "b"' in w.table.column("say") and w.table.lines[2] == 5
        ),
    ),
    "latin-1": (
        with_column("Größe", ["é", "ü", "n"] * 40).encode("latin-1"),
        "stays",
        lambda w: kind(w, "Größe") == "category" and "Windows-1252" in said(w),
    ),
    "a hostile name": (
        with_column("<script>alert(1)</script>", ["1", "2"] * 60),
        "stays",
        lambda w: kind(w, "<script>alert(1)</script>") == "number",
    ),
    "ids": (
        with_column("key", [f"k{i * 7919 % 1000}" for i in range(N)]),
        "stays",
        lambda w: "ids" in why(w, "key"),
    ),
    "row numbers": (
        with_column("n", [str(i) for i in range(N)]),
        "stays",
        lambda w: "numbers the rows" in why(w, "n"),
    ),
    "ids of numbers": (
        with_column("customer_id", [str(i * 7919 % 1000) for i in range(N)]),
        "stays",
        lambda w: "numbers the rows" in why(w, "customer_id"),
    ),
    "an unnamed column": (
        with_column("", [str(i) for i in range(N)]),
        "stays",
        lambda w: "without a name" in said(w),
    ),
    "dates": (
        with_column("day", [f"2024-01-{1 + i % 28:02d}" for i in range(N)]),
        "stays",
        lambda w: "dates" in why(w, "day"),
    ),
    "German dates": (
        with_column("day", [f"{1 + i % 28}.3.24" for i in range(N)]),
        "stays",
        lambda w: "dates" in why(w, "day"),
    ),
    "times": (
        with_column("at", [f"{i % 24:02d}:15" for i in range(N)]),
        "stays",
        lambda w: "times" in why(w, "at"),
    ),
    "free text": (
        with_column("note", [f"w{i % 100}" for i in range(N)]),
        "stays",
        lambda w: "too many to learn" in why(w, "note"),
    ),
    "a constant column": (with_column("c", ["x"] * N), "stays", lambda w: "always 'x'" in why(w, "c")),
    "an empty column": (with_column("c", [""] * N), "stays", lambda w: why(w, "c") == "empty"),
    "gaps of all kinds": (
        with_column("g", ["", "NA", "n/a", "NaN", "null", "?", " ", "1", "2", "3"] * 12),
        "stays",
        lambda w: kind(w, "g") == "number" and missing(w, "g") == 84,
    ),
    "true and false": (
        with_column("b", ["true", "false"] * 60),
        "stays",
        lambda w: kind(w, "b") == "category",
    ),
    "subnormal numbers": (
        with_column("s", ["1e-310", "2e-310"] * 60),
        "stays",
        lambda w: kind(w, "s") == "number",
    ),
    "1e149": (with_column("s", ["1e149", "-1e149"] * 60), "stays", lambda w: kind(w, "s") == "number"),
    "a true minus": (with_column("s", ["−1", "2"] * 60), "stays", lambda w: kind(w, "s") == "number"),
    "target missing in places": (
        spoilt(3, "stays", ""),
        "stays",
        lambda w: w.table.n == N - 1 and "cannot teach" in said(w),
    ),
    "a rare class": (
        spoilt(3, "stays", "maybe"),
        "stays",
        lambda w: w.target.classes == ("no", "yes") and "'maybe'" in said(w),
    ),
    "whole numbers, few": (
        targets([str(i % 3) for i in range(N)]),
        "stays",
        lambda w: w.target.task == "classification" and w.target.classes == ("0", "1", "2"),
    ),
    "whole numbers, many": (
        targets([str(i) for i in range(N)]),
        "stays",
        lambda w: w.target.task == "regression",
    ),
    "two numbers": (targets(["0.5", "1.5"] * 60), "stays", lambda w: w.target.classes == ("0.5", "1.5")),
    "classes 2 and 10": (targets(["10", "2"] * 60), "stays", lambda w: w.target.classes == ("2", "10")),
}


def column(work, name):
    return next(c for c in work.columns if c.name == name)


def kind(work, name):
    return column(work, name).kind


def why(work, name):
    assert kind(work, name) == "left out"
    return column(work, name).why


def missing(work, name):
    return column(work, name).missing


def said(work):
    return " ".join(work.to_json()["notes"])


@pytest.fixture
def put(tmp_path):
    def put(text):
        path = tmp_path / "table.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return put


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_gets_one_sentence(name, put):
    text, target, words = REFUSED[name]
    with pytest.raises(SurefootError, match=words) as refused:
        lesson(put(text), target)
    assert str(refused.value).rstrip().endswith(".") or "known" in str(refused.value).lower()
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", READ)
def test_what_is_read_is_understood(name, put):
    text, target, holds = READ[name]
    work = lesson(put(text), target)
    assert holds(work), (work.columns, work.target, said(work))
    assert np.isfinite(work.X).all()
    both = np.concatenate([work.training, work.test])
    assert sorted(both) == list(range(work.table.n))


def test_many_categories(put):
    n = 12_000
    names, rows = ["x", "c", "y"], [[str(i % 7), f"c{i % 10_000}", "ab"[i % 2]] for i in range(n)]
    work = lesson(put(text_of(names, rows)), "y")
    assert "10,000 different texts" in why(work, "c")


def test_classes_keep_their_shares_and_seeds_are_kept(put):
    path = put(targets([f"c{i % 20}" for i in range(N)]))
    work, again, other = lesson(path, "stays"), lesson(path, "stays"), lesson(path, "stays", seed=1)
    assert len(set(work.target.y[work.test])) == len(set(work.target.y[work.training])) == 20
    assert np.array_equal(work.test, again.test)
    assert not np.array_equal(work.test, other.test)
    with pytest.raises(SurefootError, match=r"nearer to 0[.]5"):
        lesson(path, "stays", test_fraction=0.02)


def test_wishes_about_columns(put):
    path = put(PLAIN)
    work = lesson(path, "stays", leave_out=["worth"], categorical=["town"])
    assert why(work, "worth") == "as you said"
    with pytest.raises(SurefootError, match="no column 'wrth'"):
        lesson(path, "stays", leave_out=["wrth"])
    with pytest.raises(SurefootError, match="no task"):
        lesson(path, "stays", task="clustering")
    with pytest.raises(SurefootError, match="--task classification"):
        lesson(path, "stays", task="regression")
    work = lesson(put(targets([str(i % 3) for i in range(N)])), "stays", task="regression")
    assert (work.target.task, work.target.classes) == ("regression", ())
