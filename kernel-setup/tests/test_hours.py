"""Hours of work: what programs hold in memory, open and leave behind levels off. Run it with: go run ./kernel-setup test hours"""

import json
import os

import psutil
import pytest

from conftest import OFFLINE, ROOT, kernel_setup, programs_with, wait_until
from test_kernel import Kernel
from test_lab import lab, menu, open_notebook, wait_until_run  # noqa: F401

pytestmark = pytest.mark.hours

CELLS, TRAININGS, REPORTS, RUNS_OF_A_PAGE = 500, 12, 100, 12

# One of each kind of cell; {n} makes it another one each time.
KINDS = [
    "var number{few} = {n}",
    "%%\nkit.Show(mlp.Summary())",
    '%%\nkit.Show(mlp.With("hours/{n}", nil).Fit(1))',
    "%%\nmust.M1(mlp.Fit(2))",
    "%%\nkit.Show(mlp.Evaluate(kit.MNIST().Test()))",
    "%%\nkit.Show(kit.Confusion(must.M1(mlp.Predict(kit.MNIST().Test()))))",
    "%%\nkit.Show(kit.MNIST().Describe())",
    "%%\nkit.Show(kit.Leaderboard(\"hours/*\"))",
    "%%\nkit.Show(mlp.Fitt(2))",  # does not compile
    "%%\nvar xs []int\nfmt.Println(xs[{n}])",  # panics
    "%%\nkit.ExpectError(func() {{ kit.Load(\"no/such\") }})",
    "%test\nfunc TestX(t *testing.T) {{\n\tif {n} < 0 {{\n\t\tt.Fail()\n\t}}\n}}",
    "func double{few}(x int) int {{ return {n} * x }}",
]


def held(process):
    """What a process and those below it hold now: MB of their own, open files, sockets, threads, programs."""
    family = [process, *process.children(recursive=True)]
    try:
        return held_by(family)
    except psutil.NoSuchProcess:  # one has ended meanwhile
        return held(process)


def held_by(family):
    sockets = sum(len(p.net_connections(kind="all")) for p in family)
    return {"MB": sum(p.memory_full_info().uss for p in family) / 1e6, "files": sum(p.num_fds() for p in family),
            "sockets": sockets, "threads": sum(p.num_threads() for p in family), "programs": len(family)}


def left_behind(*folders):
    """How many files lie below these folders."""
    return sum(len(files) for folder in folders for _, _, files in os.walk(folder))


def levels_off(measured, allowed):
    """The last quarter holds no more than the second: what grows for ever would."""
    print(json.dumps(measured))
    quarter = len(measured) // 4
    for what, slack in allowed.items():
        early = max(m[what] for m in measured[quarter:2 * quarter])
        late = max(m[what] for m in measured[-quarter:])
        assert late <= early + slack, f"{what}: {early:g} in the second quarter, {late:g} in the last: {measured}"


def test_one_kernel_for_hundreds_of_cells(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # where GoNB has its folder
    k = Kernel(tmp_path / "runs")
    try:
        k.prepare()
        process = psutil.Process(k.manager.provisioner.process.pid)
        measured = []
        for n in range(CELLS):
            code = KINDS[n % len(KINDS)].format(n=n, few=n % 5)
            status, said = k.run(code)
            wrong = "Fitt" in code or "xs[" in code
            assert status == ("error" if wrong else "ok"), (code, said)
            if n % 25 == 24:
                k.alone()
                measured.append({"cells": n + 1, **held(process), "left": left_behind(*tmp_path.glob("gonb_*"))})
        levels_off(measured, {"MB": 10, "files": 2, "sockets": 2, "threads": 4, "programs": 0, "left": 5})
    finally:
        k.close()


def test_trainings_in_a_row(tmp_path):
    """One program trains again and again; its engine and the program itself hold no more after the twelfth than after the sixth."""
    k = Kernel(tmp_path / "runs")
    try:
        k.prepare()
        process = psutil.Process(k.manager.provisioner.process.pid)
        measured = []

        def watch():
            for n in range(TRAININGS):
                done = tmp_path / "runs" / "hours" / f"row-{n}" / "last"
                wait_until(done.exists, lambda: f"training {n} has not begun", 300)
                measured.append({"training": n + 1, **held(process)})
        status, said = k.run(f"""%%
for n := range {TRAININGS} {{
	must.M1(mlp.With(fmt.Sprintf("hours/row-%d", n), func(r *kit.Run) {{ r.Seed = uint64(n + 1) }}).Fit(60))
}}""", meanwhile=watch, timeout=600)
        assert status == "ok", said
        levels_off(measured, {"MB": 40, "files": 2, "sockets": 2, "threads": 4, "programs": 0})
    finally:
        k.close()


def test_a_notebook_run_again_and_again_in_one_tab(lab, browser):  # noqa: F811
    name = "00-start-here"
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    open_notebook(page, lab, name)
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable")
    measured = []
    for n in range(RUNS_OF_A_PAGE):
        menu(page, "Edit", "Clear Outputs of All Cells")
        menu(page, "Run", "Run All Cells")
        wait_until_run(page, lab.notebooks / f"{name}.ipynb")
        devtools.send("HeapProfiler.collectGarbage")
        found = {m["name"]: m["value"] for m in devtools.send("Performance.getMetrics")["metrics"]}
        measured.append({"run": n + 1, "MB": found["JSHeapUsedSize"] / 1e6, "nodes": found["Nodes"], "listeners": found["JSEventListeners"]})
    page.close()
    levels_off(measured, {"MB": 5, "nodes": 2000, "listeners": 200})


def test_reports_without_end(tmp_path):
    measured = []
    place = {"MNISTKIT_RUNS": str(tmp_path / "runs"), "TMPDIR": str(tmp_path / "tmp"), **OFFLINE}
    (tmp_path / "tmp").mkdir()
    for n in range(REPORTS):
        done = kernel_setup("report", "00", "--original", "--out", tmp_path / "pages", **place)
        assert done.code == 0, done.said
        wait_until(lambda: programs_with("TMPDIR", tmp_path / "tmp") == [], lambda: "programs of a report live on", 10)
        measured.append({"report": n + 1, "pages": left_behind(tmp_path / "pages"), "left": left_behind(ROOT / ".tools", tmp_path / "tmp"),
                         "runs": left_behind(tmp_path / "runs")})
    levels_off(measured, {"pages": 0, "left": 0, "runs": 0})
