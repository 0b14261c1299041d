"""What running a notebook and making its page share: which cells are run and counted, what a playground is, and what outputs tell programs."""

# The tag of a cell that is left out.
SKIPPED = "skip-execution"
# The MIME type of what outputs tell programs: show.DataType. A page holds it all in its head.
DATA = "application/vnd.mnistkit+json"
# The MIME type of the model of a playground: show.PlayableType.
PLAYGROUND = "application/vnd.mnistkit.playground+json"


def code_cells(notebook):
    """The indices of the cells that are run, in order."""
    return [i for i, cell in enumerate(notebook.cells)
            if cell.cell_type == "code" and cell.source.strip() and SKIPPED not in cell.metadata.get("tags", [])]
