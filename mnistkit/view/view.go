// Package view makes tables, figures and sentences from histories, scores,
// descriptions and answers. A program that imports it also shows trainings while
// they run.
package view

import (
	"fmt"

	"gonblabs/mnistkit/chart"
	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/fit"
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
//	block, err := view.Of(must.M1(digits.Describe()))
func Of(v any) (show.Block, error) {
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
	case data.Description:
		return imagesDescribed(v)
	case table.Description:
		return tableDescribed(v)
	case table.Statistics:
		return statistics(v), nil
	case *table.Table:
		return lastRows(v), nil
	case fit.History:
		return epochTable("Epochs", v, 0), nil
	case []runs.Checkpoint:
		return checkpointTable(v)
	case training.Run:
		return v.Summary()
	case training.Plot:
		steps, err := v.Steps()
		if err != nil {
			return nil, err
		}
		return chart.Model(v.Run.Name, steps)
	case training.LoopCurves:
		h, err := v.Loop.History()
		if err != nil {
			return nil, err
		}
		return chart.Curves(v.Loop.Name, v.Metrics, chart.Named{Name: v.Loop.Name, History: h})
	case training.Sweep:
		return comparison(v, 0)
	case score.Predictions:
		return answers(v)
	case score.Matrix:
		return chart.Confusion(v)
	case score.MistakeList:
		return chart.Mistakes(v)
	}
	return show.Line(fmt.Sprint(v)), nil
}
