package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"slices"
	"strings"

	"gonblabs/mnistkit/files"
)

// part is one thing that set-up makes.
type part struct {
	name    string
	network bool          // whether making it downloads
	mayWait func() bool   // nil, or whether set-up may go on with what is there when there is no network
	inputs  func() string // what decides it; a change makes it again
	makes   []string      // files that must be there
	make    func(ctx context.Context, status func(string)) error
}

// fresh says whether the part was finished from the same inputs and is still there.
func (p *project) fresh(t part) bool {
	stamp, err := os.ReadFile(p.stamp(t))
	missing := func(file string) bool { return !exists(file) }
	return err == nil && string(stamp) == fingerprint(t) && !slices.ContainsFunc(t.makes, missing)
}

// finish makes the part. Its stamp is removed first and written last, so that an interrupted set-up
// makes the part again.
func (p *project) finish(ctx context.Context, t part, status func(string)) error {
	if err := os.RemoveAll(p.stamp(t)); err != nil {
		return err
	}
	if err := t.make(ctx, status); err != nil {
		return err
	}
	return files.Write(p.stamp(t), []byte(fingerprint(t)))
}

func (p *project) stamp(t part) string {
	return p.tools("stamps", strings.ReplaceAll(strings.ToLower(t.name), " ", "-"))
}

func fingerprint(t part) string {
	return fmt.Sprintf("%x\n", sha256.Sum256([]byte(t.inputs())))
}

// fileInputs is the contents of files, for part.inputs.
func fileInputs(paths ...string) string {
	var all strings.Builder
	for _, path := range paths {
		contents, err := os.ReadFile(path)
		fmt.Fprintf(&all, "%s %v\n%s\n", path, err, contents)
	}
	return all.String()
}
