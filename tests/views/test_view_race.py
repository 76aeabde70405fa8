"""The race drawn: names apart, looks different, every curve told in the table."""

import numpy as np
import pytest

from surefoot.records import Curve, Race
from surefoot.views.race import GAP, race_figure, race_table, save_race, spread

matplotlib = pytest.importorskip("matplotlib")


def a_curve(name, end, ours=True, ending="", n=60):
    passes = tuple(range(1, 2 * n, 2))
    losses = tuple((2.4 * (end / 2.4) ** np.linspace(0, 1, n)).tolist())
    return Curve(
        name, passes, losses, tuple(0.01 * p for p in passes), tuple(3 * p for p in passes), ours, ending
    )


def a_race(*curves, absent=()):
    return Race("digits", 1000, (64, 16, 10), 1e-3, 120, curves, absent)


EIGHT = a_race(
    *(a_curve(f"method {i}", 0.3 + 1e-4 * i, ours=i < 4) for i in range(8)), absent=("torch is not there",)
)


def test_names_do_not_touch_and_lie_on_the_paper():
    figure = race_figure(EIGHT)
    figure.canvas.draw()
    boxes = sorted((t.get_window_extent() for t in figure.axes[0].texts), key=lambda box: box.y0)
    assert len(boxes) == 8
    assert all(below.y1 < above.y0 for below, above in zip(boxes, boxes[1:], strict=False))
    assert all(box.x1 < figure.axes[1].get_window_extent().x0 for box in boxes)


def test_curves_differ_without_colour():
    lines = [line for line in race_figure(EIGHT).axes[0].lines if len(line.get_xdata()) > 10]
    looks = {(line.get_marker(), line._dash_pattern[1]) for line in map(matched, lines)}
    assert len(lines) == 8
    assert len({line.get_marker() for line in lines}) == 8
    assert len(looks) == 8
    assert len({line.get_color() for line in lines}) == 8


def matched(line):
    pattern = line._dash_pattern[1]
    line._dash_pattern = (0, tuple(pattern) if pattern else None)
    return line


def test_a_curve_that_ended_early_is_held():
    figure = race_figure(a_race(a_curve("short", 0.4, n=10), a_curve("long", 0.3)))
    assert figure.axes[0].lines[0].get_xdata()[-1] == 120


def test_more_curves_than_colours_and_one_that_never_moved(tmp_path):
    still = Curve("still", (1,), (2.4,), (0.0,), (2,))
    save_race(a_race(still, *(a_curve(f"m{i}", 0.5) for i in range(13))), tmp_path / "r.png")
    assert (tmp_path / "r.png").read_bytes()[1:4] == b"PNG"
    race_figure(a_race(still)).canvas.draw()


def test_the_table_tells_marks_tails_seconds_endings_and_who_is_absent():
    told = race_table(
        a_race(a_curve("slow", 0.9), a_curve("fast", 0.3, ending="flat"), absent=("torch is not installed",))
    )
    head, names, first, second, ended, absent, counted = told.splitlines()
    assert "64-16-10 on 1,000 rows of digits, l2 = 0.001" in head
    assert names.split() == ["passes", "15", "30", "60", "120", "tails", "seconds"]
    assert first.split()[0] == "fast"  # the lowest first
    assert first.split()[4] == "0.3000"
    assert second.split()[-3:] == ["357", "1.19", "s"]
    assert ended == "fast ended: flat"
    assert absent == "torch is not installed"
    assert "a pass is" in counted


def test_spread_keeps_order_and_distance_and_moves_little():
    rng = np.random.default_rng(0)
    for m in (1, 2, 7, 15):
        places = rng.uniform(0, 0.2, m)
        moved = spread(places, GAP)
        order = np.argsort(places)
        assert (np.diff(moved[order]) >= GAP * (1 - 1e-12)).all()
        assert moved.min() >= 0
        assert moved.max() <= 1
    apart = np.array([0.9, 0.1, 0.5])
    assert spread(apart, 0.1) == pytest.approx(apart)
