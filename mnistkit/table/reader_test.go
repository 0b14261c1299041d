package table

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gonblabs/mnistkit/data"
)

// Semicolons and tabs separate fields as commas do, and leave commas to numbers.
func TestSeparators(t *testing.T) {
	for name, text := range map[string]string{
		"commas":     "rooms,town,price\n1.5,\"Ulm, Donau\",10.25\n2.5,Bonn,-20\n",
		"semicolons": "\ufeffrooms;town;price\r\n1,5;Ulm, Donau;10,25\r\n2,5;Bonn;-20\r\n",
		"tabs":       "rooms\ttown\tprice\n1,5\tUlm, Donau\t10.25\n2,5\tBonn\t-20\n",
	} {
		table, err := Read("t", strings.NewReader(text))
		if err != nil {
			t.Fatal(name, err)
		}
		want := []Column{{Name: "rooms", Numbers: []float64{1.5, 2.5}}, {Name: "town", Texts: []string{"Ulm, Donau", "Bonn"}}, {Name: "price", Numbers: []float64{10.25, -20}}}
		for i, c := range table.Columns {
			if want[i].Texts == nil {
				want[i].Texts = c.Texts
			}
		}
		if diff := cmp.Diff(want, table.Columns); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	for text, numeric := range map[string]bool{"1,5;x\n1.5;x\n": false, "1.5;x\n2;x\n": true, "1,5;x\n;x\n": true, "1,000,5;x\n": false} {
		table := must[*Table](t)(Read("t", strings.NewReader("a;b\n"+text)))
		if got := table.Columns[0].Numbers != nil; got != numeric {
			t.Errorf("%q: numbers %v", text, table.Columns[0].Numbers)
		}
	}
	for text, want := range map[string]string{"a\tb\n\t2\n": "", "a;b\n;2\n": ""} { // a first field may be empty
		if table := must[*Table](t)(Read("t", strings.NewReader(text))); table.Columns[0].Texts[0] != want || table.Columns[1].Numbers[0] != 2 {
			t.Errorf("%q: %+v", text, table.Columns)
		}
	}
}

// What other programs write for a missing value does not make classes of a column of numbers.
func TestMissing(t *testing.T) {
	for _, word := range []string{"", "?", "-",
		// pandas' default na_values
		" ", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA", "NULL",
		"NaN", "None", "n/a", "nan", "null"} {
		path := file(t, "rooms,price\n1,100\n2,"+word+"\n3,300\n")
		_, err := CSV(path, "price").Train()
		wants(t, err, `column "price" has 1 missing value (row 2); leave those rows out with DropMissing()`)
		set := must[*data.Set](t)(CSV(path, "price").DropMissing().Train())
		if !slices.Equal(set.Labels.F32, []float32{100, 300}) || set.Classes != nil {
			t.Errorf("%q: labels %v, classes %q", word, set.Labels, set.Classes)
		}
	}
	mixed := file(t, "x,kind\n1,3\n2,other\n")
	set := must[*data.Set](t)(CSV(mixed, "kind").AsClasses().Train())
	if diff := cmp.Diff([]string{"3", "other"}, set.Classes); diff != "" {
		t.Error(diff)
	}
}

// A row that is left out, such as a sum at the end, does not make text of a column of numbers.
func TestRowsLeftOut(t *testing.T) {
	set := must[*data.Set](t)(CSV(file(t, "x;y\n1,5;2\n2,5;3\ntotal;\n"), "y").DropMissing().Train())
	if diff := cmp.Diff([]float32{1.5, 2.5}, set.Inputs.F32); diff != "" {
		t.Error(diff)
	}
}

// A file may hold one of the classes only, to evaluate a model on; none can be learned from it.
func TestOneClass(t *testing.T) {
	r := CSV(file(t, "x,kind\n1,beech\n2,beech\n"), "kind")
	set := must[*data.Set](t)(r.Train())
	known := must[*data.Set](t)(set.WithClasses([]string{"ash", "beech"}))
	if !slices.Equal(known.Labels.I32, []int32{1, 1}) {
		t.Errorf("labels %v", known.Labels.I32)
	}
	_, err := r.Form()
	wants(t, err, `has only the class "beech"`)
}

// Normalized follows Keras in small units too, and tells a constant by its relative spread.
func TestNormalizedSmallUnits(t *testing.T) {
	column := func(values ...float64) *data.Set {
		text := "x,y\n"
		for _, v := range values {
			text += strconv.FormatFloat(v, 'g', -1, 64) + ",1\n"
		}
		return must[*data.Set](t)(CSV(file(t, text), "y").Normalized().Train())
	}
	for _, c := range []struct {
		values []float64
		first  float64
		notice string
	}{
		{[]float64{4e-7, 6e-7, 5e-7, 5e-7}, -1, ""}, // a deviation of 7e-8, for which Keras takes 1e-7
		{[]float64{4e-6, 6e-6}, -1, ""},
		{[]float64{0.1, 0.1, 0.1}, 0, ""},
		{[]float64{1e9 + 1, 1e9 + 1, 1e9 + 1}, 0, ""},
		{[]float64{0, 0}, 0, ""},
		{[]float64{1e-11, 3e-11}, -1e-4, `homes: column "x" has a standard deviation of 1e-11, and Normalized divides by 1e-07 at least`},
	} {
		set := column(c.values...)
		if got := float64(set.Inputs.F32[0]); math.Abs(got-c.first) > 1e-5 || !strings.HasPrefix(set.Notice, c.notice) || c.notice == "" && set.Notice != "" {
			t.Errorf("%v: first %g, want %g; notice %q", c.values, got, c.first, set.Notice)
		}
	}
}
