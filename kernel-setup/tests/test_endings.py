"""Nothing lives on when the program that started it has ended, however it ended; and what belongs to one server is its own."""

import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import psutil
import pytest
from jupyter_client.kernelspec import KernelSpecManager

from conftest import ROOT, ask, serving, wait_until
from test_kernel import Kernel

# A client of the kernel that trains for ever, and says so when the training has begun.
CLIENT = """
import pathlib, sys, time
sys.path.insert(0, {tests!r})
from test_kernel import Kernel, LONG
k = Kernel(pathlib.Path({runs!r}))
k.prepare()
k.client.execute(LONG)
k.begun()
print("trains", flush=True)
time.sleep(1000)
"""


def family(pid):
    """A program and all that it has started, also in sessions of their own."""
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def names(processes):
    found = []
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):  # it may end while it is asked
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.name())
    return found


def wait_for_end(processes, seconds=30):
    wait_until(lambda: not names(processes), lambda: f"still there: {names(processes)}", seconds)


def test_kernel_cell_and_engine_end_with_their_client(tmp_path):
    code = CLIENT.format(tests=str(ROOT / "kernel-setup" / "tests"), runs=str(tmp_path / "runs"))
    client = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert client.stdout.readline() == "trains\n"
    left = family(client.pid)
    assert any("gonb" in name for name in names(left)) and any("mnistkit-engine" in name for name in names(left)), names(left)
    client.kill()
    client.wait()
    wait_for_end(left)


def test_a_kernel_ends_whose_starter_was_gone_before_it_looked(tmp_path):
    spec = KernelSpecManager().get_kernel_spec("gonb")
    ports = dict.fromkeys(("shell_port", "iopub_port", "stdin_port", "control_port", "hb_port"), 0)
    file = tmp_path / "connection.json"
    file.write_text(json.dumps({"ip": "127.0.0.1", "key": "key", "transport": "tcp", "signature_scheme": "hmac-sha256", **ports}))
    gone = subprocess.Popen(["true"])
    gone.wait()
    kernel = subprocess.Popen([word.replace("{connection_file}", str(file)) for word in spec.argv], stderr=subprocess.DEVNULL,
                              env={**os.environ, "JPY_PARENT_PID": str(gone.pid)})
    try:
        kernel.wait(30)
    finally:
        kernel.kill()


def start_kernel(lab):
    """Starts a kernel and returns its process."""
    started = ask(f"{lab.address}/api/kernels?token={lab.token}", data=b'{"name": "gonb"}', method="POST")
    assert started, "no kernel starts"
    kernels = []

    def there():
        kernels[:] = [p for p in psutil.Process(lab.server.pid).children(recursive=True) if names([p]) == ["gonb"]]
        return bool(kernels)
    wait_until(there, lambda: "there is no gonb")
    return kernels[0]


def test_two_servers_have_their_own_runs_and_let_nobody_in(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second $HOME"
    runtime = tmp_path / "jupyter" / "runtime"
    runtime.mkdir(parents=True)
    for name, age in (("kernel-old.json", 0), ("kernel-new.json", time.time())):  # of a server that was killed
        (runtime / name).write_text('{"shell_port": 1}')
        os.utime(runtime / name, (age, age))
    (runtime / "kernel-damaged.json").write_text('{"shell_port": 70000}')
    with serving(tmp_path, first, tmp_path / "first.log") as one, serving(tmp_path, second, tmp_path / "second.log") as two:
        assert not (runtime / "kernel-old.json").exists() and (runtime / "kernel-new.json").exists()
        for lab, runs in ((one, first), (two, second)):
            assert start_kernel(lab).environ()["MNISTKIT_RUNS"] == str(runs)
            with pytest.raises(urllib.error.HTTPError, match="403"):
                urllib.request.urlopen(f"{lab.address}/api/contents")
            ours = {process.pid for process in family(lab.server.pid)}
            listening = {c.laddr.ip for c in psutil.net_connections() if c.status == psutil.CONN_LISTEN and c.pid in ours}
            assert listening and listening <= {"127.0.0.1", "::1"}, listening
            assert lab.token not in " ".join(psutil.Process(lab.server.pid).cmdline())  # which everybody on the machine can read


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGHUP])
def test_kernels_and_a_set_up_end_with_their_server(tmp_path, monkeypatch, how):
    meanwhile = tmp_path / "meanwhile"  # in the place of a set-up that takes long
    meanwhile.write_text("#!/bin/sh\nexec sleep 1000\n")
    meanwhile.chmod(0o755)
    monkeypatch.setenv("KERNEL_SETUP_MEANWHILE", str(meanwhile))
    with serving(tmp_path, tmp_path / "runs", tmp_path / "log") as lab:
        start_kernel(lab)
        left = family(lab.server.pid)
        assert "sleep" in names(left), names(left)
        os.kill(lab.server.pid, how)
        lab.server.wait(30)
        wait_for_end(left, 90)  # gopls waits half a minute for another client


def close(terminal, pid):
    os.close(terminal)


def kill(terminal, pid):
    os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("how", [close, kill])
def test_a_report_ends_with_its_terminal_and_when_it_is_killed(tmp_path, how):
    """As it happens: the program runs at a terminal, and the terminal's window is closed."""
    before = set((ROOT / ".tools").glob("report-*"))
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        os.execv(os.environ["KERNEL_SETUP"], ["kernel-setup", "report", "00", "--original", "--quick", "--out", str(tmp_path / "out")])
    said = b""
    while b"cell" not in said:
        said += os.read(terminal, 1000)
    left = family(pid)
    assert any("gonb" in name for name in names(left)), names(left)
    how(terminal, pid)
    os.waitpid(pid, 0)
    wait_for_end(left, 60)
    remaining = set((ROOT / ".tools").glob("report-*")) - before
    assert len(remaining) == (how is kill)
    for folder in remaining:  # the next report clears it, an hour later
        os.utime(folder / ".held", (0, 0))


def test_a_kernel_clears_what_killed_ones_left(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    def folders():
        return {folder for folder in tmp_path.glob("gonb_*") if folder.is_dir()}
    kernel = Kernel(tmp_path / "runs")
    try:
        (left,) = folders()
        wait_until((left / ".held").exists, lambda: "the kernel does not hold its folder")
        os.kill(kernel.manager.provisioner.pid, signal.SIGKILL)
    finally:
        kernel.close()
    os.utime(left / ".held", (0, 0))
    kernel = Kernel(tmp_path / "runs")
    try:
        wait_until(lambda: left not in folders() and len(folders()) == 1, lambda: f"there are {folders()}", 30)
    finally:
        kernel.close()
