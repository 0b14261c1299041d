"""A class at a real JupyterHub on this machine: users of the system, a server for each. Run it with: go run ./kernel-setup test hub"""

import asyncio
import concurrent.futures
import contextlib
import json
import os
import pwd
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path

import nbformat
import psutil
import pytest
import requests
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from conftest import ROOT, free_port, kernel_setup, wait_until

pytestmark = [
    pytest.mark.hub,
    pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="makes users of the system: needs Linux and root"),
    pytest.mark.skipif(not shutil.which("npm"), reason="JupyterHub's proxy needs Node 20 or newer with npm"),
]

USERS = int(os.environ.get("HUB_USERS", 10))
GROUP = "g_hub"


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def processes(uid):
    for p in psutil.process_iter():
        with contextlib.suppress(psutil.NoSuchProcess):
            if p.uids().real == uid and p.status() != psutil.STATUS_ZOMBIE:
                yield p


def each(some, figure):
    """The sum of a figure of processes: those of a user, or others."""
    total = 0
    for p in processes(some) if isinstance(some, int) else some:
        with contextlib.suppress(psutil.NoSuchProcess):
            total += figure(p)
    return total


def cpu(some):
    """Seconds of a processor that processes have taken, and those that they have waited for."""
    return each(some, lambda p: sum(p.cpu_times()[:4]))


def megabytes(some):
    """Memory: what several processes share counts in parts (PSS)."""
    return each(some, lambda p: p.memory_full_info().pss) / 1e6


@pytest.fixture(scope="module")
def place():
    """A folder that all users may enter, with a short path."""
    folder = Path(tempfile.mkdtemp(prefix="hub"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def prefix(place):
    if "HUB_PREFIX" in os.environ:  # an installation that is there already
        yield Path(os.environ["HUB_PREFIX"])
        return
    done = kernel_setup("install", "--prefix", place / "opt", "--name", "g_hub", "--jupyterhub")
    assert done.code == 0, done.said
    yield place / "opt"
    done = kernel_setup("uninstall", "--prefix", place / "opt", "--name", "g_hub")
    assert done.code == 0, done.said


@pytest.fixture(scope="module")
def users(place):
    names, password = [f"g_hub_{i}" for i in range(1, USERS + 1)], secrets.token_hex(8)
    remove_users(names)
    run("groupadd", GROUP)
    (place / "home").mkdir()
    try:
        for name in [*names, "g_hub_guest"]:
            run("useradd", "--create-home", "--home-dir", place / "home" / name, "--shell", "/bin/bash", name)
        for name in names:
            run("usermod", "--append", "--groups", GROUP, name)
        run("chpasswd", input="".join(f"{name}:{password}\n" for name in [*names, "g_hub_guest"]))
        yield names, password
    finally:
        remove_users(names)


def remove_users(names):
    for name in [*names, "g_hub_guest"]:
        with contextlib.suppress(KeyError):
            for p in processes(pwd.getpwnam(name).pw_uid):
                p.kill()
            run("userdel", name)
    subprocess.run(["groupdel", GROUP], stderr=subprocess.DEVNULL)


class Hub:
    """The written configuration, with addresses and users of this test."""

    def __init__(self, place, prefix, **changes):
        self.folder, self.python = place / f"hub-{secrets.token_hex(2)}", prefix / "current/.venv/bin/python"
        done = kernel_setup("hub", "--into", self.folder, "--prefix", prefix)
        assert done.code == 0, done.said
        run("npm", "ci", "--no-audit", "--no-fund", cwd=self.folder)
        config = self.folder / "jupyterhub_config.py"
        text = config.read_text(encoding="utf-8")
        for name, value in {"GROUP": GROUP, **changes}.items():
            before, found, after = text.partition(f"\n{name} = ")
            assert found, name
            text = f"{before}{found}{value!r}\n{after.partition(chr(10))[2]}"
        config.write_text(text, encoding="utf-8")
        ports, self.token = [free_port() for _ in range(3)], secrets.token_hex(16)
        (self.folder / "test.py").write_text(f"""
load_subconfig("jupyterhub_config.py")
c = get_config()
c.JupyterHub.bind_url = "http://127.0.0.1:{ports[0]}"
c.JupyterHub.hub_port = {ports[1]}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{ports[2]}"
c.JupyterHub.services += [{{"name": "test", "api_token": "{self.token}"}}]
c.JupyterHub.load_roles += [{{"name": "test", "services": ["test"], "scopes": ["admin:users", "admin:servers", "access:servers", "tokens"]}}]
c.Spawner.environment = {{"MNISTKIT_DATA": "bundled"}}  # whatever whoever installs has fetched
if "IDLE" in {list(changes)}:  # the hub hears of it in seconds, not in minutes
    c.JupyterHub.last_activity_interval = 1
    c.Spawner.environment["JUPYTERHUB_ACTIVITY_INTERVAL"] = "1"
""", encoding="utf-8")
        self.address = f"http://127.0.0.1:{ports[0]}"
        self.log = self.folder / "log"
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("MNISTKIT", "KERNEL", "GO", "JUPYTER"))}
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [prefix / "current/.venv/bin/jupyterhub", "--config", "test.py"], cwd=self.folder, stdout=log, stderr=log,
                start_new_session=True, env={**environment, "RUNTIME_DIRECTORY": str(place / "run")})
        wait_until(lambda: self.process.poll() is not None or self.answers(), lambda: self.log.read_text(encoding="utf-8"), 60)
        assert self.process.poll() is None, self.log.read_text(encoding="utf-8")

    def answers(self):
        with contextlib.suppress(requests.ConnectionError):
            return requests.get(f"{self.address}/hub/api", timeout=10).ok

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def ask(self, method, path, ok=True, token=None, **options):
        answer = requests.request(method, self.address + path, headers={"Authorization": f"token {token or self.token}"}, timeout=120, **options)
        assert answer.ok or not ok, f"{method} {path}: {answer.status_code} {answer.text[:500]}\n" + self.log.read_text(encoding="utf-8")[-3000:]
        return answer


