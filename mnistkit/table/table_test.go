package table

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gonblabs/mnistkit/data"
)

// file writes a table for a test.
func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "homes.csv")
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func wants(t *testing.T, err error, text string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("error %v, want a sentence with %q", err, text)
	}
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

const homes = "price,rooms,town,id\n100,3,Ulm,a\n200,4,Bonn,b\n150,?,Ulm,c\n300,5,Bonn,d\n250,4,Kiel,e\n120,2,Ulm,f\n"

func TestFeatures(t *testing.T) {
	r := CSV(file(t, homes), "price").Drop("id").OneHot("town").DropMissing()
	train := must[*data.Set](t)(r.Train())
	want := data.Array{Shape: []int{4}, F32: []float32{
		3, 0, 0, 1,
		4, 1, 0, 0,
		5, 1, 0, 0,
		4, 0, 1, 0,
		2, 0, 0, 1,
	}}
	if diff := cmp.Diff(want, train.Inputs); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]float32{100, 200, 300, 250, 120}, train.Labels.F32); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int32{0, 1, 3, 4, 5}, train.Index); diff != "" {
		t.Error(diff)
	}
	if want := `homes: column "rooms" has 1 missing value (row 3); 1 of 6 rows are left out`; train.Notice != want {
		t.Errorf("notice %q, want %q", train.Notice, want)
	}
	if err := train.Check(); err != nil {
		t.Error(err)
	}
	d := must[data.Description](t)(r.Describe())
	if diff := cmp.Diff([]string{"rooms", "town=Bonn", "town=Kiel", "town=Ulm"}, d.Features); diff != "" {
		t.Error(diff)
	}
	if _, err := r.Test(); err == nil {
		t.Error("a test set out of nothing")
	}
}

func TestErrors(t *testing.T) {
	path := file(t, homes)
	for _, c := range []struct {
		recipe Recipe
		want   string
	}{
		{CSV(path, "cost"), `has no column "cost"; it has price, rooms, town, id`},
		{CSV(path, "price").Drop("id").OneHot("town"), `column "rooms" has 1 missing value (row 3); leave those rows out with DropMissing()`},
		{CSV(path, "price").DropMissing().Drop("id"), `column "town" of table "homes" holds text ("Ulm" in row 1); add OneHot("town") or Drop("town")`},
		{CSV(path, "price").Drop("price"), `is the target and no feature`},
		{CSV(path, "price").Drop("town").OneHot("town"), `is in Drop and in OneHot`},
		{CSV(path, "price").Drop("id", "town", "rooms"), "leaves no column to learn from"},
		{CSV(path, "price").Drop("id", "town", "rooms").OneHot("street"), `no column "street"`},
		{CSV(path, "price").Drop("id", "town").DropMissing().TestFraction(0.2).Stratified(), "the stratified split needs the class of each example"},
		{CSV(path, "price").Drop("id", "town").DropMissing().TestFraction(1.2), "give one between 0 and 1"},
		{CSV(path+"x", "price"), "give the path of a CSV file"},
		{Recipe{Dataset: "cars", Target: "x"}, `"cars" is not known`},
		{CSV(file(t, "room,price\n?,1\n1,10\n2,\"1,000\"\n"), "price").DropMissing(), `column "price" of table "homes" has numbers, but "1,000" in row 3; write it as 1234.5, without signs for thousands`},
		{CSV(file(t, "a,room,price\n?,1,5\n1,4x,6\n"), "price").DropMissing(), `holds text ("4x" in row 2)`},
		{CSV(file(t, "größe,ort\n1,K\xf6ln\n"), "ort"), `table "homes": line 2: its letters are not all in UTF-8 ("K\xf6ln"); save the file as UTF-8`},
		{CSV(file(t, "a,b\n1,\n2,?\n"), "b").DropMissing(), "no row is left"},
	} {
		_, err := c.recipe.Train()
		wants(t, err, c.want)
		if _, err := c.recipe.Form(); err == nil {
			t.Errorf("Form of %+v", c.recipe)
		}
	}
	for text, want := range map[string]string{
		"":              "is empty",
		"a,b\n":         "no rows",
		"a,a\n1,2\n":    `two columns are named "a"`,
		"a,\n1,2\n":     "column 2 of the first line has no name",
		"a,b\n1,2\n3\n": "line 3 has 1 fields but the first line names 2 columns",
		"a,b\n\"1,2\n":  "separate the fields by commas",
	} {
		_, err := Read("t", strings.NewReader(text))
		wants(t, err, want)
	}
}

