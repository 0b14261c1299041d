package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
)

const cudaPlugin = "xla_cuda_plugin.so"

// cudaCandidate installs NVIDIA's libraries beside the CUDA plugin in the virtual environment, where
// the plugin looks for them.
func (p *project) cudaCandidate() candidate {
	return candidate{"CUDA 13 plugin of JAX 0.10.2", func(ctx context.Context, status func(string)) (string, error) {
		if platform() != "linux/amd64" {
			return "", fmt.Errorf("the CUDA plugin exists for linux/amd64 only, this is %s", platform())
		}
		if devices, _ := filepath.Glob("/dev/nvidia*"); len(devices) == 0 {
			return "", errors.New("there is no NVIDIA device here (/dev/nvidia*)")
		}
		if err := p.install(ctx, status, "requirements-cuda.txt"); err != nil {
			return "", err
		}
		found := glob(p.venv(), "lib/python3*/site-packages/jax_plugins/xla_cuda13/"+cudaPlugin)
		if len(found) == 0 {
			return "", errors.New("pip left no CUDA plugin in .venv")
		}
		return found[0], nil
	}}
}

// cudaVariables lead a CUDA plugin to the libraries and the assembler beside it. Python would load them
// beforehand; a Go program has only the loader's path. It is empty for other plugins.
func cudaVariables(plugin string) map[string]string {
	if filepath.Base(plugin) != cudaPlugin {
		return nil
	}
	nvidia := filepath.Join(filepath.Dir(plugin), "..", "..", "nvidia")
	return map[string]string{
		"LD_LIBRARY_PATH": strings.Join(glob(nvidia, "*/lib"), string(filepath.ListSeparator)),
		"XLA_FLAGS":       "--xla_gpu_cuda_data_dir=" + strconv.Quote(filepath.Join(nvidia, "cu13")), // XLA reads it as Go writes it,
	}
}
