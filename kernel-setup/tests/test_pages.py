"""What a page makes of a notebook, and how it looks on paper and to a screen reader."""

import os
import sys
from pathlib import Path

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from pypdf import PdfReader

from conftest import COURSE, NOTEBOOKS, OUT, ROOT, export

import execute
import refine

names = pytest.mark.parametrize("name", [path.stem for path in NOTEBOOKS] + ["index"])
in_browser = pytest.mark.skipif(not os.environ.get("CHROMIUM"), reason="there is no Chromium")


def refined(html, data="MNIST: bundled sample"):
    tree = BeautifulSoup(html, "html.parser")
    refine.refine(tree, Path("."), data, COURSE)
    return tree


def test_saved_run_is_marked():
    html = "<blockquote><p><strong>Saved run, on the full data:</strong> 99 % are right.</p></blockquote>"
    assert "MNIST: bundled sample" in refined(html).select_one(".saved-run .note").get_text()
    assert not refined(html, "MNIST: full").select(".note")
    assert not refined("<blockquote><p>A quotation.</p></blockquote>").select(".saved-run")


def test_a_notice_stands_once():
    note = '<div class="outputs"><div role="note"><strong>ℹ Note</strong> {}</div></div>'
    tree = refined(note.format("the sample") + note.format("6 rows") + note.format("the sample"))
    assert [one.get_text() for one in tree.select("[role=note]")] == ["ℹ Note the sample", "ℹ Note 6 rows"]


def test_self_checks_become_a_list():
    said = """=== RUN   TestLastEpoch
    main_test.go:12: epoch 3, want 5
--- FAIL: TestLastEpoch (0.00s)
=== RUN   TestSizes
=== RUN   TestSizes/small_one
    --- PASS: TestSizes/small_one (0.00s)
--- PASS: TestSizes (0.01s)
FAIL
exit status 1
"""
    items = refined(f'<div class="outputs"><pre class="stream">{said}</pre></div>').select(".checks li")
    assert [item.contents[0] for item in items] == ["✗ last epoch", "✓ sizes: small one", "✓ sizes"]
    assert [p.get_text() for p in items[0].find_all("p")] == ["epoch 3, want 5"]
    unfinished = "=== RUN   TestX\n--- PASS: TestX (0.00s)\n=== RUN   TestY\n    main_test.go:7: half way\n"
    for said in ("=== RUN   TestX\npanic: no", unfinished):
        assert refined(f'<div class="outputs"><pre class="stream">{said}</pre></div>').get_text() == said


def test_failing_self_checks_are_a_reason():
    said = "=== RUN   TestSizes\n    main_test.go:12: 3, want 5\n--- FAIL: TestSizes (0.00s)\n=== RUN   TestX\n--- PASS: TestX (0.00s)\nFAIL\n"
    outputs = [nbformat.v4.new_output("stream", text=said), nbformat.v4.new_output("error", evalue="The cell stopped.", traceback=["The cell stopped."])]
    cell = nbformat.v4.new_code_cell("%test", outputs=outputs)
    assert execute.message_of(Exception(), cell) == "    main_test.go:12: 3, want 5\n--- FAIL: TestSizes (0.00s)"


def test_captions_have_numbers_and_long_tables_fold():
    rows = "<tr><td>1</td></tr>" * 13
    table = f"<table><caption>Epochs</caption><tbody>{rows}</tbody></table>"
    tree = refined(f'<div class="outputs"><figcaption>Curves</figcaption>{table}<table><caption>Sizes</caption></table></div>')
    assert [c.get_text() for c in tree.select("figcaption, caption")] == ["Figure 1. Curves", "Table 1. Epochs", "Table 2. Sizes"]
    assert [s.get_text() for s in tree.select("details > summary")] == ["Table 1. Epochs (13 rows)"]


