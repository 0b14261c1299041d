"""Turns executed notebooks into self-contained HTML pages, with an index page.

    python export.py JOB

JOB is a JSON file: {"out": folder, "no_input": bool, "facts": {...}, "reports": [{"name", "folder", "executed", "seconds",
"cells", "data", "failed", "message"}]}. What is wrong with the pages is printed as JSON: {name: [sentence]}.
"""

import base64
import json
import mimetypes
import os
import re
import sys
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path
from urllib.parse import unquote

import nbformat
from bs4 import BeautifulSoup
from jinja2 import Environment, FileSystemLoader
from nbconvert import HTMLExporter
from pygments.formatters import HtmlFormatter

from parent import end_with_parent

TEMPLATES = Path(__file__).resolve().parent.parent / "template"
PAGES = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=False)


def style():
    """The style sheet, with the colours of code for light and for dark."""
    light = HtmlFormatter(style="friendly", nobackground=True).get_style_defs(".highlight")
    dark = HtmlFormatter(style="github-dark", nobackground=True).get_style_defs(".highlight")
    return "\n".join([
        (TEMPLATES / "report.css").read_text(encoding="utf-8"),
        light,
        "@media (prefers-color-scheme: dark) {", dark, "}",
    ])


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


def embed(tree, folder):
    """Puts the pictures that lie beside the notebook into the page, and a sentence in the place of one that
    cannot be read. Returns those sentences."""
    missing = []
    for image in tree.find_all("img", src=True):
        if re.match(r"\s*(data:|(https?:)?//)", image["src"]):
            continue
        picture = folder / unquote(image["src"])
        try:
            encoded = base64.b64encode(picture.read_bytes()).decode("ascii")
        except (OSError, ValueError):
            missing.append(f"the picture {image['src']} cannot be read; put it beside the notebook")
            note = tree.new_tag("em", attrs={"class": "missing"})
            note.string = f"[{missing[-1]}]"
            image.replace_with(note)
            continue
        kind = mimetypes.guess_type(picture.name)[0] or "image/png"
        image["src"] = f"data:{kind};base64,{encoded}"
    return missing


def refine(tree):
    """Makes the tree fit a single page: one h1, links between pages, wide tables in a box.

    Returns the h1, or None."""
    first = tree.find("h1")
    for heading in tree.find_all("h1"):
        if heading is not first:
            heading.name = "h2"
    for anchor in tree.select("a.anchor-link"):
        anchor["aria-label"] = "Link to this section"
        anchor["tabindex"] = "-1"
    for link in tree.find_all("a", href=re.compile(r"^[^:]*\.ipynb(#.*)?$")):
        link["href"] = re.sub(r"\.ipynb(#|$)", r".html\1", link["href"])
    for table in tree.find_all("table"):
        table.wrap(tree.new_tag("div", attrs={"class": "scroll", "tabindex": "0", "role": "group"}))
    return first


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


def facts_of(facts, data=""):
    """The facts for the head of a page, in order, without those that are not known."""
    shown = [(name, facts.get(name)) for name in ("date", "commit", "Go", "GoNB", "GoMLX", "backend", "at a time")]
    shown.append(("data", data))
    return [(name.capitalize() if name.islower() else name, value) for name, value in shown if value]


def write_report(job, report, sheet):
    """Writes one page; returns what is wrong with it. Whatever fails, the other notebooks get their pages."""
    page = page_of(job, report["name"])
    try:
        text, problems = render(job, report, sheet)
        replace(page, text)
        return problems
    except Exception as error:
        page.unlink(missing_ok=True)  # an earlier one must not stand for this notebook
        return [f"it has no page: {error}"]


def page_of(job, name):
    return Path(job["out"]) / f"{name}.html"


def render(job, report, sheet):
    """The page of a report, and what is wrong with it."""
    executed = Path(report["executed"])
    notebook = nbformat.read(executed, as_version=4)
    tree = cells(notebook, report["folder"], job["no_input"])
    missing = embed(tree, Path(report["folder"]))
    title = refine(tree)
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
    page = PAGES.get_template("report.html.j2").render(
        kind="report", title=name, title_html=title_html, title_id=title_id, style=sheet,
        headings=headings, facts=facts_of(job["facts"], report["data"]), body=tree.decode(formatter="minimal"),
    )
    return page, missing


def replace(path, text):
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def describe(report, problems, facts):
    """What the index says of a report, from the notebook's first heading and paragraph."""
    title, summary = report["name"], ""
    executed = Path(report["executed"])
    if executed.exists():
        for cell in nbformat.read(executed, as_version=4).cells:
            if cell.cell_type != "markdown":
                continue
            heading = re.search(r"^# +(.+)$", cell.source, flags=re.M)
            title = plain(heading.group(1)) if heading else title
            rest = cell.source[heading.end():] if heading else cell.source
            paragraphs = [p for p in re.split(r"\n\s*\n", rest) if p.strip() and not re.match(r"\s*([#|>*-]|<)", p)]
            if paragraphs:
                summary = plain(paragraphs[0])
                break
    return {
        "name": report["name"], "title": title, "summary": summary, "failed": report["failed"],
        "message": report["message"], "cells": report["cells"], "problems": problems,
        "time": duration(report["seconds"]), "date": facts["date"],
    }


def plain(markdown):
    """Markdown's text without its marks."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", markdown)
    return " ".join(re.sub(r"[*_`]", "", text).split())


def duration(seconds):
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds // 60)} min {int(seconds % 60):02d} s"


def write_index(job, problems, sheet):
    """Writes the index over all reports of the folder, those of earlier calls included."""
    out = Path(job["out"])
    kept = out / ".reports.json"
    known = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    for report in job["reports"]:
        known[report["name"]] = describe(report, problems.get(report["name"], []), job["facts"])
    for name, report in known.items():
        report["page"] = not report["failed"] and page_of(job, name).exists()
    known = {name: r for name, r in sorted(known.items()) if r["page"] or r["failed"] or r["problems"]}
    replace(kept, json.dumps(known, indent=1))
    page = PAGES.get_template("index.html.j2").render(
        kind="index", title="Reports of the labs", style=sheet,
        facts=facts_of(job["facts"]), reports=known.values(),
    )
    replace(out / "index.html", page)


def cores():
    """How many processors this program may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def main():
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    Path(job["out"]).mkdir(parents=True, exist_ok=True)
    sheet = style()
    done = [report for report in job["reports"] if not report["failed"]]
    if len(done) == 1:
        found = [write_report(job, done[0], sheet)]
    else:
        with ProcessPoolExecutor(max_workers=cores(), initializer=end_with_parent) as pool:
            found = list(pool.map(write_report, repeat(job), done, repeat(sheet)))
    problems = {report["name"]: sentences for report, sentences in zip(done, found) if sentences}
    write_index(job, problems, sheet)
    print(json.dumps(problems))


if __name__ == "__main__":
    main()
