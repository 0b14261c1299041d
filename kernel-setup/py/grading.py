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
from nbclient.exceptions import DeadKernelError
from nbgrader import utils
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.preprocessors import ClearSolutions, DeduplicateIds, Execute, OverwriteCells
from traitlets import Dict, Integer, Unicode

import isolated

SEALED = re.compile(r"^(PASS (\S+)) ([0-9a-f]{64})$", flags=re.M)
COMMAND = re.compile(r"^(?://gonb:)?[%!](?!%\s*$)(?!main\s*$)", flags=re.M)
# With these a submission could read what its check holds in memory, speak for it, or change what Go's own names mean.
REFUSED = re.compile(r"\b(unsafe|syscall|linkname|plugin|WriteHeapDump|grading|reflect)\b|Unsafe(?:Pointer|Addr)|golang\.org/x/sys|[\"`]C[\"`]")
PREDECLARED = set("""any append bool byte cap clear close comparable complex complex128 complex64 copy delete error false float32 float64
    imag int int16 int32 int64 int8 iota len make max min new nil panic print println real recover rune string true uint uint16 uint32
    uint64 uint8 uintptr""".split())

# Bytes of memory and of a file, seconds of processor time, processors, and programs and threads.
LIMITS = {"memory": 4 << 30, "file": 1 << 30, "seconds": 3600, "processors": 2, "programs": 600}


class Stub(ClearSolutions):
    """Puts the stub of each exercise into the place of its solution."""

    def preprocess_cell(self, cell, resources, cell_index):
        stub = cell.metadata.pop("stub", None)
        cell, resources = super().preprocess_cell(cell, resources, cell_index)
        if stub is not None:
            cell.source = stub
        return cell, resources


class Once(DeduplicateIds):
    """Takes a cell that was copied for one of the student's. nbgrader by itself ends with it, and grades nobody after it."""

    def preprocess_cell(self, cell, resources, cell_index):
        if not cell.metadata.get("nbgrader", {}).get("grade_id"):
            cell.metadata.pop("nbgrader", None)
        cell, resources = super().preprocess_cell(cell, resources, cell_index)
        if not cell.metadata.get("nbgrader"):
            cell.metadata.pop("nbgrader", None)
        return cell, resources


class Known(OverwriteCells):
    """Takes a cell that the assignment does not have for one of the student's, whatever it says of itself."""

    def preprocess_cell(self, cell, resources, cell_index):
        cell, resources = super().preprocess_cell(cell, resources, cell_index)
        if "grade_id" not in cell.metadata.get("nbgrader", {}):
            cell.metadata.pop("nbgrader", None)
        return cell, resources


class Kernel(AsyncKernelManager):
    """A kernel that is kept apart, which listens in a folder instead of at the network's ports."""

    def format_kernel_cmd(self, extra_arguments=None):
        os.chown(self.connection_file, self.job["uid"], self.job["uid"])
        return [*self.begin, sys.executable, isolated.__file__, json.dumps(self.job), *super().format_kernel_cmd(extra_arguments)]