def test_links_to_pages_of_the_course_lead_on_elsewhere(tmp_path):
    html = '<p>See <a href="../docs/a%20b.md#how">this</a>, <a href="mine.md">that</a>, <a href="05.ipynb">05</a>.</p>'
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a b.md").touch()
    course = {"root": str(tmp_path), "work": str(tmp_path / "work"), "origin": "git@example.com:ada/labs.git"}
    for folder in ("work/notebooks", "notebooks"):
        tree = BeautifulSoup(html, "html.parser")
        refine.refine(tree, tmp_path / folder, "", course)
        assert [a["href"] for a in tree.find_all("a")] == [
            "https://example.com/ada/labs/blob/HEAD/docs/a%20b.md#how", "mine.md", "05.html"]
    refine.refine(tree := BeautifulSoup(html, "html.parser"), tmp_path / "notebooks", "", course | {"origin": ""})
    assert "this (docs/a b.md in the folder of the course)" in tree.get_text() and len(tree.find_all("a")) == 2
    refine.refine(tree := BeautifulSoup(html, "html.parser"), Path("/elsewhere/notebooks"), "", course)
    assert tree.a["href"] == "../docs/a%20b.md#how"


@pytest.mark.parametrize("origin", [
    "https://git.example.com/ada/labs.git", "https://git.example.com/ada/labs/", "https://ada:secret@git.example.com/ada/labs",
    "git@git.example.com:ada/labs.git", "ssh://git@git.example.com:2222/ada/labs.git"])
def test_web_address(origin):
    assert refine.web_of(origin) == "https://git.example.com/ada/labs/blob/HEAD/"


@pytest.mark.parametrize("origin", ["", "/home/ada/labs.git", "../labs", "C:\\ada\\labs", "file:///home/ada/labs"])
def test_no_web_address(origin):
    assert refine.web_of(origin) == ""


def test_notebooks_of_others_are_not_ours():
    import contents
    for content in ({"cells": []}, {"metadata": {}}, {"metadata": {"kernelspec": {"name": "python3"}}}, None):
        assert not contents.is_ours({"type": "notebook", "content": content})


def test_completion_is_on_where_there_is_room(tmp_path):
    import completion
    (tmp_path / "memory.current").write_text("2500000\n")
    (tmp_path / "memory.stat").write_text("file 1600000\ninactive_file 1500000\n")
    assert completion.free(tmp_path / "none") > 3_000_000
    for limit, want in [("max", None), ("3000000", 2_000_000)]:
        (tmp_path / "memory.max").write_text(limit + "\n")
        assert (completion.free(tmp_path) == want) == (want is not None)
    assert completion.wanted(4_000_000_000, {"HOME": ""})
    assert not completion.wanted(3_999_999_999, {"HOME": ""})
    assert not completion.wanted(8_000_000_000, {"JUPYTERHUB_USER": ""})


