package main

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
)

func TestCompletionIsOnWhereTheMemoryIsThereAndNobodyChose(t *testing.T) {
	t.Setenv("JUPYTERHUB_USER", "ada")
	chosen := func(arguments ...string) options {
		p := &project{root: t.TempDir()}
		fs := flag.NewFlagSet("lab", flag.ContinueOnError)
		o := p.optionFlags(fs)
		if err := fs.Parse(arguments); err != nil {
			t.Fatal(err)
		}
		if err := writeJSON(p.optionsFile(), o); err != nil {
			t.Fatal(err)
		}
		return p.savedOptions()
	}
	if chosen().wantsGopls() {
		t.Error("it is on under a hub")
	}
	if !chosen("--gopls").wantsGopls() {
		t.Error("under a hub it cannot be turned on")
	}
	os.Unsetenv("JUPYTERHUB_USER")
	if chosen("--gopls=false").wantsGopls() {
		t.Error("it cannot be turned off")
	}
	free, err := freeMemory()
	if want := err == nil && free >= goplsMemory; chosen().wantsGopls() != want {
		t.Errorf("with %s free it is on: %t", size(free), !want)
	}
}

func TestLinuxMemory(t *testing.T) {
	folder := t.TempDir()
	meminfo := filepath.Join(folder, "meminfo")
	write(t, meminfo, "MemTotal:       24683400 kB\nMemFree:        17421376 kB\nMemAvailable:    8000000 kB\n")
	for _, test := range []struct {
		max, current string
		want         int64
	}{
		{"", "", 8_192_000_000},
		{"max", "1000", 8_192_000_000},
		{"3000000000", "1000000000", 2_000_000_000},
		{"30000000000", "1000000000", 8_192_000_000},
	} {
		write(t, filepath.Join(folder, "memory.max"), test.max+"\n")
		write(t, filepath.Join(folder, "memory.current"), test.current+"\n")
		if got, err := linuxMemory(meminfo, folder); err != nil || got != test.want {
			t.Errorf("limit %q, use %q: %d, %v; want %d", test.max, test.current, got, err, test.want)
		}
	}
	if _, err := linuxMemory(filepath.Join(folder, "none"), folder); err == nil {
		t.Error("memory that nobody knows counts as free")
	}
}
