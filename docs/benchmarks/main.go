// Command benchmarks measures mnistkit against Keras, JAX and PyTorch, and the
// cells of a notebook against GoNB's hello.
//
//	go run ./docs/benchmarks [train|scaling|parity|limits|cells|table|all] [flags]
//
// train    the trainings of cases.go, by all peers
// scaling  the mlp on 1,000 to 600,000 images
// parity   whole trainings of the labs, by Keras too: the same accuracies?
// limits   what this machine reaches: a large product, memory
// cells    cells in a real kernel, beside IPython with Keras
// table    writes the tables of README.md from the newest results
// all      (the default) all of it, one after the other
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "benchmarks:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	verb := "all"
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		verb, args = args[0], args[1:]
	}
	if verb == "worker" {
		return work(args[0])
	}
	b, err := newBench()
	if err != nil {
		return err
	}
	flags := flag.NewFlagSet(verb, flag.ExitOnError)
	flags.IntVar(&b.repeat, "repeat", 3, "processes of each peer, interleaved; cells: sessions")
	flags.IntVar(&b.epochs, "epochs", 0, "instead of the case's own number")
	flags.IntVar(&b.steps, "steps", 0, "at most so many steps an epoch, to try things out")
	only := flags.String("cases", "", "names, with commas; default all of the group")
	names := flags.String("peers", "", "names, with commas; default all that are usual")
	torch := flags.Bool("torch", false, "PyTorch too; installs 5 GB")
	dry := flags.Bool("dry", false, "print, keep nothing; so do -epochs and -steps")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if b.repeat < 1 {
		return fmt.Errorf("-repeat %d is too few; use 1 or more", b.repeat)
	}
	trial := *dry || b.epochs > 0 || b.steps > 0
	m := measurement{b, list(*only), list(*names), *torch, trial}
	switch verb {
	case "train", "scaling", "parity":
		return m.group(verb)
	case "limits":
		return m.limits()
	case "cells":
		return m.cells()
	case "table":
		return b.writeTable()
	case "all":
		b.fresh = true
		for _, do := range []func() error{
			m.limits,
			func() error { return m.group("train") },
			func() error { return m.group("scaling") },
			func() error { return m.group("parity") },
			m.cells, b.writeTable,
		} {
			if err := do(); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("unknown sub-command %q; use train, scaling, parity, limits, cells, table or all", verb)
}

func list(names string) []string {
	if names == "" {
		return nil
	}
	return strings.Split(names, ",")
}

// measurement is what was asked for.
type measurement struct {
	*bench
	only, names []string
	torch, dry  bool
}

// group runs the cases of a group, and keeps each as soon as it is done.
func (m measurement) group(name string) error {
	for _, torch := range []bool{false, true} {
		if !torch || m.torch {
			if err := m.ensureVenv(torch); err != nil {
				return err
			}
		}
	}
	for _, c := range cases {
		if c.Group != name || m.only != nil && !slices.Contains(m.only, c.Name) {
			continue
		}
		result, err := m.train(c, chosen(c, m.names, m.torch))
		if err != nil {
			return err
		}
		if m.dry {
			continue
		}
		if err := m.keep(func(r *Results) { r.put(result) }); err != nil {
			return err
		}
	}
	return nil
}
