package files

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"
)

// Scratch clears what is old and nobody holds, and nothing else.
func TestScratchClearsWhatKilledProgramsLeft(t *testing.T) {
	parent := t.TempDir()
	make := func(name string, age time.Duration) (release func()) {
		t.Helper()
		folder := filepath.Join(parent, name)
		if err := os.MkdirAll(filepath.Join(folder, "inside"), 0o777); err != nil {
			t.Fatal(err)
		}
		release, err := Hold(folder)
		if err != nil {
			t.Fatal(err)
		}
		then := time.Now().Add(-age)
		if err := os.Chtimes(filepath.Join(folder, held), then, then); err != nil {
			t.Fatal(err)
		}
		return release
	}
	make("work-left", 2*time.Hour)()
	make("work-young", time.Minute)()
	make("other-left", 2*time.Hour)()
	defer make("work-held", 2*time.Hour)()
	if err := os.Mkdir(filepath.Join(parent, "work-never-held"), 0o777); err != nil {
		t.Fatal(err)
	}
	folder, remove, err := Scratch(parent, "work-")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"other-left", "work-held", "work-never-held", "work-young", filepath.Base(folder)}
	slices.Sort(want)
	if got := names(t, parent); !slices.Equal(got, want) {
		t.Errorf("the folder holds %q, want %q", got, want)
	}
	remove()
	if _, err := os.Stat(folder); err == nil {
		t.Error("remove left the folder")
	}
	if _, _, err := Scratch(filepath.Join(parent, "none"), "work-"); err == nil {
		t.Error("a folder in a folder that is not there has no error")
	}
}

// A program that holds a folder to its end has no use for release.
func TestHeldToTheEnd(t *testing.T) {
	parent := t.TempDir()
	folder := filepath.Join(parent, "work-held")
	if _, err := Hold(folder); err != nil {
		t.Fatal(err)
	}
	then := time.Now().Add(-2 * time.Hour)
	if err := os.Chtimes(filepath.Join(folder, held), then, then); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		runtime.GC()
		time.Sleep(10 * time.Millisecond) // finalizers run beside
	}
	Sweep(parent, "work-")
	if _, err := os.Stat(folder); err != nil {
		t.Error("what this program holds was cleared: ", err)
	}
}
