"""A checkout works in a folder of any name: no path goes into another program's file or command without its quoting."""

import hashlib
import os
import shutil
import subprocess
import sys

import nbformat
import pytest

from conftest import OFFLINE, ROOT, ask, kernel_setup, serving
from test_endings import start_kernel

CELLS = ["""%noautoget
import (
	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/layer"
)""", """var line = kit.Run{Name: "places/line", Data: kit.Iris(), Model: layer.Stack{layer.Dense(3)}}
%%
kit.Show(line.Fit(2))""", """%test
func TestFit(t *testing.T) {
	if kit.Show(line.Evaluate(line.Data.Test())); len(line.Name) == 0 {
		t.Fail()
	}
}"""]


@pytest.fixture
def checkout(tmp_path):
    """The files of this checkout, with its packages and its plugin, so that set-up downloads nothing."""
    root = tmp_path / "with space & it's (1)" / "名前"
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                            stdout=subprocess.PIPE, check=True).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, root / name)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", root / ".venv"], check=True)
    packages = next((root / ".venv").glob("lib/python3*/site-packages"))
    (packages / "course.pth").write_text(str(next((ROOT / ".venv").glob("lib/python3*/site-packages"))), encoding="utf-8")
    (root / ".venv" / "share" / "jupyter").mkdir(parents=True)
    for folder in [ROOT / ".venv" / "etc", *(ROOT / ".venv" / "share" / "jupyter").iterdir()]:
        if folder.name != "kernels":
            (root / folder.relative_to(ROOT)).symlink_to(folder)
    for program in ("jupyter-lab", "jupyter-nbconvert"):
        shutil.copy(ROOT / ".venv" / "bin" / program, root / ".venv" / "bin")
    # The packages count as installed by set-up.
    requirements = root / "kernel-setup" / "requirements.txt"
    inputs = f"{root}\n{(root / '.venv' / 'bin' / 'python').resolve()}\n{requirements} <nil>\n{requirements.read_text(encoding='utf-8')}\n"
    stamp = root / ".tools" / "stamps" / "python-packages"
    stamp.parent.mkdir(parents=True)
    stamp.write_text(hashlib.sha256(inputs.encode()).hexdigest() + "\n")
    for plugin in (ROOT / ".tools" / "xla").glob("*/*.so"):
        (root / ".tools" / "xla" / plugin.parent.name).mkdir(parents=True)
        os.link(plugin, root / ".tools" / "xla" / plugin.parent.name / plugin.name)
    return root


def test_a_checkout_in_a_folder_of_any_name(checkout, tmp_path, monkeypatch):
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "gonb", "display_name": "Go (gonb)", "language": "go"}})
    notebook.cells = [nbformat.v4.new_markdown_cell("# Places"), *map(nbformat.v4.new_code_cell, CELLS)]
    nbformat.write(notebook, checkout / "notebooks" / "it's here (2) & there.ipynb")
    environment = {"MNISTKIT_RUNS": "", "PIP_NO_INDEX": "1", **OFFLINE}  # the index is not asked whether it is there
    done = kernel_setup("report", "notebooks/it's here (2) & there.ipynb", "--out", checkout / "the pages", folder=checkout, **environment)
    assert done.code == 0, done.said
    page = (checkout / "the pages" / "it's here (2) & there.html").read_text(encoding="utf-8")
    assert "places/line" in page and "TestFit" in page
    assert (checkout / "runs" / "places" / "line" / "history.jsonl").exists()
    assert "Jupyter kernel" in done.said and "XLA backend" in done.said  # they were made, here
    doctor = kernel_setup("doctor", folder=checkout, **environment)
    assert doctor.code == 0, doctor.said
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with serving(tmp_path, tmp_path / "runs", tmp_path / "log", root=checkout) as lab:
        assert start_kernel(lab).cmdline()[0] == str(checkout / ".tools" / "bin" / "gonb")
        assert ask(f"{lab.address}/api/contents/notebooks?token={lab.token}")["type"] == "directory"
