package mnistkit_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	linux "golang.org/x/sys/unix"

	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/data"
)

// What is written to a device or a pipe is refused, and the device stays one: as root, another file in the place of
// /dev/null would break the machine.
func TestDevicesStay(t *testing.T) {
	dir := t.TempDir()
	null, pipe := filepath.Join(dir, "null"), filepath.Join(dir, "pipe")
	if err := syscall.Mknod(null, syscall.S_IFCHR|0o666, int(linux.Mkdev(1, 3))); err != nil {
		t.Skip("no devices can be made here: ", err)
	}
	if err := syscall.Mkfifo(pipe, 0o666); err != nil {
		t.Fatal(err)
	}
	r := small(t)
	fitted(t, r, 1)
	for _, path := range []string{null, pipe} {
		before, err := os.Lstat(path)
		if err != nil {
			t.Fatal(err)
		}
		_, logged := r.With("test/log", nil).Fit(1, kit.CSVLogger{File: path})
		one := data.Array{U8: []uint8{1}}
		for verb, err := range map[string]error{"CSVLogger": logged, "Save": r.Save(path), "WriteNPY": data.WriteNPY(path, one)} {
			if err == nil || !strings.Contains(err.Error(), "not a file that can be replaced; choose another name") {
				t.Errorf("%s: %v", verb, err)
			}
		}
		if after, err := os.Lstat(path); err != nil || !os.SameFile(before, after) {
			t.Errorf("%s was replaced: %v", path, err)
		}
	}
}
