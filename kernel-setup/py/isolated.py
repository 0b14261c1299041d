"""Starts a kernel that is kept apart: a user, a network, folders and limits of its own, as far as the machine allows.

    python isolated.py JOB COMMAND...

JOB is what `job` makes. The program stays the parent of all that the kernel starts, and ends it with the kernel.
"""

import ctypes
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

NO_NEW_PRIVILEGES, SUBREAPER, DROP, PARENT_DEATH = 38, 36, 24, 1  # of prctl
TOGETHER = ["setpriv", "--pdeathsig", "KILL"]  # ends with the grader, also when that is killed
NAMESPACES = ["unshare", "--net", "--ipc", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
HIDDEN = ("/root", "/home", "/tmp", "/var/tmp", "/dev/shm", "/run/lock", "/mnt", "/media", "/srv")


def works(command):
    try:
        return subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def job(place, shown, secret, limits):
    """How the kernel is kept apart: the command that begins, the job, and what this machine does not allow. `place` is the
    submission's own folder, `shown` what it reads beside the system, `secret` what it must not."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    missing = []
    begin = [*TOGETHER, *NAMESPACES] if root else [*TOGETHER, NAMESPACES[0], "--user", "--map-root-user", *NAMESPACES[1:]]
    alone = sys.platform == "linux" and works(begin)
    if not alone:
        missing.append("the network is not cut off, and files that everybody can read are visible: Linux' namespaces are not allowed here")
        begin = []
        if not root:
            missing.append("it runs as you, who can read the course's solutions and grades: grade as root, or in a container without them")
    uid = 200_000_000 + int.from_bytes(os.urandom(3), "big") if root else -1  # nobody's, or as it is
    hidden = [path for path in {*HIDDEN, str(Path.home()), *secret} if os.path.isdir(path) and path != "/"]
    return begin, {"place": str(place), "uid": uid, "alone": alone, "shown": [str(place), *shown], "hidden": hidden, **limits}, missing


def hide(hidden, shown, place, program):
    """Puts empty folders over what is hidden, and what is shown back into them. A program that its user cannot read has a memory
    that its user cannot open."""
    kept = {path: os.open(path, os.O_PATH) for path in shown if os.path.isabs(path) and os.path.exists(path)}
    handles = list(kept.values())
    run = lambda *command: subprocess.run(command, check=True, pass_fds=handles)  # noqa: E731
    run("mount", "--make-rprivate", "/")
    mounted = []
    for path in sorted({*hidden, *kept}, key=len):
        if path not in kept:
            if os.path.isdir(path):
                run("mount", "-t", "tmpfs", "-o", "mode=755,size=64m", "tmpfs", path)
        elif not (os.path.exists(path) and os.path.samestat(os.stat(path), os.fstat(kept[path]))):
            os.makedirs(path, exist_ok=True)
            run("mount", "--no-canonicalize", "--bind", f"/proc/self/fd/{kept[path]}", path)
            mounted.append(path)
    for path in mounted:
        if path != place:
            run("mount", "-o", "remount,bind,ro", path)
    while handles:
        os.close(handles.pop())
    shutil.copyfile(program, os.path.join(place, "program"))
    os.chmod(os.path.join(place, "program"), 0o111)
    run("mount", "--bind", os.path.join(place, "program"), program)


def become(job, command):
    """Gives up what a submission must not have, and becomes its kernel."""
    prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else lambda *_: 0
    home = os.path.join(job["place"], "home")
    for limit, value in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, job["file"]), (resource.RLIMIT_DATA, job["memory"]),
                         (resource.RLIMIT_CPU, job["seconds"])):
        resource.setrlimit(limit, (value, value))
    for capability in range(64):  # such as that to undo what is hidden, which root of a namespace has
        prctl(DROP, capability, 0, 0, 0)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:job["processors"]])
    if job["uid"] > 0:
        resource.setrlimit(resource.RLIMIT_NPROC, (job["programs"], job["programs"]))
        os.setgroups([])
        os.setgid(job["uid"])
        os.setuid(job["uid"])
    prctl(PARENT_DEATH, signal.SIGKILL, 0, 0, 0)
    prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    os.umask(0o077)
    os.chdir(os.path.join(home, "work"))
    kept = {name: os.environ[name] for name in os.environ if name.startswith(("GO", "CGO", "XLA", "MALLOC", "MNISTKIT", "KERNEL_", "PATH", "LANG"))}
    os.execve(command[0], command, kept | {
        "GOENV": "off", "GOTOOLCHAIN": "local",  # a file in the home could name another compiler
        "HOME": home, "TMPDIR": os.path.join(home, "tmp"), "MNISTKIT_RUNS": os.path.join(home, "runs"), "XDG_CACHE_HOME": os.path.join(home, "cache"),
        "MNISTKIT_GRADING": os.path.join(job["place"], "key", "key")})


def strays(keeper, kept=()):
    """What the kernel's cells have started and is still there. `keeper` is this program; its first child is the kernel."""
    first = min(keeper.children(), key=lambda one: one.create_time(), default=None)
    for one in keeper.children(recursive=True):
        try:
            if one != first and one.status() != psutil.STATUS_ZOMBIE and one.exe() not in kept:
                yield one
        except psutil.Error:
            pass


def clear(keeper, kept=()):
    """Kills the strays, until there are none."""
    while found := list(strays(keeper, kept)):
        for one in found:
            try:
                one.kill()
            except psutil.Error:
                pass
        time.sleep(0.02)


def held(one):
    try:
        return one.memory_info().rss
    except psutil.Error:
        return 0


def main():
    job, command = json.loads(sys.argv[1]), sys.argv[2:]
    os.environ.pop("JPY_PARENT_PID", None)  # of another namespace
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
        ctypes.CDLL(None).prctl(PARENT_DEATH, signal.SIGKILL, 0, 0, 0)
    if job["alone"]:
        hide(job["hidden"], job["shown"], job["place"], job["program"])
    kernel = os.fork()
    if kernel == 0:
        become(job, command)
    me = psutil.Process()
    while True:
        try:
            ended, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return 1
        if ended == kernel:
            clear(me)
            return os.waitstatus_to_exitcode(status) & 0xff
        if ended == 0:
            if sum(map(held, me.children(recursive=True))) > job["memory"]:
                clear(me)
            time.sleep(0.3)


if __name__ == "__main__":
    sys.exit(main())
