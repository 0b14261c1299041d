// Command mnistkit-engine is the engine program: a cell that trains starts it
// as its child and speaks with it over its pipes. It ends with the cell.
//
//	mnistkit-engine          serve one session on standard input and output
//	mnistkit-engine check    compare the chosen backend with the pure-Go one; prints JSON
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"gonblabs/mnistkit/engine"
	"gonblabs/mnistkit/session"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	// Exit at once: a training may still be at work for a cell that is gone.
	os.Exit(0)
}

func run(args []string) error {
	switch {
	case len(args) == 0:
		// The answers go out on what was standard output; whatever else the
		// libraries print there must not reach them.
		out := os.Stdout
		os.Stdout = os.Stderr
		return session.Serve(os.Stdin, out, engine.Open)
	case len(args) == 1 && args[0] == "check":
		r, err := engine.Check()
		if err != nil {
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(r)
	}
	return fmt.Errorf("mnistkit-engine: unknown arguments %q; use none, or \"check\"", args)
}
