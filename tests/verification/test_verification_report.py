"""What a check tells: the right verdict, the right place, whose fault, in words a student understands."""

import dataclasses
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategies import SMOOTH, Place, case, cases
from surefoot.errors import BadValue, ShapeError
from surefoot.verification import check

BLOCKS = ("W1", "b1", "W2", "b2", "W3", "b3")


class Spoiled:
    """An objective whose gradient is changed by `spoil`, and that lacks some abilities."""

    def __init__(self, inner, spoil, *without):
        self.inner, self.spoil, self.without = inner, spoil, without

    def __getattr__(self, name):
        if name in self.without:
            raise AttributeError(name)
        return getattr(self.inner, name)

    def at(self, theta):
        here = self.inner.at(theta)
        return Place(here.value, self.spoil(here.gradient.copy()))


def rosenbrock(x):
    return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2


def rosenbrock_gradient(x):
    return np.array([-2 * (1 - x[0]) - 400 * x[0] * (x[1] - x[0] ** 2), 200 * (x[1] - x[0] ** 2)])


def planted(net, block, factor=1.0005):
    """Spoil the block's largest entry; return where it is, too."""
    where = net.blocks[block]
    at = where.start + int(np.abs(net.gradient(net.theta)[where]).argmax())

    def spoil(gradient):
        gradient[at] *= factor
        return gradient

    return spoil, at


# right gradients hold -------------------------------------------------------------------------


@given(net=cases())
@settings(max_examples=25, deadline=None)
def test_right_gradients_of_networks_hold(net):
    report = check(net, net.theta)
    assert report.holds or report.fault == "point", str(report)
    assert report.total.derivatives + report.total.kinks == net.size
    if report.holds and net.analytic:
        assert "complex step" in report.verdict or "flat" in report.verdict


@given(net=cases(), budget=st.just(0))
@settings(max_examples=15, deadline=None)
def test_right_gradients_hold_along_random_directions(net, budget):
    report = check(net, net.theta, budget=budget)
    assert report.fault != "gradient", str(report)
    assert report.holds or not net.analytic, str(report)


@pytest.mark.parametrize("x", [[-1.2, 1.0], [1.0, 1.0], [0.0, 0.0], [30.0, -40.0], [1e3, -1e3], [1e-9, 2.0]])
def test_rosenbrock_holds_everywhere(x):
    report = check(rosenbrock, rosenbrock_gradient, np.array(x))
    assert report.holds, str(report)
    assert report.fault == ""


def test_a_converged_network_holds_although_its_gradient_is_nearly_rounding():
    net = case((4, 3), "logistic", "squared-error", n=12)
    A = np.column_stack([net.X, np.ones(12)])
    best = np.linalg.lstsq(A, net.Y, rcond=None)[0]
    theta = best.ravel()
    assert np.abs(net.gradient(theta)).max() < 1e-14
    assert check(net, theta).holds


def test_inputs_of_255_hold():
    net = case((6, 4, 3), "tanh", n=5)
    net = dataclasses.replace(net, X=np.round(255 * np.abs(net.X) / np.abs(net.X).max()))
    assert check(net, net.theta / 100).holds
    assert check(Spoiled(net, lambda g: g, "sweep"), net.theta / 100).holds


def test_a_tiny_block_is_no_false_alarm_and_is_named():
    def f(x):
        return 1 + x[0] ** 2 + 1e-16 * x[1] ** 2

    f_objective = Named(f, lambda x: np.array([2 * x[0], 2e-16 * x[1]]), {"a": slice(0, 1), "b": slice(1, 2)})
    report = check(f_objective, np.array([1.0, 1.0]))
    assert report.holds
    assert "those of b are too small to be told from rounding" in report.verdict


class Named:
    """A function with named blocks."""

    def __init__(self, f, gradient, blocks):
        self.f, self.gradient, self.blocks = f, gradient, blocks

    def at(self, x):
        return Place(float(self.f(x)), self.gradient(x))


