"""JupyterLab, as a student meets it: in a browser."""

import json
import os
import shutil

import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager
from playwright.sync_api import expect

from conftest import NOTEBOOKS, OUT, ROOT, ask, digests, programs_with, serving, wait_until

pytestmark = pytest.mark.skipif(not os.environ.get("CHROMIUM"), reason="there is no Chromium")

STARTS, RUNS = 90, 600  # seconds


@pytest.fixture(scope="module")
def lab(runs, tmp_path_factory):
    with serving(tmp_path_factory.mktemp("lab"), runs, OUT / "jupyter.log") as server:
        yield server


def kernelspec(lab):
    """The kernel as this server starts it."""
    return ask(f"{lab.address}/api/kernelspecs?token={lab.token}")["kernelspecs"]["gonb"]["spec"]


def menu(page, title, item):
    page.get_by_role("menuitem", name=title, exact=True).click()
    page.get_by_role("menuitem", name=item, exact=True).click()


def look_at_pictures(page):
    """The first picture among the outputs is loaded, visible, and has words for those who cannot see it."""
    picture = page.locator(".jp-OutputArea-output img").first
    picture.scroll_into_view_if_needed()
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") > 0
    assert picture.get_attribute("alt")


def executed(path):
    """Saves happen on the page; this reads what is on the disk."""
    return [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "code" and cell.source.strip()]


def shows_pictures(path):
    return any("<img" in str(output) for cell in executed(path) for output in cell.outputs)


@pytest.mark.parametrize("name", [path.stem for path in NOTEBOOKS[:2]])
def test_notebook_in_the_browser(reported, lab, browser, name):
    before = digests(ROOT / "notebooks", "*.ipynb")
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    elsewhere = []
    page.on("request", lambda request: elsewhere.append(request.url)
            if not request.url.startswith((lab.address, lab.address.replace("http", "ws"), "data:", "blob:")) else None)
    open_notebook(page, lab, name)
    copy = lab.notebooks / f"{name}.ipynb"
    if shows_pictures(copy):  # in a notebook that nobody has trusted yet
        look_at_pictures(page)
    menu(page, "Edit", "Clear Outputs of All Cells")
    menu(page, "Run", "Run All Cells")
    wait_until_run(page, copy)

    assert page.locator(".jp-Dialog").count() == 0
    assert page.locator(".cm-lineNumbers").count() > 0
    if shows_pictures(copy):
        look_at_pictures(page)
    drawing = page.locator(".jp-OutputArea-output .drawing").first
    assert "invert" not in drawing.evaluate("e => getComputedStyle(e).filter")
    page.screenshot(path=OUT / f"lab-{name}.png")
    page.evaluate("document.body.dataset.jpThemeLight = 'false'")  # as dark themes do
    assert "invert" in drawing.evaluate("e => getComputedStyle(e).filter")
    assert elsewhere == []
    page.close()
    assert copy.read_bytes() != (ROOT / "notebooks" / copy.name).read_bytes()
    assert digests(ROOT / "notebooks", "*.ipynb") == before


def test_opening_changes_nothing_and_links_lead_on(lab, browser):
    name = "10-lab-6-save-and-restore"
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    open_notebook(page, lab, name)
    page.wait_for_timeout(2000)  # until JupyterLab knows the kernel's language
    assert page.locator(".jp-mod-dirty").count() == 0
    page.keyboard.press("Control+s")
    page.wait_for_timeout(2000)
    copy = lab.notebooks / f"{name}.ipynb"
    assert copy.read_bytes() == (ROOT / "notebooks" / copy.name).read_bytes()
    page.locator(".jp-Notebook a[href*='cells-and-state.md']").first.click()
    expect(page.locator(".jp-MarkdownViewer h1")).to_contain_text("Cells and state")
    page.close()


def wait_for_gopls(lab):
    """Until set-up has built it, while JupyterLab is open."""
    if "gopls" not in kernelspec(lab)["env"]["PATH"]:
        pytest.skip("less than 4 GB of memory are free")
    wait_until((ROOT / ".tools" / "gopls" / "bin").exists, lambda: "gopls is not built", 600)


