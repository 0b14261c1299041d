package table

import (
	"crypto/sha256"
	"embed"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"gonblabs/mnistkit/files"
	"gonblabs/mnistkit/internal/quote"
)

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
		file := strings.TrimSuffix(filepath.Base(r.Path), ".gz")
		return strings.TrimSuffix(file, filepath.Ext(file))
	}
	return r.Dataset
}

// read reads the columns and rows that the recipe uses, and reports what it cannot
// do with the table.
func (r Recipe) read() (*Table, error) {
	t, err := r.find()
	if err == nil {
		err = r.check(t)
	}
	if err != nil {
		return nil, err
	}
	t.Columns = slices.DeleteFunc(t.Columns, func(c Column) bool { return slices.Contains(r.Dropped, c.Name) })
	t.findMissing()
	if t.missing != nil && r.Complete {
		t.note(fmt.Sprintf("%s; %d of %d rows are left out", quote.Cut(strings.Join(t.missing, ", "), 300, 0), t.rows-len(t.complete), t.rows))
		t = t.Select(t.complete)
		t.parse() // a row that is left out does not decide which columns are numbers
	}
	return t, nil
}

// find reads the table: the reader's own file, or the embedded one.
func (r Recipe) find() (*Table, error) {
	if r.Path != "" {
		file, err := files.OpenUnpacked(r.Path)
		if err != nil {
			return nil, fmt.Errorf("table %q: %w; give the path of a CSV file", r.name(), err)
		}
		defer file.Close()
		return readFrom(r.name(), r.Path, file)
	}
	file, err := samples.Open("sample/" + r.Dataset + ".csv")
	if err != nil {
		return nil, quote.Errorf("table %q is not known; use kit.AutoMPG(), kit.Iris() or kit.CSV(path, target)", r.Dataset)
	}
	return readFrom(r.Dataset, "part of the kit", file)
}

// readFrom reads the text of a file.
func readFrom(name, file string, text io.Reader) (*Table, error) {
	h := sha256.New()
	t, err := Read(name, io.TeeReader(text, h))
	if err != nil {
		return nil, err
	}
	t.found, t.digest = file, fmt.Sprintf("%x", h.Sum(nil)[:8])
	return t, nil
}
