"""Faults of the GoNB kernel, seen by a client of Jupyter's.

    go build -o .tools/bin/plain-gonb github.com/janpfeifer/gonb
    python docs/upstream/gonb.py .tools/bin/plain-gonb

Any Python that has jupyter_client will do, such as .venv/bin/python. GoNB needs goimports, which it finds beside itself.
"""

import json
import os
import queue
import re
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
        os.environ["PATH"] = os.path.dirname(spec["argv"][0]) + os.pathsep + os.environ["PATH"]
        specs = KernelSpecManager(kernel_dirs=[folder], ensure_native_kernel=False)
        for seen in look, look_at_cells:
            kernel = KernelManager(kernel_name="gonb", kernel_spec_manager=specs)
            kernel.start_kernel(stderr=open(os.devnull, "w"))
            try:
                seen(kernel)
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


def look_at_cells(kernel):
    client = kernel.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)

    _, error = run(client, "%noautoget\n%%\nvar b strings.Builder\nb.Wright()")
    print("a misspelt method:", re.sub(r'"\S*go (\w+)[^"]*"', r'"go \1"', error))
    written, error = run(client, "%%\nos.Exit(1)")
    print(f'os.Exit(1) writes "{written.strip()}", and the error is "{error}"')

    client.execute("%%\nprintln(1)\n%%\nprintln(2)")
    time.sleep(3)
    print("after a cell with two lines %% the kernel is", "there" if kernel.is_alive() else "gone")


def run(client, code):
    """What a cell wrote to its streams, and the value of its error."""
    written, request = "", client.execute(code)
    while True:
        message = client.get_iopub_msg(timeout=60)
        content = message["content"]
        if message["parent_header"].get("msg_id") == request:
            if message["msg_type"] == "stream":
                written += content["text"]
            elif message["msg_type"] == "error":
                return written, content["evalue"]
            elif content.get("execution_state") == "idle":
                return written, ""


if __name__ == "__main__":
    main(sys.argv[1])
