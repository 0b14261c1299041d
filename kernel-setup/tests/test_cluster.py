"""What docs/cluster.md says: the tasks of a cluster train one sweep. Run it with: go run ./kernel-setup test cluster"""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
from types import SimpleNamespace

import pytest

from conftest import ROOT, digests, free_port, kernel_setup, wait_until

pytestmark = pytest.mark.cluster

PAGE = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")


def block(language, containing):
    """The one block of the page in that language that contains some words."""
    found = [b for b in re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.M | re.S) if containing in b]
    assert len(found) == 1, containing
    return found[0]


def shell(script, folder, **environment):
    done = subprocess.run(["bash", "-euc", script], cwd=folder, capture_output=True, text=True,
                          env={**os.environ, "GOFLAGS": "", "GOMLX_BACKEND": "go", **environment})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def weights(runs):
    """The sha256 of each run's last weights."""
    kept = {name.split("/last/")[0]: digest for name, digest in digests(runs, "last/*.bin").items()}
    assert len(kept) == 8, kept
    return kept


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """The folder of the page's program, and what one process trains by it."""
    folder = tmp_path_factory.mktemp("page") / "rates"
    folder.mkdir()
    (folder / "main.go").write_text(block("go", "func main()").replace("Fit(40)", "Fit(100)"), encoding="utf-8")
    (folder / "rates.sbatch").write_text(block("sh", "#SBATCH"), encoding="utf-8")
    shell(f"go mod init rates; go mod edit -require=gonblabs@v0.0.0 -replace=gonblabs={ROOT}; go mod tidy; CGO_ENABLED=0 go build", folder)
    shell("./rates", folder, MNISTKIT_RUNS=str(folder / "alone"))
    return folder


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    """A Slurm of two processors on this machine, with everything it writes in a folder of its own."""
    if os.geteuid() != 0 or not shutil.which("slurmctld"):
        pytest.skip("Slurm has to be installed (apt install slurm-wlm), and its test needs root")
    folder, host = tmp_path_factory.mktemp("slurm"), socket.gethostname().split(".")[0]
    for name in ("state", "spool", "log"):
        (folder / name).mkdir()
    (folder / "slurm.conf").write_text(f"""
ClusterName=lab
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={free_port()}
SlurmdPort={free_port()}
AuthType=auth/none
CredType=cred/none
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/log/slurmctld
SlurmdLogFile={folder}/log/slurmd
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
MpiDefault=none
ReturnToService=2
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 RealMemory=4000
PartitionName=all Nodes={host} Default=YES State=UP
""", encoding="utf-8")
    environment = {"SLURM_CONF": str(folder / "slurm.conf")}
    os.chmod(folder, 0o755)
    daemons = []

    def ask(command, folder="/"):
        return shell(command, folder, **environment)
    try:
        for name in ("slurmctld", "slurmd"):
            with open(folder / "log" / f"{name}.out", "w", encoding="utf-8") as log:
                daemons.append(subprocess.Popen([name, "-D"], env={**os.environ, **environment}, stdout=log, stderr=subprocess.STDOUT))
        wait_until(lambda: "idle" in subprocess.run(["sinfo", "-h"], env={**os.environ, **environment}, capture_output=True, text=True).stdout,
                   lambda: (folder / "log" / "slurmctld").read_text() + (folder / "log" / "slurmd").read_text())
        yield SimpleNamespace(ask=ask, environment=environment)
    finally:
        with contextlib.suppress(AssertionError):
            ask("scancel --user=root")
        for daemon in reversed(daemons):
            daemon.terminate()
            daemon.wait(60)


def epochs(runs):
    return sum(path.read_text().count("\n") for path in runs.rglob("history.jsonl"))


