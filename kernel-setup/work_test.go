package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonblabs/mnistkit/files"
)

func write(t *testing.T, path, contents string) {
	t.Helper()
	if err := files.Write(path, []byte(contents)); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	contents, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(contents)
}

func TestCopiesAreMadeAndRenewedUntilSomebodyChangesThem(t *testing.T) {
	p := trialProject(t)
	notebook := func(number string) string {
		return map[string]string{"00": "notebooks/00-start-here.ipynb", "01": "notebooks/01-mnist-model.ipynb", "02": "notebooks/02-fashion.ipynb"}[number]
	}
	write(t, p.path("notebooks", "digit.png"), "a picture")
	write(t, p.path("docs", "links_test.go"), "package docs_test")
	write(t, p.path("docs", ".ipynb_checkpoints", "data.md"), "Jupyter's")
	renew := func(want ...string) {
		t.Helper()
		if older, err := p.renewCopies(); err != nil || !slices.Equal(older, want) {
			t.Errorf("of an older version are %q, %v; want %q", older, err, want)
		}
	}
	renew()
	for _, name := range []string{notebook("00"), "notebooks/digit.png", "docs/data.md"} {
		if read(t, p.work(name)) != read(t, p.path(name)) {
			t.Errorf("%s is not copied", name)
		}
	}
	if exists(p.work("docs", "links_test.go")) || exists(p.work("docs", ".ipynb_checkpoints")) {
		t.Error("what is not for students is copied")
	}

	write(t, p.work(notebook("00")), "mine")
	renew() // changed, and of the newest version
	for _, number := range []string{"00", "01", "02"} {
		write(t, p.path(notebook(number)), "newer")
	}
	write(t, p.work(notebook("02")), "newer") // the same in both
	renew("00-start-here")
	if read(t, p.work(notebook("00"))) != "mine" || read(t, p.work(notebook("01"))) != "newer" {
		t.Error("a changed copy is lost, or one that nobody changed is not renewed")
	}
	renew("00-start-here") // until it is reset
}

func TestReset(t *testing.T) {
	p := trialProject(t)
	own := p.path("notebooks", "00-start-here.ipynb")
	open := func(notebook string, author, reset bool) (root, name string) {
		t.Helper()
		root, name, err := p.openInLab(notebook, author, reset)
		if err != nil {
			t.Fatal(err)
		}
		return root, name
	}
	if root, name := open(own, false, true); root != p.work() || name != "notebooks/00-start-here.ipynb" {
		t.Errorf("lab opens %s in %s", name, root)
	}
	copy := p.work("notebooks", "00-start-here.ipynb")
	write(t, copy, "mine")
	open(copy, false, true)
	if read(t, copy) != read(t, own) {
		t.Error("the copy is not fresh")
	}
	if kept := glob(p.work("notebooks"), "00-start-here-2*.ipynb"); len(kept) != 1 || read(t, kept[0]) != "mine" {
		t.Errorf("the old copy is kept in %q", kept)
	}
	if root, name := open(copy, true, false); root != p.root || name != "notebooks/00-start-here.ipynb" {
		t.Errorf("an author gets %s in %s", name, root)
	}
	long := strings.Repeat("x", 232) + ".ipynb" // no file can have this name and a time
	write(t, p.path("notebooks", long), "{}")
	write(t, p.work("notebooks", long), "mine")
	if _, _, err := p.openInLab(p.path("notebooks", long), false, true); err == nil || read(t, p.work("notebooks", long)) != "mine" {
		t.Errorf("a copy that cannot be put aside: %v", err)
	}
	own = p.work("notebooks", "mine.ipynb")
	write(t, own, "{}")
	if root, name := open(own, false, false); root != p.work() || name != "notebooks/mine.ipynb" {
		t.Errorf("a notebook beside the copies is %s in %s, where its links to docs/ lead nowhere", name, root)
	}
	outside := filepath.Join(t.TempDir(), "mine.ipynb")
	write(t, outside, "{}")
	if root, name := open(outside, false, false); filepath.Join(root, name) != outside || name != "mine.ipynb" {
		t.Errorf("a notebook from elsewhere is %s in %s", name, root)
	}
}

func TestReportTakesChangedCopies(t *testing.T) {
	p := trialProject(t)
	if _, err := p.renewCopies(); err != nil {
		t.Fatal(err)
	}
	mine := p.work("notebooks", "01-mnist-model.ipynb")
	write(t, mine, "mine")
	found, err := p.findNotebooks([]string{"00", "01"})
	if err != nil {
		t.Fatal(err)
	}
	said := printed(t, func() error { p.takeCopies(found); return nil })
	if !slices.Equal(found, []string{p.path("notebooks", "00-start-here.ipynb"), mine}) || !strings.Contains(said, "your copies of 01-mnist-model;") {
		t.Errorf("a report takes %q and says %s", found, said)
	}
}

// TestPull: a pull brings new versions, whatever a student does in the meantime.
func TestPull(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("there is no git")
	}
	ignored := read(t, filepath.Join("..", ".gitignore"))
	origin := trialProject(t)
	git := func(folder string, arguments ...string) string {
		t.Helper()
		said, err := output(exec.Command("git", append([]string{"-C", folder, "-c", "user.name=a", "-c", "user.email=a@b"}, arguments...)...))
		if err != nil {
			t.Fatal(err)
		}
		return said
	}
	write(t, origin.path(".gitignore"), ignored)
	git(origin.root, "init", "-q")
	git(origin.root, "add", ".")
	git(origin.root, "commit", "-qm", "first")
	p := &project{root: filepath.Join(t.TempDir(), "clone")}
	git(".", "clone", "-q", origin.root, p.root)
	if _, err := p.renewCopies(); err != nil {
		t.Fatal(err)
	}
	write(t, p.work("notebooks", "02-fashion.ipynb"), "mine")
	if status := git(p.root, "status", "--porcelain"); status != "" {
		t.Errorf("git sees %s", status)
	}
	write(t, origin.path("notebooks", "02-fashion.ipynb"), "newer")
	git(origin.root, "commit", "-qam", "second")
	git(p.root, "pull", "-q", "--ff-only")
	if older, err := p.renewCopies(); err != nil || !slices.Equal(older, []string{"02-fashion"}) {
		t.Errorf("of an older version are %q, %v", older, err)
	}
	if read(t, p.path("notebooks", "02-fashion.ipynb")) != "newer" || read(t, p.work("notebooks", "02-fashion.ipynb")) != "mine" {
		t.Error("the pull or the copy is lost")
	}
}
