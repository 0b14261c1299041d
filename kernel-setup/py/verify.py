"""Measures the models of packs anew, and compares that with what their pages claim.

    python verify.py < JOB

JOB is JSON: see verifyVerb in verify.go. A claim is a sentence of a score, or a row of a table of runs, as readers see it; what outputs
tell programs says of which data and weights it is. The exit code is 1 if one does not hold, or
could not be checked, except for those of weights that nobody has trained.
"""

import csv
import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
from html.parser import HTMLParser
from pathlib import Path

from pack import told

INITIAL = "initial "  # before the name of data on which weights are asked that nobody has trained
HOLDS, FAILS, UNCHECKED, SILENT = "holds", "does not hold", "not checked", "nothing is claimed"
EMPTY = {"file": "", "who": "", "model": "", "set": "", "sha256": "", "data": "", "claimed": {}, "measured": None, "verdict": "", "why": ""}
# How far a score may be from one that another backend measured with the same weights, and from one of a training on another machine, as a
# share of numbers above 1.
TOLERANCE, TRAINED_AGAIN = 0.0015, 0.02
SENTENCE = re.compile(r"(?<![\w.+=/-])([\w.+=/-]{1,200}) on (.{1,200}?) \(([\w.+=-]{1,200} weights, epoch \d+(?: and \d+ batches)?|initial weights)\): (.{1,500})")
METRIC = re.compile(r"([a-z_]+) (-?[\d.]+(?:e[+-]\d+)?(?: %)?)")
INLINE = ("a", "b", "code", "em", "i", "mark", "s", "small", "span", "strong", "sub", "sup", "u", "wbr", "label", "font")


def number(text):
    """0.0458 or 98.61 %; None for anything else, also for what is NaN or infinite, as the loss of a run that diverged."""
    try:
        value = float(text.removesuffix(" %")) / (100 if text.endswith(" %") else 1)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def from_sentences(text):
    for run, data, weights, metrics in (found for line in text.splitlines() if " weights" in line for found in SENTENCE.findall(line)):
        yield run, data, weights, {name: number(value) for name, value in METRIC.findall(metrics) if number(value) is not None}


def from_table(header, rows):
    """The scores of a table of runs, as a leaderboard is one: they are of its runs' own data."""
    for row in rows if header and header[0] == "model" else []:
        for part, name in (("test ", "test"), ("val ", "validation")):
            found = {column.removeprefix(part): number(cell) for column, cell in zip(header, row) if column.startswith(part)}
            if found := {metric: value for metric, value in found.items() if value is not None}:
                yield row[0], name, "", found


class Page(HTMLParser):
    """What a page shows: its text, with a line for each element that begins one, and the cells of its tables. It takes any page, in a time
    that grows with its length."""

    def __init__(self, html):
        super().__init__()
        self.text, self.tables, self.in_cell = [], [[[]]], False
        self.feed(html)
        self.close()

    def handle_data(self, data):
        self.text.append(data)
        if self.in_cell:
            self.tables[-1][-1][-1] += data

    def handle_starttag(self, tag, attributes):
        self.text.append("" if tag in INLINE else "\n")
        if tag == "table":
            self.tables.append([[]])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("th", "td"):
            self.tables[-1][-1].append("")
        self.in_cell = tag in ("th", "td") or self.in_cell and tag in INLINE

    def handle_endtag(self, tag):
        self.text.append("" if tag in INLINE else "\n")
        self.in_cell = self.in_cell and tag in INLINE


def from_html(html):
    page = Page(html)
    for table in page.tables:
        rows = [[cell.strip() for cell in row] for row in table if row]
        if rows:
            yield from from_table(rows[0], rows[1:])
    yield from from_sentences("".join(page.text))


