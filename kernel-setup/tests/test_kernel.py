"""A kernel as a person uses it: a training is stopped, gone on with, cut off by a restart, and shown again; and cells are
wrong in the ways in which beginners get them wrong."""

import re
import time

import pytest
from jupyter_client.manager import start_new_kernel

from conftest import programs_with, wait_until

IMPORTS = """%noautoget
%env MNISTKIT_DATA bundled
%env MNISTKIT_RUNS "{runs}"
import (
	"github.com/janpfeifer/must"
	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/layer"
)"""
DECLARE = """var mlp = kit.Run{Name: "kernel/mlp", Data: kit.MNIST().Holdout(0.15).Seed(1), Seed: 1,
	Model: layer.Stack{layer.Rescale(1.0 / 255), layer.Flatten(), layer.Dense(128).ReLU(), layer.Dense(10)}}"""
LONG = "%%\nmust.M1(mlp.Fit(100_000))"

# Cells that do not compile: what the student is told, the line that it is about, and what stays of GoNB's words.
MISTAKES = {
    "no %%": ('fmt.Println("hello")', "line 1: Go reads this line as a statement; write %% on a line of its own above it",
              'fmt.Println("hello")', "expected declaration, found fmt"),
    "brace": ("%%\nfor i := range 3 {\n\tfmt.Println(i)", "line 2: a { in this line is never closed; add the missing }",
              "for i := range 3 {", "expected '}', found 'EOF'"),
    "brace above %%": ("func f() int {\n\treturn 3\n%%\nfmt.Println(f())", "line 1: a { in this line is never closed; add the missing }",
                       "func f() int {", "expected '(', found main"),
    "parenthesis": ("%%\nfmt.Println(len(mlp.Name)\nfmt.Println(2)", "line 2: a ( in this line is never closed; add the missing )",
                    "fmt.Println(len(mlp.Name)", "missing ',' before newline in argument list"),
    "method": ("%%\n// twice\nmust.M1(mlp.Fitt(2))", "line 3: mlp.Fitt does not exist; perhaps you mean Fit",
               "must.M1(mlp.Fitt(2))", "mlp.Fitt undefined (type mnistkit.Run has no field or method Fitt)"),
    "small letter": ("%%\nmlp.fit(2)", "line 2: mlp.fit does not exist; write Fit in place of fit",
                     "mlp.fit(2)", "but does have method Fit"),
    "variable": ("%%\nkit.Show(mlpp.Name)",
                 "line 2: mlpp is not known here; perhaps you mean mlp, or first run the cell that declares mlpp above %%",
                 "kit.Show(mlpp.Name)", "undefined: mlpp"),
    "cell not run": ("%%\nkit.Show(lenet.Name)",
                     "line 2: lenet is not known here; check the spelling, or first run the cell that declares lenet above %%",
                     "kit.Show(lenet.Name)", "undefined: lenet"),
    "unused": ("%%\n\nn := 42", "line 3: n is declared and never used; use it, or delete it, or write _ = n",
               "n := 42", "declared and not used: n"),
    "unused in a test": ("%test\nfunc TestX(t *testing.T) {\n\tn := 42\n}",
                         "line 3: n is declared and never used; use it, or delete it, or write _ = n", "n := 42", "declared and not used: n"),
    ":= above %%": ("rate := 0.1\n%%\nfmt.Println(rate)",
                    "line 1: a := cannot stand above %%; move this line below %%, or write: var rate = 0.1",
                    "rate := 0.1", "expected declaration, found rate"),
    "comma": ('var two = kit.Run{\n\tName: "kernel/two",\n\tSeed: 1\n}',
              "line 3: a comma is missing at the end of this line; in a list every line ends with a comma",
              "Seed: 1", "missing ',' before newline in composite literal"),
    "type": ('%%\nmust.M1(mlp.Fit("two"))', 'line 2: "two" is of type string, and mlp.Fit takes a value of type int here',
             'must.M1(mlp.Fit("two"))', 'cannot use "two" (untyped string constant)'),
    "two values": ("%%\nh := mlp.Fit(2)\nkit.Show(h)",
                   "line 2: mlp.Fit returns 2 values; if the second is an error, write: h := must.M1(mlp.Fit(2))",
                   "h := mlp.Fit(2)", "assignment mismatch: 1 variable but mlp.Fit returns 2 values"),
    "return": ("func g(x int) int {\n\tif x > 1 {\n\t\treturn 2\n\t}\n}",
               "line 5: the function can end without a result; write return and the result before this }", "}", "missing return"),
    "not used": ("%%\nmlp.Name", "line 2: nothing happens with mlp.Name; show it: kit.Show(mlp.Name)",
                 "mlp.Name", "mlp.Name (variable of type string) is not used"),
    "package": ('import "example.com/nothing"\n%%\nnothing.Do()',
                "line 1: this project has no package example.com/nothing; correct the import, or add the package with go get "
                "in the project's folder", 'import "example.com/nothing"', "no required module provides package"),
    "declared twice": ("func twice() {}\nvar twice = 3",
                       "line 1: the name twice is taken; use another one, or remove the old one with %rm twice",
                       "func twice() {}", "twice redeclared in this block"),
    "two mains": ("%%\nfmt.Println(1)\n%%\nfmt.Println(2)",
                  "line 3: a cell has one line %%; delete this one, or move what follows it to a cell of its own", "%%", ""),
    "text without end": ('%%\nfmt.Println("hello)', 'line 2: a text has no end; write " after its last letter',
                         'fmt.Println("hello)', "string literal not terminated"),
    "value at the end": ("%%\nx := 3 +", "line 2: a value is missing before the end of the cell", "x := 3 +", "expected operand, found '}'"),
    "list's append": ("%%\nxs := []int{1}\nxs.append(2)", "line 3: a list grows by: xs = append(xs, …)", "xs.append(2)", "xs.append undefined"),
    "list's method": ("%%\nxs := []int{1}\nxs.len()", "line 3: xs.len does not exist; check the spelling", "xs.len()", "xs.len undefined"),
    "single quotes": ("%%\nfmt.Println('hello')", 'line 2: single quotation marks are for one letter; write a text in double ones: "…"',
                      "fmt.Println('hello')", "illegal rune literal"),
    "not declared": ("%%\nx = 5\nfmt.Println(x)", "line 2: x is not known here; write := in place of = to declare it, or first run "
                     "the cell that declares x above %%", "x = 5", "undefined: x"),
    "made from itself": ('var mlp = mlp.With("kernel/b", nil)', "line 1: mlp would be made from itself; give the new one another name",
                         'var mlp = mlp.With("kernel/b", nil)', "initialization cycle"),
}


