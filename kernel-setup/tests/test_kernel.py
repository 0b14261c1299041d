"""A kernel as a person uses it: a training is stopped, gone on with, cut off by a restart, and shown again."""

import time

import pytest
from jupyter_client.manager import start_new_kernel

from conftest import programs_with, wait_until

IMPORTS = """%noautoget
%env MNISTKIT_DATA bundled
%env MNISTKIT_RUNS {runs}
import (
	"github.com/janpfeifer/must"
	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/layer"
)"""
DECLARE = """var mlp = kit.Run{Name: "kernel/mlp", Data: kit.MNIST().Holdout(0.15).Seed(1), Seed: 1,
	Model: layer.Stack{layer.Rescale(1.0 / 255), layer.Flatten(), layer.Dense(128).ReLU(), layer.Dense(10)}}"""
LONG = "%%\nmust.M1(mlp.Fit(100_000))"


class Kernel:
    def __init__(self, runs):
        self.runs = runs
        self.manager, self.client = start_new_kernel(startup_timeout=180, kernel_name="gonb")

    def prepare(self):
        for code in (IMPORTS.replace("{runs}", str(self.runs)), DECLARE):
            assert self.run(code)[0] == "ok"

    def run(self, code, meanwhile=None, timeout=120):
        """How a cell ended and what it said; `meanwhile` is called once it has begun."""
        said = []
        request = self.client.execute(code)
        if meanwhile:
            meanwhile()
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            message = self.client.get_iopub_msg(timeout=timeout)
            if message["parent_header"].get("msg_id") != request:
                continue
            content = message["content"]
            if message["msg_type"] == "status" and content["execution_state"] == "idle":
                return self.client.get_shell_msg(timeout=timeout)["content"]["status"], "".join(said)
            said.append(content.get("text", "") + str(content.get("data", "")) + "\n".join(content.get("traceback", [])))
        raise AssertionError(f"the cell did not end within {timeout} s: {said}")

    def epochs(self):
        history = self.runs / "kernel" / "mlp" / "history.jsonl"
        return len(history.read_text(encoding="utf-8").splitlines()) if history.exists() else 0

    def begun(self, more=3):
        """Waits until a training has done some epochs."""
        wanted = self.epochs() + more
        wait_until(lambda: self.epochs() >= wanted, lambda: "the training does not go on")

    def alone(self):
        """Waits until nothing works any more."""
        wait_until(lambda: not self.programs(), lambda: f"still there: {self.programs()}", 60)

    def programs(self):
        """What works for this test: programs that begin with its folder of runs in their environment, as
        cells and engines do. The kernel sets it later, for them."""
        return programs_with("MNISTKIT_RUNS", self.runs)

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture
def kernel(tmp_path):
    k = Kernel(tmp_path / "runs")
    try:
        k.prepare()
        yield k
    finally:
        k.close()


def test_stop_restart_and_run_all(kernel):
    # Stop: the cell says so and ends, nothing works on, and the next Fit goes on.
    def stop():
        kernel.begun()
        assert any("mnistkit-engine" in name for name in kernel.programs())
        kernel.manager.interrupt_kernel()
    status, said = kernel.run(LONG, meanwhile=stop)
    assert status == "error" and "stopped by you in epoch" in said, said
    kernel.alone()
    more = kernel.epochs() + 5
    status, said = kernel.run(f"%%\nmust.M1(mlp.Fit({more}))")
    assert status == "ok" and kernel.epochs() == more, said

    # Restart in the middle of a training: nothing works on.
    kernel.client.execute(LONG)
    kernel.begun()
    kernel.manager.restart_kernel(now=True)
    kernel.client.wait_for_ready(timeout=180)
    kernel.alone()

    # Run all again: what was trained is shown and not trained anew.
    kernel.prepare()
    trained = kernel.epochs()
    status, said = kernel.run(f"%%\nmust.M1(mlp.Fit({more}))")
    assert status == "ok" and "kernel/mlp" in said, said
    assert kernel.epochs() == trained


def test_failures_are_told_at_once(kernel):
    """A verb that fails says so by itself, once; must ends the cell, and an expected error is shown calmly."""
    kernel.run('var wrong = mlp.With("kernel/wrong", func(r *kit.Run) { r.Model = layer.Stack{layer.Flatten(), layer.Dense(5)} })')
    for code, status, crosses in (
        ("wrong.Fit(1)", "ok", 1),
        ("must.M1(wrong.Fit(1))", "error", 1),
        ("_, err := wrong.Fit(1)\nkit.Show(err)", "error", 1),
        ("kit.ExpectError(func() { wrong.Fit(1) })", "ok", 0),
    ):
        ended, said = kernel.run("%%\n" + code)
        assert (ended, said.count("✗")) == (status, crosses), (code, said)
        assert "end it with layer.Dense(10)" in said, (code, said)


def test_a_var_that_trains(kernel):
    """Later cells compute a var again, and its Fit: they show one line, which says what to write instead."""
    advice = "Write history := must.M1(mlp.Fit(1)) below %%"
    ended, said = kernel.run("var history = must.M1(mlp.Fit(1))\n%%\nkit.Show(len(history))")
    assert ended == "ok" and "Epochs of kernel/mlp" in said and advice in said, said
    ended, said = kernel.run("%%\nkit.Show(history.Last().Number)")
    assert ended == "ok" and "Epochs of" not in said and "<img" not in said and advice in said, said
