"""Turns executed notebooks into self-contained HTML pages, with an index page.

    python export.py JOB

JOB is a JSON file: {"out": folder, "no_input": bool, "chromium": path, "course": {"root": folder, "work": folder, "origin": repository},
"facts": {...}, "reports": [{"name", "folder",
"executed", "seconds", "cells", "data", "failed", "message"}]}. With a chromium the pages are printed as PDF too. What is
wrong with the pages is printed as JSON: {name: [sentence]}.
"""

import base64
import json
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path

import nbformat
from bs4 import BeautifulSoup
from jinja2 import Environment, FileSystemLoader
from nbconvert import HTMLExporter
from pygments.formatters import HtmlFormatter

from counted import PLAYGROUND, code_cells
from refine import refine

TEMPLATES = Path(__file__).resolve().parent.parent / "template"
LARGEST_PAGE = 3_000_000  # characters
FONTS = TEMPLATES.parent.parent / "mnistkit" / "chart" / "font"  # those of the figures
PAGES = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=False)


def style():
    """The style sheet, with its fonts, and the colours of code for light and for dark."""
    light = HtmlFormatter(style="xcode", nobackground=True).get_style_defs(".highlight")
    dark = HtmlFormatter(style="github-dark", nobackground=True).get_style_defs(".highlight")
    return "\n".join([
        font("Inter-Regular.ttf", "400"), font("Inter-SemiBold.ttf", "600 700"),
        (TEMPLATES / "report.css").read_text(encoding="utf-8"),
        light,
        "@media screen and (prefers-color-scheme: dark) {", dark, "}",
    ])


def font(name, weight):
    """A font inside the style sheet."""
    letters = base64.b64encode((FONTS / name).read_bytes()).decode("ascii")
    return f'@font-face {{ font-family: "Inter"; font-weight: {weight}; src: url(data:font/ttf;base64,{letters}); }}'


def cells(notebook, folder, no_input):
    """The notebook's cells as a tree of HTML."""
    exporter = HTMLExporter(
        extra_template_basedirs=[str(TEMPLATES)],
        template_name="cells",
        exclude_input=no_input,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
    )
    html, _ = exporter.from_notebook_node(notebook, {"metadata": {"path": str(folder)}})
    return BeautifulSoup(html, "html.parser")


def text_of(heading):
    return re.sub(r"\s*¶\s*$", "", heading.get_text()).strip()


def remote_addresses(tree):
    """What the page would load from elsewhere; links that a reader may follow are not meant."""
    found = []
    for tag in tree.find_all(True):
        for name in ("src", "srcset", "data", "poster", "background") + (("href",) if tag.name != "a" else ()):
            if re.match(r"\s*(https?:)?//", tag.get(name, "") or ""):
                found.append(tag[name])
    for sheet in [*tree.find_all("style"), *tree.select("[style]")]:
        text = sheet.get("style") or sheet.get_text()
        found += re.findall(r"(?:url\(|@import)\s*['\"]?((?:https?:)?//[^'\")\s]+)", text)
    return found


def facts_of(job, data=""):
    """The facts for the head of a page, in order, without those that are not known."""
    order = ("name", "course", "date", "commit", "Go", "GoNB", "GoMLX", "backend", "at a time")
    shown = [(name, job["facts"].get(name)) for name in order]
    shown.append(("data", data))
    return [(name.capitalize() if name.islower() else name, value) for name, value in shown if value]


def write_report(job, report, sheet):
    """Writes one page; returns what is wrong with it. Whatever fails, the other notebooks get their pages."""
    page = page_of(job, report["name"])
    try:
        text, problems = render(job, report, sheet)
        replace(page, text)
        return problems + print_page(job.get("chromium"), page)
    except Exception as error:
        remove_page(job, report["name"])
        return [f"it has no page: {error}"]