def test_first_tab_completes_and_shift_tab_explains(lab, browser):
    wait_for_gopls(lab)
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    open_notebook(page, lab, "13-lab-9-iris")
    cell = page.locator(".jp-CodeCell").first
    cell.locator(".cm-content").click()
    page.keyboard.press("Shift+Enter")
    expect(cell.locator(".jp-InputPrompt")).to_have_text("[1]:")
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    page.keyboard.press("Enter")
    page.keyboard.type("%%\nkit.Co")
    completion = page.locator(".jp-Completer", has_text="Confidence")

    def completed():
        page.keyboard.press("Tab")
        for _ in range(25):  # longer than JupyterLab waits, which a busy machine may need twice
            page.wait_for_timeout(1000)
            if completion.is_visible():
                return True
        return False
    wait_until(completed, lambda: "Tab completes nothing")
    page.keyboard.press("Escape")
    page.keyboard.type("nfusion(12")  # JupyterLab closes the bracket
    page.keyboard.press("ArrowLeft")  # into the number
    page.keyboard.press("Shift+Tab")
    expect(page.locator(".jp-Tooltip")).to_contain_text("Confusion shows", timeout=25_000)
    page.close()


def test_kernel_does_not_wait_for_gopls_and_takes_it_along(lab, tmp_path):
    wait_for_gopls(lab)
    spec = kernelspec(lab)
    ours = ROOT / ".tools" / "gopls"
    shutil.copy(ours / "gopls", tmp_path)  # which waits for bin/
    spec["env"]["PATH"] = f"{tmp_path}:" + spec["env"]["PATH"].replace(f"{ours}:{ours}/bin:", "")
    spec["env"]["WHOSE_GOPLS"] = lab.token
    (tmp_path / "kernels" / "gonb").mkdir(parents=True)
    (tmp_path / "kernels" / "gonb" / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    specs = KernelSpecManager(kernel_dirs=[str(tmp_path / "kernels")], ensure_native_kernel=False)
    manager = KernelManager(kernel_name="gonb", kernel_spec_manager=specs)
    manager.start_kernel()
    client = manager.client()

    def matches(package="strings", name="ToU"):
        return client.complete(f"import \"{package}\"\n%%\n{package.split('/')[-1]}.{name}", reply=True, timeout=8)["content"]["matches"]

    def gopls():
        return [name for name in programs_with("WHOSE_GOPLS", lab.token) if "gopls" in name]
    try:
        client.start_channels()
        client.wait_for_ready(timeout=STARTS)
        assert matches() == []  # at once
        (tmp_path / "bin").symlink_to(ours / "bin")
        wait_until(lambda: "ToUpper" in matches(), lambda: "gopls does not answer", STARTS)
        assert matches("example.com/nothing", "Do") == []
        assert "ToUpper" in matches()  # the kernel is as it was
        assert gopls()
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    wait_until(lambda: not gopls(), lambda: "gopls outlives its kernel", STARTS)


def open_notebook(page, lab, name):
    page.set_default_timeout(STARTS * 1000)
    page.goto(f"{lab.address}/lab/tree/notebooks/{name}.ipynb?token={lab.token}&reset")
    page.locator(".jp-Notebook").first.wait_for()
    wait_for_kernel(page, lab, name)


def wait_for_kernel(page, lab, name):
    """Until the page has connected to the notebook's kernel; before that, Run asks for one."""
    def connected():
        page.wait_for_timeout(300)
        sessions = ask(f"{lab.address}/api/sessions?token={lab.token}") or []
        return any(s["path"] == f"notebooks/{name}.ipynb" and s["kernel"]["connections"] for s in sessions)
    wait_until(connected, lambda: f"{name} has no kernel after {STARTS} s", STARTS)


def wait_until_run(page, copy):
    """Saves and looks until every code cell has a number, or one failed."""
    def ended():
        page.wait_for_timeout(1000)
        page.keyboard.press("Control+s")
        page.wait_for_timeout(500)
        cells = executed(copy)
        failed = [cell.source for cell in cells for output in cell.outputs if output.output_type == "error"]
        assert not failed, f"this cell failed:\n{failed[0]}"
        busy = page.locator(".jp-Notebook-ExecutionIndicator").get_attribute("data-status") != "idle"
        return not busy and all(cell.execution_count for cell in cells)

    def stuck():
        page.screenshot(path=OUT / "lab-stuck.png")
        return f"the cells did not end in {RUNS} s"
    wait_until(ended, stuck, RUNS)
