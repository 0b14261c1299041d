//go:build linux && cgo

package compiled

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestPrune: of too many files those go that were not used for longest.
func TestPrune(t *testing.T) {
	dir := t.TempDir()
	name := func(i int) string { return filepath.Join(dir, fmt.Sprintf("%064x", i)) }
	for i := range maxFiles {
		if err := os.WriteFile(name(i), []byte("old"), 0o666); err != nil {
			t.Fatal(err)
		}
		old := time.Now().Add(time.Duration(i-maxFiles) * time.Minute)
		if err := os.Chtimes(name(i), old, old); err != nil {
			t.Fatal(err)
		}
	}
	for _, other := range []string{"thesis.tex", "0123"} { // older still, and somebody else's
		if err := os.WriteFile(filepath.Join(dir, other), nil, 0o666); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(filepath.Join(dir, other), time.Unix(0, 0), time.Unix(0, 0)); err != nil {
			t.Fatal(err)
		}
	}
	for i := maxFiles; i < maxFiles+3; i++ {
		if err := write(name(i), []byte("new")); err != nil {
			t.Fatal(err)
		}
	}
	for i := range maxFiles + 3 {
		_, err := os.Stat(name(i))
		if gone := i < 3; gone != os.IsNotExist(err) {
			t.Errorf("file %d: %v", i, err)
		}
	}
	for _, other := range []string{"thesis.tex", "0123"} {
		if _, err := os.Stat(filepath.Join(dir, other)); err != nil {
			t.Error(err)
		}
	}
	if got := read(name(maxFiles)); string(got) != "new" {
		t.Errorf("read %q", got)
	}
}

// TestProcessorFeatures: what differs between processors of the same abilities, such
// as their clock, does not count.
func TestProcessorFeatures(t *testing.T) {
	one := []byte("processor\t: 0\nvendor_id\t: A\nmodel\t\t: 1\ncpu MHz\t: 2000\nflags\t\t: fma avx2\n\nprocessor\t: 1\n")
	if got, other := processorFeatures(one), processorFeatures(bytes.Replace(one, []byte("2000"), []byte("3000"), 1)); !bytes.Equal(got, other) {
		t.Errorf("%q and %q", got, other)
	}
	if got, other := processorFeatures(one), processorFeatures(bytes.Replace(one, []byte(" avx2"), nil, 1)); bytes.Equal(got, other) {
		t.Errorf("both %q", got)
	}
}

// TestIdentity: a plugin is known by what it holds, wherever it lies and whenever it was copied.
func TestIdentity(t *testing.T) {
	write := func(contents []byte) string {
		path := filepath.Join(t.TempDir(), "plugin.so")
		if err := os.WriteFile(path, contents, 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	contents := bytes.Repeat([]byte("code"), 1<<20)
	known := func(contents []byte) string {
		id, err := identity(write(contents))
		if err != nil {
			t.Fatal(err)
		}
		return string(id)
	}
	first := known(contents)
	if again := known(contents); again != first {
		t.Error("a copy is another plugin")
	}
	for _, at := range []int{0, len(contents) - 1} {
		changed := bytes.Clone(contents)
		changed[at]++
		if known(changed) == first {
			t.Errorf("byte %d of another plugin is not seen", at)
		}
	}
	if known(contents[4:]) == first {
		t.Error("a shorter plugin is the same")
	}
	if _, err := identity(filepath.Join(t.TempDir(), "none.so")); err == nil {
		t.Error("a plugin that is not there has an identity")
	}
}

// TestPrivateDir: a folder that others may write to is refused.
func TestPrivateDir(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "compiled")
	if err := privateDir(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := privateDir(dir); err == nil {
		t.Error("a folder that all may write to is taken")
	}
}
