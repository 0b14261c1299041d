"""What nbgrader needs to grade notebooks in Go: settings, the stub of each exercise, and an execution in which a submission
meets neither another one, nor the course, nor the network, and a check counts only if it sealed its own points."""

import contextlib
import hashlib
import hmac
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import nbformat
import psutil
from jupyter_client.manager import AsyncKernelManager
from nbgrader import utils
from nbgrader.preprocessors import ClearSolutions, Execute
from traitlets import Dict, Integer, Unicode

import isolated

SEALED = re.compile(r"^(PASS (\S+)) ([0-9a-f]{64})$", flags=re.M)
COMMAND = re.compile(r"^(?://gonb:)?[%!](?!%\s*$)(?!main\s*$)", flags=re.M)
# With these a submission could read what its check holds in memory, speak for it, or change what Go's own names mean.
REFUSED = re.compile(r"\b(unsafe|syscall|linkname|plugin|WriteHeapDump|grading)\b|golang\.org/x/sys|\"C\"")
PREDECLARED = re.compile(r"^(?:(?:func|var|const|type)\s+|[ \t]+)(append|cap|clear|close|copy|delete|len|make|max|min|new|panic|print|println|recover|"
                         r"true|false|nil|iota|any|bool|byte|error|float32|float64|int|int32|int64|string|uint8|uint64)\b\s*(?:\(|=|[a-z\[]+\s*=)", flags=re.M)


class Stub(ClearSolutions):
    """Puts the stub of each exercise into the place of its solution."""

    def preprocess_cell(self, cell, resources, cell_index):
        stub = cell.metadata.pop("stub", None)
        cell, resources = super().preprocess_cell(cell, resources, cell_index)
        if stub is not None:
            cell.source = stub
        return cell, resources


class Kernel(AsyncKernelManager):
    """A kernel that is kept apart, which listens in a folder instead of at the network's ports."""

    def format_kernel_cmd(self, extra_arguments=None):
        os.chown(self.connection_file, self.job["uid"], self.job["uid"])
        return [*self.begin, sys.executable, isolated.__file__, json.dumps(self.job), *super().format_kernel_cmd(extra_arguments)]


class Graded(Execute):
    """Executes a submission."""

    root = Unicode(help="the checkout or installation of the course").tag(config=True)
    limits = Dict({"memory": 4 << 30, "file": 1 << 30, "seconds": 3600, "processors": 2, "programs": 600},
                  help="bytes of memory and of a file, seconds of processor time, processors, and programs and threads").tag(config=True)
    timeout = Integer(300, allow_none=True, help="seconds that a cell may take").tag(config=True)

    def preprocess(self, nb, resources, km=None):
        self.limit, self.timeout = self.timeout, None  # a cell may not hear an interrupt: what it runs is killed here
        self.place = Path(tempfile.mkdtemp(prefix="g", dir="/tmp"))  # the path of a socket must be short
        try:
            self.place.chmod(0o711)
            for name in ("home", "ipc", "key"):
                (self.place / name).mkdir()
            shutil.copytree(resources["metadata"]["path"], self.place / "home/work", symlinks=True, ignore=shutil.ignore_patterns("*.ipynb"))
            for name in ("tmp", "runs", "cache"):
                (self.place / "home" / name).mkdir()
            go = json.loads(subprocess.run(["go", "env", "-json", "GOROOT", "GOMODCACHE", "GOCACHE"], capture_output=True, check=True).stdout)
            self.begin, self.job, missing = isolated.job(self.place, [self.root, *go.values(), os.environ.get("MNISTKIT_DATA", ""), sys.prefix, sys.base_prefix], self.hidden(),
                                                          {**self.limits, "program": os.path.join(self.root, ".tools/bin/gonb")})
            for lack in missing:
                self.log.warning("This submission is not fully kept apart: %s.", lack)
            for folder, _, files in os.walk(self.place):
                for path in [folder, *(os.path.join(folder, name) for name in files)]:
                    if path != str(self.place):
                        os.lchown(path, self.job["uid"] or -1, self.job["uid"] or -1)
            self.gonb = self.cells = None
            return super().preprocess(nb, resources, km)
        finally:
            self.timeout = self.limit
            shutil.rmtree(self.place, ignore_errors=True)

    def hidden(self):
        """What a submission must not see: the course that is graded, and what other people have made in the checkout."""
        return [os.getcwd(), *(os.path.join(self.root, name) for name in ("notebooks", "work", "runs", "reports", ".git"))]

    def create_kernel_manager(self):
        self.km = Kernel(kernel_name="gonb", config=self.config, transport="ipc", connection_file=str(self.place / "ipc/k.json"))
        self.km.begin, self.km.job = self.begin, self.job
        return self.km

    def start_new_kernel(self, **kwargs):
        super().start_new_kernel(cwd=str(self.place / "home/work"), **kwargs)

    @property
    def keeper(self):
        """The program that keeps the kernel."""
        first = psutil.Process(self.km.provisioner.process.pid)
        return first.children()[0] if self.begin else first

    def clear(self):
        with contextlib.suppress(psutil.Error, IndexError, AttributeError):
            isolated.clear(self.keeper, (os.path.join(self.root, ".tools/bin/gopls"),))

    def folder(self):
        """What in GoNB's folder decides how a cell is built."""
        found = {}
        for path in sorted((self.place / "home/tmp").glob("gonb_*/*")):
            if path.suffix in (".mod", ".sum", ".work", ".go", ".s", ".c", ".syso", ".a") or path.is_symlink():
                found[path.name] = "" if path.is_symlink() or path.name in ("main.go", "main_test.go") else path.read_bytes()
        return found

    def preprocess_cell(self, cell, resources, index):
        if cell.cell_type != "code" or not cell.source.strip():
            return cell, resources
        if not utils.is_locked(cell) and (wrong := refused(cell.source)):
            cell.outputs = [failed(wrong)]
            return cell, resources
        if self.gonb is None and not utils.is_locked(cell):
            self.gonb = self.folder()
        key = self.key(cell) if utils.is_grade(cell) else None
        ended = threading.Event()
        timer = threading.Timer(self.limit, lambda: (ended.set(), self.clear()))
        timer.start()
        try:
            cell, resources = super().preprocess_cell(cell, resources, index)
        finally:
            timer.cancel()
        if ended.is_set():
            cell.outputs.append(failed(f"the cell was ended after {self.limit} seconds"))
        if utils.is_grade(cell):
            cell.outputs = counted(cell.outputs, key, cell.metadata.nbgrader.points)
        return cell, resources

    def key(self, cell):
        """Lays down a new key for a check; None where the submission has changed how cells are built."""
        self.clear()
        if self.gonb is not None and {**self.folder(), "main.go": "", "main_test.go": ""} != {**self.gonb, "main.go": "", "main_test.go": ""}:
            return None
        shutil.rmtree(self.place / "home/cache/go-build", ignore_errors=True)  # else it could hold another package grading
        key, folder = secrets.token_bytes(32), self.place / "key"
        shutil.rmtree(folder)
        folder.mkdir(0o700)
        (folder / "key").write_bytes(key)
        for path in (folder / "key", folder):
            os.lchown(path, self.job["uid"] or -1, self.job["uid"] or -1)
        return key