def test_a_gradient_may_come_in_the_shape_of_x():
    x = np.arange(6.0).reshape(2, 3)
    report = check(lambda x: (x**3).sum(), lambda x: 3 * x**2, x)
    assert report.holds
    wrong = check(lambda x: (x**3).sum(), lambda x: 3 * x**2 + (x == 5), x)
    assert not wrong.holds
    assert "x[1, 2]" in wrong.verdict
    assert check(lambda x: (x**3).sum(), lambda x: (3 * x**2)[:, None], np.ones(3)).holds


def test_a_function_may_change_what_it_is_given_and_misbehave_next_to_an_edge():
    def f(x):
        x *= 1.0
        return math.log(x[0])

    x = np.array([5e-6])  # one central step of 1e-5 leaves the domain
    assert check(f, lambda x: 1 / x, x).holds
    assert x[0] == 5e-6


# wrong gradients do not, and the report says where --------------------------------------------


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("without", [(), ("sweep",), ("analytic",)])
def test_an_error_of_a_twentieth_of_a_percent_is_caught_and_located(block, without):
    net = case((4, 5, 3, 3), "tanh", n=6, seed=1)
    spoil, at = planted(net, block)
    report = check(Spoiled(net, spoil, *without), net.theta)
    assert not report.holds
    assert report.fault == "gradient"
    assert [row.status for row in report.rows] == ["WRONG" if name == block else "holds" for name in BLOCKS]
    row = report.rows[BLOCKS.index(block)]
    assert row.worst == net.place(at) == report.total.worst
    assert row.relative == pytest.approx(5e-4, rel=1e-2)
    assert f"{block} is wrong" in report.verdict
    assert net.place(at) in report.verdict
    assert f"analytic (yours) {row.analytic:.8g}" in report.verdict
    assert f"numeric (ours) {row.numeric:.8g}" in report.verdict


@given(net=cases(activations=SMOOTH), which=st.integers(0, 2**16), shared=st.data())
@settings(max_examples=25, deadline=None)
def test_planted_errors_are_caught_in_any_network(net, which, shared):
    names = [n for n, s in net.blocks.items() if np.abs(net.gradient(net.theta)[s]).max() > 1e-8]
    if not names:
        return
    block = shared.draw(st.sampled_from(names))
    spoil, at = planted(net, block)
    report = check(Spoiled(net, spoil), net.theta)
    assert not report.holds, str(report)
    assert next(row for row in report.rows if row.name == block).worst == net.place(at)


@pytest.mark.parametrize("block", BLOCKS)
def test_random_directions_catch_it_too_and_find_the_entry_by_halving(block):
    net = case((4, 5, 3, 3), "tanh", n=6, seed=1)
    spoil, at = planted(net, block)
    report = check(Spoiled(net, spoil), net.theta, budget=0)
    assert report.fault == "gradient"
    assert f"along {block}, because of {net.place(at)}" in report.verdict
    assert "random directions" in str(report)
    assert report.directions == 6


@pytest.mark.parametrize("block", ["W1", "b1", "W2", "b2"])
def test_a_relu_network_is_caught_too(block):
    net = case((6, 5, 3), "relu", n=8, seed=3)
    spoil, _ = planted(net, block)
    assert check(net, net.theta).holds
    assert f"{block} is wrong" in check(Spoiled(net, spoil), net.theta).verdict


def test_a_planted_error_in_rosenbrock_is_caught():
    report = check(rosenbrock, lambda x: rosenbrock_gradient(x) * [1, 1.0005], np.array([-1.2, 1.0]))
    assert report.fault == "gradient"
    assert report.total.worst == "x[1]"


# a mistake with a pattern is named ------------------------------------------------------------


def patterns(spoil, n=5):
    net = case((4, 5, 3), "logistic", n=n, seed=2)
    return check(Spoiled(net, spoil), net.theta).verdict


def test_a_flipped_sign_is_called_that():
    assert "whole gradient is right but for its sign" in patterns(lambda g: -g)
    assert "uphill" in patterns(lambda g: np.r_[g[:1], -g[1:]])


def test_a_sum_instead_of_a_mean_is_called_that():
    assert "5 times the numeric one" in patterns(lambda g: 5 * g)
    assert "the mean taken, or the sum?" in patterns(lambda g: 5 * g)
    assert "divided by their number twice?" in patterns(lambda g: g / 5)
    assert "the sum?" not in patterns(lambda g: 3 * g)


