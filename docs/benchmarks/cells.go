package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// CellResult is one step of a notebook, in Go and in IPython with Keras.
type CellResult struct {
	Cell     string `json:"cell"`
	Sessions int    `json:"sessions"`
	Go       Spread `json:"go_s"`
	Hello    Spread `json:"hello_s"`  // the hello before it
	Ratio    Spread `json:"ratio"`    // to that hello
	Above    Spread `json:"above_s"`  // beyond that hello
	Beside   Spread `json:"beside_s"` // beyond the training itself
	Python   Spread `json:"python_s"`
}

// cells runs the notebook steps of peers/cells.py.
func (m measurement) cells() error {
	if err := m.ensureVenv(false); err != nil {
		return err
	}
	prefix, err := m.export(digits)
	if err != nil {
		return err
	}
	runs := filepath.Join(m.scratch, "runs-cells")
	_ = os.RemoveAll(runs) // of the last time
	if err := m.writeKernels(runs); err != nil {
		return err
	}
	cmd := exec.Command(filepath.Join(m.root, ".venv", "bin", "python"), filepath.Join(m.here, "peers", "cells.py"), fmt.Sprint(m.repeat), prefix)
	cmd.Env = append(os.Environ(), "JUPYTER_PATH="+filepath.Join(m.scratch, "jupyter"), "JUPYTER_PREFER_ENV_PATH=0",
		"JUPYTER_RUNTIME_DIR="+filepath.Join(m.scratch, "jupyter", "runtime"), "PYTHONNOUSERSITE=1", "BENCHMARK_COMPILED="+filepath.Join(m.scratch, "compiled"))
	cmd.Dir = m.scratch
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("cells: %w", err)
	}
	var sessions [][]cellTime
	if err := json.Unmarshal(out.Bytes(), &sessions); err != nil {
		return fmt.Errorf("cells: %w", err)
	}
	results := summarise(sessions)
	for _, c := range results {
		fmt.Printf("%-18s %6s s %6s × hello, Keras %6s s\n", c.Cell, orDash(c.Go), orDash(c.Ratio), orDash(c.Python))
	}
	if m.dry {
		return nil
	}
	return m.keep(func(r *Results) { r.Cells = results })
}

// orDash is the median, if there is one.
func orDash(s Spread) string {
	if s == (Spread{}) {
		return "–"
	}
	return fmt.Sprintf("%.2f", s.Median)
}

// writeKernels installs the notebooks' kernel with a runs folder of its own,
// and IPython's with Keras, where only this benchmark finds them.
func (m measurement) writeKernels(runs string) error {
	gonb, err := m.kernelSpec()
	if err != nil {
		return err
	}
	gonb.Env["MNISTKIT_RUNS"], gonb.Env["MNISTKIT_COMPILED"] = runs, filepath.Join(m.scratch, "compiled")
	python := kernelSpec{
		Argv:        []string{m.venv(false, "bin", "python"), "-m", "ipykernel_launcher", "-f", "{connection_file}"},
		DisplayName: "Keras", Language: "python",
		Env: map[string]string{"TF_CPP_MIN_LOG_LEVEL": "2", "KERAS_BACKEND": "tensorflow", "IPYTHONDIR": filepath.Join(m.scratch, "ipython")},
	}
	for name, spec := range map[string]kernelSpec{"benchmark-gonb": gonb, "benchmark-keras": python} {
		folder := filepath.Join(m.scratch, "jupyter", "kernels", name)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
		contents, err := json.Marshal(spec)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, "kernel.json"), contents, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// cellTime is what peers/cells.py prints; nil is not measured.
type cellTime struct {
	Cell                    string
	Go, Hello, Work, Python *float64
}

// summarise joins the sessions.
func summarise(sessions [][]cellTime) []CellResult {
	var results []CellResult
	for i, first := range sessions[0] {
		of := func(f func(c cellTime) *float64) Spread {
			var values []float64
			for _, s := range sessions {
				if v := f(s[i]); v != nil {
					values = append(values, *v)
				}
			}
			return spread(values, 1)
		}
		with := func(b func(cellTime) *float64, join func(a, b float64) float64) Spread {
			return of(func(c cellTime) *float64 {
				if c.Go == nil || b(c) == nil {
					return nil
				}
				v := join(*c.Go, *b(c))
				return &v
			})
		}
		hello := func(c cellTime) *float64 { return c.Hello }
		work := func(c cellTime) *float64 {
			if c.Cell == "replayed fit" { // it prints the seconds of the stored history
				return nil
			}
			return c.Work
		}
		minus := func(a, b float64) float64 { return a - b }
		results = append(results, CellResult{
			Cell: first.Cell, Sessions: len(sessions),
			Go: of(func(c cellTime) *float64 { return c.Go }), Python: of(func(c cellTime) *float64 { return c.Python }),
			Hello: of(hello), Above: with(hello, minus), Beside: with(work, minus),
			Ratio: with(hello, func(a, b float64) float64 { return a / b }),
		})
	}
	return results
}
