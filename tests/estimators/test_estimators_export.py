"""Models go elsewhere: what leaves predicts as what stayed; what comes back is checked first."""

from __future__ import annotations

import ast
import csv
import io
import json
import pickle
import subprocess
import sys
import warnings

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="the estimators need scikit-learn")

from sklearn.exceptions import ConvergenceWarning, NotFittedError

from surefoot import placing
from surefoot.errors import BadValue, DataError, DataNotFound, MissingExtra, ShapeError, UnknownName
from surefoot.estimators import NetClassifier, NetRegressor
from surefoot.estimators.export import export, from_safetensors, to_onnx, to_python, to_safetensors
from surefoot.estimators.export.tensors import read, written
from surefoot.estimators.scaling import Scaling

ACTIVATIONS = ("logistic", "tanh", "relu", "softplus", "identity")
SOFT = ["binary", "multiclass", "multilabel"]
TASKS = [*SOFT, "number", "numbers"]
rng = np.random.default_rng(5)
X = rng.normal(size=(60, 4)) * [1, 100, 0.01, 3] + [0, 1000, 1, -2]
X = X.astype(np.float32).astype(np.float64)  # exact in both, so that an ONNX float input loses nothing
Z = (X - X.mean(0)) / X.std(0)
Y = {
    "binary": np.where(Z[:, 0] + Z[:, 1] ** 2 > 0.5, "ja", "nein"),
    "multiclass": np.array([30, 10, 20])[np.digitize(Z[:, 0] - Z[:, 2], [-0.7, 0.7])],
    "multilabel": (Z[:, :3] + Z[:, 1:] > 0).astype(int),
    "number": 50 + 7 * np.sin(Z[:, 0]) + Z[:, 1],
    "numbers": np.c_[1e3 * Z[:, 0] * Z[:, 1], 0.01 * Z[:, 2] + 5],
}
HOSTILE = [
    '"""',
    "'''\\",
    "\n__import__('os')._exit(3)",
    "{inputs}",
    "# fmt: off",
    "\u202e\ud800",
    "a,b;c\td",
    "Größe",
]


def fitted(task, X=X, y=None, **options):
    """A small estimator after a few iterations: enough to have weights that are no start."""
    kind = NetRegressor if task.startswith("number") else NetClassifier
    options = {"hidden": (5,), "l2": 1e-3, "max_iter": 8, "random_state": 0} | options
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return kind(**options).fit(X, Y[task] if y is None else y)


def soft(model, X):
    """(n, k) what the model says in numbers: probabilities, or what is predicted."""
    said = model.predict_proba(X) if hasattr(model, "predict_proba") else model.predict(X)
    return np.asarray(said, np.float64).reshape(len(X), -1)


def error(a, b, task):
    """The largest difference, for numbers in units of what is predicted."""
    scale = np.maximum(np.abs(b).max(axis=0), 1) if task.startswith("number") else 1
    return float(np.max(np.abs(np.asarray(a, np.float64).reshape(b.shape) - b) / scale))


def in_onnxruntime(path, X):
    """{output: array} of an ONNX file."""
    ort = pytest.importorskip("onnxruntime", reason="the proof is onnxruntime's own arithmetic")
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    given = {"tensor(float)": np.float32, "tensor(double)": np.float64}[session.get_inputs()[0].type]
    return dict(zip(names, session.run(None, {"X": X.astype(given)}), strict=True))


def require_same_onnx(model, path, X, task, tolerance):
    found = in_onnxruntime(path, X)
    numbers = found["variable" if task.startswith("number") else "probabilities"]
    assert error(numbers, soft(model, X), task) <= tolerance
    if task in SOFT:
        said = model.predict(X)
        assert found["label"].shape == said.shape
        assert (found["label"] == said).all()
        assert found["label"].dtype == (object if said.dtype.kind in "UO" else np.int64)


def script(path, *arguments, text="", code=0):
    """What predict.py writes, run without site-packages and without any help from where it lies."""
    call = [sys.executable, "-I", "-S", str(path), *map(str, arguments)]
    done = subprocess.run(call, input=text, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == code, done.stderr
    return done.stdout if code == 0 else done.stderr


def table(X, names=None):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([names] if names else [])
    writer.writerows([[repr(float(x)) for x in row] for row in X])
    return out.getvalue()


def module(path):
    """The names that predict.py defines."""
    names = {"__name__": "predict"}
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), names)
    return names


