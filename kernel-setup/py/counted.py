"""Which cells of a notebook are run and counted; the numbers in messages and pages are theirs."""

# The tag of a cell that is left out.
SKIPPED = "skip-execution"


def code_cells(notebook):
    """The indices of the cells that are run, in order."""
    return [i for i, cell in enumerate(notebook.cells)
            if cell.cell_type == "code" and cell.source.strip() and SKIPPED not in cell.metadata.get("tags", [])]
