"""The viewer in a notebook: every event once, weights, a pause that holds the run, a picture that stays."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest
from view_fakes import DONE, a_header, a_step, some_outputs

from surefoot.errors import BadValue, MissingExtra
from surefoot.records import Frame
from surefoot.training.packing import unpacked
from surefoot.views import widget
from surefoot.views.bundle import bundle
from surefoot.views.notebook import LiveViewer, NotebookView
from surefoot.views.recording import opened

pytest.importorskip("anywidget")
pytest.importorskip("matplotlib")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the widget's own libraries

NODE = shutil.which("node")
P = 460


def frames(n=25):
    theta = np.linspace(-1, 1, P)
    for k in range(n + 1):
        phi = np.array([[0.0, 1.0], [1.0, 0.5]]) if k == 20 else None
        yield Frame(a_step(k), some_outputs(k), phi, theta * (1 + 0.1 * k))


def live(interval=0.0, clock=lambda: 0.0):
    return LiveViewer(a_header(), interval, clock)


def events(viewer):
    return [json.loads(getattr(viewer, f"told_{i}")) for i in range(viewer.count)]


def test_every_record_is_told_once_and_the_end_is_a_recording():
    view = live()
    for frame in frames():
        view.show(frame)
    view.close(DONE)
    told = events(view.widget)
    assert [event["type"] for event in told[:2]] == ["run", "status"]
    steps = [step["iteration"] for event in told if event["type"] == "steps" for step in event["steps"]]
    assert steps == list(range(26))
    assert told[-1] == {"type": "status", "run": "r1", "training": False, "ending": DONE.to_json()}
    newest = json.loads(view.widget.newest)
    assert newest["from"] == 25
    assert np.allclose(unpacked(newest["weights"])[0], np.linspace(-1, 1, P) * 3.5)
    recorded, numbers = opened(view.widget.recorded)
    assert recorded["weights"]["keyframes"] == [0, 25]
    assert numbers(recorded["weights"]["exact"])[1].tolist() == view.thetas[25].tolist()
    assert sorted(recorded["microscopes"]) == ["20"]


def test_a_fast_run_is_told_of_now_and_then():
    ticks = iter(np.arange(0, 100, 0.01))
    view = live(0.25, lambda: float(next(ticks)))
    for frame in frames(200):
        view.show(frame)
    assert 5 < view.widget.count < 30  # a hundred frames a second, at most four tellings


def test_a_run_without_weights_is_told_all_the_same():
    view = live()
    view.show(Frame(a_step(0)))  # a frame that carries none
    view.close(DONE)
    assert view.widget.newest == view.widget.recorded == ""


def wait_until(true):
    for _ in range(500):
        if true():
            return True
        time.sleep(0.01)
    return False


def test_pause_holds_the_run_and_a_step_is_one_record():
    view = live()
    view.hear({"id": 1, "command": "pause", "args": {"run": "r1"}})
    training = threading.Thread(target=lambda: [view.show(frame) for frame in frames(5)], daemon=True)
    training.start()
    assert wait_until(lambda: len(view.steps) == 1)
    time.sleep(0.3)
    assert len(view.steps) == 1
    assert wait_until(lambda: events(view.widget)[-1] == {
        "type": "status", "run": "r1", "training": False, "ending": None})  # fmt: skip
    view.hear({"command": "step"})
    assert wait_until(lambda: len(view.steps) == 2)
    time.sleep(0.3)
    assert len(view.steps) == 2
    view.hear({"command": "play"})
    training.join(5)
    assert len(view.steps) == 6
    with pytest.raises(BadValue, match="paused, stepped and let go on"):
        view.hear({"command": "branch", "args": {}})


def test_what_can_be_asked_while_it_trains():
    view = live()
    for frame in frames():
        view.show(frame)
    told = view.hear({"ask": "weights", "args": {"from": 3, "to": 5}})
    assert told["from"] == 3
    assert unpacked(told["weights"]).tobytes() == np.float32([view.thetas[k] for k in (3, 4, 5)]).tobytes()
    exact = view.hear({"ask": "exact weights", "args": {"k": 7}})
    assert unpacked(exact["weights"]).tobytes() == view.thetas[7].tobytes()
    assert view.hear({"ask": "microscope", "args": {"k": 20}})["phi"] == [1.0, 0.5]
    for what, args, words in (
        ("weights", {"from": 3, "to": 99}, "no weights"), ("weights", {"from": "3", "to": 4}, "'from'"),
        ("microscope", {"k": 3}, "last at 20"), ("errors", {"k": 3}, "needs the data"),
    ):  # fmt: skip
        with pytest.raises(BadValue, match=words):
            view.hear({"ask": what, "args": args})


def test_a_message_is_answered_or_refused_in_a_sentence():
    sent = []

    def hear(content):
        if content["ask"] == "no":
            raise BadValue("No.")
        return {"k": 1}

    viewer = SimpleNamespace(send=sent.append)
    for content in ({"id": 1, "ask": "yes"}, {"id": 2, "ask": "no"}, {"ask": "yes"}, "hello", None):
        widget._answer(viewer, hear, content)
    assert sent == [{"id": 1, "answer": {"k": 1}}, {"id": 2, "trouble": "No."}]


def test_answers_go_where_the_page_asked_for_them():
    """The cell that trains does not listen: that it spoke last must not draw the page's messages to it."""
    viewer = widget.make_viewer()
    viewer.comm._reply_subshell_id = None
    viewer.add_event({"type": "trouble"})
    assert "_reply_subshell_id" not in vars(viewer.comm)


