"""Writes callbacks.json: what Keras' callbacks do on lists of monitored values,
with which the Go tests compare ours.

Only needed to remake the fixtures:

    python3.11 -m venv venv
    venv/bin/pip install tensorflow-cpu==2.21.0 keras==3.15.1 numpy==2.4.6
    venv/bin/python make_callbacks.py

Nothing is trained: the real callbacks are called as fit calls them, on a model
whose one weight is set to the number of the epoch. Remaking gives the same file.
"""

import json
import math
import os
import pathlib
import tempfile

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="0", CUDA_VISIBLE_DEVICES="")

import keras
import numpy as np
import tensorflow as tf

FILE = pathlib.Path(__file__).with_name("callbacks.json")
NAN, INF = math.nan, math.inf

ABOUT = [
    f"Callbacks of Keras {keras.__version__}, TensorFlow {tf.__version__}, driven without training by make_callbacks.py.",
    "lists: the monitored value of each epoch; JSON has no NaN and no infinity, so they are the strings NaN, Inf, -Inf.",
    "Epochs and batches count from 1; 0 means never. settings hold only what differs from Keras' defaults.",
    "early_stopping: stopped_epoch, the last epoch that ran; best_epoch; weights_epoch, whose weights the model has at",
    "the end: best_epoch where restore_best_weights, else the last one.",
    "reduce_lr_on_plateau: learning_rates[i] is the rate after epoch i+1, used by the next one; initial_lr before epoch 1.",
    "model_checkpoint: saved_epochs. learning_rate_scheduler: learning_rates[i] is the rate that epoch i+1 uses; formula",
    "counts epochs from 0 and gets the rate of the epoch before as lr.",
    "terminate_on_nan: losses after each batch, one list an epoch; epoch and batch at which training ends.",
    "Learning rates are float32. Values are compared as float32, min_delta is taken away in float64 before: list float32.",
    "mode auto: the smaller is better for loss, mae, mse; the larger for accuracy. The first value is the best so far even if",
    "it is NaN, and nothing beats a NaN; a later NaN is never better.",
]

LISTS = {
    "improving": [1.0, 0.8, 0.65, 0.55, 0.48, 0.43, 0.4, 0.38, 0.37, 0.365],
    "plateau": [1.0, 0.7, 0.5, 0.5001, 0.5002, 0.50005, 0.5003, 0.5, 0.5004, 0.5001, 0.5002, 0.5],
    "worsening": [0.5, 0.55, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1],
    "noisy": [0.9, 0.7, 0.75, 0.68, 0.72, 0.71, 0.69, 0.66, 0.7, 0.67, 0.665, 0.655, 0.68, 0.69, 0.7],
    "equal": [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5],
    "steps_of_tenth": [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2],
    "tiny_steps": [0.5, 0.49995, 0.4999, 0.49985, 0.4998, 0.49975, 0.4997, 0.49965],
    "overfit": [0.6, 0.4, 0.3, 0.25, 0.24, 0.26, 0.27, 0.3, 0.33, 0.35, 0.4, 0.45],
    "late": [0.7, 0.7, 0.71, 0.72, 0.71, 0.7, 0.69, 0.5, 0.3, 0.2, 0.19, 0.19, 0.2, 0.21],
    "nan_middle": [0.9, 0.7, NAN, 0.6, NAN, NAN, 0.65, 0.5, 0.55, 0.6],
    "nan_first": [NAN, 0.9, 0.8, 0.7, 0.6, 0.5],
    "infinite": [INF, 0.9, INF, 0.8, -INF, 0.7, 0.6],
    "float32": [0.5, 0.499999999, 0.499999998, 0.499999, 0.499998999, 0.49],
    "accuracy": [0.5, 0.7, 0.8, 0.8, 0.85, 0.84, 0.86, 0.86, 0.855, 0.85, 0.86, 0.8601, 0.84, 0.83],
    "accuracy_falling": [0.9, 0.88, 0.85, 0.8, 0.7, 0.6],
    "zero_accuracy": [0.0, 0.0, 0.0, 0.1, 0.1, 0.0, 0.2, 0.2],
    "digits_loss": [0.0713, 0.0524, 0.0447, 0.0461, 0.0428, 0.0433, 0.0397, 0.0415, 0.0409, 0.0438,
                    0.0421, 0.0402, 0.0399, 0.0411, 0.0425, 0.0431, 0.0436, 0.0442, 0.0447, 0.0451],
    "digits_accuracy": [0.9781, 0.9842, 0.9867, 0.9859, 0.9878, 0.9876, 0.9889, 0.9881, 0.9889, 0.9884,
                        0.9893, 0.9892, 0.9893, 0.9891, 0.989, 0.9893, 0.9888, 0.9892, 0.9891, 0.989],
    "single": [0.5],
}


def monitor(name):
    return "val_accuracy" if "accuracy" in name else "val_loss"


def on_every_list(*settings):
    return [(name, {"monitor": monitor(name), **s}) for name in LISTS for s in settings]


