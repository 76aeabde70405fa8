"""The live picture, captured: what it says, that it fits, and that the screen comes back."""

import io
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console
from view_fakes import DONE, FAILED, a_header, a_step, frames, play, some_outputs

from surefoot.records import Frame, Outcome, Samples, Trial, Verdict
from surefoot.views.seen import Seen
from surefoot.views.terminal import TerminalView, compose

HIDE, SHOW, OTHER_SCREEN = "\x1b[?25l", "\x1b[?25h", "\x1b[?1049h"


def screen(width=120, height=40):
    return Console(
        file=io.StringIO(), force_terminal=True, width=width, height=height,
        color_system="truecolor", legacy_windows=False, _environ={},
    )  # fmt: skip


def picture(header, shown, ending=None, width=120, height=39):
    """The picture as plain lines."""
    seen = Seen(header)
    for frame in shown:
        seen.add(frame)
    return [line.plain for line in compose(seen, ending, width, height, True)]


def written(view_console):
    return view_console.file.getvalue()


def test_a_student_sees_everything():
    said = "\n".join(picture(a_header(), frames(30)))
    for words in (
        "64-6-10, 460 parameters, method classic, digits 1,000 train / 797 test",
        "30/60", "loss 0.575", "0.90 s to go", "train 77.5 %", "test 73.8 %",
        "α = 0.5 after 3 trials", "✗ α 2", "✓ α 0.5", "the loss falls too little", "decreased",
        "row 700: 7", "0123456789", "✓ 6", "✗ 8", "▀",
    ):  # fmt: skip
        assert words in said, words


@pytest.mark.parametrize("size", [(200, 60), (160, 50), (120, 40), (80, 24), (60, 16), (40, 10), (20, 4)])
@pytest.mark.parametrize("n", [0, 1, 60])
@pytest.mark.parametrize("ending", [None, DONE])
def test_it_fits_the_terminal(size, n, ending):
    width, height = size
    assert len(picture(a_header(), frames(n), ending, width, height - 1)) < height


def test_on_80_by_24_samples_charts_and_search_are_there_also_at_the_end():
    for ending in (None, DONE):
        said = "\n".join(picture(a_header(), frames(60), ending, 80, 23))
        for words in ("loss (log)", "accuracy", "step 60", "row 600: 6", "✓ 6"):
            assert words in said


def test_nothing_jumps_between_a_step_with_one_trial_and_one_with_forty():
    many = tuple(Trial(0.5**m, 1.0, -1.0, Verdict.LITTLE_DECREASE, 1.0) for m in range(40))
    failed = a_step(1, trials=many, outcome=Outcome.EXHAUSTED, alpha=0.0, notes=("restarted",))
    one = picture(a_header(), [Frame(a_step(1), outputs=some_outputs(0))])
    forty = picture(a_header(), [Frame(failed, outputs=some_outputs(0))])
    assert [n for n, line in enumerate(one) if "row 0" in line] == [
        n for n, line in enumerate(forty) if "row 0" in line
    ]
    said = "\n".join(forty)
    assert "no step after 40 trials" in said
    assert "more trials" in said
    assert "! restarted" in said


def test_the_screen_is_given_back_after_a_run():
    console = screen()
    play(TerminalView(console), a_header(), frames())
    said = written(console)
    assert said.index(HIDE) < said.rindex(SHOW)
    assert OTHER_SCREEN not in said  # the last picture stays
    assert DONE.sentence in said[said.rindex("\x1b[2K") :]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_the_screen_is_given_back_after_an_exception(error):
    console = screen()
    view = TerminalView(console)

    def run():
        view.open(a_header())
        try:
            view.show(frames(1)[0])
            raise error
        finally:
            view.close(FAILED)

    with pytest.raises(error):
        run()
    assert written(console).rindex(SHOW) > written(console).rindex(HIDE)
    assert FAILED.sentence in written(console)


def test_the_screen_is_given_back_even_when_the_picture_cannot_be_drawn():
    console = screen()
    view = TerminalView(console)
    view.open(a_header(image_shape=(3, 3)))  # 64 values are no 3 x 3 image
    with pytest.raises(ValueError, match="reshape"):
        view.show(frames(0)[0])
    with pytest.raises(ValueError, match="reshape"):
        view.close(FAILED)
    assert written(console).rindex(SHOW) > written(console).rindex(HIDE)


def test_closing_twice_or_unopened_is_safe():
    console = screen()
    view = TerminalView(console)
    view.close(FAILED)
    play(view, a_header(), [])
    view.close(FAILED)
    assert FAILED.sentence not in written(console)


