"""Writes layers.json, losses.json, steps.json, params.json and augment.json: numbers of Keras
with which the Go tests compare layers, losses, optimisers and model shapes.

Only needed to remake the fixtures:

    python3.11 -m venv venv
    venv/bin/pip install tensorflow-cpu==2.21.0 keras==3.15.1 numpy==2.4.6
    venv/bin/python make_fixtures.py

Every random number has a fixed seed: remaking on the same processor gives the
same files; on another one the last digit of a float32 may differ.

Everything is computed twice, in float32 (written) and in float64 (compared): a
case whose two results differ by more than MAX_ROUNDING sits on an edge, such as
a gradient near 0 under RMSprop, and the script stops with its name; give it
another seed. Exact ties in a pool it cannot see: the inputs are chosen without.
"""

import os
import pathlib
import sys

sys.dont_write_bytecode = True
os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="0", CUDA_VISIBLE_DEVICES="")

import keras
import tensorflow as tf
from augment import make_augment
from layers import make_layers
from losses import make_losses
from params import make_params
from steps import make_steps
from values import text

FOLDER = pathlib.Path(__file__).parent
# Relative to the larger of 1 and the expected value.
MAX_ROUNDING = 1e-5


def same(path, a, b):
    """Stops where float32 (a) and float64 (b) differ by more than rounding."""
    if isinstance(a, dict):
        assert a.keys() == b.keys(), path
        label = a.get("name") or f"{a.get('model', '')} {a.get('optimizer', '')}"
        return max((same(f"{path} {label} {key}", a[key], b[key]) for key in a), default=0)
    if isinstance(a, list):
        assert len(a) == len(b), path
        return max((same(path, x, y) for x, y in zip(a, b)), default=0)
    if isinstance(a, (bool, str)):
        assert a == b, path
        return 0
    difference = abs(a - b) / max(1, abs(b))
    assert difference <= MAX_ROUNDING, f"{path}: {a} in float32, {b} in float64"
    return difference


def in_precision(dtype, make):
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)
    return make()


def main():
    tf.config.threading.set_intra_op_parallelism_threads(1)
    for name, make in {"layers": make_layers, "losses": make_losses, "steps": make_steps, "params": make_params}.items():
        precise = in_precision("float64", make)
        values = in_precision("float32", make)
        rounding = same(name, values, precise)
        path = FOLDER / (name + ".json")
        path.write_text(text(values) + "\n")
        print(f"{path.name}: {path.stat().st_size:,} bytes, float32 and float64 differ by at most {rounding:.1e}")
    # Keras' augmenting layers have matrices in float32 only.
    (FOLDER / "augment.json").write_text(text(in_precision("float32", make_augment)) + "\n")


if __name__ == "__main__":
    main()
