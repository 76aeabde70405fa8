"""A run keeps its weights as they were, without a copy; shown again, it answers as its journal did."""

from __future__ import annotations

import json
import pickle
import re
from types import SimpleNamespace

import numpy as np
import pytest

import surefoot as sf
from surefoot.errors import BadValue, DataNotFound
from surefoot.records import Frame
from surefoot.training.finished import read_run
from surefoot.training.journal import Journal
from surefoot.training.kept import ThinWeights
from surefoot.training.packing import unpacked
from surefoot.training.questions import answer
from surefoot.training.replay import NO_START, WEIGHTED, journal_of, replayed
from surefoot.views.recording import opened

NET = sf.Network((64, 6, 10))
TRAIN, TEST = sf.load("digits").split(1000)
N = 60


class Watcher:
    """A view that keeps the frames it was shown."""

    def __init__(self):
        self.frames = []

    def open(self, header):
        self.header = header

    def show(self, frame):
        self.frames.append(frame)

    def close(self, ending):
        self.ending = ending


@pytest.fixture(scope="module")
def watched():
    view = Watcher()
    run = sf.train(NET, TRAIN, test=TEST, method="lbfgs", iterations=N, views=[view])
    return run, view


def recorded(path):
    return opened(re.search(r'id="recording">([^<]*)<', path.read_text("utf-8"))[1])


def test_every_frame_carries_the_weights_and_the_run_keeps_the_same_ones(watched):
    run, view = watched
    assert list(run.thetas) == list(range(N + 1))
    for k, frame in enumerate(view.frames):
        assert frame.theta is run.thetas[k]  # not a copy
        assert not frame.theta.flags.writeable
        assert (frame.theta.dtype, frame.theta.shape) == (np.float64, (NET.size,))
    assert run.thetas[N] is run.theta


def test_the_weights_are_those_of_the_records(watched):
    run, _ = watched
    with sf.Problem(NET, TRAIN) as problem:
        for k in (0, 1, 33, N):
            assert problem.at(run.thetas[k]).value == pytest.approx(run.steps[k].value, rel=1e-12)


def test_a_file_is_no_larger_for_it_and_gives_the_weights_back(watched, tmp_path):
    run, _ = watched
    shown = sf.train(
        NET, TRAIN, test=TEST, method="lbfgs", iterations=N, views=[Watcher()], save=tmp_path / "a"
    )
    sf.train(NET, TRAIN, test=TEST, method="lbfgs", iterations=N, save=tmp_path / "b")
    assert abs((tmp_path / "a").stat().st_size - (tmp_path / "b").stat().st_size) <= 2 * 4096  # pages
    again = read_run(tmp_path / "a")
    assert list(again.thetas) == list(range(N + 1))
    for k, theta in again.thetas.items():
        assert theta.tobytes() == shown.thetas[k].tobytes()
        assert not theta.flags.writeable
    # and a run that is saved afterwards holds them as well
    run.save(tmp_path / "c")
    late = read_run(tmp_path / "c")
    assert all(late.thetas[k].tobytes() == run.thetas[k].tobytes() for k in range(N + 1))
    assert Journal.from_file(tmp_path / "c").last == N


def test_resumed_and_branched_runs_have_all_their_weights(watched, tmp_path):
    run, _ = watched
    sf.train(NET, TRAIN, test=TEST, method="lbfgs", iterations=N - 5, save=tmp_path / "a")
    view = Watcher()
    done = sf.resume(tmp_path / "a", 5, [view], data=TRAIN, test=TEST)
    assert list(done.thetas) == list(range(N + 1))
    assert all(done.thetas[k].tobytes() == run.thetas[k].tobytes() for k in done.thetas)
    assert all(frame.theta is not None for frame in view.frames)
    branch = sf.branch(tmp_path / "a", 7, "cg", 2, data=TRAIN, test=TEST)
    assert branch.thetas[0].tobytes() == run.thetas[7].tobytes()


@pytest.mark.parametrize("count", [1, 2, 5, 8, 9, 100, 1000])
def test_weights_that_outgrow_their_room_are_kept_now_and_then(count):
    room, size = 8, 3
    kept = ThinWeights(most_bytes=room * size * 8)
    for k in range(count):
        kept.put(k, np.full(size, float(k)))
        assert {0, k} <= set(kept)
        assert len(kept) <= room
        assert list(kept) == sorted(kept)
    assert set(kept) == {*range(0, count, kept.spacing), count - 1}
    assert kept.spacing == 1 or len(kept) > room // 2
    assert all((kept[k] == k).all() for k in kept)


def test_a_kept_vector_is_read_only_and_copied_only_when_it_must_be():
    kept, theta = ThinWeights(), np.ones(3)
    kept.put(0, theta)
    theta[0] = 2.0
    assert kept[0].tolist() == [1, 1, 1]
    kept.put(1, kept[0])
    assert kept[1] is kept[0]
    with pytest.raises(ValueError, match="read-only"):
        kept[0][0] = 3.0


def test_a_replay_answers_as_the_journal_of_the_file(watched, tmp_path):
    run, _ = watched
    run.save(tmp_path / "a")
    stored = Journal.from_file(tmp_path / "a")
    stored.train, stored.test, stored.missing = TRAIN, TEST, ""
    with replayed(run) as (journal, ask):
        for what in ("exact weights", "microscope", "errors", "surface", "gradient"):
            for k in (1, 30, N):
                one, other = ask(what, {"k": k}), answer(stored, what, {"k": k})
                assert json.dumps(one) == json.dumps(other), (what, k)
        assert ask("softmax", {})["l2"] == 1e-4
        assert journal.ending is run.ending
    stored.close()


