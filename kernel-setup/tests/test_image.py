"""What `hub` writes for images and for Kubernetes, as far as it can be tried without Docker and without a cluster."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from conftest import ROOT, kernel_setup


@pytest.fixture
def written(tmp_path):
    done = kernel_setup("hub", "--into", tmp_path / "hub")
    assert done.code == 0, done.said
    return tmp_path / "hub"


def test_values_fit_the_chart(written):
    """values.yaml has only settings that Zero to JupyterHub knows, of the right types."""
    schema = json.loads((Path(__file__).parent / "z2jh.json").read_text(encoding="utf-8"))
    values = yaml.safe_load((written / "values.yaml").read_text(encoding="utf-8"))
    schema = optional(schema)
    jsonschema.validate(values, schema)
    for part, wrong in (("memory", {"limits": "1G"}), ("uid", "jovyan"), ("cmd", {})):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({"singleuser": values["singleuser"] | {part: wrong}}, schema)


def optional(schema):
    """Without what has to be there: the chart's own values, which Helm checks with these over them, have all that."""
    if isinstance(schema, dict):
        return {name: optional(part) for name, part in schema.items() if name != "required" or not isinstance(part, list)}
    return [optional(part) for part in schema] if isinstance(schema, list) else schema


def test_files_are_read(written):
    """Each file is of its form, and the image, its devcontainer and Kubernetes name the same programs."""
    container = json.loads((written / ".devcontainer/devcontainer.json").read_text(encoding="utf-8"))
    assert (written / ".devcontainer" / container["build"]["dockerfile"]).resolve() == written / "Dockerfile"
    compile((written / "jupyterhub_config.py").read_text(encoding="utf-8"), "jupyterhub_config.py", "exec")
    values = yaml.safe_load((written / "values.yaml").read_text(encoding="utf-8"))
    assert values["singleuser"]["uid"] == 1000
    words = [line for stage in stages(written / "Dockerfile") for line in stage]
    assert ("USER", "1000") in words and values["singleuser"]["cmd"][0] == "/opt/gonblabs/bin/gonblabs"
    assert json.loads(dict(words)["CMD"])[:2] == ["gonblabs", "lab"]


def stages(dockerfile):
    """The instructions of each stage, as pairs of a word and the rest."""
    text = re.sub(r"^#.*\n", "", dockerfile.read_text(encoding="utf-8"), flags=re.M).replace("\\\n", " ")
    found = []
    for line in filter(None, map(str.strip, text.splitlines())):
        word, rest = line.split(maxsplit=1)
        if word == "FROM":
            found.append([])
        found[-1].append((word, rest))
    return found


class Container:
    """A Debian in a folder, in which the instructions of a Dockerfile are carried out."""

    def __init__(self, root, context):
        self.root, self.context, self.environment, self.user, self.folder = root, context, {}, "0", "/"

    def sh(self, command, user="0"):
        """Runs a command; what the machine needs to reach package registries is the same inside."""
        reach = {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy") or name == "PIP_INDEX_URL"}
        reach |= json.loads(subprocess.run(["go", "env", "-json", "GOPROXY", "GOSUMDB"], capture_output=True, check=True).stdout)
        if certificates := os.environ.get("SSL_CERT_FILE"):
            shutil.copy(certificates, self.root / "certificates")
            reach |= dict.fromkeys(("SSL_CERT_FILE", "PIP_CERT", "GIT_SSL_CAINFO"), "/certificates")
        environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", **reach, **self.environment}
        change = [shutil.which("chroot"), f"--userspec={user}:{user}", str(self.root)]
        done = subprocess.run([*change, "/bin/sh", "-c", f"cd {shlex.quote(self.folder)} && {command}"], env=environment,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=1500)
        assert done.returncode == 0, f"{command}\n{done.stdout[-5000:]}"
        return done.stdout

    def build(self, stage, others):
        for word, rest in stage:
            if word == "RUN":
                self.sh(rest, self.user)
            elif word == "ENV":
                self.environment |= dict(pair.split("=", 1) for pair in shlex.split(rest))
            elif word == "USER":
                self.user = rest
            elif word == "WORKDIR":
                self.folder = rest
            elif word == "COPY":
                flag, *words = rest.split() if rest.startswith("--from=") else ["", *rest.split()]
                source = others[flag.removeprefix("--from=")].root / words[0].lstrip("/") if flag else self.context
                copy(source, self.root / words[1].lstrip("/"))
            else:
                assert word in ("FROM", "EXPOSE", "CMD"), word
        return self


def copy(source, target):
    """Copies as a layer does: times are cut to seconds."""
    target.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", source, target], check=True)
    for folder, _, names in os.walk(target):
        for path in (Path(folder, name) for name in names):
            os.utime(path, (int(path.lstat().st_mtime),) * 2, follow_symlinks=False)


@pytest.mark.hub
@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="a chroot needs Linux and root")
@pytest.mark.skipif(not shutil.which("debootstrap"), reason="there is no debootstrap; apt install debootstrap")
def test_dockerfile(written, tmp_path):
    """The instructions of both Dockerfiles, in a Debian in a folder; then the image's server starts as its user, and a cell trains."""
    base, context = tmp_path / "base", tmp_path / "context"
    subprocess.run(["debootstrap", "--variant=minbase", "trixie", base], check=True, stdout=subprocess.DEVNULL)
    for file in (Path("/etc/resolv.conf"), *Path("/etc/apt/apt.conf.d").iterdir()):
        shutil.copy(file, base / str(file)[1:])
    subprocess.run(["git", "clone", "-q", ROOT, context], check=True)
    go = subprocess.run(["go", "env", "GOROOT"], capture_output=True, text=True, check=True).stdout.strip()
    build, final = stages(written / "Dockerfile")
    mounts = []
    try:
        containers = {}
        for name, stage in (("build", build), ("", final)):
            root = tmp_path / (name or "image")
            subprocess.run(["cp", "-a", base, root], check=True)
            subprocess.run(["mount", "-t", "proc", "proc", root / "proc"], check=True)
            mounts.append(root / "proc")
            c = containers[name] = Container(root, context)
            if name:  # what the image golang has
                c.sh("apt-get update -q && apt-get install -q -y --no-install-recommends ca-certificates gcc libc6-dev git")
                copy(Path(go), root / "usr/local/go")
                c.environment["PATH"] = "/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
            c.build(stage, containers)
        image = containers[""]
        assert not list((image.root / "home/jovyan").glob("[!.]*")), "something of the course is in the home"
        serve(image)
        image.build(stages(written / ".binder/Dockerfile")[0], containers)
        assert "00-start-here.ipynb" in image.sh("ls notebooks", "1000")
        size = subprocess.run(["du", "-smx", image.root], capture_output=True, text=True, check=True).stdout.split()[0]
        print(f"the image has {size} MB")
    finally:
        for mount in reversed(mounts):
            subprocess.run(["umount", mount], check=True)
        for folder in (base, tmp_path / "build", tmp_path / "image"):  # 2 GB each
            shutil.rmtree(folder, ignore_errors=True)


def serve(image):
    """Runs notebook 00 in the image, as its user, who also has the programs that Kubernetes and Binder start."""
    for program in ("jupyterhub-singleuser", "jupyter-lab"):
        image.sh(f"{program} --version", "1000")
    said = image.sh("gonblabs report 00 --out /tmp/pages", "1000")
    assert "00-start-here" in said and (image.root / "tmp/pages/00-start-here.html").exists(), said
    assert (image.root / "home/jovyan/gonblabs/runs/start").exists()
