"""The exercises of a notebook: their texts and folded solutions, and the checks that stand beside it."""

import re
from types import SimpleNamespace

SOLUTION = re.compile(r"<details>.*?```go\n(.*?)```.*?</details>", flags=re.S)
EXERCISE = re.compile(r"\*\*(\d+)\. ([^*]+?)\.\*\*(.*?)<details><summary>Solution</summary>(.*?)</details>", flags=re.S)
CODE = re.compile(r"```go\n(.*?)```", flags=re.S)
CHECK = re.compile(r"^## (\d+)\. ([^\n]+)\n+(\d+) points? by the check, (\d+) for the findings\.\n(.*?)(?=^## |\Z)", flags=re.M | re.S)


def solutions(notebook):
    """Each solution, with the index of the cell that holds it."""
    return [(i, code) for i, cell in enumerate(notebook.cells) if cell.cell_type == "markdown" for code in SOLUTION.findall(cell.source)]


def exercises(source):
    """The exercises in a cell of text."""
    return [SimpleNamespace(number=int(number), title=title, text=f"**{number}. {title}.**{text.rstrip()}",
                            code=CODE.search(solution)[1].strip(), findings=CODE.sub("", solution).strip())
            for number, title, text, solution in EXERCISE.findall(source)]


def checks(text):
    """The checks in a page of them, by the number of the exercise."""
    found = {}
    for number, title, points, findings, rest in CHECK.findall(text):
        blocks = [block.strip() for block in CODE.findall(rest)]
        if len(blocks) != 2:
            raise ValueError(f"exercise {number} has {len(blocks)} blocks of Go; it needs two, the stub and the check")
        found[int(number)] = SimpleNamespace(title=title, points=int(points), findings=int(findings), stub=blocks[0], code=blocks[1])
    return found
