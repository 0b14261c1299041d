"""Models go to other programs and come from them: ONNX Runtime, Netron, safetensors and Keras themselves compare. Run it with:
go run ./kernel-setup test exchange"""

import json
import os
import socket
import subprocess
import sys

import pytest

from conftest import OFFLINE, ROOT, free_port, kernel_setup, wait_until

pytestmark = pytest.mark.exchange

SCRIPT = ROOT / "docs" / "exchange" / "keras_weights.py"

# Reads what Go has written from standard input, and says where ONNX Runtime answers otherwise.
COMPARE = """
import base64, json, sys
import numpy as np, onnx, onnxruntime
for line in sys.stdin:
    case = json.loads(line)
    file = base64.b64decode(case["onnx"])
    onnx.checker.check_model(onnx.load_from_string(file), full_check=True)
    model = onnxruntime.InferenceSession(file)
    asked = model.get_inputs()[0]
    kinds = {"tensor(float)": np.float32, "tensor(uint8)": np.uint8, "tensor(int32)": np.int32}
    x = np.array(case["inputs"], dtype=kinds[asked.type]).reshape([-1] + asked.shape[1:])
    for part in (x, x[:1]):  # any size of batch
        y = model.run(None, {asked.name: part})[0].reshape(len(part), -1)
        if case.get("logits"):
            y = np.exp(y - y.max(1, keepdims=True)) if y.shape[1] > 1 else 1 / (1 + np.exp(-y))
            y = y / y.sum(1, keepdims=True) if y.shape[1] > 1 else y
        want = np.array(case["outputs"], dtype=np.float32).reshape(len(x), -1)[:len(part)]
        scale = np.maximum(1, np.abs(want))
        print(json.dumps([case["name"], float((np.abs(y - want) / scale).max())]))
"""

# A program in Go that exports all runs, each with the answers of Predict for the first 50 examples of its test set.
EXPORT = """package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/janpfeifer/must"
	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/layer"
)

type Case struct {
	Name    string      `json:"name"`
	ONNX    []byte      `json:"onnx"`
	Inputs  [][]float64 `json:"inputs"`
	Outputs []float32   `json:"outputs"`
	Logits  bool        `json:"logits"` // of the model, not of the outputs
}

func main() {
	for _, name := range os.Args[1:] {
		r, err := kit.Load(name)
		if err != nil {
			fmt.Fprintln(os.Stderr, name+":", err)
			continue
		}
		test, err := r.Data.Test()
		if err != nil {
			fmt.Fprintln(os.Stderr, name+":", err)
			continue
		}
		test = test.First(50)
		path := os.TempDir() + "/x.onnx"
		var options []kit.ExportOption
		if test.Inputs.DType() == "float32" { // rows of a table, normalised already
			options = append(options, kit.WithoutPreprocessing)
		}
		if err := r.Export(path, options...); err != nil {
			fmt.Fprintln(os.Stderr, name+":", err)
			continue
		}
		c := Case{Name: name, ONNX: must.M1(os.ReadFile(path)), Outputs: must.M1(r.Predict(test)).Values}
		for i := range test.Len() {
			c.Inputs = append(c.Inputs, test.Inputs.At(i))
		}
		must.M(json.NewEncoder(os.Stdout).Encode(c))
		if test.Classes != nil {
			must.M(r.Export(path, append(options, kit.WithoutSoftmax)...))
			logits := c
			logits.Name, logits.ONNX, logits.Logits = name+" in logits", must.M1(os.ReadFile(path)), true
			must.M(json.NewEncoder(os.Stdout).Encode(logits))
		}
		if first, ok := r.Model[0].(layer.RescaleLayer); ok { // the same from inputs that are scaled already
			must.M(r.Export(path, kit.WithoutPreprocessing))
			c.Name, c.ONNX = name+" scaled", must.M1(os.ReadFile(path))
			for _, example := range c.Inputs {
				for i, x := range example {
					example[i] = x*first.Scale + first.Offset
				}
			}
			must.M(json.NewEncoder(os.Stdout).Encode(c))
		}
	}
}
"""


