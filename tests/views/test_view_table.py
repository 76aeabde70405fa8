"""The table of views, and that it costs nothing to have it."""

import subprocess
import sys

import pytest

from surefoot.errors import MissingExtra, UnknownName
from surefoot.views import VIEWS, TextView, make_views
from surefoot.views.figure import RunFigure
from surefoot.views.notebook import NotebookView


def test_names_make_views():
    assert [type(view) for view in make_views(["text", "none", "text"])] == [TextView, TextView]
    assert make_views([]) == []
    assert set(VIEWS) == {"terminal", "text", "notebook"}


def test_without_a_terminal_there_are_plain_lines():
    assert isinstance(make_views("terminal")[0], TextView)


def test_an_unknown_name_is_refused_with_a_hint():
    with pytest.raises(UnknownName, match="did you mean 'terminal'"):
        make_views(["terminl"])


def test_importing_the_views_loads_no_drawing_library():
    code = (
        "import sys, surefoot.views; "
        "print([m for m in ('rich', 'matplotlib', 'IPython') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_missing_library_names_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.setitem(sys.modules, "IPython.display", None)
    with pytest.raises(MissingExtra, match=r"surefoot\[plot\]"):
        RunFigure()
    with pytest.raises(MissingExtra, match=r"surefoot\[notebook\]"):
        NotebookView()
