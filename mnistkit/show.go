package mnistkit

import (
	"errors"
	"fmt"
	"image"
	"path/filepath"
	"reflect"
	"slices"

	"github.com/janpfeifer/must"

	"gonblabs/mnistkit/chart"
	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/picture"
	"gonblabs/mnistkit/runs"
	"gonblabs/mnistkit/score"
	"gonblabs/mnistkit/show"
	"gonblabs/mnistkit/table"
	"gonblabs/mnistkit/training"
)

// View is something that Show knows how to make: a figure or a table of
// results on disk. It is made when it is shown.
type View func() (show.Block, error)

// made is the view of a block that is there already, or of why it is not.
func made(block show.Block, err error) View {
	return func() (show.Block, error) { return block, err }
}

// Show shows values: data, models, figures, tables, scores and text.
//
//	kit.Show(digits, lenet, kit.Curves(lenet), kit.Leaderboard("mnist/*"))
//	kit.Show(lenet.Evaluate(digits.Test()))
//	kit.Show(lenet.Fit(5)) // Fit has shown itself: only an error is left
//
// It takes what a call returns, its error too. A recipe of data is shown by its
// description, a run by its summary. In a notebook what is shown becomes part of it;
// in a terminal it is text. If anything fails, nothing is shown, and the cell ends
// with one sentence, as with must.
func Show(values ...any) {
	for _, v := range values {
		if err, ok := v.(error); ok { // what came with it is no result
			must.M(err)
		}
	}
	if len(values) == 2 && values[1] == nil {
		if h, ok := values[0].(History); ok && len(h) > 0 && &h[0] == reported.Load() {
			return // Fit has shown it
		}
	}
	blocks := make([]show.Block, len(values))
	for i, v := range values {
		var err error
		blocks[i], err = blockOf(v)
		must.M(err)
	}
	show.Display(slices.DeleteFunc(blocks, func(b show.Block) bool { return b == nil })...)
}

// blockOf is the block that shows a value; nil for nothing. A value of an unknown type
// is a line of text.
func blockOf(v any) (show.Block, error) {
	if r := reflect.ValueOf(v); (r.Kind() == reflect.Pointer || r.Kind() == reflect.Func) && r.IsNil() {
		return nil, fmt.Errorf("there is nothing to show: this %T is nil", v)
	}
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
		return chart.Samples(v, 4, 8)
	case interface {
		Describe() (data.Description, error)
	}:
		return asked(v.Describe, described)
	case data.Description:
		return described(v)
	case table.Statistics:
		return statistics(v), nil
	case *table.Table:
		return lastRows(v)
	case fit.History:
		return folded(epochTable("Epochs", v, 0), ""), nil
	case []runs.Checkpoint:
		return checkpointTable(v)
	case Run:
		return v.Summary()
	case RateCurve:
		return rateCurve(v)
	case training.Plot:
		return asked(v.Steps, func(steps []layer.Step) (show.Block, error) { return chart.Model(v.Run.Name, steps) })
	case chart.Plot:
		return v.Figure()
	case image.Image:
		return chart.Photo("", v)
	case training.LoopCurves:
		return asked(v.Loop.History, func(h History) (show.Block, error) {
			return chart.Curves(v.Loop.Name, v.Metrics, chart.Named{Name: v.Loop.Name, History: h})
		})
	case Sweep:
		return comparison(v, 0)
	case []score.Predictions:
		return each(v)
	case score.Predictions:
		return answers(v)
	case score.Matrix:
		return chart.Confusion(v)
	case score.MistakeList:
		return chart.Mistakes(v)
	}
	switch t := reflect.TypeOf(v); {
	case t.Kind() == reflect.Func:
		return nil, errors.New("kit.Show: a function cannot be shown; call it, with () after its name")
	case t.Kind() == reflect.Slice && t.Elem().Implements(reflect.TypeFor[show.Block]()):
		return each(v)
	}
	return show.Line(fmt.Sprint(v)), nil
}

// asked is the block of what a call gives.
func asked[T any](call func() (T, error), block func(T) (show.Block, error)) (show.Block, error) {
	v, err := call()
	if err != nil {
		return nil, err
	}
	return block(v)
}

// each shows the values of a list one below the other.
func each(list any) (show.Block, error) {
	var blocks show.Blocks
	for _, v := range reflect.ValueOf(list).Seq2() {
		block, err := blockOf(v.Interface())
		if err != nil {
			return nil, err
		}
		if block != nil {
			blocks = append(blocks, block)
		}
	}
	return blocks, nil
}

// Samples shows a grid of a set's first images with their labels.
//
//	kit.Show(kit.Samples(must.M1(digits.Train()), 4, 8))
func Samples(set *Set, rows, cols int) View { return made(chart.Samples(set, rows, cols)) }

// Photo shows a PNG or JPEG file as it is.
//
//	kit.Show(kit.Photo("my-digits/seven.png"))
func Photo(path string) View {
	return func() (show.Block, error) {
		img, err := picture.Decode(path)
		if err != nil {
			return nil, fmt.Errorf("kit.Photo: %w", err)
		}
		return chart.Photo(filepath.Base(path), img)
	}
}

// Augmented shows what the augmenting layers at the front of a run's model do. Each
// row has one of the first images of the training data, first as it is and then in
// columns-1 variations.
//
//	kit.Show(kit.Augmented(lenet, 4, 8))
//
// The run need not be trained. Its seed decides the variations.
func Augmented(r Run, rows, columns int) View {
	return func() (show.Block, error) {
		set, err := r.Augmented(rows, columns)
		if err != nil {
			return nil, err
		}
		return chart.Samples(set, rows, columns)
	}
}

// Result is one number of an original homework, and the one measured here.
type Result struct{ What, Original, Here string }

// Results shows the table at the end of a notebook: what the original found, and
// what was measured here.
//
//	kit.Show(kit.Results(kit.Result{"custom2, test accuracy", "99.61 %", kit.Percent(accuracy)}))
func Results(list ...Result) View {
	t := show.Table{Caption: "Original and here", Header: []string{"result", "original", "here"}, Align: "lll", Kind: "results"}
	for _, r := range list {
		t.AddRow(r.What, r.Original, r.Here)
	}
	return made(t, nil)
}

// Table makes a table of your own, for AddRow to fill. Rows take text, numbers and nil.
//
//	table := kit.Table("Networks", "run", "weights", "loss")
//	table.AddRow("lenet", 61706, 0.0458).AddRow("mlp", 101770, nil)
//	kit.Show(table)
//
// Whole numbers get commas, others four decimals, or those that table.Decimals says.
// Columns of numbers are aligned to the right.
func Table(caption string, columns ...string) *show.Table {
	return &show.Table{Caption: caption, Header: columns}
}

// Percent writes a share as percent: kit.Percent(0.9861) is "98.61 %".
func Percent(share float64) string { return show.Percent(share) }

// Points writes the difference of two shares in percentage points:
// kit.Points(0.99, 0.98) is "+1.00 points".
func Points(a, b float64) string { return show.Points(a, b) }