class Student:
    """A user at work, as JupyterLab in a browser asks for it: through the proxy."""

    def __init__(self, hub, name):
        self.hub, self.name, self.entry = hub, name, pwd.getpwnam(name)
        self.uid, self.home = self.entry.pw_uid, Path(self.entry.pw_dir)

    def start(self):
        """Starts the server, and returns how long that took."""
        began = time.monotonic()
        self.hub.ask("POST", f"/hub/api/users/{self.name}", ok=False)
        self.hub.ask("POST", f"/hub/api/users/{self.name}/server")
        wait_until(lambda: self.hub.ask("GET", f"/hub/api/users/{self.name}").json()["servers"].get("", {}).get("ready"),
                   lambda: self.hub.log.read_text(encoding="utf-8")[-5000:], 180)
        return time.monotonic() - began

    def stop(self):
        self.hub.ask("DELETE", f"/hub/api/users/{self.name}/server", ok=False)

    def ask(self, method, path, **options):
        return self.hub.ask(method, f"/user/{self.name}/{path}", **options)

    def open(self, path="notebooks/00-start-here.ipynb"):
        """Starts the kernel of a notebook, and returns the notebook."""
        session = {"path": path, "type": "notebook", "name": "", "kernel": {"name": "gonb"}}
        self.kernel = self.ask("POST", "api/sessions", json=session).json()["kernel"]["id"]
        return nbformat.from_dict(self.ask("GET", f"api/contents/{path}").json()["content"])

    def close(self):
        self.ask("DELETE", f"api/kernels/{self.kernel}")

    def run(self, *cells):
        """Runs cells and returns the outputs and the seconds of each."""
        return asyncio.run(self._run(cells))

    def train(self, name):
        """Begins a training that would take hours, and returns its history when it has begun."""
        def work():
            with contextlib.suppress(AssertionError):  # the connection will end
                self.run(f'%%\nmust.M1(tiny.With("{name}", nil).Fit(100000))')
        threading.Thread(target=work, daemon=True).start()
        history = self.home / "gonblabs" / "runs" / name / "history.jsonl"
        wait_until(lambda: history.exists() and history.stat().st_size, lambda: "nothing is trained")
        return history

    async def _run(self, cells):
        address = f"{self.hub.address}/user/{self.name}/api/kernels/{self.kernel}/channels".replace("http:", "ws:")
        socket = await websocket_connect(HTTPRequest(address, headers={"Authorization": f"token {self.hub.token}"}), max_message_size=1 << 28)
        done = []
        for cell in cells:
            began, message, outputs, left = time.monotonic(), uuid.uuid4().hex, [], {"idle", "reply"}
            header = {"msg_id": message, "msg_type": "execute_request", "username": "", "session": "test", "version": "5.3", "date": ""}
            await socket.write_message(json.dumps({
                "channel": "shell", "header": header, "parent_header": {}, "metadata": {}, "buffers": [],
                "content": {"code": cell, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}}))
            while left:
                text = await asyncio.wait_for(socket.read_message(), 1800)
                assert text is not None, f"{self.name}: the connection has ended in {cell!r}"
                said = json.loads(text)
                if said["parent_header"].get("msg_id") != message:
                    continue
                kind = said["header"]["msg_type"]
                if kind == "execute_reply":
                    left.discard("reply")
                elif kind == "status" and said["content"]["execution_state"] == "idle":
                    left.discard("idle")
                elif kind in ("stream", "display_data", "execute_result", "error"):
                    outputs.append(nbformat.v4.output_from_msg(said))
            done.append((outputs, time.monotonic() - began))
        socket.close()
        return done


