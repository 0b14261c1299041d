package table

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
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

// contents reads the table, and hashes what it read.
func (r Recipe) contents() (t *Table, digest string, err error) {
	var text []byte
	switch _, ok := known[r.Dataset]; {
	case r.Path != "":
		if text, err = os.ReadFile(r.Path); err != nil {
			return nil, "", fmt.Errorf("table %q: %w; give the path of a CSV file", r.name(), err)
		}
	case ok:
		if text, err = samples.ReadFile("sample/" + r.Dataset + ".csv"); err != nil {
			return nil, "", err
		}
	default:
		return nil, "", fmt.Errorf("table %q is not known; use kit.AutoMPG(), kit.Iris() or kit.CSV(path, target)", r.Dataset)
	}
	sum := sha256.Sum256(text)
	t, err = Read(r.name(), bytes.NewReader(text))
	return t, hex.EncodeToString(sum[:])[:16], err
}
