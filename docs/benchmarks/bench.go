package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// bench knows the folders and the kernel's environment.
type bench struct {
	root, here, scratch string
	self                string   // this program
	kernelEnv           []string // what a cell's program has
	repeat, epochs      int      // epochs: 0 is the case's own number
	steps               int      // 0 is the case's own number
	limit               time.Duration
	fresh               bool // keep nothing of earlier results
}

func newBench() (*bench, error) {
	root, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(root, "docs", "benchmarks", "peers")); missing == nil {
			break
		}
		if root == filepath.Dir(root) {
			return nil, fmt.Errorf("the benchmark runs inside the checkout; change to its folder")
		}
		root = filepath.Dir(root)
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	b := &bench{root: root, here: filepath.Join(root, "docs", "benchmarks"), scratch: filepath.Join(root, ".tools", "benchmarks"), self: self, limit: 20 * time.Minute}
	spec, err := b.kernelSpec()
	if err != nil {
		return nil, err
	}
	for name, value := range spec.Env {
		b.kernelEnv = append(b.kernelEnv, name+"="+value)
	}
	b.kernelEnv = append(b.kernelEnv, "MNISTKIT_RUNS="+filepath.Join(b.scratch, "runs"))
	return b, os.MkdirAll(b.scratch, 0o755)
}

type kernelSpec struct {
	Argv          []string          `json:"argv"`
	DisplayName   string            `json:"display_name"`
	Language      string            `json:"language"`
	InterruptMode string            `json:"interrupt_mode,omitempty"`
	Env           map[string]string `json:"env"`
}

// kernelSpec is the notebooks' kernel, which set-up made.
func (b *bench) kernelSpec() (spec kernelSpec, err error) {
	contents, err := os.ReadFile(filepath.Join(b.root, ".venv", "share", "jupyter", "kernels", "gonb", "kernel.json"))
	if err != nil {
		return spec, fmt.Errorf("the notebooks' kernel is missing; run: go run ./kernel-setup setup (%w)", err)
	}
	return spec, json.Unmarshal(contents, &spec)
}

// train runs a case with all its peers in turn, over and over, each time in a
// fresh process.
func (b *bench) train(c Case, list []Peer) (CaseResult, error) {
	if b.epochs > 0 {
		c.Epochs = b.epochs
	}
	if b.steps > 0 {
		c.Rows, c.Test = min(c.Rows, b.steps*c.Batch), min(c.Test, 320)
	}
	files, err := b.export(c.Data)
	if err != nil {
		return CaseResult{}, err
	}
	collected := make([]samples, len(list))
	for r := range b.repeat {
		for i, p := range list {
			fmt.Printf("%-14s %-14s %d of %d  ", c.Name, p.Name, r+1, b.repeat)
			m, err := b.once(Job{Case: c, Files: files, Seed: r + 1, Set: p.Set}, p)
			if err != nil {
				fmt.Println(err)
				collected[i].failure = err.Error()
				continue
			}
			collected[i].add(m)
			fmt.Printf("%9.3f ms a step, first %5.2f s, %5.0f MiB, %s %.4f\n",
				1000*(mean(m.Epochs)-m.Fixed)/float64(c.Steps()), m.First, m.Memory, c.Metric, m.Metrics[c.Metric])
		}
	}
	result := CaseResult{Name: c.Name, About: c.About, Group: c.Group, Batch: c.Batch, Rows: c.Rows, Whole: c.Whole, Epochs: c.Epochs,
		Repeats: b.repeat, Metric: c.Metric, SameStart: c.SameStart, Sparse: c.Sparse, Date: time.Now().UTC().Format(time.DateOnly)}
	if _, result.FLOP, err = flop(c.Model, shapes[c.Data.Name]); err != nil {
		return result, err
	}
	for i, p := range list {
		result.Peers = append(result.Peers, collected[i].summary(c, p))
	}
	return result, result.check()
}

// Steps are those of an epoch.
func (c Case) Steps() int { return (c.Rows + c.Batch - 1) / c.Batch }

// measured is one process' outcome and memory.
type measured struct {
	Outcome
	Memory, MemoryAll float64 // MiB: up to the end of the training, and of the process
}

// once runs a job in a fresh process.
func (b *bench) once(job Job, p Peer) (measured, error) {
	for _, old := range []string{"runs", "job.json", "compiled"} {
		_ = os.RemoveAll(filepath.Join(b.scratch, old)) // of the process before
	}
	path := filepath.Join(b.scratch, "job.json")
	cmd := b.command(p, path)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return measured{}, err
	}
	if p.Script == "" {
		stop, err := withNotebook(cmd, b.scratch)
		if err != nil {
			return measured{}, err
		}
		defer stop()
	}
	if job.SameStart && p.Script != "" {
		if job.Start, err = b.exportStart(job); err != nil {
			return measured{}, err
		}
	}
	job.Started = now()
	contents, err := json.Marshal(job)
	if err == nil {
		err = os.WriteFile(path, contents, 0o644)
	}
	if err != nil {
		return measured{}, err
	}
	if err := cmd.Start(); err != nil {
		return measured{}, err
	}
	timer := time.AfterFunc(b.limit, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	watch := watchMemory(cmd.Process.Pid)
	defer watch.stop()
	var m measured
	lines := bufio.NewScanner(stdout)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if lines.Text() == "PHASE trained" {
			m.Memory = watch.peak()
		}
		if text, ok := strings.CutPrefix(lines.Text(), "RESULT "); ok {
			m.MemoryAll = watch.peak()
			if err := json.Unmarshal([]byte(text), &m.Outcome); err != nil {
				return m, err
			}
		}
	}
	if err := cmd.Wait(); err != nil || m.Parameters == 0 {
		return m, fmt.Errorf("%s failed: %v: %s", p.Name, err, lastLines(stderr.String(), 4))
	}
	return m, nil
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], " / ")
}