class Kernel:
    def __init__(self, runs):
        self.runs = runs
        self.manager, self.client = start_new_kernel(startup_timeout=180, kernel_name="gonb")

    def prepare(self):
        for code in (IMPORTS.replace("{runs}", str(self.runs)), DECLARE):
            assert self.run(code)[0] == "ok"

    def run(self, code, meanwhile=None, timeout=120):
        """How a cell ended and what it said; `meanwhile` is called once it has begun."""
        said = []
        request = self.client.execute(code)
        if meanwhile:
            meanwhile()
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            message = self.client.get_iopub_msg(timeout=timeout)
            if message["parent_header"].get("msg_id") != request:
                continue
            content = message["content"]
            if message["msg_type"] == "status" and content["execution_state"] == "idle":
                return self.client.get_shell_msg(timeout=timeout)["content"]["status"], "".join(said)
            said.append(content.get("text", "") + str(content.get("data", "")) + "\n".join(content.get("traceback", [])))
        raise AssertionError(f"the cell did not end within {timeout} s: {said}")

    def epochs(self):
        history = self.runs / "kernel" / "mlp" / "history.jsonl"
        return len(history.read_text(encoding="utf-8").splitlines()) if history.exists() else 0

    def begun(self, more=3):
        """Waits until a training has done some epochs."""
        wanted = self.epochs() + more
        wait_until(lambda: self.epochs() >= wanted, lambda: "the training does not go on")

    def alone(self):
        """Waits until nothing works any more."""
        wait_until(lambda: not self.programs(), lambda: f"still there: {self.programs()}", 60)

    def programs(self):
        """What works for this test: programs that begin with its folder of runs in their environment, as
        cells and engines do. The kernel sets it later, for them."""
        return programs_with("MNISTKIT_RUNS", self.runs)

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture
def kernel(tmp_path):
    k = Kernel(tmp_path / "with space & it's (1)" / "名前")
    try:
        k.prepare()
        yield k
    finally:
        k.close()


def test_stop_restart_and_run_all(kernel):
    # Stop: the cell says so and ends, nothing works on, and the next Fit goes on.
    def stop():
        kernel.begun()
        assert any("mnistkit-engine" in name for name in kernel.programs())
        kernel.manager.interrupt_kernel()
    status, said = kernel.run(LONG, meanwhile=stop)
    assert status == "error" and "stopped by you in epoch" in said, said
    kernel.alone()
    more = kernel.epochs() + 5
    status, said = kernel.run(f"%%\nmust.M1(mlp.Fit({more}))")
    assert status == "ok" and kernel.epochs() == more, said

    # Restart in the middle of a training: nothing works on.
    kernel.client.execute(LONG)
    kernel.begun()
    kernel.manager.restart_kernel(now=True)
    kernel.client.wait_for_ready(timeout=180)
    kernel.alone()

    # Run all again: what was trained is shown and not trained anew.
    kernel.prepare()
    trained = kernel.epochs()
    status, said = kernel.run(f"%%\nmust.M1(mlp.Fit({more}))")
    assert status == "ok" and "kernel/mlp" in said, said
    assert kernel.epochs() == trained


