"""Ends a program with the one that started it, however that ended."""

import os
import signal
import threading
import time


def end_with_parent():
    """Asks this program to end when its parent is gone; an executor then shuts its kernel down."""
    parent = os.getppid()

    def watch():
        while os.getppid() == parent:
            time.sleep(1)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(15)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