# --- ONNX


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("task", TASKS)
def test_onnx_equals_ours(task, activation, tmp_path):
    pytest.importorskip("onnx", reason="writes ONNX")
    model = fitted(task, activation=activation)
    require_same_onnx(model, to_onnx(model, tmp_path / "m.onnx"), X, task, 1e-6)
    require_same_onnx(model, to_onnx(model, tmp_path / "d.onnx", precision="double"), X, task, 1e-13)
    single = in_onnxruntime(to_onnx(model, tmp_path / "s.onnx", precision="single"), X)
    assert error(list(single.values())[-1], soft(model, X), task) <= 1e-4


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("hidden", [(), (6, 4)])
def test_onnx_of_any_depth(task, hidden, tmp_path):
    pytest.importorskip("onnx", reason="writes ONNX")
    model = fitted(task, hidden=hidden)
    require_same_onnx(model, to_onnx(model, tmp_path / "m.onnx"), X, task, 1e-6)


def test_onnx_of_a_model_trained_on_sparse_inputs_and_of_a_single_one(tmp_path):
    pytest.importorskip("onnx", reason="writes ONNX")
    sparse = pytest.importorskip("scipy.sparse", reason="sparse inputs")
    S = np.where(np.abs(Z) > 0.6, Z, 0).astype(np.float32).astype(np.float64)
    model = fitted("multiclass", sparse.csr_matrix(S))
    require_same_onnx(model, to_onnx(model, tmp_path / "m.onnx"), S, "multiclass", 1e-6)
    single = fitted("multiclass", X.astype(np.float32))
    found = in_onnxruntime(to_onnx(single, tmp_path / "s.onnx"), X)
    assert error(found["probabilities"], soft(single, X.astype(np.float32)), "multiclass") <= 2e-6


def test_onnx_says_where_it_comes_from(tmp_path):
    onnx = pytest.importorskip("onnx", reason="writes ONNX")
    model = fitted("binary")
    model.feature_names_in_ = np.array(["a", "b", "größe", "d"], object)
    proto = onnx.load(to_onnx(model, tmp_path / "m.onnx"))
    about = {entry.key: entry.value for entry in proto.metadata_props}
    assert json.loads(about["classes"]) == ["ja", "nein"]
    assert json.loads(about["feature_names"]) == ["a", "b", "größe", "d"]
    assert {"surefoot", "created"} <= about.keys()
    assert {node.domain for node in proto.graph.node} == {""}, "standard operators only"
    assert (proto.ir_version, proto.opset_import[0].version) == (8, 17)


def test_a_planted_error_is_found(tmp_path):
    """The oracle itself: weights off by 0.05 % may not pass as equal."""
    pytest.importorskip("onnx", reason="writes ONNX")
    model = fitted("multiclass")
    path = to_onnx(model, tmp_path / "m.onnx")
    require_same_onnx(model, path, X, "multiclass", 1e-6)
    found = in_onnxruntime(path, X * 1.0005)
    assert error(found["probabilities"], soft(model, X), "multiclass") > 1e-6


def test_onnx_refuses_what_it_cannot_hold(tmp_path):
    pytest.importorskip("onnx", reason="writes ONNX")
    model = fitted("binary")
    with pytest.raises(UnknownName, match="did you mean 'double'"):
        to_onnx(model, tmp_path / "m.onnx", precision="doubel")
    model.classes_ = np.array([0.5, 1.5])
    with pytest.raises(BadValue, match="texts or whole numbers"):
        to_onnx(model, tmp_path / "m.onnx")
    wide = fitted("number", X * [1, 1e60, 1, 1])
    to_onnx(wide, tmp_path / "d.onnx", precision="double")
    with pytest.raises(BadValue, match="too large or too small for float32"):
        to_onnx(wide, tmp_path / "m.onnx", precision="single")
    assert [path.name for path in tmp_path.iterdir()] == ["d.onnx"]


def test_onnx_without_onnx_and_beyond_its_size(tmp_path, monkeypatch):
    model = fitted("binary")
    monkeypatch.setattr("surefoot.estimators.export.onnx.LARGEST", 100)
    with pytest.raises(BadValue, match=r"ends at 2 GiB; use .safetensors"):
        to_onnx(model, tmp_path / "m.onnx")
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(MissingExtra, match=r"pip install 'surefoot\[onnx\]'"):
        to_onnx(model, tmp_path / "m.onnx")


