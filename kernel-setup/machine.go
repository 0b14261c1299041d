package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// diskNeeded is what a first set-up takes (0.5 GB in the checkout, 0.8 GB in Go's and pip's caches),
// with room to train.
const diskNeeded = 2_000_000_000

// checkMachine tells what is missing before any work starts: one sentence, with the remedy.
func checkMachine() error {
	_, err := findPython()
	if err = cmp.Or(checkCompiler(), err); err != nil {
		return err
	}
	free, err := freeDisk(".")
	if err == nil && free < diskNeeded {
		return fmt.Errorf("only %s are free on this disk and set-up needs %s; make room, or put the checkout on another disk",
			size(free), size(diskNeeded))
	}
	return nil
}

// checkCompiler finds the C compiler that cgo needs to link the XLA backend.
func checkCompiler() error {
	if cgo == "0" {
		return nil
	}
	compiler, err := output(exec.Command("go", "env", "CC"))
	if err != nil {
		return err
	}
	program, _, _ := strings.Cut(compiler, " ") // what follows are its flags
	if _, err := exec.LookPath(program); err == nil {
		return nil
	}
	return fmt.Errorf("there is no C compiler (%s), which the XLA engine is linked with; "+
		"install one: apt install gcc libc6-dev, dnf install gcc, or xcode-select --install", program)
}

// checkFolder refuses a path that a list cannot hold: PATH ends its entries at the system's separator,
// GoNB and GoMLX end theirs at commas.
func (p *project) checkFolder() error {
	if separators := "," + string(filepath.ListSeparator); strings.ContainsAny(p.root, separators) {
		return fmt.Errorf("the checkout's folder is %q, and a path with one of %q cannot be handed on; rename or move the folder", p.root, separators)
	}
	return nil
}

var errUnreachable = errors.New("cannot be reached")

// checkNetwork asks whether the package index answers at all; what it answers is pip's concern.
func checkNetwork(ctx context.Context) error {
	if os.Getenv("PIP_NO_INDEX") != "" {
		return nil
	}
	index := os.Getenv("PIP_INDEX_URL")
	if index == "" {
		index = cmp.Or(pipIndex(), "https://pypi.org/simple/")
	}
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, index, nil)
	if err != nil {
		return fmt.Errorf("pip's index is not an address: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err == nil {
		return response.Body.Close()
	}
	if !unreachable(err) {
		return nil
	}
	return fmt.Errorf("the package index at %s %w; connect to the network, "+
		"or set HTTPS_PROXY or PIP_INDEX_URL to what your network offers", request.URL.Host, errUnreachable)
}

// pipIndex is the package index that pip's configuration names, "" for none.
func pipIndex() string {
	python, err := findPython()
	if err != nil {
		return ""
	}
	configuration, _ := output(exec.Command(python, "-m", "pip", "config", "list")) // fails where this Python has no pip
	for _, key := range []string{"install", "global"} {
		if found := regexp.MustCompile(`(?m)^` + key + `\.index-url='(.*)'`).FindStringSubmatch(configuration); found != nil {
			return found[1]
		}
	}
	return ""
}

// unreachable tells a missing network from a certificate that only pip knows.
func unreachable(err error) bool {
	return errors.As(err, new(*net.DNSError)) || errors.As(err, new(*net.OpError)) || os.IsTimeout(err)
}