def test_a_factor_in_one_block_is_named_with_the_block():
    def halve(gradient):
        gradient[:20] *= 0.5
        return gradient

    verdict = patterns(halve)
    assert "W1 is wrong, b1, W2 and b2 hold" in verdict
    assert "Your W1 is 0.5 times" in verdict


def test_a_gradient_too_long_but_in_nearly_the_right_direction():
    bend = np.random.default_rng(0).uniform(0.8, 1.2, 43)
    verdict = patterns(lambda g: 21 * g * bend)
    assert "times too long" in verdict
    assert "cosine 0.99" in verdict


def test_a_gradient_of_zeros():
    assert "Your gradient is zero everywhere, but f is not flat" in patterns(lambda g: 0 * g)
    assert "Your gradient is zero everywhere" in patterns(lambda g: 0 * g, n=1)
    flat = check(lambda x: 3.0, lambda x: 0 * x, np.ones(4))
    assert flat.holds
    assert "proves little" in flat.verdict
    assert "f is flat here" in check(lambda x: 3.0, lambda x: 0 * x + 1, np.ones(4)).verdict


# what cannot be compared is said in one sentence ----------------------------------------------


def test_nan_in_the_gradient_is_counted_and_located():
    net = case((4, 5, 3))

    def spoil(gradient):
        gradient[[7, 30]] = np.nan, np.inf
        return gradient

    report = check(Spoiled(net, spoil), net.theta)
    assert report.fault == "gradient"
    assert f"2 of its 43 entries are NaN or infinite, first {net.place(7)}" in report.verdict
    assert report.verdict in str(report).replace("\n", " ")


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(
        ShapeError, match=r"gradient returned float64 values of shape \(3,\).*x has shape\s+\(2,\)"
    ):
        check(rosenbrock, lambda x: np.ones(3), np.ones(2))
    with pytest.raises(ShapeError, match="one real number"):
        check(lambda x: x, lambda x: x, np.ones(2))
    net = case((4, 3))
    with pytest.raises(ShapeError, match=r"gradient has shape \(14,\), but theta has shape \(15,\)"):
        check(Spoiled(net, lambda g: g[1:]), net.theta)
    with pytest.raises(ShapeError, match="one flat vector"):
        check(net, net.theta[:, None])


def test_misuse_is_refused_with_the_two_right_forms():
    with pytest.raises(BadValue, match=r"check\(objective, theta\), or check\(f, gradient, x\)"):
        check(rosenbrock, np.ones(2))
    with pytest.raises(BadValue, match="finite real numbers"):
        check(rosenbrock, rosenbrock_gradient, np.array([np.nan, 1]))


def test_a_loss_that_is_not_finite_is_not_the_gradients_fault():
    report = check(lambda x: float("inf"), lambda x: x, np.ones(2))
    assert report.fault == "function"
    assert "f is inf" in report.verdict


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_float32_is_not_checked_in_float32(dtype):
    report = check(lambda x: dtype(rosenbrock(x)), rosenbrock_gradient, np.array([-1.2, 1.0]))
    assert report.fault == "function"
    assert "float32" in report.verdict


def test_float32_inside_f_is_the_functions_fault_not_the_gradients():
    def f(x):
        return float(rosenbrock(x.astype(np.float32)))

    report = check(f, rosenbrock_gradient, np.array([-1.2, 1.0]))
    assert report.fault == "function"
    assert "look for float32 inside f" in report.verdict
    assert "x[" in report.verdict


@pytest.mark.parametrize("seed", range(5))
def test_a_noisy_function_is_at_fault_itself(seed):
    rng = np.random.default_rng(seed)
    report = check(lambda x: rosenbrock(x) + 1e-3 * rng.normal(), rosenbrock_gradient, np.array([-1.2, 1.0]))
    assert report.fault == "function", str(report)
    assert "not (yet) in the gradient" in report.verdict


def test_an_objective_in_single_precision_is_checked_in_double():
    net = case((4, 3))

    class Single:
        def in_double(self):
            return net

        def at(self, theta):
            raise AssertionError

    assert check(Single(), net.theta).holds


