// Package view makes tables, figures and sentences from histories, scores,
// descriptions and answers. A program that imports it also shows trainings while
// they run.
package view

import (
	"errors"
	"fmt"
	"image"
	"reflect"

	"gonblabs/mnistkit/chart"
	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/runs"
	"gonblabs/mnistkit/score"
	"gonblabs/mnistkit/show"
	"gonblabs/mnistkit/table"
	"gonblabs/mnistkit/training"
)

// View makes something to show when it is asked to: a figure, or a table of results
// on disk.
type View func() (show.Block, error)

// Made is the view of a block that is there already, or of why it is not.
//
//	view.Made(chart.Samples(train, 4, 8))
func Made(block show.Block, err error) View {
	return func() (show.Block, error) { return block, err }
}

// Of is the block that shows a value; nil for nothing. A value of an unknown type
// is a line of text.
//
//	block, err := view.Of(digits)
func Of(v any) (show.Block, error) {
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
		return made(v.Describe, imagesDescribed)
	case table.Recipe:
		return made(v.Describe, tableDescribed)
	case data.Description:
		return imagesDescribed(v)
	case table.Description:
		return tableDescribed(v)
	case table.Statistics:
		return statistics(v), nil
	case *table.Table:
		return lastRows(v)
	case fit.History:
		return folded(epochTable("Epochs", v, 0), ""), nil
	case []runs.Checkpoint:
		return checkpointTable(v)
	case training.Run:
		return v.Summary()
	case training.RateCurve:
		return rateCurve(v)
	case training.Plot:
		return made(v.Steps, func(steps []layer.Step) (show.Block, error) { return chart.Model(v.Run.Name, steps) })
	case chart.Plot:
		return v.Figure()
	case image.Image:
		return chart.Photo("", v)
	case training.LoopCurves:
		h, err := v.Loop.History()
		if err != nil {
			return nil, err
		}
		return chart.Curves(v.Loop.Name, v.Metrics, chart.Named{Name: v.Loop.Name, History: h})
	case training.Sweep:
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

// made is the block of what a call gives.
func made[T any](call func() (T, error), block func(T) (show.Block, error)) (show.Block, error) {
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
		block, err := Of(v.Interface())
		if err != nil {
			return nil, err
		}
		if block != nil {
			blocks = append(blocks, block)
		}
	}
	return blocks, nil
}
