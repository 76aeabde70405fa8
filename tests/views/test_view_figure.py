"""The figure: its texts, its last iteration, its file."""

import numpy as np
import pytest
from view_fakes import DONE, FAILED, a_header, a_step, frames, play, some_outputs

from surefoot.errors import BadValue, DataNotFound
from surefoot.records import Frame, Samples
from surefoot.views import FigureView, RunFigure, samples_figure
from surefoot.views.paper import save_figure

matplotlib = pytest.importorskip("matplotlib")


def drawn(header=None, n=60, outputs=None):
    picture = RunFigure()
    picture.draw(header or a_header(), [a_step(k) for k in range(n + 1)], outputs)
    picture.png(dpi=30)  # whatever breaks only when rendered breaks here
    return picture.figure


def titles(figure):
    return [axes.get_title(loc) for axes in figure.axes for loc in ("left", "center") if axes.get_title(loc)]


def test_the_loss_is_on_a_log_axis_and_its_value_is_written():
    loss = drawn().axes[0]
    assert loss.get_yscale() == "log"
    assert [text.get_text() for text in loss.texts] == ["0.3286"]


def test_the_last_iteration_is_drawn():
    loss, accuracy = drawn(n=57).axes
    assert [axes.lines[0].get_xdata()[-1] for axes in (loss, accuracy)] == [57, 57]


def test_both_accuracies_are_in_the_title_and_the_legend():
    accuracy = drawn().axes[1]
    assert accuracy.get_title("left") == "accuracy: train 87.1 %, test 82.9 %"
    assert [text.get_text() for text in accuracy.get_legend().get_texts()] == ["train", "test"]


def test_eight_samples_say_row_label_guess_and_whether_it_is_right():
    figure = drawn(outputs=some_outputs(60))
    assert len(figure.axes) == 2 + 8 + 8
    said = titles(figure)
    assert "row 600: 6" in said
    assert "✓ 6" in said
    assert "✗ 8" in said  # row 700 is a 7
    colors = {axes.get_title(): axes.title.get_color() for axes in figure.axes}
    assert colors["✓ 6"] != colors["✗ 8"]


def test_the_ticks_of_the_log_axis_are_plain_numbers():
    figure = drawn()
    ticks = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert {"0.5", "1", "2"} <= set(ticks)
    assert not any("$" in tick for tick in ticks)


@pytest.mark.parametrize(
    "values", [[np.nan], [0.0], [], [1.0, 1.0], [1.0, 1.0001], [1e-9, 1e12], [-1.0, -2.0]]
)
def test_odd_losses_do_not_stop_it(values):
    picture = RunFigure()
    steps = [a_step(k, value=v, measures={}) for k, v in enumerate(values)]
    picture.draw(a_header(), steps)
    assert picture.png(dpi=30).startswith(b"\x89PNG")


def test_outputs_that_are_not_finite_are_no_guess():
    assert "✗ ?" in titles(drawn(outputs=np.full((8, 10), np.nan)))


def test_a_regression_leaves_accuracies_and_samples_out():
    figure = drawn(a_header(classes=()), outputs=np.zeros((8, 1)))
    assert len(figure.axes) == 1
    assert "test 0.3614" in [text.get_text() for text in figure.axes[0].get_legend().get_texts()]


def test_features_are_bars_where_there_is_no_image():
    samples = Samples(np.arange(12.0).reshape(3, 4), np.array([0, 1, 2]), (4, 5, 6))
    header = a_header(image_shape=None, samples=samples, classes=("setosa", "versicolor", "virginica"))
    figure = drawn(header, outputs=some_outputs(60, 3, 3))
    assert len(figure.axes[2].patches) == 4
    assert "row 5: versicolor" in titles(figure)


def test_hostile_names_are_drawn_as_they_are():
    names = ("$x^$", "[red]", r"\frac", "猫", *"456789")
    figure = drawn(a_header(classes=names, data="$a_{$"), outputs=some_outputs(60))
    assert "row 0: $x^$" in titles(figure)


def test_the_users_own_matplotlib_settings_are_left_alone():
    before = dict(matplotlib.rcParams)
    drawn()
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize("name", ["run.png", "run.pdf", "run.SVG", "run.jpg"])
def test_the_view_saves_at_the_end(tmp_path, name):
    play(FigureView(tmp_path / name), a_header(classes=()), frames(3))
    assert (tmp_path / name).stat().st_size > 1000


def test_the_view_saves_what_there_is_after_an_exception(tmp_path):
    view = FigureView(tmp_path / "run.png")
    view.close(FAILED)
    play(view, a_header(classes=()), [], FAILED)
    assert not (tmp_path / "run.png").exists()
    play(view, a_header(classes=()), frames(1), FAILED)
    assert (tmp_path / "run.png").exists()


def test_a_figure_that_cannot_be_saved_is_refused_before_the_run(tmp_path):
    with pytest.raises(DataNotFound, match="does not exist"):
        FigureView(tmp_path / "nowhere" / "run.png")
    with pytest.raises(BadValue, match=r"suffix '\.docx'; use one of \.png"):
        FigureView(tmp_path / "run.docx")
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(BadValue, match="is a folder"):
        FigureView(tmp_path / "folder.png")


def test_saving_refuses_the_same(tmp_path):
    picture = RunFigure()
    picture.draw(a_header(), [a_step(0)])
    with pytest.raises(DataNotFound):
        picture.save(tmp_path / "nowhere" / "run.png")
    picture.save(tmp_path / "run.png", dpi=40)


def test_samples_figure_draws_24_in_a_grid(tmp_path):
    X = np.random.default_rng(0).integers(0, 17, (30, 64))
    figure = samples_figure(
        X, np.arange(30) % 10, range(30),
        image_shape=(8, 8), scale=16, classes=tuple("0123456789"), title="digits",
    )  # fmt: skip
    assert len(figure.axes) == 24
    assert titles(figure)[23] == "row 23: 3"
    save_figure(figure, tmp_path / "samples.png", dpi=40)


def test_samples_figure_of_other_data():
    figure = samples_figure(np.ones((2, 4)), np.array([0.5, 1.25]), (7, 8))
    assert titles(figure) == ["row 7: 0.5", "row 8: 1.25"]
    with pytest.raises(BadValue, match="no rows"):
        samples_figure(np.ones((0, 4)), np.array([]), ())


def test_a_frame_without_outputs_keeps_the_last_ones(tmp_path):
    view = FigureView(tmp_path / "run.png")
    play(view, a_header(), [Frame(a_step(0), some_outputs(60)), Frame(a_step(1))], DONE)
    assert "✓ 6" in titles(view._figure.figure)
