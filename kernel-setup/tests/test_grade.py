"""Handing out and grading, by the real nbgrader. Run: go run ./kernel-setup test grade"""

import csv
import json
import os
import re
import subprocess
import sys

import nbformat
import psutil
import pytest
from bs4 import BeautifulSoup

import isolated
from assign import assignment
from conftest import NOTEBOOKS, OFFLINE, ROOT, kernel_setup, wait_until, write
from exercises import checks, exercises

NAMES = {path.stem[:2]: path.stem for path in NOTEBOOKS}
CHECKS = sorted((ROOT / "notebooks" / "checks").glob("*.md"))
GRADE = ROOT / ".tools" / "grade" / "bin"


def read(path):
    return nbformat.read(path, 4)


@pytest.mark.parametrize("page", CHECKS, ids=lambda page: page.stem)
def test_each_exercise_has_a_check(page):
    found = checks(page.read_text(encoding="utf-8"))
    notebook = read(ROOT / "notebooks" / f"{page.stem}.ipynb")
    asked = {e.number: e.title for cell in notebook.cells if cell.cell_type == "markdown" for e in exercises(cell.source)}
    assert asked and {number: check.title for number, check in found.items()} == asked
    for number, check in found.items():
        assert check.points == sum(map(float, re.findall(r"check\.That\((\d+)", check.code))), f"the points of exercise {number}"


@pytest.mark.parametrize("page", CHECKS, ids=lambda page: page.stem)
def test_checks_use_nothing_that_a_submission_can_replace(page):
    """A submission may declare the lab's names anew, and no check may believe them; those of its exercise are what it checks."""
    notebook = read(ROOT / "notebooks" / f"{page.stem}.ipynb")
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    declared = set(re.findall(r"^(?:func|var|const|type) (\w+)", code, flags=re.M))
    for number, check in checks(page.read_text(encoding="utf-8")).items():
        own = set(re.findall(r"^(?:func|var) (\w+)", check.stub, flags=re.M))
        used = set(re.findall(r"(?<![.\w\"])([A-Za-z_]\w*)\b", re.sub(r'"(?:[^"\\]|\\.)*"|//.*', "", check.code)))
        assert not used & declared - own, f"exercise {number} uses {used & declared - own}"


SMALL = """## Exercises

**1. Twice.** Write a function that doubles a number.

<details><summary>Solution</summary>

```go
func twice(n int) int { return 2 * n }
```

Adding does it too.
</details>
"""
SMALL_CHECK = """## 1. Twice

3 points by the check, 0 for the findings.

```go
func twice(n int) int { return 0 }
```

```go
import "gonblabs/mnistkit/grading"
%%
var check grading.Check
check.That(1, twice(1) == 2, "twice(1) is %d", twice(1))
// BEGIN HIDDEN TESTS
check.That(2, twice(-4) == -8 && len(make([]int, twice(2))) == 4, "twice(-4) is %d", twice(-4))
// END HIDDEN TESTS
```
"""

