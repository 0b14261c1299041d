package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/janpfeifer/must"

	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/data"
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

// Outcome is what a worker prints after "RESULT ". Its figures are
//
//	ready_s          from the start of the process to data in hand
//	first_s          from there to the first step done
//	again_s          ours: the same once more, by another engine, when what was compiled is kept
//	epoch_s          an epoch, without the first
//	fixed_s          ours: of that, what does not grow with its length: display, state kept
//	evaluate_call_s  the first evaluation, as a cell has it
//	evaluate_per_s   examples, once warm; predict_per_s likewise
//	memory_mb        MiB, up to the end of the training; memory_all_mb, of the process
type Outcome struct {
	Figures    map[string]float64 `json:"figures"`
	Metrics    map[string]float64 `json:"metrics"` // on the test examples, after all epochs
	Parameters int                `json:"parameters"`
	Versions   map[string]string  `json:"versions"`
	Backend    string             `json:"backend"`
}

// now is Unix time in seconds.
func now() float64 { return float64(time.Now().UnixNano()) / 1e9 }

// work is our own worker: it does the job through the kit, as a cell does.
func work(path string) {
	var job Job
	must.M(json.Unmarshal(must.M1(os.ReadFile(path)), &job))
	recipe := job.full()
	f := map[string]float64{"ready_s": now() - job.Started}
	run := kit.Run{
		Name: job.Name, Data: rows{recipe, job.Rows}, Model: job.Model, Loss: job.Loss, Metrics: []string{job.Metric},
		Optimizer: job.Optimizer, BatchSize: job.Batch, Seed: uint64(job.Seed),
	}
	for _, name := range []string{"first", "again"} { // a whole Fit of one batch: engine, data, compilation, step, and the state kept
		began := now()
		must.M1(run.With(run.Name+"-"+name, func(r *kit.Run) { r.Data = rows{recipe, job.Batch} }).Fit(1))
		f[name+"_s"] = now() - began
	}
	times := []float64{now()}
	history := must.M1(run.Fit(job.Epochs, kit.AfterEpoch(func(kit.History) kit.Action {
		times = append(times, now())
		return kit.Action{}
	})))
	f["memory_mb"] = peakMemory()
	f["epoch_s"] = perEpoch(times)
	last := len(times) - 1
	f["fixed_s"] = (times[last] - times[1] - history[1:].Seconds()) / float64(max(1, last-1))
	test := must.M1(recipe.Test()).First(job.Test)
	began := now()
	score := must.M1(run.Evaluate(test))
	f["evaluate_call_s"] = now() - began
	out := Outcome{Figures: f, Metrics: score.Metrics, Parameters: must.M1(run.Summary()).Counts.Total, Versions: map[string]string{"Go": strings.TrimPrefix(runtime.Version(), "go")}}
	out.rates(job.Case, test)
	f["memory_all_mb"] = peakMemory()
	fmt.Println("RESULT " + string(must.M1(json.Marshal(out))))
}

// perEpoch is seconds an epoch from the start of the first and the ends of all:
// without the first, unless it is the only one.
func perEpoch(times []float64) float64 {
	times = times[min(1, len(times)-2):]
	return (times[len(times)-1] - times[0]) / float64(len(times)-1)
}

// peakMemory is, in MiB, the peak of this process and that of its largest
// child that has ended: a cell has one engine at a time.
func peakMemory() float64 {
	var own float64
	_, _ = fmt.Sscan(proc("self/status", "VmHWM"), &own)
	var children syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_CHILDREN, &children)
	return (own + float64(children.Maxrss)) / 1024
}

// rates measures evaluation and prediction once all is compiled.
func (o *Outcome) rates(c Case, test *data.Set) {
	s := must.M1(session.Open(session.Recipe{
		Model: c.Model, Input: test.Inputs.Shape, InputType: test.Inputs.DType(), Loss: c.Loss,
		Metrics: []string{c.Metric}, Optimizer: c.Optimizer, BatchSize: c.Batch, Seed: 1,
	}))
	defer s.Close()
	o.Backend = s.Backend()
	must.M(session.PutSet(s, "test", test.Chunks()))
	o.Figures["evaluate_per_s"] = rate(test.Len(), func() { must.M1(s.Evaluate(context.Background(), "test", nil)) })
	o.Figures["predict_per_s"] = rate(test.Len(), func() { must.M1(s.Predict(context.Background(), "test")) })
}

// rate is n over the time of f: the best of three, after one to warm up.
func rate(n int, f func()) (best float64) {
	for i := range 4 {
		began := now()
		f()
		if i > 0 {
			best = max(best, float64(n)/(now()-began))
		}
	}
	return best
}