# --- predict.py


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("task", TASKS)
def test_python_equals_ours(task, activation, tmp_path):
    model = fitted(task, activation=activation, hidden=(5, 3))
    names = module(to_python(model, tmp_path / "predict.py"))
    assert (
        error(names["predict_proba" if task in SOFT else "predict"](X.tolist()), soft(model, X), task)
        <= 1e-12
    )
    if task in SOFT:
        assert np.array_equal(names["predict"](X.tolist()), model.predict(X))
    assert names["predict_one"](X[3]) == names["predict"](X)[3]


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("header", [True, False])
def test_python_reads_and_writes_tables(task, header, tmp_path):
    model = fitted(task)
    path = to_python(model, tmp_path / "predict.py")
    text = table(X, ["w", "x", "y", "z"] if header else None)
    (tmp_path / "t.csv").write_text(text, encoding="utf-8-sig")
    out = script(path, tmp_path / "t.csv")
    assert out == script(path, text=text)
    rows = list(csv.reader(io.StringIO(out)))[1:]
    said = model.predict(X)
    if task in SOFT:
        assert rows == [[str(v) for v in np.ravel(row)] for row in said]
        proba = list(csv.reader(io.StringIO(script(path, "--proba", tmp_path / "t.csv"))))
        assert proba[0] == [str(name) for name in model.classes_]
        rows, said = proba[1:], model.predict_proba(X)
    assert error(np.array(rows, float), np.reshape(said, (len(X), -1)), task) <= 1e-12


def test_python_finds_columns_by_name(tmp_path):
    model = fitted("multiclass")
    model.feature_names_in_ = np.array(["w", "x", "y", "z"], object)
    path = to_python(model, tmp_path / "predict.py")
    plain = script(path, text=table(X))
    order = [2, 0, 3, 1]
    mixed = np.c_[X[:, order], np.arange(60)]
    assert script(path, text=table(mixed, ["y", "w", "z", "x", "id"])) == plain
    assert script(path, text=table(X, list("wxyz")).replace(",", ";")) == plain
    assert script(path, text=table(X[:0], list("wxyz"))) == "prediction\n" == script(path, text="")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1,2,3\n", "the table has 3 columns; wanted are 4"),
        ("w,x,y,q\n1,2,3,4\n", "column 'z' 0 times"),
        ("w,x,y,z,z\n1,2,3,4,5\n", "column 'z' 2 times"),
        ("1,2,3,4\n1,2,,4\n", "row 2, column 3 holds ''"),
        ("1,2,3,4\n1,2,nan,4\n", "row 2, column 3 holds 'nan'"),
        ("1,2,3,4\n1,2,3\n", "row 2, column 4 holds nothing"),
        ("1,2,3,4\n1,2,3,4,5\n", "row 2 has 5 columns"),
        ("w,x,y,z\n1,2,3,1e999\n", "row 2, column 4 holds '1e999'"),
        ("1,2,x,4\n", "row 1, column 3 holds 'x'"),
    ],
)
def test_python_refuses_odd_tables_in_a_sentence(text, said, tmp_path):
    model = fitted("binary")
    model.feature_names_in_ = np.array(["w", "x", "y", "z"], object)
    message = script(to_python(model, tmp_path / "predict.py"), text=text, code=1)
    assert message.startswith("predict: ")
    assert said in message
    assert message.count("\n") == 1


def test_python_refuses_odd_rows(tmp_path):
    names = module(to_python(fitted("binary"), tmp_path / "predict.py"))
    with pytest.raises(ValueError, match="3 numbers; wanted are 4"):
        names["predict_one"]([1, 2, 3])
    with pytest.raises(ValueError, match="NaN or infinity"):
        names["predict"]([[1, 2, 3, float("nan")]])


def test_hostile_names_are_literals(tmp_path):
    y = np.array(HOSTILE, object)[np.arange(60) % len(HOSTILE)]
    model = fitted("multiclass", y=y)
    said = model.predict(X).tolist()
    model.feature_names_in_ = np.array(HOSTILE[:4], object)
    path = to_python(model, tmp_path / "predict.py")
    names = module(path)
    assert names["CLASSES"] == sorted(HOSTILE)
    assert names["FEATURES"] == HOSTILE[:4]
    assert names["predict"](X) == said
    calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Import)]
    assert {alias.name for node in calls for alias in node.names} == {"argparse", "csv", "io", "math", "sys"}
    assert "prediction" in script(path, text=table(X))


