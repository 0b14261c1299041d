package mnistkit

import (
	"fmt"
	"strings"

	"github.com/janpfeifer/must"

	"gonblabs/mnistkit/chart"
	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/score"
	"gonblabs/mnistkit/show"
	"gonblabs/mnistkit/table"
)

// View is something that Show knows how to make: a figure or a table of
// results on disk.
type View func() (show.Block, error)

// Show puts values before the reader: figures, tables, data sets and their
// descriptions, summaries, scores, text.
//
//	kit.Show(must.M1(digits.Describe()), kit.Curves(lenet), kit.Leaderboard("mnist/*"))
//
// In a notebook they are part of the saved notebook; in a terminal they are
// text. A view that cannot be made stops the cell with a sentence, as must does.
func Show(values ...any) {
	for _, v := range values {
		block, err := blockOf(v)
		must.M(err)
		if block != nil {
			show.Display(block)
		}
	}
}

// blockOf finds the form of a value.
func blockOf(v any) (show.Block, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case error:
		return nil, v
	case View:
		return v()
	case show.Block:
		return v, nil
	case *data.Set:
		return Samples(v, 4, 8)()
	case data.Description:
		return describe(v)
	case table.Description:
		return describeTable(v)
	case table.Statistics:
		return statistics(v), nil
	case *table.Table:
		return lastRows(v), nil
	case History:
		return epochTable("Epochs", v, 0), nil
	case []Checkpoint:
		return checkpointTable(v)
	case Run:
		return v.Summary()
	case Sweep:
		return v.view(0)
	case score.Predictions:
		if v.Data != nil && v.Data.Labels.F32 != nil {
			return Scatter(v)()
		}
		if v.Data != nil && v.Data.Inputs.F32 != nil && len(v.Data.Inputs.Shape) == 1 {
			return answerTable(v)
		}
		return figure(chart.Predictions(v, 4, 4))
	case score.Matrix:
		return chart.Confusion(v)
	case score.MistakeList:
		return chart.Mistakes(v)
	case string:
		return show.Line(v), nil
	}
	return show.Line(fmt.Sprint(v)), nil
}

