"""The house stands: who may import whom, what importing costs, which names are public, how long things are.

    floor 5   cli, commands, flags, lab
    floor 4   estimators, tables, views
    floor 3   training
    floor 2   data, compute
    floor 1   network | descent, verification
    floor 0   arrays, errors, records

A module imports from its own package and from lower floors only; west and east of floor 1 do not meet.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import surefoot

SOURCE = Path(surefoot.__file__).parent
FLOORS = {
    "arrays": 0, "errors": 0, "placing": 0, "records": 0,
    "network": 1, "descent": 1, "verification": 1,
    "data": 2, "compute": 2,
    "training": 3,
    "estimators": 4, "tables": 4, "views": 4,
    "cli": 5, "commands": 5, "flags": 5, "lab": 5,
}  # fmt: skip
TOGETHER = {("verification", "descent"), ("errors", "arrays"), ("records", "arrays"), ("placing", "errors"),
            ("tables", "estimators"),
            ("cli", "commands"), ("commands", "flags"), ("commands", "lab")}  # fmt: skip
# train(views=["terminal"]) looks names up, a run shows itself; views rest on floor 0 alone
LATE = {("training.run", "views"), ("training.finished", "views")}
HEAVY = {
    "cyclopts", "dask", "distributed", "IPython", "matplotlib", "pandas", "pooch", "pyarrow", "rich", "scipy",
    "sklearn", "sqlite3", "starlette", "uvicorn",
}  # fmt: skip
PUBLIC = {"Data", "FunctionObjective", "Network", "Problem", "ResidualObjective", "Run", "check", "descend",
          "load", "method", "stop", "train"}  # fmt: skip
LONGEST_FUNCTION, LONGEST_FILE = 60, 350  # lines that are neither blank nor docstring


def modules(source=SOURCE):
    """Every module of the house: its name without `surefoot.`, and its tree."""
    for path in sorted(source.rglob("*.py")):
        parts = path.relative_to(source).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        yield name, ast.parse(path.read_text(encoding="utf-8")), path


def imported(tree, at_the_top=False):
    """Modules of ours that a tree imports, `surefoot.` left out; by default those inside functions too."""
    nodes = tree.body if at_the_top else ast.walk(tree)
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written in full: from surefoot.x import y"
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if is_module(name) else node.module or "" for name in whole]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        yield from (name.removeprefix("surefoot.") for name in names if name.startswith("surefoot."))


def is_module(name):
    """True for surefoot.a.b when b is a file or a folder, not a name in a."""
    path = SOURCE.parent.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


def violations(name, tree):
    """Sentences on every import that this module may not make."""
    place = name.partition(".")[0]
    if place == "":
        return  # surefoot/__init__.py names everything and imports nothing until asked
    if place not in FLOORS:
        yield f"{name}: no floor is known for {place!r}; add it to FLOORS"
        return
    for other in set(imported(tree)):
        there = other.partition(".")[0]
        allowed = (
            there == place
            or FLOORS.get(there, 99) < FLOORS[place]
            or (place, there) in TOGETHER
            or (name, there) in LATE
        )
        if not allowed:
            yield f"{name} (floor {FLOORS[place]}) imports {other} (floor {FLOORS.get(there)})"


def circles(graph):
    """A list of modules that import each other in a circle, or None."""
    done, path = set(), []

    def walk(name):
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return None
        path.append(name)
        for other in sorted(graph.get(name, ())):
            if found := walk(other):
                return found
        done.add(path.pop())
        return None

    return next(filter(None, map(walk, sorted(graph))), None)


def code_lines(text, node=None):
    """Lines of a module (or of one function in it) that are neither blank nor docstring."""
    tree = node or ast.parse(text)
    first, last = (node.lineno, node.end_lineno) if node else (1, text.count("\n") + 1)
    silent = set()
    for inner in ast.walk(tree):
        if isinstance(inner, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(inner):
            silent |= set(range(inner.body[0].lineno, inner.body[0].end_lineno + 1))
    lines = text.splitlines()
    return sum(1 for k in range(first, min(last, len(lines)) + 1) if k not in silent and lines[k - 1].strip())


def too_long(text):
    """Sentences on every function, and on the file itself, that is too long."""
    if (length := code_lines(text)) > LONGEST_FILE:
        yield f"the file has {length} lines, at most {LONGEST_FILE}"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and (length := code_lines(text, node)) > LONGEST_FUNCTION:
            yield f"{node.name} has {length} lines, at most {LONGEST_FUNCTION}"


def loaded_by(code):
    """Top-level modules in memory after running `code` in a fresh Python."""
    report = (
        f"{code}\nimport sys, json; print(json.dumps(sorted({{m.partition('.')[0] for m in sys.modules}})))"
    )
    done = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_modules_import_lower_floors_only():
    assert [v for name, tree, _ in modules() for v in violations(name, tree)] == []


def test_views_read_records_only():
    for name, tree, _ in modules():
        if name.startswith("views"):
            places = {other.partition(".")[0] for other in imported(tree)}
            assert places <= {"arrays", "errors", "placing", "records", "views"}, name


def test_no_circles():
    graph = {name: set(imported(tree, at_the_top=True)) for name, tree, _ in modules()}
    assert circles(graph) is None


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("network.mlp", "from surefoot.descent.state import State"),
        ("descent.loop", "def f():\n    import surefoot.network.mlp"),
        ("verification.report", "from surefoot.network import Network"),
        ("records", "from surefoot import data"),
        ("training.store", "from surefoot.views import make_views"),
        ("descent.state", "if TYPE_CHECKING:\n    from surefoot.data import Data"),
        ("attic", "x = 1"),
    ],
)
def test_a_planted_violation_is_found(name, code):
    assert len(list(violations(name, ast.parse(code)))) == 1


def test_a_planted_circle_is_found():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert circles({"a": {"b", "c"}, "b": {"c"}, "c": set()}) is None


def test_files_and_functions_are_short():
    found = {name: list(too_long(path.read_text(encoding="utf-8"))) for name, _, path in modules()}
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_long_ones_are_found():
    body = "    x = 1\n" * 59
    assert list(too_long(f'def f():\n    """Say.\n\n    More.\n    """\n\n{body}')) == []
    assert len(list(too_long(f"def f():\n{body}    y = 2\n"))) == 1
    assert len(list(too_long("x = 1\n" * 351))) == 1


def test_importing_surefoot_loads_nothing_heavy():
    assert loaded_by("import surefoot") & HEAVY == set()


def test_training_without_views_loads_no_face():
    loaded = loaded_by(
        "import surefoot as sf\n"
        "data = sf.load('digits')\n"
        "sf.train(sf.Network((64, 6, 10)), data, iterations=1)\n"
        "sf.check(lambda x: x @ x, lambda x: 2 * x, [1.0, 2.0])"
    )
    assert loaded & (HEAVY - {"sqlite3"}) == set()


def test_the_command_line_answers_help_without_numpy():
    assert "numpy" not in loaded_by("import surefoot.cli")


def test_public_names_are_there():
    assert set(surefoot.__all__) >= PUBLIC
    assert sorted(surefoot.__all__) == list(surefoot.__all__) == dir(surefoot)
    for name in surefoot.__all__:
        assert (getattr(surefoot, name).__doc__ or "").strip(), name


def test_a_name_that_is_not_there_says_what_is():
    with pytest.raises(AttributeError, match="Network"):
        _ = surefoot.Netwrok
