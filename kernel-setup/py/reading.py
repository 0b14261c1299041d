"""Reads a notebook, or says in one sentence what is wrong with its file and what to do."""

import json
import re

import nbformat

RESTORE = "restore it from git, from .ipynb_checkpoints or from a copy"


class Damaged(Exception):
    """The sentence, without the name of the notebook."""


def read(contents):
    """The notebook that the bytes of a file hold. A byte order mark and UTF-16 are no damage."""
    if not contents.strip():
        raise Damaged(f"the file is empty; {RESTORE}")
    try:
        raw = json.loads(contents)
        text = json.dumps(raw, ensure_ascii=False)
        text.encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise Damaged(no_json(contents, error)) from None
    if not isinstance(raw, dict) or not isinstance(raw.get("nbformat"), int):
        raise Damaged(f"the file holds JSON, but no notebook; give the path of another one, or {RESTORE}")
    if raw["nbformat"] < 4:
        raise Damaged(f"the notebook has the old format {raw['nbformat']}; open it in JupyterLab and save it, which gives it format 4")
    if raw["nbformat"] > 4:
        raise Damaged(f"the notebook has format {raw['nbformat']}, and only format 4 can be read; save it in that format")
    cells = raw.get("cells")
    if not isinstance(cells, list):
        raise Damaged(f"the notebook has no list of cells; {RESTORE}")
    for number, cell in enumerate(cells, start=1):
        if wrong := wrong_with(cell):
            raise Damaged(f"its cell {number} {wrong}; delete that cell, or {RESTORE}")
        for name in ("metadata",) + (("outputs",) if cell["cell_type"] == "code" else ()):
            cell.setdefault(name, {} if name == "metadata" else [])
    raw.setdefault("metadata", {})
    return nbformat.reads(json.dumps(raw), as_version=4)


def no_json(contents, error):
    """What the file is in place of JSON."""
    if conflict := re.search(rb"^(<{7}|={7}|>{7})( |\r?$)", contents, flags=re.M):
        line = contents.count(b"\n", 0, conflict.start()) + 1
        return (f"line {line} of the file is a mark of git's, of a merge that is not finished; take one of the two "
                "versions, as in: git checkout --ours FILE")
    if isinstance(error, UnicodeError):
        return f"the file is not text in UTF-8; {RESTORE}"
    place = f" (line {error.lineno}: {error.msg})" if isinstance(error, json.JSONDecodeError) else ""
    return f"the file is not JSON{place}; {RESTORE}"


def wrong_with(cell):
    """What keeps a cell from being one, or ""."""
    if not isinstance(cell, dict):
        return "is no cell"
    if cell.get("cell_type") not in ("code", "markdown", "raw"):
        return "is neither code nor text"
    source = cell.get("source")
    if not isinstance(source, str) and not (isinstance(source, list) and all(isinstance(line, str) for line in source)):
        return "has no source"
    return "" if isinstance(cell.get("metadata", {}), dict) else "has damaged metadata"
