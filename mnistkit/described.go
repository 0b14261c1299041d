package mnistkit

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"gonblabs/mnistkit/chart"
	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/files"
	"gonblabs/mnistkit/internal/quote"
	"gonblabs/mnistkit/runs"
	"gonblabs/mnistkit/score"
	"gonblabs/mnistkit/session"
	"gonblabs/mnistkit/show"
	"gonblabs/mnistkit/table"
	"gonblabs/mnistkit/text"
	"gonblabs/mnistkit/training"
)

// described is a table of facts with the sizes of training, validation and test
// data, and the distribution of the classes where there are any.
func described(d data.Description) (show.Block, error) {
	var blocks show.Blocks
	if d.Notice != "" {
		blocks = append(blocks, show.Note(d.Notice))
	}
	facts := show.Table{Caption: d.Title}
	if d.Source != "" {
		facts.AddRow("source", d.Source).AddRow("licence", d.Licence)
	}
	facts.AddRow("found", shortPath(d.Found))
	if d.Columns == nil {
		facts.AddRow("one example", fmt.Sprintf("%v %s, %g to %g", d.Shape, d.DType, d.Min, d.Max)).AddRow("classes", len(d.Classes))
	} else {
		facts.AddRow("rows", d.Rows).AddRow("columns", strings.Join(d.Columns, ", "))
		facts.AddRow("target", d.Target).AddRow("features", strings.Join(d.Features, ", "))
	}
	for _, m := range d.Missing {
		facts.AddRow("missing", m)
	}
	var parts []chart.Split
	for i, counts := range [][]int{d.Train, d.Validation, d.Test} {
		size, name := 0, []string{"train", "validation", "test"}[i]
		for _, n := range counts {
			size += n
		}
		if size > 0 {
			parts = append(parts, chart.Split{Name: name, Counts: counts})
		}
		if size > 0 || name != "validation" {
			facts.AddRow(cmp.Or(map[string]string{"train": "training"}[name], name), size)
		}
	}
	blocks = append(blocks, facts)
	if d.Classes == nil {
		return blocks, nil
	}
	figure, err := chart.ClassDistribution(d.Title, d.Classes, parts...)
	return append(blocks, figure), err
}

func statistics(s table.Statistics) show.Block {
	t := show.Table{Caption: "Statistics of " + s.Name, Decimals: 4,
		Header: []string{"column", "count", "mean", "std", "min", "25 %", "50 %", "75 %", "max"}}
	for _, c := range s.Columns {
		t.AddRow(c.Name, c.Count, c.Mean, c.Std, c.Min, c.Q1, c.Median, c.Q3, c.Max)
	}
	return t
}

// lastRows is how a table shows itself: its last five rows, as pandas' tail().
func lastRows(t *table.Table) (show.Block, error) {
	n := min(t.Len(), 5)
	out := show.Table{Caption: fmt.Sprintf("%s: the last %d of %s rows", t.Name, n, show.Count(t.Len())), Rows: make([][]string, n)}
	for _, c := range t.Columns {
		out.AddColumn(c.Name, func(row int) string { return quote.Cut(cmp.Or(c.Texts[t.Len()-n+row], dash), 300, 0) })
	}
	return out, nil
}

// PairPlot draws columns of the training rows against each other, before they are
// normalised. Without names it draws all columns of numbers.
//
//	kit.Show(kit.PairPlot(cars, "mpg", "cylinders", "displacement", "weight"))
//
// Where the target has classes, they decide colour and form.
func PairPlot(rows table.Recipe, columns ...string) View {
	return func() (show.Block, error) {
		values, train, err := trainingColumns(rows, columns)
		if err != nil {
			return nil, fmt.Errorf("kit.PairPlot: %w", err)
		}
		return chart.PairPlot(values, train.Classes, train.Labels.I32)
	}
}

// ScatterPlot draws one column of the training rows over another; where the
// target has classes, they decide colour and form.
//
//	kit.Show(kit.ScatterPlot(flowers, "petal length", "sepal length"))
func ScatterPlot(rows table.Recipe, x, y string) View {
	return func() (show.Block, error) {
		columns, train, err := trainingColumns(rows, []string{x, y})
		if err != nil {
			return nil, fmt.Errorf("kit.ScatterPlot: %w", err)
		}
		return chart.ScatterPlot(columns[0], columns[1], train.Classes, train.Labels.I32)
	}
}

// trainingColumns are columns of the training rows before they are normalised,
// and the training set; no columns named are all of numbers.
func trainingColumns(rows table.Recipe, names []string) (columns []chart.Values, train *data.Set, err error) {
	t, err := rows.TrainTable()
	if err != nil {
		return nil, nil, err
	}
	for _, c := range t.Columns {
		if names == nil && c.Numbers != nil {
			columns = append(columns, chart.Values{Name: c.Name, Numbers: c.Numbers})
		}
	}
	for _, name := range names {
		c := t.Column(name)
		if c == nil {
			return nil, nil, quote.Errorf("table %q has no column %q; it has %s", t.Name, name, quote.List(t.Names()))
		}
		if c.Numbers == nil {
			return nil, nil, fmt.Errorf("column %q of table %q holds text; name columns of numbers", name, t.Name)
		}
		columns = append(columns, chart.Values{Name: name, Numbers: c.Numbers})
	}
	train, err = rows.Train()
	return columns, train, err
}

