// Command benchmarks measures mnistkit against Keras, JAX and PyTorch, and the
// cells of a notebook against GoNB's hello. README.md lists its verbs.
package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/janpfeifer/must"

	"gonblabs/mnistkit/session"
)

func main() {
	// A measurement ends with the first error; only a peer may fail.
	must.M = func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, "benchmarks:", err)
			os.Exit(1)
		}
	}
	verb, args := "all", os.Args[1:]
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		verb, args = args[0], args[1:]
	}
	switch verb {
	case "worker":
		work(args[0])
		return
	case "store":
		store(must.M1(strconv.Atoi(args[0])))
		return
	case "view":
		view(args[0])
		return
	case "load":
		load(args[0], args[1], args[2], must.M1(strconv.Atoi(args[3])), must.M1(strconv.ParseFloat(args[4], 64)))
		return
	}
	b := newBench()
	list := func(names *[]string) func(string) error {
		return func(value string) error { *names = strings.Split(value, ","); return nil }
	}
	flags := flag.NewFlagSet(verb, flag.ExitOnError)
	flags.IntVar(&b.repeat, "repeat", 3, "processes of each peer, interleaved; cells: sessions; serve: rounds")
	flags.Float64Var(&b.seconds, "seconds", 5, "serve: of each load")
	flags.Func("cases", "names, with commas; default all of the group", list(&b.only))
	flags.Func("peers", "names, with commas; default all that are usual", list(&b.names))
	model := flags.String("model", "", "accuracy: the study")
	seed := flags.Uint64("seed", 1, "accuracy: of the weights, the order and all that is drawn")
	test := flags.Bool("test", false, "accuracy: read the test data, alone and together")
	flags.BoolVar(&b.torch, "torch", false, "PyTorch too; installs 5 GB")
	flags.BoolVar(&b.dry, "dry", false, "print, keep nothing")
	must.M(flags.Parse(args))
	if b.repeat < 1 {
		must.M(fmt.Errorf("-repeat %d is too few; use 1 or more", b.repeat))
	}
	b.fresh = verb == "all"
	verbs := []string{verb}
	if verb == "all" {
		verbs = []string{"limits", "train", "scaling", "parity", "cells", "serve", "growth", "table"}
	}
	for _, verb := range verbs {
		switch verb {
		case "limits":
			b.limits()
		case "train", "scaling", "parity":
			b.group(verb)
		case "cells":
			b.cells()
		case "serve":
			b.serve()
		case "growth":
			b.growth()
		case "table":
			b.writeTable()
		case "accuracy":
			b.accuracy(*model, *seed, *test)
		default:
			must.M(fmt.Errorf("unknown sub-command %q; use limits, train, scaling, parity, cells, serve, growth, accuracy, table or all", verb))
		}
	}
}

// group runs the cases of a group, and keeps each as soon as it is done.
func (b *bench) group(name string) {
	for _, c := range cases {
		if c.Group == name && (b.only == nil || slices.Contains(b.only, c.Name)) {
			result := b.train(c, chosen(c, b.names, b.torch))
			b.keep(func(r *Results) { r.put(result) })
		}
	}
}

// bench is what was asked for, the folders, and the kernel's environment.
type bench struct {
	root, here, scratch string
	repeat              int
	seconds             float64
	only, names         []string // cases and peers; nil is the usual ones
	torch, dry          bool
	fresh               bool // keep nothing of earlier results
}

// patience is how long a process may take.
const patience = 20 * time.Minute

func newBench() *bench {
	root := must.M1(session.Root())
	b := &bench{root: root, here: filepath.Join(root, "docs", "benchmarks"), scratch: filepath.Join(root, ".tools", "benchmarks")}
	must.M(os.MkdirAll(filepath.Join(b.scratch, "data"), 0o755))
	return b
}

type kernelSpec struct {
	Argv          []string          `json:"argv"`
	DisplayName   string            `json:"display_name"`
	Language      string            `json:"language"`
	InterruptMode string            `json:"interrupt_mode,omitempty"`
	Env           map[string]string `json:"env"`
}

