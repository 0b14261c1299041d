// Package handin reads the archives in which students hand in their work (py/pack.py writes them): a notebook, its page, the
// model files of its runs, or the runs themselves, and a manifest with the sha256 of each of them.
package handin

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"

	"gonblabs/mnistkit/files"
)

// Pack is an archive whose files are those of its manifest.
type Pack struct {
	fs.FS     `json:"-"`
	io.Closer `json:"-"`
	Name      string            // of who hands it in
	Files     map[string]string // their sha256
}

const manifest = "manifest.json"

// What a pack may hold at most, and unpack to: nobody's memory or disk is filled by a forged one.
const maxFiles, maxBytes = 5000, 4 << 30

// part is the name of what may lie in a pack. Of a run's folder its scores and answers stay behind.
var part = regexp.MustCompile(`^(manifest\.json|[^/]+\.(ipynb|html)|models/.+\.mnistkit|` +
	`runs/.+/(run\.json|history\.jsonl|encoder\.json|(last|best|checkpoints/[^/]+)/[^/]+\.(json|bin)))$`)

// Open opens a pack and checks all of it.
func Open(path string) (*Pack, error) {
	file, err := files.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	var p *Pack
	if err == nil {
		p, err = read(file, info.Size())
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("%s: %w; write one with: %s", path, err, files.Command("pack"))
	}
	p.Closer = file
	return p, nil
}

func read(r io.ReaderAt, size int64) (*Pack, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("it is no pack, or cut short (%w)", err)
	}
	p := &Pack{FS: z}
	sums, seen := map[string]string{}, map[string]bool{}
	left := min(64<<20+16*uint64(size), maxBytes)
	for _, f := range z.File {
		folded := strings.ToLower(f.Name) // many systems take A and a for the same
		switch {
		case len(seen) == maxFiles || f.UncompressedSize64 > left: // zip refuses a file that is larger than it says
			return nil, errors.New("it would unpack to far more than a pack has")
		case !part.MatchString(f.Name) || !fs.ValidPath(f.Name) || strings.ContainsAny(f.Name, "\\:\x00") || strings.Contains("/"+f.Name, "/.") || !f.Mode().IsRegular():
			return nil, fmt.Errorf("it holds %.80q, which is not part of a pack", f.Name)
		case seen[folded]:
			return nil, fmt.Errorf("it holds %.80q twice", f.Name)
		}
		seen[folded], left = true, left-f.UncompressedSize64
		if sums[f.Name], err = p.sum(f); err != nil {
			return nil, fmt.Errorf("its %.80q is damaged (%w)", f.Name, err)
		}
	}
	delete(sums, manifest)
	if !maps.Equal(sums, p.Files) || len(p.Names(".ipynb")) != 1 || len(p.Names(".html")) != 1 {
		return nil, errors.New("its files are not those of its manifest, or there is not one notebook with one page among them")
	}
	return p, nil
}

// sum is the sha256 of a file; the manifest is read.
func (p *Pack) sum(f *zip.File) (string, error) {
	r, err := f.Open()
	if err != nil {
		return "", err
	}
	defer r.Close()
	if f.Name == manifest {
		return "", json.NewDecoder(io.LimitReader(r, 4<<20)).Decode(p)
	}
	h := sha256.New()
	_, err = io.Copy(h, r)
	return fmt.Sprintf("%x", h.Sum(nil)), err
}

// Names lists the files that end like this.
func (p *Pack) Names(ending string) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(p.Files)), func(name string) bool { return !strings.HasSuffix(name, ending) })
}
