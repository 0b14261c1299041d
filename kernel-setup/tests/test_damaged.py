"""Notebooks that are damaged, ask, or have odd names and places: each costs only itself, and is told in a sentence."""

import asyncio
import contextlib
import errno
import json
import os
import random
import signal
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import psutil
import pytest
from bs4 import BeautifulSoup

import execute
import reading
from conftest import OFFLINE, ROOT, export, kernel_setup, programs_with, wait_until, write

HELLO = 'import "fmt"\n%%\nfmt.Println("hello")'
GOOD = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "markdown", "id": "a", "metadata": {}, "source": ["# One\n", "two"]}]}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_no_damage(encoding):
    assert reading.read(json.dumps(GOOD).encode(encoding)).cells[0].source == "# One\ntwo"


def test_what_can_be_filled_in_is_no_damage():
    cells = [{"cell_type": "code", "source": "x"}, {"cell_type": "markdown", "source": "y", "outputs": []}]
    notebook = reading.read(json.dumps({"nbformat": 4, "nbformat_minor": 4, "cells": cells}).encode())
    assert notebook.cells[0].outputs == [] and notebook.cells[1].metadata == {} and notebook.metadata == {}


CONFLICT = json.dumps(GOOD, indent=1).replace(' "cells"', '<<<<<<< HEAD\n "cells"', 1)


@pytest.mark.parametrize("contents, sentence", [
    (b"", "the file is empty; restore it from git"),
    (b" \n", "the file is empty"),
    (CONFLICT.encode(), f"line {CONFLICT.count(chr(10), 0, CONFLICT.index('<<<')) + 1} of the file is a mark of git's, of a merge that is not finished"),
    (CONFLICT.replace("\n", "\r\n").replace("<<<<<<< HEAD", "=======").encode(), "is a mark of git's"),
    (json.dumps(GOOD).encode()[:-9], "the file is not JSON (line 1: "),
    (b'{"nbformat": "\\ud800"}', "the file is not text in UTF-8"),
    ("{\"nbformat\": \"Köln\"}".encode("latin-1"), "the file is not text in UTF-8"),
    (b"[" * 100_000, "the file is not JSON"),
    (b"null", "the file holds JSON, but no notebook"),
    (b'{"a": 1}', "the file holds JSON, but no notebook"),
    (b'{"nbformat": 3, "worksheets": []}', "the notebook has the old format 3; open it in JupyterLab and save it"),
    (b'{"nbformat": 5}', "the notebook has format 5, and only format 4 can be read"),
    (b'{"nbformat": 4}', "the notebook has no list of cells"),
    (json.dumps(GOOD | {"cells": [{"cell_type": "code", "source": ""}, 3]}).encode(), "its cell 2 is no cell; delete that cell"),
    (json.dumps(GOOD | {"cells": [{"cell_type": "heading", "source": ""}]}).encode(), "its cell 1 is neither code nor text"),
    (json.dumps(GOOD | {"cells": [{"cell_type": "code", "source": [1]}]}).encode(), "its cell 1 has no source"),
    (json.dumps(GOOD | {"cells": [{"cell_type": "code", "source": "", "metadata": 1}]}).encode(), "its cell 1 has damaged metadata"),
])
def test_damage_is_a_sentence(contents, sentence):
    with pytest.raises(reading.Damaged) as damage:
        reading.read(contents)
    assert sentence in str(damage.value)
    assert "\n" not in str(damage.value) and "; " in str(damage.value)


