"""On a device the plain objective's numbers, by any library; data and first layers stay there as they came.

array-api-strict is the referee: it refuses whatever the standard does not promise.  PyTorch on a processor
and on a GPU (`-m gpu`) run the same tests.
"""

from __future__ import annotations

import sys
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import surefoot as sf
from agreement import QUANTITIES, agree, quantities, setting
from surefoot.compute import device, device_layers, device_units
from surefoot.compute.device import OnDevice
from surefoot.compute.device_place import Place
from surefoot.errors import BadValue, MissingExtra, ShapeError, UnknownName
from surefoot.network.activations import ACTIVATIONS
from surefoot.network.losses import LOSSES

BOUNDS = {np.float64: 1e-12, np.float32: 1e-5}


def needed(module):
    return pytest.importorskip(module, reason=f"{module} is not installed")


@pytest.fixture(
    scope="module", params=["array-api-strict", "torch", pytest.param("cuda", marks=pytest.mark.gpu)]
)
def made(request):
    """OnDevice by one library on one device, 300 rows to a chunk, of which float32 adds up 128."""
    needed("array_api_compat")
    strict = request.param == "array-api-strict"
    library = needed("array_api_strict" if strict else "torch")
    if request.param == "cuda" and not library.cuda.is_available():
        pytest.skip("PyTorch sees no CUDA device")
    where = {"xp": library} if strict else {"device": "cuda" if request.param == "cuda" else "cpu"}
    if not strict:
        threads = library.get_num_threads()
        library.set_num_threads(1)  # arrays are so small here that threads only wait for each other
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(device, "chunk_rows", lambda *_: 300)
        patch.setattr(device_layers, "SPAN", 128)
        yield partial(OnDevice, **where)
    if not strict:
        library.set_num_threads(threads)


def both(made, sizes, activation="logistic", loss="cross-entropy", precision=np.float64, **case):
    """The plain objective in double, the one on a device, a place and a direction."""
    plain, data, options, theta, p = setting(sizes, activation, loss, **case)
    return plain, made(*data, dtype=precision, **options), theta, p


@settings(max_examples=20, deadline=None)
@given(
    sizes=st.tuples(st.integers(1, 40), *[st.integers(1, 9)] * 2)
    | st.tuples(st.integers(1, 40), st.integers(1, 5))
    | st.tuples(st.integers(1, 20), *[st.integers(1, 7)] * 3),
    activation=st.sampled_from(sorted(ACTIVATIONS)),
    loss=st.sampled_from(sorted(LOSSES)),
    n=st.integers(1, 700),
    seed=st.integers(0, 10**6),
    precision=st.sampled_from(sorted(BOUNDS, key=str)),
)
def test_the_numbers_and_passes_of_the_plain_objective(made, sizes, activation, loss, n, seed, precision):
    n = n if precision is np.float64 else max(n, 30)  # one sample's numbers may be what cancelling left over
    agree(*both(made, sizes, activation, loss, precision, n=n, seed=seed), BOUNDS[precision])


@pytest.mark.parametrize("precision", BOUNDS)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64, np.int16])
def test_data_lie_there_as_they_came(made, dtype, precision):
    plain, there, theta, p = both(made, (30, 40, 4), "tanh", precision=precision, dtype=dtype)
    agree(plain, there, theta, p, BOUNDS[precision])
    kept = precision if dtype is np.int16 else dtype
    assert {np.dtype(str(chunk.X.dtype).rpartition(".")[2]) for chunk in there.walks.chunks} == {
        np.dtype(kept)
    }
    assert [chunk.X.shape[0] for chunk in there.walks.chunks] == [300, 300, 100]


PLANTED = {
    "a unit's second derivative": (device_units.UNITS, "tanh", "bend", ("curvature", "hessian")),
    "a unit's first derivative": (device_units.UNITS, "tanh", "slope", ("gradient", "slope", "gauss-newton")),
    "a loss's gradient": (
        device_units.LOSSES,
        "cross-entropy",
        "slope",
        ("gradient", "curvature", "hessian"),
    ),
    "a loss's second derivative": (device_units.LOSSES, "cross-entropy", "bend", ("hessian", "gauss-newton")),
}


