"""JAX by hand: one jitted step, or a whole epoch in one lax.scan; data on the device as they come."""
import time

import common

job = common.read_job()

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
from jax import lax  # noqa: E402

EVALUATION_BATCH = 320
SCAN = bool((job["set"] or {}).get("scan"))
BATCH = job["batch"]


def glorot(rng, shape):
    area = int(np.prod(shape[:-2]))
    limit = np.sqrt(6 / (area * (shape[-2] + shape[-1])))
    return jnp.asarray(rng.uniform(-limit, limit, shape), jnp.float32)


def init(shape, seed):
    """Weights that are trained, and the moving averages, a dict a layer."""
    rng, params, state, shape = np.random.default_rng(seed), [], [], list(shape)
    for l in job["model"]:
        p, s, kind = {}, {}, l["layer"]
        if kind == "Flatten":
            shape = [int(np.prod(shape))]
        elif kind == "Dense":
            p = {"w": glorot(rng, (shape[0], l["units"])), "b": jnp.zeros(l["units"])}
            shape = [l["units"]]
        elif kind == "Conv2D":
            k, f = l["kernel"], l["filters"]
            p = {"w": glorot(rng, (*k, shape[2], f)), "b": jnp.zeros(f)}
            cut, stride = 0 if l.get("padding") == "same" else k[0] - 1, l.get("strides", [1, 1])[0]
            shape = [-(-(shape[0] - cut) // stride), -(-(shape[1] - cut) // stride), f]
        elif kind == "MaxPooling2D":
            shape = [shape[0] // l["pool"][0], shape[1] // l["pool"][1], shape[2]]
        elif kind == "Embedding":
            p = {"e": jnp.asarray(rng.uniform(-0.05, 0.05, (l["input_dim"], l["output_dim"])), jnp.float32)}
            shape = [*shape, l["output_dim"]]
        elif kind == "GlobalAveragePooling1D":
            shape = shape[1:]
        elif kind == "BatchNormalization":
            c = shape[-1]
            p, s = {"g": jnp.ones(c), "b": jnp.zeros(c)}, {"mean": jnp.zeros(c), "var": jnp.ones(c)}
        params.append(p)
        state.append(s)
    return params, state


def forward(params, state, x, key=None):
    """The model's output and its new state; a key means training."""
    mask, new = None, []
    if job["model"][0]["layer"] != "Embedding":
        x = x.astype(jnp.float32)
    for i, (l, p, s) in enumerate(zip(job["model"], params, state)):
        kind = l["layer"]
        if kind == "Rescaling":
            x = x * l["scale"]
        elif kind == "Flatten":
            x = x.reshape(x.shape[0], -1)
        elif kind == "Dense":
            x = x @ p["w"] + p["b"]
        elif kind == "Conv2D":
            x = lax.conv_general_dilated(x, p["w"], l.get("strides", (1, 1)), l.get("padding", "valid").upper(), dimension_numbers=("NHWC", "HWIO", "NHWC")) + p["b"]
        elif kind == "MaxPooling2D":
            window = (1, *l["pool"], 1)
            x = lax.reduce_window(x, -jnp.inf, lax.max, window, window, "VALID")
        elif kind == "BatchNormalization":
            axes = tuple(range(x.ndim - 1))
            mean, var = s["mean"], s["var"]
            if key is not None:
                mean, var = x.mean(axes), x.var(axes)
                s = {"mean": 0.99 * s["mean"] + 0.01 * mean, "var": 0.99 * s["var"] + 0.01 * var}
            x = (x - mean) * (lax.rsqrt(var + 1e-3) * p["g"]) + p["b"]
        elif kind == "Dropout":
            if key is not None:
                keep = jax.random.bernoulli(jax.random.fold_in(key, i), 1 - l["rate"], x.shape)
                x = jnp.where(keep, x / (1 - l["rate"]), 0)
        elif kind == "Embedding":
            mask = (x != 0)[..., None] if l.get("mask_zero") else None
            x = p["e"][x]
        elif kind == "GlobalAveragePooling1D":
            x = x.mean(1) if mask is None else (x * mask).sum(1) / jnp.maximum(mask.sum(1), 1)
        else:
            raise ValueError(f"no layer {kind}")
        if l.get("activation") == "relu":
            x = jax.nn.relu(x)
        new.append(s)
    return x, new


def per_example(out, y):
    """Loss and metric of each example."""
    if job["loss"] == "mean_squared_error":
        d = out[:, 0] - y
        return d * d, jnp.abs(d)
    if job["loss"] == "binary_crossentropy":
        logit = out[:, 0]
        return jax.nn.softplus(logit) - logit * y, ((logit > 0) == (y > 0.5)).astype(jnp.float32)
    loss = -jnp.take_along_axis(jax.nn.log_softmax(out), y[:, None], 1)[:, 0]
    return loss, (out.argmax(1) == y).astype(jnp.float32)


def optimizer(params, grads, memory, t):
    o, rate = job["optimizer"], job["optimizer"]["learning_rate"]
    tree = jax.tree_util.tree_map
    if o["name"] == "adam":
        b1, b2 = o["beta_1"], o["beta_2"]
        m = tree(lambda m, g: b1 * m + (1 - b1) * g, memory[0], grads)
        v = tree(lambda v, g: b2 * v + (1 - b2) * g * g, memory[1], grads)
        a = rate * jnp.sqrt(1 - b2 ** t) / (1 - b1 ** t)
        return tree(lambda p, m, v: p - a * m / (jnp.sqrt(v) + o["epsilon"]), params, m, v), (m, v)
    if o["name"] == "sgd":
        return tree(lambda p, g: p - rate * g, params, grads), memory
    v = tree(lambda v, g: o["rho"] * v + (1 - o["rho"]) * g * g, memory[1], grads)
    return tree(lambda p, g, v: p - rate * g * lax.rsqrt(v + o["epsilon"]), params, grads, v), (memory[0], v)


def step(carry, rows, x, y):
    params, state, memory, sums, t, key = carry
    t = t + 1

    def loss(params):
        out, new = forward(params, state, x[rows], jax.random.fold_in(key, t.astype(jnp.int32)))
        losses, metric = per_example(out, y[rows])
        return losses.mean(), (new, jnp.stack([losses.sum(), metric.sum()]))
    grads, (state, now) = jax.grad(loss, has_aux=True)(params)
    params, memory = optimizer(params, grads, memory, t)
    return params, state, memory, sums + now, t, key


def whole_epoch(carry, order, x, y):
    n = len(order) // BATCH * BATCH
    carry, _ = lax.scan(lambda c, rows: (step(c, rows, x, y), None), carry, order[:n].reshape(-1, BATCH))
    return step(carry, order[n:], x, y) if n < len(order) else carry


step_jit = jax.jit(lambda carry, order, i, x, y: step(carry, lax.dynamic_slice(order, (i,), (BATCH,)), x, y), donate_argnums=0)
rest_jit = jax.jit(step, donate_argnums=0)
epoch_jit = jax.jit(whole_epoch, donate_argnums=0)


def train_epoch(carry, order, x, y):
    """One pass; the sums are read at its end, which waits for all steps."""
    carry = (*carry[:3], jnp.zeros(2), *carry[4:])
    if SCAN:
        carry = epoch_jit(carry, jnp.asarray(order), x, y)
    else:
        device = jnp.asarray(order)
        full = len(order) // BATCH * BATCH
        for i in range(0, full, BATCH):
            carry = step_jit(carry, device, i, x, y)
        if full < len(order):
            carry = rest_jit(carry, device[full:], x, y)
    np.asarray(carry[3])
    return carry


def start(shape, seed):
    params, state = init(shape, seed)
    zeros = jax.tree_util.tree_map(jnp.zeros_like, params)
    copy = jax.tree_util.tree_map(jnp.zeros_like, params)
    return params, state, (zeros, copy), jnp.zeros(2), jnp.float32(0), jax.random.PRNGKey(seed)


@jax.jit
def evaluate_batch(params, state, x, y):
    losses, metric = per_example(forward(params, state, x)[0], y)
    return jnp.stack([losses.sum(), metric.sum()])


@jax.jit
def predict_batch(params, state, x):
    out = forward(params, state, x)[0]
    if job["loss"] == "binary_crossentropy":
        return jax.nn.sigmoid(out)
    return jax.nn.softmax(out) if job["metric"] == "accuracy" else out


def main():
    x, y, test_x, test_y = common.load(job)
    x, y, dev_x, dev_y = map(jnp.asarray, (x, y, test_x, test_y))
    jax.block_until_ready([x, y, dev_x, dev_y])
    ready = time.time()
    rng = np.random.default_rng(job["seed"])
    shape, n = x.shape[1:], len(x)

    first, _ = common.timed(lambda: train_epoch(start(shape, job["seed"]), np.arange(BATCH, dtype=np.int32), x, y))
    times, carry = [time.time()], start(shape, job["seed"])
    for _ in range(job["epochs"]):
        carry = train_epoch(carry, rng.permutation(n).astype(np.int32), x, y)
        times.append(time.time())
    memory = common.peak_memory()
    params, state = carry[:2]
    cuts = range(0, len(dev_x), EVALUATION_BATCH)

    def evaluate():
        sums = sum(evaluate_batch(params, state, dev_x[i:i + EVALUATION_BATCH], dev_y[i:i + EVALUATION_BATCH]) for i in cuts)
        return np.asarray(sums) / len(dev_x)

    def predict():
        return np.concatenate([predict_batch(params, state, dev_x[i:i + EVALUATION_BATCH]) for i in cuts])
    call, (loss, metric) = common.timed(evaluate)
    count = sum(a.size for a in jax.tree_util.tree_leaves((params, state)))
    common.report(job, ready, first, times, memory, call, common.rate(len(dev_x), evaluate), common.rate(len(dev_x), predict),
                  {"loss": loss, job["metric"]: metric}, count, {"JAX": jax.__version__})


main()