@pytest.fixture(scope="module")
def peers(tmp_path_factory):
    """The Python of an environment with Keras, ONNX, ONNX Runtime, Netron and safetensors."""
    folder = tmp_path_factory.mktemp("peers")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", "--require-hashes", "--only-binary=:all:", "-r",
                    ROOT / "kernel-setup" / "requirements-exchange.txt"], check=True)

    def run(code, *arguments, **options):
        environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
        for name in ("PJRT_NPROC", "XLA_FLAGS"):
            environment.pop(name, None)
        done = subprocess.run([python, *(["-c", code] if code else []), *map(str, arguments)], capture_output=True, text=True, env=environment, **options)
        assert done.returncode == 0, done.stderr
        return done.stdout
    run.python = python
    return run


def go(folder, source, *arguments, **environment):
    """Runs a program in Go that imports the kit, as one outside of the checkout does."""
    folder.mkdir()
    (folder / "main.go").write_text(source, encoding="utf-8")
    for name in ("go.mod", "go.sum"):
        (folder / name).write_text((ROOT / name).read_text(encoding="utf-8").replace("module gonblabs", "module program"), encoding="utf-8")
    for command in (["mod", "edit", "-require=gonblabs@v0.0.0", f"-replace=gonblabs={ROOT}"], ["mod", "tidy"], ["build", "-o", "program", "."]):
        done = subprocess.run(["go", *command], cwd=folder, capture_output=True, text=True, env={**os.environ, "GOFLAGS": ""})
        assert done.returncode == 0, done.stderr
    done = subprocess.run([folder / "program", *arguments], cwd=folder, capture_output=True, text=True,
                          env={**os.environ, "MNISTKIT_DATA": "bundled", "TMPDIR": str(folder), **environment})
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


def test_every_kind_of_layer(tmp_path, peers):
    cases = tmp_path / "cases.json"
    done = subprocess.run(["go", "test", "-count=1", "-run=^TestPlaygroundCases$", "./mnistkit/engine"], cwd=ROOT, capture_output=True, text=True,
                          env={**os.environ, "GOMLX_BACKEND": "go", "PLAYGROUND_CASES": str(cases)})
    assert done.returncode == 0, done.stdout + done.stderr
    lines = "\n".join(map(json.dumps, json.loads(cases.read_text(encoding="utf-8"))))
    compared = [json.loads(line) for line in peers(COMPARE, input=lines).splitlines()]
    assert len(compared) > 60 and [c for c in compared if not c[1] < 1e-5] == []


def test_every_model_of_the_labs(tmp_path, peers):
    """What the notebooks have trained on the sample answers in ONNX Runtime as in the kit."""
    runs = tmp_path / "runs"
    place = {"MNISTKIT_RUNS": str(runs), **OFFLINE}
    done = kernel_setup("report", "--original", "--out", tmp_path / "pages", **place)
    assert done.code == 0, done.said
    names = sorted(str(record.parent.relative_to(runs)) for record in runs.rglob("run.json"))
    said, refused = go(tmp_path / "export", EXPORT, *names, **place)
    compared = [json.loads(line) for line in peers(COMPARE, input=said).splitlines()]
    print(refused, compared)
    assert len(compared) > 240 and [c for c in compared if not c[1] < 1e-5] == []
    for line in refused.splitlines():  # what cannot be written elsewhere, or has no test set
        assert "the function of layer" in line or "made by hand" in line or "a loop of your own" in line, line


