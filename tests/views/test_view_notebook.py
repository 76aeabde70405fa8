"""The notebook view on a made-up display: one display, updated in place."""

import pytest
from view_fakes import DONE, FAILED, a_header, frames, play

from surefoot.views.notebook import NotebookView

pytest.importorskip("matplotlib")

PLAIN = a_header(classes=())  # a regression: its picture is the fastest to draw


class Display:
    """Stands for IPython.display.display: remembers what was shown."""

    def __init__(self):
        self.opened, self.updates = [], []

    def __call__(self, data, *, raw, display_id):
        assert raw
        assert display_id
        self.opened.append(data)
        return self

    def update(self, data, *, raw):
        assert raw
        self.updates.append(data)


def test_one_display_updated_every_ten_iterations_and_at_the_last():
    display = Display()
    play(NotebookView(interval=0, dpi=30, display=display, clock=lambda: 0.0), PLAIN, frames(25))
    assert len(display.opened) == 1
    assert len(display.updates) == 4  # 0, 10, 20 and the last
    assert all(update["image/png"].startswith(b"\x89PNG") for update in display.updates)
    assert "25 iterations" in display.updates[-1]["text/plain"]


def test_a_fast_run_is_not_held_up_by_its_pictures():
    display = Display()
    play(NotebookView(dpi=30, display=display, clock=lambda: 0.0), PLAIN, frames(50))
    assert len(display.updates) == 2  # the first and the last


def test_closing_is_safe_at_any_time():
    display = Display()
    view = NotebookView(dpi=30, display=display)
    view.close(FAILED)
    play(view, a_header(), [], FAILED)
    view.close(FAILED)
    assert display.updates == []
    play(view, PLAIN, frames(3), DONE)
    assert DONE.sentence in display.updates[-1]["text/plain"]
