"""What is handed in can be checked: verify believes nothing that it has not measured."""

import csv
import hashlib
import io
import json
import os
import re
import shutil
import time
import zipfile
from types import SimpleNamespace

import pytest

from conftest import OFFLINE, ROOT, kernel_setup, write

import pack as packing
import verify as verifying

SOURCE = '''import (
	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/layer"
)

var digits = kit.MNIST().Holdout(0.15)
var mlp = kit.Run{Name: "hand/mlp", Data: digits, Seed: 1, Model: layer.Stack{layer.Rescale(1.0 / 255), layer.Flatten(), layer.Dense(10)}}
var other = mlp.With("hand/other", func(r *kit.Run) { r.Seed = 2 })
%%
kit.Show(mlp.Fit(3))
kit.Show(other.Fit(4, kit.SaveWeights{Every: 2}))'''
SCORES = '''%%
kit.Show(mlp.Evaluate(digits.Test()))
kit.Show(mlp.At(kit.Initial).Evaluate(digits.Test()))
kit.Show(other.At("cp-0002").Evaluate(digits.Test()))
kit.Show(kit.Leaderboard("hand/*"))'''
SWEEP = '''%%
kit.Show(kit.Vary(mlp, "rate", []float64{0.01}, func(r *kit.Run, rate float64) { r.Optimizer = kit.Adam(rate) }).Fit(1))'''


def pack(folder, *options, runs=None, notebook="mine"):
    done = kernel_setup("pack", "--out", folder / f"{notebook}.zip", "--pages", folder / "pages", *options, folder / f"{notebook}.ipynb",
                        **OFFLINE, MNISTKIT_RUNS=str(runs or folder / "runs"))
    assert done.code == 0, done.said
    return done.said


