"""The model as one ONNX graph: scaling, network and class labels inside, standard operators only.

    X -> Cast -> (X - mean) / scale -> [Gemm -> activation] ... Gemm = Z -> label, probabilities

    task          label                         probabilities | variable
    binary        Gather(classes, Z > 0)        Sigmoid([-Z, Z])            (n, 2)
    multiclass    Gather(classes, ArgMax Z)     Softmax(Z)                  (n, k)
    multilabel    Z > 0 as int64, (n, k)        Sigmoid(Z)                  (n, k)
    regression                                  Z target_scale + target_mean (n, k)

    precision     input, output    arithmetic
    mixed         float            double       the default: what most runtimes are fed, no digit lost inside
    double        double           double       equal to ours to rounding
    single        float            float        for devices without double; loses what float loses

Names and shapes are those of scikit-learn's converters.  Labels are texts where the classes are,
else int64.  Source: the ONNX operator schemas, opset 17 (IR 8), which runtimes since 2022 read.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from surefoot.arrays import Array, is_finite
from surefoot.errors import BadValue, UnknownName, require
from surefoot.estimators.export.portable import ClassName, Portable, kinds, portable
from surefoot.placing import placed

OPSET, IR = 17, 8
LARGEST = 2_000_000_000  # bytes; protobuf ends at 2 GiB
OPERATORS = {"logistic": "Sigmoid", "tanh": "Tanh", "relu": "Relu"}
PRECISIONS: dict[str, tuple[type[Any], type[Any]]] = {  # input and output, arithmetic
    "mixed": (np.float32, np.float64),
    "double": (np.float64, np.float64),
    "single": (np.float32, np.float32),
}


def to_onnx(estimator: Any, path: str | Path, *, precision: str = "mixed") -> Path:
    """Write a fitted estimator as an ONNX model and return its path.

    Parameters
    ----------
    estimator : a fitted NetClassifier or NetRegressor.
    path : where to put the file; it is written whole or not at all.
    precision : "mixed" takes and gives float32 and computes in double; "double" and "single" do all in one.

    Raises
    ------
    MissingExtra : onnx is not installed.   NotFittedError : not fitted.
    UnknownName : no such precision.   BadValue : not ours, too large, or the file cannot be written.
    """
    if precision not in PRECISIONS:
        raise UnknownName("precision", precision, PRECISIONS)
    model = portable(estimator)
    if (count := model.network.size * 8) > LARGEST:
        raise BadValue(
            f"The model has {count:,} bytes of weights, but an ONNX file ends at 2 GiB; use .safetensors."
        )
    onnx = require("onnx", "onnx", "Writing an ONNX model")
    proto = _model(onnx, model, precision)
    onnx.checker.check_model(proto, full_check=True)
    return placed(path, proto.SerializeToString(deterministic=True))


class _Graph:
    """Nodes and constants as they come; each call returns the name of what it adds."""

    def __init__(self, onnx: Any) -> None:
        self.onnx, self.nodes, self.constants = onnx, list[Any](), list[Any]()

    def constant(self, name: str, values: Array) -> str:
        array = np.ascontiguousarray(values)
        self.constants.append(self.onnx.numpy_helper.from_array(array, name))
        return name

    def number(self, name: str, values: Array, dtype: Any) -> str:
        """A constant of the arithmetic inside, if it can hold these numbers."""
        with np.errstate(over="ignore", under="ignore"):
            array = np.asarray(values).astype(dtype)
        if not is_finite(array) or ("scale" in name and not array.min() > 0):
            raise BadValue(
                f"{name} is too large or too small for float32; use precision='mixed' or 'double'."
            )
        return self.constant(name, array)

    def texts(self, name: str, values: list[str]) -> str:
        encoded = [text.encode("utf-8", "surrogatepass") for text in values]
        string = self.onnx.TensorProto.STRING
        self.constants.append(self.onnx.helper.make_tensor(name, string, [len(values)], encoded))
        return name

    def add(self, operator: str, *inputs: str, named: str = "", **attributes: Any) -> str:
        name = named or f"{operator.lower()}_{len(self.nodes) + 1}"
        node = self.onnx.helper.make_node(operator, list(inputs), [name], name=name, **attributes)
        self.nodes.append(node)
        return name

    def cast(self, name: str, dtype: Any, named: str = "") -> str:
        return self.add("Cast", name, named=named, to=self.kind(dtype))

    def kind(self, dtype: Any) -> int:
        """ONNX's number for a type."""
        if dtype is str:
            return int(self.onnx.TensorProto.STRING)
        return int(self.onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def value(self, name: str, dtype: Any, *columns: int) -> Any:
        """What a runtime is told about an input or output: (rows,) or (rows, columns)."""
        return self.onnx.helper.make_tensor_value_info(name, self.kind(dtype), ["rows", *columns])


def _model(onnx: Any, model: Portable, precision: str) -> Any:
    outside, inside = PRECISIONS[precision]
    graph = _Graph(onnx)
    Z = _network(graph, model, outside, inside)
    meaning = _classification if model.classes else _regression
    outputs = meaning(graph, model, Z, outside, inside)
    inputs = [graph.value("X", outside, model.inputs)]
    body = onnx.helper.make_graph(graph.nodes, "surefoot", inputs, outputs, graph.constants)
    proto = onnx.helper.make_model(
        body,
        opset_imports=[onnx.helper.make_opsetid("", OPSET)],
        ir_version=IR,
        producer_name="surefoot",
        producer_version=version("surefoot"),
        doc_string=model.origin,
    )
    onnx.helper.set_model_props(proto, _about(model, precision))
    return proto


def _network(graph: _Graph, model: Portable, outside: Any, inside: Any) -> str:
    """The outputs Z of the last layer; weights kept as (d_in, d_out), as we write them."""
    A = "X" if outside is inside else graph.cast("X", inside)
    by = model.shrink
    if (by != 1).any():
        A = graph.add("Mul", A, graph.number("shrink", by, inside))
    A = graph.add("Sub", A, graph.number("mean", model.mean * by, inside))
    A = graph.add("Div", A, graph.number("scale", model.scale * by, inside))
    for layer, (W, b) in enumerate(model.layers, start=1):
        A = graph.add("Gemm", A, graph.number(f"W{layer}", W, inside), graph.number(f"b{layer}", b, inside))
        if layer < len(model.layers):
            A = _activation(graph, model.network.activation, A, inside)
    return A


def _activation(graph: _Graph, name: str, Z: str, inside: Any) -> str:
    if name == "softplus":  # written out, max(z, 0) + log(1 + e^-|z|): runtimes lack Softplus in double
        E = graph.add("Exp", graph.add("Neg", graph.add("Abs", Z)))
        one = graph.constant(f"one_{len(graph.nodes)}", np.ones(1, inside))
        return graph.add("Add", graph.add("Relu", Z), graph.add("Log", graph.add("Add", E, one)))
    return graph.add(OPERATORS[name], Z) if name in OPERATORS else Z


def _regression(graph: _Graph, model: Portable, Z: str, outside: Any, inside: Any) -> list[Any]:
    by = model.target_shrink
    Y = graph.add("Mul", Z, graph.number("target_scale", model.target_scale * by, inside))
    Y = graph.add("Add", Y, graph.number("target_mean", model.target_mean * by, inside))
    if (by != 1).any():
        Y = graph.add("Div", Y, graph.number("target_shrink", by, inside))
    graph.cast(Y, outside, named="variable")
    return [graph.value("variable", outside, model.outputs)]


def _classification(graph: _Graph, model: Portable, Z: str, outside: Any, inside: Any) -> list[Any]:
    """Labels are decided in the arithmetic inside, before probabilities are rounded to what goes out."""
    if model.task == "multiclass":
        P = graph.add("Softmax", Z, axis=1)
        chosen = graph.add("ArgMax", Z, axis=1, keepdims=0)
    else:
        above = graph.add("Greater", Z, graph.constant("zero", np.zeros(1, inside)))
        chosen = graph.cast(above, np.int64, named="label" if model.task == "multilabel" else "")
        if model.task == "binary":
            Z = graph.add("Concat", graph.add("Neg", Z), Z, axis=1)  # 1 - P would lose a small one
            chosen = graph.add("Squeeze", chosen, graph.constant("columns", np.array([1])))
        P = graph.add("Sigmoid", Z)
    graph.cast(P, outside, named="probabilities")
    k = max(model.outputs, 2)
    probabilities = graph.value("probabilities", outside, k)
    if model.task == "multilabel":
        return [graph.value("label", np.int64, k), probabilities]
    dtype = _labels(graph, model.classes)
    graph.add("Gather", "classes", chosen, named="label")
    return [graph.value("label", dtype), probabilities]


def _labels(graph: _Graph, classes: tuple[ClassName, ...]) -> Any:
    """Put the constant `classes` into the graph and say which type labels have."""
    if kinds(classes) == "str":
        graph.texts("classes", [str(name) for name in classes])
        return str
    if any(int(name) != name or abs(name) >= 2**63 for name in classes if not isinstance(name, str)):
        raise BadValue("ONNX labels are texts or whole numbers of 64 bits; use such labels.")
    graph.constant("classes", np.array([int(name) for name in classes], np.int64))
    return np.int64


def _about(model: Portable, precision: str) -> dict[str, str]:
    """The metadata, each entry JSON or a plain word."""
    return {
        "surefoot": version("surefoot"),
        "task": model.task,
        "sizes": model.network.name,
        "activation": model.network.activation,
        "classes": json.dumps(model.classes),
        "feature_names": json.dumps(model.feature_names),
        "precision": precision,
        "created": model.created,
    }