def claims_of(page):
    """What a page claims: the model, the data set, the sha256 of the weights where outputs told it, and metrics."""
    contents = page.read_text(encoding="utf-8")
    found, notes = list(from_html(contents)), []
    for data in told(page.name, contents) or []:
        found += from_table(data.get("header"), data.get("rows") or [])
        notes += (data.get("rows") or []) if data.get("kind") == "scores" else []
    claims = []
    for run, data, weights, metrics in found:
        of = [(note[3], note[4]) for note in notes if note[:3] == [run, data, weights]]
        # Where nothing says so, they are of the test data, or the validation data, that the run has itself, and of the weights that answer.
        for identity, sha256 in of or [(data.rsplit("/", 1)[-1], "")]:
            claim = {"model": run, "set": INITIAL * (weights == "initial weights") + identity, "sha256": sha256, "claimed": metrics,
                     "said": data if of else ""}
            if claim not in claims:
                claims.append(claim)
    return claims


class Refused(Exception):
    """Why a pack or a model is not taken."""


def ask(job, question, **environment):
    """What another program answers, which is ended when it takes too long."""
    try:
        done = subprocess.run(job["Ask"], env={**os.environ, "KERNEL_SETUP_JOB": json.dumps(question), **environment},
                              capture_output=True, text=True, timeout=job["Seconds"])
    except subprocess.TimeoutExpired:
        raise Refused(f"it took longer than {job['Seconds']:g} s") from None
    if done.returncode:
        raise Refused(done.stderr.strip().removeprefix("kernel-setup: "))
    return json.loads(done.stdout)


def measure(job, model, sets, retrain=False):
    """The sha256 of a model's weights and its scores, or the reason why there are none. Data that are not here may be the bundled samples."""
    answer, reason = {"Sum": "", "Scores": {}}, ""
    for data in dict.fromkeys([os.environ.get("MNISTKIT_DATA", ""), "bundled"]):
        missing = [name for name in sets if answer["Scores"].get(name, {"Error": "not asked"})["Error"]]
        if not missing:
            break
        try:
            new = ask(job, {"Model": str(model), "Data": job["Data"], "Sets": missing, "Retrain": retrain},
                      MNISTKIT_DATA=data, MNISTKIT_EPOCHS="", MNISTKIT_RUNS=tempfile.mkdtemp(dir=job["Folder"]))
            answer, reason = {"Sum": new["Sum"], "Scores": answer["Scores"] | new["Scores"]}, ""
        except Refused as refused:
            reason = reason if answer["Scores"] else str(refused).replace(f"{model}: ", "")
    return answer, reason


def near(a, b, share):
    return all(name in b and abs(a[name] - b[name]) <= share * max(1, abs(a[name]), abs(b[name])) for name in a)


def judge(claim, models):
    """The claim with what was measured, a verdict, and the reason for it."""
    # The model of a claim is that with its weights, whatever its name is, or else that of the weights that answer for its run.
    has = [model for model in models if claim["sha256"] and model["answer"]["Sum"] == claim["sha256"]]
    models = has or sorted((model for model in models if model["run"] == claim["model"]), key=lambda model: "@" in model["name"])
    if not models:
        return claim | {"verdict": UNCHECKED, "why": "its model is not in the pack"}
    model, failed = models[0]["answer"], models[0]["reason"]
    score = model["Scores"].get(claim["set"], {"Data": "", "Set": "", "Metrics": None, "Error": failed})
    by_hash = score["Data"].startswith("sha256:")  # its name is that of the file, which may be another here
    claim = claim | {"data": f"{score['Set']} {score['Data']}" if by_hash else score["Data"] or claim["set"], "measured": score["Metrics"], "why": ""}
    if not claim["claimed"]:
        return claim | {"verdict": SILENT}
    if not model["Sum"] or score["Error"]:
        return claim | {"verdict": UNCHECKED, "why": failed or score["Error"]}
    if claim["sha256"] not in ("", model["Sum"]):
        return claim | {"verdict": FAILS, "why": "it is of other weights than those in the pack"}
    said, is_of = (name.split("/")[-1] if by_hash else name for name in (claim["said"], score["Set"]))
    if said not in ("", is_of):
        return claim | {"verdict": FAILS, "why": f"it says {claim['said']}, and is of other data"}
    if not near(claim["claimed"], score["Metrics"], TOLERANCE):
        return claim | {"verdict": FAILS}
    if models[0]["again"] and not claim["set"].startswith(INITIAL):
        again, failed = models[0]["again"]
        score = again["Scores"].get(claim["set"], {"Metrics": None, "Error": failed})
        if failed or score["Error"]:
            return claim | {"verdict": UNCHECKED, "why": f"it cannot be trained anew: {failed or score['Error']}"}
        if not near(claim["claimed"], score["Metrics"], TRAINED_AGAIN):
            return claim | {"verdict": FAILS, "why": f"trained anew it has {in_words(score['Metrics'])}"}
    return claim | {"verdict": HOLDS, "why": "on the bundled sample" if ":sample" in claim["data"] else ""}


