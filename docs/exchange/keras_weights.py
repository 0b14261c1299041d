"""Carries weights between Keras and the kit, by a file of safetensors with the kit's names.

    python keras_weights.py digits.keras digits.safetensors    # out of Keras
    python keras_weights.py digits.safetensors digits.keras    # into a model of Keras that is there already
"""
import re
import sys

import keras
from safetensors.numpy import load_file, save_file


def named(model):
    """The weights by the kit's names: the class of the layer, counted in the order of the model."""
    found, counts = {}, {}
    for layer in model._flatten_layers(include_self=False):
        if layer.weights and not list(layer._flatten_layers(include_self=False)):
            kind = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(layer).__name__).lower()
            n = counts[kind] = counts.get(kind, -1) + 1
            found |= {f"{kind}_{n}/{w.name}" if n else f"{kind}/{w.name}": w for w in layer.weights}
    return found


if __name__ == "__main__":
    source, target = sys.argv[1:]
    if target.endswith(".safetensors"):
        save_file({name: w.numpy() for name, w in named(keras.saving.load_model(source)).items()}, target)
    else:
        model = keras.saving.load_model(target)
        weights, arrays = named(model), load_file(source)
        if differ := {(n, tuple(w.shape)) for n, w in weights.items()} ^ {(n, a.shape) for n, a in arrays.items()}:
            sys.exit(f"{source} and {target} differ in {', '.join(sorted({n for n, _ in differ}))}; use a model with the same layers")
        for name, values in arrays.items():
            weights[name].assign(values)
        model.save(target)
