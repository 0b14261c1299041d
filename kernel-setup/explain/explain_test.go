package explain

import (
	"strings"
	"testing"
)

const api = `kit: type Optimizer = session.Optimizer
kit: func Show(values ...any)
kit: type EarlyStopping struct
kit: type EarlyStopping struct, Patience int
layer: func Dense(units int) DenseLayer
training: method (Run) Fit(n int, callbacks ...fit.Callback) (fit.History, error)
training: method (Run) Summary() (view.View, error)
training: type Run struct, Name string
`

// cells do not compile: what a Go tool says of each, and the sentence.
var cells = []struct{ code, said, want string }{
	{"%%\nfmt.Println(“a”)", "main.go:2:13: curly quotation mark '“' (use neutral '\"') (and 2 more errors)",
		"✗ line 2: these quotation marks come from a text editor; write straight ones: \"\n  in: fmt.Println(“a”)"},
	{"%%\nfmt.Println(\"a)", "main.go:2:13: string literal not terminated (and 1 more errors)",
		"✗ line 2: a text has no end; write \" after its last letter\n  in: fmt.Println(\"a)"},
	{"%%\ns := `raw", "main.go:2:6: raw string literal not terminated", "✗ line 2: a text has no end; write ` after its last letter"},
	{"%%\nfmt.Println('hello')", "main.go:2:13: illegal rune literal", "single quotation marks are for one letter"},
	{"%%\n/* hm", "main.go:2:1: comment not terminated", "a comment that begins with /* has no end"},
	{"%%\n# hm", "main.go:2:1: illegal character U+0023 '#'", "a comment begins with //, not with #"},
	{"%%\nfor i := range 3 {\n\tfmt.Println(i)", "main.go:9:3: expected '}', found 'EOF'",
		"✗ line 2: a { in this line is never closed; add the missing }\n  in: for i := range 3 {"},
	{"func f() int {\n\treturn 3\n%%\nfmt.Println(f())", "main.go:3:6: expected '(', found main", "✗ line 1: a { in this line is never closed"},
	{"%%\nfmt.Println(len(\"a\")\nfmt.Println(1)", "main.go:2:21: missing ',' before newline in argument list", "✗ line 2: a ( in this line"},
	{"%%\nkit.Show(1))", "main.go:2:12: expected statement, found ')'", "✗ line 2: a ) in this line closes nothing"},
	{"var a = kit.Run{\n\tName: f \"x\"),\n}", "main.go:2:10: missing ',' in composite literal", "✗ line 2: a ) in this line closes nothing"},
	{"var a = f(kit.Run{\n\tName: \"x\",\n)", "main.go:3:1: expected operand, found ')'", "✗ line 1: a { in this line is never closed"},
	{"%%\nkitShow(1)", "main.go:2:1: undefined: kitShow", "a point is missing: kit.Show"},
	{" %%\nfmt.Println(1)", "main.go:1:2: expected declaration, found '%'", "✗ line 1: %% must be the first thing in its line"},
	{"n := 42\n%%\nfmt.Println(n)", "main.go:1:1: expected declaration, found n",
		"✗ line 1: a := cannot stand above %%; move this line below %%, or write: var n = 42\n  in: n := 42"},
	{"n = 42\n%%\nfmt.Println(n)", "main.go:1:1: expected declaration, found n", "✗ line 1: a statement cannot stand above %%"},
	{"fmt.Println(1)", "main.go:1:1: expected declaration, found fmt", "✗ line 1: Go reads this line as a statement; write %% on a line of its own"},
	{"%%\nx()\n%%\ny()", "main.go:3:6: expected '(', found main", "✗ line 3: a cell has one line %%; delete this one"},
	{"%%\nfunc f() {}", "main.go:2:6: expected '(', found f", "a function cannot stand below %%"},
	{"%%\nimport \"fmt\"", "main.go:2:1: expected statement, found 'import'", "imports cannot stand below %%"},
	{"var two = kit.Run{\n\tSeed: 1\n}", "main.go:2:9: missing ',' before newline in composite literal",
		"✗ line 2: a comma is missing at the end of this line; in a list every line ends with a comma\n  in: Seed: 1"},
	{"%%\nfmt.Println(1 2)", "main.go:2:15: missing ',' in argument list", "a comma or an operator is missing"},
	{"%%\nif true\n{\n}", "main.go:2:8: unexpected newline, expecting { after if clause", "✗ line 2: the { belongs at the end of this line"},
	{"%%\nif a = 1 {\n}", "main.go:2:4: expected boolean expression, found assignment", "to compare two values, write =="},
	{"%%\nfor i in range(3):", "main.go:2:7: expected '{', found in", "Go has no \"in\"; write: for i := range … {"},
	{"%%\nwhile true {\n}", "main.go:2:7: expected ';', found true", "Go has no \"while\"; write for"},
	{"%%\nif a == 1:", "main.go:2:1: illegal label declaration", "a block begins with { and ends with }"},
	{"%%\nif a {\n}\nelse {\n}", "main.go:4:1: expected statement, found 'else'", "✗ line 4: else must follow the }"},
	{"%%\nvar x := 3", "main.go:2:7: expected type, found ':='", "write var with =, or := without var"},
	{"func f {\n}", "main.go:1:8: expected '(', found '{'", "a function needs parentheses"},
	{"%%\nxs := [1, 2]", "main.go:2:9: unexpected comma; expecting ]", "a list of values needs its type"},
	{"%%\nx := 3 +", "main.go:2:1: expected operand, found '}'", "✗ line 2: a value is missing before the end of the cell\n  in: x := 3 +"},
	{"%%\nkit.Show mlp", "main.go:2:10: expected ';', found mlp", "something is missing before mlp"},
	{"import \"github.com/a/b\"", "main.go:1:8: no required module provides package github.com/a/b; to add it:\n\tgo get github.com/a/b",
		"✗ line 1: this project has no package github.com/a/b; correct the import"},
	{"import \"a/b\"", "main.go:1:1: module a@latest found (v0.0.0, replaced by ..), but does not contain package a/b",
		"✗ line 1: this project has no package a/b; correct"},
	{"import \"a/b\"", "failed to run \"go get\": exit status 1\n\ngo: gonb_1 imports\n\ta/b: module lookup disabled by GOPROXY=off",
		"✗ this project has no package a/b; correct"},
	{"%%\nfmt.Println(True)", "main.go:2:13: undefined: True", "Go writes true, false and nil in small letters"},
	{"%%\nmust.M1(kit.Load(1))", "# gonb_1\n./main.go:2:9: undefined: kit\n./main.go:2:9: not enough arguments in call to must.M1\n\thave (unknown type)\n\twant (T1, error)",
		"✗ line 2: kit is not imported; first run the cell with the imports, at the top of the notebook\n  in: must.M1(kit.Load(1))"},
	{"%%\nfmt.println(1)", "main.go:2:1: undefined: fmt", "the package fmt has no such name"},
	{"%%\nkit.show(1)", "main.go:2:5: undefined: kit.show (but have Show)", "kit has no show; write kit.Show"},
	{"%%\nkit.Sohw(1)", "main.go:2:5: undefined: kit.Sohw", "✗ line 2: kit has no Sohw; perhaps you mean Show\n"},
	{"%%\nkit.Shw(1)", "main.go:2:5: undefined: kit.Shw", "✗ line 2: kit has no Shw; perhaps you mean Show\n"},
	{"%%\nfmt.Println(mlpp)", "main.go:2:13: undefined: mlpp", "✗ line 2: mlpp is not known here; perhaps you mean mlp, or first run the cell that declares mlpp above %%\n"},
	{"%%\nfmt.Println(grösse)", "main.go:2:13: undefined: grösse", "✗ line 2: grösse is not known here; perhaps you mean größe"},
	{"%%\nfmt.Println(lenet)", "main.go:2:13: undefined: lenet", "lenet is not known here; check the spelling, or first run"},
	{"%%\nx = 5", "main.go:2:1: undefined: x", "x is not known here; write := in place of = to declare it, or"},
	{"%%\nDense(10)", "main.go:2:1: undefined: Dense", "Dense is not known here; write layer.Dense, or"},
	{"%%\nkit.MNIST.Holdout(0.15)", "main.go:2:11: kit.MNIST.Holdout undefined (type func() data.Recipe has no field or method Holdout)",
		"✗ line 2: kit.MNIST is a function; write parentheses after kit.MNIST\n"},
	{"%%\nvar n int = \"‹(›\"", "main.go:2:13: cannot use \"‹(›\" (untyped string constant) as int value in variable declaration",
		"✗ line 2: \"‹(›\" is of type string"},
	{"%%\nxs.append(3)", "main.go:2:4: xs.append undefined (type []int has no field or method append)", "✗ line 2: a list grows by: xs = append(xs, …)"},
	{"%%\nxs.add(3)", "main.go:2:4: xs.add undefined (type []int has no field or method add)", "✗ line 2: xs.add does not exist; check the spelling"},
	{"%%\nmlp.fit(2)", "main.go:2:5: mlp.fit undefined (type mnistkit.Run has no field or method fit, but does have method Fit)",
		"✗ line 2: mlp.fit does not exist; write Fit in place of fit\n"},
	{"%%\nmust.M1(mlp.Fitt(2))", "main.go:2:9: not enough arguments in call to must.M1\n\thave (unknown type)\n\twant (T1, error)\nmain.go:2:13: mlp.Fitt undefined (type mnistkit.Run has no field or method Fitt)",
		"✗ line 2: mlp.Fitt does not exist; perhaps you mean Fit\n  in: must.M1(mlp.Fitt(2))"},
	{"%%\nr := kit.Run{Nam: 1}", "main.go:2:14: unknown field Nam in struct literal of type mnistkit.Run", "kit.Run has no field Nam; perhaps you mean Name\n"},
	{"func a() {}\nvar a = 1", "main.go:1:6: a redeclared in this block\n\tmain.go:2:2: other declaration of a", "✗ line 1: the name a is taken"},
	{"var mlp = mlp.With()", "main.go:1:2: initialization cycle: mlp refers to itself", "mlp would be made from itself"},
	{"%%\nn := 1\nn := 2", "main.go:3:3: no new variables on left side of :=", "✗ line 3: the variable exists already"},
	{"%%\nmlp.Seed := 3", "main.go:2:1: non-name mlp.Seed on left side of :=", "write = to change mlp.Seed"},
	{"%%\nh := mlp.Fit(2)", "main.go:2:6: assignment mismatch: 1 variable but mlp.Fit returns 2 values",
		"✗ line 2: mlp.Fit returns 2 values; if the second is an error, write: h := must.M1(mlp.Fit(2))\n"},
	{"%%\na, b := f()", "main.go:2:9: assignment mismatch: 2 variables but f returns 1 value", "names on the left: 2, values on the right: 1;"},
	{"%%\nh := mlp.History().Last()", "main.go:2:6: multiple-value mlp.History() (value of type (fit.History, error)) in single-value context",
		"mlp.History() returns an error too; write: must.M1(mlp.History())"},
	{"%%\nmust.M1(mlp.Reset())", "main.go:2:9: not enough arguments in call to must.M1\n\thave (error)\n\twant (T1, error)", "write must.M in place of must.M1"},
	{"%%\nmust.M(mlp.Fit(1))", "main.go:2:8: too many arguments in call to must.M\n\thave (fit.History, error)\n\twant (error)", "write must.M1 in place of must.M"},
	{"%%\nlayer.Dense(1, 2)", "main.go:2:16: too many arguments in call to layer.Dense\n\thave (number, number)\n\twant (int)",
		"too many values for layer.Dense: it gets (number, number) and takes (int)"},
	{"%%\nreturn 3", "main.go:2:8: too many return values\n\thave (number)\n\twant ()", "write return alone"},
	{"func f() (int, int) {\n\treturn 1\n}", "main.go:2:2: not enough return values\n\thave (number)\n\twant (int, int)", "must return (int, int)"},
	{"%%\nfmt.Println(n * 0.1)", "main.go:2:17: 0.1 (untyped float constant) truncated to int", "0.1 is not a whole number"},
	{"%%\nvar y int = x", "main.go:2:13: cannot use x (variable of type float64) as int value in variable declaration", "x must be of type int; write int(x)"},
	{"%%\nmlp.Fit(\"two\")", "main.go:2:9: cannot use \"two\" (untyped string constant) as int value in argument to mlp.Fit",
		"\"two\" is of type string, and mlp.Fit takes a value of type int here\n"},
	{"var a = kit.Run{Optimizer: \"adam\"}", "main.go:1:2: cannot use \"adam\" (untyped string constant) as session.Optimizer value in struct literal",
		"\"adam\" is of type string, and a value of type kit.Optimizer is needed here\n"},
	{"var a = kit.Run{Data: kit.MNIST}", "main.go:1:2: cannot use kit.MNIST (value of type func() data.Recipe) as training.Data value in struct literal: func() data.Recipe does not implement training.Data (missing method ID)",
		"kit.MNIST is a function that is not called; write kit.MNIST()\n"},
	{"%%\nmlp.Fit(2.5)", "main.go:2:9: cannot use 2.5 (untyped float constant) as int value in argument to mlp.Fit (truncated)", "2.5 is not a whole number"},
	{"%%\nvar b uint8 = 300", "main.go:2:15: cannot use 300 (untyped int constant) as uint8 value in variable declaration (overflows)", "300 is too large for a value of type uint8"},
	{"%%\na := 1,", "main.go:2:1: declared and not used: a\nmain.go:2:6: assignment mismatch: 1 variable but 2 values", "names on the left: 1, values on the right: 2;"},
	{"%%\nn = 4", "main.go:2:1: cannot assign to n (neither addressable nor a map index expression)", "n cannot be changed; declare it with var"},
	{"%%\nfor i, l := range xs {\n}", "main.go:2:5: declared and not used: i", "use it, or write _ in its place"},
	{"improt \"fmt\"", "main.go:1:1: expected declaration, found improt", "✗ line 1: Go has no word \"improt\"; above %%"},
	{"var a = kit.Run{Name = 1}", "main.go:1:22: expected '==', found '='", "a field and its value are written Name:"},
	{"%%\nfor x := xs {\n}", "main.go:2:5: expected boolean or range expression, found assignment", "needs the word range"},
	{"%%\nfor i := 0; i < 3; i++\n{\n}", "main.go:2:23: expected '{', found newline", "the { belongs at the end of this line"},
	{"func(r *kit.Run) { r.BatchSize: 128 }", "main.go:1:20: illegal label declaration", "a field is changed with =, as in r.BatchSize = 128"},
	{"%%\nrates := []float64(0.1, 0.01)", "main.go:2:20: too many arguments in conversion to []float64", "between braces: []float64{…}"},
	{"var s = layer.Stack(a)", "main.go:1:20: cannot convert a (value of struct type layer.DenseLayer) to type layer.Stack", "between braces: layer.Stack{…}"},
	{"%%\nif a && {\n}", "main.go:2:9: expected operand, found '{'", "a value is missing before '{'"},
	{"%%\nkit.Show(digits.())", "main.go:2:18: expected type, found ')'", "a name is missing before ')'"},
	{"%%\nFmt.Println(1)", "main.go:2:1: undefined: Fmt", "the names of packages have small letters"},
	{"%%\nfmt.Println(h[0].accuracy)", "main.go:2:18: h[0].accuracy undefined (type fit.Epoch has no field or method accuracy)", "what was measured is in Metrics: h[0].Metrics["},
	{"%%\nfmt.Println(x * y)", "main.go:2:13: invalid operation: x * y (mismatched types int and float64)", "int and float64 do not mix; convert one"},
	{"%%\nfmt.Println(\"a\" + 1)", "main.go:2:13: invalid operation: \"a\" + 1 (mismatched types untyped string and untyped int)", "string and int do not mix; both"},
	{"%%\nif 1 {\n}", "main.go:2:4: non-boolean condition in if statement", "a condition is true or false"},
	{"%%\nkit.Run{\"a\"}", "main.go:2:9: too few values in struct literal of type mnistkit.Run", "a value needs the name of its field"},
	{"func g() int {\n}", "main.go:2:1: missing return", "✗ line 2: the function can end without a result"},
	{"%%\nmlp.Summary", "main.go:2:1: mlp.Summary (value of type func() (view.View, error)) is not used", "mlp.Summary is a function that is not called"},
	{"%%\nmlp.Name", "main.go:2:1: mlp.Name (variable of type string) is not used", "nothing happens with mlp.Name; show it: kit.Show(mlp.Name)"},
	{"%%\nn := 42\nx := y", "main.go:2:1: declared and not used: n", "✗ line 2: n is declared and never used; use it, or delete it, or write _ = n\n"},

	// No rule, no place, another cell.
	{"%%\ngoto end", "main.go:2:6: label end not defined", "✗ line 2: label end not defined\n  in: goto end"},
	{"%%\ncase 1:", "main.go:2:1: duplicate case 1 in expression switch\n\t./main.go:1:6: previous case", "✗ line 2: duplicate case 1 in expression switch\n"},
	{"%%", "/usr/bin/ld: cannot find -lm", "✗ /usr/bin/ld: cannot find -lm"},
	{"%%", "", "✗ the cell does not compile"},
	{"var lr = 1", "main.go:102:9: cannot use lr (variable of type string) as bool value in return statement",
		"✗ cell [3], line 2: lr is of type string, and a value of type bool is needed here\n  in: return lr // of cell 3"},
}

