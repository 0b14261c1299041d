"""Every solution of an exercise runs in its notebook, after the lab's own cells. Run: go run ./kernel-setup test solutions"""

import re
import shutil

import nbformat
import pytest
from bs4 import BeautifulSoup

from conftest import NOTEBOOKS, OFFLINE, OUT, ROOT, kernel_setup
from exercises import solutions

WITH_EXERCISES = [path for path in NOTEBOOKS if solutions(nbformat.read(path, 4))]


def made(code):
    """The names of the runs that a solution makes."""
    return re.findall(r'(?:\bName: |\.With\()"([^"]+)"', code)


def touched(code):
    """What of the lab's own runs a solution would change: those that it trains, resets or varies without a new name."""
    own = set(re.findall(r"^(?:var|func) (\w+)", code, flags=re.M)) | {"With"}
    for names in re.findall(r"^\s*(?:var )?(\w+(?:, \w+)*) :?= ", code, flags=re.M):
        own.update(names.split(", "))
    trained = re.findall(r"(\w+)(?:\[[^]]*\]|\([^()]*\)|\{[^{}]*\})*\.(?:Fit|Reset)\(", code)
    varied = [base for base in re.findall(r"kit\.Vary\((\w+)[^,]*,", code) if base not in own]
    kept = [base for base in varied if not re.search(rf'kit\.Vary\({base}[^,]*\.With\("exercise/', code)]
    return [name for name in trained if name not in own] + kept + [name for name in made(code) if not name.startswith("exercise/")]


def test_exercises_have_runs_of_their_own():
    """No exercise changes a table of the lab, or takes the run of another notebook."""
    where = {}
    for path in WITH_EXERCISES:
        for _, code in solutions(nbformat.read(path, 4)):
            assert not touched(code), (path.stem, touched(code))
            for name in made(code):
                assert where.setdefault(name, path.stem) == path.stem, f"{name} is a run of {where[name]} and of {path.stem}"


@pytest.mark.parametrize("code, wrong", [
    ("%%\nkit.Show(mlp.Fit(50))", "mlp"),
    ("%%\nmust.M(few(plain).Reset())", "few"),
    ("%%\nkit.Show(strong[0].Fit(9))", "strong"),
    ('var rates = kit.Vary(mlp, "rate", list, change)\n%%\nkit.Show(rates.Fit(5))', "mlp"),
    ('var wide = mlp.With("mnist/wide", nil)\n%%\nkit.Show(wide.Fit(5))', "mnist/wide"),
])
def test_changes_of_a_lab_are_found(code, wrong):
    assert touched(code) == [wrong]


@pytest.fixture(scope="module")
def solved(runs, tmp_path_factory):
    """The pages of all notebooks with their solutions as cells after the exercises."""
    folder = shutil.copytree(ROOT / "notebooks", tmp_path_factory.mktemp("solutions") / "notebooks")
    for path in WITH_EXERCISES:
        notebook = nbformat.read(path, 4)
        for i, code in reversed(solutions(notebook)):
            notebook.cells.insert(i + 1, nbformat.v4.new_code_cell(code.strip()))
        nbformat.write(notebook, folder / path.name)
    paths = [folder / path.name for path in WITH_EXERCISES]
    kernel_setup("report", "--out", OUT / "solutions", *paths, MNISTKIT_RUNS=str(runs), **OFFLINE)
    return OUT / "solutions"


@pytest.mark.solutions
@pytest.mark.parametrize("path", WITH_EXERCISES, ids=lambda path: path.stem)
def test_solutions_run(solved, path):
    page = BeautifulSoup((solved / f"{path.stem}.html").read_text(encoding="utf-8"), "html.parser")
    stopped = page.select_one(".stopped")
    assert not stopped, page.select(".source")[-1].get_text() + page.select(".outputs")[-1].get_text()
    assert not page.select(".error, .stderr, .checks .fail"), page.select_one(".error, .stderr, .checks .fail").get_text()
