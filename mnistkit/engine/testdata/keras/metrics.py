"""Writes metrics.json: metrics of two classes, and the root of the squared error, over batches.

Needs Keras with any backend, of which nothing is used but the metrics:

    KERAS_BACKEND=jax venv/bin/python metrics.py
"""

import json
import pathlib
import zlib

import keras
import numpy as np

METRICS = {
    "auc": lambda: keras.metrics.AUC(from_logits=True),
    "precision": keras.metrics.Precision,
    "recall": keras.metrics.Recall,
    "binary_accuracy": keras.metrics.BinaryAccuracy,
    "rmse": keras.metrics.RootMeanSquaredError,
}
# What the outputs add to the labels' sign: none, some and much to be learned from; and no example of a class.
CASES = {"guessing": 0.0, "good": 1.5, "extreme": 12.0, "only_ones": 1.0, "only_zeros": 1.0}


def run(kind, case):
    rng, metric, batches = np.random.default_rng(zlib.crc32(f"{kind}/{case}".encode())), METRICS[kind](), []
    for rows in (9, 5):
        y = {"only_ones": np.ones(rows), "only_zeros": np.zeros(rows)}.get(case, rng.integers(0, 2, rows))
        z = np.round(rng.normal(0, 1.5, rows) + CASES[case] * (2 * y - 1), 2).astype("float32")
        if kind in ("precision", "recall", "binary_accuracy"):
            z[0] = 0  # the threshold itself: class 0
            given = (1 / (1 + np.exp(-z.astype("float64")))).astype("float32")
        else:
            given = z
        metric.update_state(y.reshape(-1, 1).astype("float32"), given.reshape(-1, 1))
        batches.append({"labels": [int(v) for v in y], "outputs": [float(str(v)) for v in z],
                        "so_far": float(metric.result())})
    return {"name": f"{kind}_{case}", "metric": kind, "batches": batches}


about = [f"Metrics of Keras {keras.__version__}, made by metrics.py; outputs are logits, for rmse values.",
         "so_far is the metric over this batch and those before it."]
lines = ",\n".join(" " + json.dumps(run(kind, case)) for kind in METRICS for case in CASES)
path = pathlib.Path(__file__).parent / "metrics.json"
path.write_text('{"about": %s,\n"metrics": [\n%s\n]}\n' % (json.dumps(about), lines))
