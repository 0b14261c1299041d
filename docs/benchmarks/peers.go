package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Peer is a way to do a case: ours, or a script under peers/.
type Peer struct {
	Name   string
	About  string
	Family string         // peers of a family compete: the best of them counts
	Script string         // "" is our own worker
	Set    map[string]any // settings for the script
	Extra  bool           // only on request
}

var peers = []Peer{
	{Name: "kit", Family: "mnistkit", About: "kit.Run.Fit, engine program on XLA"},
	{Name: "keras", Family: "Keras", About: "model.fit, jit_compile=False", Script: "keras_peer.py", Set: map[string]any{"jit": false}},
	{Name: "keras-jit", Family: "Keras", About: "model.fit, jit_compile=True", Script: "keras_peer.py", Set: map[string]any{"jit": true}},
	{Name: "keras-multi", Family: "Keras, 32 steps an execution", About: "model.fit, jit_compile=True, steps_per_execution=32", Script: "keras_peer.py",
		Set: map[string]any{"jit": true, "steps_per_execution": 32}, Extra: true},
	{Name: "jax", Family: "JAX", About: "jitted step, data on the device", Script: "jax_peer.py", Set: map[string]any{"scan": false}},
	{Name: "jax-scan", Family: "JAX, whole epoch", About: "a whole epoch in one lax.scan", Script: "jax_peer.py", Set: map[string]any{"scan": true}},
	{Name: "torch", Family: "PyTorch", About: "eager", Script: "torch_peer.py", Set: map[string]any{}, Extra: true},
	{Name: "torch-last", Family: "PyTorch", About: "eager, channels_last", Script: "torch_peer.py", Set: map[string]any{"channels_last": true}, Extra: true},
	{Name: "torch-compile", Family: "PyTorch", About: "torch.compile", Script: "torch_peer.py", Set: map[string]any{"compile": true}, Extra: true},
}

// chosen are the peers of a case: those asked for, or all that are not extra
// and not skipped.
func chosen(c Case, names []string, torch bool) []Peer {
	if c.Group == "parity" && len(names) == 0 {
		names = parityPeers
	}
	var list []Peer
	for _, p := range peers {
		asked := slices.Contains(names, p.Name)
		usual := len(names) == 0 && !slices.Contains(c.Skip, p.Name) && (!p.Extra || torch && p.Family == "PyTorch")
		if asked || usual {
			list = append(list, p)
		}
	}
	return list
}

// command is the program that does the job in the file.
func (b *bench) command(p Peer, job string) *exec.Cmd {
	if p.Script == "" {
		cmd := exec.Command(b.self, "worker", job)
		cmd.Env = append(append(os.Environ(), b.kernelEnv...), "MNISTKIT_COMPILED="+filepath.Join(b.scratch, "compiled"))
		return cmd
	}
	return b.python(p.Family == "PyTorch", p.Script, job)
}

// python runs a script of peers/ in the peers' environment, on the CPU.
func (b *bench) python(torch bool, script string, args ...string) *exec.Cmd {
	cmd := exec.Command(b.venv(torch, "bin", "python"), append([]string{filepath.Join(b.here, "peers", script)}, args...)...)
	cmd.Env = append(os.Environ(), "TF_CPP_MIN_LOG_LEVEL=2", "KERAS_BACKEND=tensorflow", "CUDA_VISIBLE_DEVICES=", "PYTHONNOUSERSITE=1")
	return cmd
}

// venv is a path in the peers' environment; PyTorch has one of its own.
func (b *bench) venv(torch bool, parts ...string) string {
	name := "venv"
	if torch {
		name = "venv-torch"
	}
	return filepath.Join(append([]string{b.scratch, name}, parts...)...)
}

// ensureVenv makes an environment from its pinned list unless it is there.
func (b *bench) ensureVenv(torch bool) error {
	list := filepath.Join(b.here, "peers", "requirements.txt")
	if torch {
		list = filepath.Join(b.here, "peers", "requirements-torch.txt")
	}
	want, err := os.ReadFile(list)
	if err != nil {
		return err
	}
	stamp := b.venv(torch, "installed.txt")
	if have, err := os.ReadFile(stamp); err == nil && string(have) == string(want) {
		return nil
	}
	fmt.Println("installing the peers' packages …")
	for _, args := range [][]string{
		{"python3", "-m", "venv", "--clear", b.venv(torch)},
		{b.venv(torch, "bin", "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", list},
	} {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("%s: %w", strings.Join(args[:4], " "), err)
		}
	}
	return os.WriteFile(stamp, want, 0o644)
}