@pytest.mark.parametrize("what", PLANTED)
def test_a_planted_error_is_caught(made, monkeypatch, what):
    """0.05 % too much in one factor: the quantities that it goes into are off, and `agree` says so."""
    table, name, part, spoilt = PLANTED[what]
    right = table[name]

    def wrong(*arguments):
        value, slope, bend = right(*arguments)
        return (
            value,
            (lambda: 1.0005 * slope()) if part == "slope" else slope,
            (lambda F: 1.0005 * bend(F)) if part == "bend" else bend,
        )

    monkeypatch.setitem(table, name, wrong)
    plain, there, theta, p = both(made, (12, 5, 4, 3), "tanh", n=50)
    expected, found = quantities(plain, theta, p), quantities(there, theta, p)
    for quantity in spoilt:
        error = np.abs(found[quantity] - expected[quantity]).max() / np.abs(expected[quantity]).max()
        assert error > 1e-6, quantity
    with pytest.raises(AssertionError):
        agree(plain, there, theta, p, BOUNDS[np.float64])


@pytest.mark.parametrize("planted", ["step", "outer_sum", "column_sum"])
def test_a_planted_error_in_a_sum_or_step_is_caught(made, monkeypatch, planted):
    owner = Place if planted == "step" else device_layers.DeviceLayers
    right = getattr(owner, planted)
    monkeypatch.setattr(owner, planted, lambda *given: 1.0005 * right(*given))
    with pytest.raises(AssertionError):
        agree(*both(made, (12, 5, 3), "tanh", n=50), BOUNDS[np.float64])


@pytest.mark.parametrize("loss", sorted(LOSSES))
@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_what_is_not_finite_stays_so(made, activation, loss):
    """Where the plain objective's value or slope is no number, neither is this one's."""
    plain, there, theta, p = both(made, (6, 4, 3), activation, loss, n=20, l2=0.0)
    spoilt = theta.copy()
    spoilt[0] = np.nan
    with np.errstate(all="ignore"):
        assert np.isnan(there.at(spoilt).value)
        assert np.isnan(there.at(spoilt).gradient).any()
        for alpha in (1e150, 1e308):
            ours, wanted = (o.at(theta).ray(p) for o in (there, plain))
            assert np.isfinite(ours.value(alpha)) == np.isfinite(wanted.value(alpha)), alpha
            assert np.isfinite(ours.slope(alpha)) == np.isfinite(wanted.slope(alpha)), alpha


@pytest.mark.parametrize(("method", "products"), [("classic", 0), ("lbfgs", 0), ("plane", 0), ("newton", 1)])
def test_each_pass_turns_the_data_into_floats_once(made, monkeypatch, method, products):
    """Z¹ beside Ż¹ is one pass and one walk; a Hessian product is two passes and one walk."""
    _, there, theta, _ = both(made, (20, 5, 3), "tanh", n=650)
    walks, rows, walked = there.walks, [], []
    floats, product = walks._floats, walks.product
    monkeypatch.setattr(walks, "_floats", lambda X: rows.append(X.shape[0]) or floats(X))
    monkeypatch.setattr(walks, "product", lambda *given: walked.append(1) or product(*given))
    for step in sf.descend(there, theta, method, sf.stop(iterations=6)):
        cost = step.cost
    assert sum(rows) == 650 * (cost.passes - len(walked))
    assert bool(walked) == bool(products)


def test_only_parameters_and_sums_cross(made, monkeypatch):
    _, there, theta, _ = both(made, (20, 5, 3), n=1000)
    crossed, place = [], there.device
    put, get = place.put, place.get
    monkeypatch.setattr(place, "put", lambda A: crossed.append(A.size) or put(A))
    monkeypatch.setattr(place, "get", lambda A: crossed.append(int(np.prod(A.shape))) or get(A))
    *_, last = sf.descend(there, theta, "plane", sf.stop(iterations=5))
    assert max(crossed) <= there.size + 2  # loss and right answers come with the gradient
    assert len(crossed) <= 3 * (last.cost.passes + last.cost.tails)


def test_the_bits_repeat(made):
    one, two = (
        quantities(there, theta, p)
        for _, there, theta, p in (both(made, (30, 6, 4), precision=np.float32, n=2000) for _ in range(2))
    )
    for name in QUANTITIES:
        assert np.array_equal(one[name], two[name]), name


def test_steps_go_on_and_an_older_ray_keeps_its_numbers(made):
    plain, there, theta, p = both(made, (12, 5, 3), "tanh")
    here = there.at(theta)
    ray = here.ray(p)
    place = ray.point(0.2)
    expected = plain.at(theta).ray(p)
    beside = expected.point(0.2)
    for _ in range(4):
        place, beside = (point.ray(-point.gradient).point(0.1) for point in (place, beside))
        assert abs(place.value - beside.value) <= 1e-12
    assert abs(ray.value(0.7) - expected.value(0.7)) <= 1e-12
    mixed, wanted = (r.combine(0.5, r.origin.ray(r.origin.gradient), 2.0) for r in (ray, expected))
    assert abs(mixed.curvature(0.1) / wanted.curvature(0.1) - 1) <= 1e-11


