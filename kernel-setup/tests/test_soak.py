"""Trainings that are killed at random moments end with the weights of ones that nobody disturbed. Run it with:
go run ./kernel-setup test soak"""

import os
import random
import subprocess

import pytest

from conftest import ROOT

pytestmark = pytest.mark.soak


@pytest.mark.parametrize("backend", sorted({"go", os.environ.get("GOMLX_BACKEND", "go")}))
def test_killed_trainings_go_on(backend, capfd):
    times, seed = os.environ["SOAK_TIMES"], int(os.environ["SOAK_SEED"]) or random.getrandbits(63)
    with capfd.disabled():
        subprocess.run(["go", "test", "-count=1", "-timeout=0", "-v", "./kernel-setup/soak", f"-times={times}", f"-seed={seed}"],
                       cwd=ROOT, env={**os.environ, "GOMLX_BACKEND": backend}, check=True)
