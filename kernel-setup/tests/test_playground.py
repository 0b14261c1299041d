"""The networks inside the pages answer as Predict does, and anybody can try them."""

import base64
import json
import os
import subprocess
import sys

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from playwright.sync_api import expect

from conftest import OFFLINE, ROOT, kernel_setup

sys.path.insert(0, str(ROOT / "kernel-setup" / "py"))
import export  # noqa: E402
from counted import PLAYGROUND  # noqa: E402

pytestmark = pytest.mark.skipif(not os.environ.get("CHROMIUM"), reason="there is no Chromium")

SCRIPT = (ROOT / "kernel-setup" / "template" / "playground.js").read_text(encoding="utf-8")

# What Predict is asked 200 times of each model, and a drawing that Go brings into MNIST's form.
CELLS = ["""%noautoget
import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"

	"github.com/janpfeifer/must"
	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/layer"
)

type Case struct{ Asked, Answers any }

func save(name string, asked any, answers []float32) {
	must.M(os.WriteFile("FOLDER/"+name+".json", must.M1(json.Marshal(Case{asked, answers})), 0o644))
}
""", """var digits = kit.MNIST().Holdout(0.15).Seed(1)
var lenet = kit.Run{Name: "play/lenet", Data: digits, Seed: 1, Model: layer.Stack{
	layer.Rescale(1.0 / 255), layer.RandomTranslation(0.1, 0.1),
	layer.Conv2D(6, 5).Same().ReLU(), layer.MaxPool(2), layer.Conv2D(16, 5).ReLU(), layer.BatchNorm().Momentum(0.9), layer.MaxPool(2),
	layer.Flatten(), layer.Dense(120).ReLU(), layer.Dropout(0.2), layer.Dense(84).ReLU(), layer.Dense(10),
}}
%%
must.M1(lenet.Fit(4))
test := must.M1(digits.Test()).First(200)
var pixels [][]float64
for i := range 200 {
	pixels = append(pixels, test.Inputs.At(i))
}
save("digits", pixels, must.M1(lenet.Predict(test)).Values)
save("drawing", must.M1(kit.Pictures("FOLDER/drawing.png")).Inputs.At(0), nil)
kit.Show(kit.Playground(lenet))
""", """var reviews = kit.IMDB().Vocabulary(5000).Padded(24).Holdout(0.4).Seed(1)
var sentiment = kit.Run{Name: "play/text", Data: reviews, Seed: 1, BatchSize: 512, Optimizer: kit.Adam(1e-2), Model: layer.Stack{
	layer.Embedding(5000, 8).MaskZero(), layer.GlobalAveragePool1D(), layer.Dense(8).ReLU(), layer.Dense(1),
}}
var marks = sentiment.With("play/marks", func(r *kit.Run) {
	r.Data, r.Model = reviews.MultiHot(), layer.Stack{layer.Dense(4).ReLU(), layer.Dense(1)}
})
%%
must.M1(sentiment.Fit(20))
must.M1(marks.Fit(5))
texts := must.M1(reviews.Texts(must.M1(reviews.Test()).First(198)))
for i := range texts {
	texts[i] = fmt.Sprintf("I DIDN'T say: <br />%s,\\tno-%d!  ÄÖ", texts[i], i%7)
}
texts = append(texts, "qwertyuiop", "<br /> The (film)\\n\\n that I saw")
save("texts", texts, must.M1(sentiment.Predict(reviews.Encode(texts...))).Values)
save("marks", texts, must.M1(marks.Predict(reviews.MultiHot().Encode(texts...))).Values)
kit.Show(kit.Playground(sentiment))
kit.Show(kit.Playground(marks))
""", """var cars = kit.AutoMPG().OneHot("origin").DropMissing().Normalized().Holdout(0.2)
var dnn = kit.Run{Name: "play/cars", Data: cars, Seed: 1, Optimizer: kit.RMSprop(1e-3), Model: layer.Stack{
	layer.Dense(64).ReLU(), layer.Dense(64).ReLU(), layer.Dense(1),
}}
%%
must.M1(dnn.Fit(50))
var rows []kit.Row
for i := range 200 {
	n := rand.New(rand.NewPCG(uint64(i), 0)).Float64
	rows = append(rows, kit.Row{"cylinders": 3 + 5*n(), "displacement": 70 + 400*n(), "horsepower": 50 + 180*n(), "weight": 1600 + 3500*n(),
		"acceleration": 8 + 16*n(), "model year": 70 + 12*n(), "origin": []string{"Europe", "Japan", "USA"}[i%3]})
}
save("rows", rows, must.M1(dnn.Predict(cars.Encode(rows...))).Values)
kit.Show(kit.Playground(dnn))
"""]


