package files

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// names of what is in a folder: no temporary file may stay.
func names(t *testing.T, dir string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

// Write makes folders and files, replaces a file and keeps its mode.
func TestWrite(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	path := filepath.Join(dir, "a")
	for _, text := range []string{"one", "two"} {
		if err := Write(path, []byte(text)); err != nil || read(t, path) != text {
			t.Fatalf("%q: %v", read(t, path), err)
		}
		if err := os.Chmod(path, 0o640); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS != "windows" && info.Mode() != 0o640 {
		t.Errorf("the mode is %v, %v", info.Mode(), err)
	}
	if err := Copy(path, strings.NewReader("three")); err != nil || read(t, path) != "three" {
		t.Errorf("%v", err)
	}
	if got := names(t, dir); len(got) != 1 {
		t.Errorf("the folder holds %q", got)
	}
}

// A link stays a link; what it leads to is replaced.
func TestWriteThroughLink(t *testing.T) {
	dir := t.TempDir()
	real, link := filepath.Join(dir, "real"), filepath.Join(dir, "link")
	if err := os.Symlink("real", link); err != nil {
		t.Skip("no links here:", err)
	}
	if err := Write(link, nil); err == nil || !strings.Contains(err.Error(), "a link to a file that does not exist") {
		t.Errorf("a link that leads nowhere: %v", err)
	}
	if err := os.WriteFile(real, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Write(link, []byte("new")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode().Type() != os.ModeSymlink || read(t, real) != "new" {
		t.Errorf("link %v, %q, %v", info.Mode(), read(t, real), err)
	}
}

// Whatever is no regular file stays as it is, also where a link leads to it.
func TestRefused(t *testing.T) {
	dir := t.TempDir()
	folder, socket, link := filepath.Join(dir, "folder"), filepath.Join(dir, "socket"), filepath.Join(dir, "link")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Skip("no sockets here:", err)
	}
	defer listener.Close()
	if err := os.Symlink("socket", link); err != nil {
		t.Fatal(err)
	}
	fresh := filepath.Join(dir, "fresh")
	if err := os.WriteFile(fresh, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for path, what := range map[string]string{folder: "a folder", socket: "a socket", link: "a socket"} {
		before, err := os.Lstat(path)
		if err != nil {
			t.Fatal(err)
		}
		for verb, err := range map[string]error{"Check": Check(path), "Write": Write(path, []byte("x")), "Move": Move(fresh, path)} {
			if err == nil || !strings.Contains(err.Error(), path+" is "+what+", not a file that can be replaced; choose another name") {
				t.Errorf("%s of %s: %v", verb, path, err)
			}
		}
		if after, err := os.Lstat(path); err != nil || !os.SameFile(before, after) {
			t.Errorf("%s was replaced: %v", path, err)
		}
	}
	if got := names(t, dir); len(got) != 4 {
		t.Errorf("the folder holds %q", got)
	}
}

// Move replaces files, and no folders.
func TestMove(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
	for _, name := range []string{"a", "b", "from/x"} {
		if err := Write(path(name), []byte(name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := Move(path("a"), path("b")); err != nil || read(t, path("b")) != "a" {
		t.Errorf("a file: %v", err)
	}
	if err := Move(path("from"), path("b")); err == nil || !strings.Contains(err.Error(), "is there already") {
		t.Errorf("a folder over a file: %v", err)
	}
	if err := Move(path("from"), path("new/to")); err != nil || read(t, path("new/to/x")) != "from/x" {
		t.Errorf("a folder: %v", err)
	}
}

// Lock waits for the other holder, tells once, and ends with its context.
func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "lock")
	unlock, err := Lock(t.Context(), path, func() { t.Error("the first one waits") })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	told := 0
	if _, err := Lock(ctx, path, func() { told++ }); !errors.Is(err, context.DeadlineExceeded) || told != 1 {
		t.Errorf("while it is held: %v, told %d times", err, told)
	}
	time.AfterFunc(50*time.Millisecond, unlock)
	again, err := Lock(t.Context(), path, func() {})
	if err != nil {
		t.Fatal(err)
	}
	again()
}

// What a killed program left is cleared at the next use, once it is old; nothing else is.
func TestLeftoversAreCleared(t *testing.T) {
	dir := t.TempDir()
	old := time.Now().Add(-2 * time.Hour)
	for name, age := range map[string]time.Time{
		".new-8214923847": old, ".x.csv.184729384": old, ".new-9214923847": time.Now(), ".y.csv.184729384": old, ".x.csv.1": old, ".x.csv.20240101": old, ".x.csv.20240101123000": old, ".new-x": old, "x.csv.184729384": old, "new-12345678": old,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(filepath.Join(dir, name), age, age); err != nil {
			t.Fatal(err)
		}
	}
	folder := filepath.Join(dir, ".new-123456789")
	if err := os.MkdirAll(filepath.Join(folder, "model"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(folder, old, old); err != nil {
		t.Fatal(err)
	}
	if err := Write(filepath.Join(dir, "x.csv"), []byte("1")); err != nil {
		t.Fatal(err)
	}
	want := []string{".new-9214923847", ".new-x", ".x.csv.1", ".x.csv.20240101", ".x.csv.20240101123000", ".y.csv.184729384", "new-12345678", "x.csv", "x.csv.184729384"}
	if got := names(t, dir); strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("the folder holds %q, want %q", got, want)
	}
}

// What the system refuses is said with a remedy, once, and nothing is lost.
func TestTroubleHasARemedy(t *testing.T) {
	dir := t.TempDir()
	path, other := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	if err := Write(path, []byte("old")); err != nil {
		t.Fatal(err)
	}
	defer func() { Trouble = func(string) error { return nil } }()
	for cause, remedy := range map[error]string{syscall.ENOSPC: "make room on that disk", syscall.EDQUOT: "make room on that disk", syscall.EACCES: "check the path", syscall.EROFS: "choose another one", syscall.EIO: "check the path"} {
		Trouble = func(path string) error { return &os.PathError{Op: "write", Path: path, Err: cause} }
		_, locked := Lock(t.Context(), filepath.Join(dir, "lock"), func() {})
		for what, err := range map[string]error{"Write": Write(path, []byte("new")), "Move": Move(path, other), "Lock": locked} {
			if !errors.Is(err, cause) || strings.Count(err.Error(), remedy) != 1 {
				t.Errorf("%s: %v", what, err)
			}
		}
		if read(t, path) != "old" {
			t.Errorf("%v: the file is lost", cause)
		}
	}
}

// A stamp tells a file from one that was edited in its place, with its size and time as before.
func TestStamp(t *testing.T) {
	path, other := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
	for _, p := range []string{path, other} {
		if err := os.WriteFile(p, []byte("old"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	stamp := func() string {
		t.Helper()
		s, err := Stamp(path, other)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	first := stamp()
	if again := stamp(); again != first {
		t.Errorf("without a change %s became %s", first, again)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("new"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	if again := stamp(); again == first {
		t.Error("an edit in place is not noticed")
	}
	if _, err := Stamp(filepath.Join(path, "none")); err == nil {
		t.Error("a stamp of nothing")
	}
}

// TestLocksAtOnce: a file that another program makes between two looks at it is no broken link.
func TestLocksAtOnce(t *testing.T) {
	dir := t.TempDir()
	for i := range 1000 {
		path := filepath.Join(dir, strconv.Itoa(i))
		ended := make(chan error, 4)
		for range cap(ended) {
			go func() {
				unlock, err := Lock(t.Context(), path, func() {})
				if err == nil {
					unlock()
				}
				ended <- err
			}()
		}
		for range cap(ended) {
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
		}
	}
}