def finished(coroutine):
    """What it returns; in a thread of its own, since the tests of pages may have a loop of events in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


def test_jupyterlab_says_the_same(tmp_path):
    from contents import Contents
    from tornado.web import HTTPError
    manager = Contents(root_dir=str(tmp_path))
    (tmp_path / "mark.ipynb").write_bytes(json.dumps(GOOD).encode("utf-8-sig"))
    model = finished(manager.get("mark.ipynb"))
    assert model["content"]["cells"][0]["source"] == "# One\ntwo"
    for contents, sentence in ((b"", "damaged.ipynb: the file is empty; restore"), (CONFLICT.encode(), "is a mark of git's")):
        (tmp_path / "damaged.ipynb").write_bytes(contents)
        with pytest.raises(HTTPError) as error:
            finished(manager.get("damaged.ipynb"))
        assert sentence in error.value.log_message


def test_each_notebook_has_its_own_errors(tmp_path):
    """One call with good, damaged and asking notebooks, of odd names, into a folder with earlier pages."""
    out, odd = tmp_path / "out", tmp_path / "50 % #1?.ipynb"
    names = [
        write(tmp_path / "gone.ipynb", HELLO, text="# Gone\n\n![my words](attachment:gone.png)"),
        write(odd, HELLO, text="# Odd\n\n[the index](index.ipynb)"),
        write(tmp_path / "index.ipynb", HELLO, text="# The notebook"),
        write(tmp_path / "asks.ipynb", 'import (\n\t"fmt"\n\n\t"github.com/janpfeifer/gonb/gonbui"\n)\n%%\nfor {\n\tvar n int\n'
              '\tgonbui.RequestInput("How many? ", false)\n\tfmt.Scanln(&n)\n}', "%%\nprintln(1)"),
        write(tmp_path / "reads.ipynb", HELLO, 'import "os"\n%%\nvar b [1]byte\nos.Stdin.Read(b[:])', "%%\nprintln(1)"),
        write(tmp_path / "shell.ipynb", "%with_inputs\n!read name", HELLO),
        tmp_path / "empty.ipynb",
    ]
    (tmp_path / "empty.ipynb").touch()
    out.mkdir()
    (out / "empty.html").write_text("an earlier page")
    (out / ".reports.json").write_text("{")
    (out / ".x.html.part").touch()
    done = kernel_setup("report", "--out", out, *names)
    assert done.code == 1 and "Traceback" not in done.said, done.said
    assert sorted(path.name for path in out.iterdir()) == [
        ".lock", ".reports.json", "50 % #1?.html", "asks.html", "gone.html", "index.html", "index_.html", "reads.html", "shell.html"]
    pages = {path.stem: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser") for path in out.glob("*.html")}
    index = pages["index"]
    links = [link["href"] for link in index.select(".reports a")]
    assert links == ["50%20%25%20%231%3F.html", "asks.html", "gone.html", "index_.html", "reads.html", "shell.html"]
    assert pages["50 % #1?"].main.a["href"] == "index_.html" and pages["index_"].h1.get_text().strip() == "The notebook"
    assert "my words [the picture attachment:gone.png is not attached" in pages["gone"].get_text()
    assert "empty: the file is empty; restore it" in done.said and "the file is empty" in index.get_text()
    for name, cell in {"asks": 1, "reads": 2, "shell": 1}.items():
        assert f"{name} stopped at code cell {cell}" in done.said
        assert f"stopped at code cell {cell}: the cell waits for an answer, and a report has nobody" in pages[name].get_text()


def test_a_cell_that_prints_without_end_is_ended(tmp_path):
    source = 'import (\n\t"fmt"\n\t"strings"\n)\n%%\nfor {\n\tfmt.Println(strings.Repeat("x", 1000))\n}'
    done = kernel_setup("report", "--out", tmp_path / "out", write(tmp_path / "prints.ipynb", source, "%%\nprintln(1)"))
    assert done.code == 1 and "prints stopped at code cell 1" in done.said and "printed more than 20 MB" in done.said
    page = (tmp_path / "out" / "prints.html").read_text(encoding="utf-8")
    assert "stopped at code cell 1: the cell has printed more than 20 MB" in page and len(page) < 5_000_000


def test_a_kernel_that_dies_costs_only_its_notebook(tmp_path):
    dies = write(tmp_path / "dies.ipynb", 'import (\n\t"os"\n\t"syscall"\n\t"time"\n)\n%%\nsyscall.Kill(os.Getppid(), syscall.SIGKILL)\ntime.Sleep(time.Hour)')
    done = kernel_setup("report", "--out", tmp_path / "out", dies, write(tmp_path / "good.ipynb", HELLO), DYING_KERNEL=str(tmp_path))
    wait_until(lambda: not programs_with("DYING_KERNEL", tmp_path), lambda: "the cell works on", 30)
    assert done.code == 1 and "dies stopped at code cell 1" in done.said and "the kernel has died; if the machine ran out of memory" in done.said
    assert sorted(path.name for path in (tmp_path / "out").glob("*.html")) == ["dies.html", "good.html", "index.html"]


def test_a_save_that_fails_leaves_the_notebook(tmp_path, monkeypatch):
    def full(_, path):
        path.write_text("half of it")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    real = write(tmp_path / "real.ipynb")
    before = real.read_bytes()
    monkeypatch.setattr(nbformat, "write", full)
    with pytest.raises(OSError, match="No space"):
        execute.save(None, real)
    assert real.read_bytes() == before and list(tmp_path.iterdir()) == [real]


def test_a_long_error_is_cut(tmp_path):
    source = f'import (\n\t"os"\n\t"strings"\n)\n%%\n// {"y" * 1_000_000}\nos.Stderr.WriteString("begin " + strings.Repeat("x", 5_000_000) + " end")\nos.Exit(3)'
    done = kernel_setup("report", "--out", tmp_path / "out", write(tmp_path / "long.ipynb", source))
    assert done.code == 1 and "long stopped at code cell 1" in done.said and "begin x" in done.said and "x end" in done.said
    assert len(done.said) < 20_000 and (tmp_path / "out" / "index.html").stat().st_size < 300_000


def test_streams_are_as_a_terminal_leaves_them():
    def stream(name, text):
        return nbformat.v4.new_output("stream", name=name, text=text)
    picture = nbformat.v4.new_output("display_data", data={"text/plain": "x"})
    outputs = execute.joined([stream("stderr", "a"), stream("stdout", "1\r"), picture, stream("stdout", "2\n3\r\n4\r"), stream("stderr", "b")])
    assert [output.get("text") for output in outputs] == ["2\n3\r\n4\r", "ab", None]
    assert [len(output.text) for output in execute.joined([stream("stdout", "x" * 5_000_000)])] == [5_000_000]


def test_a_reader_that_is_at_work_is_let_be(tmp_path):
    """What reads beside its work, such as for a key that stops it, is no question."""
    source = 'import "os"\n%%\ngo os.Stdin.Read(make([]byte, 1))\nfor start := time.Now(); time.Since(start) < 5*time.Second; {\n}\nfmt.Println("ready")'
    done = kernel_setup("report", "--out", tmp_path / "out", write(tmp_path / "works.ipynb", source))
    assert done.code == 0 and "ready" in (tmp_path / "out" / "works.html").read_text(encoding="utf-8"), done.said


def test_pages_are_there_as_soon_as_their_notebooks_end(tmp_path):
    """What ended keeps its page, however the report ends; the next one clears what a killed one left."""
    out, folders = tmp_path / "out", lambda: set((ROOT / ".tools").glob("report-*"))
    fast = write(tmp_path / "fast.ipynb", HELLO)
    slow = write(tmp_path / "slow.ipynb", 'import "time"\n%%\ntime.Sleep(10 * time.Minute)')
    before = folders()
    report = subprocess.Popen([os.environ["KERNEL_SETUP"], "report", "--jobs", "1", "--out", out, fast, slow], cwd=ROOT, stdout=subprocess.DEVNULL)
    wait_until(lambda: (out / "index.html").exists(), lambda: "the page is not written while another notebook runs")
    left = folders() - before
    report.send_signal(signal.SIGKILL)
    report.wait()
    assert "hello" in (out / "fast.html").read_text(encoding="utf-8") and 'href="fast.html"' in (out / "index.html").read_text(encoding="utf-8")
    assert left and left <= folders()
    for folder in left:
        os.utime(folder / ".held", (0, 0))  # what is young is left alone
    done = kernel_setup("report", "--out", out, fast)
    assert done.code == 0 and not left & folders(), done.said


def test_killed_reports_leave_whole_pages(tmp_path):
    """At random moments, in a folder of an odd name: what is there is whole, nothing works on, and the next report goes through."""
    seed = int(os.environ.get("REPORT_SEED", time.time()))
    chance, out = random.Random(seed), tmp_path / "with space & it's (1)" / "名前"
    notebooks = [write(tmp_path / f"{name}.ipynb", HELLO) for name in ("one", "two", "three")]
    marker = {"KILLED_REPORT": str(tmp_path)}
    for _ in range(int(os.environ.get("REPORT_KILLS", 3))):
        report = subprocess.Popen([os.environ["KERNEL_SETUP"], "report", "--save", "--out", out, *notebooks], cwd=ROOT,
                                  env={**os.environ, **marker}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            report.wait(chance.uniform(0, 8))
        report.send_signal(chance.choice([signal.SIGKILL, signal.SIGTERM, signal.SIGINT]))
        report.wait(60)
        wait_until(lambda: not programs_with("KILLED_REPORT", tmp_path), lambda: f"seed {seed}: something works on", 40)
        pages = [page.read_text(encoding="utf-8") for page in out.glob("*.html")] if out.exists() else []
        assert all(page.rstrip().endswith("</html>") for page in pages), f"seed {seed}"
        assert all(json.loads(notebook.read_text(encoding="utf-8"))["cells"] for notebook in notebooks), f"seed {seed}"
    done = kernel_setup("report", "--save", "--out", out, *notebooks)
    assert done.code == 0, f"seed {seed}: {done.said}"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.ipynb", "three.ipynb", "two.ipynb", "with space & it's (1)"]
    assert sorted(path.name for path in out.iterdir()) == [".lock", ".reports.json", "index.html", "one.html", "three.html", "two.html"]
    index = BeautifulSoup((out / "index.html").read_text(encoding="utf-8"), "html.parser")
    assert [link["href"] for link in index.select(".reports a")] == ["one.html", "three.html", "two.html"]


def test_save_keeps_links_and_modes(tmp_path):
    real = write(tmp_path / "real.ipynb", HELLO)
    real.chmod(0o640)
    link = tmp_path / "link.ipynb"
    link.symlink_to("real.ipynb")
    done = kernel_setup("report", "--save", "--out", tmp_path / "out", link)
    assert done.code == 0, done.said
    assert link.is_symlink() and stat.S_IMODE(real.stat().st_mode) == 0o640
    assert nbformat.read(real, 4).cells[1].outputs[0].text == "hello\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.ipynb", "out", "real.ipynb"]


def test_what_cannot_be_written_is_a_sentence(tmp_path):
    notebook = write(tmp_path / "mine.ipynb", HELLO)
    (tmp_path / "file").touch()
    done = kernel_setup("report", "--out", tmp_path / "file" / "out", notebook, **OFFLINE)
    assert done.code == 1 and f"no page can be written into {tmp_path}/file/out (" in done.said and "choose another folder with --out" in done.said
    assert "cell  1" not in done.said


def small_files():
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limits of files")
def test_a_full_disk_costs_only_the_new_page(tmp_path):
    said, page = export(tmp_path, text="# First")
    names = ["mine.html", "index.html", ".reports.json"]
    before = [(tmp_path / name).read_bytes() for name in names[:2]]
    assert said == [] and page
    said, _ = export(tmp_path, text="# Second", preexec_fn=small_files)
    assert [sentence.split(" (")[0] for sentence in said] == ["its page cannot be written", "the index cannot be written"]
    assert all(sentence.endswith("make room on the disk, or choose another folder with --out") for sentence in said)
    assert [(tmp_path / name).read_bytes() for name in names[:2]] == before
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*names, "executed.ipynb"])


def test_a_program_that_serves_the_cell_is_no_question():
    """The engine reads requests from its standard input, and on a busy machine it computes nothing for seconds."""
    reads = "import os; os.read(0, 1)"
    serves = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {reads!r}], stdin=subprocess.PIPE).wait()"
    with subprocess.Popen([sys.executable, "-c", reads], stdin=subprocess.PIPE) as cell, \
            subprocess.Popen([sys.executable, "-c", serves], stdin=subprocess.PIPE) as server:
        def engine_reads():
            found = psutil.Process(server.pid).children()
            return found and Path(f"/proc/{found[0].pid}/syscall").read_text(encoding="utf-8").split()[:2] == [execute.READ, "0x0"]
        try:
            wait_until(engine_reads, lambda: "nothing reads", 30)
            wait_until(lambda: cell.pid in execute.waiting(os.getpid()), lambda: "a cell that waits is not found", 30)
            assert list(execute.waiting(os.getpid())) == [cell.pid]
        finally:
            for process in psutil.Process(server.pid).children():
                process.kill()
            cell.stdin.close()