def refused(source):
    """Why a cell of a submission is not run, if so. Go reads escapes in the paths of imports."""
    plain = re.sub(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3}))",
                   lambda found: chr(int(found[1] or found[2] or found[3] or found[4], 8 if found[4] else 16) % 0x110000), source)
    if COMMAND.search(source):
        return "a cell that is graded may have no commands but %%, and this one is not run"
    if found := REFUSED.search(plain):
        return f"a cell that is graded may not use {found[0]}, and this one is not run"
    if found := PREDECLARED.search(source):
        return f"{found[1]} is a name of Go itself; give yours another one. This cell is not run"
    return ""


def failed(sentence):
    return nbformat.v4.new_output("error", ename="Not graded", evalue=sentence, traceback=[sentence])


def counted(outputs, key, most):
    """The outputs of a check with the points that it has sealed, for nbgrader, which takes what stands first."""
    said = "".join(output.text for output in outputs if output.output_type == "stream" and output.name == "stdout")
    points = [float(points) for line, points, seal in SEALED.findall(said)
              if key and hmac.compare_digest(hmac.new(key, line.encode(), hashlib.sha256).hexdigest(), seal)]
    for output in outputs:
        if output.output_type == "stream":
            output.name, output.text = "stdout", SEALED.sub("", output.text).replace("\n\n", "\n")  # notes on stderr cost nothing
    if not points:
        return [failed("the check gave no points: it did not run to its first line"), *outputs]
    result = nbformat.v4.new_output("execute_result", {"text/plain": f"{min(points[-1], most):g}"}, execution_count=None)
    return [result, *outputs]


def configure(c, root):
    """The settings of a course in Go."""
    c.CourseDirectory.course_id = "gonblabs"
    c.Exchange.root = os.path.join(os.getcwd(), "exchange")
    c.ClearSolutions.code_stub = {"go": "// Your code."}
    c.ClearSolutions.text_stub = "*Write your findings here.*"
    c.ClearSolutions.begin_solution_delimeter, c.ClearSolutions.end_solution_delimeter = "// BEGIN SOLUTION", "// END SOLUTION"
    c.ClearHiddenTests.begin_test_delimeter, c.ClearHiddenTests.end_test_delimeter = "// BEGIN HIDDEN TESTS", "// END HIDDEN TESTS"
    c.Graded.root = root
    os.environ["PATH"] = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]  # nbgrader calls alembic by its name
    os.environ["JUPYTER_PATH"] = os.path.join(root, ".venv", "share", "jupyter")
    from nbgrader.converters import Autograde, GenerateAssignment
    c.Autograde.autograde_preprocessors = [Graded if one is Execute else one for one in Autograde.autograde_preprocessors.default()]
    c.GenerateAssignment.preprocessors = [Stub if one is ClearSolutions else one for one in GenerateAssignment.preprocessors.default()]