def test_four_pictures_a_second_whatever_the_iterations_and_the_last_always():
    console, now, drawn = screen(), [0.0], []
    view = TerminalView(console, clock=lambda: now[0])
    view.open(a_header(iterations=1000))
    for frame in (Frame(a_step(k)) for k in range(1001)):
        now[0] += 0.01
        before = len(written(console))
        view.show(frame)
        drawn.append(len(written(console)) > before)
    assert 38 <= sum(drawn) <= 41  # ten seconds
    assert drawn[0]
    before = len(written(console))
    view.close(DONE)
    assert "1,000 iterations" in written(console)[before:]


def test_hostile_names_are_printed_as_they_are():
    hostile = ("[red]", "[/]", "\x1b[2J", *"3456789")
    said = picture(a_header(data="[bold red]boo[/]", classes=hostile), frames(2))
    assert "[bold red]boo[/] 1,000 train" in said[0]
    assert any("[red]" in line for line in said[1:])
    assert not any("\x1b" in line for line in said)
    console = screen()
    play(TerminalView(console), a_header(data="[bold red]boo[/]", classes=hostile), frames(2))
    assert "[bold red]boo[/]" in written(console)
    assert "\x1b[2J" not in written(console)


def test_numbers_that_are_not_finite_do_not_stop_it():
    nan = float("nan")
    broken = replace(
        a_step(3), value=nan, gradient_norm=nan, seconds=nan, alpha=nan, measures={"accuracy_test": nan}
    )
    outputs = np.full((8, 10), nan)
    said = "\n".join(picture(a_header(), [*frames(2), Frame(broken, outputs, np.full((5, 2), nan))]))
    assert "loss nan" in said
    assert "✗ ?" in said


def test_a_regression_shows_no_accuracy_and_no_samples():
    said = "\n".join(picture(a_header(classes=(), sizes=(64, 6, 1)), frames(20)))
    assert "accuracy" not in said
    assert "test 0.8433" in said
    assert "row" not in said


def test_samples_that_are_no_images_show_their_outputs_only():
    samples = Samples(np.zeros((3, 4)), np.array([0, 1, 2]), (4, 5, 6))
    header = a_header(
        image_shape=None, samples=samples, classes=("setosa", "versicolor", "virginica"), sizes=(4, 3)
    )
    said = "\n".join(picture(header, [Frame(a_step(5), some_outputs(60, 3, 3))]))
    assert "row 5: versicolor" in said
    assert "▀" not in said


def test_many_classes_share_bars():
    names = tuple(f"class{k}" for k in range(60))
    said = "\n".join(picture(a_header(classes=names), [Frame(a_step(5), some_outputs(60, 60))]))
    assert "60 classes" in said
    assert "✓ class3" in said


def test_a_long_label_is_worth_more_than_its_row_number():
    header = a_header(classes=tuple(f"species {k} of 10" for k in range(10)))
    said = "\n".join(picture(header, [Frame(a_step(5), some_outputs(60))]))
    assert "species 0 of 1" in said
    assert "row 0" not in said


def test_the_loss_along_the_step_is_drawn_where_it_was_sampled():
    phi = np.column_stack([np.linspace(0, 2, 30), np.linspace(0, 2, 30) ** 2])
    shown = [Frame(a_step(1), some_outputs(0), phi)]
    assert any("along step 1" in line for line in picture(a_header(), shown))
    assert not any("along step 1" in line for line in picture(a_header(), shown, width=80))


def test_a_run_without_a_planned_end_has_no_bar():
    said = picture(a_header(iterations=None), frames(20))
    assert said[1].startswith("iteration 20")


@pytest.mark.parametrize("width", [80, 110, 160])
def test_a_walk_that_takes_long_says_how_far_it_is(width):
    seen = Seen(a_header())
    for frame in frames(30):
        seen.add(frame)
    line = compose(seen, None, width, 30, True, 0.62)[1].plain
    assert line.endswith("0.90 s to go   walking the data: 62%")
    assert len(line) <= width
    assert "walking" not in compose(seen, None, width, 30, True)[1].plain


def test_progress_is_told_before_the_first_record_and_in_the_picture_afterwards():
    console = screen()
    view = TerminalView(console)
    view.progress(0.25)
    assert "the first walk over the data: 25%" in written(console)
    view.open(a_header())
    view.show(frames(1)[0])
    view._next = 0
    view.progress(0.5)
    assert "walking the data: 50%" in written(console)
    view.close(DONE)