def test_a_moment_from_a_hostile_file_is_not_code(tmp_path):
    model = fitted("binary")
    arrays, about = read(to_safetensors(model, tmp_path / "m.safetensors"))
    about["created"] = json.dumps('"""\nraise SystemExit(7)\n"""')
    (tmp_path / "m.safetensors").write_bytes(written(arrays, about))
    path = to_python(from_safetensors(tmp_path / "m.safetensors"), tmp_path / "predict.py")
    assert "SystemExit(7)" not in path.read_text("utf-8")


# --- safetensors


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_safetensors_and_back_predict_the_same_bits(task, dtype, tmp_path):
    model = (
        fitted(task, X.astype(dtype), class_weight=None) if task in SOFT else fitted(task, X.astype(dtype))
    )
    back = from_safetensors(to_safetensors(model, tmp_path / "m.safetensors"))
    assert type(back) is type(model)
    assert back.get_params() == model.get_params()
    assert np.array_equal(soft(back, X.astype(dtype)), soft(model, X.astype(dtype)))
    assert np.array_equal(back.predict(X.astype(dtype)), model.predict(X.astype(dtype)))
    assert back.predict(X.astype(dtype)).dtype == model.predict(X.astype(dtype)).dtype
    assert [W.dtype for W in back.coefs_] == [W.dtype for W in model.coefs_]
    for name in ("n_iter_", "loss_", "converged_", "n_features_in_", "loss_curve_"):
        assert np.array_equal(getattr(back, name), getattr(model, name)), name
    assert (
        to_safetensors(back, tmp_path / "again.safetensors").read_bytes()
        == (tmp_path / "m.safetensors").read_bytes()
    )


def test_safetensors_are_what_the_library_of_that_name_reads_and_writes(tmp_path):
    library = pytest.importorskip("safetensors.numpy", reason="the format's own library")
    model = fitted("numbers", hidden=(5, 3))
    path = to_safetensors(model, tmp_path / "m.safetensors")
    arrays, about = read(path)
    theirs = library.load_file(path)
    assert theirs.keys() == arrays.keys()
    assert all(np.array_equal(theirs[name], arrays[name]) for name in arrays)
    library.save_file(theirs, tmp_path / "theirs.safetensors", about)
    assert np.array_equal(from_safetensors(tmp_path / "theirs.safetensors").predict(X), model.predict(X))


def test_arrays_in_any_memory_order_are_written_as_they_read(tmp_path):
    F = np.asfortranarray(rng.normal(size=(3, 4)))
    (tmp_path / "f").write_bytes(written({"F": F, "T": F.T[::2, ::-1]}, {}))
    arrays, _ = read(tmp_path / "f")
    assert np.array_equal(arrays["F"], F)
    assert np.array_equal(arrays["T"], F.T[::2, ::-1])


def test_what_json_cannot_hold_is_left_out(tmp_path):
    model = fitted("binary", random_state=np.random.RandomState(3), class_weight={"ja": 2.0})
    back = from_safetensors(to_safetensors(model, tmp_path / "m.safetensors"))
    assert back.random_state is None
    assert back.class_weight == {"ja": 2.0}
    assert np.array_equal(back.predict_proba(X), model.predict_proba(X))


def test_one_target_as_a_column_stays_a_column(tmp_path):
    model = fitted("numbers", y=Y["number"][:, None])
    back = from_safetensors(to_safetensors(model, tmp_path / "m.safetensors"))
    assert back.predict(X).shape == model.predict(X).shape == (60, 1)
    names = module(to_python(back, tmp_path / "predict.py"))
    assert np.allclose(names["predict"](X), model.predict(X), rtol=1e-12, atol=1e-12)
    assert script(tmp_path / "predict.py", text=table(X)).startswith("prediction_1\n")


def test_what_came_back_is_an_estimator_like_others(tmp_path):
    model = fitted("multiclass", warm_start=True)
    back = from_safetensors(to_safetensors(model, tmp_path / "m.safetensors"))
    assert np.array_equal(pickle.loads(pickle.dumps(back)).predict(X), model.predict(X))
    assert repr(back) == repr(model)
    assert back.score(X, Y["multiclass"]) == model.score(X, Y["multiclass"])
    assert export(back, tmp_path / "a.py").read_bytes() == export(model, tmp_path / "b.py").read_bytes()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        back.fit(X, Y["multiclass"])
        model.fit(X, Y["multiclass"])
    assert np.array_equal(back.theta_, model.theta_), "a warm start goes on as it would have"


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    return to_safetensors(fitted("multiclass"), tmp_path_factory.mktemp("good") / "m.safetensors")


