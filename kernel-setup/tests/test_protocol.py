"""The kernel speaks Jupyter's protocol: Jupyter's own tests of kernels, and messages of strangers."""

import os
import unittest

import jupyter_kernel_test
import zmq
from jupyter_client.manager import start_new_kernel
from jupyter_client.session import Session


class GoKernelTests(jupyter_kernel_test.KernelTests):
    kernel_name = "gonb"
    language_name = "go"
    file_extension = ".go"
    code_hello_world = '%%\nfmt.Println("hello, world")'
    code_stderr = '%%\nfmt.Fprintln(os.Stderr, "a warning")'
    code_display_data = [{"code": '%%\ngonbui.DisplayHTML("<b>1</b>")', "mime": "text/html"}]
    # A console that hears "unknown" sends the cell at an empty line.
    complete_code_samples = ["%%\nfmt.Println(1)"]

    def check_is_complete(self, sample, status):
        super().check_is_complete(sample, "unknown")

    # What follows GoNB itself does not do.
    code_generate_error = "%%\npanic(1)"
    code_execute_result = [{"code": "%%\n1 + 1", "result": "2"}]

    @unittest.expectedFailure
    def test_error(self):
        """The error of a cell has the program's own words on stderr before it, where this test wants one message only."""
        super().test_error()

    @unittest.expectedFailure
    def test_execute_result(self):
        """A Go program shows what it wants to show: a cell has no value of its own."""
        super().test_execute_result()

    def test_history(self):
        self.skipTest("GoNB keeps no history; JupyterLab asks for none")


def test_strangers_do_not_end_the_kernel():
    """Whoever reaches a port of the kernel may send anything: it is left out."""
    manager, client = start_new_kernel(kernel_name="gonb", startup_timeout=60)
    try:
        stranger = Session(key=b"another key")
        signed = stranger.serialize(stranger.msg("execute_request", {"code": "%%\nos.Exit(3)"}))
        kind = Session(key=manager.session.key)
        garbled = kind.serialize(kind.msg("kernel_info_request"))
        garbled[2:] = [b"{"] * 4
        garbled[1] = kind.sign(garbled[2:])
        context = zmq.Context()
        for port in (manager.shell_port, manager.control_port, manager.stdin_port):
            with context.socket(zmq.DEALER) as socket:
                socket.connect(f"tcp://127.0.0.1:{port}")
                for message in (signed, garbled, [b"hello"], [b"<IDS|MSG>"], [b"<IDS|MSG>", b"", b"{}"], [b"", b"<IDS|MSG>", b"zz", b"", b"", b"", b""]):
                    socket.send_multipart(message)
                socket.close(linger=1000)
        context.term()
        client.kernel_info()
        assert client.get_shell_msg(timeout=15)["header"]["msg_type"] == "kernel_info_reply"
        assert client.execute_interactive('%%\nfmt.Println("here")', timeout=60)["content"]["status"] == "ok"
        assert manager.is_alive()
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