def test_networks_of_others(tmp_path, peers):
    """Networks built by hand, in the form in which PyTorch and tf2onnx write them, answer in the kit as in ONNX Runtime, and the
    stored ones are what the script writes."""
    folder, cases = ROOT / "mnistkit" / "engine" / "onnx" / "testdata", tmp_path / "networks.json"
    peers(None, folder / "make_networks.py", cases)
    written, stored = (json.loads(path.read_text(encoding="utf-8")) for path in (cases, folder / "networks.json"))
    assert len(written) == 3
    for new, old in zip(written, stored, strict=True):
        assert new["outputs"] == pytest.approx(old.pop("outputs"), abs=1e-6)
        assert {name: new[name] for name in ("name", "shape", "inputs")} == {name: old[name] for name in ("name", "shape", "inputs")}
    for backend in {"go", os.environ.get("GOMLX_BACKEND", "go")}:
        done = subprocess.run(["go", "test", "-count=1", "-run=^(TestNetworksOfOthers|TestKindsOfLayers)$", "./mnistkit/engine/onnx"], cwd=ROOT,
                              capture_output=True, text=True, env={**os.environ, "GOMLX_BACKEND": backend, "ONNX_NETWORKS": str(cases)})
        assert done.returncode == 0, done.stdout + done.stderr


DRAWN = """package main

import (
	"github.com/janpfeifer/must"
	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/layer"
)

var cnn = kit.Run{Name: "netron/cnn", Data: kit.MNIST().Holdout(0.15).Seed(1), Seed: 1, Model: layer.Stack{
	layer.Rescale(1.0 / 255), layer.Conv2D(8, 5).Same().ReLU(), layer.MaxPool(2), layer.Flatten(), layer.Dense(10)}}

func main() { must.M(cnn.At(kit.Initial).Export("cnn.onnx")) }
"""


def test_netron(tmp_path, peers, browser):
    """Netron draws what the kit exported, each operator with the name of its layer."""
    go(tmp_path / "export", DRAWN, MNISTKIT_RUNS=str(tmp_path / "runs"))
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    netron = peers.python.parent / "netron"
    server = subprocess.Popen([peers.python, netron, "--host", "127.0.0.1", "--port", str(port), tmp_path / "export" / "cnn.onnx"])
    page = browser.new_page()
    try:
        wait_until(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0, lambda: "Netron does not answer")
        page.route(lambda url: not url.startswith(address), lambda route: route.abort())  # it counts its users
        page.context.add_cookies([{"name": "consent", "value": "given", "url": address}])
        page.clock.set_fixed_time("2026-11-01")  # half a year after its release it asks for a newer one, and draws nothing
        page.goto(address)
        page.get_by_text("Softmax", exact=True).wait_for()
        operators = page.locator("#canvas .node-item-type")
        assert [operators.nth(i).text_content() for i in range(operators.count())] == [
            "Castinput/Cast_1", "Mulrescaling/Mul_2", "Transposeconv2d/Transpose_3", "Convconv2d/Conv_4", "Reluconv2d/Relu_5",
            "MaxPoolmax_pooling2d/MaxPool_6", "Transposeflatten/Transpose_7", "Flattenflatten/Flatten_8", "Gemmdense/Gemm_9",
            "Softmaxoutput/Softmax_10", "Identityoutput"]
    finally:
        page.close()
        server.terminate()
        server.wait()


KERAS = """
import json, subprocess, sys
import keras, numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file
folder, script = sys.argv[1:]
data = np.load(folder + "/digits.npz")
keras.utils.set_random_seed(1)
keras.layers.Dense(3).build((None, 2))  # so that the session's own count is another
model = keras.Sequential([keras.layers.Input((28, 28, 1)), keras.layers.Rescaling(1 / 255),
    keras.layers.Conv2D(8, 5, padding="same", activation="relu"), keras.layers.MaxPooling2D(), keras.layers.BatchNormalization(momentum=0.9),
    keras.layers.Conv2D(8, 3, strides=2, activation="relu"), keras.layers.Flatten(), keras.layers.Dropout(0.2),
    keras.layers.Dense(32, activation="relu"), keras.layers.Dense(10)])
model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
model.fit(data["x_train"], data["y_train"], epochs=3, verbose=0)
model.save(folder + "/digits.keras")
subprocess.run([sys.executable, script, folder + "/digits.keras", folder + "/digits.safetensors"], check=True)
np.savez(folder + "/digits-weights.npz", *model.get_weights())
print(json.dumps(model.evaluate(data["x_test"], data["y_test"], verbose=0)))
"""

