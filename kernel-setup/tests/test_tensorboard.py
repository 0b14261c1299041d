"""Event files are what TensorBoard itself reads, and its page shows them."""

import os
import socket
import subprocess
import urllib.request

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from conftest import OUT, ROOT, wait_until

PROGRAM = '''package main

import (
	"github.com/janpfeifer/must"
	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/layer"
)

func main() {
	r := kit.Run{Name: "board/mlp", Data: kit.MNIST().Holdout(0.2), Seed: 1,
		Model: layer.Stack{layer.Rescale(1.0 / 255), layer.Flatten(), layer.Dense(16).ReLU(), layer.Dense(10)}}
	board := kit.TensorBoard{Histograms: 2}
	test := kit.EvaluateOn{Name: "test", Set: r.Data.Test}
	must.M1(r.Fit(2, test))        // without events: they are made up for
	must.M1(r.Fit(4, test, board)) // gone on with
	must.M1(r.Fit(4, test, board)) // replayed: nothing is written twice
}
'''


@pytest.fixture(scope="module")
def events():
    folder = OUT / "board"
    (folder / "cmd").mkdir(parents=True, exist_ok=True)
    (folder / "cmd" / "main.go").write_text(PROGRAM)
    env = {**os.environ, "MNISTKIT_DATA": "bundled", "MNISTKIT_RUNS": str(folder / "runs")}
    subprocess.run(["go", "run", str(folder / "cmd" / "main.go")], cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
    return folder / "runs" / "board" / "mlp" / "events"


def read(folder):
    accumulator = EventAccumulator(str(folder), size_guidance={"tensors": 0, "scalars": 0, "histograms": 0})
    accumulator.Reload()
    return accumulator


@pytest.mark.parametrize("part", ["train", "validation", "test"])
def test_scalars_of_every_epoch(events, part):
    found = read(events / part)
    for tag in ("epoch_loss", "epoch_accuracy"):
        assert [event.step for event in found.Scalars(tag)] == [1, 2, 3, 4]
    losses = [event.value for event in found.Scalars("epoch_loss")]
    assert losses[3] < losses[0]


def test_learning_rate_histograms_and_model(events):
    found = read(events / "train")
    assert [event.value for event in found.Scalars("epoch_learning_rate")] == pytest.approx([0.001] * 4)
    weights = found.Histograms("dense/kernel")
    assert [event.step for event in weights] == [4]
    values = weights[0].histogram_value
    assert values.num == 784 * 16 == sum(values.bucket)
    assert values.min < 0 < values.max == pytest.approx(values.bucket_limit[-1])
    text = found.Tensors("model")[0].tensor_proto.string_val[0].decode()
    assert "12,730" in text and '"batch_size": 32' in text


def test_tensorboard_serves_the_runs(events):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    board = subprocess.Popen(
        [os.environ["KERNEL_SETUP"], "tensorboard", f"--port={port}", f"--logdir={events.parents[2]}"],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    try:
        names = ""

        def listed():
            nonlocal names
            try:
                names = urllib.request.urlopen(f"http://127.0.0.1:{port}/data/runs", timeout=5).read().decode()
            except OSError:
                pass
            return "board/mlp/events/train" in names and "board/mlp/events/validation" in names
        wait_until(listed, lambda: f"TensorBoard lists {names or 'nothing'}")
        second = subprocess.run([os.environ["KERNEL_SETUP"], "tensorboard", f"--port={port}", f"--logdir={events.parents[2]}"],
                                cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert second.returncode == 1 and f"port {port} is in use" in second.stdout
    finally:
        board.terminate()
        board.wait(20)
