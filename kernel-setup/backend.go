package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"gonblabs/mnistkit/files"
)

// backend is what computes: XLA through a plugin, or pure Go.
type backend struct {
	Env           string   // value of GOMLX_BACKEND
	Name          string   // where the plugin came from
	Kind          string   // "xla:cpu"
	Description   string   // what the engine says of it
	MaxDifference float64  // from the pure-Go backend in the numeric check, as a share of the largest number
	Rejected      []string // what was tried before, and why not
}

// environment is what programs that compute need.
func (b backend) environment() []string {
	variables := []string{"GOMLX_BACKEND=" + b.Env}
	plugin := strings.TrimPrefix(b.Env, "xla:")
	variables = append(variables, cudaVariables(plugin)...)
	return append(variables, wheelVariables(plugin)...)
}

// candidate is one way to a plugin. Candidates are tried in order.
type candidate struct {
	name    string
	install func(ctx context.Context, status func(string)) (plugin string, err error)
}

// pureGo needs no plugin and is always right: the others are checked against it.
var pureGo = backend{Env: "go", Name: "GoMLX's pure-Go backend", Kind: "go"}

// backendPart chooses what computes and writes the choice down.
func (p *project) backendPart(o options) part {
	candidates := p.candidates(o)
	return part{
		name:    "XLA backend",
		network: true,
		mayWait: func() bool { return !o.CUDA && exists(p.backendFile()) && p.backendOrGo().Env == pureGo.Env },
		inputs: func() string {
			inputs := p.root + platform() + p.version("github.com/gomlx/go-xla")
			for _, c := range candidates {
				inputs += "\n" + c.name
			}
			inputs += fmt.Sprint(wheels)
			if p.backendOrGo().Env == pureGo.Env {
				inputs += time.Now().Format(time.DateOnly) // no plugin could be had: try again another day
			}
			return inputs
		},
		makes: []string{p.backendFile()},
		make: func(ctx context.Context, status func(string)) error {
			chosen, err := p.chooseBackend(ctx, candidates, status)
			if err != nil {
				return err
			}
			return writeJSON(p.backendFile(), chosen)
		},
	}
}

func (p *project) backendFile() string { return p.tools("xla", "backend.json") }

func (p *project) candidates(o options) []candidate {
	var all []candidate
	if o.CUDA {
		all = append(all, candidate{"CUDA 13 plugin of JAX 0.10.2", p.installCUDA})
	}
	if platform() == "linux/amd64" {
		for _, w := range wheels {
			all = append(all, candidate{w.Package + " " + w.Version, func(ctx context.Context, status func(string)) (string, error) {
				return p.installWheel(ctx, status, w)
			}})
		}
	}
	if cgo == "1" {
		all = append(all, candidate{"GoMLX's installer", p.installGoMLX})
	}
	return all
}

// chooseBackend takes the first plugin that computes what the pure-Go backend computes.
func (p *project) chooseBackend(ctx context.Context, candidates []candidate, status func(string)) (backend, error) {
	var rejected []string
	for _, c := range candidates {
		found := backend{}
		status(c.name)
		plugin, err := c.install(ctx, status)
		if err == nil {
			status("check " + c.name)
			found, err = p.checkBackend(ctx, "xla:"+plugin)
		}
		if err == nil || ctx.Err() != nil {
			found.Name, found.Rejected = c.name, rejected
			return found, ctx.Err()
		}
		rejected = append(rejected, c.name+": "+clip(strings.Join(strings.Fields(err.Error()), " "), 200))
	}
	found := pureGo
	found.Rejected = rejected
	return found, nil
}

// checkBackend has the engine multiply matrices and differentiate a convolution on a backend.
func (p *project) checkBackend(ctx context.Context, env string) (backend, error) {
	printed, err := output(with(p.command(ctx, p.tool("mnistkit-engine"), "check"), backend{Env: env}.environment()...))
	if err != nil {
		return backend{}, err
	}
	var result struct {
		Backend       string  `json:"backend"`
		Description   string  `json:"description"`
		OK            bool    `json:"ok"`
		MaxDifference float64 `json:"max_difference"`
	}
	if err := json.Unmarshal([]byte(printed), &result); err != nil {
		return backend{}, fmt.Errorf("the engine's check answered %q", clip(printed, 80))
	}
	if !result.OK {
		return backend{}, fmt.Errorf("its results differ from pure Go by %g", result.MaxDifference)
	}
	return backend{Env: env, Kind: result.Backend, Description: result.Description, MaxDifference: result.MaxDifference}, nil
}

// chosenBackend reads what set-up chose.
func (p *project) chosenBackend() (backend, error) {
	if !exists(p.backendFile()) {
		return backend{}, errors.New("no backend is chosen yet; run: " + files.Command("setup"))
	}
	var chosen backend
	if err := readJSON(p.backendFile(), &chosen); err != nil {
		return backend{}, fmt.Errorf("%s is damaged; run: %s", p.backendFile(), files.Command("clean"))
	}
	return chosen, nil
}

// label says in a line what computes, without the paths of this machine.
func (b backend) label() string {
	if b.Env == pureGo.Env {
		return b.Name
	}
	label := "XLA on " + strings.ToUpper(strings.TrimPrefix(b.Kind, "xla:"))
	if version := regexp.MustCompile(`v\d+\.\d+`).FindString(b.Description); version != "" {
		label += ", PJRT " + version
	}
	return fmt.Sprintf("%s (%s)", label, b.Name)
}