# What a submission may try: each is a cell before the answer, which is wrong.
CHEATS = {
    "ends-early": "func init() { os.Exit(0) }",
    "panics": 'func init() { panic("no") }',
    "never-ends": "func init() { for {} }",
    "prints-pass": 'func init() { fmt.Println("PASS 3"); fmt.Println("PASS 3 " + strings.Repeat("0", 64)); os.Exit(0) }',
    "calls-the-check": 'import g "gonblabs/mnistkit/gr\\u0061ding"\nfunc init() { var c g.Check; c.That(3, true, "") }',
    "redefines-go": "func len[T any](list T) int { return 4 }",
    "redefines-true": "var (\n\tmine, true = 1, 1 == 1\n)",
    "reads-the-key": """func init() {
	key, _ := os.ReadFile(os.Getenv("MNISTKIT_GR" + "ADING"))
	seal := hmac.New(sha256.New, key)
	seal.Write([]byte("PASS 3"))
	fmt.Printf("PASS 3 %x\\n", seal.Sum(nil))
}""",
    "reads-memory": """func init() {
	for _, file := range []string{"/proc/self/mem", "/proc/self/environ", fmt.Sprintf("/proc/%d/mem", os.Getppid())} {
		if _, err := os.Open(file); err == nil {
			fmt.Println("OPEN", file)
		}
	}
}""",
    "changes-the-build": """var _ = func() error {
	file := filepath.Join(os.Getenv("GONB_TMP_DIR"), "go.mod")
	had, _ := os.ReadFile(file)
	return os.WriteFile(file, append(had, "\\n// mine\\n"...), 0o600)
}()""",
    "changes-go": """func init() {
	folder := filepath.Join(os.Getenv("HOME"), ".config/go")
	_ = os.MkdirAll(folder, 0o700)
	_ = os.WriteFile(filepath.Join(folder, "env"), []byte("GOFLAGS=-toolexec=/bin/false\\nGOROOT=/nowhere\\n"), 0o600)
}""",
    "reads-memory-by-reflect": "func init() { fmt.Println(reflect.ValueOf(new(int)).UnsafePointer()) }",
    "goflags": "%goflags -toolexec=/tmp/mine",
    "unsafe": "func init() { fmt.Println(unsafe.Sizeof(1)) }",
    "waits-for-the-key": """var _ = exec.Command("sh", "-c", "while :; do cp $MNISTKIT_GR''ADING $HOME/stolen && break; done 2>/dev/null").Start()
func init() {
	if key, err := os.ReadFile(filepath.Join(os.Getenv("HOME"), "stolen")); err == nil {
		fmt.Println("OPEN", len(key))
	}
}""",
}


class Course:
    """A course of nbgrader, worked in as a teacher does."""

    def __init__(self, folder, notebooks):
        self.folder = folder
        done = kernel_setup("assign", *notebooks.values(), "--into", folder, **OFFLINE)
        assert done.code == 0, done.said
        with open(folder / "nbgrader_config.py", "a", encoding="utf-8") as settings:
            settings.write("c.Graded.timeout = 20\nc.Graded.limits = {'processors': 1}\n" if "90-small" in notebooks else "")
        for name in notebooks:
            self.nbgrader("generate_assignment", name)

    def nbgrader(self, *arguments, folder=None):
        done = subprocess.run([GRADE / "nbgrader", *arguments], cwd=folder or self.folder, capture_output=True, text=True,
                              env={**os.environ, **OFFLINE, "MNISTKIT_DATA": "bundled", "TEACHERS_WORD": "a secret"})
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stderr

    def submit(self, student, name, answers, change=lambda notebook: None):
        """What a student hands in: the notebook with answers, by the number of the exercise."""
        solved = {c.metadata.nbgrader.grade_id: c.source for c in read(self.folder / "source" / name / f"{name}.ipynb").cells
                  if "nbgrader" in c.metadata}
        notebook = read(self.folder / "release" / name / f"{name}.ipynb")
        for cell in notebook.cells:
            grade_id = cell.metadata.get("nbgrader", {}).get("grade_id", "")
            if grade_id.startswith("exercise-") and int(grade_id[9:]) in answers:
                cell.source = answers[int(grade_id[9:])] or solved[grade_id]
        change(notebook)
        folder = self.folder / "submitted" / student / name
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / f"{name}.ipynb")

    def graded(self, student, name):
        """The points of each check, and what it says."""
        notebook = read(self.folder / "autograded" / student / name / f"{name}.ipynb")
        found = {}
        for cell in notebook.cells:
            grade_id = cell.metadata.get("nbgrader", {}).get("grade_id", "")
            if grade_id.startswith("check-"):
                given = [float(o.data["text/plain"]) for o in cell.outputs if o.output_type == "execute_result"]
                found[int(grade_id[6:])] = (sum(given), str(cell.outputs))
        return found

    def total(self, student):
        """What the table of grades says."""
        self.nbgrader("export")
        with open(self.folder / "grades.csv", encoding="utf-8") as table:
            return sum(float(row["score"]) for row in csv.DictReader(table) if row["student_id"] == student)


