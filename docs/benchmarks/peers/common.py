"""What the peers share: the job, its data, and how a result is reported."""
import json
import sys
import time

import numpy as np


KNOWN = {
    "Rescaling": {"scale"}, "Flatten": set(), "Dense": {"units", "activation"}, "Conv2D": {"filters", "kernel", "padding", "strides", "activation"},
    "MaxPooling2D": {"pool"}, "BatchNormalization": set(), "Dropout": {"rate"},
    "Embedding": {"input_dim", "output_dim", "mask_zero"}, "GlobalAveragePooling1D": set(),
}
# The settings of optimizers that all peers have: Keras' own.
OF_KERAS = {"beta_1": 0.9, "beta_2": 0.999, "rho": 0.9, "epsilon": 1e-7}


def read_job(starts=False):
    """The job; what not every peer can do is refused, so that all train the same model.

    A peer that starts from given weights says so.
    """
    with open(sys.argv[1]) as f:
        job = json.load(f)
    if job["start"] and not starts:
        raise ValueError("this peer cannot start from our weights")
    for l in job["model"]:
        more = set(l) - {"layer"} - KNOWN[l["layer"]]
        if more or l.get("activation") not in (None, "relu"):
            raise ValueError(f"the peers do not know all of the layer {l}")
    more = [name for name, value in job["optimizer"].items() if name not in ("name", "learning_rate") and OF_KERAS.get(name) != value]
    if more or job["optimizer"]["name"] not in ("adam", "rmsprop", "sgd"):
        raise ValueError(f"the peers do not know the optimizer {job['optimizer']}")
    return job


def load(job):
    """The job's rows as every peer has them; labels int32 or float32."""
    def array(name, n):
        a = np.load(f"{job['files']}-{name}.npy")
        return a[:n] if len(a) >= n else a[np.arange(n) % len(a)]
    return (array("train_x", job["rows"]), array("train_y", job["rows"]),
            array("test_x", job["test"]), array("test_y", job["test"]))


def start(job):
    """Our first weights, in the model's order, and the order of the examples in each epoch."""
    with np.load(f"{job['start']}-weights.npz") as weights:
        return [weights[name] for name in sorted(weights.files)], np.load(f"{job['start']}-orders.npy")


def rate(n, f):
    """n over the time of f: the best of three, after one to warm up."""
    best = 0.0
    for i in range(4):
        began = time.time()
        f()
        if i:
            best = max(best, n / (time.time() - began))
    return best


def timed(f):
    began = time.time()
    value = f()
    return time.time() - began, value


def peak_memory():
    """MiB: the largest size of this process in memory until now."""
    with open("/proc/self/status", encoding="utf-8") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM:"))


def per_epoch(times):
    """Seconds an epoch from the start of the first and the ends of all: without the first, unless it is the only one."""
    times = times[min(1, len(times) - 2):]
    return (times[-1] - times[0]) / (len(times) - 1)


def report(job, ready, first, times, memory, call, evaluate_rate, predict_rate, metrics, parameters, versions):
    versions = dict(versions, Python=sys.version.split()[0])
    print("RESULT " + json.dumps({
        "figures": {
            "ready_s": ready - job["started"], "first_s": first, "epoch_s": per_epoch(times), "evaluate_call_s": call, "evaluate_per_s": evaluate_rate,
            "predict_per_s": predict_rate, "memory_mb": memory, "memory_all_mb": peak_memory(),
        },
        "metrics": {k: float(v) for k, v in metrics.items()}, "parameters": int(parameters), "versions": versions,
    }), flush=True)
