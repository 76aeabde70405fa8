"""The GIF of a run: its size, its pictures, and that they move; a path that cannot be is told at once."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from view_fakes import DONE, a_header, a_step

from surefoot.errors import BadValue, DataNotFound, MissingExtra
from surefoot.network import Network
from surefoot.views.gif import HEIGHT, LAST, WIDTH, iterations, told, write_gif

pytest.importorskip("matplotlib")
Image = pytest.importorskip("PIL.Image")
NET = Network((64, 6, 10))


def a_replay(n=30, net=NET, **changes):
    rng = np.random.default_rng(1)
    start, end = rng.normal(size=(2, net.size))
    thetas = {k: start + k / n * (end - start) for k in range(n + 1)}
    header = a_header(**changes)
    return SimpleNamespace(header=header, steps=[a_step(k) for k in range(n + 1)], ending=DONE, thetas=thetas)


def test_it_moves_and_holds_the_last_picture(tmp_path):
    out = tmp_path / "run.gif"
    said = []
    size = write_gif(a_replay(), out, NET.predict, seconds=1, tell=said.append)
    assert size == out.stat().st_size < 1_000_000
    with Image.open(out) as gif:
        assert gif.size == (WIDTH, HEIGHT)
        assert 8 <= gif.n_frames <= 10
        frames, durations = [], []
        for i in range(gif.n_frames):
            gif.seek(i)
            durations.append(gif.info["duration"])
            frames.append(np.asarray(gif.convert("L"), dtype=float))
    assert durations == [100] * (len(frames) - 1) + [LAST]
    assert all(abs(a - b).max() > 50 for a, b in zip(frames, frames[1:], strict=False))
    assert said == [f"picture 1 of {len(frames)}"]


@pytest.mark.parametrize(
    ("sizes", "loss", "changes"),
    [
        ((2, 4, 2), "cross-entropy", {"image_shape": None, "classes": ("a", "b"), "samples": None}),
        ((3, 2), "squared-error", {"image_shape": None, "classes": (), "samples": None}),
        ((64, 10), "cross-entropy", {"classes": tuple(f"<b>{'x' * 40}{k}$" for k in range(10))}),
    ],
)
def test_other_data_have_a_picture_too(sizes, loss, changes, tmp_path):
    net = Network(sizes, "logistic", loss)
    replay = a_replay(3, net, sizes=sizes, loss=loss, parameters=net.size, **changes)
    assert write_gif(replay, tmp_path / "run.gif", net.predict, seconds=1) > 1_000


def test_iterations_are_more_at_the_start_and_end_at_the_last():
    replay = a_replay(300)
    shown = iterations(replay, 80)
    assert shown[0] == 0
    assert shown[-1] == 300
    assert len(shown) == len(set(shown)) <= 80
    assert shown[10] < 300 * 10 / 79
    del replay.thetas[0]
    assert iterations(replay, 10)[0] == 1
    assert iterations(a_replay(3), 80) == [0, 1, 2, 3]


def test_the_line_says_where_it_is():
    assert told(a_step(10)) == "iteration 10: loss 1.15, 55.0 % of the training samples right, 21 passes"


@pytest.mark.parametrize(
    ("name", "seconds", "error", "words"),
    [
        ("run.png", 8, BadValue, r"\.gif"), ("no/run.gif", 8, DataNotFound, "does not exist"),
        ("run.gif", 0, BadValue, "1 to 60"), ("run.gif", 1e9, BadValue, "1 to 60"),
    ],
)  # fmt: skip
def test_misuse_is_one_sentence(name, seconds, error, words, tmp_path):
    with pytest.raises(error, match=words):
        write_gif(None, tmp_path / name, NET.predict, seconds)


def test_without_pillow_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "PIL.Image", None)
    with pytest.raises(MissingExtra, match=r"surefoot\[plot\]"):
        write_gif(a_replay(3), tmp_path / "run.gif", NET.predict)
