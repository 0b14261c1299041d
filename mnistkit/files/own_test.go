package files

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestOwn: who may write in a checkout works there; users of an installation, its maker too, work at home.
func TestOwn(t *testing.T) {
	home, root := t.TempDir(), t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	if got := Own(root); got != root {
		t.Errorf("a checkout's folder is %s", got)
	}
	if left, _ := os.ReadDir(root); len(left) > 0 {
		t.Errorf("asking leaves %v", left)
	}
	want := filepath.Join(home, "gonblabs")
	if got := Own("/proc/self"); got != want {
		t.Errorf("where nobody writes it is %s", got)
	}
	if err := Write(filepath.Join(root, Installed), nil); err != nil {
		t.Fatal(err)
	}
	if got := Own(root); got != want {
		t.Errorf("in an installation it is %s", got)
	}
	t.Setenv("HOME", "")
	t.Setenv("USERPROFILE", "")
	if got := Own(root); !strings.HasPrefix(got, os.TempDir()) || strings.HasPrefix(got, root) {
		t.Errorf("without a home it is %s", got)
	}
}

// TestCommand: a reader is told what works where the reader is.
func TestCommand(t *testing.T) {
	root := t.TempDir()
	t.Setenv("MNISTKIT_ROOT", root)
	if got := Command("lab"); got != "go run ./kernel-setup lab" {
		t.Errorf("in a checkout one types %q", got)
	}
	if err := Write(filepath.Join(root, Installed), []byte("gonblabs\n")); err != nil {
		t.Fatal(err)
	}
	if got := Command("fetch mnist"); got != "gonblabs fetch mnist" {
		t.Errorf("with an installation one types %q", got)
	}
}
