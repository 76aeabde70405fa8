"""The closing lines of a run, the same in every view: what came out, and why it ended."""

from __future__ import annotations

from surefoot.records import Ending, Header, Step
from surefoot.views.words import count, duration, number, percent, plain


def summary(header: Header, last_step: Step | None, ending: Ending) -> str:
    """Two lines of plain text: what was reached at what cost, then why the run ended.

    Accuracies, or the test loss of a regression, are told when the last step carries them.
    """
    what = f"{header.architecture}, {count(header.parameters, 'parameter')}, {plain(header.method)}"
    why = plain(ending.sentence)
    if last_step is None:
        return f"{what}: nothing was computed\n{why}"
    return f"{what}: {', '.join(reached(last_step))}\n{why}"


def reached(step: Step) -> list[str]:
    """Loss, accuracies and cost of one step, each as a short phrase."""
    measures = step.measures
    phrases = [f"loss {number(step.value)}"]
    if "accuracy_train" in measures:
        phrases.append(f"train {percent(measures['accuracy_train'])}")
    if "accuracy_test" in measures:
        phrases.append(f"test {percent(measures['accuracy_test'])}")
    elif "loss_test" in measures:
        phrases.append(f"test loss {number(measures['loss_test'])}")
    spent = [count(step.iteration, "iteration"), count(step.cost.passes, "pass"), duration(step.seconds)]
    return phrases + spent
