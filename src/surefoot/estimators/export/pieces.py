"""The text that predict.py is put together from; its numbers come from `python`.

What stands in braces is filled in with words of our own; names from the model are literals there.
"""

from __future__ import annotations

from typing import NamedTuple


class Task(NamedTuple):
    """What one task says and does: lines of the docstring, functions, and the header of what is written."""

    doc: str
    code: str
    header: str


HEAD = '''"""{origin}

Plain Python that needs nothing but its standard library.

{doc}

    python predict.py [TABLE.csv] > predictions.csv         without a table: from standard input

Where FEATURES has names, a table may have them as its header, in any order and among other columns.
Else its columns are the inputs in order; a first row without any number is taken for a header.
"""

import argparse
import csv
import io
import math
import sys

'''

DOC_PROBA = """\
    predict_proba(rows)   for many rows the probability of each class, in the order of CLASSES;
                          as a script: --proba"""
DOC_CLASSES = f"""\
    predict_one(row)      the class of one row of {{inputs}} numbers
    predict(rows)         the classes of many
{DOC_PROBA}"""
DOC_LABELS = f"""\
    predict_one(row)      1 for each of CLASSES that one row of {{inputs}} numbers belongs to, else 0
    predict(rows)         the same for many
{DOC_PROBA}"""
DOC_NUMBERS = """\
    predict_one(row)      the {labels} predicted for one row of {inputs} numbers
    predict(rows)         the same for many"""

LOGISTIC = '''
def logistic(z):
    """1 / (1 + e^-z); exp must not overflow."""
    if z < 0:
        return math.exp(z) / (1 + math.exp(z))
    return 1 / (1 + math.exp(-z))

'''
RELU = '''
def relu(z):
    """max(z, 0)."""
    return max(z, 0.0)

'''
SOFTPLUS = '''
def softplus(z):
    """log(1 + e^z); exp must not overflow."""
    return max(z, 0.0) + math.log1p(math.exp(-abs(z)))

'''
LAYER = "layer(a, weights, biases)"
ACTIVATIONS = {  # how a hidden layer reads in predict.py, and the function to be written there
    "logistic": (f"[logistic(z) for z in {LAYER}]", LOGISTIC),
    "tanh": (f"[math.tanh(z) for z in {LAYER}]", ""),
    "relu": (f"[relu(z) for z in {LAYER}]", RELU),
    "softplus": (f"[softplus(z) for z in {LAYER}]", SOFTPLUS),
    "identity": (LAYER, ""),
}

PLAIN = "[(x - mean) / scale for x, mean, scale in zip(checked(row), MEAN, SCALE)]"
SHRUNK = """[
        (x * by - mean * by) / (scale * by)  # 2^-64 where a difference of such numbers may overflow
        for x, mean, scale, by in zip(checked(row), MEAN, SCALE, SHRINK)
    ]"""
HIDDEN = """\
    for weights, biases in LAYERS[:-1]:
        a = {activated}
"""
NETWORK = '''
def outputs(row):
    """The outputs z of the last layer, from the numbers of one row."""
    a = {scaled}
{hidden}    return layer(a, *LAYERS[-1])


def layer(a, weights, biases):
    """z = W a + b, unit by unit."""
    return [sum(w * x for w, x in zip(unit, a)) + b for unit, b in zip(weights, biases)]


def checked(row):
    """The numbers of a row, as many as there are inputs and none of them NaN or infinite."""
    numbers = [float(x) for x in row]
    if len(numbers) != INPUTS:
        raise ValueError(f"a row has {{len(numbers)}} numbers; wanted are {{INPUTS}}")
    if not all(map(math.isfinite, numbers)):
        raise ValueError("a row holds NaN or infinity; fill such cells in first, or leave the row out")
    return numbers


def predict(rows):
    """The predictions for many rows."""
    return [predict_one(row) for row in rows]

'''

