"""What docs/serving.md says: a model becomes a program, the program runs where nothing else is, and the module moves to
another path. Run it with: go run ./kernel-setup test exchange"""

import gzip
import io
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from contextlib import contextmanager

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import expect

from conftest import OFFLINE, ROOT, free_port, wait_until

pytestmark = pytest.mark.exchange

PAGE = (ROOT / "docs" / "serving.md").read_text(encoding="utf-8")

# Trains lenet, as notebook 01 does, and writes it where the program expects it.
TRAIN = """package main

import (
	"os"

	"github.com/janpfeifer/must"
	kit "gonblabs/mnistkit"
	_ "gonblabs/mnistkit/engine"
	"gonblabs/mnistkit/layer"
)

func main() {
	lenet := kit.Run{Name: "service/lenet", Data: kit.MNIST().Holdout(0.15).Seed(1), Optimizer: kit.Adam(1e-3), Seed: 1, Model: layer.Stack{
		layer.Rescale(1.0 / 255), layer.Conv2D(6, 5).Same().ReLU(), layer.MaxPool(2), layer.Conv2D(16, 5).ReLU(), layer.MaxPool(2), layer.Flatten(),
		layer.Dense(120).ReLU(), layer.Dense(84).ReLU(), layer.Dense(10),
	}}
	must.M1(lenet.Fit(5))
	must.M(lenet.Save(os.Args[1]))
}
"""


def blocks(language, containing):
    """The one block of the page in that language that contains some words."""
    found = [b for b in re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.M | re.S) if containing in b]
    assert len(found) == 1, containing
    return found[0]


def shell(script, folder, **environment):
    done = subprocess.run(["bash", "-euc", script], cwd=folder, capture_output=True, text=True, env={**os.environ, "GOFLAGS": "", **environment})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """The folder of the page's program, built by the page's commands."""
    folder = tmp_path_factory.mktemp("page") / "digits"
    folder.mkdir()
    (folder / "main.go").write_text(blocks("go", "ListenAndServe"), encoding="utf-8")
    (folder / "main_test.go").write_text(blocks("go", "func TestHandler("), encoding="utf-8")
    (folder / "Dockerfile").write_text(blocks("dockerfile", "FROM scratch"), encoding="utf-8")
    train = folder.parent / "train"
    train.mkdir()
    (train / "main.go").write_text(TRAIN, encoding="utf-8")
    initialise, rest = blocks("sh", "go mod init").replace("/path/to/the/checkout", str(ROOT)).split("go test .")
    shell(initialise + f"go run . {folder}/digits.mnistkit", train, MNISTKIT_DATA="bundled", MNISTKIT_RUNS=str(train / "runs"), GOMLX_BACKEND="go")
    shell(initialise + "go test ." + rest.replace("./digits\n", ""), folder, GOMLX_BACKEND="go")
    return folder


@contextmanager
def running(*command, **options):
    """Starts a service at a free port, and gives its address; in the end it is asked to stop."""
    address = f"127.0.0.1:{free_port()}"
    service = subprocess.Popen([*map(str, command), "-address", address], stderr=subprocess.PIPE, text=True, **options)
    try:
        for _ in range(600):
            try:
                assert "<form" in urllib.request.urlopen(f"http://{address}/").read().decode()
                break
            except OSError:
                assert service.poll() is None, service.stderr.read()
                time.sleep(0.1)
        yield service, f"http://{address}/"
    finally:
        service.terminate()
        assert service.wait(60) == 0, service.stderr.read()


def ask(url, picture):
    """The answer of a service to a form with a picture."""
    body = b'--x\r\nContent-Disposition: form-data; name="picture"; filename="a.png"\r\n\r\n' + picture + b"\r\n--x--\r\n"
    request = urllib.request.Request(url, body, {"Content-Type": "multipart/form-data; boundary=x"})
    return json.load(urllib.request.urlopen(request))


def digit():
    """A one, as a PNG."""
    image, contents = Image.new("L", (28, 28)), io.BytesIO()
    ImageDraw.Draw(image).line((14, 4, 14, 23), fill=255, width=2)
    image.save(contents, "PNG")
    return contents.getvalue()


def test_the_program_needs_nothing(program, tmp_path):
    """The Dockerfile's steps without Docker: vendored sources, no network, a root with one file, nobody's user."""
    if os.geteuid() != 0:
        pytest.skip("chroot needs root")
    build = re.search(r"^RUN (.*) -o /bin/digits \.$", blocks("dockerfile", "FROM scratch"), re.M)[1]
    image = tmp_path / "image"
    image.mkdir()
    os.chmod(tmp_path, 0o755)
    copy = shutil.copytree(program, tmp_path / "context")
    shell("go mod vendor", copy)
    shell(f"{build} -o {image}/digits .", copy, GOMODCACHE=str(tmp_path / "empty"), **OFFLINE)
    size = (image / "digits").stat().st_size
    assert size < 20e6, size
    with running("/digits", executable=None, env={}, cwd="/", preexec_fn=lambda: leave(image)) as (service, url):
        answer = ask(url, digit())
        assert answer["digit"] == 1 and sum(answer["probabilities"]) == pytest.approx(1, abs=1e-4)
        with open(f"/proc/{service.pid}/status", encoding="utf-8") as status:
            memory = int(re.search(r"VmHWM:\s+(\d+) kB", status.read())[1]) / 1000
        assert memory < 100, memory
        print(f"{size / 1e6:.1f} MB, {memory:.0f} MB of memory")
    assert [p.name for p in image.iterdir()] == ["digits"]