@pytest.fixture(scope="module")
def hub(place, prefix, users):
    hub = Hub(place, prefix)
    yield hub
    hub.stop()


@pytest.fixture
def students(hub, users):
    students = [Student(hub, name) for name in users[0]]
    yield students
    for s in students:
        s.stop()
    for s in students:
        gone(s, 60)


def at_once(students, work):
    with concurrent.futures.ThreadPoolExecutor(len(students)) as pool:
        return list(pool.map(work, students))


def errors(done):
    return ["\n".join(o.get("traceback", [])) for outputs, _ in done for o in outputs if o.output_type == "error"]


HALF = 14  # the code cells of notebook 01 up to the training of custom2


def a_lesson(student):
    """What a student does, and what it costs."""
    m = {"start: wait, s": student.start()}
    m["start: CPU s"] = cpu(student.uid)
    m["server: MB"] = megabytes(student.uid)
    for number, path in enumerate(["notebooks/00-start-here.ipynb", "notebooks/01-mnist-models.ipynb"]):
        before, began = cpu(student.uid), time.monotonic()
        notebook = student.open(path)
        code = [cell for cell in notebook.cells if cell.cell_type == "code"][:HALF]
        done = student.run(*(cell.source for cell in code))
        assert not errors(done), f"{student.name}: {errors(done)}"
        m[f"notebook 0{number}: wait, s"], m[f"notebook 0{number}: CPU s"] = time.monotonic() - began, cpu(student.uid) - before
        if number == 0:
            m["longest wait for a cell of 00, s"] = max(seconds for _, seconds in done)
            before = cpu(student.uid)
            light = student.run(*['%%\nfmt.Println("light")'] * 5)
            m["light cell: CPU s"] = (cpu(student.uid) - before) / 5
            m["light cell: wait, s"] = statistics.median(seconds for _, seconds in light)
            time.sleep(2)
            m["server and idle kernel: MB"] = megabytes(student.uid)
        for cell, (outputs, _) in zip(code, done):
            cell.outputs = outputs
        student.ask("PUT", f"api/contents/{path}", json={"type": "notebook", "content": notebook})
        page = student.ask("GET", f"nbconvert/html/{path}?download=true").text
        assert page.count("<table") >= 2 and ("PASS" in page, "custom2" in page)[number], page[:1000]
        student.close()
    m["disk: MB"] = sum(p.lstat().st_size for p in student.home.rglob("*")) / 1e6
    return m