def test_a_sweep_that_is_of_another_function_is_found_out():
    net = case((4, 3))
    other = Spoiled(net, lambda g: g)
    other.sweep = lambda theta, h: net.sweep(theta, h) + 0.1
    report = check(other, net.theta)
    assert report.fault == "function"
    assert "not the same function" in report.verdict


# kinks ----------------------------------------------------------------------------------------


def standing_on_a_kink():
    net = case((3, 4, 2), "relu", n=6, seed=5)
    W, b = net.network.layout.split(net.theta)[0]
    b[1] = -net.X[2] @ W[:, 1]  # unit 1 of sample 2 is exactly 0
    return net


def test_kinks_are_set_aside_counted_and_do_not_alarm():
    net = standing_on_a_kink()
    report = check(net, net.theta)
    assert report.holds, str(report)
    assert 0 < report.total.kinks < 10
    assert f"Kinks: {report.total.kinks} set aside" in str(report)


def test_kinks_that_the_objective_does_not_tell_of_are_found_by_the_checker():
    net = standing_on_a_kink()
    report = check(Spoiled(net, lambda g: g, "crossed", "sweep"), net.theta)
    assert report.holds, str(report)
    assert report.total.kinks > 0


@pytest.mark.parametrize("away", [0, 1e-9, 1e-7, 3e-6, 8e-6, 2e-5])
def test_a_corner_near_by_does_not_alarm(away):
    for side in (-1, 1):  # a relu that is flat on one side, a smooth part beside it
        report = check(
            lambda x, s=side: (np.maximum(x - s * away, 0) + x**2).sum(),
            lambda x, s=side: (x > s * away) + 2 * x,
            np.array([0.0, 1.0]),
        )
        assert report.holds, str(report)


def test_any_slope_between_the_two_sides_of_a_corner_will_do_and_no_other():
    x = np.array([0.0, 1.0, -2.0])
    for slope in (-1.0, 0.0, 0.7, 1.0):
        assert check(lambda x: np.abs(x).sum(), lambda x, s=slope: np.array([s, 1, -1]), x).holds
    report = check(lambda x: np.abs(x).sum(), lambda x: np.array([1.3, 1, -1]), x)
    assert report.fault == "gradient"
    assert report.total.worst == "x[0]"


def test_a_point_where_all_is_kinks_is_said_to_be_a_bad_point():
    net = case((3, 4, 2), "relu", n=6)
    report = check(net, 0 * net.theta)
    assert report.fault == "point"
    assert "every perturbation of W1 and b1 meets a kink" in report.verdict


# the report itself ----------------------------------------------------------------------------


def test_the_table_has_a_row_per_block_and_fits_a_terminal():
    net = case((4, 5, 3), n=6)
    text = str(check(net, net.theta))
    for name in ("W1", "b1", "W2", "b2", "total"):
        assert f"\n  {name} " in text
    assert "analytic (yours)" in text
    assert "numeric (ours)" in text
    assert "complex step" in text
    assert "h^2.0" in text
    assert max(map(len, text.splitlines())) <= 90
    assert all(line == line.rstrip() for line in text.splitlines())


def test_the_same_check_gives_the_same_report():
    net = case((4, 5, 3), "relu", n=6)
    for budget in (0, 10**6):
        assert str(check(net, net.theta, budget=budget)) == str(check(net, net.theta, budget=budget))
    assert str(check(net, net.theta, budget=0, rng=1)) != str(check(net, net.theta, budget=0, rng=2))


@pytest.mark.parametrize("spoil", [lambda g: g, lambda g: 2 * g, lambda g: g * np.nan])
def test_reports_are_plain_json(spoil):
    net = case((4, 5, 3), n=6)
    report = check(Spoiled(net, spoil), net.theta)
    plain = json.loads(json.dumps(report.to_json(), allow_nan=False))
    assert plain["holds"] is report.holds
    assert plain["verdict"] == report.verdict
    assert [row["name"] for row in plain["rows"]] == [row.name for row in report.rows]


def test_a_report_does_not_change():
    report = check(rosenbrock, rosenbrock_gradient, np.array([-1.2, 1.0]))
    with pytest.raises(dataclasses.FrozenInstanceError):
        report.holds = False
