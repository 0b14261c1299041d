"""The notebooks run for real, and their pages are what a reader needs."""

import json
import math
import os
import re
import signal
import subprocess

import nbformat
import pytest
from bs4 import BeautifulSoup

from conftest import NOTEBOOKS, OFFLINE, OUT, ROOT, kernel_setup, programs_with, wait_until, write

names = pytest.mark.parametrize("name", [path.stem for path in NOTEBOOKS])


@pytest.fixture
def page(reported, name):
    return BeautifulSoup((OUT / f"{name}.html").read_text(encoding="utf-8"), "html.parser")


def test_all_notebooks_run(reported):
    assert reported.first.code == 0, reported.first.said
    assert reported.second.code == 0, reported.second.said


def test_all_notebooks_run_on_pure_go():
    quick = kernel_setup("report", "--original", "--quick", "--pure-go", "--out", OUT / "quick", **OFFLINE)
    assert quick.code == 0, quick.said
    assert "one epoch a training" in quick.said
    said = "".join(page.read_text(encoding="utf-8") for page in (OUT / "quick").glob("*.html"))
    assert "Quick mode: 1 of 20 epochs" in said


def test_second_time_only_replays(reported):
    assert reported.trained == reported.replayed


def test_notebooks_stay_as_they_are(reported):
    assert reported.notebooks_before == reported.notebooks_after


def test_index_lists_every_report(reported):
    index = BeautifulSoup((OUT / "index.html").read_text(encoding="utf-8"), "html.parser")
    links = {a["href"] for a in index.select(".reports a")}
    assert {f"{path.stem}.html" for path in NOTEBOOKS} <= links


# What a lab lets fail on purpose, also on the full data.
FAILS_ON_PURPOSE = {
    "debug/memory": "each picture has the label of the next one",
    "debug/stuck": "has a learning rate that is far too large",
}


def test_trained_models_have_learned(reported, runs):
    """No model that a lab trains on the sample answers as a guess would, within three standard deviations."""
    guessing = {}
    for history in runs.glob("*/*/history.jsonl"):
        recipe = json.loads((history.parent / "run.json").read_text(encoding="utf-8"))["recipe"]
        epochs = [json.loads(line) for line in history.read_text(encoding="utf-8").splitlines()]
        measured = "val_accuracy" if "val_accuracy" in epochs[-1] else "accuracy"
        if recipe.get("classes") and measured in epochs[-1]:
            guess = 1 / len(recipe["classes"])
            floor = guess + 3 * math.sqrt(guess * (1 - guess) / 100)  # no lab validates on fewer than 100 examples
            best = max(epoch[measured] for epoch in epochs)
            if best < floor:
                guessing[f"{history.parent.parent.name}/{history.parent.name}"] = f"{best:.2f} is right, {guess:.2f} by guessing"
    assert {name: what for name, what in guessing.items() if name not in FAILS_ON_PURPOSE} == {}
    assert set(FAILS_ON_PURPOSE) <= set(guessing)


@names
def test_page_has_no_error(page):
    assert not page.select(".error, .stderr"), page.select_one(".error, .stderr").get_text()
    assert "goroutine 1 [running]" not in page.get_text()


@names
def test_page_works_alone(page):
    loads = [
        tag[name] for tag in page.find_all(True) for name in ("src", "srcset", "data", "href")
        if tag.get(name) and not (tag.name == "a" and name == "href")
    ]
    assert all(address.startswith("data:") for address in loads), loads
    assert not page.find_all(["iframe", "link"])
    assert bool(page.find_all("script")) == bool(page.select(".playground"))  # a script is for those
    assert len(str(page)) < 3_000_000
    assert not re.search(r"url\((?!data:)|@import", page.style.get_text())


@names
def test_pictures_have_words(page):
    for image in page.find_all("img"):
        words = image["alt"].strip()
        if figure := image.find_parent("figure"):  # one picture speaks for all panels, the words of a table for those in it
            words = words or "".join(other["alt"] for other in figure.find_all("img")).strip()
            words = words or (image.find_parent("table") or image).get_text(strip=True)
        assert words, str(image)[:120]
        assert "No description has been provided" not in words


@names
def test_headings_lead(page):
    levels = [int(h.name[1]) for h in page.find_all(re.compile(r"^h[1-6]$"))]
    assert levels.count(1) == 1
    assert all(deeper <= above + 1 for above, deeper in zip(levels, levels[1:])), levels
    targets = {a["href"] for a in page.select("nav a[href^='#']")}
    assert all(page.find(id=target[1:]) for target in targets)


@names
def test_tables_have_headers(page):
    for table in page.select(".outputs table"):
        caption = table.caption or table.find_parent("figure").figcaption
        assert caption.get_text(strip=True), str(table)[:200]
        assert all(th.get("scope") in ("col", "row", "colgroup", "rowgroup") for th in table.find_all("th"))


