package runs

import (
	"archive/zip"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/files"
)

// A model file is a zip archive of a run's folder with one set of weights:
// run.json, history.jsonl and last/…

// In is the folder of a run that is not below Root.
func In(root, name string) Dir { return Dir{Name: name, root: root} }

// Export writes the run with the weights w, which lie in a folder, into one
// file.
func (d Dir) Export(file string, w Weights, folder string) error {
	h, err := d.History()
	weights, failed := checksums(folder)
	if err = cmp.Or(err, d.Check(w.Kind), failed); err != nil {
		return err
	}
	weights[stateFile] = ""
	var archive bytes.Buffer
	z := zip.NewWriter(&archive) // its parts come in the order of their names
	add := func(name string, contents []byte, failed error) {
		part, failed2 := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store}) // weights hardly shrink
		if err = cmp.Or(err, failed, failed2); err == nil {
			_, err = part.Write(contents)
		}
	}
	if contents, failed := files.Read(d.Path(encoderFile)); !errors.Is(failed, fs.ErrNotExist) {
		add(encoderFile, contents, failed)
	}
	add("history.jsonl", historyLines(h.First(w.Epoch)), nil)
	for _, file := range slices.Sorted(maps.Keys(weights)) {
		contents, failed := files.Read(filepath.Join(folder, file))
		add("last/"+file, contents, failed)
	}
	record, failed := files.Read(d.Path("run.json"))
	add("run.json", record, failed)
	if err = cmp.Or(err, z.Close()); err != nil {
		return err
	}
	return files.Write(file, archive.Bytes())
}

// maxFiles is what a model file may hold at most: nobody's memory or disk is filled by a forged one.
const maxFiles = 32

// maxUnpacked is what a file of so many bytes may unpack to. Trained weights
// hardly shrink; the optimiser's memory of them may be zeros.
func maxUnpacked(packed int64) uint64 { return 16<<20 + 8*uint64(packed) }

// Import unpacks a model file into the cache, once, and returns the run in it.
func Import(file string) (Dir, error) {
	f, err := files.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return Dir{}, fmt.Errorf("there is no file %s; write one with Run.Save", file)
	}
	if err != nil {
		return Dir{}, err
	}
	defer f.Close()
	const maxBytes = 2 << 30 // for the same reason as maxFiles
	h := sha256.New()
	size, err := io.Copy(h, io.LimitReader(f, maxBytes+1))
	if err != nil {
		return Dir{}, err
	}
	if size > maxBytes {
		return Dir{}, fmt.Errorf("%s is larger than %d GB, more than a model has; write one with Run.Save", file, maxBytes>>30)
	}
	cache, err := data.CacheDir()
	if err != nil {
		return Dir{}, err
	}
	root := filepath.Join(cache, "models", hex.EncodeToString(h.Sum(nil)[:12]))
	if _, err := os.Stat(root); err != nil {
		if err := files.Explain(root, unpack(f, size, root)); err != nil {
			return Dir{}, fmt.Errorf("%s: %w", file, err)
		}
	}
	runs, err := os.ReadDir(root)
	if err != nil || len(runs) != 1 {
		return Dir{}, fmt.Errorf("the unpacked model at %s is damaged; delete that folder", root)
	}
	return Dir{Name: runs[0].Name(), root: root}, nil
}

// unpack writes the run in a model file below root, whole or not at all.
func unpack(file io.ReaderAt, size int64, root string) error {
	model, err := openModel(file, size)
	if err != nil {
		return err
	}
	err = os.MkdirAll(filepath.Dir(root), 0o755)
	fresh, failed := os.MkdirTemp(filepath.Dir(root), ".new-*")
	if err = cmp.Or(err, failed); err != nil {
		return err
	}
	defer os.RemoveAll(fresh)
	if err := os.CopyFS(filepath.Join(fresh, model.name()), model); errors.As(err, new(syscall.Errno)) {
		return err
	} else if err != nil {
		return fmt.Errorf("it is damaged (%w); write it anew with Run.Save", err)
	}
	err = files.Move(fresh, root)
	if _, missing := os.Stat(root); missing == nil { // perhaps another program was quicker
		return nil
	}
	return err
}

// checkNames reports an archive that holds more than a model does, or unpacks
// to more than a number of bytes. (zip refuses a file that is larger than it
// says.)
func checkNames(z *zip.Reader, left uint64) error {
	if len(z.File) > maxFiles {
		return fmt.Errorf("it holds %d files, more than a model has; write one with Run.Save", len(z.File))
	}
	for _, f := range z.File {
		if !f.Mode().IsRegular() || !slices.Contains([]string{"run.json", "history.jsonl", encoderFile}, f.Name) && (path.Dir(f.Name) != "last" || !fs.ValidPath(f.Name) || strings.Contains(f.Name, `\`)) {
			return fmt.Errorf("it holds %.80q, which is not part of a model; write one with Run.Save", f.Name)
		}
		if f.UncompressedSize64 > left {
			return fmt.Errorf("it would unpack to far more than its size; write one with Run.Save")
		}
		left -= f.UncompressedSize64
	}
	return nil
}
