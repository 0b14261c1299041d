package files

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// wantSentence fails unless err is one sentence with a text, without the system's own words in front.
func wantSentence(t *testing.T, what string, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
		t.Errorf("%s: got %v\nwant one sentence with %q", what, err, want)
		return
	}
	for _, raw := range []string{"open ", "stat ", "mkdir ", "rename ", "read ", ".new-"} {
		if strings.Contains(err.Error(), raw) {
			t.Errorf("%s: the system's own words: %v", what, err)
		}
	}
}

// Only regular files are opened, within a moment, and links to them.
func TestOpen(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := os.WriteFile(at("file"), []byte("text"), 0o644); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"": `"" is not the path of a file; give one`, dir: "is a folder, not a file with contents", at("none"): "none: ", at("file/x"): "check the path"}
	if runtime.GOOS != "windows" {
		for link, to := range map[string]string{"link": "file", "loop": "pool", "pool": "loop", "dangling": "none", "zero": "/dev/zero"} {
			if err := os.Symlink(to, at(link)); err != nil {
				t.Fatal(err)
			}
		}
		if out, err := exec.Command("mkfifo", at("pipe")).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		want[at("pipe")], want[at("zero")], want["/dev/null"] = "is a named pipe", "is a device", "is a device"
		want[at("loop")], want[at("dangling")] = "too many levels of symbolic links", "no such file or directory; check the path"
		want["a\x00b"], want[at(strings.Repeat("x", 300))] = "invalid argument", "file name too long"
	}
	for path, text := range want {
		over := make(chan error, 1)
		go func() { _, err := Open(path); over <- err }()
		select {
		case err := <-over:
			wantSentence(t, path, err, text)
		case <-time.After(10 * time.Second):
			t.Fatalf("%s is waited for", path)
		}
	}
	for _, name := range []string{"file", "link"} {
		if f, err := Open(at(name)); err != nil && runtime.GOOS != "windows" {
			t.Error(err)
		} else if err == nil {
			_ = f.Close()
		}
	}
	if _, err := Open(at("none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v does not say to programs that there is none", err)
	}
}

// ~ is the home folder for whatever opens, writes and locks; without one it is an error, and no
// folder is made that is named so.
func TestHome(t *testing.T) {
	home, here := t.TempDir(), t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	t.Chdir(here)
	if err := Write("~/new/a", []byte("text")); err != nil || read(t, filepath.Join(home, "new", "a")) != "text" {
		t.Error(err)
	}
	f, err := Open("~/new/a")
	if err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	unlock, err := Lock(t.Context(), "~/locks/a", nil)
	if err != nil {
		t.Fatal(err)
	}
	unlock()
	for path, want := range map[string]string{"~": home, "~/a": home + "/a", "a/~": "a/~", "~a": "~a", "": ""} {
		if got := Home(path); got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
	t.Setenv("HOME", "")
	t.Setenv("USERPROFILE", "")
	_, opened := Open("~/new/a")
	_, locked := Lock(t.Context(), "~/locks/a", nil)
	for verb, err := range map[string]error{"Open": opened, "Lock": locked, "Write": Write("~/new/b", nil), "Move": Move(home, "~/c"), "Check": Check("~")} {
		wantSentence(t, verb, err, "in the home folder, which is not known here; set HOME")
	}
	if got := names(t, here); len(got) > 0 {
		t.Errorf("the working folder holds %q", got)
	}
}

// A path at which nothing can be written is one sentence, and leaves nothing behind.
func TestWriteErrors(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"":                              `"" is not the path of a file`,
		dir:                             "is a folder, not a file that can be replaced",
		filepath.Join(dir, "new") + "/": `new/" is not the path of a file; give one`,
		filepath.Join(file, "x"):        "x: not a directory; check the path",
		filepath.Join(file, "x", "y"):   "y: not a directory; check the path",
		filepath.Join(dir, strings.Repeat("x", 300)): "file name too long",
	} {
		if runtime.GOOS == "windows" && path != "" && path != dir {
			continue // Windows has its own words
		}
		wantSentence(t, path, Write(path, []byte("x")), want)
	}
	if runtime.GOOS == "linux" { // where root cannot make a file either
		wantSentence(t, "/proc", Write("/proc/new/x", nil), "/proc/new/x: no such file or directory; check the path")
	}
	if got := names(t, dir); len(got) != 1 {
		t.Errorf("the folder holds %q", got)
	}
}

// In a folder where everybody may write, somebody's named pipe in the place of a lock is not waited for.
func TestLocksOpenNoPipe(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such pipes")
	}
	parent := t.TempDir()
	pipe := filepath.Join(parent, "work-odd", held)
	if err := os.Mkdir(filepath.Dir(pipe), 0o777); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mkfifo", pipe).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := os.Chtimes(pipe, time.Time{}, time.Now().Add(-2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	over := make(chan bool)
	go func() {
		Sweep(parent, "work-")
		_, err := Lock(t.Context(), pipe, func() {})
		wantSentence(t, "Lock", err, "is a named pipe, not a file that can be replaced")
		close(over)
	}()
	select {
	case <-over:
	case <-time.After(10 * time.Second):
		t.Fatal("the pipe is waited for")
	}
}
