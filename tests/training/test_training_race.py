"""The race is fair: passes are counted as an independent count does, and auto is ahead at every mark."""

from __future__ import annotations

import json

import pytest

import surefoot as sf
from surefoot.cli import main
from surefoot.records import Race
from surefoot.training.options import Options
from surefoot.training.race import hold_race, race

OPTIONS = Options("digits", hidden=(16,), l2=1e-3)


def problem():
    data, _ = sf.load("digits").split(1000)
    return sf.Problem(sf.Network((64, 16, 10)), data, l2=1e-3)


def test_all_start_from_the_same_loss_and_never_rise():
    held = problem()
    curves = race(held, held.network.initial(0), ["auto", "classic", "bb"], 40)
    assert len({curve.losses[0] for curve in curves}) == 1
    for curve in curves:
        assert curve.passes[0] == 1  # the first loss is known after one product
        assert curve.passes[-1] <= 40
        assert all(a >= b for a, b in zip(curve.losses, curve.losses[1:], strict=False))


def test_a_loss_is_entered_one_pass_before_its_gradient():
    held = problem()
    (curve,) = race(held, held.network.initial(0), ["classic"], 20)
    assert list(curve.passes) == list(range(1, 21, 2))


@pytest.mark.slow
def test_auto_is_ahead_of_every_installed_peer_on_digits_at_every_mark():
    pytest.importorskip("sklearn", reason="scikit-learn and SciPy are the peers of this race")
    held = hold_race(OPTIONS, ["auto"], ["scipy", "sklearn", "torch", "optax"], 200)
    ours, *peers = held.curves
    assert len(peers) >= 2
    assert len(peers) + len(held.absent) == 4
    for mark in held.marks:
        for curve in peers:
            assert ours.loss_at(mark) < curve.loss_at(mark), (mark, curve.name)


def test_a_peers_passes_are_two_for_each_evaluation():
    optimize = pytest.importorskip("scipy.optimize", reason="SciPy is the peer of this test")
    held = hold_race(OPTIONS, [], ["scipy"], 40)
    calls, objective = 0, problem()

    def both(x):
        nonlocal calls
        calls += 1
        here = objective.at(x)
        return here.value, here.gradient.copy()

    optimize.minimize(
        both, objective.network.initial(0), jac=True, method="L-BFGS-B",
        options={"maxcor": 30, "maxfun": 20, "ftol": 0, "gtol": 0},
    )  # fmt: skip
    (curve,) = held.curves
    assert curve.passes[-1] <= 40
    assert abs(len(curve.passes) - calls) <= 2
    assert {b - a for a, b in zip(curve.passes, curve.passes[1:], strict=False)} == {2}


def test_the_command_prints_a_table_or_json_and_draws(capsys, tmp_path):
    main(
        ["race", "digits", "--methods", "auto,classic", "--passes", "24", "--figure", str(tmp_path / "r.png")]
    )
    table = capsys.readouterr().out
    assert "64-6-10 on 1,000 rows of digits" in table
    assert "classic" in table
    assert (tmp_path / "r.png").stat().st_size > 10_000
    main(["race", "digits", "--methods", "auto", "--passes", "16", "--json"])
    record = json.loads(capsys.readouterr().out)
    assert record["curves"][0]["name"] == "auto"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--methods", "atuo"], "did you mean 'auto'"),
        (["--against", "scpy"], "did you mean 'scipy'"),
        (["--passes", "2"], "8 or more"),
        (["--methods", ""], "Nobody races"),
    ],
)
def test_mistakes_are_one_sentence(arguments, words, capsys):
    with pytest.raises(SystemExit) as left:
        main(["race", *arguments])
    assert left.value.code == 2
    assert words in capsys.readouterr().err


def test_a_race_is_a_record():
    assert Race("d", 10, (2, 1), 0.0, 200, ()).marks == (25, 50, 100, 200)