EARLY_STOPPING = on_every_list(
    {}, {"patience": 2}, {"patience": 3, "restore_best_weights": True},
) + [
    ("digits_accuracy", {"monitor": "val_accuracy", "patience": 6}),
    ("digits_accuracy", {"monitor": "val_accuracy", "patience": 6, "restore_best_weights": True}),
    ("plateau", {"monitor": "val_loss", "patience": 2, "min_delta": 0.1}),
    ("noisy", {"monitor": "val_loss", "patience": 3, "min_delta": 0.01}),
    ("noisy", {"monitor": "val_loss", "patience": 3, "min_delta": -0.01}),
    ("tiny_steps", {"monitor": "val_loss", "patience": 3, "min_delta": 0.0001}),
    ("steps_of_tenth", {"monitor": "val_loss", "patience": 2, "min_delta": 0.1}),
    ("accuracy", {"monitor": "val_accuracy", "patience": 3, "min_delta": 0.01}),
    ("improving", {"monitor": "val_loss", "patience": 3, "baseline": 0.45}),
    ("improving", {"monitor": "val_loss", "patience": 6, "baseline": 0.45}),
    ("worsening", {"monitor": "val_loss", "patience": 3, "baseline": 0.4, "restore_best_weights": True}),
    ("overfit", {"monitor": "val_loss", "patience": 4, "baseline": 0.3, "restore_best_weights": True}),
    ("accuracy", {"monitor": "val_accuracy", "patience": 2, "baseline": 0.75}),
    ("late", {"monitor": "val_loss", "patience": 3, "start_from_epoch": 5}),
    ("late", {"monitor": "val_loss", "patience": 2, "start_from_epoch": 1, "restore_best_weights": True}),
    ("worsening", {"monitor": "val_loss", "patience": 2, "start_from_epoch": 3, "restore_best_weights": True}),
    ("worsening", {"monitor": "val_loss", "start_from_epoch": 20, "restore_best_weights": True}),
    ("noisy", {"monitor": "val_loss", "patience": 2, "mode": "max"}),
    ("accuracy", {"monitor": "val_accuracy", "patience": 2, "mode": "min"}),
    ("improving", {"monitor": "val_mae", "patience": 2}),
    ("accuracy", {"monitor": "val_mae", "patience": 2, "mode": "max"}),
    ("overfit", {"monitor": "loss", "patience": 2}),
]

REDUCE_LR = on_every_list(
    {"patience": 2}, {"factor": 0.5, "patience": 1, "cooldown": 2, "min_delta": 0.0},
) + [
    ("digits_loss", {"monitor": "val_loss", "factor": 0.5, "patience": 4, "min_lr": 0.0001}),
    ("digits_accuracy", {"monitor": "val_accuracy", "factor": 0.5, "patience": 2, "min_lr": 0.0001}),
    ("plateau", {"monitor": "val_loss"}),
    ("plateau", {"monitor": "val_loss", "factor": 0.5, "patience": 2, "min_lr": 0.0004}),
    ("equal", {"monitor": "val_loss", "factor": 0.2, "patience": 1, "min_lr": 0.00001}),
    ("equal", {"monitor": "val_loss", "factor": 0.5, "patience": 1, "min_lr": 0.01}),
    ("equal", {"monitor": "val_loss", "factor": 0.5, "patience": 0}),
    ("equal", {"monitor": "val_loss", "factor": 0.5, "patience": 2, "cooldown": 1}),
    ("equal", {"monitor": "val_loss", "factor": 0.5, "patience": 1, "cooldown": 3}),
    ("overfit", {"monitor": "val_loss", "factor": 0.5, "patience": 2, "cooldown": 2}),
    ("steps_of_tenth", {"monitor": "val_loss", "factor": 0.5, "patience": 1, "min_delta": 0.1}),
    ("tiny_steps", {"monitor": "val_loss", "factor": 0.5, "patience": 1, "min_delta": 0.00001}),
    ("noisy", {"monitor": "val_loss", "factor": 0.5, "patience": 2, "min_delta": 0.02}),
    ("accuracy", {"monitor": "val_accuracy", "factor": 0.5, "patience": 2, "mode": "max"}),
    ("accuracy", {"monitor": "val_accuracy", "factor": 0.5, "patience": 2, "mode": "min"}),
]

CHECKPOINT = on_every_list({"save_best_only": True}) + [
    ("noisy", {"monitor": "val_loss"}),
    ("noisy", {"monitor": "val_loss", "save_best_only": True, "mode": "max"}),
    ("noisy", {"monitor": "val_loss", "save_best_only": True, "initial_value_threshold": 0.69}),
    ("accuracy", {"monitor": "val_accuracy", "save_best_only": True, "mode": "min"}),
    ("accuracy", {"monitor": "val_accuracy", "save_best_only": True, "initial_value_threshold": 0.85}),
    ("accuracy", {"monitor": "accuracy", "save_best_only": True}),
    ("improving", {"monitor": "val_mae", "save_best_only": True}),
]

