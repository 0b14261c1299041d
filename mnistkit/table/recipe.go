// Package table turns rows with named columns into data sets: features as
// numbers, a target, and parts to train, validate and test on. The rows come
// from a CSV file or from a table that is part of the kit.
package table

import (
	"cmp"
	"crypto/sha256"
	"embed"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/files"
	"gonblabs/mnistkit/internal/quote"
)

// Recipe says which rows and columns a run uses, and how they become numbers.
//
//	var cars = kit.AutoMPG().OneHot("origin").DropMissing().Normalized().Holdout(0.2)
//
// It is plain data and marshals to JSON. Only methods that return an error read
// anything. The other methods return a changed copy.
type Recipe struct {
	Dataset         string     `json:"dataset"`              // "auto-mpg", "iris", or "csv" for a file
	Path            string     `json:"path,omitempty"`       // of the user's CSV file
	Target          string     `json:"target"`               // the column to predict
	Classes         bool       `json:"classes,omitempty"`    // numbers of the target are classes, not values
	Dropped         []string   `json:"dropped,omitempty"`    // columns left out
	OneHots         []string   `json:"one_hot,omitempty"`    // columns with a feature for each value
	Complete        bool       `json:"complete,omitempty"`   // rows with missing values are left out
	Normal          bool       `json:"normalized,omitempty"` // features are brought to mean 0, deviation 1
	TestSplit       data.Split `json:"test_split,omitzero"`  // what of all rows is for the test
	ValidationSplit data.Split `json:"validation,omitzero"`  // what of the rest is for validation
}

// CSV is your own table: a CSV file with a header. See Reader for its form.
//
//	var houses = kit.CSV("houses.csv", "price").OneHot("town").TestFraction(0.2).Normalized()
//
// If the target is a column of numbers, it is a regression (but see AsClasses); if
// it is text, it has classes.
func CSV(path, target string) Recipe { return Recipe{Dataset: "csv", Path: path, Target: target} }

// AutoMPG is 398 cars from 1970 to 1982, with miles per gallon as the target and
// eight properties.
//
//	var cars = kit.AutoMPG().OneHot("origin").DropMissing().Normalized().Holdout(0.2)
//
// By default the name is dropped and a fifth of the rows is for the test. Six rows
// lack the horsepower. Source: R. Quinlan, UCI Machine Learning
// Repository; CC BY 4.0. All rows are part of the kit.
func AutoMPG() Recipe {
	return Recipe{Dataset: "auto-mpg", Target: "mpg", Dropped: []string{"name"}}.TestFraction(0.2)
}

// Iris is 150 flowers, 50 of each of three species, with four lengths in cm.
//
//	var flowers = kit.Iris()
//
// 30 rows, ten of each species, are for the test. Source: R. A. Fisher 1936,
// whose table it follows in the two rows where UCI's file differs; CC BY 4.0.
func Iris() Recipe {
	return Recipe{Dataset: "iris", Target: "species"}.TestFraction(0.2).Stratified()
}

// OneHot makes a feature of 1 or 0 from each value of the columns.
//
//	kit.AutoMPG().OneHot("origin") // origin=Europe, origin=Japan, origin=USA
//
// The values are those of all rows; numbers are sorted by size, text by letters.
func (r Recipe) OneHot(columns ...string) Recipe {
	r.OneHots = slices.Concat(r.OneHots, columns)
	return r
}

// Drop leaves columns out of the features.
//
//	kit.CSV("houses.csv", "price").Drop("id", "owner")
func (r Recipe) Drop(columns ...string) Recipe {
	r.Dropped = slices.Concat(r.Dropped, columns)
	return r
}

// DropMissing leaves out the rows where a used column has no value: an empty
// field, ?, NA, NaN or null.
//
//	kit.AutoMPG().DropMissing() // 392 of 398 rows
//
// Sets say in their Notice how many; without it such rows are an error.
func (r Recipe) DropMissing() Recipe { r.Complete = true; return r }

