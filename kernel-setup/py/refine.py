"""Makes the tree of an executed notebook fit a page of its own: pictures inside it, captions with numbers, long tables
folded, self-checks as a list, formulas as MathML."""

import base64
import mimetypes
import os
import re
from pathlib import Path
from urllib.parse import quote, unquote

from latex2mathml.converter import convert

# A table with more rows is folded on the screen; on paper it is whole. The kit itself folds those of very long trainings,
# also on paper: their curves say more.
LONGEST_TABLE = 12
# One with more columns is set smaller on paper.
WIDEST_TABLE = 8


def refine(tree, folder, data, course):
    """Refines the tree in place; data is the page's line about data sets, course where its files are. Returns the h1, or None, and sentences
    about pictures that cannot be read."""
    missing = embed(tree, folder)
    title = headings(tree)
    for code in tree.select(".text .highlight"):
        code["tabindex"] = "0"  # it scrolls where it is too wide
    for link in tree.find_all("a", href=re.compile(r"^[^:]*\.ipynb(#.*)?$")):
        link["href"] = re.sub(r"\.ipynb(#|$)", r".html\1", link["href"])
    pages_of_course(tree, folder, course)
    formulas(tree)
    saved_runs(tree, data)
    once(tree)
    checks(tree)
    number(tree.select(".outputs figcaption"), "Figure")
    number(tree.select(".outputs caption"), "Table")
    tables(tree)
    return title, missing


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


def formulas(tree):
    """Turns $…$ and $$…$$ in the text into MathML, which browsers draw by themselves."""
    pattern = re.compile(r"\$\$(.+?)\$\$|\$(?=\S)([^$\n]+?)(?<=\S)\$(?!\d)", flags=re.S)
    found = [text for cell in tree.select(".cell.text") for text in cell.find_all(string=pattern)]
    for text in found:
        if text.find_parent(["code", "pre"]):
            continue
        end = 0
        for match in pattern.finditer(text):
            try:
                formula = convert(match[1] or match[2], display="block" if match[1] else "inline")
            except Exception:  # the converter's errors have no class in common; what is no formula stays as it is
                continue
            formula = re.sub("(<mi>[a-z]{2,}</mi>)(?=<mi>)", r'\1<mspace width="0.167em"/>', formula)  # log p, not logp
            text.insert_before(text[end:match.start()])
            text.insert_before(fragment(tree, formula))
            end = match.end()
        text.insert_before(text[end:])
        text.extract()


def fragment(tree, html):
    return type(tree)(html, "html.parser")


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
        results = re.findall(r"^\s*--- (PASS|FAIL|SKIP): (\S+)", text, flags=re.M)
        begun = re.findall(r"^=== RUN", text, flags=re.M)
        if not text.startswith("=== RUN") or len(results) < len(begun):
            continue  # other output, or a check that did not end
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
