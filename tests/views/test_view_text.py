"""Plain lines: which iterations, which columns, and nothing that steers a terminal."""

import io
from dataclasses import replace

import pytest
from view_fakes import DONE, FAILED, a_header, a_step, frames, play

from surefoot.records import Frame
from surefoot.views.text import TextView, is_due


def lines(header, shown, ending=DONE):
    stream = io.StringIO()
    play(TextView(stream), header, shown, ending)
    return stream.getvalue().splitlines()


def iterations(said):
    return [int(line.split()[0].replace(",", "")) for line in said[2:-2]]


def test_the_first_iterations_are_told_then_every_fiftieth_and_the_last():
    assert iterations(lines(a_header(), frames(123))) == [0, 1, 2, 5, 10, 20, 50, 100, 123]


def test_the_last_iteration_is_told_once():
    assert iterations(lines(a_header(), frames(50))) == [0, 1, 2, 5, 10, 20, 50]


def test_a_long_run_stays_short():
    assert sum(map(is_due, range(100_001))) < 70


def test_accuracies_are_percent_and_what_was_not_measured_is_a_dash():
    said = lines(a_header(), frames(11))
    assert "55.0 %    52.5 %" in said[-4]  # iteration 10
    assert said[-3].split()[-3] == "-"  # the test accuracy at 11


def test_regression_tells_the_test_loss_and_no_accuracy():
    said = lines(a_header(classes=()), frames(10))
    assert "test loss" in said[1]
    assert "%" not in "".join(said[2:-2])


def test_every_fallback_is_told():
    said = lines(a_header(), [Frame(a_step(1, notes=("restarted from -g",)))])
    assert any("note: restarted from -g" in line for line in said)


def test_columns_stand_under_their_titles():
    said = lines(a_header(), frames(60))
    assert len({len(line) for line in said[1:-2]}) == 1


def test_a_name_cannot_steer_the_terminal():
    said = "\n".join(lines(a_header(data="\x1b[2J[red]x\n"), frames(2)))
    assert "\x1b" not in said
    assert "?[2J[red]x?" in said


def test_a_stream_that_knows_no_greek_gets_a_question_mark():
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", write_through=True)
    play(TextView(stream), a_header(data="φ"), frames(1))
    assert b"? 1,000 train" in raw.getvalue()


@pytest.mark.parametrize("shown", [[], frames(0)])
def test_closing_is_safe_at_any_time(shown):
    stream = io.StringIO()
    view = TextView(stream)
    view.close(FAILED)
    play(view, a_header(), shown, FAILED)
    view.close(FAILED)
    assert stream.getvalue().count(FAILED.sentence) == 1


def test_numbers_that_are_not_finite_are_told_as_they_are():
    broken = replace(a_step(3), value=float("nan"), gradient_norm=float("inf"))
    said = lines(a_header(), [Frame(broken)])
    assert "nan" in said[2]
    assert "inf" in said[2]
