"""One installation and a user who may not write into it. It needs root and makes a real user; run it with:
go run ./kernel-setup test hub"""

import hashlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import nbformat
import psutil
import pytest

from conftest import ask, free_port, kernel_setup, wait_until

pytestmark = [pytest.mark.hub, pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("useradd"), reason="this needs root and useradd")]

NAME, USER, DATA = "g_install", "g_install_one", "fashion-mnist"
KERNEL = Path("/usr/local/share/jupyter/kernels") / NAME


def state(folder):
    """All that a write would change below a folder, its links and times included."""
    seen = hashlib.sha256()
    for path, folders, names in os.walk(folder):
        folders.sort()
        for name in ["", *sorted(names), *folders]:
            at = os.path.join(path, name)
            seen.update(repr((at, (s := os.lstat(at)).st_size, s.st_mtime_ns, s.st_mode, s.st_uid)).encode("utf-8", "surrogateescape"))
    return seen.hexdigest()


def go_env(name):
    return subprocess.run(["go", "env", name], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


@pytest.fixture(scope="module")
def user():
    subprocess.run(["userdel", "-r", USER], stderr=subprocess.DEVNULL)  # of a test that was killed
    subprocess.run(["useradd", "-m", USER], check=True)
    entry = pwd.getpwnam(USER)

    def begin(*command, **options):
        environment = {"HOME": entry.pw_dir, "USER": USER, "PATH": "/usr/bin:/bin", **options.pop("env", {})}
        return subprocess.Popen(list(map(str, command)), cwd=entry.pw_dir, env=environment, user=entry.pw_uid, group=entry.pw_gid,
                                extra_groups=[], umask=0o077, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)

    def run(*command, **options):
        process = begin(*command, **options)
        said = process.communicate(timeout=600)[0]
        return SimpleNamespace(code=process.returncode, said=said)
    yield SimpleNamespace(begin=begin, run=run, home=Path(entry.pw_dir), uid=entry.pw_uid)
    subprocess.run(["userdel", "-r", USER], stderr=subprocess.DEVNULL, check=True)


@pytest.fixture(scope="module")
def installed():
    """The course below a folder that everybody may enter, installed by a root whose own files nobody else may read."""
    folder = Path(tempfile.mkdtemp(prefix="g_install-", dir="/var/tmp"))
    folder.chmod(0o755)
    prefix = folder / "course"
    # Data of the test's own, where they can be had; Go's and pip's caches stay, which would lie there too.
    caches = {"GOCACHE": go_env("GOCACHE"), "PIP_CACHE_DIR": os.environ.get("PIP_CACHE_DIR", str(Path("~/.cache/pip").expanduser())),
              "XDG_CACHE_HOME": str(folder / "cache")}
    fetched = kernel_setup("fetch", DATA, **caches)
    umask = os.umask(0o077)
    try:
        done = kernel_setup("install", "--prefix", prefix, "--name", NAME, **caches)
    finally:
        os.umask(umask)
    assert done.code == 0, done.said
    yield SimpleNamespace(prefix=prefix, command=prefix / "bin" / "gonblabs", tree=(prefix / "current").resolve(), fetched=fetched)
    kernel_setup("uninstall", "--prefix", prefix)  # after a test that failed
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def unchanged(installed):
    """Whatever a user does, nothing in the installation changes."""
    before = state(installed.prefix)
    yield
    assert state(installed.prefix) == before


def test_everybody_reads_and_root_owns(installed):
    for path, _, names in os.walk(installed.prefix):
        for at in [path, *(os.path.join(path, name) for name in names)]:
            status = os.lstat(at)
            assert status.st_uid == 0 and (os.path.islink(at) or not status.st_mode & 0o022), at
            assert os.path.islink(at) or status.st_mode & 0o004 and (status.st_mode & 0o001 or not os.path.isdir(at)), at
    assert KERNEL.stat().st_mode & 0o005 == 0o005 and (KERNEL / "kernel.json").stat().st_mode & 0o004
    assert str(Path("/root")) not in (KERNEL / "kernel.json").read_text()


def test_doctor_and_report(installed, user, unchanged):
    doctor = user.run(installed.command, "doctor")
    assert doctor.code == 0 and "Everything works." in doctor.said, doctor.said
    report = user.run(installed.command, "report", "00")
    assert report.code == 0, report.said
    page = user.home / "gonblabs" / "reports" / "00-start-here.html"
    assert page.stat().st_uid == user.uid and f"{installed.command} fetch mnist" in page.read_text(encoding="utf-8")
    assert (user.home / "gonblabs" / "runs" / "start" / "tiny" / "history.jsonl").exists()
    cache = sum(path.stat().st_size for path in (user.home / ".cache" / "go-build").rglob("*") if path.is_file())
    assert cache < 10e6, "what the installation has was compiled again"


def test_what_changes_the_course_is_refused(installed, user, unchanged):
    for arguments in (["lab", "--author"], ["report", "--save", "00"], ["results"], ["test"]):
        done = user.run(installed.command, *arguments)
        assert done.code == 1 and "do it in a checkout of your own" in done.said, done.said
    done = user.run(installed.command, "install")
    assert done.code == 1 and "run this as root, or with --user" in done.said
    done = user.run(installed.command, "uninstall")
    assert done.code == 1 and "permission denied" in done.said
    assert (KERNEL / "kernel.json").exists()


def test_fetch_finds_shared_data(installed, user, unchanged):
    offline = {"https_proxy": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"}
    listed = user.run(installed.command, "fetch")
    assert listed.code == 0 and f"{installed.command} fetch all" in listed.said
    shared = installed.tree / ".tools" / "data" / DATA
    assert shared.exists() == (installed.fetched.code == 0)
    if not shared.exists():
        pytest.skip("the data cannot be had: " + installed.fetched.said)
    done = user.run(installed.command, "fetch", DATA, env=offline)
    assert done.code == 0 and f"{DATA} is complete in {shared}" in done.said, done.said
    assert "Fashion-MNIST, articles of clothing, complete" in user.run(installed.command, "doctor").said
    assert not (user.home / ".cache" / "mnistkit" / DATA).exists()


def test_lab_answers(installed, user, unchanged):
    port, token = free_port(), secrets.token_hex(16)
    lab = user.begin(installed.command, "lab", "--no-browser", "--port", port, env={"JUPYTER_TOKEN": token}, start_new_session=True)
    try:
        address = f"http://127.0.0.1:{port}/api"
        wait_until(lambda: ask(f"{address}/status?token={token}"), lambda: "JupyterLab does not answer", 90)
        names = [entry["name"] for entry in ask(f"{address}/contents/notebooks?token={token}")["content"]]
        assert "00-start-here.ipynb" in names and (user.home / "gonblabs" / "work" / "notebooks" / names[0]).exists()
        kernel = ask(f"{address}/kernels?token={token}", data=b'{"name": "gonb"}', method="POST")

        def lives():
            return any(p.name() == "gonb" and p.uids().real == user.uid for p in psutil.process_iter())
        wait_until(lives, lambda: "the kernel does not start")
        time.sleep(3)
        assert lives() and ask(f"{address}/kernels/{kernel['id']}?token={token}")["execution_state"] != "dead"
    finally:
        os.killpg(lab.pid, signal.SIGTERM)
        said = lab.communicate(timeout=60)[0]
    assert "Traceback" not in said, said


def test_tensorboard_answers(installed, user, unchanged):
    (user.home / "gonblabs" / "runs").mkdir(parents=True, exist_ok=True)
    os.chown(user.home / "gonblabs", user.uid, -1)
    board = user.begin(installed.command, "tensorboard", "--port", free_port(), start_new_session=True)
    try:
        line = board.stdout.readline()
        assert f"runs of {user.home}/gonblabs/runs" in line, line
    finally:
        os.killpg(board.pid, signal.SIGTERM)
        board.communicate(timeout=60)


def test_nbconvert_of_their_own_jupyter(installed, user, unchanged):
    """A Jupyter that knows nothing of the course, and finds the kernel where those of all users are."""
    assert user.run(installed.tree / ".venv/bin/python", "-m", "venv", "--without-pip", "own").code == 0
    packages = next(installed.tree.glob(".venv/lib/python3*/site-packages"))
    site = next((user.home / "own").glob("lib/python3*/site-packages"))
    (site / "jupyter.pth").write_text(str(packages), encoding="utf-8")
    (site / "jupyter.pth").chmod(0o644)
    done = user.run(user.home / "own/bin/python", "-m", "nbconvert", "--to", "notebook", "--execute",
                    f"--ExecutePreprocessor.kernel_name={NAME}", "--output-dir", user.home, "--output", "mine.ipynb",
                    installed.tree / "notebooks" / "00-start-here.ipynb")
    assert done.code == 0, done.said
    cells = nbformat.read(user.home / "mine.ipynb", 4).cells
    assert any("TestTinyLearned" in str(cell.get("outputs")) for cell in cells)


def test_root_changes_nothing_either(installed, unchanged, tmp_path):
    environment = {"HOME": str(tmp_path), "XDG_CACHE_HOME": "", "PATH": "/usr/bin:/bin", "MNISTKIT_ROOT": "", "MNISTKIT_RUNS": "", "GOCACHE": "", "GOMODCACHE": ""}
    done = subprocess.run([installed.command, "report", "00"], cwd=tmp_path, env={**os.environ, **environment}, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "gonblabs" / "reports" / "00-start-here.html").exists()


def test_an_update_that_is_killed_disturbs_nobody(installed, user):
    kernel, before = (KERNEL / "kernel.json").read_bytes(), state(installed.tree)
    update = subprocess.Popen([os.environ["KERNEL_SETUP"], "install", "--prefix", installed.prefix, "--name", NAME],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    time.sleep(15)
    assert update.poll() is None
    os.kill(update.pid, signal.SIGKILL)
    update.wait()
    assert (KERNEL / "kernel.json").read_bytes() == kernel and state(installed.tree) == before
    doctor = user.run(installed.command, "doctor")
    assert doctor.code == 0, doctor.said


def test_refusals(installed, tmp_path):
    (tmp_path / "mine").write_text("mine")
    for arguments, sentence in {
        ("install", "--prefix", tmp_path): "is no installation of the course; choose another folder",
        ("uninstall", "--prefix", tmp_path): "is no installation of the course; name its folder",
        ("install", "--prefix", tmp_path / "new", "--name", NAME): "is there already, and leads to",
        ("install", "--prefix", installed.prefix, "--name", "other"): "uninstall it first",
        ("install", "--prefix", tmp_path / "a,b", "--name", "other"): "cannot be handed on",
    }.items():
        done = kernel_setup(*arguments)
        assert done.code == 1 and sentence in done.said, done.said
    assert (tmp_path / "mine").read_text() == "mine"


def test_uninstall_leaves_nothing(installed, user, tmp_path):
    made = state(user.home / "gonblabs")
    done = subprocess.run([installed.command, "uninstall"], cwd=tmp_path, env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
    assert not installed.prefix.exists() and not KERNEL.exists() and list(tmp_path.iterdir()) == []
    assert state(user.home / "gonblabs") == made
