"""What the tests of the notebooks share. Run them with: go run ./kernel-setup test"""

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import nbformat
import psutil
import pytest
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "reports" / "test"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

sys.path.insert(0, str(ROOT / "kernel-setup" / "py"))

# How Chromium starts.
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"]

# A proxy that does not exist: whoever asks for the network fails, and the test with it.
OFFLINE = {name: "http://127.0.0.1:9" for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")}
OFFLINE |= {"no_proxy": "127.0.0.1,localhost", "NO_PROXY": "127.0.0.1,localhost", "GOPROXY": "off"}


signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that what a test has started ends with it


def chromium():
    """The browser that kernel-setup has found, or one that is installed now; "" where none can be had."""
    if os.environ["CHROMIUM"]:
        return os.environ["CHROMIUM"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    if shutil.which("apt-get") and os.geteuid() == 0:
        for arguments in (["update", "-q"], ["install", "-q", "-y", "--no-install-recommends", "chromium"]):
            subprocess.run(["apt-get", *arguments], env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, **quiet)
        return shutil.which("chromium") or ""
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], **quiet)
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else ""


if "CHROMIUM" in os.environ:  # set by kernel-setup
    os.environ["CHROMIUM"] = chromium()
    if not os.environ["CHROMIUM"] and os.environ.get("CI"):
        pytest.exit("there is no Chromium and none can be installed; install one, or set CHROMIUM to its path", 1)


def kernel_setup(*arguments, folder=ROOT, **environment):
    """Runs the command under test and returns its exit code and what it printed."""
    done = subprocess.run(
        [os.environ["KERNEL_SETUP"], *map(str, arguments)],
        cwd=folder, env={**os.environ, **environment},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )
    return SimpleNamespace(code=done.returncode, said=done.stdout)


def write(path, *sources, text="# A trial"):
    """A notebook with a cell of text, or several, and cells of code."""
    texts = [nbformat.v4.new_markdown_cell(words) for words in ([text] if isinstance(text, str) else text)]
    kernel = {"name": "gonb", "display_name": "Go (gonb)", "language": "go"}
    cells = [*texts, *map(nbformat.v4.new_code_cell, sources)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    return path


COURSE = {"root": str(ROOT), "work": str(ROOT / "work"), "origin": ""}


def export(folder, chromium="", text="# Mine", said="", preexec_fn=None, **report):
    """Makes the page of a notebook, as report does once it is executed; returns what export.py says, and the page."""
    executed = folder / "executed.ipynb"
    code = nbformat.v4.new_code_cell("for {}", outputs=[nbformat.v4.new_output("stream", text=said)])
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text), code]), executed)
    report = {"name": "mine", "folder": str(folder), "executed": str(executed), "seconds": 1, "cells": 1, "data": "", "failed": 0,
              "message": "", "problems": []} | report
    job = {"out": str(folder), "no_input": False, "pdf": bool(chromium), "chromium": chromium, "course": COURSE,
           "facts": {"date": "today"}, "report": report}
    done = subprocess.run([sys.executable, ROOT / "kernel-setup/py/export.py"], input=json.dumps(job).encode(), check=True,
                          stdout=subprocess.PIPE, preexec_fn=preexec_fn)
    page = folder / f"{report['name']}.html"
    return [json.loads(line)["message"] for line in done.stdout.splitlines()], page.read_text(encoding="utf-8") if page.exists() else ""


def programs_with(variable, value):
    """Names of the programs that began with this in their environment."""
    found = []
    for process in psutil.process_iter(["name"]):
        try:
            if process.environ().get(variable) == str(value) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.info["name"])
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            pass
    return found


def wait_until(condition, complaint, seconds=120):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, complaint()
        time.sleep(0.2)


def digests(folder, *patterns):
    """The files of a folder that match, with what they hold."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for pattern in patterns for path in sorted(folder.rglob(pattern)) if path.is_file()
    }


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def ask(address, **options):
    """What a server answers, None while it does not."""
    try:
        with urllib.request.urlopen(urllib.request.Request(address, **options), timeout=15) as answer:
            return json.load(answer)
    except OSError:
        return None


@contextlib.contextmanager
def serving(folder, runs, log, root=ROOT):
    """JupyterLab as `lab` starts it, with copies and settings of its own."""
    port, token = free_port(), secrets.token_hex(16)
    environment = {**os.environ, "JUPYTER_TOKEN": token, "KERNEL_SETUP_JUPYTER": str(folder / "jupyter"),
                   "KERNEL_SETUP_WORK": str(folder / "work"), "MNISTKIT_RUNS": str(runs)}
    with open(log, "w", encoding="utf-8") as file:
        server = subprocess.Popen(
            [os.environ["KERNEL_SETUP"], "lab", "--no-browser", "--port", str(port)],
            cwd=root, env=environment, stdout=file, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def answers():
        assert server.poll() is None, log.read_text(encoding="utf-8")
        return ask(f"{address}/api/status?token={token}") is not None
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until(answers, lambda: "JupyterLab does not answer", 90)
        yield SimpleNamespace(address=address, token=token, server=server, notebooks=folder / "work" / "notebooks")
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)


@pytest.fixture(scope="session")
def runs():
    """An empty folder for trained models, the same for all tests of a session."""
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    return OUT / "runs"


@pytest.fixture(scope="session")
def reported(runs):
    """Every notebook executed and exported twice, on the bundled samples, without a network."""
    before = digests(ROOT / "notebooks", "*.ipynb")
    first = kernel_setup("report", "--original", "--out", OUT, MNISTKIT_RUNS=str(runs), **OFFLINE)
    trained = digests(runs, "history.jsonl", "last/*", "best/*")
    second = kernel_setup("report", "--original", "--out", OUT, MNISTKIT_RUNS=str(runs), **OFFLINE)
    return SimpleNamespace(
        first=first, second=second, trained=trained,
        replayed=digests(runs, "history.jsonl", "last/*", "best/*"),
        notebooks_before=before, notebooks_after=digests(ROOT / "notebooks", "*.ipynb"),
    )


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=os.environ["CHROMIUM"], args=FLAGS)
        yield chromium
        chromium.close()
