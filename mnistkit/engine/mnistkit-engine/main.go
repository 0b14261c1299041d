// Command mnistkit-engine is the engine program. A cell that trains starts it as
// a child and talks to it over pipes; it ends with the cell.
//
//	mnistkit-engine          serve one session on standard input and output
//	mnistkit-engine check    compare the chosen backend with the pure-Go one; prints JSON
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"

	"gonblabs/mnistkit/engine"
	"gonblabs/mnistkit/session"
)

// The main thread computes. It alone has the heap of glibc that grows without
// limit: on another thread the 115 MB of a large step came from the system
// each time anew, page by page.
func init() { runtime.LockOSThread() }

func main() {
	work := make(chan func())
	go func() {
		if err := run(os.Args[1:], work); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		// Exit at once: a training may still be at work for a cell that is gone.
		os.Exit(0)
	}()
	for f := range work {
		f()
	}
}

func run(args []string, work chan<- func()) error {
	switch {
	case len(args) == 0:
		// The answers go out on what was standard output; whatever else the
		// libraries print there must not reach them.
		out := os.Stdout
		os.Stdout = os.Stderr
		return session.Serve(os.Stdin, out, engine.Open, func(f func()) { work <- f })
	case len(args) == 1 && args[0] == "check":
		r, err := engine.Check()
		if err != nil {
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(r)
	}
	return fmt.Errorf("mnistkit-engine: unknown arguments %q; use none, or \"check\"", args)
}
