"""Go looks for inputs that break a parser, so long for each target. Run it with: go run ./kernel-setup test fuzz"""

import os
import resource
import subprocess

import pytest

from conftest import ROOT


def go_test(*arguments):
    done = subprocess.run(["go", "test", *arguments], cwd=ROOT, env={**os.environ, "GOMLX_BACKEND": "go"},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout


def processor_minutes():
    """What the programs that have ended here took of the processors."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (used.ru_utime + used.ru_stime) / 60


def targets(listed):
    """Pairs of target and package; the line of a package comes after its targets."""
    names = []
    for line in listed.splitlines():
        if line.startswith("Fuzz"):
            names.append(line)
        elif names:
            yield from ((name, line.split()[1]) for name in names)
            names = []


def failed(code, said):
    """At times Go's fuzzer takes the end of its own time for a failure."""
    return code != 0 and ("context deadline exceeded" not in said or "Failing input written" in said)


@pytest.mark.fuzz
def test_fuzz(capsys):
    code, listed = go_test("-list", "^Fuzz", "./...")
    assert code == 0, listed
    broken = []
    for name, package in targets(listed):
        before = processor_minutes()
        code, said = go_test("-run=^$", f"-fuzz=^{name}$", f"-fuzztime={os.environ['FUZZ_EACH']}",
                             "-fuzzminimizetime=100x", package)  # by default most of the time goes into short inputs
        if failed(code, said):
            broken.append(f"{name}:\n{said}")
        with capsys.disabled():
            print(f"{name}: {processor_minutes() - before:.1f} processor minutes", flush=True)
    assert not broken, "\n".join(broken)


def test_targets_and_failures_are_told():
    listed = "FuzzA\nFuzzB\nok  \tgonblabs/x\t0.1s\nok  \tgonblabs/y\t0.1s\nFuzzC\nok  \tgonblabs/z\t0.1s\n"
    assert list(targets(listed)) == [("FuzzA", "gonblabs/x"), ("FuzzB", "gonblabs/x"), ("FuzzC", "gonblabs/z")]
    ended = "--- FAIL: FuzzX (2.04s)\n    context deadline exceeded\nFAIL"
    assert not failed(1, ended) and failed(1, ended + "\nFailing input written to testdata") and failed(1, "") and not failed(0, "")
