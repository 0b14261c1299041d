"""Every solution of an exercise runs in its notebook, after the lab's own cells. Run: go run ./kernel-setup test solutions"""

import re
import shutil

import nbformat
import pytest
from bs4 import BeautifulSoup

from conftest import NOTEBOOKS, OFFLINE, OUT, ROOT, kernel_setup

SOLUTION = re.compile(r"<details>.*?```go\n(.*?)```.*?</details>", flags=re.S)


def solutions(notebook):
    """Each solution, with the index of the cell that holds it."""
    return [(i, code) for i, cell in enumerate(notebook.cells) if cell.cell_type == "markdown" for code in SOLUTION.findall(cell.source)]


WITH_EXERCISES = [path for path in NOTEBOOKS if solutions(nbformat.read(path, 4))]


def test_exercises_have_runs_of_their_own():
    """No exercise changes a table of the lab, or takes the run of another notebook."""
    where = {}
    for path in WITH_EXERCISES:
        for _, code in solutions(nbformat.read(path, 4)):
            names = re.findall(r'(?:\bName: |\.With\()"([^"]+)"', code)
            assert all(name.startswith("exercise/") for name in names), (path.stem, names)
            for name in names:
                assert where.setdefault(name, path.stem) == path.stem, f"{name} is a run of {where[name]} and of {path.stem}"


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