func cell(code string) Cell {
	program := "var mlp, größe kit.Run" + strings.Repeat("\n", 101) + "return lr // of cell 3\n"
	return Cell{Number: 7, Code: code, Program: program, API: api, Place: func(line int) (int, int) {
		if line > 100 {
			return 3, line - 100
		}
		return 7, line
	}}
}

func explainCell(code, said string) string { return Explain(cell(code), said) }

// FuzzExplain explains what no Go tool has said: a panic would end the kernel, were it not caught.
func FuzzExplain(f *testing.F) {
	for _, c := range cells {
		f.Add(c.code, c.said)
	}
	f.Fuzz(func(t *testing.T, code, said string) {
		if told := cell(code).explain(said); !strings.HasPrefix(told, "✗ ") {
			t.Errorf("%q is no sentence", told)
		}
	})
}

func TestASlipDoesNotEndTheKernel(t *testing.T) {
	if got := Explain(Cell{Code: "n"}, "main.go:1:1: undefined: n"); got != "✗ the cell does not compile" { // Place is nil
		t.Errorf("got %q", got)
	}
}

func TestExplain(t *testing.T) {
	for _, c := range cells {
		if got := explainCell(c.code, c.said) + "\n"; !strings.Contains(got, c.want) || !strings.HasPrefix(got, "✗ ") {
			t.Errorf("%q:\n got %q\nwant %q", c.code, got, c.want)
		}
	}
}

// TestEveryRuleDecides leaves out each rule in turn: one of the cells above must miss it.
func TestEveryRuleDecides(t *testing.T) {
	all := rules
	defer func() { rules = all }()
	if len(all) < 50 {
		t.Fatalf("only %d rules were read", len(all))
	}
	for i, r := range all {
		rules = append(append([]rule{}, all[:i]...), all[i+1:]...)
		missed := false
		for _, c := range cells {
			missed = missed || !strings.Contains(explainCell(c.code, c.said)+"\n", c.want)
		}
		if !missed {
			t.Errorf("no cell needs the rule %s", r.pattern)
		}
	}
}

// TestBalancedCells finds nothing in what GoNB and Go allow.
func TestBalancedCells(t *testing.T) {
	for _, code := range []string{
		"", "%%", "%test\nfunc TestX(t *testing.T) {\n}", "!echo '('\n%env A (\n%%\nfmt.Println(\"{\", '[', `(\n`) // )", "var a = []int{\n\t1,\n}\n%% --x=(\nf(a[0])",
	} {
		if found := (Cell{Code: code}).unbalanced(); found != nil {
			t.Errorf("%q: %v", code, found)
		}
	}
}
