package main

import (
	"encoding/json"
	"flag"
	"os"
)

// options are what a person asked for beyond the default. They stay until asked otherwise.
type options struct {
	Gopls bool // completion and documentation in JupyterLab
	CUDA  bool // the CUDA plugin before the CPU plugins
	tests bool // what only the tests need
	board bool // TensorBoard
}

// optionFlags adds the flags of every verb that sets up. Without them the earlier choice stays.
func (p *project) optionFlags(fs *flag.FlagSet) *options {
	saved := p.savedOptions()
	o := &saved
	fs.BoolVar(&o.Gopls, "gopls", o.Gopls, "build gopls "+goplsVersion+": completion in JupyterLab, for about 300 MB of memory; stays on until --gopls=false")
	fs.BoolVar(&o.CUDA, "cuda", o.CUDA, "install the CUDA plugin and NVIDIA's libraries (3 GB); stays on until --cuda=false")
	return o
}

// savedOptions are what earlier calls asked for.
func (p *project) savedOptions() options {
	var o options
	if contents, err := os.ReadFile(p.optionsFile()); err == nil {
		_ = json.Unmarshal(contents, &o)
	}
	return o
}

func (p *project) optionsFile() string { return p.tools("options.json") }
