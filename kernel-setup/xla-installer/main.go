// Command xla-installer puts GoMLX's own XLA CPU plugin into a folder. It is its own program, so that kernel-setup
// stays small and builds quickly.
package main

import (
	"fmt"
	"os"

	"github.com/gomlx/go-xla/installer"
)

func main() {
	if err := installer.CPUAutoInstall(os.Args[1], false, installer.Quiet); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
