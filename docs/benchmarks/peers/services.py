"""Measures services that answer the same form with the same model, in turn; prints the rounds as JSON.

    services.py CHECKOUT FOLDER LOAD ROUNDS SECONDS

FOLDER holds lenet as a model file, as ONNX and as safetensors. LOAD is the program that asks. The figures of a round are

    start_s    from the start of a new process to its first answer
    memory_mb  what all its processes hold after the loads; pages that several share count once (PSS)
    rate_8     answers a second that 8 callers had; half_8 and most_8, in ms, within which half and 99 % of them came
    work_8     processor time of the service for an answer, in ms: it depends less on what else the machine does
    ratio_8    the best rate of its rivals in this round, divided by its own; spent_8 likewise, its processor time by their least
"""
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from importlib.metadata import version
from pathlib import Path

import psutil
from PIL import Image, ImageDraw

CHECKOUT, FOLDER, LOAD, ROUNDS, SECONDS = sys.argv[1:]
ADDRESS, ANSWER, CALLERS = "127.0.0.1:18765", '{"digit":1,', (1, 8, 64)


def ours(program, **environment):
    return [f"{FOLDER}/{program}", "-address", ADDRESS], environment


def fast_api(model, workers, threads, **environment):
    return ([sys.executable, "-m", "uvicorn", "serve:app", "--app-dir", os.path.dirname(__file__), "--port", ADDRESS.split(":")[1],
             "--workers", str(workers), "--log-level", "warning", "--no-access-log"],
            {**os.environ, "MODEL": f"{FOLDER}/{model}", "THREADS": str(threads), **environment})


XLA = {"GOMLX_BACKEND": os.environ["GOMLX_BACKEND"], "MALLOC_ARENA_MAX": "1"}
SERVICES = {
    "static": ours("static"),
    "XLA": ours("xla", **XLA, MNISTKIT_COMPILED="off"),
    "XLA, compiled before": ours("xla", **XLA, MNISTKIT_COMPILED=f"{FOLDER}/compiled"),
    "FastAPI, ONNX Runtime, 1 worker": fast_api("digits.onnx", 1, 2),
    "FastAPI, ONNX Runtime, 2 workers": fast_api("digits.onnx", 2, 1),
    "FastAPI, ONNX Runtime, 2 workers, async": fast_api("digits.onnx", 2, 1, ASYNC="1"),
    "FastAPI, Keras, 1 worker": fast_api("digits.safetensors", 1, 2),
    "FastAPI, Keras, 2 workers": fast_api("digits.safetensors", 2, 1),
}
RIVALS = {"static": "FastAPI, Keras", "XLA": "FastAPI, ONNX Runtime"}


def build():
    """The program that docs/serving.md shows, without and with C."""
    page = (Path(CHECKOUT) / "docs" / "serving.md").read_text(encoding="utf-8")
    (Path(FOLDER) / "main.go").write_text(re.search(r"^```go\n(// Command .*?)^```", page, re.M | re.S)[1], encoding="utf-8")
    subprocess.run(["sh", "-ec", f"""go mod init digits; go mod edit -require=gonblabs@v0.0.0 "-replace=gonblabs={CHECKOUT}"; go mod tidy
        CGO_ENABLED=0 go build -o static .; CGO_ENABLED=1 go build -o xla ."""], cwd=FOLDER, check=True, stderr=subprocess.DEVNULL)


def form():
    """A file with a form that sends the picture of a one."""
    image, contents = Image.new("L", (28, 28)), io.BytesIO()
    ImageDraw.Draw(image).line((14, 4, 14, 23), fill=255, width=2)
    image.save(contents, "PNG")
    path = Path(FOLDER) / "form"
    path.write_bytes(b'--x\r\nContent-Disposition: form-data; name="picture"; filename="a.png"\r\n\r\n' + contents.getvalue() + b"\r\n--x--\r\n")
    return path


def measure(path, command, environment):
    request = urllib.request.Request(f"http://{ADDRESS}/", path.read_bytes(), {"Content-Type": "multipart/form-data; boundary=x"})
    with socket.socket() as free:
        assert free.connect_ex(("127.0.0.1", int(ADDRESS.split(":")[1]))), f"another program answers at {ADDRESS}; end it"
    began = time.time()
    service = subprocess.Popen(command, env=environment, stdout=sys.stderr)
    try:
        figures = {}
        while not figures:
            assert service.poll() is None and time.time() - began < 120, f"{command} does not answer"
            try:
                said = urllib.request.urlopen(request).read().decode()
                assert said.startswith(ANSWER), said
                figures["start_s"] = time.time() - began
            except OSError:
                time.sleep(0.005)
        processes = [psutil.Process(service.pid), *psutil.Process(service.pid).children(recursive=True)]

        def worked():
            return sum(sum(p.cpu_times()[:2]) for p in processes)
        for n in (8, *CALLERS):  # the first to warm up
            before = worked()
            done = subprocess.run([LOAD, "load", f"http://{ADDRESS}/", path, ANSWER, str(n), SECONDS], check=True, stdout=subprocess.PIPE)
            figures[f"rate_{n}"], figures[f"half_{n}"], figures[f"most_{n}"] = json.loads(done.stdout)
            figures[f"work_{n}"] = 1000 * (worked() - before) / (figures[f"rate_{n}"] * float(SECONDS))
        figures["memory_mb"] = sum(p.memory_full_info().pss for p in processes) / 1e6
    finally:
        service.terminate()
        service.wait()
    return {name: float(f"{value:.4g}") for name, value in figures.items()}


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # the service that runs is ended, too
    build()
    path, rounds = form(), []
    measure(path, *SERVICES["XLA, compiled before"])  # now it is
    busy = [f"{os.getloadavg()[0]:.1f}"]
    for i in range(int(ROUNDS)):
        rounds.append({})
        for name, service in SERVICES.items():
            rounds[-1][name] = measure(path, *service)
            print(f"{i + 1} of {ROUNDS}  {name:40} {rounds[-1][name]}", file=sys.stderr, flush=True)
        for name, rival in RIVALS.items():
            for n in CALLERS:
                rivals = [figures for other, figures in rounds[-1].items() if other.startswith(rival)]
                own = rounds[-1][name]
                own[f"ratio_{n}"] = float(f"{max(r[f'rate_{n}'] for r in rivals) / own[f'rate_{n}']:.4g}")
                own[f"spent_{n}"] = float(f"{own[f'work_{n}'] / min(r[f'work_{n}'] for r in rivals):.4g}")
    busy.append(f"{os.getloadavg()[0]:.1f}")
    versions = {name: version(name.replace(" ", "").lower()) for name in ("FastAPI", "Keras", "ONNX Runtime", "uvicorn")}
    print(json.dumps({"busy": busy, "versions": versions, "list": [{"name": name, "rival": RIVALS.get(name, ""), "rounds": [r[name] for r in rounds]} for name in SERVICES]}))


main()