func TestAutoMPG(t *testing.T) {
	_, err := AutoMPG().OneHot("origin").Train()
	wants(t, err, `column "horsepower" has 6 missing values (rows 33, 127, 331, 337, 355 and 375)`)
	r := AutoMPG().OneHot("origin").DropMissing().Normalized().Holdout(0.2)
	f := must[data.Form](t)(r.Form())
	if f.Train != 250 || f.Validation != 63 || !slices.Equal(f.Shape, []int{9}) || f.Labels != "float32" {
		t.Errorf("form %+v", f)
	}
	train, test := must[*data.Set](t)(r.Train()), must[*data.Set](t)(r.Test())
	if test.Len() != 79 || train.Len() != 250 {
		t.Errorf("%d and %d rows", train.Len(), test.Len())
	}
	for k := range 9 { // of the training rows only
		mean, square := 0.0, 0.0
		for i := range train.Len() {
			v := float64(train.Inputs.F32[9*i+k])
			mean += v / 250
			square += v * v / 250
		}
		if math.Abs(mean) > 1e-6 || math.Abs(square-1) > 1e-5 {
			t.Errorf("feature %d has mean %g and variance %g", k, mean, square)
		}
	}
	// The figures of pandas' describe() of UCI's 398 rows.
	s := must[*Table](t)(AutoMPG().Table()).Statistics()
	for _, want := range []ColumnStatistics{
		{"mpg", 398, 23.514573, 7.815984, 9, 17.5, 23, 29, 46.6},
		{"horsepower", 392, 104.469388, 38.491160, 46, 75, 93.5, 126, 230},
		{"weight", 398, 2970.424623, 846.841774, 1613, 2223.75, 2803.5, 3608, 5140},
		{"model year", 398, 76.010050, 3.697627, 70, 73, 76, 79, 82},
	} {
		at := slices.IndexFunc(s.Columns, func(c ColumnStatistics) bool { return c.Name == want.Name })
		near := cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-6 })
		if diff := cmp.Diff(want, s.Columns[at], near); diff != "" {
			t.Error(diff)
		}
	}
	unknown := must[*Table](t)(AutoMPG().Table()).Select([]int32{32}).Statistics().Columns[3]
	if unknown.Name != "horsepower" || unknown.Count != 0 || !math.IsNaN(unknown.Mean) || !math.IsNaN(unknown.Std) {
		t.Errorf("a column without values: %+v", unknown)
	}
}

func TestIris(t *testing.T) {
	d := must[data.Description](t)(Iris().Describe())
	if diff := cmp.Diff([]string{"setosa", "versicolor", "virginica"}, d.Classes); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([][]int{{40, 40, 40}, {10, 10, 10}}, [][]int{d.Train, d.Test}); diff != "" {
		t.Error(diff)
	}
	all := must[*Table](t)(Iris().Table())
	var rows [][]float64
	for _, i := range []int{34, 37} { // where UCI's file differs
		var row []float64
		for _, c := range all.Columns[:4] {
			row = append(row, c.Numbers[i])
		}
		rows = append(rows, row)
	}
	if diff := cmp.Diff([][]float64{{4.9, 3.1, 1.5, 0.2}, {4.9, 3.6, 1.4, 0.1}}, rows); diff != "" {
		t.Error("not Fisher's table: " + diff)
	}
}

func TestSplitsPartition(t *testing.T) {
	for _, r := range []Recipe{
		Iris(), Iris().Holdout(0.25), Iris().Seed(7).Holdout(0.1), AutoMPG().OneHot("origin").DropMissing().Holdout(0.2).Seed(3),
	} {
		o, err := r.open()
		if err != nil {
			t.Fatal(err)
		}
		got := slices.Concat(o.subsets["train"], o.subsets["validation"], o.subsets["test"])
		slices.Sort(got)
		if !slices.Equal(o.all.Select(got).Index, o.all.Index) {
			t.Errorf("%+v: the parts are not all rows, once each", r)
		}
	}
	a, b := must[*data.Set](t)(Iris().Test()), must[*data.Set](t)(Iris().Seed(1).Test())
	if slices.Equal(a.Index, b.Index) {
		t.Error("the seed does not matter")
	}
}

func TestIDTellsApart(t *testing.T) {
	base := AutoMPG().DropMissing()
	seen := map[string]int{}
	for i, r := range []Recipe{
		base, base.OneHot("origin"), base.Drop("origin"), base.Normalized(), base.AsClasses(), base.Seed(1), base.Holdout(0.2),
		base.TestFraction(0.3), Iris(), CSV(file(t, homes), "price"), CSV(file(t, homes+"1,2,Ulm,g\n"), "price"),
	} {
		id := must[string](t)(r.ID())
		if was, ok := seen[id]; ok {
			t.Errorf("recipes %d and %d have the ID %s", was, i, id)
		}
		seen[id] = i
		text := must[[]byte](t)(json.Marshal(r))
		var back Recipe
		if err := json.Unmarshal(text, &back); err != nil || must[string](t)(back.ID()) != id {
			t.Errorf("%s: %s came back as %+v, %v", id, text, back, err)
		}
	}
}

func TestRecipesAreCopies(t *testing.T) {
	base := AutoMPG().Drop("a")
	x, y := base.Drop("x"), base.Drop("y")
	if x.Dropped[2] != "x" || y.Dropped[2] != "y" || len(base.Dropped) != 2 {
		t.Errorf("%v %v %v share memory", base.Dropped, x.Dropped, y.Dropped)
	}
}

