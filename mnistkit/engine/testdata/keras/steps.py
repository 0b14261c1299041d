"""steps.json: tiny models trained for a few steps with every optimiser."""

import keras
import numpy as np
import tensorflow as tf
from losses import CLASS_WEIGHT, LOSSES
from models import AVERAGE, FLATTEN, batch_norm, build, conv, dense, embedding, initial_weights, model_tensors
from models import named_weights, pool, set_weights
from values import VERSIONS, flat, hundredths, number, plain, seeded

STEPS, BATCH, EVALUATED = 5, 4, 18
OPTIMIZERS = {
    "sgd": ("SGD", {"learning_rate": 0.01}),
    "sgd_momentum": ("SGD", {"learning_rate": 0.1, "momentum": 0.9}),
    "sgd_nesterov": ("SGD", {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True}),
    "adam": ("Adam", {"learning_rate": 0.001}),
    "adam_betas": ("Adam", {"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-4}),
    "rmsprop": ("RMSprop", {"learning_rate": 0.001}),
    "rmsprop_momentum": ("RMSprop", {"learning_rate": 0.01, "rho": 0.9, "momentum": 0.5}),
}
# Of these a few models are trained.
RECIPES = {
    "adam_cosine": ("Adam", {"learning_rate": 0.01, "schedule": {"epochs": 1, "warmup": 0.4, "alpha": 0.1}}),
    "adamw": ("AdamW", {"learning_rate": 0.01, "weight_decay": 0.1}),
    "sgd_weight_decay": ("SGD", {"learning_rate": 0.1, "weight_decay": 0.1}),
    "sgd_clipnorm": ("SGD", {"learning_rate": 0.1, "clipnorm": 0.2}),
    "sgd_clipvalue": ("SGD", {"learning_rate": 0.1, "clipvalue": 0.02}),
    "sgd_global_clipnorm": ("SGD", {"learning_rate": 0.1, "global_clipnorm": 0.3}),
    "adam_ema": ("Adam", {"learning_rate": 0.01, "use_ema": True, "ema_momentum": 0.8}),
}
# What every optimiser may have.
COMMON = ["weight_decay", "clipnorm", "clipvalue", "global_clipnorm", "ema_momentum"]
SETTINGS = {
    "SGD": ["learning_rate", "momentum", "nesterov"],
    "Adam": ["learning_rate", "beta_1", "beta_2", "epsilon"],
    "AdamW": ["learning_rate", "beta_1", "beta_2", "epsilon"],
    "RMSprop": ["learning_rate", "rho", "momentum", "epsilon"],
}
SPARSE = "sparse_categorical_crossentropy"
STEP_MODELS = {
    "mlp": ("vectors", SPARSE, [dense(8, "relu"), dense(3)], None),
    "conv": ("images", SPARSE, [conv(2, 3, "same", "relu"), pool("Max", 2), FLATTEN, dense(3)], None),
    "conv_batch_norm": ("images", SPARSE, [conv(2, 3, "same", "relu"), batch_norm(), pool("Max", 2), FLATTEN, dense(3)],
                        None),
    "regression": ("targets", "mse", [dense(1)], None),
    "words": ("reviews", SPARSE, [embedding(7, 4, True), AVERAGE, dense(5, "relu"), dense(3)], None),
    "words_unmasked": ("reviews", SPARSE, [embedding(7, 4, False), AVERAGE, dense(3)], None),
    "mlp_l2": ("vectors", SPARSE, [dense(8, "relu", l2=0.05), dense(3, l2=0.05)], None),
    "mlp_class_weight": ("vectors", SPARSE, [dense(8, "relu"), dense(3)], CLASS_WEIGHT),
}
# The gradient of these differs, not the optimiser.
VARIATIONS, FEW_OPTIMIZERS, RECIPE_MODELS = ("mlp_l2", "mlp_class_weight", "words_unmasked"), ("sgd", "adam", "rmsprop"), ("mlp", "conv_batch_norm")


def step_data():
    """Labels depend on the inputs, so that there is something to learn."""
    rng, n = seeded("steps data"), STEPS * BATCH
    vectors, images = hundredths(rng, [n, 5], 1), hundredths(rng, [n, 4, 4, 1], 1)
    reviews = rng.integers(1, 7, [n, 6])
    reviews[np.arange(6) >= rng.integers(1, 7, [n, 1])] = 0  # each has at least one word
    return {
        "reviews": (reviews, reviews.max(axis=1) % 3),
        "vectors": (vectors, np.argmax(vectors[:, :3], axis=1)),
        "images": (images, np.argsort(np.argsort(images[:, :2].sum(axis=(1, 2, 3)))) * 3 // n),
        "targets": (vectors, np.round(vectors @ [[1], [-2], [0.5], [0], [3]] + 1, 2)),
    }


def metric_of(loss):
    return "mae" if loss == "mse" else "accuracy"


def densely(optimizer):
    """TensorFlow gives an embedding's gradient in parts, one for each place of a
    word, and Keras there squares the parts of a word one by one. Elsewhere
    (JAX, PyTorch) the gradient is their sum, which is what Adam and RMSprop mean."""
    apply = optimizer.apply_gradients
    optimizer.apply_gradients = lambda pairs, **more: apply([(tf.convert_to_tensor(g), v) for g, v in pairs], **more)
    return optimizer


def made(optimizer):
    kind, settings = (OPTIMIZERS | RECIPES)[optimizer]
    settings = dict(settings)
    if schedule := settings.pop("schedule", None):  # an epoch has STEPS steps
        steps = round((schedule["epochs"] - schedule["warmup"]) * STEPS)
        settings["learning_rate"] = keras.optimizers.schedules.CosineDecay(
            0.0, steps, schedule["alpha"], warmup_target=settings["learning_rate"], warmup_steps=round(schedule["warmup"] * STEPS))
    return getattr(keras.optimizers, kind)(**settings)


def compiled(name, optimizer):
    data, loss, layers, _ = STEP_MODELS[name]
    model = build(layers, step_data()[data][0].shape[1:])
    set_weights(model, initial_weights(model, seeded("steps/" + name), hundredths))
    model.compile(densely(made(optimizer)), LOSSES[loss](), metrics=[metric_of(loss)],
                  run_eagerly=True)
    return model


def describe_model(name):
    data, loss, layers, class_weight = STEP_MODELS[name]
    model = compiled(name, "sgd")
    spec = {"name": name, "data": data, "layers": layers, "loss": loss, "metric": metric_of(loss)}
    if class_weight:
        spec["class_weight"] = [class_weight[i] for i in range(len(class_weight))]
    return spec | {"weights": model_tensors(model)}


def run_steps(name, optimizer):
    data, loss, _, class_weight = STEP_MODELS[name]
    x, y = step_data()[data]
    x = x.astype(keras.config.floatx())
    metric, model = metric_of(loss), compiled(name, optimizer)
    logs = [model.train_on_batch(x[i:i + BATCH], y[i:i + BATCH], class_weight=class_weight, return_dict=True)
            for i in range(0, len(x), BATCH)]
    model.optimizer.finalize_variable_values(model.trainable_variables)  # averages, as fit does at its end
    score = model.evaluate(x[:EVALUATED], y[:EVALUATED], batch_size=BATCH, verbose=0, return_dict=True)

    twin = compiled(name, optimizer)
    epoch = twin.fit(x, y, batch_size=BATCH, epochs=1, shuffle=False, class_weight=class_weight, verbose=0).history
    for (weight, a), (_, b) in zip(named_weights(model), named_weights(twin), strict=True):
        np.testing.assert_array_equal(a, b, f"{name}, {optimizer}: fit and train_on_batch differ in {weight}")
    return {
        "model": name, "optimizer": optimizer,
        "losses": [number(log["loss"]) for log in logs],
        "metrics": [number(log[metric]) for log in logs],
        "epoch": {"loss": number(epoch["loss"][0]), "metric": number(epoch[metric][0])},
        "evaluation": {"loss": number(score["loss"]), "metric": number(score[metric])},
        "learning_rate": number((OPTIMIZERS | RECIPES)[optimizer][1]["learning_rate"]),
        "weights_after": [{"name": t["name"], "values": t["values"]} for t in model_tensors(model)],
    }


def describe_optimizer(name):
    kind, settings = (OPTIMIZERS | RECIPES)[name]
    config = made(name).get_config() | {"learning_rate": settings["learning_rate"]}
    described = {"name": name, "optimizer": kind, **{key: plain(config[key]) for key in SETTINGS[kind]}}
    described |= {key: plain(config[key]) for key in COMMON if key in settings}
    if "schedule" in settings:
        described["schedule"] = {"name": "cosine"} | settings["schedule"]
    return described


def make_steps():
    return {
        "about": [
            f"Training with {VERSIONS}, made by make_fixtures.py; all numbers float32, tensors flat in row-major order.",
            f"Each run trains a model from its weights for {STEPS} steps of batch {BATCH} on the data in order, no shuffling.",
            "losses and metrics: what Keras reports of each batch, before its update and in training mode; losses include",
            "the L2 penalty and the class weights, metrics are unweighted; epoch: what fit reports of these steps together,",
            "the mean over the batches weighted by their numbers of samples.",
            f"evaluation: evaluate with the weights after the steps on the first {EVALUATED} samples, batches of {BATCH} (the",
            "last one smaller), inference mode, with the penalty and without class weights.",
            "SGD: v = momentum*v - rate*g, w += v, or w += momentum*v - rate*g with nesterov.",
            "Adam: epsilon is added to sqrt(v) before the bias correction: rate*sqrt(1-b2^t)/(1-b1^t) * m / (sqrt(v)+epsilon).",
            "A schedule is CosineDecay, its warm-up from 0 to the rate: epochs and warmup are of epochs of all the steps.",
            "RMSprop: epsilon is inside the root: m = momentum*m + rate*g / sqrt(v+epsilon), w -= m.",
            "With use_ema the weights after the steps, and the evaluation, are those of finalize_variable_values: the averages.",
        ],
        "steps": STEPS, "batch": BATCH, "evaluated": EVALUATED,
        "data": [{"name": name, "x_type": str(x.dtype), "x_shape": list(x.shape), "x": flat(x), "y_shape": list(y.shape), "y": flat(y)}
                 for name, (x, y) in step_data().items()],
        "optimizers": [describe_optimizer(name) for name in OPTIMIZERS | RECIPES],
        "models": [describe_model(name) for name in STEP_MODELS],
        "runs": [run_steps(m, o) for m in STEP_MODELS for o in OPTIMIZERS if m not in VARIATIONS or o in FEW_OPTIMIZERS]
        + [run_steps(m, o) for m in RECIPE_MODELS for o in RECIPES],
    }