def test_a_class_works(hub, students):
    """All start at once, run notebook 00 and half of 01, and export; each has results, and the table says what it cost."""
    peak, over = [], threading.Event()

    def watch():
        while not over.wait(3):
            peak.append(sum(megabytes(s.uid) for s in students))
    watcher, process, load = threading.Thread(target=watch), psutil.Process(hub.process.pid), os.getloadavg()[1]
    watcher.start()
    began = time.monotonic()
    try:
        measured = at_once(students, a_lesson)
    finally:
        over.set()
        watcher.join()
    hubs = [process, *process.children(recursive=True)]
    hubs = [p for p in hubs if p.uids().real == 0]
    lines = [f"{USERS} users at once, {os.cpu_count()} processors, {time.monotonic() - began:.0f} s in all. All users together: at most "
             f"{max(peak):.0f} MB. Hub and proxy: {megabytes(hubs):.0f} MB, {cpu(hubs):.0f} CPU s. Load before: {load:.1f}.", "",
             "| for a user | least | median | most |", "|---|---|---|---|"]
    for what in measured[0]:
        values = [m[what] for m in measured]
        lines.append(f"| {what} | {min(values):.3g} | {statistics.median(values):.3g} | {max(values):.3g} |")
    (ROOT / "reports").mkdir(exist_ok=True)
    (ROOT / "reports" / "hub.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))
    for s in students:
        runs = s.home / "gonblabs" / "runs"
        assert (runs / "mnist" / "custom2" / "history.jsonl").exists(), sorted(runs.rglob("*"))
        assert s.home.stat().st_mode & 0o777 == 0o700
        assert (s.home / "gonblabs/work/notebooks/00-start-here.ipynb").exists()


PRY = """
import json, os, socket, sys
job = json.load(sys.stdin)
got = []
for path in job["files"]:
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))  # GoNB has pipes among its files
        got.append(path)
    except OSError:
        pass
for path in job["folders"]:
    try:
        os.listdir(path)
        got.append(path)
    except OSError:
        pass
for path in job["sockets"]:
    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        s.connect(path)
        got.append(path)
    except OSError:
        pass
print(json.dumps(got))
"""


def pry(student, **job):
    """What another user may read or connect to."""
    return json.loads(run("setpriv", f"--reuid={student.uid}", f"--regid={student.entry.pw_gid}", "--init-groups",
                          student.hub.python, "-c", PRY, input=json.dumps({"files": [], "folders": [], "sockets": []} | job), timeout=60))


def test_nobody_reads_what_is_anothers(hub, students, place):
    ann, bob = students[:2]
    for s in (ann, bob):
        s.start()
    ann.open()
    first = [cell.source for cell in ann.open().cells if cell.cell_type == "code"][:5]
    assert not errors(ann.run(*first))
    ann.train("long")

    files, folders, sockets = [], [], []
    born = ann.home.parent.stat().st_ctime  # what is older in /tmp was that of an earlier user with the same number

    def collect(folder):
        for entry in os.scandir(folder):
            with contextlib.suppress(FileNotFoundError):  # what ends meanwhile
                status = entry.stat(follow_symlinks=False)
                if status.st_uid != ann.uid or status.st_ctime < born or entry.is_symlink():
                    continue
                if entry.is_dir():
                    folders.append(entry.path)
                    collect(entry.path)
                else:
                    (sockets if Path(entry.path).is_socket() else files).append(entry.path)
    for folder in (ann.home.parent, place / "run", "/tmp", "/var/tmp", "/dev/shm"):
        collect(folder)
    own = [p.pid for p in processes(ann.uid)]
    files += [f"/proc/{pid}/{name}" for pid in own for name in ("environ", "maps", "mem")]
    folders += [f"/proc/{pid}/fd" for pid in own]
    what = "\n".join(files + sockets)
    for part in ("runs/start", "history.jsonl", "/kernel-", "gonb_", "notebooks/00-start-here.ipynb", "-ipc-", "environ"):
        assert part in what, f"{part} is not there: {what[:5000]}"
    job = {"files": files, "folders": folders, "sockets": sockets}
    assert len(pry(ann, **job)) > len(folders), "the test can read nothing at all"
    assert pry(bob, **job) == []

    # The kernel has no ports, and the server's answers nobody but ann.
    ports = {p.name(): [c.laddr.port for c in p.net_connections() if c.status == psutil.CONN_LISTEN] for p in processes(ann.uid)}
    listens = [port for all in ports.values() for port in all]
    assert len(listens) == 1, ports
    token = hub.ask("POST", f"/hub/api/users/{bob.name}/tokens", json={}).json()["token"]
    assert bob.ask("GET", "api/contents/notebooks", token=token).ok
    for path in ("api/contents/notebooks", "api/kernels", f"files/notebooks/00-start-here.ipynb?token={token}"):
        for address in (hub.address, f"http://127.0.0.1:{listens[0]}"):
            answer = requests.get(f"{address}/user/{ann.name}/{path}", headers={"Authorization": f"token {token}"}, timeout=30,
                                  allow_redirects=False)
            assert answer.status_code in (302, 403, 404), f"{address} {path}: {answer.status_code} {answer.text[:300]}"
    # What all users may see of a process: its words.
    words = json.dumps([p.cmdline() for p in processes(ann.uid)])
    secret = [v for p in processes(ann.uid) for n, v in p.environ().items() if "TOKEN" in n or "KEY" in n]
    assert secret and not any(value and value in words for value in secret)
    # The hub's own.
    hubs = [str(path) for path in hub.folder.glob("*") if path.name in ("cookie_secret", "jupyterhub.sqlite")]
    assert len(hubs) == 2 and pry(bob, files=hubs + [f"/proc/{hub.process.pid}/environ"]) == []


def gone(student, seconds):
    began = time.monotonic()
    wait_until(lambda: not list(processes(student.uid)), lambda: str([p.cmdline() for p in processes(student.uid)]), seconds)
    return time.monotonic() - began


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_nothing_outlives_the_server(students, how):
    """The hub stops a server, or something kills it, while a cell trains: kernel, cell and engine end, and the training is kept."""
    student = students[0]
    student.start()
    first = [cell.source for cell in student.open().cells if cell.cell_type == "code"][:3]
    assert not errors(student.run(*first))

    history = student.train(f"ended/{how}")
    names = {p.name() for p in processes(student.uid)}
    assert {"gonb", "mnistkit-engine"} <= names, names
    if how == "stop":
        threading.Thread(target=student.stop, daemon=True).start()
    else:
        server, = (p for p in processes(student.uid) if "jupyterhub.singleuser" in p.cmdline())
        server.kill()
    print(f"{how}: gone after {gone(student, {'stop': 10, 'kill': 3}[how]):.1f} s")
    wait_until(lambda: student.hub.ask("GET", f"/hub/api/users/{student.name}").json()["servers"] == {}, lambda: "the hub still has it")
    assert history.read_text(encoding="utf-8").count("\n") > 1


def test_limits(students):
    """A cell that takes too much memory fails, the kernel and other users go on; and all share the user's processors."""
    ann, bob = students[:2]
    for s in (ann, bob):
        s.start()
        s.open()
    grow = '''import "fmt"
%%
var all [][]byte
for i := range 40 {
	b := make([]byte, 100<<20)
	for n := 0; n < len(b); n += 4096 {
		b[n] = 1
	}
	all = append(all, b)
	fmt.Println((i + 1) * 100, "MB")
}'''
    assert not errors(bob.run('import "fmt"\n%%\nfmt.Println("before")'))
    done = ann.run(grow, 'import "runtime"\n%%\nfmt.Println("processors:", runtime.NumCPU())')
    said = json.dumps([outputs for outputs, _ in done])
    assert errors(done[:1]) and "500 MB" in said and "1100 MB" not in said, said
    assert "processors: 1\\n" in said, said
    ann.ask("POST", f"api/kernels/{ann.kernel}/restart")
    assert "anew" in json.dumps(ann.run('import "fmt"\n%%\nfmt.Println("anew")')[0][0])
    assert "after" in json.dumps(bob.run('%%\nfmt.Println("after")')[0][0])


def log_in(hub, name, password):
    browser = requests.Session()
    browser.get(f"{hub.address}/hub/login", timeout=30)
    form = {"username": name, "password": password, "_xsrf": browser.cookies.get("_xsrf", path="/hub/")}
    return browser, browser.post(f"{hub.address}/hub/login?next=%2Fhub%2Fhome", data=form, timeout=60)


def test_only_the_class_logs_in(hub, users, students):
    names, password = users
    browser, answer = log_in(hub, names[0], password)
    assert answer.ok and answer.url.endswith("/hub/home"), answer.url
    students[0].start()
    page = browser.get(f"{hub.address}/user/{names[0]}/", timeout=60)
    assert page.ok and page.url.endswith("/lab/tree/notebooks/00-start-here.ipynb"), page.url
    for name, word in ((names[0], "wrong"), ("g_hub_guest", password)):
        assert log_in(hub, name, word)[1].status_code == 403, name


def test_idle_servers_end(place, prefix, users):
    """A server is stopped when nothing has happened for a while; a training is something."""
    hub = Hub(place, prefix, IDLE=10)
    try:
        student = Student(hub, users[0][-1])
        student.start()
        first = [cell.source for cell in student.open().cells if cell.cell_type == "code"][:3]
        assert not errors(student.run(*first))
        student.train("busy")
        time.sleep(30)
        assert "mnistkit-engine" in {p.name() for p in processes(student.uid)}, "a training counts as idle"
        student.ask("POST", f"api/kernels/{student.kernel}/interrupt")
        gone(student, 120)
    finally:
        hub.stop()
