package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
)

// Job is what a worker, ours or a peer's, is given as a file.
type Job struct {
	Case
	Files   string         `json:"files"`   // prefix of the .npy files
	Start   string         `json:"start"`   // prefix of the files with weights and orders, if the case has SameStart
	Seed    int            `json:"seed"`    // another one each time
	Started float64        `json:"started"` // Unix time at which the process was started
	Set     map[string]any `json:"set"`     // the peer's own settings
}

// Outcome is what a worker prints behind "RESULT ".
type Outcome struct {
	Ready        float64            `json:"ready_s"`         // from the start of the process to data in hand
	First        float64            `json:"first_s"`         // from there to the first step done
	Again        float64            `json:"again_s"`         // ours: the same once more, by another engine, when what was compiled is kept
	Epochs       []float64          `json:"epochs_s"`        // without the first, see steady
	Fixed        float64            `json:"fixed_s"`         // of that, what does not grow with the epoch: display, state kept
	EvaluateCall float64            `json:"evaluate_call_s"` // the first evaluation, as a cell has it
	EvaluateRate float64            `json:"evaluate_per_s"`  // examples, once warm
	PredictRate  float64            `json:"predict_per_s"`
	Metrics      map[string]float64 `json:"metrics"` // on the test examples, after all epochs
	Parameters   int                `json:"parameters"`
	Versions     map[string]string  `json:"versions"`
	Backend      string             `json:"backend"`
}

// now is Unix time in seconds.
func now() float64 { return float64(time.Now().UnixNano()) / 1e9 }

// work is our own worker: it does the job through the kit, as a cell does.
func work(path string) error {
	var job Job
	contents, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(contents, &job); err != nil {
		return err
	}
	train := job.rows(job.Rows)
	if err := train.full(); err != nil {
		return err
	}
	out := Outcome{Versions: map[string]string{"Go": strings.TrimPrefix(runtime.Version(), "go")}}
	out.Ready = now() - job.Started

	run := kit.Run{
		Name: job.Name, Data: train, Model: job.Model, Loss: job.Loss, Metrics: []string{job.Metric},
		Optimizer: job.Optimizer, BatchSize: job.Batch, Seed: uint64(job.Seed),
	}
	for _, s := range []struct {
		name  string
		taken *float64
	}{{"first", &out.First}, {"again", &out.Again}} {
		if *s.taken, err = firstStep(run.With(run.Name+"-"+s.name, nil), job.rows(job.Batch)); err != nil {
			return err
		}
	}
	times := []float64{now()}
	history, err := run.Fit(job.Epochs, kit.AfterEpoch(func(kit.History) kit.Action {
		times = append(times, now())
		return kit.Action{}
	}))
	if err != nil {
		return err
	}
	fmt.Println("PHASE trained")
	out.Epochs = steady(times)
	last := len(times) - 1
	out.Fixed = (times[last] - times[1] - history[1:].Seconds()) / float64(max(1, last-1))

	test, err := train.Test()
	if err != nil {
		return err
	}
	test = test.First(job.Test)
	began := now()
	score, err := run.Evaluate(test)
	if err != nil {
		return err
	}
	out.EvaluateCall, out.Metrics = now()-began, score.Metrics
	if err := rates(job.Case, test, &out); err != nil {
		return err
	}
	line, err := json.Marshal(out)
	fmt.Println("RESULT " + string(line))
	return err
}

// firstStep is a whole Fit of one batch: engine, data, compilation, step, and
// the state kept.
func firstStep(run kit.Run, batch rows) (float64, error) {
	began := now()
	first := run.With(run.Name, func(r *kit.Run) { r.Data = batch })
	_, err := first.Fit(1)
	return now() - began, err
}

// steady turns the times of epochs' ends into seconds an epoch: without the
// first epoch, and where there are more than ten, the means of ten groups.
func steady(times []float64) []float64 {
	times = times[min(1, len(times)-2):]
	n := len(times) - 1
	groups := min(n, 10)
	var out []float64
	for i := range groups {
		from, to := i*n/groups, (i+1)*n/groups
		out = append(out, (times[to]-times[from])/float64(to-from))
	}
	return out
}

// rates measures evaluation and prediction once all is compiled.
func rates(c Case, test *data.Set, out *Outcome) error {
	s, err := session.Open(session.Recipe{
		Model: c.Model, Input: test.Inputs.Shape, InputType: test.Inputs.DType(), Loss: c.Loss,
		Metrics: []string{c.Metric}, Optimizer: c.Optimizer, BatchSize: c.Batch, Seed: 1,
	})
	if err != nil {
		return err
	}
	defer s.Close()
	out.Backend = s.Backend()
	weights, err := s.Weights()
	if err != nil {
		return err
	}
	for _, w := range weights {
		size := layer.Param{Shape: w.Shape}.Size()
		out.Parameters += size
	}
	if err := s.Put("test", test); err != nil {
		return err
	}
	ctx := context.Background()
	if out.EvaluateRate, err = rate(test.Len(), func() error { _, err := s.Evaluate(ctx, "test", nil); return err }); err != nil {
		return err
	}
	out.PredictRate, err = rate(test.Len(), func() error { _, err := s.Predict(ctx, "test"); return err })
	return err
}

// rate is n over the time of f: the best of three behind one to warm up.
func rate(n int, f func() error) (float64, error) {
	best := 0.0
	for i := range 4 {
		began := now()
		if err := f(); err != nil {
			return 0, err
		}
		if i > 0 {
			best = max(best, float64(n)/(now()-began))
		}
	}
	return best, nil
}