@pytest.mark.parametrize("cut", [0, 7, 9, 100, -1, -8])
def test_a_file_cut_off_is_refused(cut, good, tmp_path):
    (tmp_path / "m.safetensors").write_bytes(good.read_bytes()[:cut])
    require_refused(tmp_path / "m.safetensors")


def test_every_flipped_byte_is_refused_or_read(good, tmp_path):
    """No byte of the front, wrong, leads to another exception than ours."""
    whole = good.read_bytes()
    head = 8 + int.from_bytes(whole[:8], "little")
    for place in range(0, head, 7):
        data = bytearray(whole)
        data[place] ^= 0x55
        (tmp_path / "m.safetensors").write_bytes(data)
        try:
            from_safetensors(tmp_path / "m.safetensors")
        except DataError:
            require_refused(tmp_path / "m.safetensors")


def header(count, **entries):
    text = json.dumps(entries).encode()
    return (len(text) if count is None else count).to_bytes(8, "little") + text


BIG, WRAP = [10**9, 10**9], [2**32, 2**32]
FAR = 8 * 10**18
HEADERS = {
    "a header larger than the file": header(2**63),
    "a header that says nothing": header(None),
    "an array larger than all": header(None, W1={"dtype": "F64", "shape": BIG, "data_offsets": [0, FAR]}),
    "a shape that wraps to 0": header(None, W1={"dtype": "F64", "shape": WRAP, "data_offsets": [0, 0]}),
    "an array of no rows": header(None, W1={"dtype": "F64", "shape": [0, 2**60], "data_offsets": [0, 0]}),
    "a shape below 0": header(None, W1={"dtype": "F64", "shape": [-1, -1], "data_offsets": [0, 8]}),
    "a shape of text": header(None, W1={"dtype": "F64", "shape": "11", "data_offsets": [0, 8]}),
    "a place before the file": header(None, W1={"dtype": "F64", "shape": [1], "data_offsets": [-8, 0]}),
    "objects": header(None, W1={"dtype": "O", "shape": [1], "data_offsets": [0, 8]}) + b"12345678",
    "arrays that overlap": header(
        None,
        a={"dtype": "F64", "shape": [2], "data_offsets": [0, 16]},
        b={"dtype": "F64", "shape": [2], "data_offsets": [8, 24]},
    ) + bytes(24),
    "bytes nobody named": header(None, a={"dtype": "F64", "shape": [1], "data_offsets": [0, 8]}) + bytes(9),
    "a list": (2).to_bytes(8, "little") + b"[]",
    "a nest": (200_000).to_bytes(8, "little") + b"[" * 200_000,
    "a name twice": (19).to_bytes(8, "little") + b'{"a": {}, "a": {}} ',
    "a number of 9,000 digits": (9008).to_bytes(8, "little") + b'{"a": 1' + b"0" * 9000 + b"}",
    "NaN": (10).to_bytes(8, "little") + b'{"a": NaN}',
    "metadata of numbers": (25).to_bytes(8, "little") + b'{"__metadata__": {"a": 1}}'[:25],
    "no UTF-8": (10).to_bytes(8, "little") + b'{"\xff\xff": 1} ',
}  # fmt: skip


@pytest.mark.parametrize("name", HEADERS)
def test_hostile_headers_are_refused(name, tmp_path):
    (tmp_path / "m.safetensors").write_bytes(HEADERS[name])
    require_refused(tmp_path / "m.safetensors")


FACTS = {
    "format": "surefoot model 9",
    "sizes": [4, 10**9, 3],
    "activation": "os.system",
    "loss": ["binary"],
    "classes": [1, 1, 2],
    "classes_dtype": "<U99999999",
    "feature_names": ["a"],
    "parameters": {"hidden": [5], "exec": "x"},
    "learnt": 5,
    "constant_inputs": [10**6],
    "created": {},
}


@pytest.mark.parametrize("name", FACTS)
def test_hostile_metadata_are_refused_or_harmless(name, good, tmp_path):
    arrays, about = read(good)
    about[name] = FACTS[name] if name == "format" else json.dumps(FACTS[name])
    (tmp_path / "m.safetensors").write_bytes(written(arrays, about))
    if name in ("classes_dtype", "created"):
        assert from_safetensors(tmp_path / "m.safetensors").predict(X).dtype.itemsize < 100
    else:
        require_refused(tmp_path / "m.safetensors")


