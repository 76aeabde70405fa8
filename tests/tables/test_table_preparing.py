"""Preparation: the same matrix as scikit-learn's, from plain values that can be written down."""

from __future__ import annotations

import json

import numpy as np
import pytest

from surefoot.errors import DataError
from tables.table_fakes import people, text_of

pytest.importorskip("sklearn")

from surefoot.tables.columns import judge
from surefoot.tables.preparing import Preparation, prepare, transformer
from surefoot.tables.reading import read_table


@pytest.fixture
def table(tmp_path):
    names, rows = people(150)
    path = tmp_path / "t.csv"
    path.write_text(text_of(names, rows))
    return read_table(path)


def used(table):
    return [judge(table, name) for name in table.names]


def test_it_is_scikit_learns_matrix(table):
    training, others = table.take(range(100)), table.take(range(100, 150))
    both, cells = transformer(training, used(table))
    both.fit(cells)
    learnt = prepare(training, used(table))
    for part in (training, others):
        theirs = both.transform(transformer(part, used(table))[1])
        X, notes = learnt.matrix(part)
        assert np.array_equal(X, np.asarray(theirs, float))
        assert notes == ()
    assert X.shape[1] == len(learnt.inputs) == len(learnt.sources())
    assert set(learnt.sources()) == set(table.names)
    assert "age is missing" in learnt.inputs
    assert "town is missing" in learnt.inputs


def test_it_learns_from_the_training_rows_alone(table):
    few = table.take(range(50))
    ages = [float(cell) for cell in few.column("age") if cell]
    assert prepare(few, used(table)).medians[0] == np.median(ages)


def test_it_survives_json_with_all_digits(table):
    learnt = prepare(table, used(table))
    again = Preparation.from_json(json.loads(json.dumps(learnt.to_json())))
    assert again == learnt


def test_columns_by_name_unknown_categories_and_what_is_refused(table, tmp_path):
    learnt = prepare(table, used(table))
    path = tmp_path / "new.csv"
    path.write_text("more,stays,worth,town,pay,age\nz,yes,1,B,2,30\nz,no,1,Q,,\n")
    X, notes = learnt.matrix(read_table(path))
    first = dict(zip(learnt.inputs, X[0], strict=True))
    second = dict(zip(learnt.inputs, X[1], strict=True))
    assert (first["age"], first["town = B"], first["town = A"]) == (30, 1, 0)
    assert second["pay"] == learnt.medians[learnt.numbers.index("pay")]
    assert [second[name] for name in learnt.inputs if name.startswith("town")] == [0] * 4
    assert "line 3, column 'town': 'Q' is no category" in notes[0]
    path.write_text("age,pay\n1,2\n")
    with pytest.raises(DataError, match="no column 'worth', 'town', 'stays'"):
        learnt.matrix(read_table(path))
    path.write_text("age,pay,town,worth,stays\n1,2,A,3,yes\n1,much,A,3,yes\n")
    with pytest.raises(DataError, match="line 3, column 'pay': 'much' is not a number"):
        learnt.matrix(read_table(path))