// kernelSpec is the notebooks' kernel, which set-up made, with places of its
// own for what is kept.
func (b *bench) kernelSpec() (spec kernelSpec) {
	contents, err := os.ReadFile(filepath.Join(b.root, ".venv", "share", "jupyter", "kernels", "gonb", "kernel.json"))
	if err != nil {
		must.M(fmt.Errorf("the notebooks' kernel is missing; run: go run ./kernel-setup setup (%w)", err))
	}
	must.M(json.Unmarshal(contents, &spec))
	spec.Env["MNISTKIT_RUNS"], spec.Env["MNISTKIT_COMPILED"] = filepath.Join(b.scratch, "runs"), filepath.Join(b.scratch, "compiled")
	return spec
}

// train runs a case with all its peers in turn, over and over, each time in a
// fresh process.
func (b *bench) train(c Case, list []Peer) CaseResult {
	result := CaseResult{Outline: c.Outline, Date: today(), Repeats: b.repeat, FLOP: c.flop()}
	files := b.export(c)
	for _, p := range list {
		if p.Script != "" {
			b.install(p.Family)
		}
		result.Peers = append(result.Peers, PeerResult{Peer: p.Name, Family: p.Family})
	}
	outcomes, parameters := make([][]Outcome, len(list)), 0
	for r := range b.repeat {
		for i, p := range list {
			fmt.Printf("%-14s %-14s %d of %d  ", c.Name, p.Name, r+1, b.repeat)
			o, err := b.once(Job{Case: c, Files: files, Seed: r + 1, Set: p.Set}, p)
			if err != nil {
				fmt.Println(err)
				result.Peers[i].Failure = err.Error()
				continue
			}
			outcomes[i] = append(outcomes[i], o)
			if parameters = cmp.Or(parameters, o.Parameters); o.Parameters != parameters {
				must.M(fmt.Errorf("%s has %d parameters, not %d; the models differ", p.Name, o.Parameters, parameters))
			}
			steps, f := (c.Rows+c.Batch-1)/c.Batch, o.Figures
			fmt.Printf("%9.3f ms a step, first %5.2f s, evaluates %8.0f/s, predicts %8.0f/s, %5.0f MiB, %s %.4f\n",
				1000*(f["epoch_s"]-f["fixed_s"])/float64(steps), f["first_s"], f["evaluate_per_s"], f["predict_per_s"], f["memory_mb"], c.Metric, o.Metrics[c.Metric])
		}
	}
	for i := range list {
		result.Peers[i].summarise(c.Outline, outcomes[i])
	}
	return result
}

func (b *bench) once(job Job, p Peer) (o Outcome, err error) {
	for _, old := range []string{"runs", "compiled"} {
		_ = os.RemoveAll(filepath.Join(b.scratch, old)) // of the process before
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	path := filepath.Join(b.scratch, "job.json")
	var cmd *exec.Cmd
	if p.Script == "" {
		cmd = exec.CommandContext(ctx, must.M1(os.Executable()), "worker", path)
		cmd.Env = b.environment()
		defer withNotebook(cmd, b.scratch)()
	} else if cmd = b.python(ctx, p.Family, p.Script, path); job.SameStart {
		job.Start = b.exportStart(job)
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	job.Started = now()
	must.M(os.WriteFile(path, must.M1(json.Marshal(job)), 0o644))
	err = cmd.Run()
	if err == nil {
		_, line, _ := strings.Cut("\n"+stdout.String(), "\nRESULT ")
		err = json.NewDecoder(strings.NewReader(line)).Decode(&o)
	}
	if err != nil {
		said := strings.Split(strings.TrimSpace(stderr.String()), "\n")
		err = fmt.Errorf("%s failed: %w: %s", p.Name, err, strings.Join(said[max(0, len(said)-4):], " / "))
	}
	return o, err
}
