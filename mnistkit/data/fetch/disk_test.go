//go:build unix

package fetch

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A disk that takes no more ends the fetch with one sentence. What came is kept, and no other mirror is asked.
func TestFullDisk(t *testing.T) {
	partial := filepath.Join(cache(t), "pixels", partials, "pixels.bin")
	first, _ := serve(t, whole)
	second, asked := serve(t, whole)
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	small := old
	small.Cur = 400_000 // longer files are refused, as by a disk without room
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &small); err != nil {
		t.Fatal(err)
	}
	err := newFetcher(one(first, second), nil).run(t.Context())
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	if err == nil || !strings.Contains(err.Error(), "pixels: the cache cannot be written: "+partial+": file too large; make room") || len(*asked) > 0 {
		t.Errorf("a full disk gives %v; the second mirror was asked %q", err, *asked)
	}
	if info, err := os.Stat(partial); err != nil || info.Size() != 400_000 {
		t.Errorf("what came is not kept: %v, %v", info, err)
	}
	if err := newFetcher(one(second), nil).run(t.Context()); err != nil || (*asked)[0] != "GET /pixels.bin bytes=400000-" {
		t.Errorf("with room again: %v after %q", err, *asked)
	}
}