@names
def test_code_is_coloured_as_go(page, name):
    assert page.html["lang"] == "en"
    source = page.select(".source")
    code = [cell for cell in nbformat.read(f"notebooks/{name}.ipynb", 4).cells if cell.cell_type == "code"]
    assert len(source) == len([cell for cell in code if cell.source.strip()])
    keywords = {tag.get_text() for tag in page.select(".source .kn, .source .kd, .source .k")}
    assert keywords & {"import", "var", "func", "for", "range"}, keywords


def test_failing_cell_stops_its_notebook_only(tmp_path):
    bad = write(tmp_path / "bad.ipynb", '%%\nprintln("fine")', '%%\npanic("this went wrong")', '%%\nprintln("never")')
    good = write(tmp_path / "good.ipynb", 'import "fmt"\n%%\nfmt.Println("fine")')
    done = kernel_setup("report", "--out", tmp_path / "out", bad, good)
    assert done.code == 1
    assert "bad stops at code cell 2" in done.said
    assert 'panic("this went wrong")' in done.said and "panic: this went wrong" in done.said
    assert (tmp_path / "out" / "good.html").exists()
    page = BeautifulSoup((tmp_path / "out" / "bad.html").read_text(encoding="utf-8"), "html.parser")
    assert "stopped at code cell 2" in page.select_one(".stopped").get_text()
    printed = "".join(tag.get_text() for tag in page.select(".outputs .error, .outputs .stderr"))
    assert "this went wrong" in printed and "never" not in page.main.get_text()
    assert "Stopped at code cell 2" in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")


def test_cells_wait_for_their_turn(tmp_path):
    mark = tmp_path / "mark"
    first = write(tmp_path / "first.ipynb", f'''import (
	"os"
	"time"
)
%%
time.Sleep(4 * time.Second) // longer than the second kernel takes to start
os.WriteFile("{mark}", nil, 0o644)''')
    second = write(tmp_path / "second.ipynb", f'''import "os"
%%
if _, err := os.Stat("{mark}"); err != nil {{
	panic(err)
}}''')
    done = kernel_setup("report", "--jobs", "1", "--out", tmp_path / "out", first, second, first)
    assert done.code == 0, done.said
    assert done.said.count("  cell ") == 2


def test_two_notebooks_at_a_time(tmp_path):
    """Each waits for the other's mark; the first, which ends last, is told of first."""
    def meets(other, then):
        return f'''import (
	"os"
	"time"
)
%%
os.WriteFile("{tmp_path}/{"first" if other == "second" else "second"}", nil, 0o644)
for i := 0; ; i++ {{
	if _, err := os.Stat("{tmp_path}/{other}"); err == nil {{
		break
	}}
	if i == 600 {{
		panic("{other} does not run")
	}}
	time.Sleep(100 * time.Millisecond)
}}
time.Sleep({then} * time.Second)'''
    first = write(tmp_path / "first.ipynb", meets("second", 3), "%%\nprintln(1)")
    second = write(tmp_path / "second.ipynb", meets("first", 0))
    done = kernel_setup("report", "--jobs", "2", "--out", tmp_path / "out", first, second)
    assert done.code == 0, done.said
    told = [line.split()[0] for line in done.said.splitlines() if line.startswith(("first", "second", "  cell"))]
    assert told == ["first", "cell", "cell", "second", "cell"], done.said
    assert "2 notebooks" in (tmp_path / "out" / "first.html").read_text(encoding="utf-8")


