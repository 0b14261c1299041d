"""Ends what kernel-setup leaves when it is killed. Each line of standard input is the number of a program that has begun, and
the negative number when it has ended; the end of the input is that of kernel-setup."""

import os
import signal
import subprocess
import sys
import time

PATIENCE = 30  # seconds until a program that does not tidy up is killed


def tell(group, what):
    """Sends a signal to a program and to those that it started; says whether one is left."""
    try:
        os.killpg(group, what)
        return True
    except (ProcessLookupError, PermissionError):
        return False


def finish(left):
    if os.name == "nt":
        for program in left:
            subprocess.run(["taskkill", "/F", "/T", "/PID", str(program)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return
    end = time.monotonic() + PATIENCE
    left = [group for group in left if tell(group, signal.SIGTERM)]
    while left and time.monotonic() < end:
        time.sleep(0.1)
        left = [group for group in left if tell(group, 0)]
    for group in left:
        tell(group, signal.SIGKILL)


def main():
    if hasattr(os, "fork") and os.fork() > 0:
        os._exit(0)  # it is nobody's child any more
    left = set()
    for line in sys.stdin:
        number = int(line)
        if number > 0:
            left.add(number)
        else:
            left.discard(-number)
    finish(left)


if __name__ == "__main__":
    main()
