package main

import (
	"context"
	"encoding/gob"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/janpfeifer/gonb/gonbui/protocol"
	"github.com/janpfeifer/must"
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
	{Name: "keras", Family: "Keras", Script: "keras_peer.py", Set: map[string]any{"jit": false}},
	{Name: "keras-jit", Family: "Keras", Script: "keras_peer.py", Set: map[string]any{"jit": true}},
	{Name: "keras-multi", Family: "Keras, 32 steps an execution", Script: "keras_peer.py", Set: map[string]any{"jit": true, "steps_per_execution": 32}, Extra: true},
	{Name: "jax", Family: "JAX", Script: "jax_peer.py", Set: map[string]any{"scan": false}},
	{Name: "jax-scan", Family: "JAX, whole epoch", Script: "jax_peer.py", Set: map[string]any{"scan": true}},
	{Name: "torch", Family: "PyTorch", Script: "torch_peer.py", Set: map[string]any{}, Extra: true},
	{Name: "torch-last", Family: "PyTorch", Script: "torch_peer.py", Set: map[string]any{"channels_last": true}, Extra: true},
	{Name: "torch-compile", Family: "PyTorch", Script: "torch_peer.py", Set: map[string]any{"compile": true}, Extra: true},
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

// command is the program that does the job in the file.
func (b *bench) command(ctx context.Context, p Peer, job string) *exec.Cmd {
	if p.Script != "" {
		return b.python(ctx, p.Family, p.Script, job)
	}
	cmd := exec.CommandContext(ctx, must.M1(os.Executable()), "worker", job)
	cmd.Env = os.Environ()
	for name, value := range b.kernelSpec().Env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	return cmd
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
	if family == "PyTorch" {
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
