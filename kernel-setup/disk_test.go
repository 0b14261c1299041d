package main

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"gonblabs/mnistkit/files"
)

// A write that finds no room loses nothing of what was there, and leaves nothing behind.
func TestWritesWithoutRoom(t *testing.T) {
	p := trialProject(t)
	if _, err := p.renewCopies(); err != nil {
		t.Fatal(err)
	}
	if err := writeJSON(p.optionsFile(), options{CUDA: true}); err != nil {
		t.Fatal(err)
	}
	before := glob(p.tools(), "*")
	room := files.Trouble
	defer func() { files.Trouble = room }()
	files.Trouble = func(path string) error { return &os.PathError{Op: "write", Path: path, Err: syscall.ENOSPC} }
	os.Remove(p.work("notebooks", "00-start-here.ipynb"))
	_, copied := p.renewCopies()
	for what, err := range map[string]error{"options": writeJSON(p.optionsFile(), options{}), "copies": copied} {
		if err == nil || !strings.Contains(err.Error(), "no space left on device; make room on that disk") {
			t.Errorf("%s: no room gives %v", what, err)
		}
	}
	files.Trouble = room
	if !p.savedOptions().CUDA {
		t.Error("the options are lost")
	}
	if after := glob(p.tools(), "*"); len(after) != len(before) {
		t.Errorf("left behind: %q", after)
	}
	if _, err := p.renewCopies(); err != nil || !exists(p.work("notebooks", "00-start-here.ipynb")) {
		t.Errorf("with room again: %v", err)
	}
}
