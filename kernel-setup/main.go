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
	"strings"
	"syscall"
)

// verb is one word of the command line.
type verb struct {
	name  string
	args  string // what may follow the flags, as shown in the help
	about string
	run   func(ctx context.Context, p *project, v verb, args []string) error
}

func verbs() []verb {
	return []verb{
		{"lab", "[notebook]", "open JupyterLab on notebooks/", runLab},
		{"report", "[notebook ...]", "execute notebooks in fresh kernels, export self-contained HTML pages", runReport},
		{"test", "[soak | fuzz]", "run every test of the project, or one of its long suites", runTest},
		{"results", "", "write docs/results.md from the saved notebooks", runResults},
		{"tensorboard", "", "install TensorBoard, and open it on runs/", runTensorBoard},
		{"fetch", "[data set ... | all]", "download full data sets, checked by sha256", runFetch},
		{"setup", "", "set up what is missing, nothing more (lab, report and test do it by themselves)", runSetup},
		{"doctor", "", "tell what is installed and whether it works", runDoctor},
		{"clean", "", "remove what set-up made", runClean},
	}
}

// usageError is a mistake on the command line: it exits with 2, not 1.
type usageError string

func (e usageError) Error() string { return string(e) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	interrupted := ctx.Err() != nil
	stop()
	os.Exit(report(err, interrupted))
}

// report prints err as one sentence and returns the exit code.
func report(err error, interrupted bool) int {
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.Is(err, flag.ErrHelp):
		return 0
	case interrupted:
		fmt.Fprintln(os.Stderr, "kernel-setup: stopped; the same command goes on from there.")
		return 130
	case errors.As(err, &usage):
		fmt.Fprintln(os.Stderr, "kernel-setup:", err)
		return 2
	}
	fmt.Fprintln(os.Stderr, "kernel-setup:", err)
	return 1
}

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 || isHelp(args[0]) {
		printHelp(out)
		return nil
	}
	for _, v := range verbs() {
		if v.name != args[0] {
			continue
		}
		p, err := findProject()
		if err != nil {
			return err
		}
		p.cleanEnvironment()
		return v.run(ctx, p, v, args[1:])
	}
	return usageError(fmt.Sprintf("there is no verb %q; the verbs are %s.", args[0], verbNames()))
}

func isHelp(arg string) bool {
	return arg == "help" || arg == "-h" || arg == "-help" || arg == "--help"
}

func verbNames() string {
	var names []string
	for _, v := range verbs() {
		names = append(names, v.name)
	}
	return strings.Join(names, ", ")
}

func printHelp(out io.Writer) {
	fmt.Fprint(out, "Makes the labs' environment inside this checkout, and runs it.\n\n")
	fmt.Fprint(out, "    go run ./kernel-setup <verb> [flags] [arguments]\n\n")
	for _, v := range verbs() {
		fmt.Fprintf(out, "  %-30s %s\n", strings.TrimSpace(v.name+" "+v.args), v.about)
	}
	fmt.Fprint(out, "\nEach verb has its own --help. Start with: go run ./kernel-setup lab\n")
}