func TestEncode(t *testing.T) {
	r := AutoMPG().OneHot("origin").DropMissing().Normalized()
	train := must[*data.Set](t)(r.Train())
	all := must[*Table](t)(AutoMPG().Table())
	for _, i := range []int{0, 5} { // as the table's own rows
		row := Row{}
		for _, c := range all.Columns {
			row[c.Name] = c.Texts[train.Index[i]]
			if c.Numbers != nil {
				row[c.Name] = c.Numbers[train.Index[i]]
			}
		}
		s := must[*data.Set](t)(r.Encode(row))
		if diff := cmp.Diff(train.Inputs.Slice(i, i+1).F32, s.Inputs.F32); diff != "" || s.Labels.F32[0] != train.Labels.F32[i] {
			t.Errorf("row %d: %s %v", i, diff, s.Labels)
		}
	}
	flower := Row{"sepal length": 5.1, "sepal width": 3.3, "petal length": float32(1.7), "petal width": "0.5"}
	s := must[*data.Set](t)(Iris().Encode(flower, flower))
	if diff := cmp.Diff([]float32{5.1, 3.3, 1.7, 0.5, 5.1, 3.3, 1.7, 0.5}, s.Inputs.F32); diff != "" || s.Len() != 2 || s.Check() != nil {
		t.Error(diff, s)
	}
	with := func(name string, v any) Row {
		row := Row{"cylinders": 4, "displacement": 98, "horsepower": 70, "weight": 2000, "acceleration": 15, "model year": 80, "origin": "Japan"}
		if row[name] = v; v == nil {
			delete(row, name)
		}
		return row
	}
	for want, row := range map[string]Row{
		`lacks "weight"`: with("weight", nil),
		`column "weight" is given as "heavy"; it needs a number`:      with("weight", "heavy"),
		`"origin" is given as "Mars"; the table has only Europe, Jap`: with("origin", "Mars"),
		`there is no column "colour"`:                                 with("colour", "red"),
		"a value of type bool cannot be used":                         with("weight", true),
		"not a finite number":                                         with("weight", math.Inf(1)),
		`"mpg" is given as "much"`:                                    with("mpg", "much"),
	} {
		_, err := r.Encode(row)
		wants(t, err, want)
	}
	_, err := Iris().Encode(Row{"sepal length": 1, "sepal width": 1, "petal length": 1, "petal width": 1, "species": "rose"})
	wants(t, err, "the classes are")
	_, err = Iris().Encode()
	wants(t, err, "no row")
	// Names that look like numbers are names, where the column has others.
	streets := CSV(file(t, "zip,town,price\n1067,A,1\n01067,B,2\nD-1,A,3\n1.50,B,4\n"), "town").OneHot("zip").AsClasses()
	learned := must[*data.Set](t)(streets.Train())
	for i, zip := range []string{"1067", "01067", "D-1", "1.50"} {
		s := must[*data.Set](t)(streets.Encode(Row{"zip": zip, "price": i + 1}))
		if diff := cmp.Diff(learned.Inputs.Slice(i, i+1).F32, s.Inputs.F32); diff != "" {
			t.Errorf("%s: %s", zip, diff)
		}
	}
	numbered := CSV(file(t, "a,y\n1,1\n2,01\n3,b\n4,1\n"), "y").AsClasses()
	if s := must[*data.Set](t)(numbered.Encode(Row{"a": 1, "y": "01"})); s.Label(0) != "01" {
		t.Errorf("the class 01 became %s", s.Label(0))
	}
}

// Without rows for the test, Stratified is about the Holdout alone.
func TestStratifiedHoldout(t *testing.T) {
	path := file(t, "a,y\n1,no\n2,no\n3,no\n4,no\n5,yes\n6,yes\n7,no\n8,no\n9,yes\n")
	for _, r := range []Recipe{CSV(path, "y").Holdout(0.34).Stratified(), CSV(path, "y").Stratified().Holdout(0.34)} {
		s := must[*data.Set](t)(r.Validation())
		if diff := cmp.Diff([]int{3, 1}, s.Counts()); diff != "" {
			t.Error(diff)
		}
		_, err := r.Test()
		wants(t, err, "keeps no rows for the test")
	}
	_, err := CSV(path, "y").Stratified().Train()
	wants(t, err, "the stratified split takes a fraction of 0")
}

func TestClassesOfNumbers(t *testing.T) {
	path := file(t, "a,quality\n1,10\n2,9\n3,10.0\n4,9\n")
	s := must[*data.Set](t)(CSV(path, "quality").AsClasses().Train())
	if diff := cmp.Diff([]string{"9", "10"}, s.Classes); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int32{1, 0, 1, 0}, s.Labels.I32); diff != "" {
		t.Error(diff)
	}
}

// allocated is how much memory f takes, freed again or not.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
