"""params.json: names, inputs, output shapes and parameter counts of the seven MNIST models and of two with branches."""

import numpy as np
from models import FLATTEN, act, batch_norm, build, conv, dense, parallel, pool, residual
from values import VERSIONS


def blocks(with_norm, with_dropout):
    layers = []
    for filters in (32, 64, 128):
        layers += [conv(filters, 3, "same", "relu")]
        layers += [batch_norm()] if with_norm else []
        layers += [conv(filters, 3, "same", "relu"), pool("Max", 2)]
        layers += [{"layer": "Dropout", "rate": 0.3}] if with_dropout else []
    layers += [FLATTEN, dense(128, "relu")]
    layers += [{"layer": "Dropout", "rate": 0.4}] if with_dropout else []
    return layers + [dense(10)]


MNIST_MODELS = {
    "mlp": [FLATTEN, dense(128, "relu"), dense(10)],
    "lenet": [conv(6, 5, "same", "relu"), pool("Max", 2), conv(16, 5, "valid", "relu"), pool("Max", 2), FLATTEN,
              dense(120, "relu"), dense(84, "relu"), dense(10)],
    "custom1": [conv(32, 3, "same", "relu"), pool("Max", 2), conv(64, 3, "valid", "relu"), pool("Max", 2),
                conv(64, 3, "valid", "relu"), FLATTEN, dense(64, "relu"), dense(10)],
    "custom2": blocks(True, True),
    "custom3": blocks(False, False),
    "custom4": blocks(False, True),
    "custom5": blocks(True, False),
}


# The stages of a small ResNet and a block in the manner of Inception.
BRANCHED = {
    "resnet": [conv(16, 3, "same"), batch_norm(), act("relu")] + [
        layer for filters, stride in ((16, 1), (32, 2), (64, 2)) for layer in (
            residual(conv(filters, 3, "same", strides=(stride, stride)), batch_norm(), act("relu"),
                     conv(filters, 3, "same"), batch_norm()),
            act("relu"))
    ] + [{"layer": "GlobalAveragePooling2D"}, dense(10)],
    "inception": [conv(8, 3, "same", "relu"),
                  parallel([conv(8, 1)], [conv(4, 1, act="relu"), conv(8, 3, "same")],
                           [conv(4, 1, act="relu"), residual(conv(4, 5, "same"))], [pool("Max", 3, [1, 1], "same")], []),
                  pool("Max", 2), FLATTEN, dense(10)],
}


def count(weights):
    return sum(int(np.prod(w.shape)) for w in weights)


def make_params():
    models = []
    for name, layers in (MNIST_MODELS | BRANCHED).items():
        model = build(layers, [28, 28, 1])
        steps = model.steps()
        rows = [{"name": layer.name, "from": [steps.index(p.operation) if p.operation in steps else -1
                                              for p in layer._inbound_nodes[0].parent_nodes],
                 "output_shape": list(layer.output.shape[1:]), "params": layer.count_params(),
                 "non_trainable": count(layer.non_trainable_weights)} for layer in steps]
        models.append({"name": name, "layers": layers, "rows": rows, "total": model.count_params(),
                       "trainable": count(model.trainable_weights), "non_trainable": count(model.non_trainable_weights)})
    return {
        "about": [f"Shapes and parameter counts of {VERSIONS}, made by make_fixtures.py.",
                  "rows[i] is the i-th step: layers in branches come before the layer that joins them. from are the steps",
                  "whose outputs it takes, -1 the input. output_shape is without the batch; params includes non_trainable."],
        "input_shape": [28, 28, 1],
        "models": models,
    }
