package main

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestCheckNetwork(t *testing.T) {
	index := httptest.NewServer(http.NotFoundHandler())
	t.Setenv("PIP_NO_INDEX", "")
	t.Setenv("PIP_INDEX_URL", index.URL)
	if err := checkNetwork(t.Context()); err != nil {
		t.Errorf("an index that answers counts as missing: %v", err)
	}
	index.Close()
	if err := checkNetwork(t.Context()); err == nil || !strings.Contains(err.Error(), "cannot be reached") {
		t.Errorf("an index that is gone gives %v", err)
	}
	t.Setenv("PIP_NO_INDEX", "1")
	if err := checkNetwork(t.Context()); err != nil {
		t.Errorf("without an index the network does not matter: %v", err)
	}
}

func TestCheckNetworkAsksPip(t *testing.T) {
	config := filepath.Join(t.TempDir(), "pip.conf")
	if err := os.WriteFile(config, []byte("[global]\nindex-url = http://127.0.0.1:1/simple\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PIP_CONFIG_FILE", config)
	t.Setenv("PIP_INDEX_URL", "")
	t.Setenv("PIP_NO_INDEX", "")
	if python, err := findPython(); err != nil || exec.Command(python, "-m", "pip", "--version").Run() != nil {
		t.Skip("this Python has no pip of its own")
	}
	if err := checkNetwork(t.Context()); err == nil || !strings.Contains(err.Error(), "127.0.0.1:1") {
		t.Errorf("the index that pip's configuration names was not asked: %v", err)
	}
}

func TestUnreachable(t *testing.T) {
	tests := []struct {
		err  error
		want bool
	}{
		{&url.Error{Err: &net.DNSError{}}, true},
		{&url.Error{Err: &net.OpError{Op: "dial", Err: errors.New("refused")}}, true},
		{&url.Error{Err: errors.New("x509: certificate signed by unknown authority")}, false},
	}
	for _, test := range tests {
		if got := unreachable(test.err); got != test.want {
			t.Errorf("unreachable(%v) is %t", test.err, got)
		}
	}
}

func TestMissingProgramsAreOneSentence(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := findPython(); err == nil || !strings.Contains(err.Error(), "install Python 3.10 or newer") {
		t.Errorf("no Python gives %v", err)
	}
	if _, err := findToolchain(); err == nil || !strings.Contains(err.Error(), "install Go") {
		t.Errorf("no Go gives %v", err)
	}
}

func TestNoHomeIsOneSentence(t *testing.T) {
	for _, name := range []string{"HOME", "GOPATH", "GOMODCACHE", "USERPROFILE"} {
		t.Setenv(name, "")
	}
	t.Setenv("GOENV", "off")
	if _, err := findToolchain(); err == nil || !strings.HasSuffix(err.Error(), "set HOME to a folder of yours") {
		t.Errorf("no home gives %v", err)
	}
}

func TestCommandErrorKeepsTheLastLines(t *testing.T) {
	printed := strings.Repeat("noise\n", 30) + "the reason"
	err := commandError(exec.Command("pip"), printed, errors.New("exit status 1"))
	if !strings.HasPrefix(err.Error(), "pip failed:") || !strings.HasSuffix(err.Error(), "the reason") {
		t.Errorf("error is %q", err)
	}
	if lines := strings.Count(err.Error(), "\n"); lines > 12 {
		t.Errorf("the error has %d lines", lines)
	}
}

func TestShownNumbers(t *testing.T) {
	for bytes, want := range map[int64]string{1500: "2 kB", 20e6: "20 MB", 3_200_000_000: "3.2 GB"} {
		if got := size(bytes); got != want {
			t.Errorf("size(%d) is %q, want %q", bytes, got, want)
		}
	}
}
