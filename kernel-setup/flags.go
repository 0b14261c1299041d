package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"

	"gonblabs/mnistkit/files"
)

// parse reads flags and arguments in any order and returns the arguments.
func (v verb) parse(fs *flag.FlagSet, args []string, out io.Writer) ([]string, error) {
	fs.SetOutput(io.Discard) // what goes wrong becomes one sentence
	fs.Usage = func() {}
	var rest []string
	for {
		err := fs.Parse(args)
		if errors.Is(err, flag.ErrHelp) {
			v.printHelp(fs, out)
			return nil, err
		}
		if err != nil {
			message := err.Error()
			if name, unknown := strings.CutPrefix(message, "flag provided but not defined: -"); unknown {
				message = fmt.Sprintf("%s has no flag --%s", v.name, strings.TrimPrefix(name, "-"))
			}
			return nil, usageError(fmt.Sprintf("%s; see: %s", message, files.Command(v.name+" --help")))
		}
		if fs.NArg() == 0 {
			break
		}
		rest = append(rest, fs.Arg(0))
		args = fs.Args()[1:]
	}
	if len(rest) > 0 && v.args == "" {
		return nil, usageError(fmt.Sprintf("%s takes no arguments, %q was given.", v.name, rest[0]))
	}
	return rest, nil
}

func (v verb) printHelp(fs *flag.FlagSet, out io.Writer) {
	about := strings.ToUpper(v.about[:1]) + v.about[1:]
	fmt.Fprintf(out, "%s\n%s.\n\n", files.Command(v.name+" [flags] "+v.args), about)
	fs.VisitAll(func(f *flag.Flag) {
		name, usage := flag.UnquoteUsage(f)
		label := strings.TrimSpace("--" + f.Name + " " + name)
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" && f.DefValue != "0s" {
			usage += " (default " + f.DefValue + ")"
		}
		fmt.Fprintf(out, "  %-18s %s\n", label, usage)
	})
}

// options are what a person asked for beyond the default. They stay until asked otherwise.
type options struct {
	Completion *bool `json:",omitempty"` // and documentation in JupyterLab, by gopls; nil is where the memory is there
	CUDA       bool  // the CUDA plugin before the CPU plugins
	gopls      bool  // now: lab goes on without it
	tests      bool  // what only the tests need
	board      bool  // TensorBoard
	grade      bool  // nbgrader
	hub        bool  // JupyterHub
}

// optionFlags adds the flags of every verb that sets up. Without them the earlier choice stays.
func (p *project) optionFlags(fs *flag.FlagSet) *options {
	o := p.savedOptions()
	usage := "completion in JupyterLab, for 300 MB of memory a kernel; unless you choose, where 4 GB are free and there is no hub"
	fs.BoolFunc("gopls", usage, func(word string) error {
		choice, err := strconv.ParseBool(word)
		o.Completion = &choice
		return err
	})
	fs.BoolVar(&o.CUDA, "cuda", o.CUDA, "install the CUDA plugin and NVIDIA's libraries (3 GB); stays on until --cuda=false")
	return &o
}

// savedOptions are what earlier calls asked for.
func (p *project) savedOptions() (o options) {
	_ = readJSON(p.tools("options.json"), &o) // the choices of who installed, then one's own
	_ = readJSON(p.optionsFile(), &o)
	return o
}

func (p *project) optionsFile() string { return p.own(".tools", "options.json") }