def small(folder):
    """The source of a notebook with one exercise, which is cheap to grade."""
    (folder / "checks").mkdir(parents=True)
    (folder / "checks" / "90-small.md").write_text(SMALL_CHECK, encoding="utf-8")
    return write(folder / "90-small.ipynb", text=["# Small", SMALL])


def before(source):
    """Adds a cell before the answer."""
    def change(notebook):
        i = next(i for i, cell in enumerate(notebook.cells) if cell.get("id") == "exercise-1")
        notebook.cells.insert(i, nbformat.v4.new_code_cell(source))
    return change


def as_if(grade_id, source, grade=False):
    """Adds a cell that says it is one of the lab's."""
    def change(notebook):
        before(source)(notebook)
        cell = next(cell for cell in notebook.cells if cell.source == source)
        cell.metadata["nbgrader"] = {"grade": grade, "solution": False, "locked": True, "task": False, "schema_version": 3,
                                     "grade_id": grade_id, "cell_type": "code", "points": 3}
    return change


def without_check(notebook):
    notebook.cells = [cell for cell in notebook.cells if cell.get("id") != "check-1"]


def with_own_check(notebook):
    for cell in notebook.cells:
        if cell.get("id") == "check-1":
            cell.source = '%%\nfmt.Println("PASS 3")'
            cell.metadata.nbgrader.update(points=300, locked=False)


ANSWERS = {
    "right": ("func twice(n int) int { return n + n }", None),
    "noisy": ('func twice(n int) int { println("a note"); fmt.Fprintln(os.Stderr, "another"); return n + n }', None),
    "half": ("func twice(n int) int { return max(2*n, 0) }", None),
    "half-then-crash": ('func twice(n int) int { if n < 0 { panic("negative") }; return 2 * n }', None),
    "half-then-endless": ("func twice(n int) int { for n < 0 {}; return 2 * n }", None),
    "eats-memory": ("var hoard [][]byte\nfunc twice(n int) int { for { hoard = append(hoard, bytes.Repeat([]byte{1}, 64<<20)) } }", None),
    "kills-the-kernel": ("func twice(n int) int { k, _ := os.FindProcess(os.Getppid()); k.Kill(); return 2 * n }", None),
    "does-not-compile": ("func twice(n int) int { return n + }", None),
    "says-it-is-locked": ("func twice(n int) int { return 0 }", as_if("check-1", "%env GOFLAGS=-toolexec=/tmp/mine")),
    "says-it-is-a-check": ("func twice(n int) int { return 0 }",
                           as_if("check-2", "var check grading.Check\n%%\ncheck.That(3, true, \"\")", grade=True)),
    "deletes-the-check": ("func twice(n int) int { return 0 }", without_check),
    "changes-the-check": ("func twice(n int) int { return 0 }", with_own_check),
    "goes-out": ('func twice(n int) int { _, err := net.DialTimeout("tcp", "1.1.1.1:53", 5*time.Second); fmt.Println(err); return 2*n }', None),
    "looks-around": ("""func twice(n int) int {
	for _, folder := range []string{COURSE, ROOT + "/notebooks", ROOT + "/runs", "/root", "/home", "/tmp", "/dev/shm"} {
		found, _ := os.ReadDir(folder)
		fmt.Println("SEES", folder, len(found))
	}
	fmt.Println("PROCESSORS", runtime.NumCPU())
	fmt.Println("USER", os.Getuid(), os.Getenv("TEACHERS_WORD"))
	return 2 * n
}""", None),
} | {name: ("func twice(n int) int { return 0 }", before(source)) for name, source in CHEATS.items()}


