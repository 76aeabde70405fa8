"""Joining modules: each once, in order, nothing lost; what cannot be joined is refused."""

from __future__ import annotations

import re
import shutil
import subprocess
from importlib.resources import files

import pytest

from surefoot.errors import BadValue
from surefoot.views.bundle import bundle, harmless, static, styles

STATIC = files("surefoot.views") / "static"
OURS = sorted(
    path.name
    for path in STATIC.iterdir()
    if path.name.endswith(".js") and path.name not in ("page.js", "live.js", "notebook.js")
)
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not installed")


def joined(ending="", entry="a.js", **modules):
    return bundle(entry, ending, read={f"{name}.js": text for name, text in modules.items()}.__getitem__)


def output(code, tmp_path):
    path = tmp_path / "joined.mjs"
    path.write_text(code, encoding="utf-8")
    return subprocess.run([NODE, path], capture_output=True, text=True, check=True, timeout=60).stdout


def test_each_module_once_after_those_it_imports():
    code = joined(
        a='import { b } from "./b.js";\nimport {\n  c,\n  d,\n} from "./c.js";\nb(c, d);',
        b="import { c } from './c.js';\nexport function b() {}",
        c="export const c = 1;\nexport class d {}\nexport async function e() {}",
    )
    assert re.findall(r"^// (\w)\.js$", code, re.MULTILINE) == ["c", "b", "a"]
    assert "import" not in code
    assert "export" not in code


@needs_node
def test_what_is_joined_runs(tmp_path):
    code = joined(
        "console.log(twice(20) + one);",
        a='import { one, two } from "./b.js";\nexport function twice(x) {\n  return two * x;\n}',
        b="export const one = 1;\nexport const two = one + one;\nconst [three, { four }] = [3, { four: 4 }];",
    )
    assert output(code, tmp_path) == "41\n"


@pytest.mark.parametrize(
    "clash",
    [
        "function draw() {}", "const draw = 1;", "export class draw {}", "let draw;", "const { draw } = y;",
        "async function draw() {}", "function* draw() {}", "const [z, draw] = y;",
    ],
)  # fmt: skip
def test_one_name_in_two_modules_is_refused(clash):
    with pytest.raises(BadValue, match=r"b\.js and a\.js both declare 'draw'"):
        joined(a=f'import {{ b }} from "./b.js";\n{clash}', b="export const b = 1;\nfunction draw() {}")


@pytest.mark.parametrize(
    "line",
    [
        'import b from "./b.js";', 'import * as b from "./b.js";', 'import "./b.js";',
        'import { b as c } from "./b.js";', 'import { b } from "b";', 'import { b } from "https://x/b.js";',
        "export default 1;", "export { b };", 'export * from "./b.js";', "const b = await import('./b.js');",
        "const b = import.meta.url;", "await b();",
    ],
)  # fmt: skip
def test_other_forms_are_refused(line):
    with pytest.raises(BadValue, match="cannot be joined"):
        joined(a=line, b="export const b = 1;")


def test_a_circle_is_refused():
    with pytest.raises(BadValue, match=r"a\.js -> b\.js -> a\.js"):
        joined(a='import { b } from "./b.js";', b='import { a } from "./a.js";')


def test_strings_templates_patterns_and_comments_are_not_code():
    code = joined(
        a='import { b } from "./b.js";\n/** @type {import("./b.js").B} */\nconst a = /[`"\'/]/g;\n'
        "const c = `\nfunction b() {}\n${`import(1)`}`;\nconst d = 4 / 2; // import('x')\nconst e = '//';\n"
        "/*\nconst b = 2;\n*/",
        b="export function b() {}",
    )
    assert "const e" in code


@needs_node
def test_all_of_ours_become_one_module_that_parses(tmp_path):
    code = bundle(OURS)
    path = tmp_path / "viewer.mjs"
    path.write_text(code, encoding="utf-8")
    done = subprocess.run([NODE, "--check", path], capture_output=True, text=True, check=False, timeout=60)
    assert done.stderr == ""
    assert len(code) < 800_000


def test_markup_in_a_script_is_harmless():
    evil = 'const a = "</script><script>alert(1)</SCRIPT >"; /* <!-- */'
    text = harmless(evil)
    assert "</script" not in text.lower()
    assert "<!--" not in text
    assert text.replace("\\", "") == evil


def test_a_missing_file_is_told():
    with pytest.raises(BadValue, match=r"no nothing\.js"):
        static("nothing.js")
    assert isinstance(styles(), str)
