"""Makes assignments for nbgrader out of notebooks, their folded solutions, and the checks beside them.

    python assign.py ROOT FOLDER NOTEBOOK...

FOLDER becomes a course of nbgrader: its settings, the source of each assignment, and in student/ what students get.
"""

import copy
import re
import sys
from pathlib import Path

import nbformat

from exercises import checks, exercises

HIDDEN = re.compile(r"^// BEGIN HIDDEN TESTS\n.*?^// END HIDDEN TESTS(\n|\Z)", flags=re.M | re.S)

SETTINGS = '''"""Settings of nbgrader for a course in Go. Made by `kernel-setup assign`; what you add below the last line stays."""

import os
import sys

ROOT = {root!r}
sys.path.insert(0, os.path.join(ROOT, "kernel-setup", "py"))
from grading import configure  # noqa: E402

c = get_config()  # noqa: F821
configure(c, ROOT)
# Yours:
'''


def cell_of(kind, source, name="", **given):
    """A cell; with a name it is one that nbgrader knows."""
    cell = (nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell)(source)
    if name:
        cell.id = name
        cell.metadata["nbgrader"] = {"schema_version": 3, "grade_id": name, "cell_type": kind, "grade": False, "solution": False,
                                     "locked": False, "task": False} | given
    return cell


def cells_of(exercise, check):
    """The cells of an exercise: its text, the answer, its check, and the findings, which a person grades."""
    n = exercise.number
    answer = cell_of("code", exercise.code, f"exercise-{n}", solution=True)
    answer.metadata["stub"] = check.stub
    cells = [cell_of("markdown", exercise.text), answer, cell_of("code", check.code, f"check-{n}", grade=True, locked=True, points=check.points)]
    if check.findings:
        cells.append(cell_of("markdown", exercise.findings, f"findings-{n}", grade=True, solution=True, points=check.findings))
    return cells


def assignment(path):
    """The notebook with solutions and checks in cells of their own. What is not an answer is locked, so that each submission
    is graded with the lab's own cells."""
    page = path.parent / "checks" / f"{path.stem}.md"
    if not page.exists():
        raise ValueError(f"there are no checks in {page.name}; write them in notebooks/checks, or choose another notebook")
    notebook = nbformat.read(path, 4)
    left, cells = checks(page.read_text(encoding="utf-8")), []
    for cell in notebook.cells:
        found = exercises(cell.source) if cell.cell_type == "markdown" else []
        if found:
            cells.append(cell_of("markdown", cell.source[:cell.source.index(found[0].text[:20])].strip()))
            for exercise in found:
                check = left.pop(exercise.number, None)
                if check is None or check.title != exercise.title:
                    raise ValueError(f"there is no check for exercise {exercise.number}, {exercise.title!r}, in {page.name}")
                cells += cells_of(exercise, check)
        elif cell.cell_type == "code":
            cells.append(cell_of("code", cell.source, f"lab-{cell.id}", locked=True))
        else:
            cells.append(cell)
    if left:
        raise ValueError(f"{page.name} has a check of exercise {min(left)}, which the notebook does not have")
    notebook.cells = cells
    return notebook


def for_students(notebook):
    """The notebook without the solutions, as nbgrader's generate_assignment makes it."""
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = cell.metadata.pop("stub", "*Write your findings here.*")
        cell.source = HIDDEN.sub("", cell.source)
    return notebook


def main(root, folder, *notebooks):
    try:
        made = {Path(path).stem: assignment(Path(path)) for path in notebooks}
        folder = Path(folder)
        for name, notebook in made.items():
            for path, one in ((folder / "source" / name, notebook), (folder / "student", for_students(notebook))):
                path.mkdir(parents=True, exist_ok=True)
                nbformat.write(one, path / f"{name}.ipynb")
            points = sum(cell.metadata.get("nbgrader", {}).get("points", 0) for cell in notebook.cells)
            print(f"{name}: {points} points")
        settings = folder / "nbgrader_config.py"
        if not settings.exists():
            settings.write_text(SETTINGS.format(root=root), encoding="utf-8")
    except (OSError, ValueError) as error:
        sys.exit(f"{error}")


if __name__ == "__main__":
    main(*sys.argv[1:])
