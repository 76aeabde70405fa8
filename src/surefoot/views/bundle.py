"""The viewer as one module: a notebook cell and a file without a server cannot follow imports.

    arrays.js   maths.js   model.js   ...   viewer.js     each once, after those it imports
    import lines and the word `export` are dropped        so one name may stand at the top of one module only

What cannot be joined this way is refused with a sentence: the modules keep to the simplest form of import.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Sequence
from importlib.resources import files

from surefoot.errors import BadValue

Read = Callable[[str], str]

STYLES = ("style.css", "panels.css", "uplot.css")  # those that are there
_IMPORT = re.compile(r"^import\s*\{([^}]*)\}\s*from\s*(['\"])[^'\"]*\2[ \t]*;?", re.MULTILINE)
_EXPORT = re.compile(r"^export[ \t]+(?=(?:async[ \t]+)?function\b|const\b|class\b|let\b)", re.MULTILINE)
_OTHER = re.compile(r"^(?:import|export)\b.*|\bimport\s*(?:\(|\.\s*meta).*|^await\b.*", re.MULTILINE)
_DECLARED = re.compile(
    r"^(?:async[ \t]+)?(?:function[ \t]*\*?|const|let|var|class)[ \t]+([\w$]+|[\[{][^=]*)", re.MULTILINE
)
_WORD = re.compile(r"[\w$]+")
_REGEX_AFTER = set("(,=:[!&|?{};+-*%<>~^")


def static(name: str) -> str:
    """The text of a file of views/static."""
    path = files("surefoot.views") / "static" / name
    if not path.is_file():
        raise BadValue(f"There is no {name} among the viewer's files; install surefoot again.")
    return path.read_text(encoding="utf-8")


def styles() -> str:
    """All of the viewer's style sheets as one."""
    folder = files("surefoot.views") / "static"
    return "\n".join(static(name) for name in STYLES if (folder / name).is_file())


def bundle(entry: str | Sequence[str] = "viewer.js", ending: str = "", read: Read = static) -> str:
    """The modules that `entry` (one or several) needs, joined into one, and `ending` after them.

    ending : code that uses or exports what the modules declare: "export { mount };".

    Raises
    ------
    BadValue : two modules declare the same name, import in a circle, or in a form not known here.

    >>> modules = {"a.js": 'import { b } from "./b.js";\\nb();', "b.js": "export function b() {}"}
    >>> print(bundle("a.js", read=modules.__getitem__))
    // b.js
    function b() {}
    // a.js
    b();
    """
    joined: list[str] = []
    owner: dict[str, str] = {}
    for name, text in _in_order([entry] if isinstance(entry, str) else entry, read):
        body = _plain(name, text)
        for declared in _declared(body):
            if declared in owner:
                raise BadValue(
                    f"{owner[declared]} and {name} both declare {declared!r}, so they cannot be joined; "
                    "rename one of them."
                )
            owner[declared] = name
        joined.append(f"// {name}\n{body.strip()}")
    return "\n".join([*joined, ending] if ending else joined)


def harmless(text: str) -> str:
    r"""JavaScript that may stand between <script> and </script>: `</script` and `<!--` get a backslash.

    In strings, templates, patterns and comments, the only places for them, the backslash says nothing.
    """
    return re.sub(r"<(/script|!--)", r"<\\\1", text, flags=re.IGNORECASE)


def _in_order(entries: Sequence[str], read: Read) -> Iterator[tuple[str, str]]:
    """Each module once, after all that it imports."""
    done: set[str] = set()
    open_: list[str] = []

    def walk(name: str) -> Iterator[tuple[str, str]]:
        if name in open_:
            raise BadValue(f"Modules import each other in a circle: {' -> '.join([*open_, name])}.")
        if name in done:
            return
        open_.append(name)
        text = read(name)
        for other in _imported(name, text):
            yield from walk(other)
        done.add(open_.pop())
        yield name, text

    for entry in entries:
        yield from walk(entry)


def _imported(name: str, text: str) -> list[str]:
    """The modules that `text` imports, as file names."""
    found = []
    for match in _IMPORT.finditer(text):
        names, where = match[1], re.search(r"(['\"])([^'\"]*)\1[ \t]*;?$", match[0])
        assert where is not None
        if re.search(r"\bas\b", names) or not where[2].startswith("./"):
            raise BadValue(f"{name}: `{_line(match[0])}` is an import that cannot be joined; {WANTED}.")
        found.append(posixpath.normpath(where[2]))
    return found


WANTED = 'write `import { name } from "./module.js";`, and export with `export function|const|class`'


def _plain(name: str, text: str) -> str:
    """A module without imports and without the word export."""
    text = text.replace("// @ts-check\n", "", 1)
    for pattern in (_IMPORT, _EXPORT):
        text = pattern.sub("", text)
    if other := _OTHER.search(_code(text)):
        line = _line(text[other.start() : other.end()])
        raise BadValue(f"{name}: `{line}` is a form that cannot be joined; {WANTED}.")
    return text


def _declared(text: str) -> Iterator[str]:
    """The names at the top of a module: declarations that begin a line, as in all of ours."""
    for match in _DECLARED.finditer(_code(text)):
        yield from _WORD.findall(match[1])


def _line(text: str) -> str:
    return " ".join(text.split())[:80]


def _code(text: str) -> str:
    """The text with strings, templates, patterns and comments blanked; places stay what they are."""
    out = list(text)
    place, last = 0, ""  # the last letter of code tells a division from a pattern
    while place < len(text):
        end = _end_of_silence(text, place, last)
        if end == place:
            last = last if text[place].isspace() else text[place]
            place += 1
            continue
        for k in range(place, min(end, len(text))):
            out[k] = "\n" if text[k] == "\n" else " "
        if text[place : place + 2] not in ("//", "/*"):
            last = '"'
        place = end
    return "".join(out)


def _end_of_silence(text: str, place: int, last: str) -> int:
    """Where the string, template, pattern or comment beginning here ends; `place` when none begins."""
    two, one = text[place : place + 2], text[place]
    if two == "//":
        return _after(text, "\n", place) - 1
    if two == "/*":
        return _after(text, "*/", place + 2)
    if one in "'\"`" or (one == "/" and (not last or last in _REGEX_AFTER)):
        return _end_of_quoted(text, place)
    return place


def _end_of_quoted(text: str, place: int) -> int:
    quote, at, in_class = text[place], place + 1, False
    while at < len(text) and (text[at] != quote or in_class):
        if quote == "`" and text[at : at + 2] == "${":
            at = _end_of_hole(text, at + 2)
            continue
        in_class = quote == "/" and (text[at] == "[" or (in_class and text[at] != "]"))
        at += 2 if text[at] == "\\" else 1
    return at + 1


def _end_of_hole(text: str, at: int) -> int:
    """Past the } that ends ${...} in a template."""
    depth, last = 1, "{"
    while at < len(text) and depth:
        end = _end_of_silence(text, at, last)
        if end == at:
            depth += {"{": 1, "}": -1}.get(text[at], 0)
            last = last if text[at].isspace() else text[at]
            end = at + 1
        else:
            last = '"'
        at = end
    return at


def _after(text: str, what: str, place: int) -> int:
    at = text.find(what, place)
    return len(text) + 1 if at < 0 else at + len(what)
