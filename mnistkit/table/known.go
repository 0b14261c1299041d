package table

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"gonblabs/mnistkit/data"
)

//go:generate go run ./sample/make.go cars.json autompg.csv.gz iris.csv

//go:embed sample/*.csv
var samples embed.FS

// published is what is known of an embedded table.
type published struct{ title, source, licence string }

var known = map[string]published{
	"auto-mpg": {"Auto MPG", "R. Quinlan 1993, StatLib; UCI Machine Learning Repository", "CC BY 4.0"},
	"iris":     {"Iris", "R. A. Fisher 1936; UCI Machine Learning Repository", "CC BY 4.0"},
}

// name is what messages and sets call the table.
func (r Recipe) name() string {
	if r.Path != "" {
		return strings.TrimSuffix(filepath.Base(r.Path), filepath.Ext(r.Path))
	}
	return r.Dataset
}

// origin is a table and where it comes from.
type origin struct {
	table  *Table
	digest string // of the file
	found  string // the file, or "part of the kit"
	notice string
}

// read reads the table, and reports what the recipe cannot do with it.
func (r Recipe) read() (origin, error) {
	o, err := r.find()
	if err == nil {
		err = r.check(o.table)
	}
	return o, err
}

// find reads the table: the reader's own file, UCI's file where one lies in the
// usual folders, or else the embedded one.
func (r Recipe) find() (origin, error) {
	if r.Path != "" {
		text, err := os.ReadFile(r.Path)
		if err != nil {
			return origin{}, fmt.Errorf("table %q: %w; give the path of a CSV file", r.name(), err)
		}
		return originOf(r.name(), r.Path, text)
	}
	if _, ok := known[r.Dataset]; !ok {
		return origin{}, fmt.Errorf("table %q is not known; use kit.AutoMPG(), kit.Iris() or kit.CSV(path, target)", r.Dataset)
	}
	text, err := samples.ReadFile("sample/" + r.Dataset + ".csv")
	if err != nil {
		return origin{}, err
	}
	embedded, err := originOf(r.Dataset, "part of the kit", text)
	if err != nil || data.Bundled() {
		return embedded, err
	}
	dirs, err := data.Folders(r.Dataset)
	if err != nil {
		return origin{}, err
	}
	for _, dir := range dirs {
		path := filepath.Join(dir, r.Dataset+".data")
		text, err := os.ReadFile(path)
		if err == nil {
			return embedded.orFile(path, text)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return origin{}, fmt.Errorf("table %q: %w; make the file readable or move it away", r.Dataset, err)
		}
	}
	return embedded, nil
}

func originOf(name, found string, text []byte) (origin, error) {
	sum := sha256.Sum256(text)
	t, err := Read(name, bytes.NewReader(text))
	return origin{table: t, digest: hex.EncodeToString(sum[:])[:16], found: found}, err
}

// orFile is the table of UCI's file. With the same values it counts as the
// embedded one, so that runs are the same with and without the file.
func (embedded origin) orFile(path string, text []byte) (origin, error) {
	name := embedded.table.Name
	text, err := fromUCI(name, embedded.table.Names(), text)
	if err != nil {
		return origin{}, fmt.Errorf("%s: %w; delete it to use the kit's own rows", path, err)
	}
	o, err := originOf(name, path, text)
	if err != nil {
		return origin{}, fmt.Errorf("%s: %w; delete it to use the kit's own rows", path, err)
	}
	if rows := differing(o.table, embedded.table); rows > 0 {
		o.notice = fmt.Sprintf("%s: the rows come from %s, where %d differ from the kit's", name, path, rows)
		return o, nil
	}
	embedded.found = path
	return embedded, nil
}

// differing counts the rows of a that are not those of b, and those that one has more.
func differing(a, b *Table) int {
	rows := max(a.Len(), b.Len()) - min(a.Len(), b.Len())
	for i := range min(a.Len(), b.Len()) {
		for c := range a.Columns {
			if a.Columns[c].text(i) != b.Columns[c].text(i) {
				rows++
				break
			}
		}
	}
	return rows
}
