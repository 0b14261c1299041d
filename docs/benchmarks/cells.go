package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/janpfeifer/must"
)

// CellResult is one step of a notebook, in Go and in IPython with Keras.
type CellResult struct {
	Cell     string `json:"cell"`
	Sessions int    `json:"sessions"`
	Go       Spread `json:"go_s"`
	Hello    Spread `json:"hello_s"`  // the hello before it
	Ratio    Spread `json:"ratio"`    // to that hello
	Beside   Spread `json:"beside_s"` // beyond the training itself
	Python   Spread `json:"python_s"`
}

// cells runs the notebook steps of peers/cells.py.
func (b *bench) cells() {
	_ = os.RemoveAll(filepath.Join(b.scratch, "runs")) // of the last time
	gonb := b.kernelSpec()
	keras := kernelSpec{
		Argv:        []string{b.install("Keras"), "-m", "ipykernel_launcher", "-f", "{connection_file}"},
		DisplayName: "Keras", Language: "python",
		Env: map[string]string{"TF_CPP_MIN_LOG_LEVEL": "2", "KERAS_BACKEND": "tensorflow", "IPYTHONDIR": filepath.Join(b.scratch, "ipython")},
	}
	jupyter := filepath.Join(b.scratch, "jupyter") // only this benchmark finds these kernels
	for name, spec := range map[string]kernelSpec{"benchmark-gonb": gonb, "benchmark-keras": keras} {
		folder := filepath.Join(jupyter, "kernels", name)
		must.M(os.MkdirAll(folder, 0o755))
		must.M(os.WriteFile(filepath.Join(folder, "kernel.json"), must.M1(json.Marshal(spec)), 0o644))
	}
	cmd := exec.Command(filepath.Join(b.root, ".venv", "bin", "python"), filepath.Join(b.here, "peers", "cells.py"), fmt.Sprint(b.repeat), b.export(Case{Data: "digits"}))
	cmd.Env = append(os.Environ(), "JUPYTER_PATH="+jupyter, "JUPYTER_PREFER_ENV_PATH=0", "JUPYTER_RUNTIME_DIR="+filepath.Join(jupyter, "runtime"),
		"PYTHONNOUSERSITE=1", "BENCHMARK_COMPILED="+gonb.Env["MNISTKIT_COMPILED"])
	cmd.Dir, cmd.Stderr = b.scratch, os.Stderr
	results := readCells(must.M1(cmd.Output()))
	for _, c := range results {
		fmt.Printf("%-18s %s s, %s × hello, Keras %s s\n", c.Cell, c.Go, c.Ratio, c.Python)
	}
	b.keep(func(r *Results) { r.Cells = results })
}

// readCells joins the sessions that peers/cells.py prints.
func readCells(printed []byte) (results []CellResult) {
	var sessions [][]struct {
		Cell    string
		Figures map[string]float64
	}
	must.M(json.Unmarshal(printed, &sessions))
	for i, first := range sessions[0] {
		var figures []map[string]float64
		for _, s := range sessions {
			figures = append(figures, s[i].Figures)
		}
		r := CellResult{Cell: first.Cell, Sessions: len(sessions)}
		spreads(figures, &r)
		results = append(results, r)
	}
	return results
}