// Normalized brings each feature to mean 0 and standard deviation 1.
//
//	kit.AutoMPG().OneHot("origin").DropMissing().Normalized()
//
// Mean and deviation are those of the training rows, as Keras' Normalization
// computes them, and apply to all parts and to Encode.
func (r Recipe) Normalized() Recipe { r.Normal = true; return r }

// AsClasses takes the target's numbers as classes.
//
//	kit.CSV("wine.csv", "quality").AsClasses()
func (r Recipe) AsClasses() Recipe { r.Classes = true; return r }

// TestFraction draws a fraction of the rows, once, from the seed, as the test set.
//
//	kit.CSV("houses.csv", "price").TestFraction(0.2)
func (r Recipe) TestFraction(fraction float64) Recipe {
	r.TestSplit = held(r.TestSplit, fraction)
	return r
}

// Holdout draws a fraction of the rows that are not for the test as the
// validation set, as Keras' validation_split counts them.
//
//	kit.AutoMPG().DropMissing().Holdout(0.2) // 250, 63 and 79 rows
func (r Recipe) Holdout(fraction float64) Recipe {
	r.ValidationSplit = held(r.ValidationSplit, fraction)
	r.ValidationSplit.Seed = r.TestSplit.Seed
	if r.TestSplit.Kind == data.Stratified {
		r.ValidationSplit.Kind = data.Stratified
	}
	return r
}

// Stratified gives each class its share of every subset, to within one row.
//
//	kit.Iris() // is stratified
func (r Recipe) Stratified() Recipe {
	r.TestSplit.Kind = data.Stratified
	if r.ValidationSplit.Kind != "" {
		r.ValidationSplit.Kind = data.Stratified
	}
	return r
}

// Seed sets the seed of all splits; without it the seed is 0.
//
//	kit.Iris().Seed(1)
func (r Recipe) Seed(n uint64) Recipe {
	r.TestSplit.Seed = n
	r.ValidationSplit.Seed = n
	return r
}

// held is a split by draw, which stays stratified if it was.
func held(s data.Split, fraction float64) data.Split {
	s.Fraction, s.Kind = fraction, cmp.Or(s.Kind, data.Holdout)
	return s
}

//go:embed sample/*.csv
var samples embed.FS

var known = map[string]data.Description{
	"auto-mpg": {Title: "Auto MPG", Source: "R. Quinlan 1993, StatLib; UCI Machine Learning Repository", Licence: "CC BY 4.0"},
	"iris":     {Title: "Iris", Source: "R. A. Fisher 1936; UCI Machine Learning Repository", Licence: "CC BY 4.0"},
}

// name is what messages and sets call the table.
func (r Recipe) name() string {
	if r.Path != "" {
		file := strings.TrimSuffix(filepath.Base(r.Path), ".gz")
		return strings.TrimSuffix(file, filepath.Ext(file))
	}
	return r.Dataset
}

// Table is the table before values become features: without dropped columns
// and, with DropMissing, without the rows concerned.
//
//	kit.Show(kit.AutoMPG().Table())
func (r Recipe) Table() (*Table, error) {
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
	var file io.ReadCloser
	var err error
	if r.Path == "" {
		if file, err = samples.Open("sample/" + r.Dataset + ".csv"); err != nil {
			return nil, quote.Errorf("table %q is not known; use kit.AutoMPG(), kit.Iris() or kit.CSV(path, target)", r.Dataset)
		}
	} else if file, err = files.OpenUnpacked(r.Path); err != nil {
		return nil, fmt.Errorf("table %q: %w; give the path of a CSV file", r.name(), err)
	}
	defer file.Close()
	h := sha256.New()
	t, err := Read(r.name(), io.TeeReader(file, h))
	if err != nil {
		return nil, err
	}
	t.found, t.digest = cmp.Or(r.Path, "part of the kit"), fmt.Sprintf("%x", h.Sum(nil)[:8])
	return t, nil
}
