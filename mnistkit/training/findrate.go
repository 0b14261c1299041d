package training

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/session"
)

// RateCurve is the loss at learning rates that rise from step to step: what FindRate
// found. Show draws it.
type RateCurve struct {
	Run    string
	Rates  []float64 // up to where the training diverges
	Losses []float64 // of the batch at each rate: a moving average
	Rate   float64   // a tenth of the rate at which the loss is lowest
}

// FindRate trains for 99 steps from the weights that a run starts from, at rates
// that rise from 0.000001 to 10, and suggests one (L. Smith's range test, 2017).
//
//	found, err := training.FindRate(mlp)
//
// It ends early where the loss is four times the lowest. The run, and what is stored of
// it, stay as they are. A Schedule has no part in it.
func FindRate(r Run) (c RateCurve, err error) {
	defer explain(r.label()+".FindRate", &err)
	t, err := r.training()
	if err != nil {
		return c, err
	}
	t.recipe.Optimizer.Schedule, t.recipe.DropRemainder = session.Schedule{}, false // all its batches are full
	order, _, err := fit.Job{Recipe: t.recipe, Examples: t.form.Train, Split: t.split}.Order(1)
	if err != nil {
		return c, err
	}
	size := max(1, min(t.recipe.BatchSize, len(order)))
	batches := slices.Collect(slices.Chunk(order[:len(order)/size*size], size))
	ctx, stop := interruptible(r.ctx)
	defer stop()
	s, err := t.open(false)
	if err != nil {
		return c, err
	}
	defer s.Close()
	const lowestRate, decades, perDecade = 1e-6, 7, 14 // what it tries
	const keep = 0.9                                   // of the average, from step to step
	average, lowest := 0.0, math.Inf(1)
	c.Run = r.Name
	for i := range decades*perDecade + 1 {
		rate := lowestRate * math.Pow(10, float64(i)/perDecade)
		p, err := s.Train(ctx, session.Epoch{Number: i + 1, Set: fit.TrainSet, Order: batches[i%len(batches)], LearningRate: rate}, nil)
		if err == nil && ctx.Err() != nil {
			err = ErrStopped
		}
		if err != nil {
			return c, err
		}
		average = keep*average + (1-keep)*p.Means()["loss"]
		loss := average / (1 - math.Pow(keep, float64(i+1))) // it starts at zero
		if !(loss < min(4*lowest, math.MaxFloat32)) {        // nor if it is no number
			break
		}
		c.Rates, c.Losses = append(c.Rates, rate), append(c.Losses, loss)
		if loss < lowest {
			lowest = loss
			c.Rate, _ = strconv.ParseFloat(fmt.Sprintf("%.0e", rate/10), 64) // one digit is as exact as it gets
		}
	}
	if c.Rates == nil {
		return c, fmt.Errorf("the loss is not a finite number before anything is learned; bring the inputs near 1, as Rescale and Normalized do")
	}
	return c, nil
}
