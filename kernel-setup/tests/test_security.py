"""Known vulnerabilities in what the labs are built from. Run it with: go run ./kernel-setup test security

Where a database cannot be asked, the suite fails with "NOT RUN", the reason and the date: not knowing is no pass."""

import json
import os
import subprocess
import sys
import urllib.request
from datetime import date

import pytest

from conftest import ROOT

pytestmark = pytest.mark.security

GOVULNCHECK = "golang.org/x/vuln/cmd/govulncheck@v1.9.0"
SETUP = ROOT / "kernel-setup"
AUDITED = ["requirements.txt", "requirements-tensorboard.txt", "requirements-test.txt", "requirements-audit.txt", "requirements-cuda.txt"]


def not_run(why):
    pytest.fail(f"NOT RUN on {date.today():%d %B %Y}: {why}", pytrace=False)


def knows(address, of, key):
    """A database is there when it knows a vulnerability that everybody knows."""
    found, problem = None, f"tells nothing of {of}, which is known to be vulnerable"
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:
            found = json.load(answer).get(key)
    except (OSError, ValueError) as error:
        problem = f"does not answer ({error})"
    if not found:
        not_run(f"{address} {problem}")


def run(*command, env=None):
    done = subprocess.run([str(word) for word in command], cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout


def test_go(tmp_path):
    knows("https://vuln.go.dev/ID/GO-2021-0113.json", "golang.org/x/text v0.3.6", "affected")
    code, said = run("go", "install", GOVULNCHECK, env={**os.environ, "GOBIN": str(tmp_path)})
    if code != 0:
        not_run(f"govulncheck cannot be had: {said}")
    code, said = run(tmp_path / "govulncheck", "./...")
    assert code == 0, said


def test_python(tmp_path):
    knows("https://pypi.org/pypi/jinja2/2.4.1/json", "jinja2 2.4.1", "vulnerabilities")
    run(sys.executable, "-m", "venv", tmp_path)
    python = tmp_path / "bin" / "python"
    code, said = run(python, "-m", "pip", "install", "--require-hashes", "--only-binary=:all:", "-r", SETUP / "requirements-audit.txt")
    if code != 0:
        not_run(f"pip-audit cannot be had: {said}")
    lists = [word for name in AUDITED for word in ("-r", SETUP / name)]
    code, said = run(python, "-m", "pip_audit", "--disable-pip", "--require-hashes", "--strict", "--progress-spinner=off", *lists)
    assert code == 0, said
