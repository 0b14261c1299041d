"""JupyterLab's settings. kernel-setup puts this folder into JUPYTER_CONFIG_PATH."""

import contextlib
import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

here = Path(__file__).resolve().parent
sys.path.append(str(here.parent / "py"))
c.ServerApp.contents_manager_class = "contents.Contents"  # noqa: F821, which Jupyter provides
c.ServerApp.kernel_spec_manager_class = "specs.Specs"  # noqa: F821
c.LabApp.app_settings_dir = str(here)  # for overrides.json
c.LabApp.extension_manager = "readonly"
c.LabApp.custom_css = True
c.ServerApp.tornado_settings = {"static_custom_path": [str(here / "custom")]}

# Other users of a hub's machine could read the outputs of a kernel at its ports. Sockets have the rights of their folder.
if "KERNEL_SETUP_SOCKETS" in os.environ:
    c.KernelManager.transport = "ipc"  # noqa: F821

# The end of the terminal ends the server as Ctrl-C does, with its kernels; nohup lets it live on.
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) == signal.SIG_DFL:
    signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))

# What killed servers left: descriptions of kernels at whose port nobody listens any more.
for left in Path(os.environ.get("JUPYTER_RUNTIME_DIR", "")).glob("kernel-*.json"):
    with contextlib.suppress(Exception), socket.socket() as s:  # whatever a damaged one holds, the server starts
        listens = s.connect_ex(("127.0.0.1", json.loads(left.read_text(encoding="utf-8"))["shell_port"])) == 0
        if not listens and time.time() - left.stat().st_mtime > 3600:
            left.unlink()

# What is still to be built, meanwhile. It ends with this server: on Linux however that ends, elsewhere with its terminal.
if meanwhile := os.environ.pop("KERNEL_SETUP_MEANWHILE", None):
    def end_with_server():
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
    subprocess.Popen([meanwhile, "setup"], cwd=here.parent.parent, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                     stderr=subprocess.DEVNULL, preexec_fn=end_with_server if os.name == "posix" else None)
