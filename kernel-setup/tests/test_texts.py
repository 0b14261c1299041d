"""Formulas and pictures of cells of text: what a page shows of them, and what it never holds."""

import base64
import os
import re

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup

import export
import pictures
import refine
import texts
from conftest import COURSE
from conftest import export as export_page

PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="


def shown(folder, text, attachments=None):
    """What export.py says of a cell, and the tree of its page."""
    cell = nbformat.v4.new_markdown_cell(text, **{"attachments": attachments} if attachments else {})
    tree = export.cells(nbformat.v4.new_notebook(cells=[cell]), folder, no_input=False)
    _, left_out = refine.refine(tree, folder, "", COURSE)
    return left_out, tree


@pytest.mark.parametrize("text, formulas, words", [
    ("The loss $L = -\\log p$ of $$\\frac{a}{b}$$ costs $5 and $6, \\$7 or `$x$`.", ["inline", "block"], "The loss L=−logp of ab costs $5 and $6, $7 or $x$."),
    ("Not mangled: $a_1 *b* c_2$", ["inline"], "Not mangled: a1*b*c2"),
    ("\\\\(x^2\\\\) and\n\n\\\\[y^2\\\\]", ["inline", "block"], "x2 and y2"),
    ("\\begin{align}a &= b \\label{one} \\\\ c &= d\\end{align}", ["block"], "a=bc=d"),
    ("Damaged: $x_$, $\\frac{a}$, $\\nothing{x}$, $a & b$, $\\left( x$.", [], "Damaged: $x_$, $\\frac{a}$, $\\nothing{x}$, $a & b$, $\\left( x$."),
    ("<details><summary>With $x^2$</summary><code>$x$</code><p title='$a$'>$a &lt; b$</p></details>", ["inline", "inline"], "With x2$x$a<b"),
    ("| $W$ |\n|---|\n| $b$ |", ["inline", "inline"], "W b"),
])
def test_formulas_become_mathml(tmp_path, text, formulas, words):
    said, main = shown(tmp_path, text)
    assert [formula["display"] for formula in main.find_all("math")] == formulas
    assert " ".join(main.get_text().split()) == words and said == []


@pytest.mark.parametrize("kind", ["text/markdown", "text/latex"])
def test_outputs_show_formulas(tmp_path, kind):
    output = nbformat.v4.new_output("display_data", data={kind: "$x^2 < 3$", "text/plain": "x"})
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("for {}", outputs=[output])])
    assert export.cells(notebook, tmp_path, no_input=True).math.get_text() == "x2<3"


def test_formulas_bring_nothing_else():
    for tex in (r"\text{<script>alert(1)</script>}", r"\href{javascript:alert(1)}{x}", r"\style{background:url(http://x)}{x}"):
        tree = BeautifulSoup(texts.formula(tex, "inline"), "html.parser")
        assert not tree.find("script") and "://" not in str(tree) and not tree.select("[href], [style]")
    assert BeautifulSoup(texts.formula(r"\log p", "inline"), "html.parser").mspace.find_previous("mi").get_text() == "log"


def test_headings_and_the_index_show_formulas(tmp_path):
    _, page = export_page(tmp_path, text="# The end of $x^2$\n\nThe question: is $y_1$ of <b>use</b>?\n\n## Its $dx$")
    tree = BeautifulSoup(page, "html.parser")
    assert tree.h1.find("msup") and tree.find("h2").math and tree.select_one(".contents .level2 math")
    assert tree.title.get_text() == "The end of x2" and tree.find(id=tree.select_one(".contents .level2 a")["href"][1:])
    index = BeautifulSoup((tmp_path / "index.html").read_text(encoding="utf-8"), "html.parser")
    assert index.select_one(".reports h2 msup") and index.select_one(".reports msub") and "of use?" in index.get_text()