@pytest.fixture
def script(browser):
    """An empty page with the script."""
    page = browser.new_page()
    page.set_content("<main></main>")
    page.add_style_tag(content=export.style())
    page.add_script_tag(content=SCRIPT)
    yield page
    page.close()


def test_every_kind_of_layer(tmp_path, script):
    """The engine's own table of layers, and all activations: what it computes, the page computes too."""
    cases = tmp_path / "cases.json"
    done = subprocess.run(["go", "test", "-count=1", "-run=^TestPlaygroundCases$", "./mnistkit/engine"], cwd=ROOT, capture_output=True, text=True,
                          env={**os.environ, "GOMLX_BACKEND": "go", "PLAYGROUND_CASES": str(cases)})
    assert done.returncode == 0, done.stdout + done.stderr
    cases = json.loads(cases.read_text(encoding="utf-8"))
    assert len(cases) > 30
    for case in cases:
        for given, want in zip(case["inputs"], case["outputs"]):
            got = script.evaluate("([model, x]) => [...forward(model, Float32Array.from(x)).at(-1)]", [case["model"], given])
            assert got == pytest.approx(want, rel=1e-4, abs=1e-4), case["name"]


def test_scripts_end_where_they_should():
    assert "</script" not in SCRIPT
    output = nbformat.v4.new_output("display_data", {"text/html": "<div>A note</div>", PLAYGROUND: '{"run":"</script><b>"}'})
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("play", outputs=[output])])
    export.place_models(notebook)
    tree = BeautifulSoup(output.data["text/html"], "html.parser")
    assert json.loads(tree.select_one(".playground > script").string) == {"run": "</script><b>"} and not tree.b


def test_pages_stay_small():
    tree = BeautifulSoup('<p>Text</p>' + '<div class="playground"><div>A note</div><script>{}</script></div>'.format("x" * 1000) * 3, "html.parser")
    export.drop_models(tree, 2500)
    assert [bool(place.script) for place in tree.select(".playground")] == [True, True, False]
    assert "A note" in tree.select(".playground")[2].get_text() and "left out" in tree.select(".playground")[2].get_text()


@pytest.fixture(scope="module")
def made(browser, tmp_path_factory):
    """The folder of a page with four playgrounds, and of what Go said of them."""
    folder = tmp_path_factory.mktemp("playground")
    page = browser.new_page()
    page.set_content("<main></main>")
    page.add_script_tag(content=SCRIPT)
    picture, form = page.evaluate("""() => {
        const canvas = Object.assign(document.createElement("canvas"), {width: 448, height: 448}), pen = canvas.getContext("2d");
        Object.assign(pen, {lineWidth: 35, lineCap: "round"});
        pen.stroke(new Path2D("M130 90C300 60 330 200 210 220C380 230 300 420 110 340"));
        const ink = pen.getImageData(0, 0, 448, 448).data.filter((_, i) => i % 4 === 3);
        return [canvas.toDataURL(), [...inputOfInk(ink, 448)]];
    }""")
    page.close()
    (folder / "drawing.png").write_bytes(base64.b64decode(picture.split(",")[1]))
    (folder / "form.json").write_text(json.dumps(form), encoding="utf-8")
    cells = [nbformat.v4.new_code_cell(source.replace("FOLDER", str(folder))) for source in CELLS]
    kernel = {"name": "gonb", "display_name": "Go (gonb)", "language": "go"}
    notebook = folder / "play.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Play"), *cells], metadata={"kernelspec": kernel}), notebook)
    done = kernel_setup("report", "--save", "--out", folder / "out", notebook,
                        MNISTKIT_DATA="bundled", MNISTKIT_RUNS=str(folder / "runs"), **OFFLINE)
    assert done.code == 0, done.said
    return folder


@pytest.fixture
def play(made, browser):
    """Opens the page, from its file and without a network; fails if its script does."""
    opened, wrong = [], []

    def play(number, **settings):
        page = browser.new_page(**settings)
        opened.append(page)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: request.url.startswith(("file:", "data:")) or wrong.append(request.url))
        page.goto((made / "out" / "play.html").as_uri())
        place = page.locator(".playground").nth(number)
        place.scroll_into_view_if_needed()
        return page, place
    yield play
    for page in opened:
        page.close()
    assert wrong == []


