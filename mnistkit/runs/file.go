package runs

import (
	"archive/zip"
	"bytes"
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

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/files"
)

// A model file is a zip archive of a run's folder with one set of weights:
// run.json, history.jsonl and last/…

// In is the folder of a run that is not below Root.
func In(root, name string) Dir { return Dir{Name: name, root: root} }

// Export writes the run with the weights in a folder into one file.
func (d Dir) Export(file string, k Kept, weights string) error {
	names := map[string]string{"run.json": d.Path("run.json"), "history.jsonl": d.Path("history.jsonl")}
	if _, err := os.Stat(d.Path(encoderFile)); err == nil {
		names[encoderFile] = d.Path(encoderFile)
	}
	inside, err := os.ReadDir(weights)
	if err != nil {
		return err
	}
	for _, e := range inside {
		names["last/"+e.Name()] = filepath.Join(weights, e.Name())
	}
	contents, total := map[string][]byte{}, 0
	for name, from := range names {
		if contents[name], err = os.ReadFile(from); err != nil {
			return fmt.Errorf("cannot write %s: %w", file, err)
		}
		if name == "history.jsonl" { // up to these weights
			contents[name] = firstLines(contents[name], k.Epoch)
		}
		total += len(contents[name])
	}
	b, err := zipped(contents, zip.Deflate)
	if err == nil && uint64(total) > mostUnpacked(len(b)) { // weights that are nearly all zeros
		b, err = zipped(contents, zip.Store)
	}
	if err == nil {
		err = files.Write(file, b)
	}
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", file, err)
	}
	return nil
}

// zipped is an archive of the contents, in the order of their names.
func zipped(contents map[string][]byte, method uint16) ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(contents)) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(contents[name]); err != nil {
			return nil, err
		}
	}
	err := z.Close()
	return b.Bytes(), err
}

func firstLines(b []byte, n int) []byte {
	end := 0
	for range n {
		i := bytes.IndexByte(b[end:], '\n')
		if i < 0 {
			return b
		}
		end += i + 1
	}
	return b[:end]
}

// The most that a model file may hold: nobody's memory or disk is filled by a
// forged one.
const (
	mostBytes = 2 << 30
	mostFiles = 32
)

// mostUnpacked is what a file of so many bytes may unpack to. Trained weights
// hardly shrink; the optimiser's memory of them may be zeros.
func mostUnpacked(packed int) uint64 { return 16<<20 + 8*uint64(packed) }

// Import unpacks a model file into the cache, once, and returns the run in it.
func Import(file string) (Dir, error) {
	contents, err := readModelFile(file)
	if err != nil {
		return Dir{}, err
	}
	sum := sha256.Sum256(contents)
	cache, err := data.CacheDir()
	if err != nil {
		return Dir{}, err
	}
	root := filepath.Join(cache, "models", hex.EncodeToString(sum[:12]))
	if _, err := os.Stat(root); err != nil {
		if err := unpack(contents, root); err != nil {
			return Dir{}, fmt.Errorf("%s: %w", file, err)
		}
	}
	runs, err := os.ReadDir(root)
	if err != nil || len(runs) != 1 {
		return Dir{}, fmt.Errorf("the unpacked model at %s is damaged; delete that folder", root)
	}
	return Dir{Name: runs[0].Name(), root: root}, nil
}

// readModelFile reads a file that is not too large to be a model.
func readModelFile(file string) ([]byte, error) {
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no file %s; write one with Run.Save", file)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	contents, err := io.ReadAll(io.LimitReader(f, mostBytes+1))
	if err == nil && len(contents) > mostBytes {
		err = fmt.Errorf("%s is larger than %d GB, more than a model has; write one with Run.Save", file, mostBytes>>30)
	}
	return contents, err
}

// unpack writes the run in a model file below root, whole or not at all.
func unpack(contents []byte, root string) error {
	z, err := zip.NewReader(bytes.NewReader(contents), int64(len(contents)))
	if err != nil {
		return fmt.Errorf("it is no model file, or cut short (%w); write one with Run.Save", err)
	}
	inside, name, err := readModel(z, mostUnpacked(len(contents)))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(root), 0o755); err != nil {
		return err
	}
	fresh, err := os.MkdirTemp(filepath.Dir(root), ".new-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(fresh)
	for file, b := range inside {
		target := filepath.Join(fresh, name, filepath.FromSlash(file))
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(target, b, 0o644); err != nil {
			return err
		}
	}
	if err := files.Move(fresh, root); err != nil {
		if _, there := os.Stat(root); there != nil { // else another program was quicker
			return err
		}
	}
	return nil
}

// readModel reads the files of a model, and the last part of its name,
// that unpack to at most left bytes.
func readModel(z *zip.Reader, left uint64) (files map[string][]byte, name string, err error) {
	files = map[string][]byte{}
	if len(z.File) > mostFiles {
		return nil, "", fmt.Errorf("it holds %d files, more than a model has; write one with Run.Save", len(z.File))
	}
	for _, f := range z.File {
		if f.Name != "run.json" && f.Name != "history.jsonl" && f.Name != encoderFile && (path.Dir(f.Name) != "last" || !fs.ValidPath(f.Name) || strings.Contains(f.Name, `\`)) {
			return nil, "", fmt.Errorf("it holds %q, which is no part of a model; write one with Run.Save", f.Name)
		}
		if f.UncompressedSize64 > left {
			return nil, "", fmt.Errorf("it would unpack to far more than its size; write one with Run.Save")
		}
		r, err := f.Open()
		if err != nil {
			return nil, "", fmt.Errorf("%s is damaged (%w); write it anew with Run.Save", f.Name, err)
		}
		b, err := io.ReadAll(io.LimitReader(r, int64(left)+1))
		_ = r.Close() // it was read only
		if err != nil {
			return nil, "", fmt.Errorf("%s is damaged (%w); write it anew with Run.Save", f.Name, err)
		}
		left -= min(left, uint64(len(b)))
		files[f.Name] = b
	}
	var record Record
	if err := decode(files["run.json"], &record); err != nil {
		return nil, "", fmt.Errorf("its run.json %w; or write it anew with Run.Save", err)
	}
	if files["last/"+stateFile] == nil || files["history.jsonl"] == nil || !goodName(record.Name) {
		return nil, "", fmt.Errorf("it lacks weights, history or name of a model; write it with Run.Save")
	}
	if err := checkModel(record.Recipe, files); err != nil {
		return nil, "", err
	}
	return files, path.Base(record.Name), nil
}
