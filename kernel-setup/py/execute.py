"""Executes one notebook in a fresh kernel and tells what happens as JSON, one object a line.

    python execute.py NOTEBOOK EXECUTED [--timeout SECONDS] [--save true] [--quick true] [--wait]

EXECUTED receives the notebook with its outputs; --save writes them back into NOTEBOOK as well, when
every cell ran; --quick leaves out self-checks; --wait starts the kernel, and the first cell when a line comes on standard input. The exit code is 1 when a cell failed.
"""

import argparse
import asyncio
import contextlib
import json
import os
import platform
import re
import shutil
import signal
import sys
import time
from pathlib import Path

import nbformat
import psutil
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from counted import PLAYGROUND, SKIPPED, code_cells
from metadata import KERNEL, LANGUAGE
from reading import Damaged, read

# The number of Linux' system call read.
READ = {"x86_64": "0", "aarch64": "63"}.get(platform.machine())


LARGEST_OUTPUT = 20_000_000  # characters of one cell
ASKS = ("the cell waits for an answer, and a report has nobody who gives one; write the answer into the cell, "
        "or give the cell the tag skip-execution")
PRINTS = f"the cell has printed more than {LARGEST_OUTPUT // 10**6} MB; end its loop, or print less"


class Ended(Exception):
    """Why a cell was ended here."""


def tell(event, **facts):
    print(json.dumps({"event": event, **facts}), flush=True)


def plain(text):
    """Text without terminal colours, HTML tags and blank lines."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    text = re.sub(r"<(style|script)\b.*?</\1>", "", text, flags=re.S)
    text = re.sub(r"<[^<>]+>", "", text)
    for entity, sign in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#34;", '"'), ("&#39;", "'"), ("&amp;", "&")):
        text = text.replace(entity, sign)
    return "\n".join(line.rstrip() for line in text.splitlines() if line.strip())


def cut(text, largest=4000):
    """A text for a person, of which the middle is left out where it is too long."""
    return text if len(text) <= largest else f"{text[:largest * 3 // 4]} … {text[-largest // 4:]}"


def message_of(error, cell):
    """What went wrong, in the words that a reader of the notebook sees."""
    if isinstance(error, CellTimeoutError):
        return "the cell took longer than --timeout allows"
    if isinstance(error, DeadKernelError):
        return "the kernel has died; if the machine ran out of memory, use smaller batches, or run one notebook at a time (--jobs 1)"
    if isinstance(error, Ended):
        return str(error)
    said = []
    for output in cell.get("outputs", []):
        if output.output_type == "stream" and (output.name == "stderr" or cell.source.startswith("%test")):
            said.append(output.text)
        elif output.output_type == "error":
            said.extend(output.get("traceback") or [output.evalue])
    lines = plain(cut("\n".join(said), 100_000)).splitlines()
    telling = [line for line in lines if not re.fullmatch(r"(exit status|# gonb_|The cell stopped).*|FAIL|=== .*|\s*--- (PASS|SKIP): .*", line)]
    return "\n".join(telling) or plain(getattr(error, "evalue", "")) or str(error)


def leave_out_checks(notebook):
    """Self-checks are about models that were trained in full."""
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.source.startswith("%test"):
            cell.metadata["tags"] = [*cell.metadata.get("tags", []), SKIPPED]


def leave_out_models(notebook):
    """Of a playground a saved notebook keeps the note; its model is for the page."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(PLAYGROUND, None)


def waiting(kernel):
    """The programs that read a cell's standard input and find nothing, with the time that they have computed.

    The engine reads its standard input too, but that is a pipe of the cell's own program.
    """
    found, theirs = {}, set()
    for process in psutil.Process(kernel).children(recursive=True):
        try:
            given = os.readlink(f"/proc/{process.pid}/fd/0")
            if process.ppid() == kernel:
                theirs.add(given)
            calls = [path.read_text().split() for path in Path(f"/proc/{process.pid}/task").glob("*/syscall")]
            if given in theirs and any(call[:2] == [READ, "0x0"] for call in calls) and not process.children():
                found[process.pid] = process.cpu_times()[:2]
        except (OSError, psutil.Error):  # it has ended, or the system does not tell
            pass
    return found


def size(output):
    """About how much memory an output takes."""
    return 1000 + len(output.get("text", "")) + sum(len(str(shown)) for shown in output.get("data", {}).values())


