"""What was found, in words for the terminal: before the training, and after it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from surefoot.views.words import count, duration, number, percent, plain, short

Record = Mapping[str, Any]
LISTED = 8  # names in a list, at most


def before_words(record: Record) -> str:
    """What the table holds, and what is predicted."""
    return "\n".join(_before(record))


def after_words(record: Record) -> str:
    """The honest report."""
    return "\n".join(_after(record))


def found_sentences(record: Record) -> list[str]:
    """What was found in the table, a sentence each."""
    columns = record["columns"]
    used = [c for c in columns if c["kind"] != "left out"]
    numbers = [c["name"] for c in used if c["kind"] == "number"]
    words = [f"{plain(c['name'])} ({len(c['categories'])})" for c in used if c["kind"] == "category"]
    gaps = [c for c in used if c["missing"]]
    said = [
        f"{count(len(used), 'column')} to learn from: {len(numbers)} with numbers, "
        f"{len(words)} with categories."
    ]
    if words:
        said.append(f"Categories (how many): {listed(words)}.")
    if gaps:
        holes = listed([f"{plain(c['name'])} ({c['missing']:,})" for c in gaps])
        said.append(
            f"Missing cells: {holes}. The median stands in for numbers; missing is a category of its own."
        )
    return [*said, *left_out(columns), *map(plain, record["notes"])]


def left_out(columns: Sequence[Record]) -> list[str]:
    """A sentence for each reason to leave columns out."""
    reasons: dict[str, list[str]] = {}
    for column in columns:
        if column["kind"] == "left out":
            reasons.setdefault(plain(column["why"]), []).append(plain(column["name"]))
    return [f"Left out: {listed(names)}: {why}." for why, names in reasons.items()]


def target_sentence(record: Record) -> str:
    """What is predicted, as what, and why."""
    target, task = record["target"], record["target"]["task"]
    if task == "regression":
        return f"Predicted: {plain(target['name'])}, as a number: {target['why']}."
    classes = listed([f"{plain(c)} ({n:,})" for c, n in zip(target["classes"], target["rows"], strict=True)])
    many = len(target["classes"])
    return f"Predicted: {plain(target['name'])}, one of {many} classes: {target['why']}. Rows: {classes}."


def split_sentence(record: Record) -> str:
    """How the rows are split."""
    split = record["split"]
    within = f" ({split['validation']:,} of them decide when to stop)" if split["validation"] else ""
    kept = ", the same share of every class in each" if split["stratified"] else ""
    return (
        f"Split: {split['train'] + split['validation']:,} rows to learn from{within}, "
        f"{split['test']:,} to test with, by chance with seed {split['seed']}{kept}."
    )


def training_sentence(record: Record) -> str:
    """What the training was, and how it ended."""
    t, net = record["training"], record["network"]
    restarts = f", the best of {net['restarts']} starts" if net["restarts"] > 1 else ""
    return (
        f"Trained: {net['architecture']} network ({count(net['parameters'], 'parameter')}), "
        f"{count(t['iterations'], 'iteration')} in {duration(t['seconds'])}, best at {t['best_iteration']}"
        f"{restarts}. {_decay(net)}"
    )


def _decay(net: Record) -> str:
    """How much weight decay, and why so much; records of before say only how much."""
    why = f" ({plain(net['l2_why'])})" if net.get("l2_why") else ""
    return f"Weight decay: l2 = {net['l2']:.3g}{why}."


def shown_as(name: str) -> Callable[[float | None], str]:
    """How a score of this name is written: as percent, with two decimals, or with four digits."""
    if name == "accuracy":
        return percent
    return (
        (lambda value: "-" if value is None else f"{round(value, 2) + 0.0:.2f}") if name == "R²" else number
    )


def score_text(score: Record) -> str:
    """97.4 % (93.9 % to 99.0 %)."""
    show = shown_as(score["name"])
    if score["low"] is None:
        return show(score["value"])
    return f"{show(score['value'])} (95 % interval {show(score['low'])} to {show(score['high'])})"


def listed(names: list[str]) -> str:
    """At most LISTED names, and how many more."""
    shown = [short(name, 40) for name in names[:LISTED]]
    return ", ".join(shown) + (f" and {len(names) - LISTED} more" if len(names) > LISTED else "")


def next_commands(record: Record) -> list[tuple[str, str]]:
    """What can be done with the model: (in words, the command)."""
    model = shlex.quote(plain(record["files"]["model"]))
    return [
        ("answers for new rows", f"surefoot predict {model} NEW.csv --out answers.csv"),
        ("the network for other programs", f"surefoot export {model} model.onnx"),
    ]


def _before(record: Record) -> Iterator[str]:
    table = record["table"]
    yield f"{plain(table['name'])}: {count(table['rows'], 'row')}, {count(table['columns'], 'column')}"
    for sentence in found_sentences(record):
        yield f"  {sentence}"
    other = record["target"]["other"]
    yield target_sentence(record) + (f" (Otherwise: --task {other})" if other else "")


def _after(record: Record) -> Iterator[str]:
    yield split_sentence(record)
    yield training_sentence(record)
    for warning in record["training"]["warnings"]:
        yield f"  Note: {plain(warning)}"
    yield ""
    rows = [("this network", record["score"]), *((r["who"], r) for r in record["rivals"])]
    wide = max(len(who) for who, _ in rows) + 2
    yield f"On the {record['split']['test']:,} test rows, {record['score']['name']}:"
    for who, score in rows:
        yield f"  {who:{wide}}{score_text(score)}"
    for other in record["others"]:
        yield f"  {other['name']}: {score_text(other)}"
    yield ""
    yield f"Better than the baseline beyond chance: {'yes' if record['verdict']['better'] else 'no'}"
    yield f"  {plain(record['verdict']['sentence'])}"
    if record["importance"]:
        names = listed([plain(one["name"]) for one in record["importance"][:3]])
        yield f"Most important columns: {names}"
    yield ""
    yield f"model: {plain(record['files']['model'])}"
    if record["files"]["report"]:
        yield f"report: {plain(record['files']['report'])}"
    yield f"next: {next_commands(record)[0][1]}"
