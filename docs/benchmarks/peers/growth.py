"""Trains the 8 runs of docs/cluster.md by one process and by tasks, and shows many stored runs; prints the rounds as JSON.

    growth.py CHECKOUT FOLDER BENCHMARKS ROUNDS

BENCHMARKS is the program that stores runs and shows them. A task has one processor, as the page's file for Slurm gives it, and one
process has all. Each arrangement has to leave the same weights and metrics. The figures of a round are

    wall_s     time
    cpu_s      processor time of all processes
    ratio      of the processor time, to that of one process, or to that for a tenth of the runs
    start_s    processor time of the same sweep with one epoch of the bundled sample: next to nothing but starting
    apart      the ratio without it; alone likewise, to that of one task
    memory_mb  the peaks of all processes together, where they are there at once
    size_mb    of what is shown, as HTML and as text
"""
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

CHECKOUT, FOLDER, BENCHMARKS, ROUNDS = sys.argv[1:]
RUNS, PROGRAM = Path(os.environ["MNISTKIT_RUNS"]), f"{FOLDER}/rates"
ARRANGEMENTS = [("8 runs by one process", 0, True), *((f"8 runs by {n} task{'s'[:n - 1]}", n, True) for n in (1, 2, 4, 8)), ("8 runs by 8 tasks in turn", 8, False)]
SAMPLE = {"MNISTKIT_EPOCHS": "1", "MNISTKIT_DATA": "bundled"}
STORED = (10, 100, 1_000, 10_000)


def build():
    """The program that the page shows, with C."""
    page = (Path(CHECKOUT) / "docs" / "cluster.md").read_text(encoding="utf-8")
    Path(f"{PROGRAM}.go").write_text(re.search(r"^```go\n(// Command .*?)^```", page, re.M | re.S)[1], encoding="utf-8")
    subprocess.run(["go", "build", "-o", PROGRAM, f"{PROGRAM}.go"], cwd=CHECKOUT, check=True)


def finish(process, figures):
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"{process.args} failed"
    figures["cpu_s"] = figures.get("cpu_s", 0) + used.ru_utime + used.ru_stime
    figures["memory_mb"] = figures.get("memory_mb", 0) + used.ru_maxrss / 1024


def sweep(tasks, at_once, **environment):
    """Trains all runs anew."""
    shutil.rmtree(RUNS, ignore_errors=True)
    figures, processes, began = {}, [], time.time()
    for i in range(max(1, tasks)):
        share = {"MNISTKIT_SHARE": f"{i + 1}/{tasks}"} if tasks else {}
        bound = ["taskset", "--cpu-list", str(i % os.cpu_count())] if tasks else []
        processes.append(subprocess.Popen([*bound, PROGRAM], env={**os.environ, **share, **environment}, stdout=subprocess.DEVNULL))
        if not at_once:
            finish(processes.pop(), figures)
    for process in processes:
        finish(process, figures)
    if not at_once:
        del figures["memory_mb"]
    return {"wall_s": time.time() - began, **figures}


def trained():
    """The sha256 of each run's weights, and the metrics of its epochs."""
    def metrics(line):
        return {name: value for name, value in json.loads(line).items() if name not in ("seconds", "crc32c")}
    found = {run.parent.name: (json.loads((run.parent / "last" / "state.json").read_text())["sha256"],
                               [metrics(line) for line in (run.parent / "history.jsonl").read_text().splitlines()]) for run in RUNS.rglob("run.json")}
    assert len(found) == 8, found
    return found


def show(what):
    process = subprocess.Popen([BENCHMARKS, "view", what], stdout=subprocess.PIPE)
    figures, used = json.load(process.stdout), {}
    finish(process, used)
    return {**figures, "cpu_s": used["cpu_s"]}


def main():
    rounds = {}

    def add(name, figures):
        rounds.setdefault(name, []).append({figure: float(f"{value:.4g}") for figure, value in figures.items()})
        print(f"{name:35} {rounds[name][-1]}", file=sys.stderr, flush=True)
    build()
    for tasks in (0, 1):  # so that all is compiled
        sweep(tasks, True, **SAMPLE)
        sweep(tasks, True, MNISTKIT_EPOCHS="1")
    for _ in range(int(ROUNDS)):
        spent, training, first = [], [], None
        for name, tasks, at_once in ARRANGEMENTS:
            start = sweep(tasks, at_once, **SAMPLE)["cpu_s"]
            figures = sweep(tasks, at_once, MNISTKIT_EPOCHS="4")
            first = first or trained()
            assert trained() == first, f"{name}: other weights or metrics than by one process"
            spent.append(figures["cpu_s"])
            training.append(spent[-1] - start)
            add(name, {**figures, "start_s": start, "ratio": spent[-1] / spent[0], "apart": training[-1] / training[0],
                       **({"alone": training[-1] / training[1]} if tasks else {})})
    fewer = {}
    for n in STORED:
        shutil.rmtree(RUNS, ignore_errors=True)
        subprocess.run([BENCHMARKS, "store", str(n)], check=True)
        for what in ("Leaderboard", "Curves"):
            shown = [show(what) for _ in range(int(ROUNDS))]
            for figures in shown:
                add(f"{what} of {n:,} runs", {**figures, **({"ratio": figures["cpu_s"] / fewer[what]} if what in fewer else {})})
            fewer[what] = sorted(figures["cpu_s"] for figures in shown)[len(shown) // 2]
    json.dump([{"name": name, "rounds": figures} for name, figures in rounds.items()], sys.stdout)


if __name__ == "__main__":
    main()
