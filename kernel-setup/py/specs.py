"""The kernels of a server that `lab` starts have what this server was started with, such as its folder of runs. Other servers,
and editors, find the kernel as set-up wrote it."""

import json
import os

from jupyter_client.kernelspec import KernelSpecManager

from metadata import KERNEL


class Specs(KernelSpecManager):
    def get_kernel_spec(self, kernel_name):
        spec = super().get_kernel_spec(kernel_name)
        if kernel_name == KERNEL["name"]:
            spec.env |= json.loads(os.environ.get("KERNEL_SETUP_KERNELS", "{}"))
        return spec