def verify(*arguments, **environment):
    return kernel_setup("verify", *arguments, **OFFLINE, **environment)


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A notebook that trains two models on the sample, packed; what is in the pack, and the accuracy of the first model."""
    folder = tmp_path_factory.mktemp("pack")
    write(folder / "mine.ipynb", SOURCE, SCORES, SWEEP)
    said = pack(folder, "--name", "Ann")
    shutil.copy(folder / "mine.zip", folder / "plain.zip")
    second = pack(folder, "--training")
    with zipfile.ZipFile(folder / "plain.zip") as opened:
        files = {name: opened.read(name) for name in opened.namelist()}
    page = files["mine.html"].decode()
    return SimpleNamespace(folder=folder, said=said, second=second, files=files, page=page,
                           accuracy=re.search(r"hand/mlp on mnist/test \(last weights, epoch 3\): loss [\d.]+, accuracy ([\d.]+ %)", page)[1])


@pytest.fixture
def forge(work, tmp_path):
    """Writes a pack of changed files, with the manifest that goes with them."""
    def forge(changes, sums=True):
        files = {name: contents for name, contents in (work.files | changes).items() if contents is not None}
        manifest = json.loads(files.pop("manifest.json"))
        if sums:
            manifest["files"] = {name: hashlib.sha256(contents).hexdigest() for name, contents in files.items()}
        with zipfile.ZipFile(tmp_path / "forged.zip", "w") as out:
            for name, contents in (files | {"manifest.json": json.dumps(manifest).encode()}).items():
                out.writestr(name, contents)
        return tmp_path / "forged.zip"
    return forge


def crc32c(contents):
    value = 0xFFFFFFFF
    for byte in contents:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
    return value ^ 0xFFFFFFFF


def resealed(contents):
    """A file of a run with the checksum that it should have, as one who forges it writes it."""
    head = contents[:contents.rindex(b'"crc32c":') + 9]
    return head + f'"0x{crc32c(head):08x}"}}\n'.encode()


def test_pack_holds_what_answers_and_no_scores(work):
    assert sorted(work.files) == ["manifest.json", "mine.html", "mine.ipynb", "models/hand/mlp-rate=0.01.mnistkit", "models/hand/mlp.mnistkit",
                                  "models/hand/other.mnistkit", "models/hand/other@cp-0002.mnistkit"]
    assert "The page of mine is missing, so report makes it." in work.said
    manifest = json.loads(work.files["manifest.json"])
    assert manifest["name"] == "Ann"
    assert manifest["files"] == {name: hashlib.sha256(b).hexdigest() for name, b in work.files.items() if name != "manifest.json"}
    with zipfile.ZipFile(io.BytesIO(work.files["models/hand/mlp.mnistkit"])) as model:
        assert not [name for name in model.namelist() if "scores" in name or "predictions" in name]


def test_page_is_made_again_only_when_it_is_older(work):
    assert "report makes it" not in work.second
    notebook, page = work.folder / "mine.ipynb", work.folder / "pages" / "mine.html"
    job = {"Notebook": str(notebook), "Page": str(page), "Root": str(work.folder / "runs"), "Runs": ["hand/mlp"]}
    last, new = page.stat().st_mtime, page.stat().st_mtime + 1
    for file, why in ((notebook, "is older than the notebook"), (work.folder / "runs/hand/mlp/last/state.json", "is older than the run hand/mlp")):
        assert packing.outdated(job) == ""
        os.utime(file, (new, new))
        assert packing.outdated(job) == why
        os.utime(file, (last, last))
    assert packing.outdated(job | {"Page": str(page) + "x"}) == "is missing"
    (work.folder / "old.html").write_text("<p>of a version that told programs nothing</p>")
    assert packing.outdated(job | {"Page": str(work.folder / "old.html")}) == "was made by an older version"
    (work.folder / "stopped.html").write_text('<meta name="mnistkit-data" content="[]"><p class="stopped">This notebook stopped', encoding="utf-8")
    assert packing.outdated(job | {"Page": str(work.folder / "stopped.html")}) == "ends with a cell that failed"


def test_honest_work_holds(work, forge):
    done = verify(forge({}))
    assert done.code == 0, done.said
    lines = [line for line in done.said.splitlines() if line.startswith("Ann ")]
    assert lines and all("holds" in line and "on the bundled sample" in line for line in lines)
    assert any(line.count(f"accuracy {work.accuracy}") == 2 for line in lines), done.said


def test_gradebooks_can_read_it(forge):
    forged = forge({})
    rows = list(csv.DictReader(io.StringIO(verify("--csv", forged).said)))
    claims = json.loads(verify("--json", forged).said)
    assert len(rows) == len(claims) == 6 and {row["verdict"] for row in rows} == {claim["verdict"] for claim in claims} == {"holds"}
    assert {claim["model"] for claim in claims} == {"hand/mlp", "hand/other", "hand/mlp-rate=0.01"}
    # mlp: test, validation, and before its training; other: a checkpoint, validation
    assert {claim["set"] for claim in claims} >= {"mnist/test:sample", "initial mnist/test:sample", "validation"}
    formula = json.dumps(json.loads(work_manifest(forged)) | {"name": "=1+1\x1b[2J"}).encode()
    assert "'=1+1 [2J" in verify("--csv", forge({"manifest.json": formula})).said


def test_work_on_the_sample_is_checked_where_the_full_data_are(forge, tmp_path):
    for name in ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"):
        (tmp_path / name).write_bytes(b"what is here is not the sample")
    done = verify(forge({}), MNISTKIT_DATA=str(tmp_path))
    assert done.code == 0 and "on the bundled sample" in done.said, done.said


def work_manifest(file):
    with zipfile.ZipFile(file) as opened:
        return opened.read("manifest.json")


def test_edited_scores_are_not_believed(work, tmp_path):
    """Whoever edits scores.json gets a page that claims it, and is found out."""
    shutil.copytree(work.folder / "runs", tmp_path / "runs")
    scores = tmp_path / "runs" / "hand" / "mlp" / "scores.json"
    edited, n = re.subn(rb'"accuracy": [\d.]+', b'"accuracy": 0.991', scores.read_bytes(), count=1)
    assert n == 1
    scores.write_bytes(resealed(edited))
    write(tmp_path / "edited.ipynb", SOURCE, SCORES, SWEEP)
    pack(tmp_path, notebook="edited")
    with zipfile.ZipFile(tmp_path / "edited.zip") as opened:
        assert b"accuracy 99.10 %" in opened.read("edited.html")
    done = verify(tmp_path / "edited.zip")
    assert done.code == 1
    assert re.search(rf"accuracy 99\.10 %, loss [\d.]+ +accuracy {work.accuracy}, loss [\d.]+ +does not hold", done.said), done.said


def edits(work):
    """Forgeries, and what verify says of them."""
    page, model = work.files["mine.html"], "models/hand/mlp.mnistkit"
    was, row = f"accuracy {work.accuracy}".encode(), f">{work.accuracy}<".encode()
    return {
        "page": ({"mine.html": page.replace(was, b"accuracy 99.10 %")}, r"99\.10 %.* does not hold"),
        "bold": ({"mine.html": page.replace(was, b"accuracy <b>99.10</b> %")}, r"99\.10 %.* does not hold"),
        "table": ({"mine.html": page.replace(row, b">99.10 %<")}, r"99\.10 %.* does not hold"),
        "told": ({"mine.html": page.replace(b"&#34;" + work.accuracy.encode(), b"&#34;99.10 %")}, r"99\.10 %.* does not hold"),
        "words": ({"mine.html": page.replace(b"</main>", b"<h2>hand/mlp on mnist/test (best weights, epoch 9): accuracy 99.10 %</h2></main>")},
                  r"99\.10 %.* does not hold"),
        "sample for full": ({"mine.html": page.replace(b"mnist/test:sample", b"mnist/test:full")}, '"mnist/test:full" is not here; fetch it'),
        "training for test": ({"mine.html": page.replace(b"mnist/test:sample", b"mnist/train:sample:holdout(0.15,seed 0)")},
                              "does not hold +it says mnist/test, and is of other data"),
        "exchanged weights": ({model: work.files["models/hand/other.mnistkit"]}, "does not hold +it is of other weights than those in the pack"),
        "no model": ({model: None}, "not checked +its model is not in the pack"),
        "no such model": ({model: b"PK"}, "not checked .*is not a model file"),
        "path": ({"models/../../x.mnistkit": b"x"}, 'it holds "models/../../x.mnistkit", which is not part of a pack'),
        "no page": ({"mine.html": None}, "there is not one notebook with one page among them"),
        "page of bytes": ({"mine.html": b"\xff"}, "its page cannot be read"),
        "strange page": ({"mine.html": b'<meta name="mnistkit-data" content="{&quot;a&quot;: 1}">'}, "its page cannot be read"),
    }


@pytest.mark.parametrize("name", [
    "page", "bold", "table", "told", "words", "sample for full", "training for test", "exchanged weights", "no model", "no such model", "path",
    "no page", "page of bytes", "strange page"])
def test_forgeries_are_found(work, forge, name):
    changes, said = edits(work)[name]
    assert all(contents != work.files.get(file) for file, contents in changes.items())
    done = verify(forge(changes))
    assert done.code == 1 and re.search(said, done.said), done.said
    assert "Traceback" not in done.said


def test_a_model_that_is_broken_costs_the_others_nothing(forge):
    claims = json.loads(verify("--json", forge({"models/hand/mlp.mnistkit": b"PK"})).said.partition("\nkernel-setup")[0])
    assert {claim["verdict"] for claim in claims if claim["model"] == "hand/mlp"} == {"not checked"}
    assert {claim["verdict"] for claim in claims if claim["model"] != "hand/mlp"} == {"holds"}


@pytest.mark.parametrize("part", ["<b>", "<div>", "<table><tr><th>model<th>test accuracy<tr><td>a<td>1", "a on b (best weights, epoch 1"])
def test_no_page_takes_for_ever(part):
    begun = time.process_time()
    list(verifying.from_html(part * 5000))
    assert time.process_time() - begun < 20


def test_forged_manifest(forge, tmp_path):
    forged = forge({"mine.html": b"another"}, sums=False)
    done = verify(forged.parent)
    assert done.code == 1 and "its files are not those of its manifest" in done.said


def test_time_limit(forge):
    done = verify("--timeout", "1ms", forge({}))
    assert done.code == 1 and "it took longer than 0.001 s" in done.said
    assert not list((ROOT / ".tools").glob("verify-*"))


def test_retrain(work, forge):
    assert verify("--retrain", forge({})).code == 0
    # A model that did not come from its recipe: its seed is another's.
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(work.files["models/hand/mlp.mnistkit"])) as model, zipfile.ZipFile(out, "w") as forged:
        for name in model.namelist():
            contents = model.read(name)
            if name == "run.json":
                contents = resealed(contents.replace(b'"learning_rate": 0.001', b'"learning_rate": 0.1'))
            if name == "history.jsonl":
                contents = b"".join(resealed(line.replace(b'"learning_rate":0.001', b'"learning_rate":0.1')) for line in contents.splitlines())
            forged.writestr(name, contents)
    forgery = forge({"models/hand/mlp.mnistkit": out.getvalue()})
    assert verify(forgery).code == 0
    done = verify("--retrain", forgery)
    assert done.code == 1 and "trained anew it has" in done.said, done.said


def test_own_data_are_those_that_the_teacher_names(tmp_path):
    rows = "x,y,kind\n" + "".join(f"{i},{(i * 7) % 5},{'ab'[i % 2]}\n" for i in range(60))
    own, teachers = tmp_path / "own.csv", tmp_path / "teachers.csv"
    own.write_text(rows)
    teachers.write_text(rows)
    write(tmp_path / "rows.ipynb", f'''import (
	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/layer"
)

var rows = kit.CSV("{own}", "kind").TestFraction(0.2).Normalized()
var net = kit.Run{{Name: "hand/rows", Data: rows, Seed: 1, Model: layer.Stack{{layer.Dense(2)}}}}
%%
kit.Show(net.Fit(2))
kit.Show(net.Evaluate(rows.Test()))''')
    pack(tmp_path, notebook="rows")
    own.unlink()
    os.mkfifo(own)  # whoever opens it waits for ever
    done = verify("--timeout", "60s", tmp_path / "rows.zip")
    assert done.code == 1 and "is not here; fetch it, or name your copy with --data" in done.said, done.said
    done = verify("--data", teachers, tmp_path / "rows.zip")
    assert done.code == 0 and "holds" in done.said, done.said


def test_training_goes_on_at_home(work, tmp_path):
    home = {"MNISTKIT_RUNS": str(tmp_path / "runs"), "KERNEL_SETUP_WORK": str(tmp_path / "work"), **OFFLINE}
    none = kernel_setup("unpack", work.folder / "plain.zip", **home)
    assert none.code == 1 and "holds no training to go on with; pack it with --training" in none.said
    packed = work.folder / "mine.zip"
    with zipfile.ZipFile(packed) as opened:
        assert not [name for name in opened.namelist() if "scores.json" in name or "predictions" in name]
    assert verify(packed).code == 0
    done = kernel_setup("unpack", packed, **home)
    assert done.code == 0 and "hand/mlp has 3 epochs and can go on." in done.said, done.said
    notebook = tmp_path / "work" / "notebooks" / "mine.ipynb"
    assert notebook.read_bytes() == (work.folder / "mine.ipynb").read_bytes()
    assert "hand/mlp is here already." in kernel_setup("unpack", packed, **home).said

    notebook.write_text(notebook.read_text(encoding="utf-8").replace("mlp.Fit(3)", "mlp.Fit(5)"), encoding="utf-8")
    done = kernel_setup("report", "--out", tmp_path / "out", notebook, **home)
    assert done.code == 0, done.said
    page = (tmp_path / "out" / "mine.html").read_text(encoding="utf-8")
    assert re.search(r"hand/mlp: trained epochs 4 to 5 in .*, going on from 3 epochs stored\.", page)

    done = kernel_setup("unpack", packed, **home)  # the five epochs stay, beside
    assert done.code == 0 and "The run hand/mlp that was here is now" in done.said, done.said
    kept = list((tmp_path / "runs" / ".old" / "hand").glob("mlp-*/history.jsonl"))
    assert len(kept) == 1 and len(kept[0].read_text().splitlines()) == 5
    assert "mlp.Fit(5)" in notebook.read_text(encoding="utf-8") and len(list(notebook.parent.glob("mine-*.ipynb"))) == 1


def test_broken_training_is_not_brought(work, tmp_path):
    with zipfile.ZipFile(work.folder / "mine.zip") as opened:
        files = {name: opened.read(name) for name in opened.namelist()}
    name = next(name for name in files if name.startswith("runs/hand/mlp/last/") and name.endswith(".bin"))
    files[name] = bytes(len(files[name]))
    manifest = json.loads(files["manifest.json"])
    manifest["files"][name] = hashlib.sha256(files[name]).hexdigest()
    with zipfile.ZipFile(tmp_path / "broken.zip", "w") as out:
        for name, contents in (files | {"manifest.json": json.dumps(manifest).encode()}).items():
            out.writestr(name, contents)
    done = kernel_setup("unpack", tmp_path / "broken.zip", **OFFLINE, MNISTKIT_RUNS=str(tmp_path / "runs"), KERNEL_SETUP_WORK=str(tmp_path / "work"))
    assert done.code == 1 and "hand/mlp is not brought here: " in done.said, done.said
    assert not (tmp_path / "runs" / "hand" / "mlp").exists()


@pytest.mark.parametrize("arguments, sentence", [
    (["pack"], "pack takes one notebook, such as 02."),
    (["unpack"], "unpack takes one file, which pack --training has written."),
    (["verify"], "verify takes files that pack has written, or folders of them; there is none."),
])
def test_mistakes_get_one_sentence(arguments, sentence):
    done = kernel_setup(*arguments, **OFFLINE)
    assert done.code == 2 and done.said == f"kernel-setup: {sentence}\n"


@pytest.mark.parametrize("said", ["NaN", "nan", "inf %", "-inf", "infinity"])
def test_what_is_no_number_is_no_claim(said):
    """A run that diverged claims nothing, and nobody claims more than all."""
    assert verifying.number(said) is None and verifying.number("98.61 %") == pytest.approx(0.9861)