BACK = """
import json, subprocess, sys
import keras, numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file, save_file
folder, script = sys.argv[1:]
with safe_open(folder + "/trained.safetensors", "np") as file:
    assert {file.get_tensor(name).dtype for name in file.keys()} == {np.dtype(np.float32)}
    assert file.metadata()["format"] == "keras" and "conv2d_1/kernel" in file.keys(), file.keys()
odd = load_file(folder + "/trained.safetensors")
odd |= {"more": odd.pop("dense/bias"), "dense/kernel": odd["dense/kernel"].T.copy()}
save_file(odd, folder + "/odd.safetensors")
refused = subprocess.run([sys.executable, script, folder + "/odd.safetensors", folder + "/digits.keras"], capture_output=True, text=True)
assert refused.returncode == 1 and refused.stderr.endswith("differ in dense/bias, dense/kernel, more; use a model with the same layers\\n"), refused
subprocess.run([sys.executable, script, folder + "/trained.safetensors", folder + "/digits.keras"], check=True)
data = np.load(folder + "/digits.npz")
print(json.dumps(keras.saving.load_model(folder + "/digits.keras").evaluate(data["x_test"], data["y_test"], verbose=0)))
"""

DIGITS = """package main

import (
	"encoding/json"
	"os"

	"github.com/janpfeifer/must"
	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/layer"
)

var cnn = kit.Run{Name: "keras/cnn", Data: kit.MNIST().Holdout(0.15).Seed(1), Seed: 1, Model: layer.Stack{
	layer.Rescale(1.0 / 255), layer.Conv2D(8, 5).Same().ReLU(), layer.MaxPool(2), layer.BatchNorm().Momentum(0.9),
	layer.Conv2D(8, 3).Stride(2).ReLU(), layer.Flatten(), layer.Dropout(0.2), layer.Dense(32).ReLU(), layer.Dense(10)}}

func from(name, file string) kit.Run { return cnn.With(name, func(r *kit.Run) { r.Initial = "file:" + file }) }

func main() {
	folder := os.Args[1]
	train, test := must.M1(cnn.Data.Train()), must.M1(cnn.Data.Test())
	if len(os.Args) == 2 {
		must.M(data.WriteNPZ(folder+"/digits.npz", map[string]data.Array{
			"x_train": train.Inputs, "y_train": train.Labels, "x_test": test.Inputs, "y_test": test.Labels}))
		return
	}
	var all [][]float64
	for _, file := range []string{"digits.safetensors", "digits-weights.npz"} {
		s := must.M1(from("keras/"+file, folder+"/"+file).At(kit.Initial).Evaluate(test))
		all = append(all, []float64{s.Loss(), s.Accuracy()})
	}
	must.M1(from("keras/further", folder+"/digits.safetensors").Fit(1))
	further := from("keras/further", folder+"/digits.safetensors")
	s := must.M1(further.Evaluate(test))
	all = append(all, []float64{s.Loss(), s.Accuracy()})
	must.M(further.Export(folder + "/trained.safetensors"))
	must.M(json.NewEncoder(os.Stdout).Encode(all))
}
"""


def test_keras_and_back(tmp_path, peers):
    """A CNN that Keras trained scores the same here, is trained further, and scores the same in Keras again."""
    folder, runs = str(tmp_path), str(tmp_path / "runs")
    go(tmp_path / "first", DIGITS, folder, MNISTKIT_RUNS=runs)
    keras = json.loads(peers(KERAS, folder, SCRIPT))
    said, _ = go(tmp_path / "second", DIGITS, folder, "again", MNISTKIT_RUNS=runs)
    safetensors, numpy, further = json.loads(said.splitlines()[-1])
    assert safetensors == pytest.approx(keras, abs=5e-5) and numpy == pytest.approx(keras, abs=5e-5)
    assert further[0] < keras[0]
    assert json.loads(peers(BACK, folder, SCRIPT)) == pytest.approx(further, abs=5e-5)
