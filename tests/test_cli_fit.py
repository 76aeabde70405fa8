"""`surefoot fit`, `predict`, `export` as people meet them: what they print, write, and refuse in one line."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("sklearn")

from tables.table_fakes import people, text_of


@pytest.fixture
def table(tmp_path):
    names, rows = people(160)
    (tmp_path / "people.csv").write_text(text_of(names, rows))
    return names, rows


def answers(text):
    return list(csv.reader(io.StringIO(text)))


def test_fit_tells_all_and_writes_a_model_and_a_page(surefoot, table, tmp_path):
    code, out, err = surefoot("fit", "people.csv", "--target", "stays")
    assert (code, err) == (0, "")
    for words in (
        "people.csv: 160 rows, 5 columns",
        "3 with numbers, 1 with categories",
        "Missing cells: age",
        "town (3)",
        "Predicted: stays, one of 2 classes",
        "40 to test with",
        "by chance with seed 0",
        "best at",
        "baseline: always",
        "linear model",
        "95 % interval",
        "Better than the baseline beyond chance: yes",
        "Most important columns: ",
        "model: people-model.json",
        "report: people-report.html",
        "next: surefoot predict people-model.json",
    ):
        assert words in out, words
    assert (tmp_path / "people-report.html").read_text().startswith("<!doctype html>")
    assert json.loads((tmp_path / "people-model.json").read_text())["format"] == "surefoot table model 1"


def test_predict_answers_for_every_row_with_the_columns_in_any_order(surefoot, table, tmp_path):
    names, rows = table
    surefoot("fit", "people.csv", "--target", "stays", "--report", "none")
    assert not (tmp_path / "people-report.html").exists()
    code, out, err = surefoot("predict", "people-model.json", "people.csv")
    assert (code, err) == (0, "")
    found = answers(out)
    assert found[0] == ["prediction", "probability of no", "probability of yes"]
    assert len(found) == 161
    assert np.mean([said[0] == row[-1] for said, row in zip(found[1:], rows, strict=True)]) > 0.85
    assert all(abs(float(a) + float(b) - 1) < 1e-9 for _, a, b in found[1:])
    turned = text_of(["new", *names[:-1][::-1]], [["z", *row[:-1][::-1]] for row in rows], ";")
    (tmp_path / "turned.csv").write_text(turned)
    assert surefoot("predict", "people-model.json", "turned.csv") == (0, out, "")
    code, said, _ = surefoot("predict", "people-model.json", "people.csv", "--out", "a.csv")
    assert (code, said) == (0, "answers: a.csv (160 rows)\n")
    assert (tmp_path / "a.csv").read_text() == out


def test_numbers_are_predicted_as_numbers(surefoot, table):
    code, out, _ = surefoot("fit", "people.csv", "--target", "worth")
    assert code == 0
    assert "as a number" in out
    assert "R²" in out
    assert "mean absolute error" in out
    _, out, _ = surefoot("predict", "people-model.json", "people.csv")
    found = answers(out)
    assert found[0] == ["prediction"]
    worth = np.array([float(row[3]) for row in table[1]])
    assert np.corrcoef(worth, [float(row[0]) for row in found[1:]])[0, 1] > 0.7


def test_json_is_the_whole_record_and_the_same_again(surefoot, table):
    code, out, err = surefoot(
        "fit", "people.csv", "--target", "stays", "--json", "--hidden", "4,3", "--seed", 5
    )
    record = json.loads(out)
    assert (code, err) == (0, "")
    assert record["format"] == "surefoot fit 1"
    assert record["network"]["architecture"].endswith("-4-3-1")
    assert record["split"]["seed"] == 5
    again = json.loads(
        surefoot("fit", "people.csv", "--target", "stays", "--json", "--hidden", "4,3", "--seed", 5)[1]
    )
    for name in ("score", "curves", "importance", "rivals", "verdict"):
        assert again[name] == record[name], name


def test_wishes_are_granted(surefoot, table):
    wishes = ("--max-iter", 5, "--restarts", 2, "--l2", 0.1, "--test-fraction", 0.5, "--leave-out", "age,pay")
    record = json.loads(surefoot("fit", "people.csv", "--target", "stays", "--json", *wishes)[1])
    assert record["split"]["test"] == 80
    assert record["training"]["iterations"] <= 5
    assert (record["network"]["restarts"], record["network"]["l2"]) == (2, 0.1)
    assert record["network"]["l2_why"] == "as given"
    assert [c["kind"] for c in record["columns"]] == ["left out", "left out", "category", "number"]
    assert "did not converge" in " ".join(record["training"]["warnings"]) or record["training"]["converged"]


@pytest.mark.parametrize(("n", "words"), [(160, "as early stopping"), (60, "-fold cross-validation")])
def test_weight_decay_is_chosen_and_the_reports_say_why(surefoot, tmp_path, n, words):
    (tmp_path / "people.csv").write_text(text_of(*people(n)))
    _, out, _ = surefoot("fit", "people.csv", "--target", "stays")
    page = (tmp_path / "people-report.html").read_text()
    for report in (out, page):
        assert "Weight decay: l2 = " in report
        assert words in report
    record = json.loads(surefoot("fit", "people.csv", "--target", "stays", "--json")[1])
    c, _, rest = record["network"]["l2_why"].partition(" / ")
    assert record["network"]["l2"] == pytest.approx(float(c) / int(rest.partition(",")[0]), rel=1e-12)
    about = json.loads((tmp_path / "people-model.json").read_text())["model"]["about"]
    assert about["l2"] == record["network"]["l2"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["fit", "people.csv"], "--target"),
        (["fit", "nowhere.csv", "--target", "stays"], "no file 'nowhere.csv'"),
        (["fit", ".", "--target", "stays"], "folder"),
        (["fit", "people.csv", "--target", "stay"], "did you mean 'stays'"),
        (["fit", "people.csv", "--target", "stays", "--task", "both"], "no task 'both'"),
        (["fit", "people.csv", "--target", "stays", "--task", "regression"], "not a number"),
        (["fit", "people.csv", "--target", "stays", "--out", "people.csv"], "is what is read"),
        (["fit", "people.csv", "--target", "stays", "--out", "no/m.json"], "does not exist"),
        (["fit", "people.csv", "--target", "stays", "--report", "r.pdf"], "does not end in .html"),
        (["fit", "people.csv", "--target", "stays", "--out", "a.html", "--report", "a.html"], "are both"),
        (["fit", "people.csv", "--target", "stays", "--hidden", "x"], "not a list of units"),
        (["fit", "people.csv", "--target", "stays", "--hidden=-3"], "hidden"),
        (["fit", "people.csv", "--target", "stays", "--l2", "-1"], "l2"),
        (["fit", "people.csv", "--target", "stays", "--l2", "nan"], "l2"),
        (["fit", "people.csv", "--target", "stays", "--max-iter", "0"], "max_iter"),
        (["fit", "people.csv", "--target", "stays", "--restarts", "0"], "restarts"),
        (["fit", "people.csv", "--target", "stays", "--test-fraction", "1.5"], "test fraction"),
        (["fit", "people.csv", "--target", "stays", "--test-fraction", "nan"], "test fraction"),
        (["fit", "people.csv", "--target", "stays", "--seed", "-1"], "seed"),
        (["fit", "people.csv", "--target", "stays", "--seed", "99999999999"], "seed"),
        (["fit", "people.csv", "--target", "stays", "--leave-out", "x"], "no column 'x'"),
        (["fit", "people.csv", "--target", "stays", "--leave-out", "stays"], "predicted"),
        (["predict", "people.csv", "people.csv"], "not a model"),
        (["predict", "nowhere.json", "people.csv"], "no file"),
        (["export", "people.csv", "m.onnx"], "not a model"),
    ],
)
def test_misuse_is_one_sentence(arguments, words, surefoot, table):
    code, out, err = surefoot(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("surefoot: ")
    assert err.count("\n") == 1
    assert words.lower() in err.lower()


def test_predict_refuses_and_notes(surefoot, table, tmp_path):
    surefoot("fit", "people.csv", "--target", "stays")
    for text, words in {
        "age,pay\n1,2\n": "no column 'worth', 'town'",
        "age,pay,town,worth\n1,2,A,3\n1,x,A,3\n": "line 3, column 'pay': 'x' is not a number",
        "age,pay,town,worth\n1,inf,A,3\n": "is infinite",
        "age,pay,town,worth\n1,2,A\n": "3 cells, but the first line has 4",
        "": "is empty",
        "age,pay,town,worth\n": "no row",
    }.items():
        (tmp_path / "new.csv").write_text(text)
        code, out, err = surefoot("predict", "people-model.json", "new.csv")
        assert (code, out) == (2, ""), text
        assert err.count("\n") == 1
        assert words in err
    (tmp_path / "new.csv").write_text("age,pay,town,worth\n,,Mars,\n1e149,-1e149,,1\n")
    code, out, err = surefoot("predict", "people-model.json", "new.csv", "--out", "people-model.json")
    assert (code, out) == (2, "")
    code, out, err = surefoot("predict", "people-model.json", "new.csv")
    assert code == 0
    assert len(answers(out)) == 3
    assert "note: new.csv, line 2, column 'town': 'Mars' is no category" in err


def test_export_gives_the_models_answers(surefoot, table, tmp_path):
    from surefoot.tables.model import read_model
    from surefoot.tables.reading import read_table

    for target in ("stays", "town", "worth"):
        surefoot("fit", "people.csv", "--target", target)
        model, rows = read_model("people-model.json"), read_table("people.csv")
        X, _ = model.preparation.matrix(rows)
        want, _ = model.predict(rows)
        code, out, err = surefoot("export", "people-model.json", "net.safetensors")
        assert (code, err) == (0, "")
        assert all(name in out for name in model.preparation.inputs)
        from surefoot.estimators.export import from_safetensors

        estimator = from_safetensors("net.safetensors")
        del estimator.feature_names_in_  # X comes as an array
        found = estimator.predict_proba(X) if model.classes else estimator.predict(X)
        assert np.allclose(found, want, rtol=1e-12, atol=1e-12)
        assert surefoot("export", "people-model.json", "net.py")[0] == 0
        text = "\n".join(",".join(map(repr, row)) for row in [list(row) for row in X[:5].tolist()])
        head = ",".join(f'"{name}"' for name in model.preparation.inputs)
        done = subprocess.run(
            [sys.executable, "-I", "net.py"],
            input=f"{head}\n{text}\n",
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert surefoot("export", "people-model.json", "net.pkl")[0] == 2
    assert surefoot("export", "people-model.json", "people-model.json")[0] == 2


def test_an_interrupted_fit_leaves_no_file(surefoot, table, tmp_path, monkeypatch):
    from surefoot.tables import learning

    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(learning, "fitted", stopped)
    code, _, _ = surefoot("fit", "people.csv", "--target", "stays")
    assert code == 130
    assert [path.name for path in tmp_path.iterdir()] == ["people.csv"]
