package data

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// each place in the order in which it wins over the ones after it.
func TestFindOrder(t *testing.T) {
	set := newTiny(t, "tiny", 1)
	home := os.Getenv("HOME")
	variable := filepath.Join(home, "school")
	t.Setenv(dataVariable, variable)
	t.Setenv("MNISTKIT_ROOT", filepath.Join(home, "opt"))
	cache := must(CacheDir())(t)
	places := []string{
		filepath.Join(variable, "tiny"),
		variable,
		filepath.Join(home, ".keras", "datasets", "tiny"),
		filepath.Join(home, ".keras", "datasets"),
		filepath.Join(cache, "tiny"),
		filepath.Join(home, "opt", ".tools", "data", "tiny"), // everybody's come last
	}
	for i := len(places) - 1; i >= 0; i-- {
		if err := os.MkdirAll(variable, 0o777); err != nil {
			t.Fatal(err)
		}
		set.write(t, places[i], plain)
		got, err := Recipe{Dataset: "tiny"}.find()
		if err != nil || got.dir != places[i] || got.kind != "full" {
			t.Errorf("found %q (%s, %v), want %q", got.dir, got.kind, err, places[i])
		}
	}
	got, err := Recipe{Dataset: "tiny", Dir: places[4]}.find()
	if err != nil || got.dir != places[4] {
		t.Errorf("From found %q, %v; want %q", got.dir, err, places[4])
	}
}

func TestFindNames(t *testing.T) {
	set := newTiny(t, "tiny", 1)
	want := must(Recipe{Dataset: "tiny"}.From(write(t, set, plain)).Train())(t).ID()
	for name, rename := range map[string]func(string) string{
		"gz":        func(name string) string { return name + ".gz" },
		"dotted":    func(name string) string { return strings.Replace(name, "-idx", ".idx", 1) },
		"dotted gz": func(name string) string { return strings.Replace(name, "-idx", ".idx", 1) + ".gz" },
	} {
		train, err := Recipe{Dataset: "tiny"}.From(write(t, set, rename)).Train()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if train.ID() != want || train.Len() != 30 || train.Notice != "" {
			t.Errorf("%s: %s with %d examples, notice %q; want %s with 30", name, train.ID(), train.Len(), train.Notice, want)
		}
	}
}

func write(t *testing.T, set tiny, rename func(string) string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	set.write(t, dir, rename)
	return dir
}

func TestHomeFolder(t *testing.T) {
	set := newTiny(t, "tiny", 1)
	set.write(t, filepath.Join(os.Getenv("HOME"), "mine"), plain)
	if _, err := (Recipe{Dataset: "tiny"}).From("~/mine").Test(); err != nil {
		t.Error(err)
	}
}

// MNIST and Fashion-MNIST use the same file names: a folder with the one is not the other.
func TestFindTellsSiblingsApart(t *testing.T) {
	one, two := newTiny(t, "tiny-one", 1), newTiny(t, "tiny-two", 2)
	home := os.Getenv("HOME")
	one.write(t, filepath.Join(home, ".keras", "datasets"), plain)
	two.write(t, filepath.Join(must(CacheDir())(t), "tiny-two"), plain)
	for name, dir := range map[string]string{"tiny-one": "datasets", "tiny-two": "tiny-two"} {
		if got, err := (Recipe{Dataset: name}).find(); err != nil || filepath.Base(got.dir) != dir {
			t.Errorf("%s found in %q, %v; want %q", name, got.dir, err, dir)
		}
	}
	_, err := Recipe{Dataset: "tiny-two", Dir: filepath.Join(home, ".keras", "datasets")}.ID()
	wantError(t, err, "holds tiny-one, not tiny-two")
}

func TestSampleIsTheLastResort(t *testing.T) {
	home := isolate(t)
	train := must(MNIST().Train())(t)
	if train.Len() != 1000 || !strings.Contains(train.Notice, "go run ./kernel-setup fetch mnist") {
		t.Errorf("%d examples, notice %q; want the sample of 1000", train.Len(), train.Notice)
	}
	putRaw(t, filepath.Join(home, ".keras", "datasets", "mnist", "train-images-idx3-ubyte.gz"), nil)
	if train = must(MNIST().Train())(t); !strings.Contains(train.Notice, "lacks train-labels-idx1-ubyte, t10k-images") {
		t.Errorf("notice %q does not say which files an incomplete folder lacks", train.Notice)
	}
}

func TestBundledWinsOverFiles(t *testing.T) {
	home := isolate(t)
	for _, file := range known["mnist"].files {
		putRaw(t, filepath.Join(home, ".keras", "datasets", file.Name), []byte("full"))
	}
	if id := must(MNIST().ID())(t); id != "mnist:full" {
		t.Fatalf("ID %q before MNISTKIT_DATA is set, want mnist:full", id)
	}
	t.Setenv(dataVariable, bundled)
	if id := must(MNIST().ID())(t); id != "mnist:sample" {
		t.Errorf("ID %q, want mnist:sample", id)
	}
}

func TestFindErrors(t *testing.T) {
	home := isolate(t)
	_, err := Recipe{Dataset: "mnits"}.ID()
	wantError(t, err, `"mnits" is not known; known are fashion-mnist, mnist`)
	_, err = MNIST().From(home).Train()
	wantError(t, err, home+": the folder lacks train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte")
	t.Setenv(dataVariable, filepath.Join(home, "nowhere"))
	_, err = MNIST().Train()
	wantError(t, err, "MNISTKIT_DATA="+home+"/nowhere is not a folder")
}

func wantError(t *testing.T, err error, part string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), part) {
		t.Errorf("error %v, want one with %q", err, part)
	}
}