PROBA = '''

def predict_proba(rows):
    """The probabilities of CLASSES for many rows."""
    return [probabilities(row) for row in rows]

'''
MULTICLASS = f'''
def predict_one(row):
    """The class of one row: the one with the largest output."""
    z = outputs(row)
    return CLASSES[z.index(max(z))]


def probabilities(row):
    """softmax(z) = e^z / sum of e^z; the largest z is subtracted first: exp must not overflow."""
    z = outputs(row)
    top = max(z)
    e = [math.exp(value - top) for value in z]
    total = sum(e)
    return [value / total for value in e]
{PROBA}'''
BINARY = f'''
def predict_one(row):
    """The class of one row: the second where z > 0."""
    (z,) = outputs(row)
    return CLASSES[1 if z > 0 else 0]


def probabilities(row):
    """1 - logistic(z) = logistic(-z), and logistic(z)."""
    (z,) = outputs(row)
    return [logistic(-z), logistic(z)]
{PROBA}'''
MULTILABEL = f'''
def predict_one(row):
    """1 for each class with z > 0, else 0."""
    return [1 if z > 0 else 0 for z in outputs(row)]


def probabilities(row):
    """logistic(z) for each class by itself."""
    return [logistic(z) for z in outputs(row)]
{PROBA}'''
NUMBER = '''
def predict_one(row):
    """The number predicted for one row: z in the unit of the target."""
    (z,) = outputs(row)
    return unscaled(z, 0)

'''
NUMBERS = '''
def predict_one(row):
    """The numbers predicted for one row: z in the units of the targets."""
    return [unscaled(z, k) for k, z in enumerate(outputs(row))]

'''
UNSCALED = '''
def unscaled(z, k):
    """z in the unit of target k."""
    return TARGET_MEAN[k] + TARGET_SCALE[k] * z

'''
UNSCALED_SHRUNK = '''
def unscaled(z, k):
    """z in the unit of target k; multiplied by 2^-64 on the way where the numbers are huge."""
    by = TARGET_SHRINK[k]
    return (TARGET_MEAN[k] * by + TARGET_SCALE[k] * by * z) / by

'''

TASKS = {
    "multiclass": Task(DOC_CLASSES, MULTICLASS, '["prediction"]'),
    "binary": Task(DOC_CLASSES, BINARY, '["prediction"]'),
    "multilabel": Task(DOC_LABELS, MULTILABEL, "CLASSES"),
    "number": Task(DOC_NUMBERS, NUMBER, '["prediction"]'),
    "numbers": Task(
        DOC_NUMBERS, NUMBERS, '[f"prediction_{number}" for number in range(1, len(TARGET_MEAN) + 1)]'
    ),
}

TABLE = '''
def read_table(file):
    """Rows of numbers from an open CSV file; its columns are parted by comma, semicolon or tab."""
    text = file.read()
    first = text.partition("\\n")[0]
    delimiter = max(",;\\t", key=first.count)
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if row]
    if not rows:
        return []
    places, has_header = columns([name.strip() for name in rows[0]])
    return [numbers(rows[k], places, k + 1) for k in range(has_header, len(rows))]


def columns(names):
    """Where the inputs stand in a row, and whether the first row is a header."""
    wanted = [name.strip() for name in FEATURES]
    if wanted and all(names.count(name) == 1 for name in wanted):
        return [names.index(name) for name in wanted], True
    has_header = not any(map(is_number, names))
    for name in wanted if has_header else []:
        if names.count(name) != 1:
            raise ValueError(f"the header has column {name!r} {names.count(name)} times; wanted is once")
    if len(names) != INPUTS:
        raise ValueError(f"the table has {len(names)} columns; wanted are {INPUTS}")
    return range(INPUTS), has_header


def numbers(cells, places, number):
    """The cells at these places as numbers; `number` is the row's, for the message."""
    for place in places:
        if place >= len(cells) or not is_number(cells[place]):
            found = repr(cells[place]) if place < len(cells) else "nothing"
            raise ValueError(f"row {number}, column {place + 1} holds {found}; wanted is a finite number")
    if places == range(INPUTS) and len(cells) != INPUTS:
        raise ValueError(f"row {number} has {len(cells)} columns; wanted are {INPUTS}")
    return [float(cells[place]) for place in places]


def is_number(cell):
    """True for the text of a finite number."""
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False

'''

MAIN = """
def main():
    parser = argparse.ArgumentParser(description="Predict for every row of a CSV table.")
    parser.add_argument("table", nargs="?", help="a CSV file; without one, standard input")
{proba_flag}    given = parser.parse_args()
    try:
        with open(given.table or 0, encoding="utf-8-sig", newline="") as file:
            rows = read_table(file)
{results}    except (OSError, ValueError, OverflowError, csv.Error) as error:
        sys.exit(f"predict: {{error}}")
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", newline="")
    writer = csv.writer(sys.stdout, lineterminator="\\n")
    writer.writerow(header)
    writer.writerows(result if isinstance(result, list) else [result] for result in results)


if __name__ == "__main__":
    main()
"""
PROBA_FLAG = (
    '    parser.add_argument("--proba", action="store_true", help="write the probability of each class")\n'
)
RESULTS = """\
        header, results = {header}, predict(rows)
"""
RESULTS_OR_PROBA = """\
        if given.proba:
            header, results = CLASSES, predict_proba(rows)
        else:
            header, results = {header}, predict(rows)
"""
