"""The model file: the same bits again, and one sentence for anything that is not one."""

from __future__ import annotations

import json

import numpy as np
import pytest

from surefoot.errors import DataError
from surefoot.network import Network
from surefoot.tables.model import TableModel, read_model
from surefoot.tables.preparing import Preparation
from surefoot.tables.reading import read_table
from tables.table_fakes import people, text_of

PREPARATION = Preparation(("age", "pay"), (40.5, 1 / 3), (0,), ("town",), (("", "A", "B"),))


def model(loss="binary", classes=("no", "yes"), seed=0):
    k = {"binary": 1, "cross-entropy": len(classes), "squared-error": 1}[loss]
    network = Network((6, 4, k), "tanh", loss)
    rng = np.random.default_rng(seed)
    theta = rng.normal(size=network.size)
    of_target = (0.1, 3.3) if loss == "squared-error" else (0.0, 1.0)
    return TableModel(
        "stays", classes, PREPARATION, network, theta, rng.normal(size=6), rng.uniform(1, 2, 6), *of_target
    )


KINDS = [("binary", ("no", "yes")), ("cross-entropy", ("a", "b", "c")), ("squared-error", ())]


@pytest.mark.parametrize(("loss", "classes"), KINDS)
def test_what_is_read_answers_with_the_same_bits(loss, classes, tmp_path):
    path, table = tmp_path / "m.json", tmp_path / "t.csv"
    names, rows = people(40)
    table.write_text(text_of(names[:3], [row[:3] for row in rows]))
    written = model(loss, classes)
    path.write_bytes(written.to_bytes())
    again = read_model(path)
    answers, _ = written.predict(read_table(table))
    assert np.array_equal(again.predict(read_table(table))[0], answers)
    assert again.to_bytes() == written.to_bytes()
    if classes:
        assert answers.shape == (40, len(classes))
        assert np.allclose(answers.sum(axis=1), 1)


def test_no_damage_goes_unseen(tmp_path):
    path, data = tmp_path / "m.json", model().to_bytes()
    rng = np.random.default_rng(0)
    for _ in range(200):
        spoilt = bytearray(data)
        place = int(rng.integers(len(data) - 1))
        spoilt[place] = (spoilt[place] + int(rng.integers(1, 255))) % 256
        path.write_bytes(bytes(spoilt))
        with pytest.raises(DataError, match=r"m\.json"):
            read_model(path)
    for length in range(0, len(data) - 1, 97):
        path.write_bytes(data[:length])
        with pytest.raises(DataError):
            read_model(path)


def signed(change):
    """The bytes of a model whose body was changed and signed anew: by hand, or with malice."""
    import hashlib

    record = json.loads(model().to_bytes())
    change(record["model"])
    body = json.dumps(record["model"], sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(body.encode()).hexdigest()
    return json.dumps({"format": record["format"], "sha256": digest, "model": json.loads(body)}).encode()


CHANGES = {
    "a size too many": lambda m: m["network"]["sizes"].append(2),
    "sizes of another world": lambda m: m["network"].update(sizes=[10**12, 10**12, 1]),
    "a size that is no number": lambda m: m["network"].update(sizes=["6", 4, 1]),
    "no sizes": lambda m: m["network"].pop("sizes"),
    "an activation of its own": lambda m: m["network"].update(activation="__import__('os')"),
    "a loss of its own": lambda m: m["network"].update(loss="hinge"),
    "a weight missing": lambda m: m["network"]["theta"].pop(),
    "weights in tables": lambda m: m["network"].update(theta=[[1.0], [2.0]]),
    "a weight of 1e999": lambda m: m["network"]["theta"].__setitem__(0, float("inf")),
    "a scale of 0": lambda m: m["network"]["scale"].__setitem__(0, 0.0),
    "a target scale below 0": lambda m: m["network"].update(target_scale=-1.0),
    "one class": lambda m: m["target"].update(classes=["no"]),
    "three classes for one output": lambda m: m["target"].update(classes=["a", "b", "c"]),
    "a class twice": lambda m: m["target"].update(classes=["a", "a"]),
    "a class that is a number": lambda m: m["target"].update(classes=[1, 2]),
    "a median missing": lambda m: m["preparation"]["medians"].pop(),
    "a flag outside": lambda m: m["preparation"].update(flagged=[9]),
    "a column twice": lambda m: m["preparation"].update(numbers=["age", "age"]),
    "a category less": lambda m: m["preparation"]["categories"][0].pop(),
    "no preparation": lambda m: m.pop("preparation"),
    "a list for a model": lambda m: m.update(network=[1, 2]),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_does_not_fit_together_is_refused_though_signed(name, tmp_path):
    path = tmp_path / "m.json"
    path.write_bytes(signed(CHANGES[name]))
    with pytest.raises(DataError, match=r"m\.json"):
        read_model(path)
    path.write_bytes(signed(lambda m: None))
    read_model(path)  # the signing itself is right


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"null",
        b"{}",
        b'{"format": 1}',
        b"a,b\n1,2\n",
        b"\x80\x04\x95",
        b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_other_files_are_no_models(data, tmp_path):
    path = tmp_path / "m.json"
    path.write_bytes(data)
    with pytest.raises(DataError, match="not a model"):
        read_model(path)
    path.write_bytes(model().to_bytes().replace(b"model 1", b"model 9", 1))
    with pytest.raises(DataError, match="model 9"):
        read_model(path)
