"""layers.json: outputs, gradients and penalties of single layers and short stacks."""

import keras
import numpy as np
import tensorflow as tf
from models import FLATTEN, act, batch_norm, build, conv, dense, initial_weights, model_tensors, named_weights
from models import parallel, pool, residual, set_weights, tensors
from values import VERSIONS, distinct, flat, number, seeded

ACTIVATIONS = "linear relu sigmoid tanh softmax elu selu softplus gelu leaky_relu silu softsign".split()
IMAGE = [5, 4, 2]


def layer_cases():
    """name -> (input shape without batch, layers)"""
    cases = {
        "flatten": ([2, 3, 2], [FLATTEN]),
        "rescaling": ([3, 3, 1], [{"layer": "Rescaling", "scale": 1 / 255}]),
        "dropout": ([5], [{"layer": "Dropout", "rate": 0.3}]),
    }
    for name in ACTIVATIONS:
        cases["dense_" + name] = ([4], [dense(3, name)])
        cases["activation_" + name] = ([3], [act(name)])
    cases |= {
        "conv_3_valid": (IMAGE, [conv(2, 3)]),
        "conv_3_same_relu": (IMAGE, [conv(2, 3, "same", "relu")]),
        "conv_5_valid": ([6, 7, 1], [conv(2, 5)]),
        "conv_5_same": (IMAGE, [conv(2, 5, "same")]),
        "conv_1_valid": (IMAGE, [conv(3, 1)]),
        "conv_2_same": (IMAGE, [conv(2, 2, "same")]),
        "conv_4_same": (IMAGE, [conv(1, 4, "same")]),
        "conv_2_stride_2_same": (IMAGE, [conv(2, 2, "same", strides=(2, 2))]),
        "conv_3_stride_2_same": (IMAGE, [conv(2, 3, "same", strides=(2, 2))]),
        "conv_3_stride_2_valid": (IMAGE, [conv(2, 3, strides=(2, 2))]),
        "conv_2_stride_3_same": (IMAGE, [conv(2, 2, "same", strides=(3, 3))]),
        "conv_3x2_same_tanh": (IMAGE, [conv(2, [3, 2], "same", "tanh")]),
        "conv_2x3_stride_1x2_valid": (IMAGE, [conv(2, [2, 3], strides=(1, 2))]),
    }
    for kind, word in (("Max", "max"), ("Average", "average")):
        cases |= {
            word + "_pool_2_even": ([4, 4, 2], [pool(kind, 2)]),
            word + "_pool_2_odd_valid": ([5, 4, 1], [pool(kind, 2)]),
            word + "_pool_2_odd_same": ([5, 3, 1], [pool(kind, 2, padding="same")]),
            word + "_pool_3_stride_2_valid": ([5, 4, 1], [pool(kind, 3, [2, 2])]),
            word + "_pool_3_stride_2_same": ([5, 4, 1], [pool(kind, 3, [2, 2], "same")]),
            word + "_pool_2_stride_1_same": ([4, 3, 1], [pool(kind, 2, [1, 1], "same")]),
            word + "_pool_2x3": ([4, 6, 1], [pool(kind, [2, 3])]),
        }
    cases |= {
        "global_average_pool": ([3, 4, 2], [{"layer": "GlobalAveragePooling2D"}]),
        "batch_norm_images": ([3, 4, 2], [batch_norm()]),
        "batch_norm_momentum_epsilon": ([3], [batch_norm(0.9, 0.01)]),
        "conv_batch_norm": ([4, 5, 1], [conv(2, 3, "same", "relu"), batch_norm()]),
        "dense_batch_norm": ([4], [dense(3), batch_norm()]),
        "dense_l1": ([3], [dense(2, l1=0.01)]),
        "dense_l2": ([3], [dense(2, l2=0.02)]),
        "conv_l1_l2": ([3, 3, 1], [conv(2, 2, l1=0.01, l2=0.02)]),
        "two_penalties": ([3], [dense(3, "tanh", l2=0.02), dense(2, l1=0.03)]),
        "block": ([6, 6, 1], [conv(2, 3, "same", "relu"), batch_norm(), conv(2, 3, "same", "relu"), pool("Max", 2),
                              FLATTEN, dense(4, "relu"), dense(3)]),
        "residual": (IMAGE, [residual(conv(2, 3, "same", "tanh"), batch_norm(), conv(2, 3, "same")), act("relu")]),
        "residual_projection": (IMAGE, [residual(conv(3, 3, "same", "tanh", (2, 2)), conv(3, 3, "same", l2=0.02))]),
        "residual_dense": ([4], [residual(dense(4, "tanh"), dense(3, l1=0.01)), residual(dense(3))]),
        "parallel": (IMAGE, [parallel([conv(1, 1)], [conv(2, 3, "same", "tanh"), batch_norm()],
                                      [pool("Average", 3, [1, 1], "same"), conv(1, 1)], [])]),
        "parallel_added": (IMAGE, [parallel([conv(2, 3, "same")], [], [conv(2, 5, "same", "tanh")], join="Add")]),
        "branches_in_branches": ([4], [dense(3), parallel([residual(dense(3, "tanh")), {"layer": "Dropout", "rate": 0.3}],
                                                          [parallel([dense(2)], [batch_norm()])]), dense(2)]),
    }
    return cases