def test_a_run_in_memory_needs_neither_file_nor_data_given(watched, tmp_path):
    run, _ = watched
    said = []
    size = run.to_html(tmp_path / "a.html", tell=said.append)
    assert size == (tmp_path / "a.html").stat().st_size < 3e6
    told, numbers = recorded(tmp_path / "a.html")
    assert told["missing"] == ""
    assert len(told["microscopes"]) == N
    assert set(told["errors"]) == set(told["surface"]) | {"0"} == set(told["gradient"]) == {"0", "50", str(N)}
    assert told["softmax"]["l2"] == 1e-4
    assert numbers(told["weights"]["exact"])[-1].tobytes() == run.theta.tobytes()
    assert said[0] == "weights"


def test_a_method_of_ones_own_is_walked_again_in_memory(tmp_path):
    rule = sf.method("lbfgs", m=3)
    run = sf.train(NET, TRAIN, method=rule, iterations=4)
    run.to_html(tmp_path / "a.html")
    assert len(recorded(tmp_path / "a.html")[0]["microscopes"]) == 4


def test_what_cannot_be_told_has_a_reason(watched, tmp_path):
    run, _ = watched
    run.save(tmp_path / "a")
    stored = read_run(tmp_path / "a")  # trained on arrays: its data are nowhere
    stored.to_html(tmp_path / "a.html")
    told, _ = recorded(tmp_path / "a.html")
    assert "not at hand" in told["missing"]
    assert "microscopes" not in told
    assert told["weights"]["kept"] == list(range(N + 1))
    stored.to_html(tmp_path / "b.html", data=TRAIN, test=TEST)
    assert len(recorded(tmp_path / "b.html")[0]["microscopes"]) == N
    weighted = sf.train(NET, TRAIN, sample_weight=np.linspace(1, 2, TRAIN.n), iterations=2)
    assert journal_of(weighted).missing == WEIGHTED
    headless = SimpleNamespace(**{**vars(run), "thetas": {N: run.theta}})
    assert journal_of(headless).missing == NO_START


def test_other_data_and_places_that_cannot_be_are_refused(watched, tmp_path):
    run, _ = watched
    other, rest = sf.load("digits").split(900)
    with pytest.raises(BadValue, match="does not hold what the run was trained on"):
        run.to_html(tmp_path / "a.html", data=other, test=rest)
    for name, error in (("a.txt", BadValue), ("nowhere/a.html", DataNotFound)):
        with pytest.raises(error):
            run.to_html(tmp_path / name)
    with pytest.raises(BadValue, match=r"\.gif"):
        run.to_gif(tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_to_gif(watched, tmp_path):
    pytest.importorskip("matplotlib")
    Image = pytest.importorskip("PIL.Image")
    run, _ = watched
    assert run.to_gif(tmp_path / "a.gif", seconds=1) == (tmp_path / "a.gif").stat().st_size
    with Image.open(tmp_path / "a.gif") as gif:
        assert gif.n_frames > 5


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the widget's own libraries
def test_widget(watched):
    pytest.importorskip("anywidget")
    pytest.importorskip("matplotlib")
    run, _ = watched
    viewer = run.widget()
    told, _ = opened(viewer.recorded)
    assert len(told["microscopes"]) == N
    assert viewer.still["image/png"].startswith(b"\x89PNG")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_notebook_view_has_live_weights_and_leaves_a_recording():
    pytest.importorskip("anywidget")
    pytest.importorskip("matplotlib")
    from surefoot.views.notebook import NotebookView

    shown = []
    view = NotebookView(interval=0, dpi=30, display=lambda data, **_: shown.append(data), live=True)
    run = sf.train(NET, TRAIN, iterations=12, views=[view])
    viewer = shown[0]
    newest = json.loads(viewer.newest)
    assert newest["from"] == 12
    assert unpacked(newest["weights"])[0].tobytes() == run.theta.astype(np.float32).tobytes()
    told, numbers = opened(viewer.recorded)
    assert told["weights"]["keyframes"] == [0, 12]
    assert numbers(told["weights"]["exact"])[1].tobytes() == run.theta.tobytes()


def test_a_pickled_run_leaves_its_data_behind(watched):
    run, _ = watched
    text = pickle.dumps(run)
    again = pickle.loads(text)
    assert again.trained is None
    assert again.state.here is None
    assert len(text) < 3 * sum(theta.nbytes for theta in run.thetas.values()) < TRAIN.X.nbytes * 30
    assert all(again.thetas[k].tobytes() == run.thetas[k].tobytes() for k in run.thetas)


def test_a_branch_in_memory_says_where_it_comes_from_as_a_stored_one_does(watched, tmp_path):
    run, _ = watched
    run.save(tmp_path / "a")
    with replayed(run) as (journal, _):
        journal.name = "r1"
        branch = journal.branch(5, "cg")
        parent = branch.header.options["parent"]
        again = branch.branch(0, "classic").header.options["parent"]
    stored = sf.branch(tmp_path / "a", 5, "cg", 1, data=TRAIN, test=TEST).header.options["parent"]
    assert parent == {"run": "r1", "iteration": 5, "created": run.header.created}
    assert parent.keys() == stored.keys()
    assert again == {"run": "", "iteration": 0, "created": branch.header.created}
    assert "branched_at" not in branch.header.options


def test_frames_of_ones_own_need_no_weights():
    assert Frame(None).theta is None
