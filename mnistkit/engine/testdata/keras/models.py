"""Keras models from specifications in JSON, and their weights by name."""

import keras
import numpy as np
from values import eighths, flat


def regularizer(spec):
    if "l1" in spec or "l2" in spec:
        return keras.regularizers.L1L2(l1=spec.get("l1", 0.0), l2=spec.get("l2", 0.0))
    return None


def activation(name):
    return keras.activations.get(name or "linear")


LAYERS = {
    "Dense": lambda s: keras.layers.Dense(
        s["units"], activation(s.get("activation")), kernel_regularizer=regularizer(s)),
    "Conv2D": lambda s: keras.layers.Conv2D(
        s["filters"], s["kernel"], s["strides"], s["padding"],
        activation=activation(s.get("activation")), kernel_regularizer=regularizer(s)),
    "MaxPooling2D": lambda s: keras.layers.MaxPooling2D(s["pool"], s["strides"], s["padding"]),
    "AveragePooling2D": lambda s: keras.layers.AveragePooling2D(s["pool"], s["strides"], s["padding"]),
    "GlobalAveragePooling2D": lambda s: keras.layers.GlobalAveragePooling2D(),
    "BatchNormalization": lambda s: keras.layers.BatchNormalization(
        momentum=s["momentum"], epsilon=s["epsilon"]),
    "Dropout": lambda s: keras.layers.Dropout(s["rate"]),
    "Flatten": lambda s: keras.layers.Flatten(),
    "Rescaling": lambda s: keras.layers.Rescaling(s["scale"]),
    "Embedding": lambda s: keras.layers.Embedding(s["input_dim"], s["output_dim"], mask_zero=s["mask_zero"]),
    "GlobalAveragePooling1D": lambda s: keras.layers.GlobalAveragePooling1D(),
    "Activation": lambda s: keras.layers.Activation(activation(s["activation"])),
}


def build(layers, input_shape):
    """A model whose steps() are its layers in the order of Go's plan: branches before what joins them."""
    keras.utils.clear_session(free_memory=False)  # names begin anew
    inputs = keras.Input(input_shape)
    steps = []
    model = keras.Model(inputs, apply_all(layers, inputs, steps))
    model.steps = lambda: steps  # Keras would take a list for further layers
    return model


def apply_all(layers, x, steps):
    def applied(layer, x):
        steps.append(layer)
        return layer(x)

    for s in layers:
        if "branches" not in s:
            x = applied(LAYERS[s["layer"]](s), x)
            continue
        ends = [apply_all(branch, x, steps) for branch in s["branches"]]
        if s["layer"] == "Concatenate":
            x = applied(keras.layers.Concatenate(), ends)
            continue
        shape = next(end.shape for end in ends if end is not x)
        ends = [applied(projection(x.shape, shape), x) if end.shape != shape else end for end in ends]
        x = applied(keras.layers.Add(), ends)
    return x


def projection(shape, to):
    """The shortcut of a residual block where shapes differ."""
    if len(shape) == 2:
        return keras.layers.Dense(to[1])
    return keras.layers.Conv2D(to[3], 1, strides=[-(-shape[i] // to[i]) for i in (1, 2)])


def dense(units, act=None, **more):
    return {"layer": "Dense", "units": units, **({"activation": act} if act else {}), **more}


def conv(filters, kernel, padding="valid", act=None, strides=(1, 1), **more):
    kernel = [kernel, kernel] if isinstance(kernel, int) else kernel
    spec = {"layer": "Conv2D", "filters": filters, "kernel": kernel, "strides": list(strides), "padding": padding}
    return {**spec, **({"activation": act} if act else {}), **more}


def pool(kind, size, strides=None, padding="valid"):
    size = [size, size] if isinstance(size, int) else size
    return {"layer": kind + "Pooling2D", "pool": size, "strides": strides or size, "padding": padding}


def batch_norm(momentum=0.99, epsilon=0.001):
    return {"layer": "BatchNormalization", "momentum": momentum, "epsilon": epsilon}


def act(name):
    return {"layer": "Activation", "activation": name}


def embedding(words, size, mask):
    return {"layer": "Embedding", "input_dim": words, "output_dim": size, "mask_zero": mask}


FLATTEN = {"layer": "Flatten"}
AVERAGE = {"layer": "GlobalAveragePooling1D"}


def residual(*layers):
    return {"layer": "Add", "branches": [list(layers), []]}


def parallel(*branches, join="Concatenate"):
    return {"layer": join, "branches": [list(b) for b in branches]}


def named_weights(model, trainable_only=False):
    """(name, variable) in the order of the steps; the name is the step's index, '/', the weight."""
    return [(f"{i}/{v.name}", v) for i, layer in enumerate(model.steps()) for v in layer.weights
            if v.trainable or not trainable_only]


def initial_weights(model, rng, draw=eighths):
    """Values with few digits; variances positive, scales about 1."""
    values = []
    for name, v in named_weights(model):
        kind = name.split("/")[1]
        if kind == "moving_variance":
            values.append(np.round(rng.uniform(0.3, 1.5, v.shape), 2))
        elif kind == "gamma":
            values.append(np.round(rng.uniform(0.5, 1.5, v.shape), 2))
        elif kind == "bias":
            # Keeps exact sums off 0, where a relu has no derivative.
            values.append(draw(rng, v.shape, 0.4) + 1 / 128)
        else:
            values.append(draw(rng, v.shape, 0.4))
    return values


def set_weights(model, values):
    for (_, v), value in zip(named_weights(model), values, strict=True):
        v.assign(value)


def tensors(names, values):
    return [{"name": n, "shape": list(np.shape(v)), "values": flat(v)} for n, v in zip(names, values, strict=True)]


def model_tensors(model, trainable_only=False):
    names, variables = zip(*named_weights(model, trainable_only)) if model.weights else ((), ())
    return tensors(names, variables)