def test_stopped_report_leaves_nothing_running(tmp_path):
    def cell(name):
        return f'''import (
	"os"
	"time"
)
%%
os.WriteFile("{tmp_path}/{name}", nil, 0o644)
time.Sleep(time.Minute)'''
    notebooks = [write(tmp_path / f"{name}.ipynb", "%%\nprintln(1)", cell(name)) for name in ("one", "two", "three")]
    marker = {"STOPPED_REPORT": str(tmp_path)}
    report = subprocess.Popen([os.environ["KERNEL_SETUP"], "report", "--jobs", "2", "--out", tmp_path / "out", *notebooks], cwd=ROOT,
                              env={**os.environ, **marker}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def programs():
        return programs_with("STOPPED_REPORT", tmp_path)
    wait_until(lambda: (tmp_path / "one").exists() and (tmp_path / "two").exists(), lambda: f"two cells do not begin: {programs()}")
    wait_until(lambda: sum("python" in name for name in programs()) == 3, lambda: f"two run and one waits: {programs()}")
    report.send_signal(signal.SIGINT)
    said, _ = report.communicate(timeout=60)
    assert report.returncode == 130 and "stopped" in said, said
    told = [line.split()[0] for line in said.splitlines() if line.startswith(("one", "two", "three", "  cell  1"))]
    assert told == ["one", "cell", "two", "cell"], said
    wait_until(lambda: not programs(), lambda: f"still there: {programs()}", 30)


def test_notebook_changed_meanwhile_is_not_overwritten(tmp_path):
    notebook = tmp_path / "edited.ipynb"
    write(notebook, f'''import "os"
%%
f, _ := os.OpenFile("{notebook}", os.O_APPEND|os.O_WRONLY, 0)
f.WriteString("\\n")
f.Close()''')
    done = kernel_setup("report", "--save", "--out", tmp_path / "out", notebook)
    assert done.code == 0 and "changed meanwhile" in done.said, done.said
    assert json.loads(notebook.read_text(encoding="utf-8"))["cells"][1]["outputs"] == []


def test_save_writes_outputs_back(tmp_path):
    notebook = write(tmp_path / "saved.ipynb", 'import "fmt"\n%%\nfmt.Println("kept")')
    other = write(tmp_path / "other.ipynb", 'import "fmt"\n%%\nfmt.Println("kept too")')
    assert kernel_setup("report", "--save", "--no-input", "--out", tmp_path / "out", notebook, other).code == 0
    assert "notebooks</dd>" not in (tmp_path / "out" / "saved.html").read_text(encoding="utf-8")  # one at a time
    first = notebook.read_text(encoding="utf-8")
    saved = json.loads(first)
    assert "kept\n" in saved["cells"][1]["outputs"][0]["text"]
    assert saved["metadata"]["kernelspec"]["name"] == "gonb"
    assert saved["metadata"]["language_info"]["pygments_lexer"] == "go"
    assert 'class="source"' not in (tmp_path / "out" / "saved.html").read_text(encoding="utf-8")
    assert kernel_setup("report", "--save", "--out", tmp_path / "out", notebook).code == 0
    assert notebook.read_text(encoding="utf-8") == first


def test_page_says_whose_it_is_and_is_printed(tmp_path):
    notebook = write(tmp_path / "01-mine.ipynb", 'import "fmt"\n%%\nfmt.Println("kept")')
    out = tmp_path / "out"
    plain = kernel_setup("report", "--out", out, notebook)
    assert plain.code == 0 and "Ada" not in (out / "01-mine.html").read_text(encoding="utf-8")
    pdf = ["--pdf"] if os.environ.get("CHROMIUM") else []
    done = kernel_setup("report", "--name", "Ada & Co", "--course", "ML 1", *pdf, "--out", out, notebook)
    assert done.code == 0, done.said
    for name in ("01-mine", "index"):
        head = BeautifulSoup((out / f"{name}.html").read_text(encoding="utf-8"), "html.parser").header.get_text(" ")
        assert "Ada & Co" in head and "ML 1" in head
    assert not pdf or (out / "01-mine.pdf").read_bytes().startswith(b"%PDF")
    (out / "01-mine.pdf").touch()
    again = kernel_setup("report", "--out", out, notebook)
    assert "01-mine.pdf showed the earlier page and is removed" in again.said and not (out / "01-mine.pdf").exists()


def test_report_takes_the_copy_that_was_changed(tmp_path):
    (tmp_path / "work" / "notebooks").mkdir(parents=True)
    write(tmp_path / "work" / "notebooks" / "00-start-here.ipynb", 'import "fmt"\n%%\nfmt.Println("my own words")')

    def page(*options):
        done = kernel_setup("report", *options, "--out", tmp_path / "out", "00", KERNEL_SETUP_WORK=str(tmp_path / "work"), **OFFLINE)
        assert done.code == 0, done.said
        assert ("Taking your copies of 00-start-here" in done.said) == (not options)
        return (tmp_path / "out" / "00-start-here.html").read_text(encoding="utf-8")
    assert "my own words" in page()
    assert "my own words" not in page("--original", "--quick")


def test_results_are_data_too(tmp_path):
    notebook = write(tmp_path / "results.ipynb", '''import kit "gonblabs/mnistkit"
%%
kit.Show(kit.Results(kit.Result{"accuracy", "a < b", "98 %"}))''')
    assert kernel_setup("report", "--save", "--out", tmp_path / "out", notebook).code == 0
    [output] = nbformat.read(notebook, 4).cells[1].outputs
    nbformat.validate(nbformat.read(notebook, 4))
    assert output.data["application/vnd.mnistkit+json"] == [{
        "kind": "results", "caption": "Original and here", "header": ["result", "original", "here"], "rows": [["accuracy", "a < b", "98 %"]]}]
    page = (tmp_path / "out" / "results.html").read_text(encoding="utf-8")
    assert page.count("Original and here</caption>") == 1 and "vnd.mnistkit" not in page


@pytest.mark.parametrize("arguments, sentence", [
    (["repot"], 'there is no verb "repot"'),
    (["report", "--not-a-flag"], "report has no flag --not-a-flag"),
    (["report", "--jobs", "0"], "--jobs is 0; give the number"),
    (["report", "99-missing"], 'there is no notebook "99-missing"'),
    (["fetch", "cifar"], 'there is no data set "cifar"'),
])
def test_mistakes_get_one_sentence(arguments, sentence):
    done = kernel_setup(*arguments, **OFFLINE)
    assert done.code == 2
    assert sentence in done.said and len(done.said.strip().splitlines()) == 1
