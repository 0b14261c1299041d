"""Event files are what TensorBoard itself reads, and its page shows them."""

import os
import re
import subprocess
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from conftest import OUT, ROOT, ask, free_port, wait_until

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


def test_tensorboard_serves_the_runs_to_its_user_only(events):
    port = free_port()
    command = [os.environ["KERNEL_SETUP"], "tensorboard", f"--port={port}", f"--logdir={events.parents[2]}"]
    board = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        address = next(found[1] for line in board.stdout if (found := re.search(rf"(http://127.0.0.1:{port}/[\w-]{{32}}/) ", line)))
        wait_until(lambda: {"board/mlp/events/train", "board/mlp/events/validation"} <= set(ask(f"{address}data/runs") or []),
                   lambda: "TensorBoard does not list the runs")
        for path in ("", "data/runs"):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=5)
        programs = [psutil.Process(board.pid), *psutil.Process(board.pid).children(recursive=True)]
        listening = [c for c in psutil.net_connections() if c.status == psutil.CONN_LISTEN and c.pid in [p.pid for p in programs]]
        assert [c.laddr for c in listening] == [("127.0.0.1", port)]
        secret = address.split("/")[-2]
        lines = {p.pid: " ".join(p.info["cmdline"] or []) for p in psutil.process_iter(["cmdline"])}  # which everybody can read
        assert "board.py" in lines[board.pid] and not any(secret in line for line in lines.values())
        told = [info for info in Path(tempfile.gettempdir(), ".tensorboard-info").glob("*") if secret in info.read_text()]
        assert all(info.stat().st_mode & 0o077 == 0 for info in told)
        second = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert second.returncode == 1 and f"port {port} is in use" in second.stdout
    finally:
        board.terminate()
        board.wait(20)
