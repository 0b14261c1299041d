package runs

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"gonblabs/mnistkit/data"
)

// A model file is a zip archive of a run's folder with one set of weights:
// run.json, history.jsonl and last/…

// In is the folder of a run that is not below Root.
func In(root, name string) Dir { return Dir{Name: name, root: root} }

// Export writes the run with the weights at place into one file.
func (d Dir) Export(file string, k Kept, place string) error {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	add := func(name, from string) error {
		contents, err := os.ReadFile(from)
		if err != nil {
			return err
		}
		if name == "history.jsonl" { // up to these weights
			contents = firstLines(contents, k.Epoch)
		}
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write(contents)
		}
		return err
	}
	names := map[string]string{"run.json": d.Path("run.json"), "history.jsonl": d.Path("history.jsonl")}
	entries, err := os.ReadDir(place)
	if err != nil {
		return err
	}
	for _, e := range entries {
		names["last/"+e.Name()] = filepath.Join(place, e.Name())
	}
	for name, from := range names {
		if err := add(name, from); err != nil {
			return fmt.Errorf("cannot write %s: %w", file, err)
		}
	}
	err = z.Close()
	if err == nil {
		err = os.MkdirAll(filepath.Dir(file), 0o755)
	}
	if err == nil {
		err = replaceFile(file, b.Bytes())
	}
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", file, err)
	}
	return nil
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

// The most that a model file may hold: nobody's disk is filled by a forged
// one.
const (
	mostBytes = 4 << 30
	mostFiles = 32
)

// Import unpacks a model file into the cache, once, and returns the run in it.
func Import(file string) (Dir, error) {
	contents, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return Dir{}, fmt.Errorf("there is no file %s; write one with Run.Save", file)
	}
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
	names, err := filepath.Glob(filepath.Join(root, "*"))
	if err != nil || len(names) != 1 {
		return Dir{}, fmt.Errorf("the unpacked model at %s is damaged; delete that folder", root)
	}
	return Dir{Name: filepath.Base(names[0]), root: root}, nil
}

// unpack writes the run in a model file below root, whole or not at all.
func unpack(contents []byte, root string) error {
	z, err := zip.NewReader(bytes.NewReader(contents), int64(len(contents)))
	if err != nil {
		return fmt.Errorf("it is no model file, or cut short (%w); write one with Run.Save", err)
	}
	files, name, err := readModel(z)
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
	for part, b := range files {
		target := filepath.Join(fresh, name, filepath.FromSlash(part))
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(target, b, 0o644); err != nil {
			return err
		}
	}
	if err := os.Rename(fresh, root); err != nil {
		if _, there := os.Stat(root); there != nil { // else another program was quicker
			return err
		}
	}
	return nil
}

// readModel reads the files of a model, and the last part of its name.
func readModel(z *zip.Reader) (files map[string][]byte, name string, err error) {
	files = map[string][]byte{}
	left := uint64(mostBytes)
	if len(z.File) > mostFiles {
		return nil, "", fmt.Errorf("it holds %d files, more than a model has; write one with Run.Save", len(z.File))
	}
	for _, f := range z.File {
		if f.Name != "run.json" && f.Name != "history.jsonl" && (path.Dir(f.Name) != "last" || !fs.ValidPath(f.Name) || strings.Contains(f.Name, `\`)) {
			return nil, "", fmt.Errorf("it holds %q, which is no part of a model; write one with Run.Save", f.Name)
		}
		if f.UncompressedSize64 > left {
			return nil, "", fmt.Errorf("it would unpack to more than %d GB; write one with Run.Save", mostBytes>>30)
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
	if err := json.Unmarshal(files["run.json"], &record); err != nil {
		return nil, "", fmt.Errorf("it has no readable run.json (%w); write it with Run.Save", err)
	}
	if files["last/"+stateFile] == nil || files["history.jsonl"] == nil || !goodName(record.Name) {
		return nil, "", fmt.Errorf("it lacks weights, history or name of a model; write it with Run.Save")
	}
	return files, path.Base(record.Name), nil
}
