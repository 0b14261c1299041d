"""What the tests of the notebooks share. Run them with: go run ./kernel-setup test"""

import hashlib
import os
import shutil
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "reports" / "test"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

# How Chromium starts.
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"]

# A proxy that does not exist: whoever asks for the network fails, and the test with it.
OFFLINE = {name: "http://127.0.0.1:9" for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")}
OFFLINE |= {"no_proxy": "127.0.0.1,localhost", "NO_PROXY": "127.0.0.1,localhost", "GOPROXY": "off"}


def kernel_setup(*arguments, **environment):
    """Runs the command under test and returns its exit code and what it printed."""
    done = subprocess.run(
        [os.environ["KERNEL_SETUP"], *map(str, arguments)],
        cwd=ROOT, env={**os.environ, **environment},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )
    return SimpleNamespace(code=done.returncode, said=done.stdout)


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