def test_pages_of_earlier_calls_link_to_new_ones(tmp_path):
    def turns():
        pages = [BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser") for page in sorted(tmp_path.glob("[0-9]*.html"))]
        return [[a["href"] for a in page.select("nav.turn:not([hidden]) a")] for page in pages]
    export(tmp_path, name="01-a")
    assert turns() == [[]]
    export(tmp_path, name="03-c")
    export(tmp_path, name="02-b")
    assert turns() == [["02-b.html"], ["01-a.html", "03-c.html"], ["02-b.html"]]
    export(tmp_path, name="02-b", executed=str(tmp_path / "none.ipynb"), failed=1, message="no kernel")
    assert turns() == [["03-c.html"], ["01-a.html"]]


def test_page_outlives_a_failing_printer(tmp_path):
    said, page = export(tmp_path, chromium=str(tmp_path / "gone"))
    assert "it cannot be printed" in said[0] and "for</span>" in page


def test_index_takes_any_notebook(tmp_path):
    (tmp_path / "dot.png").write_bytes(b"")
    export(tmp_path, text="# Mine\n\n![](dot.png)\n\nThe question: why?", name="50 % #1")
    index = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "<p>Why?</p>" in index and 'href="50%20%25%20%231.html"' in index


def test_page_says_why_it_stopped(tmp_path):
    _, page = export(tmp_path, failed=1, message="the cell took longer than --timeout allows")
    assert "at code cell 1: the cell took longer than --timeout allows." in page


def test_earlier_page_goes_when_the_kernel_does_not_start(tmp_path):
    export(tmp_path)
    (tmp_path / "mine.pdf").touch()
    _, page = export(tmp_path, executed=str(tmp_path / "none.ipynb"), failed=1, message="no kernel")
    assert page == "" and not (tmp_path / "mine.pdf").exists()
    assert "no kernel" in (tmp_path / "index.html").read_text(encoding="utf-8")


@in_browser
def test_skipped_check_is_seen(tmp_path, browser):
    export(tmp_path, said="=== RUN   TestLater\n--- SKIP: TestLater (0.00s)\n")
    page = browser.new_page()
    page.goto((tmp_path / "mine.html").as_uri())
    for media in ("screen", "print"):
        page.emulate_media(media=media)
        assert page.get_by_text("– later").bounding_box()["x"] >= 0
    page.close()


def opened(browser, name, **settings):
    page = browser.new_page(**settings)
    page.goto((OUT / f"{name}.html").as_uri())
    return page


@in_browser
@names
def test_nothing_is_lost_on_paper(reported, browser, name):
    page = opened(browser, name, viewport={"width": 680, "height": 1000})  # A4 without its margins
    page.emulate_media(media="print")
    cut = page.evaluate("""() => [...document.querySelectorAll("body *")]
        .filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
        .map(e => e.outerHTML.slice(0, 120))""")
    page.pdf(path=OUT / f"{name}.pdf", format="A4", print_background=True, prefer_css_page_size=True)
    page.close()
    assert cut == []
    pages = PdfReader(OUT / f"{name}.pdf").pages
    assert len(pages) <= 20
    if name != "index":  # the last row of a folded table is printed too
        rows = BeautifulSoup((OUT / f"{name}.html").read_text(encoding="utf-8"), "html.parser").select("details.long tbody tr:last-child")
        printed = "".join("".join(page.extract_text().split()) for page in pages)
        cells = ["".join(cell.get_text().split()) for row in rows for cell in row.find_all(["th", "td"])]
        assert [cell for cell in cells if cell not in printed] == []


@in_browser
@names
def test_figures_fit_a_phone(reported, browser, name):
    page = opened(browser, name, viewport={"width": 390, "height": 900})
    small = page.evaluate("""() => [...document.querySelectorAll(".outputs figure .drawing[data-letters]")]
        .map(e => [e.dataset.letters * e.clientWidth / e.getAttribute("width"), e.alt]).filter(([size]) => size && size < 9)
        .concat([...document.querySelectorAll(".outputs figure *")].map(e => [parseFloat(getComputedStyle(e).fontSize), e.textContent])
        .filter(([size]) => size < 9))""")
    page.close()
    assert small == []


@names
def test_figures_are_told_in_words(reported, name):
    tree = BeautifulSoup((OUT / f"{name}.html").read_text(encoding="utf-8"), "html.parser")
    for figure in tree.select(".outputs figure"):
        pictures = figure.select("img")
        assert not pictures or 8 < len(pictures[0]["alt"]) < 250
        numbers = figure.select_one("details table") or figure.find_parent(class_="output").select_one("table")
        assert numbers or not figure.select(".drawing"), pictures[0]["alt"]
        assert not figure.select("details[open]")


@in_browser
@names
@pytest.mark.parametrize("width, scheme, media", [(1280, "light", "screen"), (390, "dark", "screen"), (680, "dark", "print")])
def test_everybody_can_read_it(reported, browser, name, width, scheme, media):
    page = opened(browser, name, viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.emulate_media(media=media)
    page.evaluate("document.querySelectorAll('.outputs details').forEach(d => d.open = true)")  # axe sees only what is open
    found = [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in Axe().run(page).response["violations"]]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()
    assert found == []
