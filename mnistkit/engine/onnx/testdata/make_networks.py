"""Writes networks.json: networks in the form in which PyTorch and tf2onnx write them, with inputs and the answers of ONNX Runtime.
pip install onnx onnxruntime numpy, then: python make_networks.py [networks.json]"""

import base64
import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

rng = np.random.default_rng(1)


def weights(*shape):
    return rng.normal(0, 0.4, shape).astype(np.float32)


def case(name, nodes, arrays, shape, channels_last, batch="batch", opset=17, ir=8):
    """A network from the input x to the output y: nodes are (operator, inputs, output, settings)."""
    graph = helper.make_graph(
        [helper.make_node(op, inputs.split(), [output], name=f"/{output}", **settings) for op, inputs, output, settings in nodes], name,
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch, *shape])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [batch, 3])],
        [numpy_helper.from_array(array, key) for key, array in arrays.items()])
    if ir < 4:  # which names the arrays among the inputs
        graph.input.extend(helper.make_tensor_value_info(key, TensorProto.FLOAT if array.dtype == np.float32 else TensorProto.INT64, array.shape)
                           for key, array in arrays.items())
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=ir)
    onnx.checker.check_model(model, full_check=True)
    file = model.SerializeToString()
    session = onnxruntime.InferenceSession(file)
    x = rng.normal(0, 1, (6, *shape)).round(2).astype(np.float32)
    parts = [x[i:i + 1] for i in range(6)] if batch == 1 else [x]
    answers = np.concatenate([session.run(None, {"x": part})[0] for part in parts])
    if nodes[-1][0] != "Softmax":  # the loss of the kit applies it
        answers = np.exp(answers) / np.exp(answers).sum(1, keepdims=True)
    given = np.moveaxis(x, 1, -1) if channels_last else x
    return {"name": name, "onnx": base64.b64encode(file).decode(), "shape": given.shape[1:], "inputs": [round(v, 2) for v in given.ravel().tolist()],
            "outputs": [round(v, 7) for v in answers.ravel().tolist()]}


def networks():
    yield case("PyTorch's Sequential", [
        ("Conv", "x conv.weight conv.bias", "a", {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "strides": [1, 1], "dilations": [1, 1], "group": 1}),
        ("BatchNormalization", "a bn.weight bn.bias bn.running_mean bn.running_var", "b", {"epsilon": 1e-5, "momentum": 0.9, "training_mode": 0}),
        ("Relu", "b", "c", {}),
        ("MaxPool", "c", "d", {"kernel_shape": [2, 2], "strides": [2, 2], "pads": [0, 0, 0, 0], "dilations": [1, 1], "ceil_mode": 0}),
        ("Flatten", "d", "e", {"axis": 1}),
        ("Gemm", "e fc1.weight fc1.bias", "f", {"alpha": 1.0, "beta": 1.0, "transB": 1}),
        ("Clip", "f zero six", "g", {}),
        ("Gemm", "g fc2.weight fc2.bias", "y", {"transB": 1}),
    ], {"conv.weight": weights(4, 2, 3, 3), "conv.bias": weights(4), "bn.weight": weights(4), "bn.bias": weights(4), "bn.running_mean": weights(4),
        "bn.running_var": weights(4) ** 2, "fc1.weight": weights(8, 48), "fc1.bias": weights(8), "fc2.weight": weights(3, 8), "fc2.bias": weights(3),
        "zero": np.float32(0), "six": np.float32(6)}, (2, 8, 6), True)
    yield case("a residual network, one example at a time", [
        ("Conv", "x w0", "a", {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]}),
        ("Conv", "a w1", "b", {"kernel_shape": [2, 2], "pads": [0, 0, 1, 1], "group": 2}),
        ("Add", "a b", "c", {}),
        ("AveragePool", "c", "d", {"kernel_shape": [2, 2], "strides": [1, 1], "pads": [0, 0, 0, 0], "count_include_pad": 1}),
        ("GlobalAveragePool", "c", "p", {}), ("GlobalAveragePool", "d", "q", {}), ("Concat", "p q", "r", {"axis": 1}),
        ("Reshape", "r shape", "s", {}), ("Gemm", "s w2 b2", "t", {"transB": 1}), ("Softmax", "t", "y", {"axis": -1}),
    ], {"w0": weights(4, 3, 3, 3), "w1": weights(4, 2, 2, 2), "w2": weights(3, 8), "b2": weights(3), "shape": np.array([-1, 8])},
        (3, 8, 8), True, batch=1, ir=3, opset=13)
    yield case("Keras, by tf2onnx", [
        ("Transpose", "x", "a", {"perm": [0, 3, 1, 2]}),
        ("Conv", "a kernel bias", "b", {"kernel_shape": [3, 3], "strides": [1, 1], "auto_pad": "VALID", "dilations": [1, 1]}),
        ("Relu", "b", "c", {}),
        ("Transpose", "c", "d", {"perm": [0, 2, 3, 1]}),
        ("ReduceMean", "d axes", "e", {"keepdims": 0}),
        ("Sub", "e mean", "f", {}), ("Mul", "f scale", "g", {}),
        ("MatMul", "g dense/kernel:0", "h", {}), ("Add", "h dense/bias:0", "i", {}), ("Softmax", "i", "y", {}),
    ], {"kernel": weights(5, 2, 3, 3), "bias": weights(5), "axes": np.array([1, 2]), "mean": weights(5), "scale": np.float32([0.5]),
        "dense/kernel:0": weights(5, 3), "dense/bias:0": weights(3)}, (6, 6, 2), False, opset=18)


if __name__ == "__main__":
    target = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).with_name("networks.json")
    target.write_text(json.dumps(list(networks())) + "\n", encoding="utf-8")