def test_an_array_of_tasks(program, slurm):
    """Four tasks, of which one is put back into the queue and one asked to save, leave what one process leaves."""
    runs = program / "runs"
    job = slurm.ask("sbatch --parsable rates.sbatch", program).strip()
    state = lambda: slurm.ask(f"squeue -h -r -t all -o '%K %T' -j {job}")  # noqa: E731
    wait_until(lambda: epochs(runs) > 2, state)
    slurm.ask(f"scontrol requeue {job}_0")
    slurm.ask(f"scancel --batch --signal=USR1 {job}_1 || true")  # it may ask again when the task has ended
    wait_until(lambda: "1 FAILED" in state(), state)
    assert "stopped" in (program / f"rates-{job}-1.txt").read_text()
    slurm.ask("sbatch --wait rates.sbatch", program)  # once more, while the first array is at work
    wait_until(lambda: not re.search("RUNNING|PENDING|COMPLETING", state()), state, 600)
    assert state().count("COMPLETED") == 3, state()
    joined = shell("./rates", program, MNISTKIT_RUNS=str(runs))
    assert "8 of 8 runs" in joined and "missing" not in joined, joined
    assert weights(runs) == weights(program / "alone")


def test_two_processes(program):
    """Any programs that are told their shares, as pods are."""
    runs = program / "pods"
    tasks = [subprocess.Popen([program / "rates"], env={**os.environ, "GOMLX_BACKEND": "go", "MNISTKIT_RUNS": str(runs), "MNISTKIT_SHARES": "2",
                                                        "JOB_COMPLETION_INDEX": str(index)}, stdout=subprocess.DEVNULL) for index in range(2)]
    wait_until(lambda: epochs(runs) > 2, lambda: "no epoch ends")
    tasks[0].send_signal(signal.SIGTERM)  # the node is drained
    assert [task.wait(600) != 0 for task in tasks] == [True, False]
    shell("./rates", program, MNISTKIT_RUNS=str(runs), MNISTKIT_SHARES="2", JOB_COMPLETION_INDEX="0")
    assert weights(runs) == weights(program / "alone")


# Decodes a manifest as the API server does, and knows no field that it does not know.
STRICT = """package main

import (
	"io"
	"os"

	batch "k8s.io/api/batch/v1"
	"sigs.k8s.io/yaml"
)

func main() {
	manifest, _ := io.ReadAll(os.Stdin)
	var job batch.Job
	if err := yaml.UnmarshalStrict(manifest, &job); err != nil || *job.Spec.Completions != 4 {
		println(err.Error())
		os.Exit(1)
	}
}
"""


def test_the_manifest(tmp_path):
    (tmp_path / "main.go").write_text(STRICT, encoding="utf-8")
    (tmp_path / "job.yaml").write_text(block("yaml", "kind: Job"), encoding="utf-8")
    shell("go mod init strict; go get k8s.io/api@v0.36.0 sigs.k8s.io/yaml@v1.6.0; go mod tidy; go run . <job.yaml", tmp_path)


def test_a_notebook_in_shares(tmp_path):
    """Shares of a notebook end quietly where they need each other; the last report joins them and trains nothing that they have."""
    runs = tmp_path / "runs"
    place = {"MNISTKIT_RUNS": str(runs), "MNISTKIT_DATA": "bundled"}
    for share in ("1/2", "2/2"):
        done = kernel_setup("report", "02", "--original", "--share", share, "--out", tmp_path / "pages", **place)
        assert done.code == 0 and "which needs runs of other shares" in done.said or share == "2/2", done.said
    before = digests(runs, "last/*")
    assert len(before) > 12 and not list((tmp_path / "pages").glob("*.html"))
    done = kernel_setup("report", "02", "--original", "--out", tmp_path / "pages", **place)
    assert done.code == 0 and list((tmp_path / "pages").glob("02*.html")), done.said
    assert before.items() <= digests(runs, "last/*").items()
    done = kernel_setup("report", "02", "--share", "3/2", **place)
    assert done.code == 2 and "makes this share 3 of 2" in done.said, done.said
