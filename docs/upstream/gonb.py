"""Three faults of the GoNB kernel, seen by a client of Jupyter's.

    python docs/upstream/gonb.py .tools/bin/gonb

Any Python that has jupyter_client will do, such as .venv/bin/python.
"""

import json
import os
import queue
import sys
import tempfile
import time

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager


def main(gonb):
    with tempfile.TemporaryDirectory() as folder:
        os.makedirs(f"{folder}/gonb")
        spec = {"argv": [os.path.abspath(gonb), "--kernel", "{connection_file}"], "display_name": "Go", "language": "go"}
        with open(f"{folder}/gonb/kernel.json", "w") as file:
            json.dump(spec, file)
        specs = KernelSpecManager(kernel_dirs=[folder], ensure_native_kernel=False)
        kernel = KernelManager(kernel_name="gonb", kernel_spec_manager=specs)
        kernel.start_kernel(stderr=open(os.devnull, "w"))
        try:
            look(kernel)
        finally:
            kernel.shutdown_kernel(now=True)


def look(kernel):
    client = kernel.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)

    client.kernel_info()
    reply = client.get_shell_msg(timeout=10)
    while reply["msg_type"] != "kernel_info_reply":
        reply = client.get_shell_msg(timeout=10)
    print("pygments_lexer is", repr(reply["content"]["language_info"]["pygments_lexer"]))

    client.is_complete("x := 1")
    try:
        print("is_complete_request is answered by", client.get_shell_msg(timeout=10)["msg_type"])
    except queue.Empty:
        print("is_complete_request has no answer after 10 s")

    client.session.key = b"another key"
    client.kernel_info()
    time.sleep(3)
    print("after a wrongly signed message the kernel is", "there" if kernel.is_alive() else "gone")


if __name__ == "__main__":
    main(sys.argv[1])
