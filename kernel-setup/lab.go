package main

import (
	"context"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
)

func labVerb(p *project, fs *flag.FlagSet) action {
	setup := p.optionFlags(fs)
	noBrowser := fs.Bool("no-browser", false, "print the address instead of opening a browser")
	ip := fs.String("ip", "localhost", "`address` to listen at; 0.0.0.0 is all, such as from outside of a container")
	port := fs.Int("port", 8888, "`number` of the port; the next free one is taken when it is in use")
	return func(ctx context.Context, names []string) error {
		if len(names) > 1 {
			return usageError("lab opens one notebook; open the others from its file list.")
		}
		if *port < 1 || *port > 65535 {
			return usageError(fmt.Sprintf("--port %d is not a port; give one from 1 to 65535.", *port))
		}
		notebooks, err := p.findNotebooks(names)
		if err != nil {
			return err
		}
		folder, start := filepath.Split(notebooks[0])
		if err := p.setUp(ctx, *setup); err != nil {
			return err
		}
		if err := p.useRuns(); err != nil {
			return err
		}
		arguments := []string{p.program("python"), "-m", "jupyterlab",
			"--ServerApp.root_dir=" + folder,
			"--ServerApp.ip=" + *ip,
			fmt.Sprintf("--ServerApp.port=%d", *port),
			"--LabApp.default_url=/lab/tree/" + url.PathEscape(start),
			"--LabApp.extension_manager=readonly",
		}
		if *noBrowser {
			arguments = append(arguments, "--no-browser")
		}
		if os.Geteuid() == 0 { // in a container
			arguments = append(arguments, "--allow-root")
		}
		fmt.Println("Opening JupyterLab; Ctrl-C here ends it.")
		// JupyterLab takes the place of this program: Ctrl-C, the exit code and the terminal are its own.
		return become(arguments, os.Environ())
	}
}

// useRuns gives the kernels the runs folder that the environment names, if any.
func (p *project) useRuns() error {
	if p.runs() == p.path("runs") {
		return nil
	}
	overlay := p.jupyterFolder("overlay")
	os.Setenv("JUPYTER_PATH", overlay)
	return p.overlayKernel(overlay, nil, "MNISTKIT_RUNS="+p.runs())
}