@pytest.mark.parametrize("loss", ["cross-entropy", "binary"])
def test_accuracy_is_counted_beside_the_gradient(made, loss):
    plain, there, theta, _ = both(made, (9, 4, 3), "relu", loss, n=500)
    out, Y = plain.at(theta).outputs, plain.Y
    expected = np.mean(out.argmax(axis=1) == Y if loss == "cross-entropy" else (out > 0) == (Y > 0.5))
    assert there.at(theta).accuracy == expected


def test_in_double_is_the_same_objective_in_double(made):
    plain, there, theta, p = both(made, (9, 4, 3), precision=np.float32)
    agree(plain, there.in_double(), theta, p, BOUNDS[np.float64])
    assert there.in_double().in_double().dtype == np.float64


def test_want_of_memory_is_a_sentence(made, monkeypatch):
    _, there, theta, p = both(made, (9, 4, 3))
    ray = there.at(theta).ray(p)
    assert ray.value(0.1) > 0

    def full(*_):
        raise MemoryError

    monkeypatch.setattr(there.device, "step", full)
    with pytest.raises(BadValue, match=r"need about .* MB on .*compute='blocks'"):
        ray.value(0.2)
    monkeypatch.setattr(Place, "free", lambda place: 1_000_000)
    with pytest.raises(BadValue, match=r"need about 1\.\d GB on .*, which has 1 MB left"):
        made(sf.Network((1000, 4)), np.broadcast_to(np.uint8(0), (1_000_000, 1000)), np.zeros(1_000_000, int))


def test_what_was_chosen_is_said(made):
    _, there, *_ = both(made, (9, 4, 3))
    assert there.choice.startswith("device: uint8 data as they came, 300 rows at a time; ")
    assert ("thread of its own" in there.choice) == (
        there.device.torch is not None and not there.device.on_gpu
    )


def test_on_a_processor_data_are_shared_and_never_written_to():
    torch, _ = needed("torch"), needed("array_api_compat")
    X = np.random.default_rng(0).integers(0, 256, (50, 8)).astype(np.uint8)
    before = X.copy()
    there = OnDevice(sf.Network((8, 3)), X, np.zeros(50, int), device="cpu")
    assert there.walks.chunks[0].X.data_ptr() == X.ctypes.data
    assert there.at(np.zeros(there.size)).ray(np.ones(there.size)).slope(0.5) != 0
    assert np.array_equal(X, before)
    assert there.device.device == torch.device("cpu")


@pytest.mark.parametrize("name", ["gpu", "meta", "cuda:x"])
def test_an_unknown_device_is_told(name):
    needed("torch"), needed("array_api_compat")
    with pytest.raises(UnknownName, match="Known: auto, cpu, cuda, cuda:1"):
        Place(name)


def test_a_device_that_is_not_there_is_told(monkeypatch):
    torch, _ = needed("torch"), needed("array_api_compat")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(
        BadValue, match=r"device='cuda' was asked for, but PyTorch .* sees no CUDA devices here"
    ):
        Place("cuda")
    assert Place("auto").device.type == "cpu"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(BadValue, match="sees 1 CUDA device here"):
        Place("cuda:1")
    assert Place("auto").device.type == "cuda"


@pytest.mark.parametrize("module", ["array_api_compat", "torch"])
def test_a_missing_library_is_told(monkeypatch, module):
    needed("array_api_compat")
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtra, match=r"pip install 'surefoot\[torch\]'"):
        Place()


def test_misuse_is_told(made):
    X, y = np.zeros((10, 4), np.uint8), np.zeros(10, int)
    with pytest.raises(BadValue):
        made(sf.Network((4, 2)), X, y, l2=-1.0)
    with pytest.raises(ShapeError):
        made(sf.Network((5, 2)), X, y)
    with pytest.raises(ShapeError):
        made(sf.Network((4, 2)), X, y[:9])


def test_float32_adds_up_few_rows_by_itself(made):
    """299 (2^16 + 1) is odd and beyond 2^24: float32 cannot hold it, but all that 128 rows add up to."""
    _, there, *_ = both(made, (3, 2), n=10)
    A, D = (there.device.put(np.full((299, 1), x, np.float32)) for x in (2**16 + 1, 1))
    assert float(there.device.get(there.walks.layers.outer_sum(A, D))[0, 0]) == 299 * (2**16 + 1)


def test_chunks_are_added_in_float64(made):
    _, there, *_ = both(made, (3, 2), n=10)
    totals = device.Totals(there.device)
    for part in (2.0**24, 1.0, 1.0, 1.0):
        totals.add([there.device.put(np.full((2, 1), part, np.float32))])
    assert np.array_equal(totals.get()[0], np.full((2, 1), 2.0**24 + 3))