def print_page(chromium, page):
    """Prints a page into a PDF file beside it; returns a sentence if that fails."""
    if not chromium:
        return []
    pdf = page.with_suffix(".pdf")
    flags = ["--headless", "--disable-gpu", "--no-first-run", "--no-pdf-header-footer"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        flags.append("--no-sandbox")
    try:
        pdf.unlink(missing_ok=True)
        with tempfile.TemporaryDirectory() as profile:
            done = subprocess.run([chromium, *flags, f"--user-data-dir={profile}", f"--print-to-pdf={pdf}", page.as_uri()],
                                  capture_output=True, text=True, timeout=300)
    except (OSError, subprocess.TimeoutExpired) as error:
        return [f"it cannot be printed: {error}"]
    return [] if pdf.exists() else [f"it cannot be printed: {(done.stderr.strip() or done.stdout.strip())[-300:]}"]


def page_of(job, name):
    return Path(job["out"]) / f"{name}.html"


def remove_page(job, name):
    """An earlier page must not stand for a notebook that has none now."""
    for suffix in (".html", ".pdf"):
        page_of(job, name).with_suffix(suffix).unlink(missing_ok=True)


def render(job, report, sheet):
    """The page of a report, and what is wrong with it."""
    notebook = nbformat.read(report["executed"], as_version=4)
    if report["failed"]:
        drop_after(notebook, report["failed"])
    place_models(notebook)
    tree = cells(notebook, report["folder"], job["no_input"])
    title, missing = refine(tree, Path(report["folder"]), report["data"], job["course"])
    name = text_of(title) if title else report["name"]
    headings = [
        {"level": int(h.name[1]), "id": h.get("id", ""), "text": text_of(h)}
        for h in tree.find_all(["h1", "h2", "h3"]) if h.get("id")
    ]
    title_html, title_id = name, None
    if title:
        for anchor in title.select("a.anchor-link"):
            anchor.decompose()
        title_html, title_id = title.decode_contents(), title.get("id")
        title.decompose()
    remote = remote_addresses(tree)
    if remote:
        raise ValueError(f"it loads {remote[0]}; embed that, so that the page works alone")
    script = (TEMPLATES / "playground.js").read_text(encoding="utf-8")
    drop_models(tree, LARGEST_PAGE - len(sheet) - len(script))
    reason = "" if "\n" in report["message"] else report["message"]  # a long one stands in the cell; a time limit does not
    page = PAGES.get_template("report.html.j2").render(
        kind="report", title=name, title_html=title_html, title_id=title_id, style=sheet,
        headings=headings, facts=facts_of(job, report["data"]), body=tree.decode(formatter="minimal"),
        number=number_of(report["name"]), failed=report["failed"], reason=reason,
        script=script if tree.select(".playground > script") else "",
    )
    return page, missing


def place_models(notebook):
    """Puts the model of each playground beside its note, where the page's script finds it."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if model := output.get("data", {}).get(PLAYGROUND):
                safe = model.replace("<", "\\u003c")  # no text in it ends the script
                html = output.data["text/html"]
                output.data["text/html"] = f'<div class="playground">{html}<script type="application/json">{safe}</script></div>'


def drop_models(tree, largest):
    """Leaves models out, from the last one on, until the page has at most so many characters."""
    for model in reversed(tree.select(".playground > script")):
        if len(str(tree)) > largest:
            note = tree.new_tag("p")
            note.string = f"The network is left out: with it this page would have more than {LARGEST_PAGE // 10**6} MB."
            model.replace_with(note)


def drop_after(notebook, failed):
    """Leaves out the cells after the one that failed, which is the code cell of this number."""
    del notebook.cells[code_cells(notebook)[failed - 1] + 1:]


def number_of(name):
    """The number with which a notebook's name begins, or ""."""
    match = re.match(r"(\d+)-", name)
    return match[1] if match else ""


def replace(path, text):
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def describe(report, problems, facts):
    """What the index says of a report, from the notebook's first heading and its question, or else its first paragraph."""
    title, summary = report["name"], ""
    executed = Path(report["executed"])
    if executed.exists():
        for cell in nbformat.read(executed, as_version=4).cells:
            if cell.cell_type != "markdown":
                continue
            heading = re.search(r"^# +(.+)$", cell.source, flags=re.M)
            title = plain(heading.group(1)) if heading else title
            rest = cell.source[heading.end():] if heading else cell.source
            paragraphs = [p for p in re.split(r"\n\s*\n", rest) if plain(p) and not re.match(r"\s*([#|>-]|\* |<)", p)]
            if paragraphs:
                summary = re.sub(r"^The question: ", "", plain(paragraphs[0]))
                summary = summary[0].upper() + summary[1:]
                break
    return {
        "name": report["name"], "number": number_of(report["name"]), "title": title, "summary": summary, "failed": report["failed"],
        "message": report["message"], "cells": report["cells"], "problems": problems,
        "time": duration(report["seconds"]), "date": facts["date"],
    }


def plain(markdown):
    """Markdown's text without its marks."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", markdown)
    return " ".join(re.sub(r"[*_`]", "", text).split())


def duration(seconds):
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds // 60)} min {int(seconds % 60):02d} s"


def earlier(out):
    """What the index says of the reports of earlier calls into the same folder."""
    kept = out / ".reports.json"
    return json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}


def turn_pages(job, names):
    """Renews the links to the pages before and after, also those of pages of earlier calls."""
    for before, name, after in zip(["", *names], names, [*names[1:], ""]):
        page = page_of(job, name)
        old = page.read_text(encoding="utf-8")
        links = PAGES.get_template("turn.html.j2").render(previous=before, next=after)
        new = re.sub(r'<nav class="turn".*?</nav>', lambda _: links, old, flags=re.S)
        if new != old:
            replace(page, new)


def write_index(job, known, problems, sheet):
    """Writes the index over all reports of the folder, those of earlier calls included."""
    out = Path(job["out"])
    for report in job["reports"]:
        known[report["name"]] = describe(report, problems.get(report["name"], []), job["facts"])
    for name, report in known.items():
        report["page"] = page_of(job, name).exists()
    turn_pages(job, sorted(name for name, report in known.items() if report["page"]))
    known = {name: r for name, r in sorted(known.items()) if r["page"] or r["failed"] or r["problems"]}
    replace(out / ".reports.json", json.dumps(known, indent=1))
    page = PAGES.get_template("index.html.j2").render(
        kind="index", title="Reports of the labs", style=sheet,
        facts=facts_of(job), reports=known.values(),
    )
    replace(out / "index.html", page)


def cores():
    """How many processors this program may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def main():
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    out = Path(job["out"])
    out.mkdir(parents=True, exist_ok=True)
    sheet = style()
    known = earlier(out)
    reports = [report for report in job["reports"] if Path(report["executed"]).exists()]
    for report in job["reports"]:
        if report not in reports:
            remove_page(job, report["name"])
    if len(reports) == 1:
        found = [write_report(job, reports[0], sheet)]
    else:
        with ProcessPoolExecutor(max_workers=cores()) as pool:
            found = list(pool.map(write_report, repeat(job), reports, repeat(sheet)))
    problems = {report["name"]: sentences for report, sentences in zip(reports, found) if sentences}
    write_index(job, known, problems, sheet)
    print(json.dumps(problems))


if __name__ == "__main__":
    main()
