"""Runs the same steps as cells of a GoNB kernel and of an IPython kernel with Keras; prints seconds as JSON.

    cells.py SESSIONS NPY_PREFIX

A cell's time is that from the request to the kernel's reply and idle state, as a person waits for it. Before each Go
cell comes a hello in a bare GoNB kernel, in which nothing was ever declared. Every session has fresh kernels, and no two
programs are equal, so that nothing is answered by a build cache that a person would not have.
"""
import json
import os
import re
import shutil
import sys
import time

from jupyter_client.manager import start_new_kernel

GO_IMPORTS = """%noautoget
import (
	"fmt"

	"github.com/janpfeifer/must"
	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/layer"
)"""

GO_DECLARE = """var digits = kit.MNIST().Holdout(0.15).Seed(1)

var mlp = kit.Run{
	Name: "cells/mlp-{n}", Data: digits, Seed: 1,
	Optimizer: kit.Adam(1e-3), BatchSize: 32, DropRemainder: true,
	Model: layer.Stack{
		layer.Rescale(1.0 / 255),
		layer.Flatten(),
		layer.Dense(128).ReLU(),
		layer.Dense(10),
	},
}"""

GO_TEST = """%test
import "testing"

func TestParameters(t *testing.T) {
	if got := must.M1(mlp.Summary()).Counts.Total; got != 101770 {
		t.Errorf("%d parameters, want 101770 {n}", got)
	}
}"""

GO_GRAPH = """import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"gonblabs/mnistkit/engine"
)

var squash = engine.Layer("squash {n}", func(scope *model.Scope, x *graph.Node) *graph.Node {
	return graph.Div(x, graph.OnePlus(graph.Abs(x)))
})
%%
kit.Show(must.M1(mlp.With("cells/squash", func(r *kit.Run) {
	r.Model = layer.Stack{layer.Rescale(1.0 / 255), layer.Flatten(), layer.Dense(64), squash, layer.Dense(10)}
}).Summary()))"""

GO_COMPUTE = """func cubic(x *graph.Node) *graph.Node { return graph.Sub(graph.Mul(x, graph.Square(x)), x) }
%%
kit.Show(must.M1(engine.Gradients(cubic, 2.0))[0])"""

PY_IMPORTS = """import keras
import numpy as np
import matplotlib.pyplot as plt
%matplotlib inline"""

PY_DECLARE = """x, y, test_x, test_y = (np.load(f"{prefix}-{part}.npy") for part in ("train_x", "train_y", "test_x", "test_y"))
x, test_x = x.astype("float32"), test_x.astype("float32")

def make():
    model = keras.Sequential([
        keras.Input((28, 28, 1)), keras.layers.Rescaling(1 / 255), keras.layers.Flatten(),
        keras.layers.Dense(128, activation="relu"), keras.layers.Dense(10)])
    model.compile(keras.optimizers.Adam(1e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    return model

mlp = make()"""

PY_FIGURE = """fig, axes = plt.subplots(4, 8)
for i, ax in enumerate(axes.flat):
    ax.imshow(x[i], cmap="gray"); ax.set_title(y[i]); ax.axis("off")
plt.show()"""

PY_GRAPH = """class Squash(keras.layers.Layer):
    def call(self, x):
        return x / (1 + keras.ops.abs(x))

keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Rescaling(1 / 255), keras.layers.Flatten(),
                  keras.layers.Dense(64), Squash(), keras.layers.Dense(10)]).summary()"""

PY_COMPUTE = """import tensorflow as tf
at = tf.Variable(2.0)
with tf.GradientTape() as tape:
    y = at ** 3 - at
tape.gradient(y, at)"""

GO_FIT = '%%\nh := must.M1(mlp{with}.Fit(1))\nfmt.Println("WORK", h.Seconds())'
GO_PREDICT = "%%\nfmt.Println(len(must.M1(mlp.Predict(digits.Test())).Values))"

