"""The example notebook runs from top to bottom, and shows what it says it shows."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).parents[1] / "examples" / "mnist.ipynb"


@pytest.fixture(scope="module")
def notebook():
    nbformat = pytest.importorskip("nbformat")
    return nbformat.read(NOTEBOOK, as_version=4)


def execute(notebook, tmp_path, monkeypatch):
    nbclient = pytest.importorskip("nbclient")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))  # a fresh profile: nobody's own settings
    nbclient.NotebookClient(notebook, timeout=100, resources={"metadata": {"path": str(tmp_path)}}).execute()
    return "".join(o.get("text", "") for c in notebook.cells for o in c.get("outputs", []))


def test_it_is_stored_without_outputs(notebook):
    assert all(not cell.get("outputs") for cell in notebook.cells)
    assert NOTEBOOK.stat().st_size < 20_000


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the Jupyter client, not ours
def test_it_runs_on_the_embedded_digits(notebook, tmp_path, monkeypatch):
    text = execute(notebook, tmp_path, monkeypatch)
    assert "1000 rows to learn from, 797 rows to be tested on" in text
    assert "The gradient holds" in text
    assert "passes over the data for 81 values: 0" in text
    assert "iteration 100: loss" in text
    pictures = [
        c for c in notebook.cells if any("image/png" in o.get("data", {}) for o in c.get("outputs", []))
    ]
    assert len(pictures) == 3  # the samples, the run, the loss along the first direction
    live = next(cell for cell in notebook.cells if "views=" in cell.source)
    *viewer, picture = [set(o.data) for o in live.outputs]
    if find_spec("anywidget") is None:
        assert (viewer, picture) == ([], {"image/png", "text/plain"})  # one picture, updated in place
    else:
        assert viewer == [{"application/vnd.jupyter.widget-view+json", "text/plain"}]
        assert picture == {"image/png", "text/html", "text/plain"}  # what stays when it is saved