@pytest.fixture(scope="module")
def answered(tmp_path_factory):
    """The small notebook, handed in by everybody, and graded."""
    folder = tmp_path_factory.mktemp("small")
    course = Course(folder / "course", {"90-small": small(folder / "own")})
    for student, (answer, change) in ANSWERS.items():
        answer = answer.replace("COURSE", json.dumps(str(course.folder))).replace("ROOT", json.dumps(str(ROOT)))
        course.submit(student, "90-small", {1: answer}, change or (lambda notebook: None))
    course.nbgrader("autograde", "90-small")
    return course


POINTS = {"right": 3, "noisy": 3, "half": 1, "half-then-crash": 1, "half-then-endless": 1, "goes-out": 3, "looks-around": 3}


@pytest.mark.grade
@pytest.mark.parametrize("student", ANSWERS)
def test_points(answered, student):
    points, said = answered.graded(student, "90-small").get(1, (0, ""))
    assert points == POINTS.get(student, 0), said
    assert os.geteuid() or "OPEN" not in said
    assert answered.total(student) == points


@pytest.mark.grade
@pytest.mark.parametrize("handed_out", ["release/90-small/90-small.ipynb", "student/90-small.ipynb"])
def test_hidden_tests_are_not_handed_out(answered, handed_out):
    check = next(cell for cell in read(answered.folder / handed_out).cells if cell.get("id") == "check-1")
    assert "twice(1) == 2" in check.source and "-8" not in check.source and "HIDDEN" not in check.source


@pytest.mark.grade
def test_refused_cells_say_why(answered):
    for student, why in {"goflags": "no commands but %%", "says-it-is-locked": "no commands but %%", "unsafe": "may not use unsafe",
                         "says-it-is-a-check": "may not use grading", "redefines-go": "len is a name of Go itself", "redefines-true": "true is a name",
                         "changes-the-build": "how cells are built was changed"}.items():
        assert why in str(read(answered.folder / "autograded" / student / "90-small" / "90-small.ipynb").cells), student


@pytest.mark.grade
def test_feedback_says_what_is_wrong(answered):
    said = lambda student: answered.graded(student, "90-small")[1][1]  # noqa: E731
    assert "twice(-4) is 0" in said("half")
    assert "negative" in said("half-then-crash")
    assert "ended after 20 seconds" in said("half-then-endless")
    assert "did not run to its first line" in said("ends-early")
    assert "the kernel has ended" in said("kills-the-kernel")
    answered.nbgrader("generate_feedback", "90-small")
    page = BeautifulSoup((answered.folder / "feedback/half/90-small/90-small.html").read_text(encoding="utf-8"), "html.parser")
    assert "twice(-4) is 0" in page.get_text() and not re.search("PASS [0-9]", page.get_text())


@pytest.mark.parametrize("root", [True, False])
def test_what_is_missing_is_said(root, tmp_path, monkeypatch):
    monkeypatch.setattr(isolated, "works", lambda command: False)
    monkeypatch.setattr(os, "geteuid", lambda: 0 if root else 1000)
    begin, _, missing = isolated.job(tmp_path, [], [], {})
    assert begin == [] and "the network is not cut off" in missing[0]
    assert len(missing) == 1 if root else "it runs as you" in missing[1]


@pytest.mark.skipif(os.geteuid() != 0 or not isolated.works(isolated.NAMESPACES), reason="namespaces are not allowed here")
def test_a_submission_ends_with_its_grader(tmp_path):
    """Also with one that is killed: nobody is left to end it."""
    for name in ("home/work", "key"):
        (tmp_path / name).mkdir(parents=True)
    grader = subprocess.Popen([sys.executable, "-c", """
import json, subprocess, sys, time
import isolated
begin, job, _ = isolated.job(sys.argv[1], [sys.prefix, sys.base_prefix, isolated.__file__], [],
    {"memory": 1 << 30, "file": 1 << 20, "seconds": 60, "processors": 1, "programs": 100, "program": "/bin/true"})
job["alone"] = job["uid"] = 0
subprocess.run([*begin, sys.executable, isolated.__file__, json.dumps(job), "/bin/sleep", "1000"])
""", tmp_path], env={**os.environ, "PYTHONPATH": str(ROOT / "kernel-setup/py")})
    family = psutil.Process(grader.pid).children
    wait_until(lambda: any(p.name() == "sleep" for p in family(recursive=True)), lambda: "it has not begun", 60)
    left = family(recursive=True)
    grader.kill()
    grader.wait()
    wait_until(lambda: not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in left), lambda: f"left: {left}", 10)


