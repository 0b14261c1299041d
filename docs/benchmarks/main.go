// Command benchmarks measures mnistkit against Keras, JAX and PyTorch, and the
// cells of a notebook against GoNB's hello.
//
//	go run ./docs/benchmarks [limits|train|scaling|parity|cells|table|all] [flags]
//
// limits   what this machine reaches: a large product, memory
// train    the trainings of cases.go, by all peers
// scaling  the mlp on 1,000 to 600,000 images
// parity   whole trainings of the labs, by Keras too: the same accuracies?
// cells    cells in a real kernel, beside IPython with Keras
// table    writes the tables of README.md from the newest results
// all      (the default) all of them, in this order
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/janpfeifer/must"
)

func main() {
	// A measurement ends with the first error; only a peer may fail.
	must.M = func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, "benchmarks:", err)
			os.Exit(1)
		}
	}
	verb, args := "all", os.Args[1:]
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		verb, args = args[0], args[1:]
	}
	if verb == "worker" {
		work(args[0])
		return
	}
	b := newBench()
	list := func(names *[]string) func(string) error {
		return func(value string) error { *names = strings.Split(value, ","); return nil }
	}
	flags := flag.NewFlagSet(verb, flag.ExitOnError)
	flags.IntVar(&b.repeat, "repeat", 3, "processes of each peer, interleaved; cells: sessions")
	flags.IntVar(&b.epochs, "epochs", 0, "instead of the case's own number")
	flags.IntVar(&b.steps, "steps", 0, "at most so many steps an epoch, to try things out")
	flags.Func("cases", "names, with commas; default all of the group", list(&b.only))
	flags.Func("peers", "names, with commas; default all that are usual", list(&b.names))
	flags.BoolVar(&b.torch, "torch", false, "PyTorch too; installs 5 GB")
	flags.BoolVar(&b.dry, "dry", false, "print, keep nothing; so do -epochs and -steps")
	must.M(flags.Parse(args))
	if b.repeat < 1 {
		must.M(fmt.Errorf("-repeat %d is too few; use 1 or more", b.repeat))
	}
	b.dry = b.dry || b.epochs > 0 || b.steps > 0
	b.fresh = verb == "all"
	known := false
	for _, part := range []struct {
		verb string
		do   func()
	}{
		{"limits", b.limits},
		{"train", func() { b.group("train") }},
		{"scaling", func() { b.group("scaling") }},
		{"parity", func() { b.group("parity") }},
		{"cells", b.cells},
		{"table", b.writeTable},
	} {
		if verb == part.verb || verb == "all" {
			known = true
			part.do()
		}
	}
	if !known {
		must.M(fmt.Errorf("unknown sub-command %q; use limits, train, scaling, parity, cells, table or all", verb))
	}
}

// group runs the cases of a group, and keeps each as soon as it is done.
func (b *bench) group(name string) {
	for _, c := range cases {
		if c.Group == name && (b.only == nil || slices.Contains(b.only, c.Name)) {
			result := b.train(c, chosen(c, b.names, b.torch))
			b.keep(func(r *Results) { r.put(result) })
		}
	}
}
