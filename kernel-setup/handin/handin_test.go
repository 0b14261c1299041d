package handin

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// entry is a file of an archive; header may change it.
type entry struct {
	name, contents string
	header         func(*zip.FileHeader)
}

// archive packs entries with a manifest that names them, after forge has changed that.
func archive(t testing.TB, forge func(sums map[string]string), entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	sums := map[string]string{}
	add := func(e entry) {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		if e.header != nil {
			e.header(h)
		}
		w, err := z.CreateHeader(h)
		if err == nil {
			_, err = w.Write([]byte(e.contents))
		}
		if err != nil {
			t.Fatal(err)
		}
		sums[e.name] = fmt.Sprintf("%x", sha256.Sum256([]byte(e.contents)))
	}
	for _, e := range entries {
		add(e)
	}
	if forge != nil {
		forge(sums)
	}
	m, err := json.Marshal(map[string]any{"written_by": "gonblabs", "name": "Ann", "files": sums})
	if err != nil {
		t.Fatal(err)
	}
	add(entry{name: manifest, contents: string(m)})
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var honest = []entry{{name: "02-x.ipynb", contents: "{}"}, {name: "02-x.html", contents: "<p>"}, {name: "models/mnist/mlp.mnistkit", contents: "m"},
	{name: "runs/mnist/mlp/run.json", contents: "{}"}, {name: "runs/mnist/mlp/checkpoints/cp-1/a.bin", contents: "b"}}

func TestOpen(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ann.zip")
	if err := os.WriteFile(file, archive(t, nil, honest...), 0o644); err != nil {
		t.Fatal(err)
	}
	p, err := Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	b, err := fs.ReadFile(p, "models/mnist/mlp.mnistkit")
	if err != nil || string(b) != "m" || p.Name != "Ann" || strings.Join(p.Names(".ipynb"), " ") != "02-x.ipynb" || len(p.Names("")) != 5 {
		t.Errorf("%q, %v, %+v", b, err, p)
	}
	if err := os.WriteFile(file, []byte("no zip"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(file); err == nil || !strings.Contains(err.Error(), "ann.zip: it is no pack, or cut short (zip: not a valid zip file); write one with: go run ./kernel-setup pack") {
		t.Error(err)
	}
}

// Nothing in a pack leads out of it, fills a disk, or is other than its manifest says.
func TestForgedPacks(t *testing.T) {
	link := func(h *zip.FileHeader) { h.SetMode(fs.ModeSymlink | 0o777) }
	more := func(e ...entry) []entry { return append(e, honest...) }
	many := honest
	for i := range maxFiles {
		many = append(many, entry{name: fmt.Sprintf("models/%d.mnistkit", i)})
	}
	for name, c := range map[string]struct {
		forge   func(map[string]string)
		entries []entry
		want    string
	}{
		"leads out":        {nil, more(entry{name: "models/../../x.mnistkit"}), `it holds "models/../../x.mnistkit", which is not part of a pack`},
		"absolute":         {nil, more(entry{name: "/models/x.mnistkit"}), "not part of a pack"},
		"Windows":          {nil, more(entry{name: `models/..\..\x.mnistkit`}), "not part of a pack"},
		"drive":            {nil, more(entry{name: "models/C:x.mnistkit"}), "not part of a pack"},
		"hidden":           {nil, more(entry{name: "runs/.old/x/run.json"}), "not part of a pack"},
		"scores":           {nil, more(entry{name: "runs/mnist/mlp/scores.json"}), "not part of a pack"},
		"program":          {nil, more(entry{name: "x.sh"}), "not part of a pack"},
		"link":             {nil, more(entry{name: "models/x.mnistkit", contents: "/etc/passwd", header: link}), "not part of a pack"},
		"twice":            {nil, more(entry{name: "models/A.mnistkit"}, entry{name: "models/a.mnistkit"}), `it holds "models/a.mnistkit" twice`},
		"bomb":             {nil, more(entry{name: "models/x.mnistkit", contents: strings.Repeat("\x00", 70<<20)}), "it would unpack to far more than a pack has"},
		"many":             {nil, many, "it would unpack to far more than a pack has"},
		"other sum":        {func(s map[string]string) { s["02-x.html"] = s["02-x.ipynb"] }, honest, "its files are not those of its manifest"},
		"not in manifest":  {func(s map[string]string) { delete(s, "02-x.html") }, honest, "its files are not those of its manifest"},
		"only in manifest": {func(s map[string]string) { s["03-x.html"] = "0" }, honest, "its files are not those of its manifest"},
		"no notebook":      {nil, honest[1:], "there is not one notebook with one page among them"},
		"no page":          {nil, append(honest[:1:1], honest[2:]...), "there is not one notebook with one page among them"},
		"two notebooks":    {nil, more(entry{name: "03.ipynb"}), "there is not one notebook with one page among them"},
	} {
		b := archive(t, c.forge, c.entries...)
		if _, err := read(bytes.NewReader(b), int64(len(b))); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	b := archive(t, nil, honest...)
	at := bytes.Index(b, []byte("02-x.html")) + len("02-x.html") // its contents
	b[at+2] ^= 1
	if _, err := read(bytes.NewReader(b), int64(len(b))); err == nil || !strings.Contains(err.Error(), `its "02-x.html" is damaged`) {
		t.Errorf("a bit that has flipped: %v", err)
	}
}

// FuzzPack: nothing breaks the reader, and what it takes can be unpacked into a folder.
func FuzzPack(f *testing.F) {
	f.Add(archive(f, nil, honest...))
	f.Add(archive(f, nil, entry{name: "a.ipynb"}, entry{name: "a.html"}))
	f.Fuzz(func(t *testing.T, contents []byte) {
		p, err := read(bytes.NewReader(contents), int64(len(contents)))
		if err != nil {
			return
		}
		folder := t.TempDir()
		if err := os.CopyFS(filepath.Join(folder, "pack"), p); err != nil {
			return // such as two names of which one is a folder of the other
		}
		for name := range p.Files {
			if info, err := os.Lstat(filepath.Join(folder, "pack", filepath.FromSlash(name))); err != nil || !info.Mode().IsRegular() {
				t.Errorf("%q: %v", name, err)
			}
		}
		if all, err := os.ReadDir(folder); err != nil || len(all) != 1 {
			t.Errorf("%v, %v", all, err)
		}
	})
}