@pytest.mark.grade
@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives each submission a user of its own")
def test_a_submission_sees_neither_course_nor_network(answered):
    _, said = answered.graded("goes-out", "90-small")[1]
    assert "network is unreachable" in said
    _, said = answered.graded("looks-around", "90-small")[1]
    seen = dict(re.findall(r"SEES (\S+) (\d+)", said))
    assert seen[str(answered.folder)] == seen[f"{ROOT}/notebooks"] == seen[f"{ROOT}/runs"] == seen["/home"] == seen["/dev/shm"] == "0"
    assert int(re.search(r"USER (\d+)", said)[1]) > 100_000_000
    assert "a secret" not in said and "PROCESSORS 1" in said


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return Course(tmp_path_factory.mktemp("course") / "course", {NAMES[page.stem[:2]]: page.stem[:2] for page in CHECKS})


@pytest.mark.grade
@pytest.mark.parametrize("name", [page.stem for page in CHECKS])
def test_solutions_pass_and_stubs_fail(course, name):
    """The real flow on a notebook of the course: hand out, submit, collect, grade, feedback, table."""
    found = checks((ROOT / "notebooks" / "checks" / f"{name}.md").read_text(encoding="utf-8"))
    course.submit("solutions", name, dict.fromkeys(found))
    course.submit("stubs", name, {})
    course.nbgrader("autograde", name)
    solved, stubs = course.graded("solutions", name), course.graded("stubs", name)
    assert {number: points for number, (points, _) in solved.items()} == {n: check.points for n, check in found.items()}, solved
    assert all(points == 0 for points, _ in stubs.values()), stubs
    assert not any("not fill" in said or "exit status" in said for _, said in solved.values())


@pytest.mark.grade
def test_students_get_no_solutions(course):
    for page in CHECKS:
        released = (course.folder / "release" / page.stem / f"{page.stem}.ipynb").read_text(encoding="utf-8")
        assert "<details>" not in released and '"stub"' not in released
        for cell in read(course.folder / "source" / page.stem / f"{page.stem}.ipynb").cells:
            if cell.metadata.get("nbgrader", {}).get("solution"):
                assert json.dumps(cell.source)[1:-1] not in released
        mine = read(course.folder / "student" / f"{page.stem}.ipynb")
        assert [cell.source for cell in mine.cells] == [cell.source for cell in read(course.folder / "release" / page.stem / f"{page.stem}.ipynb").cells]


@pytest.mark.grade
def test_handing_in_through_nbgraders_exchange(answered):
    """Release, fetch, submit, collect: with the exchange folder, as on one machine."""
    answered.nbgrader("release_assignment", "90-small")
    student = answered.folder.parent / "student"
    student.mkdir()
    (student / "nbgrader_config.py").write_text(
        (answered.folder / "nbgrader_config.py").read_text(encoding="utf-8")
        + f"c.Exchange.root = {str(answered.folder / 'exchange')!r}\n", encoding="utf-8")
    for verb in ("fetch_assignment", "submit"):
        answered.nbgrader(verb, "90-small", folder=student)
    answered.nbgrader("collect", "90-small")
    user = next(path.name for path in (answered.folder / "submitted").iterdir() if path.name not in ANSWERS)
    answered.nbgrader("autograde", "90-small", f"--student={user}")
    assert answered.total(user) == 0


