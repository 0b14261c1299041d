"""Prints True where JupyterLab completes code unless somebody chose: 4 GB of memory are free, as each kernel starts a gopls,
which takes some 300 MB, and there is no hub, under which many people share them."""

import os
import re
from pathlib import Path

import psutil


def free(group=Path("/sys/fs/cgroup")):
    """What the system says, or what a container's limit leaves, in bytes."""
    available = psutil.virtual_memory().available
    try:
        limit, used = (int((group / name).read_text()) for name in ("memory.max", "memory.current"))
        cached = re.search(r"^inactive_file (\d+)$", (group / "memory.stat").read_text(), flags=re.M)
    except (OSError, ValueError):  # no container, or one without a limit
        return available
    return min(available, limit - used + int(cached[1]))  # files that were read give way


def wanted(free, variables):
    return free >= 4e9 and not any(name.startswith("JUPYTERHUB_") for name in variables)


if __name__ == "__main__":
    print(wanted(free(), os.environ))