# name, in Go, in Python; None where there is no such step
CELLS = [
    ("imports", GO_IMPORTS, PY_IMPORTS),
    ("declare", GO_DECLARE, PY_DECLARE),
    ("hello after that", '%%\nfmt.Println("hello")', "print('hello')"),
    ("figure", "%%\nkit.Show(kit.Samples(must.M1(digits.Train()), 4, 8))", PY_FIGURE),
    ("first fit", GO_FIT.replace("{with}", ""), "mlp.fit(x, y, batch_size=32, epochs=1)"),
    ("second fit", GO_FIT.replace("{with}", '.With("cells/second-{n}", nil)'), "second = make(); second.fit(x, y, batch_size=32, epochs=1)"),
    ("replayed fit", GO_FIT.replace("{with}", ""), None),
    ("evaluation", "%%\nkit.Show(must.M1(mlp.Evaluate(digits.Test())))", "mlp.evaluate(test_x, test_y, batch_size=320)"),
    ("kept evaluation", "%%\nkit.Show(must.M1(mlp.Evaluate(digits.Test())))", None),
    ("prediction", GO_PREDICT, "len(mlp.predict(test_x, batch_size=320))"),
    ("kept prediction", GO_PREDICT, None),
    ("second prediction", GO_PREDICT.replace("mlp.", 'mlp.With("cells/second-{n}", nil).'), "len(mlp.predict(test_x, batch_size=320))"),
    ("leaderboard", '%%\nkit.Show(kit.Leaderboard("cells/*"))', None),
    ("test", GO_TEST, "assert mlp.count_params() == 101770"),
    ("graph function", GO_GRAPH, PY_GRAPH),
    ("graph computed", GO_COMPUTE, PY_COMPUTE),
]


class Kernel:
    def __init__(self, name):
        began = time.perf_counter()
        self.manager, self.client = start_new_kernel(startup_timeout=120, kernel_name=name)
        self.started = time.perf_counter() - began

    def run(self, code):
        """Seconds and printed text of a cell."""
        began = time.perf_counter()
        text, errors = [], []

        def output(message):
            content = message["content"]
            if message["msg_type"] == "stream":
                text.append(content["text"])
            elif message["msg_type"] == "error":
                errors.append("\n".join(content["traceback"]))
        reply = self.client.execute_interactive(code, timeout=600, output_hook=output)
        seconds = time.perf_counter() - began
        if errors or reply["content"]["status"] != "ok" or "FAIL" in "".join(text):
            raise RuntimeError("\n".join([code, *errors, *text]))
        return seconds, "".join(text)

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


def session(number, prefix):
    stamp = f"{int(time.time())}-{number}"
    shutil.rmtree(os.environ["BENCHMARK_COMPILED"], ignore_errors=True)  # nothing was ever compiled
    bare, go, python = Kernel("benchmark-gonb"), Kernel("benchmark-gonb"), Kernel("benchmark-keras")
    rows = [{"cell": "kernel start", "figures": {"go_s": go.started, "python_s": python.started}}]

    def hello(i):
        return bare.run(f'import "fmt"\n%%\nfmt.Println("hello {stamp} {i}")')[0]
    try:
        rows.append({"cell": "first hello", "figures": {"go_s": hello(0), "python_s": python.run("print('hello')")[0]}})
        for i, (name, go_code, python_code) in enumerate(CELLS, 1):
            before = hello(i)
            code = go_code.replace("{n}", stamp)
            if "%%" in code:
                code += f'\nfmt.Println("{stamp} {i}")'  # a program that was never built
            took, text = go.run(code)
            figures = {"go_s": took, "hello_s": before, "ratio": took / before}
            work = re.search(r"WORK ([0-9.]+)", text)
            if work and name != "replayed fit":  # that prints the seconds of the stored history
                figures["beside_s"] = took - float(work[1])
            if python_code:
                figures["python_s"] = python.run(python_code.replace("{prefix}", prefix))[0]
            rows.append({"cell": name, "figures": figures})
            print(f"{number}: {name:18} {took:7.2f} s, hello {before:5.2f}, Keras {figures.get('python_s', float('nan')):6.2f}", file=sys.stderr, flush=True)
    finally:
        for kernel in (bare, go, python):
            kernel.close()
    return rows


def main():
    print(json.dumps([session(i + 1, sys.argv[2]) for i in range(int(sys.argv[1]))]))


main()
