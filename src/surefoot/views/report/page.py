"""The report as one page of HTML: no script, nothing loaded, light and dark, one sheet of A4.

Every name in it may be hostile; `safe` escapes each one where it enters.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from surefoot.views.report.charts import Chart, charts
from surefoot.views.report.svg import safe
from surefoot.views.report.words import (
    found_sentences,
    next_commands,
    score_text,
    shown_as,
    split_sentence,
    target_sentence,
    training_sentence,
)
from surefoot.views.words import count, plain

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
img-src data:; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="surefoot">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>
{style}
</style>
</head>
<body>
<main>
<header>
<h1>{title}</h1>
<p class="lead">{lead}</p>
</header>
<section class="verdict {side}" aria-label="Verdict">
<p class="figure">{figure}<small>{beneath}</small></p>
<p><strong>{verdict}</strong>{sentence}</p>
</section>
<section class="charts" aria-label="Charts">
{charts}
</section>
<section class="notes" aria-label="Notes">
<div><h2>What was found and done</h2><ul>{found}</ul></div>
<div><h2>What to do next</h2><ul>{following}</ul></div>
</section>
<footer>{footer}</footer>
</main>
</body>
</html>
"""


def report_page(record: Mapping[str, Any]) -> str:
    """The page of a record that `surefoot fit --json` prints."""
    score, table = record["score"], record["table"]
    show = shown_as(score["name"])
    net, verdict = record["network"], record["verdict"]
    used = sum(column["kind"] != "left out" for column in record["columns"])
    lead = (
        f"Learnt from {count(record['split']['train'] + record['split']['validation'], 'row')} and "
        f"{count(used, 'column')} of {plain(table['name'])} by a {net['architecture']} network; tested on "
        f"{record['split']['test']:,} rows that it never saw."
    )
    beneath = f"{score['name']} on the test rows"
    if score["low"] is not None:
        beneath += f",\n95 % interval {show(score['low'])} to {show(score['high'])}"
    return PAGE.format(
        title=safe(f"Predicting {plain(record['target']['name'])}"),
        style=_style(),
        lead=safe(lead),
        side="" if verdict["better"] else "no",
        figure=safe(show(score["value"])),
        beneath="<br>".join(safe(part) for part in beneath.split("\n")),
        verdict=f"Better than the baseline beyond chance: {'yes' if verdict['better'] else 'no'}",
        sentence=safe(verdict["sentence"]),
        charts="\n".join(_figure(chart) for chart in charts(record)),
        found=_items(_found(record)),
        following=_following(record),
        footer=safe(
            f"{record['created']} · surefoot {record['surefoot']} · "
            f"SHA-256 of the table {table['sha256'][:16]}…"
        ),
    )


@cache
def _style() -> str:
    return files("surefoot.views.report").joinpath("style.css").read_text(encoding="utf-8").strip()


def _figure(chart: Chart) -> str:
    title, said = safe(chart.title), safe(chart.sentence)
    return f"<figure><h2>{title}</h2>{chart.drawing}<figcaption>{said}</figcaption></figure>"


def _found(record: Mapping[str, Any]) -> list[str]:
    net = record["network"]
    others = [f"{other['name'].capitalize()}: {score_text(other)}." for other in record["others"]]
    return [
        target_sentence(record),
        *found_sentences(record),
        split_sentence(record),
        training_sentence(record),
        f"Hidden units {plain(net['hidden'])}, activation {net['activation']}, method {net['method']}.",
        *record["training"]["warnings"],
        *others,
    ]


def _following(record: Mapping[str, Any]) -> str:
    commands = [
        f"<li>{safe(words.capitalize())}:<br><code>{safe(command)}</code></li>"
        for words, command in next_commands(record)
    ]
    advice = (
        "New rows need the columns named here; their order is free, other columns are passed over.",
        "The test rows are like the training rows. Where the world has changed since, expect less.",
        "A column that is known only after the answer makes the score too good: --leave-out it.",
    )
    return "".join(commands) + _items(list(advice))


def _items(sentences: list[str]) -> str:
    return "".join(f"<li>{safe(sentence)}</li>" for sentence in sentences)
