"""The sharpness probe measures at the run's points, changes nothing, and is drawn beside 2/α."""

from __future__ import annotations

import pytest

import surefoot as sf
from surefoot.verification.sharpness import sharpness
from surefoot.views import RunFigure

pytest.importorskip("matplotlib", reason="the figure needs matplotlib")


def test_the_probe():
    data, _ = sf.load("digits").split(200)
    net = sf.Network((64, 3, 10))
    plain = sf.train(net, data, method="classic", iterations=12)
    probed = sf.train(net, data, method="classic", iterations=12, sharpness_every=5)
    assert [s.value for s in plain.steps] == [s.value for s in probed.steps]
    assert plain.steps[-1].cost == probed.steps[-1].cost  # its passes are no part of the run's
    assert [s.iteration for s in probed.steps if "sharpness" in s.measures] == [0, 5, 10]
    here = sf.Problem(net, data).at(net.initial(0))
    expected = sharpness(here.hessian_vector, net.size)
    assert probed.steps[0].measures["sharpness"] == pytest.approx(expected, rel=1e-9)
    picture = RunFigure()
    picture.draw(probed.header, probed.steps, probed.outputs)
    assert any("sharpness" in axes.get_title(loc="left") for axes in picture.figure.axes)


def test_a_bad_interval_is_refused():
    data, _ = sf.load("digits").split(200)
    with pytest.raises(sf.SurefootError, match="sharpness_every is 0"):
        sf.train(sf.Network((64, 3, 10)), data, iterations=1, sharpness_every=0)
