package pipeline

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/files"
	"gonblabs/mnistkit/internal/plain"
	"gonblabs/mnistkit/table"
)

// Lines gives the lines of a text file, or of a .gz file with one, without their ends.
//
//	pipeline.Lines("reviews.txt").Filter(func(s string) bool { return s != "" })
//
// The text is in UTF-8, UTF-16 or Windows-1252, and a line has at most 1 MB.
func Lines(path string) Pipeline[string] {
	return opened("Lines", path, func(file io.Reader, yield func(string) bool) error {
		text, err := plain.Open(file)
		if err != nil {
			return err
		}
		const longest = 1 << 20 // so that a broken file does not fill the memory
		lines := bufio.NewScanner(text)
		lines.Buffer(nil, longest)
		n := 1
		for ; lines.Scan(); n++ {
			line, err := text.Decode(lines.Text())
			if err != nil {
				return fmt.Errorf("line %d: %w", n, err)
			}
			if !yield(line) {
				return nil
			}
		}
		if err = lines.Err(); errors.Is(err, bufio.ErrTooLong) {
			err = fmt.Errorf("it is longer than %d bytes; is this a text file?", longest)
		}
		if err != nil {
			err = fmt.Errorf("line %d: %w", n, err)
		}
		return err
	})
}

// opened reads a file, unpacked, at the beginning of each loop; an error of read ends the pipeline.
func opened[T any](what, path string, read func(file io.Reader, yield func(T) bool) error) Pipeline[T] {
	return func(yield func(T, error) bool) {
		file, err := files.OpenUnpacked(path)
		if err == nil {
			defer file.Close()
			if err = read(file, func(v T) bool { return yield(v, nil) }); err != nil {
				err = fmt.Errorf("%s: %w", path, err)
			}
		}
		if err != nil {
			var none T
			yield(none, fmt.Errorf("pipeline.%s: %w", what, err))
		}
	}
}

// Row is a row of a CSV file by its columns' names.
type Row map[string]string

// CSV gives the rows of a CSV file whose first line names the columns.
//
//	pipeline.Map(pipeline.CSV("houses.csv"), func(r pipeline.Row) (float64, error) { return strconv.ParseFloat(r["price"], 64) })
//
// It reads what table.Reader reads, also from a .gz file, and cuts off spaces around the fields. For
// training on a whole table, kit.CSV does more.
func CSV(path string) Pipeline[Row] {
	return opened("CSV", path, func(file io.Reader, yield func(Row) bool) error {
		rows, err := table.NewReader(file)
		for err == nil {
			fields, failed := rows.Read()
			r := Row{}
			for i, field := range fields {
				r[rows.Columns[i]] = field
			}
			if err = failed; err == nil && !yield(r) {
				return nil
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		return err
	})
}

// Example is one example for a training: its features, and a class number or a
// value.
type Example struct {
	Features []float32
	Label    float32
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
		if k := len(e.Features); k == 0 || k != s.Inputs.Shape[0] {
			return nil, fmt.Errorf("pipeline.Set: %s: example %d has %d features and the first %d; give all the same, and at least one", name, n, k, s.Inputs.Shape[0])
		}
		if k := slices.IndexFunc(append(slices.Clip(e.Features), e.Label), func(v float32) bool { return v-v != 0 }); k >= 0 {
			return nil, fmt.Errorf("pipeline.Set: %s: value %d of example %d is not a finite number (its label is the last value), and no training learns from it; leave such examples out with Filter", name, k, n)
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
