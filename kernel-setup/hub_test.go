package main

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"gonblabs/mnistkit/files"
)

// hub runs the verb in a checkout.
func hub(t *testing.T, words ...string) error {
	return hubOf(t, &project{root: t.TempDir()}, words...)
}

func hubOf(t *testing.T, p *project, words ...string) error {
	t.Helper()
	flags := flag.NewFlagSet("hub", flag.ContinueOnError)
	act := hubVerb(p, flags)
	if err := flags.Parse(words); err != nil {
		t.Fatal(err)
	}
	return act(t.Context(), nil)
}

// TestHubWritesAllFiles: each template is filled in, and a second call changes nothing.
func TestHubWritesAllFiles(t *testing.T) {
	into := filepath.Join(t.TempDir(), "new", "hub")
	for range 2 {
		if err := hub(t, "--into", into, "--prefix", "/srv/course/"); err != nil {
			t.Fatal(err)
		}
	}
	count, named := 0, 0
	err := filepath.WalkDir(into, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		count++
		named += strings.Count(string(text), "/srv/course/")
		for _, word := range []string{"@prefix@", "@go@", "/opt/gonblabs"} {
			if strings.Contains(string(text), word) {
				t.Errorf("%s has %s", path, word)
			}
		}
		return err
	})
	if err != nil || count != 9 || named < 8 {
		t.Errorf("%d files name the installation %d times, %v", count, named, err)
	}
}

// TestHubKeepsWhatIsThere: a file that somebody has changed stays, and so do the others.
func TestHubKeepsWhatIsThere(t *testing.T) {
	into := t.TempDir()
	changed := filepath.Join(into, "values.yaml")
	if err := os.WriteFile(changed, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	err := hub(t, "--into", into)
	if err == nil || !strings.Contains(err.Error(), changed+" is not as hub writes it") {
		t.Errorf("said %v", err)
	}
	if entries, err := os.ReadDir(into); err != nil || len(entries) != 1 {
		t.Errorf("it wrote %v, %v", entries, err)
	}
	for _, words := range [][]string{{}, {"--into", into, "--prefix", "opt"}, {"--into", into, "--prefix", "/op t"}, {"--into", into, "--prefix", "/a'"}} {
		if err := hub(t, words...); err == nil || !strings.Contains(err.Error(), "hub needs a folder") && !strings.Contains(err.Error(), "--prefix") {
			t.Errorf("%q: %v", words, err)
		}
	}
}

// TestHubOfAnInstallation: an installation writes files that name itself.
func TestHubOfAnInstallation(t *testing.T) {
	place, into := t.TempDir(), t.TempDir()
	p := &project{root: filepath.Join(place, "20260101-000000")}
	if err := files.Write(p.path(files.Installed), nil); err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS == "windows" {
		t.Skip("there is no installation on Windows")
	}
	if err := hubOf(t, p, "--into", into); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(into, "jupyterhub_config.py"))
	if err != nil || !strings.Contains(string(text), place+"/bin/gonblabs") {
		t.Errorf("%v: %s", err, text)
	}
}
