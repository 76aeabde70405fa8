"""A run as one HTML file: the viewer, its styles and a recording; no server, no network, nothing to install.

The page may run exactly one script, the one whose SHA-256 stands in its own policy, and may load nothing.
"""

from __future__ import annotations

import base64
import hashlib
import html
from functools import cache
from pathlib import Path

from surefoot.placing import checked_out, placed
from surefoot.records import Header
from surefoot.views.bundle import bundle, harmless, styles
from surefoot.views.recording import Ask, Replay, Tell, recording, silent
from surefoot.views.words import headline

START = """
{
  const text = document.getElementById("recording").textContent;
  mount(document.getElementById("lab"), recordingSource(text));
}
"""

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src '{digest}'; \
style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="surefoot">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>
html, body {{ margin: 0; height: 100%; }}
{style}
</style>
</head>
<body>
<noscript><p>{title}. This page shows the run with JavaScript, which is switched off here; it loads nothing \
from anywhere.</p></noscript>
<main id="lab"></main>
<script type="text/plain" id="recording">{recording}</script>
<script type="module">{script}</script>
</body>
</html>
"""


def write_html(replay: Replay, out: str | Path, ask: Ask | None = None, tell: Tell = silent) -> int:
    """Write a run as one HTML file that needs nothing else; its size in bytes.

    Parameters
    ----------
    replay, ask, tell : see `recording`: a journal, who answers questions about it, who is told how far it is.
    out : the file; one that exists is replaced, whole or not at all.

    Raises
    ------
    BadValue : not a file name that ends in .html, or the file cannot be written.
    DataNotFound : its folder does not exist.
    """
    path = checked_out(out, (".html", ".htm"))
    text = page(replay.header, recording(replay, ask, tell)).encode("utf-8")
    placed(path, text)
    return len(text)


def page(header: Header, recorded: str) -> str:
    """The page of a recording that `recording` made."""
    script = the_script()
    return PAGE.format(
        digest=f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}",
        title=html.escape(headline(header)),
        style=styles().replace("</", "<\\/"),
        recording=recorded,
        script=script,
    )


@cache
def the_script() -> str:
    """The one script of every page."""
    return harmless(bundle(("viewer.js", "recording.js"), START))
