package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

// newFlags returns an empty flag set for a verb.
func newFlags(v verb) *flag.FlagSet {
	fs := flag.NewFlagSet(v.name, flag.ContinueOnError)
	fs.SetOutput(io.Discard) // parse turns what goes wrong into one sentence
	fs.Usage = func() {}
	return fs
}

// parse reads flags and arguments in any order and returns the arguments.
func parse(fs *flag.FlagSet, v verb, args []string) ([]string, error) {
	var rest []string
	for {
		err := fs.Parse(args)
		if errors.Is(err, flag.ErrHelp) {
			printVerbHelp(os.Stdout, fs, v)
			return nil, err
		}
		if err != nil {
			return nil, usageError(flagSentence(v, err))
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

// given says whether a flag stands in the command.
func given(fs *flag.FlagSet, name string) (yes bool) {
	fs.Visit(func(f *flag.Flag) { yes = yes || f.Name == name })
	return yes
}

// flagSentence says what is wrong with a flag, and where help is.
func flagSentence(v verb, err error) string {
	message := err.Error()
	if name, unknown := strings.CutPrefix(message, "flag provided but not defined: -"); unknown {
		message = fmt.Sprintf("%s has no flag --%s", v.name, strings.TrimPrefix(name, "-"))
	}
	return fmt.Sprintf("%s; see: go run ./kernel-setup %s --help", message, v.name)
}

func printVerbHelp(out io.Writer, fs *flag.FlagSet, v verb) {
	fmt.Fprintf(out, "go run ./kernel-setup %s [flags] %s\n%s.\n\n", v.name, v.args, capital(v.about))
	fs.VisitAll(func(f *flag.Flag) {
		name, usage := flag.UnquoteUsage(f)
		label := strings.TrimSpace("--" + f.Name + " " + name)
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" && f.DefValue != "0s" {
			usage += " (default " + f.DefValue + ")"
		}
		fmt.Fprintf(out, "  %-18s %s\n", label, usage)
	})
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
