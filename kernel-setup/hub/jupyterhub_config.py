"""JupyterHub for a class on one machine: each user of the system in the group `gonblabs` has a server of their own, with the
course of @prefix@. docs/hub.md says how it is started. What a school changes stands first."""

import os
import pwd
import resource
import shutil
import sys
from pathlib import Path

from jupyterhub.spawner import LocalProcessSpawner

c = get_config()  # noqa: F821, which JupyterHub provides

GROUP = "gonblabs"  # the group of the students; its members log in with their passwords
MEMORY = "1G"  # for each user: 300M is the least that the largest network of the course needs
PROCESSORS = 1  # for each user
IDLE = 3600  # seconds without a cell that runs, a key or a click, until a server is stopped; trainings are kept on disk

here = Path(__file__).resolve().parent
state = Path(os.environ.get("STATE_DIRECTORY", here))  # cookies and the list of users, which only root may read
sockets = Path(os.environ.get("RUNTIME_DIRECTORY", "/run/gonblabs-hub"))
os.umask(0o077)  # what the hub and its servers write is for its owner alone

c.JupyterHub.bind_url = "http://127.0.0.1:8000"  # a web server before it does HTTPS
c.JupyterHub.cookie_secret_file = str(state / "cookie_secret")
c.JupyterHub.db_url = f"sqlite:///{state / 'jupyterhub.sqlite'}"
c.ConfigurableHTTPProxy.pid_file = str(state / "proxy.pid")
c.ConfigurableHTTPProxy.command = [str(here / "node_modules/.bin/configurable-http-proxy")]
c.JupyterHub.authenticator_class = "pam"
c.PAMAuthenticator.allowed_groups = {GROUP}

# The server: `lab` makes the user's copies of the notebooks and becomes JupyterHub's server with JupyterLab.
c.Spawner.cmd = ["@prefix@/bin/gonblabs", "lab"]
c.Spawner.start_timeout = c.Spawner.http_timeout = 120  # a whole class starts at once
c.Spawner.mem_limit = MEMORY
c.Spawner.cpu_limit = PROCESSORS


def private(spawner):
    """The home, and a new folder for the sockets of the kernels, are for this user alone. The path is short, because a socket's
    may have 107 signs."""
    user = pwd.getpwnam(spawner.user.name)
    os.chmod(user.pw_dir, 0o700)
    sockets.mkdir(mode=0o711, parents=True, exist_ok=True)
    sockets.chmod(0o711)
    folder = sockets / str(user.pw_uid)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    os.chown(folder, user.pw_uid, user.pw_gid)
    spawner.environment = {**spawner.environment, "KERNEL_SETUP_SOCKETS": str(folder)}


c.Spawner.pre_spawn_hook = private


class LimitedSpawner(LocalProcessSpawner):
    """Where there is no systemd: each process of a user has the limit of memory, and all of them share the user's processors."""

    def make_preexec_fn(self, name):
        become = super().make_preexec_fn(name)
        given, wanted = sorted(os.sched_getaffinity(0)), max(1, round(self.cpu_limit or 0))
        first = pwd.getpwnam(name).pw_uid * wanted

        def limited():
            if self.mem_limit:
                resource.setrlimit(resource.RLIMIT_DATA, (self.mem_limit, self.mem_limit))
            if self.cpu_limit:
                os.sched_setaffinity(0, {given[(first + i) % len(given)] for i in range(wanted)})
            become()
        return limited


if Path("/run/systemd/system").exists():  # systemd counts all processes of a user together
    c.JupyterHub.spawner_class = "systemdspawner.SystemdSpawner"
    c.SystemdSpawner.isolate_tmp = True
    c.SystemdSpawner.default_shell = "/bin/bash"
    c.SystemdSpawner.unit_extra_properties = {"UMask": "0077"}
    c.JupyterHub.cleanup_servers = False  # a new start of the hub stops no training
else:
    c.JupyterHub.spawner_class = LimitedSpawner
    c.LocalProcessSpawner.interrupt_timeout = 5

c.JupyterHub.services = [{
    "name": "cull-idle",
    "command": [sys.executable, "-m", "jupyterhub_idle_culler", f"--timeout={IDLE}", f"--cull-every={max(1, IDLE // 10)}"],
}]
c.JupyterHub.load_roles = [{
    "name": "cull-idle", "services": ["cull-idle"],
    "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
}]