def tool(folder, *command):
    """What a program of the environment for grading prints."""
    done = subprocess.run([GRADE / command[0], *command[1:]], cwd=folder, capture_output=True, text=True,
                          env={**os.environ, "JUPYTER_PATH": str(ROOT / ".venv/share/jupyter")})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.grade
def test_a_table_shows_in_latex(answered, tmp_path):
    """A page of LaTeX has no HTML: it takes the text of tables and notes."""
    write(tmp_path / "in.ipynb",
          'import (\n\tkit "gonblabs/mnistkit"\n\t"gonblabs/mnistkit/show"\n)\n%%\ntable := kit.Table("Rates tried", "rate", "right")\ntable.AddRow(0.01, "97 %")\nkit.Show(table, show.Note("Try more."))', text=[])  # text needs pandoc
    tool(tmp_path, "jupyter-nbconvert", "--to", "latex", "--execute", "in.ipynb")
    page = (tmp_path / "in.tex").read_text(encoding="utf-8")
    assert "Rates tried" in page and "0.01" in page and "Try more." in page and "<table" not in page


@pytest.mark.grade
def test_parameters_of_papermill(answered, tmp_path):
    notebook = read(write(tmp_path / "in.ipynb", "var rate = 0.5 // of learning\nvar sizes []int\nvar title = \"\"",
                          "%%\nfmt.Println(rate, len(sizes), sizes, title)"))
    notebook.cells[1].metadata["tags"] = ["parameters"]
    nbformat.write(notebook, tmp_path / "in.ipynb")
    script = str(ROOT / "docs/upstream/papermill_go.py")
    assert "rate" in tool(tmp_path, "python", script, "--help-notebook", "in.ipynb")
    tool(tmp_path, "python", script, "in.ipynb", "out.ipynb", "-p", "rate", "0.01", "-y", "sizes: [32, 64]", "-p", "title", 'a "ü" 🙂')
    assert read(tmp_path / "out.ipynb").cells[-1].outputs[0].text == '0.01 2 [32 64] a "ü" 🙂\n'


@pytest.mark.grade
def test_a_notebook_paired_with_a_program(answered, tmp_path):
    write(tmp_path / "in.ipynb", "var rate = 0.5\n%%\nfmt.Println(rate)")
    tool(tmp_path, "jupytext", "--set-formats", "ipynb,go:percent", "in.ipynb")
    paired = tmp_path / "in.go"
    paired.write_text(paired.read_text(encoding="utf-8").replace("0.5", "0.75"), encoding="utf-8")
    old = read(tmp_path / "in.ipynb")
    tool(tmp_path, "jupytext", "--sync", "in.ipynb")
    assert read(tmp_path / "in.ipynb").cells[1].source == old.cells[1].source.replace("0.5", "0.75")
    nbformat.write(old, tmp_path / "old.ipynb")
    changes = tool(tmp_path, "nbdiff", "-s", "--no-color", "old.ipynb", "in.ipynb")
    assert "-var rate = 0.5" in changes and "+var rate = 0.75" in changes


@pytest.mark.parametrize("page, sentence", [
    ("", "there are no checks in 90-small.md"),
    (SMALL_CHECK.replace("Twice", "Thrice"), "there is no check for exercise 1, 'Twice'"),
    (SMALL_CHECK + SMALL_CHECK.replace("## 1", "## 2"), "a check of exercise 2, which the notebook does not have"),
    (SMALL_CHECK.replace("```go", "```", 1), "exercise 1 has 1 blocks of Go"),
])
def test_wrong_checks_get_a_sentence(tmp_path, page, sentence):
    notebook = small(tmp_path)
    (tmp_path / "checks" / "90-small.md").write_text(page, encoding="utf-8")
    if not page:
        (tmp_path / "checks" / "90-small.md").unlink()
    with pytest.raises(ValueError, match=re.escape(sentence)):
        assignment(notebook)
