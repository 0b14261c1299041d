"""Random inputs with few digits, and numbers as short JSON."""

import json
import zlib

import keras
import numpy as np
import tensorflow as tf

VERSIONS = f"Keras {keras.__version__}, TensorFlow {tf.__version__} on CPU"


def seeded(name):
    """A generator of its own for each name, so that a new case changes no other."""
    return np.random.default_rng(zlib.crc32(name.encode()))


def distinct(rng, shape):
    """Multiples of 1/8 about 0 in random order, none twice: every pool has one maximum."""
    n = int(np.prod(shape))
    return (rng.permutation(n) - n // 2).reshape(shape) / 8


def eighths(rng, shape, scale=0.5):
    """Normal values rounded to 1/8: what linear layers make of them is exact and short."""
    return np.round(rng.normal(0, scale, shape) * 8) / 8


def hundredths(rng, shape, scale=0.5):
    """As eighths, but sums of products hardly ever tie: for pools behind a convolution."""
    return np.round(rng.normal(0, scale, shape), 2)


def plain(x):
    """A setting of an optimiser as JSON has it."""
    return x if isinstance(x, bool) else number(x)


def number(x):
    return flat(x)[0]


def flat(values):
    """A list whose JSON is the shortest decimal that gives the same float32 (float64 in the check)."""
    values = np.asarray(values)
    if values.dtype.kind == "f":
        values = values.astype(keras.config.floatx())
    numbers = [float(str(v)) for v in values.ravel()]
    return [int(v) if v.is_integer() and abs(v) < 1e6 else v for v in numbers]


def text(value, indent=0):
    """JSON in lines: a list of numbers, a tensor or any other small object takes one."""
    line = json.dumps(value, separators=(",", ": "))
    if len(line) + indent < 120 or not isinstance(value, (dict, list)) or not nested(value):
        return line
    pad = " " * (indent + 1)
    if isinstance(value, dict):
        items = [f"{pad}{json.dumps(key)}: {text(v, indent + 1)}" for key, v in value.items()]
    else:
        items = [pad + text(v, indent + 1) for v in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return opening + "\n" + ",\n".join(items) + "\n" + " " * indent + closing


def nested(value):
    if isinstance(value, dict):
        return len(value) > 3 or any(isinstance(v, list) and nested(v) for v in value.values())
    return any(isinstance(v, (dict, list, str)) for v in value)
