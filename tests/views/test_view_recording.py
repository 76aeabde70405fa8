"""A recording tells the run again: keyframes to the bit, the rest within the error it states.

Read here by the rule of the module, written down again, and by recording.js.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

import surefoot as sf
from surefoot.errors import BadValue
from surefoot.training.journal import Journal
from surefoot.training.packing import unpacked
from surefoot.training.questions import answer
from surefoot.views.bundle import bundle
from surefoot.views.recording import KEYFRAME, blocks, few_samples, listed, opened, quantised, recording

NODE = shutil.which("node")
N = 70  # iterations: keyframes 0, 50 and 70


@pytest.fixture(scope="module")
def journal():
    train, test = sf.load("digits").split(1000)
    journal = Journal.begin(sf.Network((64, 6, 10)), train, test, method="lbfgs", iterations=N)
    while journal.advance() is not None:
        pass
    yield journal
    journal.close()


@pytest.fixture(scope="module")
def text(journal):
    return recording(journal, partial(answer, journal))


def decoded(told, numbers):
    """Weights by iteration: the rule of the module, written down again."""
    weights = told["weights"]
    scales, codes = numbers(weights["scales"]), numbers(weights["codes"])
    exact = dict(zip(weights["keyframes"], numbers(weights["exact"]), strict=True))
    row, shown = 0, {}
    for k in weights["kept"]:
        if k in exact:
            last = exact[k]
        else:
            last = last + np.repeat(scales[row], np.diff(weights["bounds"])) * codes[row]
            row += 1
        shown[k] = last
    return shown, set(exact)


def test_keyframes_are_exact_and_the_rest_within_the_stated_error(journal, text):
    told, numbers = opened(text)
    shown, exact = decoded(told, numbers)
    assert sorted(shown) == list(range(N + 1))
    assert exact == {0, KEYFRAME, N}
    worst = 0.0
    for k, theta in shown.items():
        if k in exact:
            assert theta.tobytes() == journal.thetas[k].tobytes()
        else:
            worst = max(worst, abs(theta - journal.thetas[k]).max())
    assert worst == told["weights"]["error"]  # to the bit: the recorder shows what a reader sees
    assert 0 < worst < 0.05
    assert f"{worst:.2g}" in told["weights"]["sentence"]


def test_rounding_does_not_add_up():
    rng = np.random.default_rng(0)
    path = np.cumsum(rng.normal(size=(50, 30)), axis=0)
    coded = quantised(dict(enumerate(path)), (0, 20, 30))
    assert coded.error <= coded.scales.max() / 2 * (1 + 1e-12)
    assert set(coded.keyframes) == {0, 49}


def test_an_open_loop_would_be_found(journal, text):
    """Planted: a reader that does not carry the rounding on is far outside the stated error."""
    told, numbers = opened(text)
    codes, scales = numbers(told["weights"]["codes"]), numbers(told["weights"]["scales"])
    each = np.repeat(scales, np.diff(told["weights"]["bounds"]), axis=1)
    wrong = journal.thetas[0] + (each * codes)[20]  # the difference alone
    assert abs(wrong - journal.thetas[21]).max() > 10 * told["weights"]["error"]


@pytest.mark.parametrize("thetas", [{7: np.ones(4)}, {0: np.zeros(4), 3: np.zeros(4), 9: np.ones(4)}])
def test_weights_that_are_missing_or_do_not_move(thetas):
    coded = quantised(thetas, (0, 3, 4))
    assert coded.kept == tuple(thetas)
    assert coded.error == 0.0


def test_of_a_large_network_fewer_iterations_are_kept():
    coded = quantised({k: np.zeros(1) for k in range(120)}, (0, 30 << 20))
    assert len(coded.kept) < 120
    assert {0, 50, 100, 119} <= set(coded.keyframes)


def test_what_was_asked_is_there(journal, text):
    told, numbers = opened(text)
    assert told["missing"] == ""
    assert [event["type"] for event in told["events"]] == ["run", "steps", "status"]
    assert len(told["events"][1]["steps"]) == N + 1
    assert sorted(map(int, told["microscopes"])) == list(range(1, N + 1))
    alphas, phi, _ = numbers(told["microscopes"]["9"]["curves"])
    seen = journal.microscope(9)
    assert 35 <= len(alphas) <= 41 + len(journal.steps[9].trials)
    assert set(np.float32([t.alpha for t in journal.steps[9].trials])) <= set(alphas)
    assert np.allclose(phi, np.interp(alphas, seen.alphas, seen.phi), rtol=1e-4)
    assert {k: sorted(map(int, told[k])) for k in ("errors", "surface")} == {
        "errors": [0, 50, 70], "surface": [50, 70],
    }  # fmt: skip
    worst = told["errors"]["70"]["worst"][0]
    row = journal.test.scaled([worst["row"]])[0]
    place = worst["inputs"]
    assert (numbers(place) / place.get("over", 1) == row).all()


def test_without_the_data_it_says_so(journal):
    bare = SimpleNamespace(
        header=journal.header, steps=journal.steps, ending=None, thetas=journal.thetas, missing="Gone."
    )
    told, _ = opened(recording(bare, partial(answer, journal)))
    assert told["missing"] == "Gone."
    assert "microscopes" not in told
    assert len(told["events"][0]["samples"]["rows"]) == 8  # those of the header
    assert "without the data" in opened(recording(journal))[0]["missing"]


def test_a_question_without_an_answer_is_left_out(journal):
    def ask(what, args):
        raise BadValue("No.")

    told, _ = opened(recording(journal, ask))
    assert told["microscopes"] == {}
    assert told["softmax"] is None


def test_small_parts():
    assert blocks((64, 6, 10)) == (0, 384, 390, 450, 460)
    assert listed([0, 50]) == "0, 50"
    assert listed(range(0, 1001, 100)) == "0, 100, ..., 1,000"
    assert few_samples(SimpleNamespace(samples=None), None) is None


READ = """
import { readFileSync } from "node:fs";
const { text, asks } = JSON.parse(readFileSync(0, "utf8"));
const source = recordingSource(text);
const events = [];
source.subscribe((event) => events.push(event));
const answers = [];
for (const [what, args] of asks) {
  answers.push(await source.ask(what, args).catch((error) => ({ refused: error.message })));
}
const can = await source.command("play", {}).catch((error) => error.message);
await new Promise((done) => setTimeout(done, 10));
console.log(JSON.stringify({ events, answers, can, kind: source.kind }));
"""


def in_javascript(text, asks, tmp_path):
    path = tmp_path / "recording.mjs"
    path.write_text(bundle("recording.js") + READ, encoding="utf-8")
    done = subprocess.run(
        [NODE, path], input=json.dumps({"text": text, "asks": asks}), capture_output=True, text=True,
        check=False, timeout=60,
    )  # fmt: skip
    assert done.stderr == ""
    return json.loads(done.stdout)


@pytest.mark.skipif(NODE is None, reason="node is not installed")
def test_the_browser_reads_the_same(journal, text, tmp_path):
    asks = [
        ["weights", {"from": 40, "to": 60}], ["weights", {"from": 0, "to": 39}],
        ["weights", {"from": 69, "to": 70}],
        ["exact weights", {"k": 50}], ["exact weights", {"k": 51}], ["microscope", {"k": 9}],
        ["errors", {"k": 63}], ["errors", {"k": 50}], ["surface", {"k": 70}], ["gradient", {"k": 1}],
        ["tea", {}], ["microscope", {"k": 0}],
    ]  # fmt: skip
    read = in_javascript(text, asks, tmp_path)
    shown, _ = decoded(*opened(text))
    for told, (_, args) in zip(read["answers"][:3], asks, strict=False):
        rows = unpacked(told["weights"])
        assert told["from"] == args["from"]
        for k, row in enumerate(rows, start=args["from"]):
            assert row.tobytes() == shown[k].astype(np.float32).tobytes(), k
    assert unpacked(read["answers"][3]["weights"]).tobytes() == journal.thetas[50].tobytes()
    assert "exact at iterations 0, 50, 70" in read["answers"][4]["refused"]
    microscope, errors, at, surface, gradient = read["answers"][5:10]
    assert microscope["step"]["iteration"] == 9
    assert len(microscope["phi"]) == len(microscope["slopes"]) == len(microscope["alphas"])
    assert "is of iteration 70" in errors["note"]
    assert at["note"] == ""
    assert at["confusion"] == answer(journal, "errors", {"k": 50})["confusion"]
    assert (unpacked(at["worst"][3]["inputs"]) == journal.test.scaled([at["worst"][3]["row"]])[0]).all()
    assert surface["values"] == answer(journal, "surface", {"k": 70})["values"]
    assert len(unpacked(gradient["gradient"])) == 460
    assert "A recording does not hold tea" in read["answers"][10]["refused"]
    assert "no line search at iteration 0" in read["answers"][11]["refused"]
    assert read["events"][0]["header"]["architecture"] == "64-6-10"
    samples = unpacked(read["events"][0]["samples"]["inputs"])
    assert (samples == unpacked(journal.samples()["inputs"])).all()
    assert len(read["events"][1]["steps"]) == N + 1
    assert read["kind"] == "recording"
    assert "This is a recording" in read["can"]


@pytest.mark.skipif(NODE is None, reason="node is not installed")
@pytest.mark.parametrize("broken", ["", "AAAA", "not base64 at all!"])
def test_a_damaged_recording_is_told(broken, tmp_path):
    read = in_javascript(broken, [["weights", {"from": 0, "to": 1}]], tmp_path)
    assert "damaged" in read["answers"][0]["refused"]
    assert [event["type"] for event in read["events"]] == ["trouble"]
