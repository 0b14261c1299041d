"""Cases for augment.json: augmenting layers whose range is a single value, so
that nothing is random; chains of them as one affine map; and warped images."""

import keras
import numpy as np
import tensorflow as tf
from values import VERSIONS, distinct, flat, seeded

SHAPES = {"square": [6, 6, 1], "wide": [5, 8, 2]}
FILLS = ["constant", "nearest"]


def translation(height, width):
    return {"layer": "RandomTranslation", "height_factor": height, "width_factor": width}


def rotation(factor):
    return {"layer": "RandomRotation", "factor": factor}


def zoom(height, width=None):
    return {"layer": "RandomZoom", "height_factor": height} | ({"width_factor": width} if width else {})


SINGLE = {
    "shift": translation(0.25, -0.15),
    "shift_far": translation(-0.9, 0.6),
    "turn": rotation(0.05),
    "turn_back": rotation(-0.2),
    "zoom_out": zoom(0.3),
    "zoom_in": zoom(-0.4),
    "stretch": zoom(0.2, -0.3),
}
CHAINS = {
    "shift_turn": [translation(0.1, 0.2), rotation(0.07)],
    "turn_shift": [rotation(0.07), translation(0.1, 0.2)],
    "shift_zoom": [translation(-0.2, 0.1), zoom(0.3, 0.1)],
    "all": [rotation(-0.06), zoom(0.2), translation(0.1, -0.1), rotation(0.03), zoom(-0.1, 0.2)],
}


def keras_layer(spec, fill):
    settings = {k: (v, v) for k, v in spec.items() if k != "layer"}
    return getattr(keras.layers, spec["layer"])(**settings, fill_mode=fill, fill_value=0.0)


def matrix(spec, h, w):
    """Where a pixel (x, y, 1) of the output comes from, as Keras' layers have it."""
    cy, cx = (h - 1) / 2, (w - 1) / 2
    about = lambda m: np.array([[1, 0, cx], [0, 1, cy], [0, 0, 1]]) @ m @ np.array([[1, 0, -cx], [0, 1, -cy], [0, 0, 1]])
    if spec["layer"] == "RandomTranslation":
        return np.array([[1, 0, -spec["width_factor"] * w], [0, 1, -spec["height_factor"] * h], [0, 0, 1]])
    if spec["layer"] == "RandomZoom":
        y = 1 + spec["height_factor"]
        x = 1 + spec.get("width_factor", spec["height_factor"])
        return about(np.diag([x, y, 1.0]))
    a = 2 * np.pi * spec["factor"]
    return about(np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]]))


def run(name, shape, fill, layers, transform, **more):
    x = distinct(seeded("augment/" + name), [2] + shape)
    y = transform(tf.constant(x, keras.config.floatx()))
    return {"name": name, "layers": layers, "fill_mode": fill, "input_shape": shape, "input": flat(x), "output": flat(y), **more}


def affine(layers, shape, fill):
    m = np.eye(3)
    for spec in layers:
        m = m @ matrix(spec, *shape[:2])
    row = tf.constant([m.reshape(9)[:8]] * 2, "float32")
    return lambda x: keras.ops.image.affine_transform(x, row, "bilinear", fill, 0.0)


def warped(dy, dx, shape, fill):
    i, j = np.meshgrid(*[np.arange(n) for n in shape[:2]], indexing="ij")

    def transform(x):
        at = lambda n: tf.cast(tf.stack([i + dy[n], j + dx[n]]), x.dtype)
        one = lambda n, c: keras.ops.image.map_coordinates(x[n, :, :, c], at(n), 1, fill, 0.0)
        return tf.stack([tf.stack([one(n, c) for c in range(shape[2])], -1) for n in range(2)])

    return transform


def make_augment():
    cases = []
    for form, shape in SHAPES.items():
        for fill in FILLS:
            for name, spec in SINGLE.items():
                layer = keras_layer(spec, fill)
                cases.append(run(f"{name}_{form}_{fill}", shape, fill, [spec], lambda x: layer(x, training=True)))
            for name, chain in CHAINS.items():
                cases.append(run(f"{name}_{form}_{fill}", shape, fill, chain, affine(chain, shape, fill)))
            rng = seeded("augment/field/" + form)
            dy, dx = rng.normal(0, 1.5, [2, 2] + shape[:2]).round(2)
            cases.append(run(f"warp_{form}_{fill}", shape, fill, [], warped(dy, dx, shape, fill), dy=flat(dy), dx=flat(dx)))
    return {
        "about": [
            f"Augmentation of {VERSIONS}, made by make_fixtures.py; all numbers float32, tensors flat in row-major order.",
            "A factor of a layer is what it does, without randomness; of two layers the first works first.",
            "Several layers are one affine_transform with the product of their matrices; dy and dx move each pixel (warp).",
            "There are no gradients: those of TensorFlow's affine transforms are approximate.",
        ],
        "cases": cases,
    }
