"""Keras on TensorFlow: model.fit over arrays, as a notebook does it."""
import time

import common

job = common.read_job(starts=True)

import numpy as np  # noqa: E402
import keras  # noqa: E402  the time of the import counts
import tensorflow as tf  # noqa: E402

EVALUATION_BATCH = 320


def build(job, shape):
    if job["set"].get("bf16"):
        keras.mixed_precision.set_global_policy("mixed_bfloat16")
    layers = [keras.Input(shape=shape)]
    for l in job["model"]:
        kind, act = l["layer"], l.get("activation")
        if kind == "Rescaling":
            layers.append(keras.layers.Rescaling(l["scale"], l.get("offset", 0)))
        elif kind == "Flatten":
            layers.append(keras.layers.Flatten())
        elif kind == "Dense":
            layers.append(keras.layers.Dense(l["units"], activation=act))
        elif kind == "Conv2D":
            layers.append(keras.layers.Conv2D(l["filters"], l["kernel"], l.get("strides", 1), padding=l.get("padding", "valid"), activation=act))
        elif kind == "MaxPooling2D":
            layers.append(keras.layers.MaxPooling2D(l["pool"]))
        elif kind == "BatchNormalization":
            layers.append(keras.layers.BatchNormalization())
        elif kind == "Dropout":
            layers.append(keras.layers.Dropout(l["rate"]))
        elif kind == "Embedding":
            layers.append(keras.layers.Embedding(l["input_dim"], l["output_dim"], mask_zero=l.get("mask_zero", False)))
        elif kind == "GlobalAveragePooling1D":
            layers.append(keras.layers.GlobalAveragePooling1D())
        else:
            raise ValueError(f"no layer {kind}")
    model = keras.Sequential(layers)
    o = job["optimizer"]
    optimizer = {"adam": keras.optimizers.Adam, "rmsprop": keras.optimizers.RMSprop, "sgd": keras.optimizers.SGD}[o["name"]](o["learning_rate"])
    loss = {
        "sparse_categorical_crossentropy": keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        "binary_crossentropy": keras.losses.BinaryCrossentropy(from_logits=True),
        "mean_squared_error": "mse",
    }[job["loss"]]
    # Of one logit the answer is 1 where it is above 0; "accuracy" would cut at 0.5.
    metric = keras.metrics.BinaryAccuracy("accuracy", threshold=0.0) if job["loss"] == "binary_crossentropy" else job["metric"]
    model.compile(optimizer, loss, metrics=[metric], **settings(job))
    return model


def settings(job):
    s = job["set"] or {}
    return {"jit_compile": s["jit"], "steps_per_execution": s.get("steps_per_execution", 1)}


class Times(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.times = [time.time()]

    def on_epoch_end(self, epoch, logs=None):
        self.times.append(time.time())


def main():
    keras.utils.set_random_seed(job["seed"])
    x, y, test_x, test_y = common.load(job)
    if job["model"][0]["layer"] != "Embedding":
        # float32 once, as a notebook does: converted in every batch it is slower.
        x, test_x = x.astype("float32"), test_x.astype("float32")
    ready = time.time()
    b = job["batch"]

    first, _ = common.timed(lambda: build(job, x.shape[1:]).fit(x[:b], y[:b], batch_size=b, epochs=1, verbose=0))
    model, times = build(job, x.shape[1:]), Times()
    times.times = [time.time()]
    orders = None
    if job["start"]:
        weights, orders = common.start(job)
        model.set_weights(weights)
    elif job["reshuffle"]:
        # With a seed set, fit's own shuffle draws the same order in every epoch.
        draw = np.random.default_rng(job["seed"])
        orders = (draw.permutation(len(x)) for _ in range(job["epochs"]))
    if orders is not None:
        for order in orders:  # a fit each: the times of such a case hold its start, and are not told
            model.fit(x[order], y[order], batch_size=b, shuffle=False, verbose=0, callbacks=[times])
    else:
        model.fit(x, y, batch_size=b, epochs=job["epochs"], shuffle=True, verbose=0, callbacks=[times])
    memory = common.peak_memory()

    def evaluate():
        return model.evaluate(test_x, test_y, batch_size=EVALUATION_BATCH, verbose=0, return_dict=True)
    call, metrics = common.timed(evaluate)
    metrics = {"mae" if k in ("mae", "mean_absolute_error") else k: v for k, v in metrics.items()}
    n = len(test_x)
    common.report(job, ready, first, times.times, memory, call, common.rate(n, evaluate),
                  common.rate(n, lambda: model.predict(test_x, batch_size=EVALUATION_BATCH, verbose=0)),
                  metrics, model.count_params(), {"Keras": keras.__version__, "TensorFlow": tf.__version__})


main()