class Graded(Execute):
    """Executes a submission."""

    root = Unicode(help="the checkout or installation of the course").tag(config=True)
    limits = Dict(help="what of LIMITS is another one here").tag(config=True)
    timeout = Integer(300, allow_none=True, help="seconds that a cell may take").tag(config=True)

    def preprocess(self, nb, resources, km=None):
        self.limit = self.timeout
        self.place = Path(tempfile.mkdtemp(prefix="gngr-", dir="/tmp"))  # the path of a socket must be short
        try:
            self.place.chmod(0o711)
            for name in ("home", "ipc", "key"):
                (self.place / name).mkdir()
            shutil.copytree(resources["metadata"]["path"], self.place / "home/work", symlinks=True, ignore=shutil.ignore_patterns("*.ipynb"))
            for name in ("tmp", "runs", "cache"):
                (self.place / "home" / name).mkdir()
            go = json.loads(subprocess.run(["go", "env", "-json", "GOROOT", "GOMODCACHE", "GOCACHE"], capture_output=True, check=True).stdout)
            self.begin, self.job, missing = isolated.job(self.place, [self.root, *go.values(), os.environ.get("MNISTKIT_DATA", ""), sys.prefix, sys.base_prefix], self.hidden(),
                                                          {**LIMITS, **self.limits, "program": os.path.join(self.root, ".tools/bin/gonb")})
            for lack in missing:
                self.log.warning("This submission is not fully kept apart: %s.", lack)
            for folder, _, files in os.walk(self.place):
                for path in [folder, *(os.path.join(folder, name) for name in files)]:
                    if path != str(self.place):
                        os.lchown(path, self.job["uid"], self.job["uid"])
            self.gonb = None
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
        self.timeout = None  # of nbclient, which asks a cell to end; it may not hear that, so what it runs is killed here
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
        if not utils.is_locked(cell):
            if wrong := refused(cell.source):
                cell.outputs = [failed(wrong)]
                return cell, resources
            self.gonb = self.gonb or self.folder()
        try:
            key = None
            if utils.is_grade(cell):
                if wrong := self.changed(index):
                    cell.outputs = [failed(wrong)]
                    return cell, resources
                key = self.key()
            self.run(cell, resources, index)
        except DeadKernelError:
            cell.outputs.append(failed("the kernel has ended; nothing after that counts"))
        finally:
            self.nb.cells[index] = cell
        if utils.is_grade(cell):
            cell.outputs = counted(cell.outputs, key, cell.metadata.nbgrader.points)
        return cell, resources

    def run(self, cell, resources, index):
        """Executes a cell, and ends what it runs when its time is over."""
        ended = threading.Event()
        timer = threading.Timer(self.limit, lambda: (ended.set(), self.clear()))
        timer.start()
        try:
            super().preprocess_cell(cell, resources, index)
        finally:
            timer.cancel()
        if ended.is_set():
            cell.outputs.append(failed(f"the cell was ended after {self.limit} seconds"))

    def changed(self, index):
        """Why what stands before a check leaves it without a meaning, if so. GoNB itself lists what is declared."""
        self.clear()
        listed = nbformat.v4.new_code_cell("%ls")
        self.execute_cell(listed, index)
        if names := PREDECLARED & set(re.findall(r"<li><pre>(\w+)</pre>", str(listed.outputs))):
            return f"{min(names)} is a name of Go itself, and was declared anew; this check does not run"
        if self.gonb is not None and {**self.folder(), "main.go": "", "main_test.go": ""} != {**self.gonb, "main.go": "", "main_test.go": ""}:
            return "how cells are built was changed; this check does not run"
        return ""

    def key(self):
        """Lays down a new key for a check."""
        shutil.rmtree(self.place / "home/cache/go-build", ignore_errors=True)  # else it could hold another package grading
        key, folder = secrets.token_bytes(32), self.place / "key"
        shutil.rmtree(folder)
        folder.mkdir(0o700)
        (folder / "key").write_bytes(key)
        for path in (folder / "key", folder):
            os.lchown(path, self.job["uid"], self.job["uid"])
        return key


def refused(source):
    """Why a cell of a submission is not run, if so. Go reads escapes in the paths of imports."""
    plain = re.sub(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3}))",
                   lambda found: chr(int(found[1] or found[2] or found[3] or found[4], 8 if found[4] else 16) % 0x110000), source)
    if COMMAND.search(source):
        return "a cell that is graded may have no commands but %%, and this one is not run"
    if found := REFUSED.search(plain):
        return f"a cell that is graded may not use {found[0]}, and this one is not run"
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
    ours = {ClearSolutions: Stub, DeduplicateIds: Once, OverwriteCells: Known, Execute: Graded}
    for settings, trait in ((c.GenerateAssignment, GenerateAssignment.preprocessors), (c.Autograde, Autograde.sanitize_preprocessors),
                            (c.Autograde, Autograde.autograde_preprocessors)):
        settings[trait.name] = [ours.get(one, one) for one in trait.default()]
