"""losses.json: losses with their gradients, and metrics over batches."""

import keras
import numpy as np
import tensorflow as tf
from values import VERSIONS, eighths, flat, number, seeded

LOSSES = {
    "sparse_categorical_crossentropy": lambda: keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    "binary_crossentropy": lambda: keras.losses.BinaryCrossentropy(from_logits=True),
    "mse": lambda: keras.losses.MeanSquaredError(),
    "mae": lambda: keras.losses.MeanAbsoluteError(),
}
SMOOTHING = 0.1
SMOOTHED = {
    "sparse_categorical_crossentropy": lambda: keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=SMOOTHING),
    "binary_crossentropy": lambda: keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=SMOOTHING),
}
SAMPLE_WEIGHT = [0.5, 2.0, 0.0, 1.25, 1.0]
CLASS_WEIGHT = {0: 0.5, 1: 2.0, 2: 1.5}


def loss_data(kind, rng, rows):
    """Targets and outputs for a loss or a metric; the first row is wrong by so much that exp underflows."""
    if "sparse" in kind:
        y, p = np.array([1, 0, 2, 1, 0][:rows]), eighths(rng, [rows, 3], 2)
        p[0] = [60, -50, 2]
    elif "binary" in kind:
        y, p = np.array([1, 0, 1, 1, 0][:rows]).reshape(-1, 1), eighths(rng, [rows, 1], 2)
        p[0] = -110
    else:
        y, p = eighths(rng, [rows, 2], 2), eighths(rng, [rows, 2], 2)
    return y, p


def run_loss(kind, weighting):
    y, p = loss_data(kind, seeded("loss/" + kind), 5)
    case = {"name": kind + weighting, "loss": kind, "y_true_shape": list(y.shape), "y_true": flat(y),
            "y_pred_shape": list(p.shape), "y_pred": flat(p)}
    weights = None
    if weighting == "_sample_weight":
        weights = SAMPLE_WEIGHT
        case["sample_weight"] = weights
    elif weighting == "_class_weight":
        weights = [CLASS_WEIGHT[int(label)] for label in y.ravel()]
        case["class_weight"] = [CLASS_WEIGHT[i] for i in range(int(y.max()) + 1)]
        case["sample_weight"] = weights
    loss = LOSSES[kind]()
    if weighting == "_label_smoothing":
        case["label_smoothing"] = SMOOTHING
        loss = SMOOTHED[kind]()
        y = np.eye(3)[y] if "sparse" in kind else y  # only the loss of one-hot rows smooths
    p = tf.constant(p, keras.config.floatx())
    with tf.GradientTape() as tape:
        tape.watch(p)
        value = loss(y, p, sample_weight=weights)
    return case | {"value": number(value), "gradient": flat(tape.gradient(value, p))}


METRICS = {
    "sparse_categorical_accuracy": keras.metrics.SparseCategoricalAccuracy,
    "binary_accuracy": keras.metrics.BinaryAccuracy,
    "mae": keras.metrics.MeanAbsoluteError,
    "mse": keras.metrics.MeanSquaredError,
}


def run_metric(kind, weighted):
    rng = seeded("metric/" + kind)
    metric, batches = METRICS[kind](), []
    for rows, weights in ((5, SAMPLE_WEIGHT), (3, [2.0, 0.75, 1.0])):
        y, p = loss_data(kind, rng, rows)
        if "sparse" in kind:
            p[1] = [0.5, 0.5, -1]  # a tie: the first of the largest counts
        if "binary" in kind:
            p = np.round(1 / (1 + np.exp(-p)), 3)
            p[1] = 0.5  # the threshold itself: class 0
        metric.update_state(y, p, sample_weight=weights if weighted else None)
        batch = {"y_true_shape": list(y.shape), "y_true": flat(y), "y_pred_shape": list(p.shape), "y_pred": flat(p)}
        if weighted:
            batch["sample_weight"] = weights
        batches.append(batch | {"result_so_far": number(metric.result())})
    return {"name": kind + ("_sample_weight" if weighted else ""), "metric": kind, "batches": batches,
            "result": number(metric.result())}


def make_losses():
    weightings = ["", "_sample_weight", "_class_weight", "_label_smoothing"]
    return {
        "about": [
            f"Losses and metrics of {VERSIONS}, made by make_fixtures.py; all numbers float32, flat in row-major order.",
            "Cross-entropies take logits. value is the mean over the batch of weight * loss of the sample, divided by the",
            "number of samples and not by the sum of the weights (sum_over_batch_size); gradient is d value / d y_pred.",
            "class_weight[i] is the weight of class i; sample_weight is then what it comes to.",
            "metrics: the weighted mean over all samples of all batches so far, divided by the sum of the weights.",
            "binary_accuracy takes probabilities (class 1 above 0.5), sparse_categorical_accuracy the largest output;",
            "Keras' 'accuracy' is the one or the other, by the shape of the output.",
        ],
        "losses": [run_loss(kind, w) for kind in LOSSES for w in weightings
                   if w in ("", "_sample_weight") or "crossentropy" in kind],
        "metrics": [run_metric(kind, w) for kind in METRICS for w in (False, True)],
    }
