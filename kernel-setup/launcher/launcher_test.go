package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// installed builds the launcher into a root whose gonb prints its environment and its arguments.
func installed(t *testing.T) (root, kernel string) {
	if runtime.GOOS == "windows" {
		t.Skip("the stand-in for gonb is a shell script")
	}
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	root = filepath.Join(root, "it's (a) lab")
	kernel = filepath.Join(root, ".tools", "bin", "kernel")
	if out, err := exec.Command("go", "build", "-o", kernel, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(kernel), "gonb"), []byte("#!/bin/sh\nenv\nprintf '[%s]\\n' \"$@\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return root, kernel
}

// say starts the kernel and returns what its gonb printed, as lines.
func say(t *testing.T, kernel string, env ...string) []string {
	t.Helper()
	cmd := exec.Command(kernel, "--kernel", "connection.json")
	cmd.Env = append([]string{"PATH=/usr/bin:/bin", "GOPROXY=off"}, env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return strings.Split(string(out), "\n")
}

// TestKernelBelongsToWhoStartsIt: folders and caches follow the user, not the one who set up.
func TestKernelBelongsToWhoStartsIt(t *testing.T) {
	root, kernel := installed(t)
	home, shared := t.TempDir(), t.TempDir()
	setup := []string{"HOME=" + home, "KERNEL_GO=/go/bin", "KERNEL_GOMODCACHE=" + shared, "KERNEL_GOCACHE=" + shared}
	bin := filepath.Dir(kernel)
	check := func(what string, said []string, want ...string) {
		t.Helper()
		for _, line := range want {
			line, unwanted := strings.CutPrefix(line, "!")
			found := false
			for _, s := range said {
				found = found || s == line || unwanted && strings.HasPrefix(s, line)
			}
			if found == unwanted {
				t.Errorf("%s: %q is there: %t, in\n%s", what, line, found, strings.Join(said, "\n"))
			}
		}
	}
	check("the one who set up", say(t, kernel, setup...),
		"PATH="+bin+":/go/bin:/usr/bin:/bin", "MNISTKIT_ROOT="+root, "MNISTKIT_RUNS="+root+"/runs", "GOCACHE="+shared, "GOMODCACHE="+shared,
		"GOPROXY=off", "!GOCACHEPROG", "[--kernel]", "[connection.json]", "[-go_work="+root+"]", "[-log_file="+root+"/.tools/gonb.log]")
	check("a choice of runs", say(t, kernel, append(setup, "MNISTKIT_RUNS=/runs")...), "MNISTKIT_RUNS=/runs")
	check("caches out of reach", say(t, kernel, "HOME="+home, "KERNEL_GOMODCACHE=/nowhere", "KERNEL_GOCACHE=/nowhere"),
		"!GOPROXY", "!GOMODCACHE", "!GOCACHE", "PATH="+bin+":/usr/bin:/bin")
	if err := os.WriteFile(filepath.Join(root, ".tools", "installed"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	check("a user of an installation", say(t, kernel, setup...), "MNISTKIT_RUNS="+home+"/gonblabs/runs", "GOMODCACHE="+shared,
		`GOCACHEPROG="`+kernel+`" cache '`+shared+"'", "!GOCACHE=", "[-log_file="+os.DevNull+"]")
}

// TestCacheOverAReadOnlyOne: what the shared cache has is not built again, and what it lacks goes into the user's own.
func TestCacheOverAReadOnlyOne(t *testing.T) {
	_, kernel := installed(t)
	shared, own, source := t.TempDir(), t.TempDir(), t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(source, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module trial\n\ngo 1.26\n")
	write("main.go", "package main\n\nimport \"errors\"\n\nfunc main() { panic(errors.New(\"x\")) }\n")
	build := func(env ...string) string {
		t.Helper()
		cmd := exec.Command("go", "build", "-v", "-o", filepath.Join(t.TempDir(), "trial"), ".")
		cmd.Dir, cmd.Env = source, append(os.Environ(), append(env, "GOFLAGS=", "GOWORK=off")...)
		said, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, said)
		}
		return string(said)
	}
	files := func(folder string) (n int) {
		_ = filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
			if strings.HasSuffix(path, "-a") {
				n++
			}
			return err
		})
		return n
	}
	build("GOCACHE=" + shared)
	before := files(shared)
	overlay := []string{"GOCACHE=" + own, "GOCACHEPROG=" + quoted(kernel) + " cache " + quoted(shared)}
	if said := build(overlay...); said != "" {
		t.Errorf("built again: %s", said)
	}
	if n := files(own); n > before/10 { // Go notes what it knows of a folder
		t.Errorf("%d entries for what is there already, of %d", n, before)
	}
	write("main.go", "package main\n\nimport \"errors\"\n\nfunc main() { panic(errors.New(\"y\")) }\n")
	if said := build(overlay...); said != "trial\n" {
		t.Errorf("built %q", said)
	}
	kept := files(own)
	if said := build(overlay...); said != "" || kept == 0 || files(own) != kept {
		t.Errorf("the second time it builds %q; %d entries, then %d", said, kept, files(own))
	}
	if said := build("GOCACHE=" + own); strings.Contains(said, "trial") {
		t.Errorf("the go command alone does not find what is kept: %s", said)
	}
	if after := files(shared); after != before {
		t.Errorf("the shared cache had %d entries, and has %d", before, after)
	}
}

// ask serves requests from a text, and returns the answers.
func ask(t *testing.T, shared string, requests ...any) []response {
	t.Helper()
	var in, out bytes.Buffer
	for _, r := range requests {
		if err := json.NewEncoder(&in).Encode(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := serve(&in, &out, shared); err != nil {
		t.Fatal(err)
	}
	var answers []response
	for d := json.NewDecoder(&out); d.More(); {
		var a response
		if err := d.Decode(&a); err != nil {
			t.Fatal(err)
		}
		answers = append(answers, a)
	}
	return answers[1:]
}

// TestCacheNeedsNoPlace: damaged entries are missing ones, and a home that cannot be written costs only the keeping.
func TestCacheNeedsNoPlace(t *testing.T) {
	shared, own := t.TempDir(), t.TempDir()
	t.Setenv("GOCACHE", own)
	body := []byte("what an action gave")
	sum := sha256.Sum256(body)
	action := bytes.Repeat([]byte{7}, 32)
	put := request{ID: 1, Command: "put", ActionID: action, OutputID: sum[:], BodySize: int64(len(body))}
	get := request{ID: 2, Command: "get", ActionID: action}
	answers := ask(t, shared, put, body, get, request{ID: 3, Command: "close"})
	if len(answers) != 3 || answers[0].DiskPath == "" || answers[1].Miss || answers[1].DiskPath != answers[0].DiskPath {
		t.Fatalf("%+v", answers)
	}
	if got, err := os.ReadFile(answers[1].DiskPath); err != nil || !bytes.Equal(got, body) {
		t.Errorf("%q, %v", got, err)
	}
	if err := os.WriteFile(answers[1].DiskPath, body[:3], 0o644); err != nil {
		t.Fatal(err)
	}
	if again := ask(t, shared, get); !again[0].Miss {
		t.Errorf("half a file is taken: %+v", again)
	}
	wrong := put
	wrong.OutputID = action
	if answers := ask(t, shared, wrong, body); answers[0].Err == "" {
		t.Error("contents under another's name are taken")
	}
	t.Setenv("GOCACHE", filepath.Join(own, "trim.txt", "below a file"))
	if answers := ask(t, shared, put, body, get); answers[1].Miss {
		t.Error("without a place for the cache a command has none of its own")
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "gonb-cache-*")); len(left) > 0 {
		t.Errorf("left: %s", left)
	}
}

// TestTrim: what was not used for five days goes, once a day, and what is used stays.
func TestTrim(t *testing.T) {
	own := t.TempDir()
	t.Setenv("GOCACHE", own)
	action := func(id byte) []byte { return bytes.Repeat([]byte{id}, 32) }
	missing := func(id byte) bool { return ask(t, own, request{Command: "get", ActionID: action(id)})[0].Miss }
	make := func(id byte) {
		t.Helper()
		body := []byte{id}
		sum := sha256.Sum256(body)
		kept := ask(t, own, request{Command: "put", ActionID: action(id), OutputID: sum[:], BodySize: 1}, body)[0].DiskPath
		old := time.Now().Add(-6 * 24 * time.Hour)
		for _, file := range []string{kept, filepath.Join(own, fmt.Sprintf("%02x", id), fmt.Sprintf("%x-a", action(id)))} {
			if err := os.Chtimes(file, old, old); err != nil {
				t.Fatal(err)
			}
		}
	}
	trim := func() { ask(t, own, request{Command: "close"}) }
	make(1)
	make(2)
	if missing(1) {
		t.Fatal("what was put is not there")
	}
	trim()
	if missing(1) {
		t.Error("what was just used is gone")
	}
	if !missing(2) {
		t.Error("what was not used for six days is there")
	}
	make(3)
	trim()
	if missing(3) {
		t.Error("trimmed twice a day")
	}
}
