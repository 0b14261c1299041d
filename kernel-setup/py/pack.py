"""Says which runs belong to a notebook, or packs it with them to hand it in.

    python pack.py < JOB

JOB is JSON, and the answer is JOB with more in it: see packing in pack.go. With a File it writes a zip of the notebook, its page, what lies
below Models, the runs themselves if Training is set, and manifest.json with the sha256 of each file.
"""

import hashlib
import html
import json
import os
import re
import sys
import zipfile
from pathlib import Path

from counted import DATA

# What a run takes along. Its scores and answers stay behind: they are measured again.
OF_A_RUN = ("run.json", "history.jsonl", "encoder.json", "last/*", "best/*", "checkpoints/[!.]*/*")


def told(name, contents):
    """What a notebook or a page tells programs, None where a page tells nothing."""
    if name.endswith(".html"):
        found = re.search(r'<meta name="mnistkit-data" content="([^"]*)">', contents)
        return json.loads(html.unescape(found[1])) if found else None
    outputs = [output for cell in json.loads(contents).get("cells", []) for output in cell.get("outputs", [])]
    return [data for output in outputs for data in output.get("data", {}).get(DATA, [])]


def runs_of(job):
    """The runs that the notebook names, or that it and its page tell of; and all else that tables name."""
    names = set()
    for file in (job["Notebook"], job["Page"]):
        if not os.path.exists(file):
            continue
        contents = Path(file).read_text(encoding="utf-8")
        for data in told(file, contents) or []:
            names |= {data.get("caption", ""), *(cell for row in data.get("rows") or [] for cell in row or [])}
        if file == job["Notebook"]:
            names |= set(re.findall(r'\\"([\w.+=/-]+)\\"', contents))
    return sorted(name for name in names if name and Path(job["Root"], name, "run.json").is_file()), sorted(names)


def outdated(job):
    """What is wrong with the page; "" if it is that of the notebook and its runs as they are now."""
    page = Path(job["Page"])
    if not page.exists():
        return "is missing"
    contents = page.read_text(encoding="utf-8")
    if told(page.name, contents) is None:
        return "was made by an older version"
    if '<p class="stopped">' in contents:
        return "ends with a cell that failed"
    states = [(f"the run {run}", Path(job["Root"], run, kind, "state.json")) for run in job["Runs"] for kind in ("last", "best")]
    for what, file in [("the notebook", Path(job["Notebook"])), *states]:
        if file.exists() and file.stat().st_mtime > page.stat().st_mtime:
            return f"is older than {what}"
    return ""


def write(job):
    contents = {Path(file).name: Path(file) for file in (job["Notebook"], job["Page"])}
    models = Path(job["Models"])
    contents |= {file.relative_to(models).as_posix(): file for file in models.rglob("*.mnistkit")}
    for run in job["Runs"] if job["Training"] else []:
        for file in (file for pattern in OF_A_RUN for file in Path(job["Root"], run).glob(pattern)):
            if file.is_file() and file.suffix in (".json", ".jsonl", ".bin") and not file.name.startswith("."):
                contents[f"runs/{run}/{file.relative_to(Path(job['Root'], run)).as_posix()}"] = file
    part = Path(job["File"]).with_name(f".{Path(job['File']).name}.part")
    part.parent.mkdir(parents=True, exist_ok=True)
    manifest = {"written_by": "gonblabs", "name": job["Name"], "files": {}}
    try:
        with zipfile.ZipFile(part, "w") as pack:
            for name, file in sorted(contents.items()):
                packed = zipfile.ZIP_STORED if file.suffix in (".mnistkit", ".bin") else zipfile.ZIP_DEFLATED  # weights hardly shrink
                data = file.read_bytes()  # once: it may be saved again meanwhile
                manifest["files"][name] = hashlib.sha256(data).hexdigest()
                pack.writestr(name, data, packed)
            pack.writestr("manifest.json", json.dumps(manifest, indent=1))
        part.replace(job["File"])
    finally:
        part.unlink(missing_ok=True)


def main():
    job = json.load(sys.stdin.buffer)
    try:
        if job["File"]:
            write(job)
        else:
            job["Runs"], job["Weights"] = runs_of(job)
            job["Outdated"] = outdated(job)
    except (OSError, ValueError, AttributeError) as error:
        sys.exit(f"{job['Notebook']}: {error}")
    print(json.dumps(job))


if __name__ == "__main__":
    main()