class Watcher:
    """Counts and times the code cells, remembers the one at work, holds the first until it is its turn, and ends one
    that asks, or prints without end."""

    def __init__(self, notebook, wait):
        self.waiting = wait
        self.number = {index: n for n, index in enumerate(code_cells(notebook), start=1)}
        self.cell = None
        self.index = None
        self.reason = ""  # why the cell is ended

    async def begin(self, notebook):
        self.kernel = self.client.km.provisioner.pid
        self.listener = asyncio.create_task(self.listen())

    async def finish(self, notebook):
        self.listener.cancel()
        await asyncio.gather(self.listener, return_exceptions=True)
        with contextlib.suppress(OSError, AttributeError):  # nothing is left, or this is Windows
            os.killpg(self.kernel, signal.SIGTERM)  # a cell outlives a kernel that dies

    async def listen(self):
        """Interrupts a cell that has to be ended: what asks through Jupyter is seen on every system, what only reads on Linux."""
        reading = {}
        while not self.reason:
            await asyncio.sleep(1)
            before, reading = reading, waiting(self.kernel)
            if await self.client.kc.stdin_channel.msg_ready() or any(before.get(p) == t for p, t in reading.items()):
                self.reason = ASKS
            elif sum(map(size, (self.cell or {}).get("outputs", []))) > LARGEST_OUTPUT:
                self.reason = PRINTS
        await self.client.km.interrupt_kernel()

    def started(self, cell, cell_index):
        if self.waiting and not sys.stdin.readline():
            raise SystemExit(1)  # its turn will not come; nbclient shuts the kernel down
        self.waiting = False
        if cell_index in self.number:
            self.cell, self.index, self.since = cell, cell_index, time.monotonic()
            tell("start", cell=self.number[cell_index], of=len(self.number), source=cut(cell.source))

    def executed(self, cell, cell_index, execute_reply):
        cell.outputs = joined(cell.outputs[:100] if self.reason else cell.outputs)
        if self.reason:
            raise Ended(self.reason)
        if cell_index in self.number and execute_reply["content"]["status"] == "ok":
            tell("done", cell=self.number[cell_index], seconds=time.monotonic() - self.since)


def execute(notebook, folder, timeout, wait):
    """Runs all cells; returns whether every one ran."""
    watcher = Watcher(notebook, wait)
    client = NotebookClient(
        notebook,
        kernel_name=KERNEL["name"],
        timeout=timeout or None,
        startup_timeout=180,
        iopub_timeout=60,
        record_timing=False,
        coalesce_streams=False,
        skip_cells_with_tag=SKIPPED,
        resources={"metadata": {"path": str(folder)}},
        on_notebook_start=watcher.begin,
        on_notebook_complete=watcher.finish,
        on_cell_execute=watcher.started,
        on_cell_executed=watcher.executed,
    )
    watcher.client = client
    try:
        client.execute()
        return True
    except (CellExecutionError, CellTimeoutError, DeadKernelError, Ended) as error:
        tell(
            "failed",
            cell=watcher.number.get(watcher.index, 0),
            of=len(watcher.number),
            seconds=time.monotonic() - watcher.since if watcher.cell else 0,
            source=cut(watcher.cell.source) if watcher.cell else "",
            message=cut(message_of(error, watcher.cell or {})),
        )
        return False


def joined(outputs):
    """The outputs with one of each stream, as a terminal leaves its lines. nbclient takes minutes for one line of 1 MB."""
    left, streams = [], {}
    for output in outputs:
        if output.output_type != "stream":
            left.append(output)
        elif output.name not in streams:
            streams[output.name] = [output.text]
            left.append(output)
        else:
            streams[output.name].append(output.text)
    for output in left:
        if output.output_type == "stream":
            lines = "".join(streams[output.name]).split("\n")
            output.text = "\n".join(line[line.rfind("\r", 0, -1) + 1:] for line in lines)
    for i in range(len(left) - 1):  # which of the two comes first is chance
        if [output.get("name") for output in left[i:i + 2]] == ["stderr", "stdout"]:
            left[i:i + 2] = left[i + 1], left[i]
    return left


def tidy(notebook):
    """Leaves out what differs from run to run without telling the reader anything."""
    notebook.metadata = nbformat.NotebookNode(
        {**notebook.metadata, "kernelspec": KERNEL, "language_info": LANGUAGE}
    )
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = joined(cell.outputs)
        for output in cell.get("outputs", []):
            output.pop("transient", None)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("notebook", type=Path)
    parser.add_argument("executed", type=Path)
    parser.add_argument("--timeout", type=int, default=0)
    parser.add_argument("--save", type=json.loads, default=False)
    parser.add_argument("--quick", type=json.loads, default=False)
    parser.add_argument("--wait", action="store_true")
    args = parser.parse_args()

    if folder := os.environ.get("IPYTHONDIR"):  # each search for a kernel leaves another one in /tmp where it is missing
        os.makedirs(folder, exist_ok=True)
    try:
        original = args.notebook.read_bytes()
        notebook = read(original)
    except OSError as error:
        return problem(f"the notebook cannot be read ({error.strerror})")
    except Damaged as error:
        return problem(str(error))
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    if args.quick:
        leave_out_checks(notebook)
    ok = execute(notebook, args.notebook.resolve().parent, args.timeout, args.wait)
    tidy(notebook)
    try:
        nbformat.write(notebook, args.executed)
    except OSError as error:
        return problem(f"its outputs cannot be kept for the page ({error.strerror}); make room on the disk")
    try:
        if ok and args.save and args.notebook.read_bytes() != original:
            tell("notice", message="The notebook has been changed meanwhile: its outputs are not written back.")
        elif ok and args.save:
            leave_out_models(notebook)
            save(notebook, args.notebook.resolve())
    except OSError as error:
        return problem(f"the outputs cannot be written back ({error.strerror}); the notebook is as it was")
    return 0 if ok else 1


def problem(sentence):
    tell("problem", message=sentence)
    return 1


def save(notebook, path):
    """Replaces a file, which keeps its mode; whatever goes wrong, it has its old contents or the new ones."""
    part = path.with_name(f".{path.name}.part")
    try:
        nbformat.write(notebook, part)
        shutil.copymode(path, part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
