package pipeline

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/files"
	"gonblabs/mnistkit/table"
)

// longestLine is the longest line that is read, so that a broken file does not
// fill the memory.
const longestLine = 1 << 20

// Lines gives the lines of a text file, without their ends.
//
//	pipeline.Lines("reviews.txt").Filter(func(s string) bool { return s != "" })
func Lines(path string) Pipeline[string] {
	return func(yield func(string, error) bool) {
		f, err := files.Open(path)
		if err != nil {
			yield("", fmt.Errorf("pipeline.Lines: %w", err))
			return
		}
		defer f.Close()
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, longestLine)
		n := 0
		for lines.Scan() {
			text := lines.Text()
			if n++; n == 1 {
				text = strings.TrimPrefix(text, "\ufeff") // programs on Windows put this mark at the start
			}
			if !utf8.ValidString(text) {
				yield("", fmt.Errorf("pipeline.Lines: %s, line %d: it is not in UTF-8 (%q); save the file as UTF-8", path, n, text))
				return
			}
			if !yield(text, nil) {
				return
			}
		}
		err = lines.Err()
		if errors.Is(err, bufio.ErrTooLong) {
			err = fmt.Errorf("it is longer than %d bytes; is this a text file?", longestLine)
		}
		if err != nil {
			yield("", fmt.Errorf("pipeline.Lines: %s, line %d: %w", path, n+1, err))
		}
	}
}

// Row is a row of a CSV file by its columns' names.
type Row map[string]string

// CSV gives the rows of a CSV file whose first line names the columns.
//
//	pipeline.Map(pipeline.CSV("houses.csv"), func(r pipeline.Row) (float64, error) { return strconv.ParseFloat(r["price"], 64) })
//
// It reads what table.Reader reads: commas, semicolons or tabs separate the fields, and spaces
// around them are cut off. For training on a whole table, kit.CSV does more.
func CSV(path string) Pipeline[Row] {
	return func(yield func(Row, error) bool) {
		f, err := files.Open(path)
		if err != nil {
			yield(nil, fmt.Errorf("pipeline.CSV: %w", err))
			return
		}
		defer f.Close()
		rows, err := table.NewReader(f)
		for err == nil {
			var fields []string
			if fields, err = rows.Read(); err != nil {
				break
			}
			r := Row{}
			for i, name := range rows.Columns {
				r[name] = fields[i]
			}
			if !yield(r, nil) {
				return
			}
		}
		if !errors.Is(err, io.EOF) {
			yield(nil, fmt.Errorf("pipeline.CSV: %s: %w", path, err))
		}
	}
}

// Example is one example for a training: its features, and a class number or a
// value.
type Example struct {
	Features []float32
	Label    float32
}

// odd names what is NaN or infinite in the example; "" if nothing is.
func (e Example) odd() string {
	infinite := func(v float32) bool { return math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) }
	if i := slices.IndexFunc(e.Features, infinite); i >= 0 {
		return fmt.Sprintf("feature %d", i)
	}
	if infinite(e.Label) {
		return "the label"
	}
	return ""
}

// Set collects examples for a training. With classes the labels are class
// numbers, without classes they are values.
//
//	train := must.M1(pipeline.Set("flowers", examples, "setosa", "versicolor", "virginica"))
//	kit.Sets{TrainSet: train}
func Set(name string, p Pipeline[Example], classes ...string) (*data.Set, error) {
	s := &data.Set{Name: name, Labels: data.Array{Shape: []int{}}, Classes: classes}
	for e, err := range p {
		if err != nil {
			return nil, fmt.Errorf("pipeline.Set: %s: %w", name, err)
		}
		n := s.Labels.Len()
		if n == 0 {
			s.Inputs.Shape = []int{len(e.Features)}
		}
		if len(e.Features) == 0 {
			return nil, fmt.Errorf("pipeline.Set: %s: example %d has no features; give each at least one", name, n)
		}
		if len(e.Features) != s.Inputs.Shape[0] {
			return nil, fmt.Errorf("pipeline.Set: %s: example %d has %d features and the first %d; give all the same", name, n, len(e.Features), s.Inputs.Shape[0])
		}
		if what := e.odd(); what != "" {
			return nil, fmt.Errorf("pipeline.Set: %s: %s of example %d is not a finite number, and a training would learn nothing from it; leave such examples out with Filter", name, what, n)
		}
		s.Inputs.F32 = append(s.Inputs.F32, e.Features...)
		if len(classes) == 0 {
			s.Labels.F32 = append(s.Labels.F32, e.Label)
			continue
		}
		if e.Label != float32(int32(e.Label)) {
			return nil, fmt.Errorf("pipeline.Set: %s: the label of example %d is %g, which is not a class number; leave out the classes for values", name, n, e.Label)
		}
		s.Labels.I32 = append(s.Labels.I32, int32(e.Label))
	}
	if s.Labels.Len() == 0 {
		return nil, fmt.Errorf("pipeline.Set: %s: the pipeline gives no examples", name)
	}
	return s, s.Check()
}
