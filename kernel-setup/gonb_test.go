package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestGonbIsBuiltWithAndWithoutExplanations builds the GoNB that go.mod requires, as set-up does.
func TestGonbIsBuiltWithAndWithoutExplanations(t *testing.T) {
	p := &project{root: t.TempDir()}
	toolchain, err := findToolchain()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		contents, err := os.ReadFile(filepath.Join("..", name))
		if err == nil {
			err = os.WriteFile(p.path(name), contents, 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(p.path("mnistkit", "files"), os.DirFS("../mnistkit/files")); err != nil {
		t.Fatal(err)
	}
	build := func(want string) {
		t.Helper()
		gonb := p.gonbPart(toolchain)
		if p.fresh(gonb) {
			t.Errorf("it counts as built, but should be built %s", want)
		}
		if err := p.finish(t.Context(), gonb, nil); err != nil {
			t.Fatal(err)
		}
		if got := p.explains(); !p.fresh(gonb) || !strings.HasPrefix(got, want) {
			t.Errorf("GoNB is built%s; want %s", got, want)
		}
	}
	needsNetwork := p.gonbPart(toolchain).network
	build(", as it is") // without our files
	if err := os.CopyFS(p.explain(), os.DirFS("explain")); err != nil {
		t.Fatal(err)
	}
	if !needsNetwork || p.gonbPart(toolchain).network {
		t.Error("only the first build needs a network")
	}
	build(", which explains")
	all := edits
	defer func() { edits = all }()
	edits = append(edits[:len(all):len(all)], edit{"goexec/composer.go", "gone", "", "", ""})
	os.Remove(p.tool("gonb"))
	build(", as it is")
}

func TestEdit(t *testing.T) {
	const source = "package x\n\nfunc f(\n\ta int,\n) {\n\t_ = log.Say(a) // why\n\treturn\n}\n\nfunc g() { log.Say(1); log.Say(2) }\n\nfunc h() {\n\tlog.Say(\n\t\t1)\n}\n"
	for _, c := range []struct{ function, call, want string }{
		{"f", "", ") {\nBEFORE\nAFTER\n\t_ = log.Say(a)"},
		{"f", "Say", ") {\nBEFORE\n\t_ = log.Say(a) // why\nAFTER\n\treturn"},
		{"h", "Say", "func h() {\nBEFORE\n\tlog.Say(\n\t\t1)\nAFTER\n}"},
		{"f", "Shout", "x.go has 0 places for the edit of f"},
		{"g", "Say", "x.go has 2 places for the edit of g"},
		{"gone", "", "x.go has 0 places for the edit of gone"},
	} {
		folder := t.TempDir()
		path := filepath.Join(folder, "x.go")
		if err := os.WriteFile(path, []byte(source), 0o666); err != nil {
			t.Fatal(err)
		}
		err := edit{"x.go", c.function, c.call, "BEFORE", "AFTER"}.apply(folder)
		edited, _ := os.ReadFile(path)
		got := string(edited)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%s, %q: got %s", c.function, c.call, got)
		}
		if err != nil && string(edited) != source {
			t.Errorf("%s, %q: an edit without a place changed the file", c.function, c.call)
		}
	}
}