@pytest.mark.parametrize("number, name, put", [
    (0, "digits", "x => Float32Array.from(x)"), (1, "texts", "x => inputOfText(model.encoder.text, x)"),
    (2, "marks", "x => inputOfText(model.encoder.text, x)"), (3, "rows", "x => inputOfRow(model.encoder.table, x)"),
])
def test_it_answers_as_predict(made, play, number, name, put):
    case = json.loads((made / f"{name}.json").read_text(encoding="utf-8"))
    page, _ = play(number)
    got = page.evaluate("""([number, asked]) => {
        const model = JSON.parse(document.querySelectorAll(".playground > script")[number].textContent), put = PUT;
        return asked.flatMap(x => [...predicted(model, forward(model, put(x)).at(-1))]);
    }""".replace("PUT", put), [number, case["Asked"]])
    assert len(case["Asked"]) == 200 and max(case["Answers"]) - min(case["Answers"]) > 0.5
    assert got == pytest.approx(case["Answers"], abs=1e-4)


def test_drawings_get_mnists_form(made):
    want = json.loads((made / "drawing.json").read_text(encoding="utf-8"))["Asked"]
    got = json.loads((made / "form.json").read_text(encoding="utf-8"))
    assert sum(want) > 10_000 and max(abs(a - b) for a, b in zip(got, want)) <= 4


def test_saved_notebook_stays_small(made):
    saved = nbformat.read(made / "play.ipynb", 4)
    outputs = [output for cell in saved.cells for output in cell.get("outputs", [])]
    assert not any(PLAYGROUND in output.get("data", {}) for output in outputs)
    assert sum("network play/" in output.get("data", {}).get("text/html", "") for output in outputs) == 4
    page = (made / "out" / "play.html").read_text(encoding="utf-8")
    assert page.count("function forward(") == 1 and len(page) < 3_000_000


def alive(page, **model):
    """A playground with a model made by hand, in an empty page with the script."""
    model = {"run": "by/hand", "weights": "none", "loss": "sparse_categorical_crossentropy", "encoder": {}, "values": ""} | model
    page.evaluate("""model => {
        document.querySelector("main").innerHTML = '<div class="playground"><div role="note">A note</div><script></script></div>';
        document.querySelector("main script").textContent = JSON.stringify(model);
        play(document.querySelector(".playground"), 0);
    }""", model)
    return page.locator(".playground")


def test_pictures_of_other_sizes(script):
    """No digits: the pad is the picture, without a form to bring it into; a dot is drawn with a finger."""
    flat = {"Kind": "Flatten", "Layer": {}, "From": [-1], "In": [2, 3, 1], "Out": [6]}
    place = alive(script, input=[2, 3, 1], bytes=False, steps=[flat])
    assert "A note" not in place.inner_text() and not place.locator("legend").is_visible()
    pad = place.locator("canvas").first
    assert pad.evaluate("pad => [pad.width, pad.height]") == [48, 32]
    pad.evaluate("""pad => {
        pad.setPointerCapture = () => {};
        pad.hasPointerCapture = () => true;
        const at = {pointerId: 1, pointerType: "touch", offsetX: pad.clientWidth, offsetY: pad.clientHeight};
        pad.dispatchEvent(Object.defineProperties(new Event("pointerdown"), Object.getOwnPropertyDescriptors(at)));
    }""")
    script.wait_for_timeout(200)
    got = shares(place)
    assert got[5] == max(got) > got[0] and sum(got) == pytest.approx(100, abs=1)  # the corner where the dot is
    place.get_by_role("button", name="None of these").click()
    expect(place.locator("[aria-live=polite]")).to_contain_text("This is a cross")


def test_tables_without_rows(script):
    """A model opened from a file has no rows to take ranges from; classes get bars."""
    names = ["length", "colour=red", "colour=blue"]
    features = [{"name": n, "column": n.split("=")[0], "one_hot": "=" in n, "value": n.partition("=")[2], "mean": 0, "deviation": 1} for n in names]
    flat = {"Kind": "Flatten", "Layer": {}, "From": [-1], "In": [3], "Out": [3]}
    place = alive(script, input=[3], steps=[flat], classes=["a", "b", "c"], encoder={"table": {"target": "kind", "features": features}})
    assert not place.get_by_label("Test row").is_visible()
    place.get_by_label("colour").select_option("blue")
    got = shares(place)
    assert got[2] > got[1]
    place.get_by_label("length").fill("3")
    assert shares(place)[0] > 80


