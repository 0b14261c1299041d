package files

import (
	"cmp"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// special makes a device and a named pipe of the test's own, and links to them: nothing of the machine's is tried.
func special(t *testing.T) map[string]string {
	t.Helper()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := syscall.Mknod(at("null"), syscall.S_IFCHR|0o666, int(unix.Mkdev(1, 3))); err != nil {
		t.Skip("no devices can be made here: ", err)
	}
	if err := syscall.Mkfifo(at("pipe"), 0o666); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{"to-null": "null", "to-pipe": "pipe"} {
		if err := os.Symlink(to, at(link)); err != nil {
			t.Fatal(err)
		}
	}
	return map[string]string{at("null"): "a device", at("to-null"): "a device", at("pipe"): "a named pipe", at("to-pipe"): "a named pipe"}
}

// Root may replace a device by a file, which then fills the disk with what all programs throw away. Nothing here does.
func TestDevicesStay(t *testing.T) {
	made := special(t)
	for path, what := range made {
		before, err := os.Lstat(path)
		if err != nil {
			t.Fatal(err)
		}
		fresh := filepath.Join(t.TempDir(), "fresh")
		if err := os.WriteFile(fresh, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		_, locked := Lock(context.Background(), path, func() {})
		for verb, err := range map[string]error{"Check": Check(path), "Write": Write(path, []byte("x")), "Move": Move(fresh, path), "Lock": locked} {
			if err == nil || !strings.Contains(err.Error(), path+" is "+what+", not a file that can be replaced; choose another name") {
				t.Errorf("%s of %s: %v", verb, path, err)
			}
		}
		if after, err := os.Lstat(path); err != nil || !os.SameFile(before, after) || after.Mode() != before.Mode() {
			t.Errorf("%s was replaced: %v", path, err)
		}
	}
}

// A pipe that comes into the place of the file while the file is written stays too.
func TestPipeThatComesMeanwhile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	err := Copy(path, late(func() error { return syscall.Mkfifo(path, 0o666) }))
	if err == nil || !strings.Contains(err.Error(), path+" is a named pipe, not a file that can be replaced") {
		t.Error(err)
	}
	if info, err := os.Lstat(path); err != nil || info.Mode().Type() != os.ModeNamedPipe {
		t.Errorf("the pipe was replaced: %v", err)
	}
	if got := names(t, filepath.Dir(path)); len(got) != 1 {
		t.Errorf("the folder holds %q", got)
	}
}

// late does something when it is read, and then has no contents.
type late func() error

func (l late) Read([]byte) (int, error) { return 0, cmp.Or(l(), io.EOF) }