SCHEDULES = {
    "0.001 * 0.5^floor(epoch/3)": lambda epoch, lr: 0.001 * 0.5 ** (epoch // 3),
    "epoch < 4 ? lr : lr * exp(-0.1)": lambda epoch, lr: lr if epoch < 4 else lr * math.exp(-0.1),
    "min(epoch+1, 5) / 5 * 0.01": lambda epoch, lr: min(epoch + 1, 5) / 5 * 0.01,
}

BATCH_LOSSES = [
    [[0.9, 0.8, 0.7], [0.6, 0.5, 0.4]],
    [[0.9, 0.8, 0.7], [0.6, NAN, NAN], [0.5, 0.4, 0.3]],
    [[0.9, INF, 0.7], [0.6, 0.5, 0.4]],
    [[0.9, 0.8, 0.7], [0.6, 0.5, 0.4], [-INF, 0.2, 0.1]],
    [[NAN, 0.8, 0.7]],
]


def new_model(initial_lr=0.001):
    model = keras.Sequential([keras.Input([1]), keras.layers.Dense(1, use_bias=False)])
    model.compile(keras.optimizers.SGD(initial_lr), "mse", metrics=["accuracy", "mae"], run_eagerly=True)
    # mode auto looks at the metrics, which exist once the model has seen a batch.
    model.evaluate(np.zeros([1, 1]), np.zeros([1, 1]), verbose=0)
    model.stop_training = False
    return model


def drive(callback, model, key, values):
    """Runs a callback as fit does; yields after each epoch, its number from 0."""
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, value in enumerate(values):
        callback.on_epoch_begin(epoch)
        model.layers[0].kernel.assign([[epoch + 1]])
        callback.on_epoch_end(epoch, {key: value})
        yield epoch
        if model.stop_training:
            break
    callback.on_train_end()


def early_stopping(name, settings):
    model, callback = new_model(), keras.callbacks.EarlyStopping(**settings)
    for _ in drive(callback, model, settings["monitor"], LISTS[name]):
        pass
    stopped = callback.stopped_epoch + 1 if model.stop_training else 0
    best = callback.best_epoch + 1 if callback.best is not None else 0
    return {"list": name, "settings": settings, "stopped_epoch": stopped, "best_epoch": best,
            "weights_epoch": int(model.layers[0].kernel.numpy().item())}


def reduce_lr(name, settings, initial_lr=0.001):
    model, callback = new_model(initial_lr), keras.callbacks.ReduceLROnPlateau(**settings)
    rates = [rate(model) for _ in drive(callback, model, settings["monitor"], LISTS[name])]
    return {"list": name, "settings": settings, "initial_lr": initial_lr, "learning_rates": rates}


def checkpoint(name, settings):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "{epoch}.weights.h5")
        callback = keras.callbacks.ModelCheckpoint(path, save_weights_only=True, **settings)
        for _ in drive(callback, new_model(), settings["monitor"], LISTS[name]):
            pass
        saved = sorted(int(file.split(".")[0]) for file in os.listdir(folder))
    return {"list": name, "settings": settings, "saved_epochs": saved}


def scheduler(formula, schedule, initial_lr=0.001, epochs=8):
    model, rates = new_model(initial_lr), []
    for _ in drive(keras.callbacks.LearningRateScheduler(schedule), model, "loss", [0.5] * epochs):
        rates.append(rate(model))
    return {"formula": formula, "initial_lr": initial_lr, "learning_rates": rates}


def terminate_on_nan(epochs):
    model, callback = new_model(), keras.callbacks.TerminateOnNaN()
    callback.set_model(model)
    for epoch, losses in enumerate(epochs):
        for batch, loss in enumerate(losses):
            callback.on_train_batch_end(batch, {"loss": loss})
            if model.stop_training:
                return {"losses": epochs, "epoch": epoch + 1, "batch": batch + 1}
    return {"losses": epochs, "epoch": 0, "batch": 0}


def rate(model):
    """The learning rate as the shortest decimal that gives the same float32."""
    return float(str(model.optimizer.learning_rate.numpy()))


def jsonable(value):
    if isinstance(value, dict):
        return {key: jsonable(v) for key, v in value.items()}
    if isinstance(value, list):
        return [jsonable(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Inf" if value > 0 else "-Inf"
    return value


def main():
    sections = {
        "about": ABOUT,
        "lists": LISTS,
        "early_stopping": [early_stopping(*case) for case in EARLY_STOPPING],
        "reduce_lr_on_plateau": [reduce_lr(*case) for case in REDUCE_LR],
        "model_checkpoint": [checkpoint(*case) for case in CHECKPOINT],
        "learning_rate_scheduler": [scheduler(*case) for case in SCHEDULES.items()],
        "terminate_on_nan": [terminate_on_nan(case) for case in BATCH_LOSSES],
    }
    lines = []
    for name, section in jsonable(sections).items():
        if isinstance(section, dict):
            items, (opening, closing) = [f"{json.dumps(k)}: {json.dumps(v)}" for k, v in section.items()], "{}"
        else:
            items, (opening, closing) = [json.dumps(item) for item in section], "[]"
        lines.append(f" {json.dumps(name)}: {opening}\n  " + ",\n  ".join(items) + f"\n {closing}")
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(f"{FILE.name}: {FILE.stat().st_size:,} bytes, {sum(map(len, sections.values()))} entries")


if __name__ == "__main__":
    main()