@pytest.mark.skipif(not os.environ.get("CHROMIUM"), reason="there is no Chromium")
@pytest.mark.parametrize("width, scheme", [(1280, "light"), (390, "dark")])
def test_everybody_can_read_them(tmp_path, browser, width, scheme):
    wide = " + ".join(f"x_{{{i}}}" for i in range(60))
    text = f"# Of $x^2$\n\n## Of $y$\n\nA $z$.\n\n$${wide}$$\n\n\\begin{{align}}aaa &= b \\\\ c &= ddd\\end{{align}}\n\n![words](gone.png)"
    export_page(tmp_path, text=text)
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    for name in ("mine", "index"):
        page.goto((tmp_path / f"{name}.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in Axe().run(page).response["violations"]] == []
    page.goto((tmp_path / "mine.html").as_uri())
    left, right = page.evaluate("""[...document.querySelectorAll("mtd")].slice(0, 4).filter((_, i) => i % 2)
        .map(cell => cell.querySelector("mo").getBoundingClientRect().left)""")
    assert abs(left - right) < 1  # both = stand below each other
    page.close()


@pytest.fixture
def folder(tmp_path):
    """A notebook's folder, with secrets around it."""
    inner = tmp_path / "notebooks"
    (inner / "sub").mkdir(parents=True)
    for name in ("secret.png", "notebooks/dot.png", "notebooks/my dot.png", "notebooks/sub/dot.PNG"):
        (tmp_path / name).write_bytes(base64.b64decode(PICTURE))
    (inner / "notes.txt").write_text("a secret")
    (inner / "link.png").symlink_to(tmp_path / "secret.png")
    (inner / "text.png").symlink_to(inner / "notes.txt")
    (inner / "loop.png").symlink_to(inner / "loop.png")
    (inner / "out").symlink_to(tmp_path)
    (inner / "folder.png").mkdir()
    os.mkfifo(inner / "pipe.png")
    with (inner / "large.png").open("wb") as large:
        large.truncate(pictures.LARGEST_PICTURE + 1)
    return inner


@pytest.mark.parametrize("picture", ["![a](dot.png)", "![a](my%20dot.png)", "![a](<my dot.png>)", '<img src="my dot.png">', '<img src="sub/dot.PNG?x=1#y">',
                                     "![a](sub/../dot.png)", "![a](out/notebooks/dot.png)"])
def test_pictures_of_the_folder_are_in_the_page(folder, picture):
    said, main = shown(folder, picture)
    assert main.img["src"] == f"data:image/png;base64,{PICTURE}" and said == []


@pytest.mark.parametrize("address, reason", [
    ("../secret.png", "does not lie in the notebook's folder; put it there"),
    ("sub/../../secret.png", "does not lie in the notebook's folder"),
    ("%2E%2E/secret.png", "does not lie in the notebook's folder"),
    ("ABOVE/secret.png", "does not lie in the notebook's folder"),
    ("file://ABOVE/secret.png", "does not lie in the notebook's folder"),
    ("file://ABOVE/notebooks/dot.png", "does not lie in the notebook's folder"),
    ("link.png", "does not lie in the notebook's folder"),
    ("out/secret.png", "does not lie in the notebook's folder"),
    ("notes.txt", "is no picture that browsers show; those end in .png, "),
    ("text.png", "is no picture that browsers show"),
    ("folder.png", "is no picture that browsers show"),
    ("pipe.png", "is no picture that browsers show"),
    ("large.png", "has 10 MB, and a page takes pictures of up to 10 MB; make it smaller"),
    ("loop.png", "cannot be read; put it beside the notebook"),
    ("gone.png", "cannot be read; put it beside the notebook"),
    ("a%00b.png", "cannot be read"),
    ("http://[dot.png", "is on the web, from which a page loads nothing; save it beside the notebook"),
    ("https://example.com/dot.png", "is on the web"),
    ("//example.com/dot.png", "is on the web"),
    ("attachment:dot.png", "is not attached to its cell; paste it there again"),
])
@pytest.mark.parametrize("form", ["![my words]({})", '<img alt="my words" src="{}">'])
def test_other_pictures_keep_their_words(folder, form, address, reason):
    address = address.replace("ABOVE", folder.parent.as_posix())
    said, main = shown(folder, form.format(address))
    [sentence] = said
    assert sentence.startswith("the picture ") and reason in sentence
    assert main.em.get_text() == f"my words [{sentence}]" and not main.img


@pytest.mark.parametrize("form", ["![a](attachment:my%20dot.png)", '<img src="attachment:my dot.png">'])
def test_attached_pictures_are_in_the_page(tmp_path, form):
    said, main = shown(tmp_path, form, attachments={"my dot.png": {"text/html": "<b>", "image/png": PICTURE}})
    assert main.img["src"] == f"data:image/png;base64,{PICTURE}" and said == []
    said, main = shown(tmp_path, form, attachments={"my dot.png": {"text/html": "<b>"}})
    assert not main.img and "is not attached" in said[0]


def test_a_page_loads_nothing(tmp_path):
    said, main = shown(tmp_path, """<video src="film.mp4">my words</video><iframe src="https://example.com"></iframe>
<img src="data:image/png;base64,AA" srcset="//example.com/x.png"><script src="//example.com/x.js"></script><link href="x.css">
<style>@import "x.css"; a > b { background: url( 'x.png' ); b: url("#mark") }</style><p style="background: url(//example.com/y.png)">styled</p>
<svg><use href="#mark"></use><image href="x.png"></image></svg><a href="https://example.com">a link</a>""")
    for address in ("film.mp4", "x.css", "x.png", "example.com/x.js", "example.com/y.png", "https://example.com,"):
        assert any(address in sentence for sentence in said), address
    assert len(said) == 8 and "my words" in main.get_text() and main.a["href"] == "https://example.com"
    assert not main.select("video, iframe, script, link, [srcset]") and "url(" not in main.select_one("p[style]")["style"]
    assert main.style.get_text() == ' a > b { background: none; b: url("#mark") }'


@pytest.mark.skipif(not os.environ.get("CHROMIUM"), reason="there is no Chromium")
def test_what_nobody_lists_is_not_loaded_either(tmp_path, browser):
    """Each browser knows more ways to load something than a list has."""
    text = """<iframe srcdoc="<img src='https://example.com/a.png'>"></iframe> <meta http-equiv="refresh" content="0; url=https://example.com/b">
<p style="background: image-set('https://example.com/c.png' 1x)">one</p> <p style="background: u\\72l(https://example.com/d.png)">two</p>
<img src="x" onerror="fetch('https://example.com/e')"> <script>new Image().src = "https://example.com/f.png"</script>
<img src="data:image/png;base64,PICTURE">"""
    said, _ = export_page(tmp_path, text=text.replace("PICTURE", PICTURE))
    assert any("would go to another page by itself" in sentence for sentence in said), said
    page = browser.new_page()
    asked = []
    page.route(re.compile("^https:"), lambda route: (asked.append(route.request.url), route.fulfill(body="")))
    page.goto((tmp_path / "mine.html").as_uri())
    page.wait_for_timeout(1000)
    assert asked == [] and page.evaluate("[...document.images].some(image => image.naturalWidth > 0)")
    page.close()


def test_what_is_told_is_short(tmp_path):
    said, _ = shown(tmp_path, f'<img src="{"x" * 100_000}"> <iframe src="{"y" * 100_000}">')
    assert len(said) == 2 and all(len(sentence) < 300 for sentence in said)