// Texts shows a table of up to n texts of a set in words, with their labels and the
// answers of models.
//
//	kit.Show(kit.Texts(reviews, 3, must.M1(reviews.Train())))
//	kit.Show(kit.Texts(reviews, 5, mine, must.M1(sentiment.Predict(mine))))
//
// Words outside the vocabulary are [UNK], and long texts are cut. The answers must
// be for the same set.
func Texts(recipe text.Recipe, n int, set *Set, answers ...score.Predictions) View {
	return func() (block show.Block, err error) {
		defer func() {
			if err != nil {
				err = fmt.Errorf("kit.Texts: %w", err)
			}
		}()
		if set == nil || set.Len() == 0 {
			return nil, fmt.Errorf("there is no text to show; give a set with at least one")
		}
		if n < 1 {
			return nil, fmt.Errorf("%d texts are none to show; give at least 1", n)
		}
		if err := set.Check(); err != nil {
			return nil, err
		}
		list, err := recipe.Texts(set.First(n))
		if err != nil {
			return nil, err
		}
		t := show.Table{Caption: fmt.Sprintf("%s of %s texts of %s", show.Count(len(list)), show.Count(set.Len()), set.Name),
			Rows: make([][]string, len(list)), Align: strings.Repeat("l", 2+len(answers))}
		t.AddColumn("text", func(i int) string { return abbreviated(list[i]) })
		if set.Labelled() {
			t.AddColumn("is", set.Label)
		}
		for _, p := range answers {
			if err := p.Check(); err != nil {
				return nil, err
			}
			if !bytes.Equal(p.Data.Inputs.Bytes(), set.Inputs.Bytes()) {
				return nil, fmt.Errorf("%s answers to another set; give answers to %q", p.Model, set.Name)
			}
			names := p.ClassNames()
			t.AddColumn(p.Model+" says", func(i int) string {
				if !inClasses(p) {
					return show.Number(float64(p.Values[i]))
				}
				return fmt.Sprintf("%s, %s", names[p.Class(i)], show.Percent(p.Probabilities(i)[p.Class(i)]))
			})
		}
		return t, nil
	}
}

// abbreviated leaves out the end of a text of more than 240 characters, at a
// word if there is one.
func abbreviated(s string) string {
	const most = 240
	letters := []rune(s)
	if len(letters) <= most {
		return s
	}
	s = string(letters[:most])
	if at := strings.LastIndex(s, " "); at > 0 {
		s = s[:at+1]
	}
	return s + "…"
}

// Environment shows a table of what this notebook runs on: Go, libraries, the
// backend, the data that were found, and where results are kept.
//
//	kit.Show(kit.Environment())
//
// go run ./kernel-setup doctor checks more.
func Environment() View {
	return func() (show.Block, error) {
		v := training.Versions()
		rows := [][]string{{"Go", strings.TrimPrefix(v["go"], "go") + " on " + runtime.GOOS + "/" + runtime.GOARCH}}
		delete(v, "go")
		for _, name := range slices.Sorted(maps.Keys(v)) {
			rows = append(rows, []string{name[strings.LastIndex(name, "/")+1:], v[name]})
		}
		rows = append(rows, []string{"backend", backendInWords(session.ChosenBackend())})
		for _, recipe := range []data.Recipe{data.MNIST(), data.FashionMNIST()} {
			d, err := recipe.Describe()
			if err != nil {
				return nil, err
			}
			rows = append(rows, []string{d.Title, shortPath(d.Found)})
		}
		rows = append(rows, []string{"results are kept in", shortPath(runs.Root())})
		return show.Table{Caption: "This environment", Rows: rows}, nil
	}
}

// backendInWords tells a backend's configuration to a reader.
func backendInWords(config string) string {
	kind, plugin, _ := strings.Cut(config, ":")
	switch {
	case kind == "xla" && strings.Contains(plugin, "cuda"):
		return "XLA on the GPU"
	case kind == "xla":
		words := "XLA on the CPU (" + filepath.Base(filepath.Dir(plugin)) + ", " + filepath.Base(plugin) + ")"
		if session.OneDNN(plugin) != "" {
			words += "; oneDNN computes convolutions"
		}
		return words
	case kind == "go":
		return "pure Go: needs nothing, but is several times slower than XLA; " + files.Command("doctor") + " says why XLA is not used"
	}
	return config
}

// shortPath is a folder relative to the checkout or to the user's home, so that a
// saved notebook does not say where its author keeps files.
func shortPath(dir string) string {
	for _, above := range []struct {
		name   string
		folder func() (string, error)
	}{{"", session.Root}, {"~", os.UserHomeDir}} {
		folder, err := above.folder()
		rel, notBelow := filepath.Rel(folder, dir)
		if err == nil && notBelow == nil && filepath.IsLocal(rel) {
			return filepath.Join(above.name, rel)
		}
	}
	return dir
}
