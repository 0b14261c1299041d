"""Turns an executed notebook into a self-contained HTML page, and writes the index of the folder's pages anew.

    python export.py < JOB

JOB is JSON: {"out": folder, "no_input": bool, "pdf": bool, "chromium": path, "course": {"root": folder, "work": folder, "origin": repository},
"facts": {...}, "report": {"name", "folder", "executed", "seconds", "cells", "data", "failed", "message", "problems"}}. With pdf
the page is printed too, by Chromium. Whatever there is to say comes as JSON, as from execute.py. Nobody else may write into the folder meanwhile.
"""

import base64
import json
import os
import re
import subprocess
import sys
import tempfile
from copy import copy
from pathlib import Path
from urllib.parse import quote

import nbformat
from bs4 import BeautifulSoup
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup, escape
from pygments.formatters import HtmlFormatter

from counted import DATA, PLAYGROUND, code_cells
from refine import page_name, refine
from texts import Exporter, with_formulas

TEMPLATES = Path(__file__).resolve().parent.parent / "template"
LARGEST_PAGE = 3_000_000  # characters
ROOM = "make room on the disk, or choose another folder with --out"
FONTS = TEMPLATES.parent.parent / "mnistkit" / "chart" / "font"  # those of the figures
PAGES = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=False)
PAGES.filters["page"] = lambda name: quote(page_name(name)) + ".html"
PAGES.filters["formulas"] = lambda text: Markup(with_formulas(str(escape(text))))


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
    exporter = Exporter(
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


def words_of(heading):
    """The heading without its marks, but with its formulas."""
    words = copy(heading)
    for tag in words.find_all(True):
        if "anchor-link" in tag.get("class", []):
            tag.decompose()
        elif tag.name != "math" and not tag.find_parent("math"):
            tag.unwrap()
    return Markup(words.decode_contents().strip())


def facts_of(job, data=""):
    """The facts for the head of a page, in order, without those that are not known."""
    order = ("name", "course", "date", "commit", "Go", "GoNB", "GoMLX", "backend", "at a time")
    shown = [(name, job["facts"].get(name)) for name in order]
    shown.append(("data", data))
    return [(name.capitalize() if name.islower() else name, value) for name, value in shown if value]


def write_report(job, sheet):
    """Writes the page; returns what is wrong with it, and notices."""
    report = job["report"]
    page = page_of(job, report["name"])
    try:
        if not Path(report["executed"]).exists():
            remove_page(page)
            return [], []
        text, problems = render(job, report, sheet)
    except Exception as error:
        remove_page(page)
        return [f"it has no page: {error}"], []
    try:
        replace(page, text)
        pdf = page.with_suffix(".pdf")
        printed = pdf.exists()
        pdf.unlink(missing_ok=True)
    except OSError as error:
        stays = ", and an earlier one stays" if page.exists() else ""
        return [*problems, f"its page cannot be written ({error.strerror}){stays}; {ROOM}"], []
    if job["pdf"]:
        return problems + print_page(job["chromium"], page, pdf), []
    return problems, [f"{pdf} showed the earlier page and is removed; --pdf prints it anew."] if printed else []


def print_page(chromium, page, pdf):
    """Prints a page into a PDF file; returns a sentence if that fails."""
    flags = ["--headless", "--disable-gpu", "--no-first-run", "--no-pdf-header-footer"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        flags.append("--no-sandbox")
    try:
        with tempfile.TemporaryDirectory() as profile:
            done = subprocess.run([chromium, *flags, f"--user-data-dir={profile}", f"--print-to-pdf={pdf}", page.as_uri()],
                                  capture_output=True, text=True, timeout=300)
    except (OSError, subprocess.TimeoutExpired) as error:
        return [f"it cannot be printed: {error}"]
    return [] if pdf.exists() else [f"it cannot be printed: {(done.stderr.strip() or done.stdout.strip())[-300:]}"]


def page_of(job, name):
    return Path(job["out"]) / f"{page_name(name)}.html"


def remove_page(page):
    """An earlier page must not stand for a notebook that has none now."""
    for suffix in (".html", ".pdf"):
        page.with_suffix(suffix).unlink(missing_ok=True)


def render(job, report, sheet):
    """The page of a report, and what is wrong with it."""
    notebook = nbformat.read(report["executed"], as_version=4)
    if report["failed"]:
        drop_after(notebook, report["failed"])
    place_models(notebook)
    told = json.dumps([data for cell in notebook.cells for output in cell.get("outputs", []) for data in output.get("data", {}).get(DATA, [])],
                      ensure_ascii=False)
    tree = cells(notebook, report["folder"], job["no_input"])
    title, left_out = refine(tree, Path(report["folder"]), report["data"], job["course"])
    name = text_of(title) if title else report["name"]
    headings = [
        {"level": int(h.name[1]), "id": h.get("id", ""), "text": words_of(h)}
        for h in tree.find_all(["h1", "h2", "h3"]) if h.get("id")
    ]
    title_html, title_id = name, None
    if title:
        for anchor in title.select("a.anchor-link"):
            anchor.decompose()
        title_html, title_id = title.decode_contents(), title.get("id")
        title.decompose()
    script = (TEMPLATES / "playground.js").read_text(encoding="utf-8")
    drop_models(tree, LARGEST_PAGE - len(sheet) - len(script) - len(escape(told)))
    reason = "" if "\n" in report["message"] else report["message"]  # a long one stands in the cell; a time limit does not
    page = PAGES.get_template("report.html.j2").render(
        kind="report", title=name, title_html=title_html, title_id=title_id, style=sheet,
        headings=headings, facts=facts_of(job, report["data"]), body=tree.decode(formatter="minimal"),
        number=number_of(report["name"]), failed=report["failed"], reason=reason,
        told=told, script=script if tree.select(".playground > script") else "",
    )
    return page, left_out


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
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


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
    text = re.sub(r"</?[a-zA-Z][^>]*>", "", re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", markdown))
    return " ".join(re.sub(r"(\$[^$]*\$)|[*_`]", r"\1", text).split())


def duration(seconds):
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds // 60)} min {int(seconds % 60):02d} s"


def earlier(out):
    """What the index says of the reports of earlier calls into the same folder."""
    try:
        known = json.loads((out / ".reports.json").read_text(encoding="utf-8"))
        return {name: report for name, report in known.items() if isinstance(report, dict)}
    except (OSError, ValueError, AttributeError):  # there are none, or the file is damaged
        return {}


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
    known[job["report"]["name"]] = describe(job["report"], problems, job["facts"])
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


def main():
    job = json.load(sys.stdin.buffer)
    out = Path(job["out"])
    for part in out.glob(".*.html.part"):  # of a report that was killed
        part.unlink(missing_ok=True)
    sheet = style()
    problems, notices = write_report(job, sheet)
    try:
        write_index(job, earlier(out), job["report"]["problems"] + problems, sheet)
    except OSError as error:
        problems.append(f"the index cannot be written ({error.strerror}); {ROOM}")
    for event, sentences in (("problem", problems), ("notice", notices)):
        for sentence in sentences:
            print(json.dumps({"event": event, "message": sentence}))


if __name__ == "__main__":
    main()