def test_failures_are_told_at_once(kernel):
    """A verb that fails says so by itself, once; must ends the cell, and an expected error is shown calmly."""
    kernel.run('var wrong = mlp.With("kernel/wrong", func(r *kit.Run) { r.Model = layer.Stack{layer.Flatten(), layer.Dense(5)} })')
    for code, status, crosses in (
        ("wrong.Fit(1)", "ok", 1),
        ("must.M1(wrong.Fit(1))", "error", 1),
        ("_, err := wrong.Fit(1)\nkit.Show(err)", "error", 1),
        ("kit.ExpectError(func() { wrong.Fit(1) })", "ok", 0),
    ):
        ended, said = kernel.run("%%\n" + code)
        assert (ended, said.count("✗")) == (status, crosses), (code, said)
        assert "end it with layer.Dense(10)" in said, (code, said)


def test_a_var_that_trains(kernel):
    """Later cells compute a var again, and its Fit: they show one line, which says what to write instead."""
    advice = "Write history := must.M1(mlp.Fit(1)) below %%"
    ended, said = kernel.run("var history = must.M1(mlp.Fit(1))\n%%\nkit.Show(len(history))")
    assert ended == "ok" and "Epochs of kernel/mlp" in said and advice in said, said
    ended, said = kernel.run("%%\nkit.Show(history.Last().Number)")
    assert ended == "ok" and "Epochs of" not in said and "<img" not in said and advice in said, said


@pytest.fixture(scope="module")
def classroom(tmp_path_factory):
    """A kernel in which nothing trains, for many cells."""
    k = Kernel(tmp_path_factory.mktemp("classroom") / "runs")
    try:
        k.prepare()
        yield k
    finally:
        k.close()


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_does_not_compile_is_explained(classroom, mistake):
    code, sentence, line, theirs = MISTAKES[mistake]
    status, said = classroom.run(code)
    assert status == "error"
    assert said.splitlines()[:2] == [f"✗ {sentence}", f"  in: {line}"]
    assert theirs in said and "exit status" not in said
    assert classroom.run("%%\nfmt.Println(mlp.Name)") == ("ok", "kernel/mlp\n")  # the kernel is as it was


def test_imports_that_were_not_run(tmp_path):
    k = Kernel(tmp_path / "runs")
    try:
        status, said = k.run("%noautoget\n" + DECLARE)
        assert status == "error" and said.startswith("✗ line 2: kit is not imported; first run the cell with the imports"), said
        status, said = k.run('import kit "gonblabs/mnistkitt"\n%%\nkit.Show(1)')
        assert "✗ line 1: this project has no package gonblabs/mnistkitt; correct the import" in said, said
        status, said = k.run('%autoget\nimport "example.com/nothing"\n%%\nnothing.Do()')
        assert said.startswith("✗ this project has no package example.com/nothing;") and "exit status" not in said, said
    finally:
        k.close()


def test_an_earlier_cell_that_no_longer_compiles_is_named(classroom):
    assert classroom.run("var width = 3\n\nfunc double() int { return 2 * width }")[0] == "ok"
    status, said = classroom.run('var width = "wide"')
    assert status == "error"
    assert re.match(r"✗ cell \[\d+\], line 3: int and string do not mix; .*\n  in: func double\(\) int { return 2 \* width }\n", said), said


def test_unused_imports_are_no_mistake(classroom):
    assert classroom.run('import "net/http"\n%%\nfmt.Println(1)') == ("ok", "1\n")


def test_a_cell_that_fails_says_why_once(classroom):
    for code, reason, last in (
        ('%%\nmust.M1(kit.Load("no/such"))', '  in: must.M1(kit.Load("no/such"))\n', "The cell stopped."),
        ("%%\nvar xs []int\nfmt.Println(xs[5])", "panic: runtime error: index out of range [5] with length 0", "The cell stopped."),
        ("%%\nos.Exit(3)", "", "The cell stopped with exit status 3."),
        ('%test\nfunc TestX(t *testing.T) {\n\tt.Error("too few")\n}', "too few", "The cell stopped."),
    ):
        status, said = classroom.run(code)
        assert status == "error" and reason in said and said.endswith(last), said
        assert said.count("exit status") == last.count("exit status"), said
    assert classroom.run("!exit 3") == ("ok", "exit status 3\n")


def test_a_cell_asks(kernel):
    """The reader's answer is the standard input of the cell."""
    kernel.run('import (\n\t"fmt"\n\n\t"github.com/janpfeifer/gonb/gonbui"\n)')
    def answer():
        kernel.client.get_stdin_msg(timeout=120)
        kernel.client.input("7")
    code = '%%\ngonbui.RequestInput("How many? ", false)\nvar n int\nmust.M1(fmt.Scanln(&n))\nkit.Show(n + 1)'
    status, said = kernel.run(code, meanwhile=answer)
    assert status == "ok" and ">8<" in said, said
