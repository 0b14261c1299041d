package main

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"gonblabs/mnistkit/files"
)

// notebooks lists the notebooks of the project in reading order.
func (p *project) notebooks() ([]string, error) {
	found := glob(p.path("notebooks"), "*.ipynb")
	if len(found) == 0 {
		return nil, fmt.Errorf("there are no notebooks in %s", p.path("notebooks"))
	}
	return found, nil
}

// findNotebooks resolves what the command line names: "01", "01-mnist-models", or a path. No name
// means all notebooks.
func (p *project) findNotebooks(names []string) ([]string, error) {
	all, err := p.notebooks()
	if err != nil || len(names) == 0 {
		return all, err
	}
	var chosen []string
	for _, name := range names {
		notebook, err := findNotebook(all, name)
		if err != nil {
			return nil, err
		}
		if slices.Contains(chosen, notebook) {
			continue
		}
		if i := slices.IndexFunc(chosen, func(other string) bool { return strings.EqualFold(title(other), title(notebook)) }); i >= 0 {
			return nil, usageError(fmt.Sprintf("%s and %s have one name, and so would their pages; give them one after the other.", chosen[i], notebook))
		}
		chosen = append(chosen, notebook)
	}
	return chosen, nil
}

func findNotebook(all []string, name string) (string, error) {
	if strings.HasSuffix(name, ".ipynb") && exists(name) {
		if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
			return "", usageError(name + " is not a file; name a notebook.")
		}
		return filepath.Abs(name)
	}
	var titles []string
	for _, notebook := range all {
		this := title(notebook)
		if number, _, _ := strings.Cut(this, "-"); this == title(name) || number == title(name) {
			return notebook, nil
		}
		titles = append(titles, this)
	}
	return "", usageError(fmt.Sprintf("there is no notebook %q; there are %s.", name, strings.Join(titles, ", ")))
}

// title is a notebook's name without folder and ending.
func title(notebook string) string {
	return strings.TrimSuffix(filepath.Base(notebook), ".ipynb")
}

// Students work on copies, so that git pull never meets their changes. Below work/ lie the same folders as in the checkout,
// so that links between them lead on there too.
var copied = []string{"notebooks", "docs"}

// work is a path in the folder of the copies. Tests give each server one of its own.
func (p *project) work(elem ...string) string {
	return filepath.Join(cmp.Or(os.Getenv("KERNEL_SETUP_WORK"), p.own("work")), filepath.Join(elem...))
}

// versions are the sha256 of what the copies were made from, by its path in the checkout.
func (p *project) versions() map[string]string {
	made := map[string]string{}
	_ = readJSON(p.work(".versions.json"), &made) // there are none at first
	return made
}

// fileHash is the sha256 of a file, "" if it cannot be read.
func fileHash(file string) string {
	sum, _ := files.SHA256(file)
	return sum
}

// changed says whether somebody has changed a copy since it was made, by the sha256 of the copy, of what it was made from,
// and of the original.
func changed(copy, made, original string) bool { return copy != "" && copy != made && copy != original }

// renewCopies copies what is not in work/ yet, and anew what nobody has changed there. A changed copy stays as it is;
// older are those whose originals have changed too.
func (p *project) renewCopies() (older []string, err error) {
	made := p.versions()
	for _, folder := range copied {
		err := fs.WalkDir(os.DirFS(p.root), folder, func(name string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "checks"): // of teachers
				return fs.SkipDir
			case !entry.Type().IsRegular() || path.Ext(name) == ".go":
				return nil
			}
			copy, original := fileHash(p.work(name)), fileHash(p.path(name))
			if changed(copy, made[name], original) {
				if original != made[name] {
					older = append(older, title(name))
				}
				return nil
			}
			made[name] = original
			if original == copy {
				return nil
			}
			contents, err := os.ReadFile(p.path(name))
			if err != nil {
				return err
			}
			return files.Write(p.work(name), contents)
		})
		if err != nil {
			return nil, err
		}
	}
	return older, writeJSON(p.work(".versions.json"), made)
}

// courseName is the path of one of the course's notebooks in the checkout, or in work/; "" for any other notebook.
func (p *project) courseName(notebook string) string {
	folder, name := filepath.Dir(notebook), path.Join("notebooks", filepath.Base(notebook))
	if (folder == p.path("notebooks") || folder == p.work("notebooks")) && exists(p.path(name)) {
		return name
	}
	return ""
}

// takeCopies puts changed copies in the place of the originals, and says so.
func (p *project) takeCopies(notebooks []string) {
	var mine []string
	made := p.versions()
	for i, notebook := range notebooks {
		if name := p.courseName(notebook); changed(fileHash(p.work(name)), made[name], fileHash(p.path(name))) {
			notebooks[i] = p.work(name)
			mine = append(mine, title(name))
		}
	}
	if mine != nil {
		fmt.Printf("Taking your copies of %s; --original takes the repository's.\n", strings.Join(mine, ", "))
	}
}
