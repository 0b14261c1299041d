package main

import (
	"context"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/janpfeifer/gonb/gonbui/protocol"
	"github.com/janpfeifer/must"

	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/session"
)

// Peer is a way to do a case: ours, or a script under peers/.
type Peer struct {
	Name   string
	Family string         // peers of a family compete: the best of them counts
	Script string         // "" is our own worker
	Set    map[string]any // settings for the script
	Extra  bool           // only on request
}

var peers = []Peer{
	{Name: "kit", Family: "mnistkit"},
	{Name: "kit-bf16", Family: "mnistkit, bf16", Set: map[string]any{"bf16": true}, Extra: true},
	{Name: "kit-devices", Family: "mnistkit, two devices", Set: map[string]any{"devices": 2}, Extra: true},
	{Name: "keras", Family: "Keras", Script: "keras_peer.py", Set: map[string]any{"jit": false}},
	{Name: "keras-jit", Family: "Keras", Script: "keras_peer.py", Set: map[string]any{"jit": true}},
	{Name: "keras-bf16", Family: "Keras, bf16", Script: "keras_peer.py", Set: map[string]any{"jit": false, "bf16": true}, Extra: true},
	{Name: "keras-multi", Family: "Keras, 32 steps an execution", Script: "keras_peer.py", Set: map[string]any{"jit": true, "steps_per_execution": 32}, Extra: true},
	{Name: "jax", Family: "JAX", Script: "jax_peer.py", Set: map[string]any{"scan": false}},
	{Name: "jax-scan", Family: "JAX, whole epoch", Script: "jax_peer.py", Set: map[string]any{"scan": true}},
	{Name: "torch", Family: "PyTorch", Script: "torch_peer.py", Set: map[string]any{}, Extra: true},
	{Name: "torch-last", Family: "PyTorch", Script: "torch_peer.py", Set: map[string]any{"channels_last": true}, Extra: true},
	{Name: "torch-compile", Family: "PyTorch", Script: "torch_peer.py", Set: map[string]any{"compile": true}, Extra: true},
	{Name: "torch-bf16", Family: "PyTorch, bf16", Script: "torch_peer.py", Set: map[string]any{"channels_last": true, "bf16": true}, Extra: true},
}

// chosen are the peers of a case: those asked for, or all that are not extra
// and not skipped. Equal recipes must learn equally well, whoever trains them:
// one peer is enough for parity.
func chosen(c Case, names []string, torch bool) []Peer {
	if c.Group == "parity" && names == nil {
		names = []string{"kit", "keras-jit"}
	}
	var list []Peer
	for _, p := range peers {
		asked := slices.Contains(names, p.Name)
		usual := names == nil && !slices.Contains(c.Skip, p.Name) && (!p.Extra || torch && p.Family == "PyTorch")
		if asked || usual {
			list = append(list, p)
		}
	}
	return list
}

// environment is ours, and that of the notebooks' kernel.
func (b *bench) environment() []string {
	env := os.Environ()
	for name, value := range b.kernelSpec().Env {
		env = append(env, name+"="+value)
	}
	return env
}

// python runs a script of peers/ in a family's environment, on the CPU.
func (b *bench) python(ctx context.Context, family, script string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, b.install(family), append([]string{filepath.Join(b.here, "peers", script)}, args...)...)
	cmd.Env = append(os.Environ(), "TF_CPP_MIN_LOG_LEVEL=2", "KERAS_BACKEND=tensorflow", "CUDA_VISIBLE_DEVICES=", "PYTHONNOUSERSITE=1")
	return cmd
}

// install makes a family's environment from its pinned list, unless it is there,
// and gives its interpreter. PyTorch has an environment of its own.
func (b *bench) install(family string) (python string) {
	suffix := ""
	if strings.HasPrefix(family, "PyTorch") {
		suffix = "-torch"
	}
	folder, list := filepath.Join(b.scratch, "venv"+suffix), filepath.Join(b.here, "peers", "requirements"+suffix+".txt")
	python = filepath.Join(folder, "bin", "python")
	want, stamp := must.M1(os.ReadFile(list)), filepath.Join(folder, "installed.txt")
	if have, err := os.ReadFile(stamp); err == nil && string(have) == string(want) {
		return python
	}
	fmt.Println("installing the peers' packages …")
	for _, args := range [][]string{
		{"python3", "-m", "venv", "--clear", folder},
		{python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", list},
	} {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
		must.M(cmd.Run())
	}
	must.M(os.WriteFile(stamp, want, 0o644))
	return python
}

// withNotebook gives a worker the two pipes of a GoNB kernel, so that it shows
// its training as in a cell: drawn, encoded and sent. Here it is thrown away.
func withNotebook(cmd *exec.Cmd, folder string) (stop func()) {
	open := func(variable, name string) *os.File {
		path := filepath.Join(folder, name)
		_ = os.Remove(path) // of the worker before
		must.M(syscall.Mkfifo(path, 0o600))
		cmd.Env = append(cmd.Env, variable+"="+path)
		return must.M1(os.OpenFile(path, os.O_RDWR, 0)) // both ends open: neither side waits for the other
	}
	out, back := open(protocol.GONB_PIPE_ENV, "gonb_pipe"), open(protocol.GONB_PIPE_BACK_ENV, "gonb_pipe_back")
	go answer(out, back)
	return func() { // nothing was written that must last
		_, _ = out.Close(), back.Close()
	}
}

// answer reads what the worker displays and acknowledges its syncs.
func answer(out, back *os.File) {
	dec, enc := gob.NewDecoder(out), gob.NewEncoder(back)
	for {
		var d protocol.DisplayData
		if dec.Decode(&d) != nil {
			return // the worker ended
		}
		v, ok := d.Data[protocol.MIMECommValue].(protocol.CommValue)
		if ok && v.Address == protocol.GonbuiSyncAddress {
			if enc.Encode(protocol.CommValue{Address: protocol.GonbuiSyncAckAddress, Value: v.Value}) != nil {
				return
			}
		}
	}
}

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
	if job.Set["bf16"] == true {
		run.Precision = "bf16"
	}
	if n, ok := job.Set["devices"].(float64); ok {
		run.Devices = int(n)
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
	out := Outcome{
		Figures: f, Metrics: score.Metrics, Parameters: must.M1(run.Summary()).Counts.Total,
		Versions: map[string]string{"Go": strings.TrimPrefix(runtime.Version(), "go")},
	}
	out.rates(job.Case, run.Precision, test)
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
func (o *Outcome) rates(c Case, precision string, test *data.Set) {
	s := must.M1(session.Open(session.Recipe{
		Model: c.Model, Input: test.Inputs.Shape, InputType: test.Inputs.DType(), Loss: c.Loss, Precision: precision,
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