def layer_input(name, rng, shape):
    if name == "rescaling":
        return rng.integers(0, 256, shape).astype(float)
    if name.startswith("activation_"):
        # Large values show whether exp overflows.
        return (distinct(rng, shape) + 1 / 16) * np.array([[1], [3], [10], [40]])
    return distinct(rng, shape)


def run_layer(name, shape, layers):
    rng = seeded("layers/" + name)
    batch = 4 if len(shape) == 1 else 2
    model = build(layers, shape)
    x = layer_input(name, rng, [batch] + shape)
    set_weights(model, initial_weights(model, rng))
    case = {"name": name, "layers": layers, "input_shape": shape, "batch": batch, "input": flat(x),
            "weights": model_tensors(model)}

    def forward(training):
        inputs = tf.constant(x, keras.config.floatx())
        names, variables = zip(*named_weights(model, True)) if model.trainable_weights else ((), ())
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(inputs)
            y = model(inputs, training=training)
            penalty = tf.add_n(model.losses) if model.losses else None
            probe = np.round(seeded("probe/" + name).normal(0, 2, y.shape))
            objective = tf.reduce_sum(y * tf.cast(probe, y.dtype))
        gradients = tape.gradient(objective, [inputs, *(v.value for v in variables)])
        result = {"output": flat(y), "input_gradient": flat(gradients[0]),
                  "weight_gradients": tensors(names, gradients[1:])}
        return y, probe, result, (names, variables, penalty, tape)

    y, probe, result, (names, variables, penalty, tape) = forward(False)
    case |= {"output_shape": list(y.shape[1:]), "probe": flat(probe), **result}
    if penalty is not None:
        gradients = tape.gradient(penalty, [v.value for v in variables], unconnected_gradients="zero")
        case |= {"penalty": number(penalty), "penalty_gradients": tensors(names, gradients)}
    if any(s["layer"] == "BatchNormalization" for s in layers):
        case |= {key + "_training": value for key, value in forward(True)[2].items()}
        case["weights_after_training"] = [t for t in model_tensors(model) if "/moving_" in t["name"]]
    return case


def make_layers():
    return {
        "about": [
            f"Layers of {VERSIONS}, made by make_fixtures.py; all numbers float32, tensors flat in row-major order.",
            "Images are batch, height, width, channels; convolution kernels height, width, in, out; dense kernels in, out.",
            "output and the gradients are in inference mode; *_training in training mode (models with BatchNormalization).",
            "The gradients are of sum(output * probe), without penalty; penalty_gradients are of the L1/L2 penalty alone.",
            "weights_after_training: moving averages after one call in training mode; the variance is the biased one.",
            "same padding: total max((ceil(n/stride)-1)*stride + kernel - n, 0), the odd one after; averages leave it out.",
            "gelu is the exact one, x * (1 + erf(x / sqrt 2)) / 2; leaky_relu has slope 0.2; elu alpha 1; silu x * sigmoid(x);",
            "softsign x / (1 + |x|); selu 1.05070098 * (x if x > 0 else 1.67326324 * (exp x - 1)); softmax over the last axis.",
        ],
        "cases": [run_layer(name, *case) for name, case in layer_cases().items()],
    }