class Display:
    """Stands for IPython.display.display."""

    def __init__(self):
        self.shown = []

    def __call__(self, data, **_):
        self.shown.append(data)
        return self

    def update(self, data, **_):
        self.shown.append(data)


def a_replay():
    thetas = {k: frame.theta for k, frame in enumerate(frames(3))}
    return SimpleNamespace(
        header=a_header(data="<script>"), steps=[a_step(k) for k in range(4)], ending=DONE, thetas=thetas
    )


def test_a_finished_run_is_a_viewer_and_a_picture(monkeypatch):
    shown = Display()
    widget._kind.cache_clear()
    monkeypatch.setattr("IPython.display.display", shown)
    viewer = widget.widget(a_replay())
    viewer._ipython_display_()
    widget._kind.cache_clear()
    view, still = shown.shown
    assert "application/vnd.jupyter.widget-view+json" in view
    assert still["image/png"].startswith(b"\x89PNG")
    assert "<script" not in still["text/html"]
    assert ":has(.surefoot) .surefoot-still" in viewer._css
    assert len(opened(viewer.recorded)[0]["events"][1]["steps"]) == 4


def test_the_notebook_view_is_the_viewer_then_a_picture():
    shown = Display()
    view = NotebookView(interval=0, dpi=30, display=shown, clock=lambda: 0.0, live=True)
    view.open(a_header())
    for frame in frames(12):
        view.show(frame)
    view.close(DONE)
    viewer, still = shown.shown
    assert viewer.count > 10
    assert {"image/png", "text/html", "text/plain"} == set(still)
    view.close(DONE)
    assert len(shown.shown) == 2


def test_without_anywidget_one_picture(monkeypatch):
    monkeypatch.setattr("surefoot.views.notebook.find_spec", lambda _: None)
    assert not NotebookView()._wants_viewer
    widget._kind.cache_clear()
    monkeypatch.setitem(__import__("sys").modules, "anywidget", None)
    with pytest.raises(MissingExtra, match=r"surefoot\[notebook\]"):
        widget.widget(a_replay())


WIRE = """
const traits = { count: 2, told_0: '{"type":"run"}', told_1: '{"type":"steps"}', pausable: true };
traits.newest = '{"from":9}';
const heard = {};
const sent = [];
const wire = {
  get: (name) => traits[name],
  on: (name, listener) => { heard[name] = listener; },
  off: (name) => { delete heard[name]; },
  send: (message) => sent.push(message),
};
const source = notebookSource(wire);
const events = [];
const stop = source.subscribe((event) => events.push(event.type));
traits.count = 4;
traits.told_2 = '{"type":"status"}';
heard["change:count"](); // told_3 is on its way
traits.told_3 = '{"type":"softmax"}';
heard["change:count"]();
const answered = source.ask("exact weights", { k: 1 });
await new Promise((done) => setTimeout(done, 5));
heard["msg:custom"]({ id: sent.at(-1).id, answer: { k: 1 } });
const refused = source.ask("errors", { k: 1 }).catch((error) => error.message);
await new Promise((done) => setTimeout(done, 5));
heard["msg:custom"]({ id: sent.at(-1).id, trouble: "No." });
const told = {
  events, kind: source.kind, can: source.can.train, answered: await answered, refused: await refused,
  newest: await source.ask("weights", { from: 0, to: 3 }),
  silence: await source.command("pause", {}).catch((error) => error.message),
  sent,
};
stop();
told.left = Object.keys(heard);
console.log(JSON.stringify(told));
"""


@pytest.mark.slow
@pytest.mark.skipif(NODE is None, reason="node is not installed")
def test_the_page_hears_asks_and_does_not_wait_for_ever(tmp_path):
    path = tmp_path / "notebook.mjs"
    path.write_text(bundle("notebook.js", WIRE), encoding="utf-8")
    done = subprocess.run([NODE, path], capture_output=True, text=True, check=False, timeout=60)
    assert done.stderr == ""
    told = json.loads(done.stdout)
    assert told["events"] == ["run", "steps", "status", "softmax"]
    assert (told["kind"], told["can"], told["answered"], told["refused"]) == (
        "notebook",
        True,
        {"k": 1},
        "No.",
    )
    assert told["newest"] == {"from": 9}
    assert "does not listen" in told["silence"]
    assert [message["id"] for message in told["sent"]] == [1, 2, 3, 4]
    assert told["left"] == ["msg:custom"]