// figure is a View of a figure.
func figure(f chart.Figure, err error) (show.Block, error) {
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Samples is a grid of a set's first images with their labels.
//
//	kit.Show(kit.Samples(must.M1(digits.Train()), 4, 8))
func Samples(set *data.Set, rows, cols int) View {
	return func() (show.Block, error) { return figure(chart.Samples(set, rows, cols)) }
}

// Curves are the learning curves of one or more runs: accuracy and loss, on
// training and validation data.
//
//	kit.Show(kit.Curves(mlp, lenet))
func Curves(list ...Run) View {
	return func() (show.Block, error) { return curves(0, list...) }
}

// curves are those of the first n epochs; 0 is all.
func curves(n int, list ...Run) (show.Block, error) {
	var named []chart.Named
	for _, r := range list {
		h, err := r.History()
		if err != nil {
			return nil, fmt.Errorf("kit.Curves: %w", err)
		}
		if len(h) == 0 {
			return nil, fmt.Errorf("kit.Curves: the run %q has no epochs yet; call its Fit first", r.Name)
		}
		if n > 0 {
			h = h.First(n)
		}
		named = append(named, chart.Named{Name: r.Name, History: h})
	}
	if len(named) == 0 {
		return nil, fmt.Errorf("kit.Curves: no run given; name at least one")
	}
	title := "" // the legend names them
	if len(named) == 1 {
		title = named[0].Name
	} else {
		shorten(named)
	}
	return figure(chart.Curves(title, nil, named...))
}

// shorten takes off what all names begin with, up to a / or -: a legend needs
// only what differs.
func shorten(list []chart.Named) {
	common := list[0].Name
	for _, n := range list[1:] {
		for !strings.HasPrefix(n.Name, common) {
			common = common[:len(common)-1]
		}
	}
	cut := strings.LastIndexAny(common, "/-") + 1
	for i := range list {
		if len(list[i].Name) == cut {
			return
		}
	}
	for i := range list {
		list[i].Name = list[i].Name[cut:]
	}
}

// Confusion is the confusion matrix of one model, or of two side by side: how
// many examples of each class were taken for which.
//
//	kit.Show(kit.Confusion(a, b))
func Confusion(answers ...score.Predictions) View {
	return func() (show.Block, error) {
		var ms []score.Matrix
		for _, p := range answers {
			m, err := score.Confusion(p)
			if err != nil {
				return nil, err
			}
			ms = append(ms, m)
		}
		return figure(chart.Confusion(ms...))
	}
}

// ClassReport is a table of how well each class is recognised: precision,
// recall, F1 and the number of examples.
//
//	kit.Show(kit.ClassReport(must.M1(lenet.Predict(digits.Test()))))
func ClassReport(answers score.Predictions) View {
	return func() (show.Block, error) {
		m, err := score.Confusion(answers)
		if err != nil {
			return nil, err
		}
		r := m.Report()
		t := show.Table{Caption: "Classes by " + r.Model, Header: []string{"class", "precision", "recall", "F1", "examples"},
			Foot: []string{"precision: of those taken for the class, the share that is; recall: of the class, the share that was found; F1: their harmonic mean"}}
		for _, c := range append(r.Classes, r.Macro, r.Weighted) {
			t.Rows = append(t.Rows, []string{c.Class, Percent(c.Precision), Percent(c.Recall), Percent(c.F1), show.Count(c.Support)})
		}
		return t, nil
	}
}

// Confidence is a table of how sure models are where they are right and where
// they are wrong: the mean probability of the class that they answer.
//
//	kit.Show(kit.Confidence(must.M1(lenet.Predict(digits.Test()))))
func Confidence(answers ...score.Predictions) View {
	return func() (show.Block, error) {
		t := show.Table{Caption: "How sure of right and of wrong answers",
			Header: []string{"run", "data", "wrong", "sure if right", "sure if wrong", "wrong, but 90 % sure"},
			Foot:   []string{"sure: the mean probability of the class that is answered"}}
		for _, p := range answers {
			c, err := score.Confidence(p)
			if err != nil {
				return nil, err
			}
			mean := func(v float64, n int) string {
				if n == 0 {
					return "–"
				}
				return Percent(v)
			}
			t.Rows = append(t.Rows, []string{c.Model, p.Data.Name, fmt.Sprintf("%s of %s", show.Count(c.Wrong), show.Count(c.Examples)),
				mean(c.IfRight, c.Examples-c.Wrong), mean(c.IfWrong, c.Wrong), show.Count(c.SureAndWrong)})
		}
		return t, nil
	}
}

// Mistakes are the examples that the first model got wrong, with every
// model's probabilities, at most n of them.
//
//	kit.Show(kit.Mistakes(5, a, b))
func Mistakes(n int, answers ...score.Predictions) View {
	return func() (show.Block, error) {
		list, err := score.Mistakes(answers...)
		if err != nil {
			return nil, err
		}
		return figure(chart.Mistakes(list.First(n)))
	}
}

// describe is a table of what a data set is, and its class distribution.
func describe(d data.Description) (show.Block, error) {
	sum := func(counts []int) (n int) {
		for _, c := range counts {
			n += c
		}
		return n
	}
	rows := [][]string{
		{"source", d.Source}, {"licence", d.Licence}, {"found", shortPath(d.Found)},
		{"one example", fmt.Sprintf("%v %s, %g to %g", d.Shape, d.DType, d.Min, d.Max)},
		{"classes", fmt.Sprint(len(d.Classes))},
		{"training", show.Count(sum(d.Train))},
	}
	parts := []chart.Part{{Name: "train", Counts: d.Train}}
	if d.Validation != nil {
		rows = append(rows, []string{"validation", show.Count(sum(d.Validation))})
		parts = append(parts, chart.Part{Name: "validation", Counts: d.Validation})
	}
	rows = append(rows, []string{"test", show.Count(sum(d.Test))})
	parts = append(parts, chart.Part{Name: "test", Counts: d.Test})
	fig, err := chart.ClassDistribution(d.Title, d.Classes, parts...)
	if err != nil {
		return nil, err
	}
	blocks := show.Blocks{show.Table{Caption: d.Title, Rows: rows}, fig}
	if d.Notice != "" {
		blocks = append(show.Blocks{show.Note(d.Notice)}, blocks...)
	}
	return blocks, nil
}
