package main

import (
	"bytes"
	"context"
	"embed"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"

	"gonblabs/mnistkit/files"
)

// hubFiles are what a teacher needs for JupyterHub on one machine, for images, and for Kubernetes. In them @prefix@ is the
// folder of the installation, and @go@ the version of Go.
//
//go:embed all:hub
var hubFiles embed.FS

func hubVerb(p *project, flags *flag.FlagSet) action {
	installation := "/opt/gonblabs"
	if exists(p.path(files.Installed)) {
		installation = filepath.Dir(p.root) // which this is
	}
	into := flags.String("into", "", "`folder` for the files; where one differs from a file there, nothing is written")
	prefix := flags.String("prefix", installation, "`folder` of the installation, on the machine of the hub or in an image")
	return func(context.Context, []string) error {
		if *into == "" {
			return usageError("hub needs a folder for its files, as in: hub --into ~/hub")
		}
		if !regexp.MustCompile(`^/[A-Za-z0-9._/-]+$`).MatchString(*prefix) { // other signs mean something in one of the files
			return usageError(fmt.Sprintf("--prefix %q is not an absolute path of letters, digits, dots, - and _; give one such as /opt/gonblabs", *prefix))
		}
		fill := strings.NewReplacer("@prefix@", path.Clean(*prefix), "@go@", strings.TrimPrefix(runtime.Version(), "go"))
		filled := map[string][]byte{}
		err := fs.WalkDir(hubFiles, "hub", func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			text, err := hubFiles.ReadFile(name)
			target := filepath.Join(files.Home(*into), strings.TrimPrefix(name, "hub/"))
			filled[target] = []byte(fill.Replace(string(text)))
			if there, none := os.ReadFile(target); none == nil && !bytes.Equal(there, filled[target]) {
				return fmt.Errorf("%s is not as hub writes it, so nothing is written; move it away, or name another folder", target)
			}
			return err
		})
		for target, text := range filled {
			if err == nil {
				err = files.Write(target, text)
			}
		}
		if err == nil {
			fmt.Printf("%d files are in %s; docs/hub.md says how to use them.\n", len(filled), *into)
		}
		return err
	}
}