@pytest.mark.parametrize("sizes", [[4, 5, 10**15], [10**15, 5, 3], [4], [], 7, [4, 5, -3], [4, 5, 1e400]])
def test_hostile_sizes_are_refused_before_memory_is_asked_for(sizes, good, tmp_path):
    arrays, about = read(good)
    about["sizes"] = json.dumps(sizes).replace("Infinity", "1e400")
    (tmp_path / "m.safetensors").write_bytes(written(arrays, about))
    require_refused(tmp_path / "m.safetensors")


@pytest.mark.parametrize("name", ["W1", "b2", "input_mean", "input_scale"])
@pytest.mark.parametrize("fault", ["gone", "shape", "nan", "zero"])
def test_wrong_arrays_are_refused(name, fault, good, tmp_path):
    arrays, about = read(good)
    if fault == "gone":
        del arrays[name]
    elif fault == "shape":
        arrays[name] = arrays[name][:-1]
    elif fault == "nan":
        arrays[name].flat[0] = np.nan
    else:
        arrays["input_scale"][0] = 0
    (tmp_path / "m.safetensors").write_bytes(written(arrays, about))
    require_refused(tmp_path / "m.safetensors")


def require_refused(path):
    """One sentence of ours that names the file."""
    with pytest.raises(DataError) as refused:
        from_safetensors(path)
    said = str(refused.value)
    assert path.name in said
    assert "\n" not in said
    assert len(said) < 400


def test_a_file_that_is_not_there_and_one_that_is_no_model(tmp_path):
    with pytest.raises(DataNotFound):
        from_safetensors(tmp_path / "none.safetensors")
    with pytest.raises(DataError, match="folder"):
        from_safetensors(tmp_path)
    (tmp_path / "other.safetensors").write_bytes(written({"a": np.ones(3)}, {"format": "pt"}))
    with pytest.raises(DataError, match="no model of surefoot"):
        from_safetensors(tmp_path / "other.safetensors")


# --- all of them


def test_export_looks_at_the_suffix(tmp_path):
    model = fitted("binary")
    for suffix in (".safetensors", ".py", ".PY"):
        assert export(model, tmp_path / f"m{suffix}").stat().st_size > 500
    with pytest.raises(UnknownName, match=r"no model format '.pickle'.* Known: .onnx, .py, .safetensors"):
        export(model, tmp_path / "m.pickle")


@pytest.mark.parametrize("write", [to_onnx, to_python, to_safetensors])
def test_only_fitted_estimators_of_ours_are_written(write, tmp_path):
    path = tmp_path / "m.safetensors"
    with pytest.raises(NotFittedError, match="This NetClassifier instance is not fitted yet"):
        write(NetClassifier(), path)
    with pytest.raises(BadValue, match="dict is not an estimator of surefoot"):
        write({}, path)
    model = fitted("binary")
    theta = model.theta_
    model.theta_ = theta * np.inf
    with pytest.raises(BadValue, match="NaN or infinity"):
        write(model, path)
    model.theta_, model.scaling_ = theta, Scaling.none(3)
    with pytest.raises(ShapeError, match=r"mean has shape \(3,\)"):
        write(model, path)
    assert not list(tmp_path.iterdir())


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    model = fitted("binary")
    path = to_python(model, tmp_path / "predict.py")
    before = path.read_bytes()

    def full(number):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(placing.os, "fsync", full)
    with pytest.raises(BadValue, match="No space left"):
        to_safetensors(model, path)
    assert path.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["predict.py"]
    with pytest.raises(DataNotFound, match="make it first"):
        to_python(model, tmp_path / "no" / "predict.py")
    with pytest.raises(BadValue, match="is a folder"):
        to_python(model, tmp_path)


def test_values_near_the_largest_go_elsewhere_too(tmp_path):
    big = X * [1, 1e304, 1, 1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = fitted("binary", big)
        said = model.predict_proba(big)
    names = module(to_python(model, tmp_path / "predict.py"))
    assert error(names["predict_proba"](big), said, "binary") <= 1e-12
    if pytest.importorskip("onnx", reason="writes ONNX"):
        found = in_onnxruntime(to_onnx(model, tmp_path / "m.onnx", precision="double"), big)
        assert error(found["probabilities"], said, "binary") <= 1e-12
