"""Prints how many bytes of memory are free: what the system says, or what a container's limit leaves."""

from pathlib import Path

import psutil


def free(group=Path("/sys/fs/cgroup")):
    available = psutil.virtual_memory().available
    try:
        limit, used = (int((group / name).read_text()) for name in ("memory.max", "memory.current"))
    except (OSError, ValueError):  # no container, or one without a limit
        return available
    return min(available, limit - used)


if __name__ == "__main__":
    print(free())
