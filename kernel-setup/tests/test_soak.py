"""Trainings that are killed at random moments end with the weights of one that nobody disturbed. Run it with:
go run ./kernel-setup test soak"""

import hashlib
import os
import random
import subprocess
import time

import pytest

from conftest import ROOT

pytestmark = pytest.mark.soak

KILLS = 3  # before a training may end


def train(program, folder, kill=3600):
    """Returns what the weights are, None when the training was killed after some seconds."""
    try:
        subprocess.run([program], env={**os.environ, "MNISTKIT_RUNS": str(folder)}, check=True, timeout=kill)
    except subprocess.TimeoutExpired:
        return None
    weights = sorted((folder / "soak" / "last").glob("*.bin"))
    assert weights
    return [hashlib.sha256(file.read_bytes()).hexdigest() for file in weights]


def test_killed_trainings_go_on(tmp_path):
    times, seed = int(os.environ["SOAK_TIMES"]), int(os.environ["SOAK_SEED"]) or random.getrandbits(63)
    print(f"{times} trainings, {times * KILLS} kills, seed {seed}")
    moments = random.Random(seed)
    program = tmp_path / "soak"
    subprocess.run(["go", "build", "-o", program, "./kernel-setup/soak"], cwd=ROOT, check=True)
    start = time.monotonic()
    want = train(program, tmp_path / "whole")
    took = time.monotonic() - start
    for i in range(times):
        kills = [round(moments.uniform(0, took), 3) for _ in range(KILLS)]
        for kill in kills:
            train(program, tmp_path / str(i), kill)
        got = train(program, tmp_path / str(i))
        assert got == want, f"training {i}, killed after {kills} s, seed {seed}: other weights than those of an undisturbed one"
