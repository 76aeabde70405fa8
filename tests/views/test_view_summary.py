"""The closing lines and the words of numbers."""

import pytest
from view_fakes import DONE, a_header, a_step

from surefoot.views import summary
from surefoot.views.words import count, duration, headline, number, percent


def test_the_summary_is_two_plain_lines():
    said = summary(a_header(), a_step(60), DONE)
    first, second = said.split("\n")
    assert first == (
        "64-6-10, 460 parameters, classic: loss 0.3286, train 87.1 %, test 82.9 %, "
        "60 iterations, 121 passes, 1.80 s"
    )
    assert second == DONE.sentence


def test_the_summary_of_nothing_says_so():
    assert "nothing was computed" in summary(a_header(), None, DONE)


def test_a_regression_is_summed_up_by_its_test_loss():
    step = a_step(1, measures={"loss_test": 0.25})
    assert "test loss 0.25," in summary(a_header(classes=()), step, DONE)


def test_the_headline_is_a_sentence():
    assert headline(a_header()) == "64-6-10, 460 parameters, method classic, digits 1,000 train / 797 test"
    assert headline(a_header(n_test=0)).endswith("digits 1,000 train")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.0, "0.00 s"), (9.5, "9.50 s"), (59.94, "59.9 s"), (59.97, "1 min 00 s"), (65, "1 min 05 s"),
     (3599.7, "1 h 00 min"), (7384, "2 h 03 min"), (float("nan"), "-")],
)  # fmt: skip
def test_durations(seconds, said):
    assert duration(seconds) == said


def test_numbers():
    assert [number(None), number(0.54331), number(1.2e-9)] == ["-", "0.5433", "1.2e-09"]
    assert [percent(None), percent(0.8701), percent(1.0)] == ["-", "87.0 %", "100.0 %"]
    assert [count(1, "pass"), count(201, "pass"), count(1, "trial"), count(2000, "iteration")] == [
        "1 pass", "201 passes", "1 trial", "2,000 iterations",
    ]  # fmt: skip
