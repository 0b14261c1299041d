// Command xla-installer puts GoMLX's own XLA CPU plugin into a folder and prints its path. It is
// its own program, so that kernel-setup stays small and builds quickly.
package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gomlx/go-xla/installer"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: xla-installer FOLDER")
		os.Exit(2)
	}
	if err := install(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func install(folder string) error {
	if err := installer.CPUAutoInstall(folder, false, installer.Quiet); err != nil {
		return err
	}
	for _, suffix := range []string{"so", "dylib"} {
		found, _ := fs.Glob(os.DirFS(folder), "pjrt_c_api_cpu*_plugin."+suffix) // only a pattern that is wrong has an error
		if len(found) > 0 {
			fmt.Println(filepath.Join(folder, found[len(found)-1]))
			return nil
		}
	}
	return fmt.Errorf("GoMLX's installer left no plugin in %s", folder)
}