def leave(root):
    os.chroot(root)
    os.chdir("/")
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)


def listens(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def test_in_a_browser(program, tmp_path, browser):
    """WebAssembly answers inside a page, from a server that has only files."""
    (tmp_path / "main.go").write_text(blocks("go", "syscall/js"), encoding="utf-8")
    (tmp_path / "index.html").write_text(blocks("html", "wasm_exec.js"), encoding="utf-8")
    shutil.copy(program / "digits.mnistkit", tmp_path)
    initialise = blocks("sh", "go mod init").replace("/path/to/the/checkout", str(ROOT)).split("go test .")[0]
    build, serve = blocks("sh", "GOARCH=wasm").split("python3 -m ")
    shell(initialise + build, tmp_path)
    packed = len(gzip.compress((tmp_path / "digits.wasm").read_bytes()))
    port = free_port()
    serving = subprocess.Popen([sys.executable, "-m", *serve.replace("8080", str(port)).split()], cwd=tmp_path, stderr=subprocess.DEVNULL)
    try:
        page = browser.new_page()
        wait_until(lambda: listens(port), "the folder is not served")
        began = time.time()
        page.goto(f"http://localhost:{port}")
        tell = page.get_by_role("button", name="Which digit is it?")
        expect(tell).to_be_enabled(timeout=60_000)
        ready = time.time() - began
        canvas = page.locator("canvas").bounding_box()
        tell.click()
        expect(page.locator("output")).to_contain_text("the picture is empty")
        page.mouse.move(canvas["x"] + 140, canvas["y"] + 40)
        page.mouse.down()
        page.mouse.move(canvas["x"] + 140, canvas["y"] + 240, steps=20)
        page.mouse.up()
        began = time.time()
        tell.click()
        expect(page.locator("output")).to_have_text("1")
        answered = time.time() - began
        page.close()
    finally:
        serving.terminate()
        serving.wait(60)
    print(f"{packed / 1e6:.1f} MB where the server compresses, ready after {ready:.1f} s, answers after {answered:.2f} s")
    assert packed < 8e6, packed


def test_with_xla(program, tmp_path):
    """The build with C answers as the one without."""
    if not os.environ.get("GOMLX_BACKEND", "").startswith("xla"):
        pytest.skip("set-up found no XLA")
    shell(f"CGO_ENABLED=1 go build -o {tmp_path}/xla . && CGO_ENABLED=0 go build -o {tmp_path}/static .", program)
    answers = []
    for build in ("xla", "static"):
        with running(tmp_path / build, env={"GOMLX_BACKEND": os.environ["GOMLX_BACKEND"], "MNISTKIT_COMPILED": "off"} if build == "xla" else {}) as (service, url):
            answers.append(ask(url, digit())["probabilities"])
            maps = open(f"/proc/{service.pid}/maps", encoding="utf-8").read()
            assert ("pjrt" in maps) == (build == "xla")
    assert answers[0] == pytest.approx(answers[1], abs=1e-5)


@pytest.mark.parametrize("backend", sorted({"go", os.environ.get("GOMLX_BACKEND", "go")}))
def test_a_hundred_thousand_requests(backend):
    """They leave no goroutine and no file behind, and memory levels off."""
    print(shell("go test -count=1 -timeout=0 -v ./mnistkit -run '^TestServerLeavesNothing$' -requests=100000", ROOT, GOMLX_BACKEND=backend))


def test_the_module_path_moves(program, tmp_path):
    """The page's command gives a copy another path: it builds, it passes vet, and a program fetches it from a proxy."""
    copy, new = tmp_path / "copy", "example.org/labs/gonblabs"
    names = shell("git ls-files -z --cached --others --exclude-standard", ROOT).rstrip("\0").split("\0")
    for name in names:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_file():
            shutil.copy2(ROOT / name, copy / name)
    shell("git init -q && git add -A", copy)
    shell(blocks("sh", "NEW="), copy)
    assert shell("git grep -E '(^|[^/])gonblabs/mnistkit' || true", copy) == ""
    shell("go build ./... && go vet ./... && go test ./docs ./mnistkit/session ./kernel-setup -run 'Test(Links|Imports|Notebooks|Root|Checkout|Kernelspec|Pages)'", copy)
    proxy = tmp_path / "proxy" / "example.org/labs/gonblabs" / "@v"
    proxy.mkdir(parents=True)
    (proxy / "v0.3.0.info").write_text('{"Version": "v0.3.0"}', encoding="utf-8")
    shutil.copy(copy / "go.mod", proxy / "v0.3.0.mod")
    with zipfile.ZipFile(proxy / "v0.3.0.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            if (copy / name).is_file():
                archive.write(copy / name, f"{new}@v0.3.0/{name}")
    fetched = tmp_path / "digits"
    fetched.mkdir()
    for name in ("main.go", "main_test.go", "digits.mnistkit"):
        contents = (program / name).read_bytes()
        (fetched / name).write_bytes(contents if name.endswith("kit") else contents.replace(b'"gonblabs/', f'"{new}/'.encode()))
    shell(f"go mod init digits && go get {new}@v0.3.0 && go mod tidy && go test .", fetched, GONOSUMDB=new, GOMLX_BACKEND="go",
          GOPROXY=f"file://{tmp_path}/proxy,{shell('go env GOPROXY', ROOT).strip()}")
