// Command kernel starts GoNB for whoever starts it. The kernelspec names it, and set-up builds it as .tools/bin/kernel. What
// depends on the user is decided here, at the start of a kernel: one checkout or installation may have many users.
//
//	kernel --kernel {connection_file}
//	kernel cache FOLDER    # answers the go command as a GOCACHEPROG, from a build cache that this user only reads
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"gonblabs/mnistkit/files"
)

func main() {
	if len(os.Args) == 3 && os.Args[1] == "cache" {
		end(serve(os.Stdin, os.Stdout, os.Args[2]))
		return
	}
	self, err := os.Executable()
	if err == nil {
		self, err = filepath.EvalSymlinks(self)
	}
	end(err)
	bin := filepath.Dir(self)
	root := filepath.Dir(filepath.Dir(bin))
	own := files.Own(root)
	os.Setenv("MNISTKIT_ROOT", root)
	if os.Getenv("MNISTKIT_RUNS") == "" { // a hub, a grader or the shell may have chosen
		os.Setenv("MNISTKIT_RUNS", filepath.Join(own, "runs"))
	}
	for _, folder := range []string{os.Getenv("KERNEL_GO"), bin} {
		if folder != "" { // which would be the current folder
			os.Setenv("PATH", folder+string(filepath.ListSeparator)+os.Getenv("PATH"))
		}
	}
	useCaches(self, own == root)
	log := os.DevNull
	if own == root {
		log = filepath.Join(root, ".tools", "gonb.log")
	}
	arguments := append([]string{filepath.Join(bin, "gonb"+filepath.Ext(self))}, os.Args[1:]...)
	end(become(append(arguments, "-go_work="+root, "-logtostderr=false", "-stderrthreshold=FATAL", "-log_file="+log)))
}

// end ends the program, with a sentence where something went wrong.
func end(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "The Go kernel does not start:", err)
		os.Exit(1)
	}
}

// useCaches takes the modules and the build cache of set-up where this user can read them. A build cache that is not this
// user's is only read: what it lacks goes into the user's own.
func useCaches(self string, ours bool) {
	modules, builds := os.Getenv("KERNEL_GOMODCACHE"), os.Getenv("KERNEL_GOCACHE")
	if readable(modules) {
		os.Setenv("GOMODCACHE", modules)
	} else {
		os.Unsetenv("GOPROXY") // the user's own, which may have to be filled
	}
	switch {
	case ours && files.Writable(builds):
		os.Setenv("GOCACHE", builds)
	case readable(builds):
		os.Setenv("GOCACHEPROG", quoted(self)+" cache "+quoted(builds))
	}
}

func readable(folder string) bool {
	_, err := os.ReadDir(folder)
	return err == nil
}

// quoted is a word of a command as Go splits it, which knows no escapes. No path of set-up holds both kinds of marks.
func quoted(word string) string {
	if strings.Contains(word, "'") {
		return `"` + word + `"`
	}
	return "'" + word + "'"
}
