"""The page: well formed, without a script, each chart told in words, every name harmless."""

from __future__ import annotations

import copy
import json
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from tables.table_fakes import people, text_of

pytest.importorskip("sklearn")

from surefoot.tables.fitting import Wishes
from surefoot.tables.learning import learn, lesson
from surefoot.training.store import finite
from surefoot.views.report import after_words, before_words, report_page
from surefoot.views.report.charts import charts
from surefoot.views.report.svg import apart, label, ticks

HOSTILE = [
    "<script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</svg><img src=x onerror=alert(1)>",
    '" onload="alert(1)',
    "' onmouseover='alert(1)",
    "</style><script>alert(1)</script>",
    "<!--",
    "-->",
    "]]>",
    "&lt;b&gt;",
    "&#60;script&#62;",
    "{title}",
    "{0}",
    "%s",
    "\\u003cscript\\u003e",
    "javascript:alert(1)",
    "<svg/onload=alert(1)>",
    "<math><mtext></mtext></math>",
    "\x00\x01\x1b[31m",
    "\u202egnp.exe",
    "a" * 5000,
    "ä" * 300,
    "\n\n<h1>",
    "\t",
    "<iframe src=//evil>",
    "<a href=javascript:x>",
    "<base href=//evil>",
    "<meta http-equiv=refresh>",
    "`${alert(1)}`",
    "$(rm -rf /)",
    "; rm -rf /",
    "=cmd|' /C calc'!A0",
    "𝔘𝔫𝔦",
    "\ud83d",
    "<form>",
    "<input autofocus onfocus=x>",
    "<link rel=stylesheet href=//evil>",
    "<object data=x>",
    "<embed src=x>",
    "<details open ontoggle=x>",
]
HOSTILE += [f"{a}{i}{b}\"'>" for i, (a, b) in enumerate((x, y) for x in HOSTILE[:10] for y in HOSTILE[2:8])]


class Tags(HTMLParser):
    """Every tag and attribute of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes = [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attributes}


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    path = tmp_path_factory.mktemp("t") / "t.csv"
    names, rows = people(160)
    path.write_text(text_of(names, rows))
    found = []
    for target in ("stays", "worth", "town"):
        _, record = learn(lesson(path, target), Wishes(max_iter=30), lambda _: None)
        record["files"] = {"model": "m.json", "report": "r.html"}
        found.append(json.loads(json.dumps(finite(record), allow_nan=False)))
    return found


def named(record, name):
    """The record with every name of it replaced, each by one of its own."""
    spoilt = copy.deepcopy(record)
    spoilt["table"]["name"] = spoilt["target"]["name"] = spoilt["files"]["model"] = name
    spoilt["target"]["classes"] = [f"{name}{k}" for k in range(len(record["target"]["classes"]))]
    for column in spoilt["columns"] + spoilt["importance"]:
        column["name"] = name
    for column in spoilt["columns"]:
        column["why"] = column["why"] and name
        column["categories"] = [name for _ in column["categories"]]
    for curve in spoilt.get("classes", {}).get("roc", []):
        curve["class"] = name
    for rival in spoilt["rivals"]:
        rival["who"] = name
    spoilt["notes"] = spoilt["training"]["warnings"] = [name]
    spoilt["verdict"]["sentence"] = name
    return spoilt


def test_there_are_a_hundred_hostile_names():
    assert len(set(HOSTILE)) >= 100


@pytest.mark.parametrize("which", range(3))
def test_hostile_names_add_no_tag_and_no_attribute(records, which):
    plain = Tags(report_page(named(records[which], "name")))
    assert "script" not in plain.tags
    assert not any(name.startswith("on") for name in plain.attributes)
    for name in HOSTILE:
        page = report_page(named(records[which], name))
        there = Tags(page)
        assert (there.tags, there.attributes) == (plain.tags, plain.attributes), name
        assert not set(page) & set("\x00\x01\x1b\u202e"), name


def test_every_chart_is_well_formed_and_told(records):
    wanted = (
        {"How good is it?", "How it learnt", "What it looks at"},
        {"Right and wrong"},
        {"Predicted and true"},
    )
    for record, own in zip(records, (wanted[1], wanted[2], wanted[1]), strict=True):
        drawn = charts(record)
        assert {chart.title for chart in drawn} >= wanted[0] | own
        assert len(drawn) == 6
        for chart in drawn:
            tree = ElementTree.fromstring(chart.drawing)
            assert tree.get("role") == "img"
            assert [child.tag for child in tree][:2] == ["title", "desc"]
            assert (
                tree.find("desc").text == chart.sentence.rstrip(".")
                or tree.find("desc").text == chart.sentence
            )
            assert "nan" not in chart.drawing
            assert "inf" not in chart.drawing


def test_the_page_loads_nothing(records):
    for record in records:
        page = report_page(record)
        assert "default-src 'none'" in page
        assert "http" not in page.replace("http-equiv", "")
        assert "url(" not in page


def test_the_words_are_honest(records):
    for record in records:
        text = before_words(record) + after_words(record)
        assert ("beyond chance: yes" in text) == record["verdict"]["better"]
        assert all(rival["who"] in text for rival in record["rivals"])
        assert record["training"]["best_iteration"] <= record["training"]["iterations"]
        split = record["split"]
        used = split["train"] + split["validation"] + split["test"]
        assert used == (sum(record["target"]["rows"]) or record["table"]["rows"])


def test_curves_meet_the_model(records):
    for record in records:
        curves = record["curves"]
        assert record["training"]["best_iteration"] in curves["iterations"]
        assert (
            len(curves["iterations"])
            == len(curves["training"])
            == len(curves["test"])
            == len(curves["validation"])
        )
        best = curves["validation"][curves["iterations"].index(record["training"]["best_iteration"])]
        assert best == min(curves["validation"])


def test_nothing_learnt_is_said(tmp_path):
    import numpy as np

    rng = np.random.default_rng(0)
    path = tmp_path / "noise.csv"
    path.write_text(
        text_of(["a", "y"], [[f"{rng.normal():.3f}", str(rng.choice(["u", "v"]))] for _ in range(200)])
    )
    _, record = learn(lesson(path, "y"), Wishes(), lambda _: None)
    record["files"] = {"model": "m", "report": ""}
    assert record["verdict"]["better"] is False
    assert "can be chance" in after_words(record)
    assert 'class="verdict no"' in report_page(record)


@pytest.mark.parametrize(
    ("low", "high"), [(0, 1), (-3, 17), (1e-9, 2e-9), (-1e12, 1e12), (0.98, 1.0), (1e150, 2e150), (5, 5)]
)
def test_ticks_lie_in_their_range_and_differ(low, high):
    found = ticks(low, high)
    assert 1 <= len(found) <= 12
    assert all(low - 1e-9 * abs(low) <= t <= high + 1e-9 * abs(high) for t in found)
    assert len({label(t) for t in found}) == len(found)


def test_labels_keep_apart():
    assert apart([10, 10, 10], 14, 0, 100) == [10, 24, 38]
    assert apart([99, 100], 14, 0, 100) == [86, 100]
