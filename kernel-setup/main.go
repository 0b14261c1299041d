// Command kernel-setup makes everything that the notebooks need inside the checkout, and runs it:
//
//	go run ./kernel-setup lab
//	go run ./kernel-setup report
//
// Run it without a verb, or with --help, for all verbs and flags.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"gonblabs/mnistkit/files"
)

// verb is one word of the command line.
type verb struct {
	name  string
	args  string // what may follow the flags, as shown in the help
	about string
	flags func(p *project, fs *flag.FlagSet) action // declares the flags of the verb
}

// action does what a verb says, once its flags are read.
type action func(ctx context.Context, args []string) error

var verbs = []verb{
	{"lab", "[notebook]", "open JupyterLab on your copies of the notebooks, in work/", labVerb},
	{"report", "[notebook ...]", "execute notebooks in fresh kernels, export self-contained HTML pages", reportVerb},
	{"assign", "notebook ...", "make a course of nbgrader: exercises to hand out, checks, grades", assignVerb},
	{"pack", "notebook", "put a notebook, its page and its models into one file, to hand in", packVerb},
	{"unpack", "file", "bring a training that pack --training has packed here, to go on with it", unpackVerb},
	{"verify", "file | folder ...", "measure the models of packs anew, and compare with what their pages claim", verifyVerb},
	{"test", "[suite]", "run every test of the project, or a long suite: " + strings.Join(suites, ", "), testVerb},
	{"results", "", "write docs/results.md from the saved notebooks", resultsVerb},
	{"tensorboard", "", "install TensorBoard, and open it on runs/", tensorBoardVerb},
	{"fetch", "[data set ... | all]", "download full data sets, checked by sha256", fetchVerb},
	{"install", "", "install the course for all users of this machine, in one place that none of them writes to", installVerb},
	{"uninstall", "", "remove such an installation", uninstallVerb},
	{"setup", "", "set up what is missing, nothing more (lab, report and test do it by themselves)", setupVerb},
	{"doctor", "", "tell what is installed and whether it works", doctorVerb},
	{"hub", "", "write the files for JupyterHub: for one machine, for images, for Kubernetes", hubVerb},
	{"clean", "", "remove what set-up made, or old runs", cleanVerb},
}

// usageError is a mistake on the command line: it exits with 2, not 1.
type usageError string

func (e usageError) Error() string { return string(e) }

func main() {
	asked := append(preemption, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // as nohup wants it; else the end of the terminal is an end like Ctrl-C
		asked = append(asked, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), asked...)
	err := run(ctx, os.Args[1:], os.Stdout)
	interrupted := ctx.Err() != nil
	stop()
	os.Exit(report(err, interrupted))
}

// report prints err as one sentence and returns the exit code.
func report(err error, interrupted bool) int {
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if interrupted {
		fmt.Fprintln(os.Stderr, "kernel-setup: stopped; the same command goes on from there.")
		return 130
	}
	said := err.Error()
	if remedy := files.Remedy(said); !strings.Contains(said, remedy) { // pip's and go's words have none
		said += "\n" + remedy
	}
	fmt.Fprintln(os.Stderr, "kernel-setup:", said)
	if errors.As(err, new(usageError)) {
		return 2
	}
	return 1
}

func run(ctx context.Context, args []string, out io.Writer) error {
	p, err := findProject()
	if err == nil {
		p.cleanEnvironment()
	}
	if len(args) == 0 || slices.Contains([]string{"help", "-h", "-help", "--help"}, args[0]) {
		printHelp(out)
		return nil
	}
	var names []string
	for _, v := range verbs {
		if v.name == args[0] {
			if err != nil {
				return err
			}
			fs := flag.NewFlagSet(v.name, flag.ContinueOnError)
			act := v.flags(p, fs)
			rest, err := v.parse(fs, args[1:], out)
			if err != nil {
				return err
			}
			changes := slices.Contains([]string{"results", "test", "assign"}, v.name)
			fs.Visit(func(f *flag.Flag) { changes = changes || f.Name == "author" || f.Name == "save" })
			if changes && p.shared() {
				return errors.New("this changes the course itself, which you share with other users; do it in a checkout of your own")
			}
			return act(ctx, rest)
		}
		names = append(names, v.name)
	}
	return usageError(fmt.Sprintf("there is no verb %q; the verbs are %s.", args[0], strings.Join(names, ", ")))
}

func printHelp(out io.Writer) {
	fmt.Fprintf(out, "Makes the labs' environment, and runs it.\n\n    %s\n\n", files.Command("<verb> [flags] [arguments]"))
	for _, v := range verbs {
		fmt.Fprintf(out, "  %-30s %s\n", strings.TrimSpace(v.name+" "+v.args), v.about)
	}
	fmt.Fprint(out, "\nEach verb has its own --help. Start with: "+files.Command("lab")+"\n")
}

// parse reads flags and arguments in any order and returns the arguments.
func (v verb) parse(fs *flag.FlagSet, args []string, out io.Writer) ([]string, error) {
	fs.SetOutput(io.Discard) // what goes wrong becomes one sentence
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
