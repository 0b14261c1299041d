package table

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonblabs/mnistkit/data"
)

// uciCars writes the embedded cars as UCI's file does: columns of spaces, a
// tab before the name in quotes, codes for the origins.
func uciCars(t *testing.T) string {
	t.Helper()
	rows := embedded(t, "auto-mpg")
	code := map[string]string{"USA": "1", "Europe": "2", "Japan": "3"}
	var out strings.Builder
	for i := range rows.Len() {
		fields := make([]any, len(rows.Columns))
		for c := range rows.Columns {
			fields[c] = pointed(rows.Columns[c].text(i))
		}
		fields[7], fields[8] = code[rows.Columns[7].text(i)], rows.Columns[8].text(i)
		fmt.Fprintf(&out, "%s  %s   %s      %s      %s      %s   %s  %s\t%q\n", fields...)
	}
	return out.String()
}

// pointed writes a number with a decimal point: 18. or 18.50; ? where there is none.
func pointed(text string) string {
	switch {
	case text == "":
		return "?"
	case strings.Contains(text, "."):
		return text + "0"
	}
	return text + "."
}

// uciIris writes the embedded flowers as UCI's file does, with its two other rows.
func uciIris(t *testing.T) string {
	t.Helper()
	rows := embedded(t, "iris")
	var out strings.Builder
	for i := range rows.Len() {
		last := rows.Columns[3].text(i)
		if i == 34 || i == 37 {
			last = "0.3"
		}
		fmt.Fprintf(&out, "%s,%s,%s,%s,Iris-%s\n", rows.Columns[0].text(i), rows.Columns[1].text(i), rows.Columns[2].text(i), last, rows.Columns[4].text(i))
	}
	return out.String() + "\n"
}

func embedded(t *testing.T, name string) *Table {
	t.Helper()
	t.Setenv("MNISTKIT_DATA", "bundled")
	return must[*Table](t)(Recipe{Dataset: name}.find())
}

// place puts a file into a folder of data sets, and sees to it that no other is found.
func place(t *testing.T, name, text string) string {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	t.Setenv("MNISTKIT_DATA", dir)
	return path
}

func TestUCIFileWithTheSameRows(t *testing.T) {
	r := AutoMPG().OneHot("origin").DropMissing()
	text := uciCars(t)
	want, set := must[string](t)(r.ID()), must[*data.Set](t)(r.Train())
	path := place(t, "auto-mpg.data", text)
	if got := must[string](t)(r.ID()); got != want {
		t.Errorf("identity %s with UCI's file, %s without", got, want)
	}
	if got := must[*data.Set](t)(r.Train()); got.Notice != set.Notice {
		t.Errorf("notice %q with UCI's file, %q without", got.Notice, set.Notice)
	}
	if got := must[Description](t)(r.Describe()); got.Found != path {
		t.Errorf("found in %q, want %q", got.Found, path)
	}
}

func TestUCIFileWithOtherRows(t *testing.T) {
	text := uciIris(t)
	before := must[string](t)(Iris().ID())
	path := place(t, "iris.data", text)
	train := must[*data.Set](t)(Iris().Train())
	if want := "iris: the rows come from " + path + ", where 2 differ from the kit's"; train.Notice != want {
		t.Errorf("notice %q, want %q", train.Notice, want)
	}
	if must[string](t)(Iris().ID()) == before {
		t.Error("other rows, the same identity")
	}
	if d := must[Description](t)(Iris().Describe()); d.Rows != 150 || d.Test != 30 || len(d.Classes) != 3 {
		t.Errorf("%d rows, %d for the test, classes %q", d.Rows, d.Test, d.Classes)
	}
	t.Setenv("MNISTKIT_DATA", "bundled")
	if must[string](t)(Iris().ID()) != before {
		t.Error("MNISTKIT_DATA=bundled does not give the kit's rows")
	}
}

func TestUCIFileRefused(t *testing.T) {
	for _, c := range []struct{ file, text, want string }{
		{"iris.data", "1,2,3,4,Iris-setosa\n1,2\n", "line 2 is not a row of UCI's iris.data, which has 5 fields"},
		{"iris.data", "1,2,3,4,rose\n", `line 1 has "rose" as species`},
		{"iris.data", "", "no rows"},
		{"auto-mpg.data", "<html>\n", "line 1 is not a row of UCI's auto-mpg.data"},
	} {
		path := place(t, c.file, c.text)
		recipe := Iris()
		if c.file == "auto-mpg.data" {
			recipe = AutoMPG()
		}
		_, err := recipe.Train()
		wants(t, err, c.want)
		wants(t, err, path)
		wants(t, err, "delete it to use the kit's own rows")
	}
}

// FuzzFromUCI: a file is refused in a sentence or becomes a table with the columns asked for.
func FuzzFromUCI(f *testing.F) {
	f.Add("iris", "5.1,3.5,1.4,0.2,Iris-setosa\n\n")
	f.Add("auto-mpg", "18.0   8   307.0      130.0      3504.      12.0   70  1\t\"chevrolet chevelle malibu\"\n")
	f.Add("auto-mpg", "25.0   4   98.00      ?          2046.      19.0   71  1\t\"ford \"\"pinto\"\"\"")
	f.Fuzz(func(t *testing.T, name, text string) {
		columns := map[string][]string{"iris": {"a", "b", "c", "d", "species"},
			"auto-mpg": {"mpg", "b", "c", "d", "e", "f", "g", "origin", "name"}}[name]
		if columns == nil {
			return
		}
		out, err := fromUCI(name, columns, []byte(text))
		if err != nil {
			return
		}
		rows, err := Read(name, strings.NewReader(string(out)))
		if err == nil && len(rows.Columns) != len(columns) {
			t.Fatalf("%d columns from %q", len(rows.Columns), text)
		}
	})
}
