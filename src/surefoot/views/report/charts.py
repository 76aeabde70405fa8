"""The charts of the report: each is (title, drawing, one sentence that says the same).

A chart that has nothing to draw is None.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from surefoot.views.report.svg import (
    HEIGHT,
    LETTER,
    WIDTH,
    Frame,
    apart,
    around,
    line,
    picture,
    tag,
    ticks,
    words,
)
from surefoot.views.report.words import shown_as
from surefoot.views.words import count, number, percent, plain, short

Record = Mapping[str, Any]
INKS = ("blue", "orange", "green", "purple", "sky", "brown")


class Chart(NamedTuple):
    title: str
    drawing: str
    sentence: str


def scores_chart(record: Record) -> Chart:
    """The network, the linear model and the baseline, each with its interval, on one scale."""
    rows = [{**record["score"], "who": "this network", "ink": "blue"}]
    rows += [{**rival, "who": rival["who"], "ink": "grey"} for rival in record["rivals"]]
    as_percent = record["target"]["task"] == "classification"
    show = shown_as(record["score"]["name"])
    ends = [row[end] for row in rows for end in ("low", "high", "value") if row[end] is not None]
    low, high = around(ends, 0.08)
    if as_percent:
        low, high = max(0.0, low), min(1.0, high)
    frame = Frame((low, high), (0, 1), left=20, bottom=24 + 44 * len(rows), right=WIDTH - 22)
    parts = [
        frame.axes(record["score"]["name"] + " on the test rows", "", None, [], "x" if as_percent else "")
    ]
    for i, row in enumerate(rows):
        y = 36 + 44 * i
        value = show(row["value"])
        parts += [words(20, y - 10, short(row["who"], 34), "word")]
        parts += [words(WIDTH - 22, y - 10, value, "word strong" if i == 0 else "word", "end")]
        if row["low"] is not None:
            parts += [line(frame.px(row["low"]), y + 4, frame.px(row["high"]), y + 4, f"bar {row['ink']}")]
        if row["value"] is not None:
            parts += [tag("circle", cx=frame.px(row["value"]), cy=y + 4.0, r=5, class_=f"dot {row['ink']}")]
    text = "; ".join(
        f"{row['who']}: {show(row['value'])} (95 % interval {show(row['low'])} to {show(row['high'])})"
        for row in rows
    )
    sentence = text[:1].upper() + text[1:]
    return Chart(
        "How good is it?",
        picture("How good is it?", sentence, *parts, height=frame.bottom + 40),
        sentence + ".",
    )


def curves_chart(record: Record) -> Chart | None:
    """Training, validation and test curves; the best iteration marked."""
    curves = record["curves"]
    ks = curves["iterations"]
    names = [
        (n, ink)
        for n, ink in (("training", "blue"), ("validation", "orange"), ("test", "green"))
        if curves[n]
    ]
    if len(ks) < 2 or not names:
        return None
    values = [v for name, _ in names for v in curves[name] if v is not None and math.isfinite(v)]
    ordered = sorted(values)
    ends = [curves[name][i] for name, _ in names for i in (0, -1) if curves[name][i] is not None]
    top = max(ordered[int(0.98 * (len(ordered) - 1))], *ends)
    span = around([min(values), top], 0.06)
    frame = Frame(
        (ks[0], max(ks[-1], 1)),
        (max(0.0, span[0]) if min(values) >= 0 else span[0], span[1]),
        right=WIDTH - 76,
    )
    parts = [frame.axes("iteration", curves["quantity"])]
    best = record["training"]["best_iteration"]
    x = frame.px(best)
    parts += [line(x, frame.top, x, frame.bottom, "mark")]
    side = "end" if best > (ks[0] + ks[-1]) * 0.55 else "start"
    parts += [words(x + (-5 if side == "end" else 5), frame.top + 9, f"best: {best}", "word", side)]
    ends = apart(
        [frame.py(min(curves[name][-1], frame.y[1])) for name, _ in names], 14, frame.top, frame.bottom
    )
    for dashes, ((name, ink), y) in enumerate(zip(names, ends, strict=True)):
        shown = [min(v, frame.y[1]) for v in curves[name]]
        parts += [frame.path(ks, shown, f"curve {ink} dash{dashes}")]
        parts += [words(frame.right + 6, y + 4, name, f"word {ink}-text")]
    at = min(range(len(ks)), key=lambda i: abs(ks[i] - best))
    told = ", ".join(f"{name} {number(curves[name][at])}" for name, _ in names)
    what = curves["quantity"].capitalize()
    sentence = f"{what} by iteration, lower is better; at iteration {best}, the best: {told}."
    return Chart("How it learnt", picture("How it learnt", sentence, *parts), sentence)


def confusion_chart(record: Record) -> Chart | None:
    """True classes in rows, predicted in columns; the numbers are rows of the table."""
    pictures = record.get("classes")
    if not pictures:
        return None
    C, names = pictures["confusion"], record["target"]["classes"]
    k = len(names)
    total = sum(map(sum, C))
    wrong = [(C[i][j], i, j) for i in range(k) for j in range(k) if i != j and C[i][j]]
    right = sum(C[i][i] for i in range(k))
    sentence = f"{right:,} of {count(total, 'test row')} are right"
    if wrong:
        most, i, j = max(wrong, key=lambda one: one[0])
        sentence += (
            f"; the most frequent mistake: {most:,} of class {plain(names[i])!r} called {plain(names[j])!r}."
        )
    else:
        sentence += "; there is no mistake."
    room = min(max(len(short(plain(n), 14)) for n in names) * LETTER + 14, 100)
    side = min((HEIGHT - 62) / k, (WIDTH - room - 30) / k, 62)
    wide = min((WIDTH - room - 34) / k, side * 1.7)
    left, top = room + 20, 40
    parts = [words(left + wide * k / 2, 12, "predicted class", "name", "middle")]
    fit = all(len(plain(name)) * LETTER <= wide for name in names)
    heads = [plain(name) if fit else str(i + 1) for i, name in enumerate(names)]
    for i in range(k):
        if side >= 9:
            name = short(plain(names[i]) if fit else f"{i + 1} {plain(names[i])}", 14)
            parts += [words(left - 6, top + side * (i + 0.5) + 4, name, "tick", "end")]
            if wide >= len(heads[i]) * LETTER:
                parts += [words(left + wide * (i + 0.5), top - 6, heads[i], "tick", "middle")]
        row = sum(C[i]) or 1
        for j in range(k):
            share = C[i][j] / row
            ink = "blue" if i == j else "orange"
            box = {"x": left + wide * j, "y": top + side * i, "width": wide - 1.5, "height": side - 1.5}
            parts += [
                tag("rect", class_=f"cell {ink}", fill_opacity=0.06 + 0.8 * share if C[i][j] else 0.04, **box)
            ]
            if C[i][j] and side >= 12 and wide >= len(str(C[i][j])) * LETTER + 2:
                strong = " on" if share > 0.55 else ""
                at = (left + wide * (j + 0.5), top + side * (i + 0.5) + 4)
                parts += [words(*at, f"{C[i][j]:,}", f"word{strong}", "middle")]
    middle = top + side * k / 2
    parts += [
        tag(
            "text",
            "true class",
            x=12,
            y=middle,
            class_="name",
            text_anchor="middle",
            transform=f"rotate(-90 12 {middle:g})",
        )
    ]
    return Chart(
        "Right and wrong",
        picture("Right and wrong", sentence, *parts, height=max(top + side * k + 8, 120)),
        sentence,
    )


def roc_chart(record: Record) -> Chart | None:
    """Right against false alarms, one class against the rest."""
    curves = (record.get("classes") or {}).get("roc")
    if not curves:
        return None
    frame = Frame((0, 1), (0, 1), right=WIDTH - 22)
    shares = [0, 0.25, 0.5, 0.75, 1]
    parts = [frame.axes("false alarms", "right alarms", shares, shares, "xy")]
    parts += [line(frame.px(0), frame.py(0), frame.px(1), frame.py(1), "chance")]
    for i, curve in enumerate(curves[:40]):
        parts += [frame.path(curve["false"], curve["right"], f"curve {INKS[i % len(INKS)]} dash{i % 3}")]
    told = sorted(range(len(curves)), key=lambda i: float(curves[i]["area"]))[:6]  # the lowest have names
    for place, i in enumerate(sorted(told)):
        y = frame.bottom - 10 - 15 * (len(told) - 1 - place)
        text = f"{short(plain(curves[i]['class']), 16)}: {curves[i]['area']:.3f}"
        start = frame.right - 16 - LETTER * 24
        parts += [line(start - 28, y - 4, start - 6, y - 4, f"curve {INKS[i % len(INKS)]} dash{i % 3}")]
        parts += [words(start, y, text, "word")]
    worst = min(curves, key=lambda curve: curve["area"])
    lowest = " at least" if len(curves) > 1 else ""
    rest = ", one class against the rest" if len(record["target"]["classes"]) > 2 else ""
    sentence = (
        f"Area under the curve{lowest} {worst['area']:.3f} ({plain(worst['class'])!r}){rest}; 1 is perfect, "
        "0.5 (the dotted line) is chance."
    )
    return Chart("Alarms, right and false (ROC)", picture("ROC", sentence, *parts), sentence)


def calibration_chart(record: Record) -> Chart | None:
    """What it says against what comes true."""
    groups = (record.get("classes") or {}).get("calibration")
    if not groups:
        return None
    low = min(0.5, *(g["said"] for g in groups), *(g["low"] for g in groups))
    low = math.floor(low * 10) / 10
    frame = Frame((low, 1), (low, 1), right=WIDTH - 22)
    parts = [frame.axes("how sure it says it is", "how often it is right", None, None, "xy")]
    parts += [line(frame.px(low), frame.py(low), frame.px(1), frame.py(1), "chance")]
    for g in groups:
        x = frame.px(g["said"])
        parts += [line(x, frame.py(g["low"]), x, frame.py(g["high"]), "whisker blue")]
    parts += [frame.path([g["said"] for g in groups], [g["right"] for g in groups], "curve blue")]
    parts += [
        tag("circle", cx=frame.px(g["said"]), cy=frame.py(g["right"]), r=4, class_="dot blue") for g in groups
    ]
    rows = sum(g["rows"] for g in groups)
    said = sum(g["said"] * g["rows"] for g in groups) / rows
    right = sum(g["right"] * g["rows"] for g in groups) / rows
    sentence = (
        f"On average it says {percent(said)} and is right in {percent(right)}; on the dotted line both agree."
    )
    return Chart("Can its certainty be trusted?", picture("Calibration", sentence, *parts), sentence)


def predicted_chart(record: Record) -> Chart | None:
    """Predicted against true."""
    pictures = record.get("numbers")
    if not pictures:
        return None
    true, predicted = pictures["true"], pictures["predicted"]
    low, high = around([*true, *predicted])
    frame = Frame((low, high), (low, high), left=62)
    parts = [frame.axes(f"true {plain(record['target']['name'])}", "predicted")]
    parts += [line(frame.px(low), frame.py(low), frame.px(high), frame.py(high), "chance")]
    parts += [
        tag("circle", cx=frame.px(a), cy=frame.py(b), r=3, class_="point blue")
        for a, b in zip(true, predicted, strict=True)
    ]
    mae = next(score for score in record["others"] if score["name"] == "mean absolute error")
    sentence = f"On the dotted line both are equal; on average they differ by {number(mae['value'])}."
    return Chart("Predicted and true", picture("Predicted and true", sentence, *parts), sentence)


def residuals_chart(record: Record) -> Chart | None:
    """A histogram of true minus predicted."""
    pictures = record.get("numbers")
    if not pictures:
        return None
    edges, rows = pictures["residuals"]["edges"], pictures["residuals"]["rows"]
    reach = max(abs(edges[0]), abs(edges[-1])) or 1.0
    frame = Frame((-reach, reach), (0, max(rows) * 1.06), left=62)
    parts = [frame.axes("true minus predicted", "test rows")]
    for a, b, many in zip(edges, edges[1:], rows, strict=False):
        box = {
            "x": frame.px(a),
            "width": max(frame.px(b) - frame.px(a) - 1.2, 0.4),
            "y": frame.py(many),
            "height": frame.bottom - frame.py(many),
        }
        parts += [tag("rect", class_="cell blue", fill_opacity=0.75, **box)]
    parts += [line(frame.px(0), frame.top, frame.px(0), frame.bottom, "mark")]
    sentence = (
        f"The mistakes reach from {number(edges[0])} to {number(edges[-1])}; left of the line the prediction "
        "was too high, right of it too low."
    )
    return Chart("The mistakes", picture("The mistakes", sentence, *parts), sentence)


def spread_chart(record: Record) -> Chart | None:
    """Mistakes against the prediction: does their size depend on it?"""
    pictures = record.get("numbers")
    if not pictures:
        return None
    predicted = pictures["predicted"]
    mistakes = [true - said for true, said in zip(pictures["true"], predicted, strict=True)]
    reach = max(map(abs, mistakes)) * 1.06 or 1.0
    frame = Frame(around(predicted), (-reach, reach), left=62)
    parts = [frame.axes("predicted", "true minus predicted")]
    parts += [line(frame.left, frame.py(0), frame.right, frame.py(0), "mark")]
    parts += [
        tag("circle", cx=frame.px(a), cy=frame.py(b), r=3, class_="point blue")
        for a, b in zip(predicted, mistakes, strict=True)
    ]
    middle, pairs = sorted(predicted)[len(predicted) // 2], list(zip(predicted, mistakes, strict=True))
    halves = ([abs(m) for p, m in pairs if (p >= middle) == upper] for upper in (False, True))
    small, large = (number(sum(half) / len(half)) if half else "-" for half in halves)
    sentence = f"Where the prediction is small it is off by {small} on average, where it is large by {large}."
    return Chart("Where the mistakes are", picture("Where the mistakes are", sentence, *parts), sentence)


def importance_chart(record: Record, most: int = 8) -> Chart | None:
    """What shuffling a column costs, the most important first."""
    found = record["importance"][:most]
    if not found:
        return None
    top = max(*(one["rise"] + one["spread"] for one in found), 1e-12)
    low = min(0.0, *(one["rise"] - one["spread"] for one in found))
    room = min(max(len(short(plain(one["name"]), 20)) for one in found) * LETTER + 22, 150)
    step = (HEIGHT - 46) / max(len(found), 5)
    frame = Frame((low, top * 1.04), (0, 1), left=room, bottom=8 + step * len(found), top=4)
    parts = [frame.axes(record["importance_of"], "", ticks(low, top, 4), [])]
    for i, one in enumerate(found):
        y = 8 + step * i
        start, end = sorted((frame.px(0), frame.px(one["rise"])))
        parts += [words(room - 8, y + step / 2 + 3, short(plain(one["name"]), 20), "tick", "end")]
        parts += [
            tag(
                "rect",
                x=start,
                y=y + step * 0.18,
                width=max(end - start, 0.5),
                height=step * 0.6,
                class_="cell blue",
                fill_opacity=0.75,
            )
        ]
        ends = (frame.px(one["rise"] - one["spread"]), frame.px(one["rise"] + one["spread"]))
        parts += [line(ends[0], y + step * 0.48, ends[1], y + step * 0.48, "whisker ink")]
    more = len(record["importance"]) - len(found)
    names = ", ".join(repr(plain(one["name"])) for one in found[:3])
    sentence = f"Shuffling one column among the test rows: the loss rises most for {names}" + (
        f" ({more} more not shown)." if more > 0 else "."
    )
    return Chart(
        "What it looks at", picture("What it looks at", sentence, *parts, height=frame.bottom + 40), sentence
    )


def charts(record: Record) -> Sequence[Chart]:
    """All charts that this record has something for, in the order of the page."""
    makers = (
        scores_chart, curves_chart, confusion_chart, roc_chart, calibration_chart,
        predicted_chart, residuals_chart, spread_chart, importance_chart,
    )  # fmt: skip
    return [chart for make in makers if (chart := make(record)) is not None]