def test_rows_between_steps(script):
    """The network answers to a row as it is, though its slider stands at the nearest step."""
    feature = {"name": "displacement", "column": "displacement", "mean": 0, "deviation": 1}
    flat = {"Kind": "Flatten", "Layer": {}, "From": [-1], "In": [1], "Out": [1]}
    place = alive(script, input=[1], steps=[flat], loss="mean_squared_error", examples=[[97.5], [455], [100]], labels=["18", "15", "20"],
                  encoder={"table": {"target": "mpg", "features": [feature]}})
    place.get_by_label("Test row").select_option("2")
    expect(place.locator("[aria-live=polite]")).to_contain_text("100.")
    expect(place.locator("output")).to_have_text("100")
    place.get_by_label("displacement").fill("200.5")
    expect(place.locator("output")).to_have_text("200.5")
    expect(place.locator("[aria-live=polite]")).to_contain_text("201.")


def shares(place):
    return [float(text.split()[-2]) for text in place.locator("li").all_inner_texts() if "%" in text]


def test_one_draws_and_bars_move(play):
    page, place = play(0)
    expect(place.get_by_text("The label is")).to_be_visible()  # it begins with a test image
    pad, said = place.locator(".desk canvas").first, place.locator("[aria-live=polite]")
    box = pad.bounding_box()
    page.mouse.move(box["x"] + 100, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 100, box["y"] + 120, steps=5)
    page.wait_for_timeout(200)
    first = shares(place)
    page.mouse.move(box["x"] + 180, box["y"] + 200, steps=5)
    page.wait_for_timeout(200)
    second = shares(place)
    page.mouse.up()
    assert first != second and sum(first) == pytest.approx(100, abs=1) == sum(second)
    expect(said).to_contain_text("The network answers")
    expect(said).not_to_contain_text("label")
    place.get_by_role("button", name="Clear").click()
    assert shares(place) == [] and pad.evaluate("pad => pad.getContext('2d').getImageData(0, 0, 448, 448).data.every(v => v === 0)")
    place.get_by_role("button", name="Not a digit").click()
    expect(said).to_contain_text("This is a cross")
    assert sum(shares(place)) == pytest.approx(100, abs=1)
    filters = place.locator(".maps canvas")
    assert filters.count() == 7
    assert all(filters.nth(i).evaluate("c => c.getContext('2d').getImageData(0, 0, 28, 28).data.some(v => v > 0)") for i in range(7))


def test_keyboard_chooses_a_test_image(play):
    page, place = play(0)
    place.get_by_role("button", name="Not a digit").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    chosen = place.locator("input:checked")
    assert chosen.count() == 1
    label = place.locator("label:has(:checked) canvas").get_attribute("aria-label").split()[-1]
    expect(place.locator("[aria-live=polite]")).to_contain_text(f"The label is {label}.")


def test_one_writes_and_slides(play):
    _, place = play(1)
    place.get_by_label("Write a text").fill("Boring, bad, qwertyuiop!")
    expect(place.get_by_text("Not in its vocabulary: qwertyuiop.")).to_be_visible()
    bad = shares(place)
    place.get_by_label("Write a text").fill("A wonderful, moving film.")
    assert bad[0] > 50 > shares(place)[0]
    place.get_by_label("Write a text").fill("!")
    expect(place.locator("[aria-live=polite]")).to_have_text("There are no words.")
    page, place = play(3)
    value = place.locator(".value")
    before = value.inner_text()
    place.get_by_label("weight").focus()
    for _ in range(20):
        page.keyboard.press("PageDown")
    assert value.inner_text() != before and value.inner_text().startswith("mpg: ")
    place.get_by_label("Test row").select_option(index=2)
    expect(place.locator("[aria-live=polite]")).to_contain_text("In this row mpg is")


@pytest.mark.parametrize("width, scheme, media", [(1280, "light", "screen"), (390, "dark", "screen"), (390, "light", "screen"), (680, "dark", "print")])
def test_everybody_can_use_it(play, width, scheme, media):
    page, place = play(0, viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce")
    page.emulate_media(media=media)
    for i in range(4):
        page.locator(".playground").nth(i).scroll_into_view_if_needed()
    assert [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in Axe().run(page).response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert place.locator(".bar span").first.evaluate("bar => getComputedStyle(bar).transitionDuration") == "0s"


def test_paper_shows_an_answer(play):
    page, place = play(0)
    page.emulate_media(media="print")
    page.pdf()  # which tells the script, also of those that nobody has seen
    assert all(page.locator(".playground").nth(i).locator("[aria-live=polite]").inner_text() for i in range(4))
    assert not place.get_by_role("button", name="Clear").is_visible()
