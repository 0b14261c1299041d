package table

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gonblabs/mnistkit/data"
)

//go:generate go run ./sample/make.go cars.json autompg.csv.gz iris.csv

//go:embed sample/*.csv
var samples embed.FS

// published is what is known of an embedded table, and how UCI's file has it.
type published struct {
	title, source, licence string

	separator rune
	coded     int               // a column of words
	words     map[string]string // how the file writes them
}

var known = map[string]published{
	"auto-mpg": {"Auto MPG", "R. Quinlan 1993, StatLib; UCI Machine Learning Repository", "CC BY 4.0",
		' ', 7, map[string]string{"1": "USA", "2": "Europe", "3": "Japan"}},
	"iris": {"Iris", "R. A. Fisher 1936; UCI Machine Learning Repository", "CC BY 4.0",
		',', 4, map[string]string{"Iris-setosa": "setosa", "Iris-versicolor": "versicolor", "Iris-virginica": "virginica"}},
}

// name is what messages and sets call the table.
func (r Recipe) name() string {
	if r.Path != "" {
		return strings.TrimSuffix(filepath.Base(r.Path), filepath.Ext(r.Path))
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
		t.note(fmt.Sprintf("%s; %d of %d rows are left out", strings.Join(t.missing, ", "), t.rows-len(t.complete), t.rows))
		t = t.Select(t.complete)
		t.parse() // a row that is left out does not decide which columns are numbers
	}
	return t, nil
}

// find reads the table: the reader's own file, UCI's file where one lies in the
// usual folders, or else the embedded one.
func (r Recipe) find() (*Table, error) {
	if r.Path != "" {
		text, err := os.ReadFile(r.Path)
		if err != nil {
			return nil, fmt.Errorf("table %q: %w; give the path of a CSV file", r.name(), err)
		}
		return readFrom(r.name(), r.Path, text)
	}
	text, err := samples.ReadFile("sample/" + r.Dataset + ".csv")
	if err != nil {
		return nil, fmt.Errorf("table %q is not known; use kit.AutoMPG(), kit.Iris() or kit.CSV(path, target)", r.Dataset)
	}
	embedded, err := readFrom(r.Dataset, "part of the kit", text)
	if err != nil {
		return nil, err
	}
	path, err := data.Find(r.Dataset, r.Dataset+".data")
	if err != nil || path == "" {
		return embedded, err
	}
	if text, err = os.ReadFile(path); err != nil {
		return nil, fmt.Errorf("table %q: %w; make the file readable or move it away", r.Dataset, err)
	}
	return embedded.orUCI(path, text)
}

// readFrom reads the text of a file.
func readFrom(name, file string, text []byte) (*Table, error) {
	t, err := Read(name, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	t.found, t.digest = file, fmt.Sprintf("%x", sum[:8])
	return t, nil
}

// orUCI is the table of UCI's file. With the same values it counts as the embedded
// one, so that runs are the same with and without the file.
func (embedded *Table) orUCI(path string, text []byte) (*Table, error) {
	var t *Table
	text, err := fromUCI(embedded.Name, embedded.Names(), text)
	if err == nil {
		t, err = readFrom(embedded.Name, path, text)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w; delete it to use the kit's own rows", path, err)
	}
	if rows := differing(t, embedded); rows > 0 {
		t.note(fmt.Sprintf("the rows come from %s, where %d differ from the kit's", path, rows))
		return t, nil
	}
	embedded.found = path
	return embedded, nil
}

// differing counts the rows of a that are not those of b, and those that one has more.
func differing(a, b *Table) int {
	rows := max(a.Len(), b.Len()) - min(a.Len(), b.Len())
	for i := range min(a.Len(), b.Len()) {
		if !slices.EqualFunc(a.Columns, b.Columns, func(x, y Column) bool { return x.text(i) == y.text(i) }) {
			rows++
		}
	}
	return rows
}

// fromUCI turns auto-mpg.data (spaces, a tab before the quoted name) or
// iris.data (commas), both without a header, into CSV text with one.
func fromUCI(name string, columns []string, text []byte) ([]byte, error) {
	file := known[name]
	rows := [][]string{columns}
	line := 0
	for text := range strings.Lines(strings.TrimPrefix(string(text), "\ufeff")) {
		line++
		if text = strings.TrimSpace(strings.ReplaceAll(text, "\t", " ")); text == "" {
			continue
		}
		r := csv.NewReader(strings.NewReader(text))
		r.Comma, r.TrimLeadingSpace = file.separator, true
		row, err := r.Read()
		if err != nil || len(row) != len(columns) {
			return nil, fmt.Errorf("line %d is not a row of UCI's %s.data, which has %d fields without a header", line, name, len(columns))
		}
		word, ok := file.words[row[file.coded]]
		if !ok {
			return nil, fmt.Errorf("line %d has %q as %s, which UCI's %s.data does not", line, row[file.coded], columns[file.coded], name)
		}
		row[file.coded] = word
		rows = append(rows, row)
	}
	var out bytes.Buffer
	err := csv.NewWriter(&out).WriteAll(rows)
	return out.Bytes(), err
}
