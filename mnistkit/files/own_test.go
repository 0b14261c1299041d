package files

import (
	"os"
	"path/filepath"
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
	if got := Own(root); got != root {
		t.Errorf("without a home it is %s", got)
	}
}
