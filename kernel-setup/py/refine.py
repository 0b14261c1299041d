"""Makes the tree of an executed notebook fit a page of its own: pictures inside it, captions with numbers, long tables
folded, self-checks as a list."""

import os
import re
from pathlib import Path
from urllib.parse import quote, unquote

from pictures import embed

# A table with more rows is folded on the screen; on paper it is whole. The kit itself folds those of very long trainings,
# also on paper: their curves say more.
LONGEST_TABLE = 12
# One with more columns is set smaller on paper.
WIDEST_TABLE = 8


def refine(tree, folder, data, course):
    """Refines the tree in place; data is the page's line about data sets, course where its files are. Returns the h1, or None, and sentences
    about what is left out."""
    left_out = embed(tree, folder)
    title = headings(tree)
    for wide in tree.select('.text .highlight, p:has(> math[display="block"])'):
        wide["tabindex"] = "0"  # it scrolls where it is too wide
    for link in tree.find_all("a", href=re.compile(r"^[^:]*\.ipynb(#.*)?$")):
        link["href"] = re.sub(r"([^/]*)\.ipynb(#|$)", lambda found: f"{page_name(found[1])}.html{found[2]}", link["href"])
    pages_of_course(tree, folder, course)
    saved_runs(tree, data)
    once(tree)
    checks(tree)
    number(tree.select(".outputs figcaption"), "Figure")
    number(tree.select(".outputs caption"), "Table")
    tables(tree)
    return title, left_out


def page_name(notebook):
    """The name of a notebook's page: its own, but index is that of the index."""
    return notebook + "_" if re.fullmatch("index_*", notebook, flags=re.I) else notebook


def pages_of_course(tree, folder, course):
    """Lets links to pages of the course lead on when the report is elsewhere: to the web where the course has a place, or
    else the page's path stands after the text."""
    for link in tree.find_all("a", href=re.compile(r"^[^:#]+\.md(#.*)?$")):
        path, _, anchor = link["href"].partition("#")
        target = Path(os.path.normpath(folder / unquote(path)))
        for base in (course["work"], course["root"]):
            page = Path(os.path.relpath(target, base)).as_posix()
            if page.startswith("../") or not Path(course["root"], page).is_file():
                continue
            if web := web_of(course["origin"]):
                link["href"] = web + quote(page) + (f"#{anchor}" if anchor else "")
            else:
                link.insert_after(f" ({page} in the folder of the course)")
                link.unwrap()
            break


def web_of(origin):
    """Where the server of a repository shows its files, as GitHub and GitLab do; "" if it is on no such server."""
    found = re.fullmatch(r"(?:https?://|ssh://)?(?:[^@/]*@)?([\w-]+(?:\.[\w-]+)+)(?::\d+/|[:/])(.+?)(?:\.git)?/?", origin)
    return f"https://{found[1]}/{found[2]}/blob/HEAD/" if found else ""


def headings(tree):
    """Leaves one h1, which it returns, or None."""
    first = tree.find("h1")
    for heading in tree.find_all("h1"):
        if heading is not first:
            heading.name = "h2"
    for anchor in tree.select("a.anchor-link"):
        anchor["aria-label"] = "Link to this section"
        anchor["tabindex"] = "-1"
    return first


def saved_runs(tree, data):
    """Marks the quotations that speak of the notebook's saved run; on a page made from other data it says so."""
    for quote in tree.find_all("blockquote"):
        lead = quote.find("strong")
        if not lead or not lead.get_text().startswith("Saved run"):
            continue
        quote["class"] = "saved-run"
        if "sample" in data:
            note = tree.new_tag("p", attrs={"class": "note"})
            note.string = f"This page was made with other data ({data}), so its own numbers differ."
            quote.append(note)


def once(tree):
    """Leaves a notice of the kit, which every cell that it concerns shows, where it stands first."""
    said = set()
    for note in tree.select(".outputs [role=note]"):
        words = note.get_text()
        if words in said and words.startswith("ℹ"):
            note.decompose()
        said.add(words)


def checks(tree):
    """Shows what a cell of self-checks printed as a list: a check mark or a cross, the name in words, what was wrong."""
    for stream in tree.select(".outputs pre.stream"):
        text = stream.get_text()
        if not text.startswith("=== RUN"):
            continue  # other output
        results = re.findall(r"^\s*--- (PASS|FAIL|SKIP): (\S+)", text, flags=re.M)
        begun = re.findall(r"^=== RUN", text, flags=re.M)
        if len(results) < len(begun):
            continue  # a check that did not end
        complaints, current = {}, ""
        for line in text.splitlines():
            if about := re.match(r"(?:=== \w+|\s*--- \w+:)\s+(\S+)", line):
                current = about[1]
            elif line.strip() and not re.match(r"PASS$|FAIL$|ok\b|exit status", line):
                complaints.setdefault(current, []).append(re.sub(r"^\s*\S+\.go:\d+: ", "", line).strip())
        found = tree.new_tag("ul", attrs={"class": "checks"})
        for result, name in results:
            item = tree.new_tag("li", attrs={"class": result.lower()})
            item.string = {"PASS": "✓ ", "FAIL": "✗ ", "SKIP": "– "}[result] + in_words(name)
            for complaint in complaints.get(name, []):
                note = tree.new_tag("p")
                note.string = complaint
                item.append(note)
            found.append(item)
        stream.replace_with(found)


def in_words(name):
    """TestLastEpoch/first_half as words: last epoch: first half."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name.removeprefix("Test"))
    return re.sub(r"\b[A-Z](?=[a-z])", lambda m: m[0].lower(), words).replace("/", ": ").replace("_", " ").strip()


def number(captions, kind):
    for n, caption in enumerate(captions, start=1):
        caption.insert(0, f"{kind} {n}. ")


def tables(tree):
    """Gives every table a box in which it can scroll, marks wide ones, and folds a long one below its caption. Those of
    figures have no caption and stay open."""
    for table in tree.find_all("table"):
        box = table.wrap(tree.new_tag("div", attrs={"class": "scroll", "tabindex": "0", "role": "group"}))
        if max((len(row.find_all(["th", "td"])) for row in table.find_all("tr")), default=0) > WIDEST_TABLE:
            table["class"] = "wide"
        rows = len(table.select("tbody tr"))
        if rows <= LONGEST_TABLE or not table.caption or table.find_parent("details"):
            continue
        folded = box.wrap(tree.new_tag("details", attrs={"class": "long"}))
        summary = tree.new_tag("summary")
        summary.string = f"{table.caption.get_text()} ({rows} rows)"
        folded.insert(0, summary)