def verify(job, folder):
    """The claims of a pack that lies in a folder, judged."""
    claims = claims_of(next(folder.glob("*.html")))
    models = []
    for file in sorted(folder.glob("models/**/*.mnistkit")):
        name = file.relative_to(folder / "models").as_posix().removesuffix(".mnistkit")
        run = name.split("@")[0]
        if not any(claim["model"] == run for claim in claims):
            claims.append({"model": run, "set": "test", "sha256": "", "claimed": {}, "said": ""})
        sets = list(dict.fromkeys(claim["set"] for claim in claims if claim["model"] in (run, run.split("/")[-1])))  # or opened from a file
        answer, reason = measure(job, file, sets)
        again = measure(job, file, sets, retrain=True) if job["Retrain"] and name == run and not reason else None
        models.append({"name": name, "run": run, "answer": answer, "reason": reason, "again": again})
    if not claims:
        return [{"verdict": SILENT, "why": "it holds no model"}]
    judged = [judge(claim, models) for claim in claims]
    # A table and a sentence may say the same.
    return list({(c["model"], c.get("data"), in_words(c["claimed"]), c["verdict"], c["why"]): c for c in judged}.values())


def in_words(metrics):
    """Metrics as a page shows them."""
    def value(name, v):
        if name.endswith("accuracy"):
            return f"{100 * v:.2f} %"
        return f"{v:.4f}" if v == 0 or 0.00095 <= abs(v) < 1000 else f"{v:.2e}"
    return ", ".join(f"{name} {value(name, v)}" for name, v in sorted((metrics or {}).items())) or "–"


def printable(text):
    """A pack may hold what would steer a terminal."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def tell(claims, form):
    if form == "json":
        print(json.dumps(claims, indent=1))
        return
    header = ["file", "who", "model", "data", "claimed", "measured", "verdict", "why"]
    rows = [[printable(str(c.get(name, "")) if name not in ("claimed", "measured") else in_words(c.get(name))) for name in header] for c in claims]
    if form == "csv":  # no cell is a formula for a spreadsheet
        csv.writer(sys.stdout).writerows([header] + [["'" + cell if cell[:1] in ("=", "+", "-", "@") else cell for cell in row] for row in rows])
        return
    rows = [header[1:]] + [row[1:] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def main():
    job = json.load(sys.stdin.buffer)
    all_claims = []
    for number, pack in enumerate(job["Packs"], start=1):
        if sys.stderr.isatty():
            print(f"\r\x1b[K{number} of {len(job['Packs'])}: {Path(pack).name}"[:75], end="", file=sys.stderr, flush=True)
        folder, who = Path(tempfile.mkdtemp(dir=job["Folder"])), ""
        try:
            who = ask(job, {"Pack": pack, "Folder": str(folder / "pack")})
            claims = verify(job, folder / "pack")
        except Refused as refused:
            claims = [{"verdict": FAILS, "why": str(refused)}]
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            claims = [{"verdict": FAILS, "why": f"its page cannot be read ({error})"}]
        shutil.rmtree(folder)
        all_claims += [EMPTY | {"file": pack, "who": who or Path(pack).stem} | claim for claim in claims]
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)
    tell(all_claims, job["Form"])
    sys.exit(any(claim["verdict"] == FAILS or claim["verdict"] == UNCHECKED and not claim["set"].startswith(INITIAL) for claim in all_claims))


if __name__ == "__main__":
    main()
