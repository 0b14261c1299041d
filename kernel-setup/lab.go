package main

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gonblabs/mnistkit/files"
)

func labVerb(p *project, fs *flag.FlagSet) action {
	setup := p.optionFlags(fs)
	noBrowser := fs.Bool("no-browser", false, "print the address instead of opening a browser")
	ip := fs.String("ip", "localhost", "`address` to listen at; 0.0.0.0 is all, such as from outside of a container")
	author := fs.Bool("author", false, "open the repository's own notebooks instead of your copies in work/")
	reset := fs.Bool("reset", false, "keep your copy of the notebook under another name, and open a fresh one")
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
		if *reset && (*author || len(names) == 0 || p.courseName(notebooks[0]) == "") {
			return usageError("--reset makes a fresh copy of one notebook of the course; name it, as in: lab --reset 05")
		}
		if err := p.setUp(ctx, *setup); err != nil {
			return err
		}
		root, notebook, err := p.openInLab(notebooks[0], *author, *reset)
		if err = cmp.Or(err, p.equipKernels(p.wantsGopls(ctx, *setup))); err != nil {
			return err
		}
		address := (&url.URL{Path: "/lab/tree/" + notebook}).EscapedPath()
		if os.Getenv("JUPYTERHUB_API_TOKEN") != "" { // a hub, which says by more of these where its server listens
			return become([]string{p.program("python"), "-m", "jupyterhub.singleuser", "--ServerApp.root_dir=" + root,
				"--ServerApp.default_url=" + address})
		}
		arguments := []string{p.program("python"), "-m", "jupyterlab",
			"--ServerApp.root_dir=" + root,
			"--ServerApp.ip=" + *ip,
			fmt.Sprintf("--ServerApp.port=%d", *port),
			"--LabApp.default_url=" + address,
		}
		if *noBrowser {
			arguments = append(arguments, "--no-browser")
		}
		if os.Geteuid() == 0 { // in a container
			arguments = append(arguments, "--allow-root")
		}
		fmt.Println("Opening JupyterLab; Ctrl-C here ends it.")
		// JupyterLab takes the place of this program: Ctrl-C, the exit code and the terminal are its own.
		return become(arguments)
	}
}

// openInLab says what JupyterLab has as its root, and where below that the notebook is: a copy in work/, unless the
// reader is an author. A notebook that lies elsewhere has its own folder as the root.
func (p *project) openInLab(notebook string, author, reset bool) (root, name string, err error) {
	root = p.work()
	if author {
		root = p.root
	}
	if name = p.courseName(notebook); name == "" {
		if name, err = filepath.Rel(root, notebook); err != nil || !filepath.IsLocal(name) {
			root, name = filepath.Split(notebook)
		}
		return root, filepath.ToSlash(name), nil
	}
	if author {
		return root, name, nil
	}
	if reset && exists(p.work(name)) {
		aside := strings.TrimSuffix(p.work(name), ".ipynb") + time.Now().Format("-20060102-150405.000") + ".ipynb"
		if err := os.Rename(p.work(name), aside); err != nil {
			return "", "", err
		}
		fmt.Printf("Your old copy is kept: %s\n", aside)
	}
	older, err := p.renewCopies()
	if len(older) > 0 {
		fmt.Printf("There are newer versions of %s. Your changed copies stay as they are; lab --reset makes a fresh one.\n", strings.Join(older, ", "))
	}
	return root, name, err
}

// equipKernels gives this server's kernels, by py/specs.py, the runs folder that the environment names, and gopls where
// it is wanted.
func (p *project) equipKernels(gopls bool) error {
	spec := kernelSpec{Env: map[string]string{}}
	spec.setEnv("MNISTKIT_RUNS=" + p.runs())
	var err error
	if gopls {
		err = p.makeGoplsMeanwhile()
		spec.setEnv(p.goplsEnvironment()...)
	}
	variables, _ := json.Marshal(spec.Env) // texts, which have JSON
	os.Setenv("KERNEL_SETUP_KERNELS", string(variables))
	return err
}

func tensorBoardVerb(p *project, fs *flag.FlagSet) action {
	setup := p.optionFlags(fs)
	port := fs.Int("port", 6006, "`number` of the port")
	folder := fs.String("logdir", p.runs(), "`folder` of the runs")
	return func(ctx context.Context, _ []string) error {
		if *port < 1 || *port > 65535 {
			return usageError(fmt.Sprintf("--port %d is not a port; give one from 1 to 65535.", *port))
		}
		if info, err := os.Stat(files.Home(*folder)); err != nil || !info.IsDir() {
			return fmt.Errorf("there are no runs at %s yet; train one with the callback kit.TensorBoard{}", *folder)
		}
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", *port))
		if err != nil {
			return fmt.Errorf("port %d is in use, perhaps by another TensorBoard; end that one or choose another with --port", *port)
		}
		_ = listener.Close()
		setup.board = true
		if err := p.setUp(ctx, *setup); err != nil {
			return err
		}
		return become([]string{p.program("python"), p.path("kernel-setup", "py", "board.py"), files.Home(*folder), fmt.Sprint(*port)})
	}
}

// kernelSpec is Jupyter's kernel.json.
type kernelSpec struct {
	Argv          []string          `json:"argv"`
	DisplayName   string            `json:"display_name"`
	Language      string            `json:"language"`
	InterruptMode string            `json:"interrupt_mode"`
	Env           map[string]string `json:"env"`
	Metadata      map[string]string `json:"metadata"` // the version of Go, for py/contents.py
}

// kernelName is what the notebooks name in their metadata.
const kernelName = "gonb"

// newKernelSpec describes the kernel of this checkout: paths are absolute, so that it starts the same
// from JupyterLab, from an editor, or from a system service. The launcher decides what depends on who starts it.
func (p *project) newKernelSpec(toolchain toolchain, backend backend) kernelSpec {
	spec := kernelSpec{
		Argv:          []string{p.tool("kernel"), "--kernel", "{connection_file}"},
		DisplayName:   "Go (gonb)",
		Language:      "go",
		InterruptMode: "message",
		Env:           map[string]string{},
		Metadata:      map[string]string{"go": toolchain.Version},
	}
	spec.setEnv(
		"KERNEL_GO="+filepath.Join(toolchain.Root, "bin"),
		"KERNEL_GOMODCACHE="+toolchain.Modules,
		"KERNEL_GOCACHE="+toolchain.Cache,
		"GOMLX_NO_AUTO_INSTALL=1",
		"GOFLAGS="+goFlags+" -vet=off", // vetting costs a %test cell more than its compilation
		"GOWORK=",                      // the kernel keeps a go.work of its own
		// GoNB runs go get before each cell, which takes the newest version of what the checkout does
		// not require; offline it takes what go.mod fixes, and a stray import is a clear error.
		"GOPROXY=off",
		"CGO_ENABLED="+cgo,
	)
	spec.setEnv(backend.environment()...)
	return spec
}

// setEnv sets variables to these very values: Jupyter would take $NAME in them for another variable.
func (s kernelSpec) setEnv(variables ...string) {
	for _, variable := range variables {
		name, value, _ := strings.Cut(variable, "=")
		s.Env[name] = strings.ReplaceAll(value, "$", "$$")
	}
}

// kernelPart writes the kernelspec.
func (p *project) kernelPart(toolchain toolchain) part {
	return part{
		name:   "Jupyter kernel",
		inputs: func() string { return fmt.Sprint(p.newKernelSpec(toolchain, p.backendOrGo())) },
		makes:  []string{p.kernelSpec()},
		make: func(ctx context.Context, status func(string)) error {
			return p.installKernel(p.kernelSpec(), p.newKernelSpec(toolchain, p.backendOrGo()))
		},
	}
}

func (p *project) backendOrGo() backend {
	if chosen, err := p.chosenBackend(); err == nil {
		return chosen
	}
	return pureGo
}

// installKernel writes kernel.json and the logo to where a Jupyter looks for them.
func (p *project) installKernel(file string, spec kernelSpec) error {
	// The Go gopher by Renée French, CC BY 3.0, as GoNB itself installs it.
	logo, err := os.ReadFile(p.tools("src", "gonb", "internal", "kernel", "Go_gopher_favicon.svg"))
	if err == nil {
		if err := files.Write(filepath.Join(filepath.Dir(file), "logo-svg.svg"), logo); err != nil {
			return err
		}
	}
	return writeJSON(file, spec)
}

// overlayKernel writes a copy of the kernelspec under folder with more arguments and other environment
// variables. With folder as JUPYTER_PATH, Jupyter finds the copy first.
func (p *project) overlayKernel(folder string, arguments []string, env ...string) error {
	var spec kernelSpec
	if err := readJSON(p.kernelSpec(), &spec); err != nil {
		return err
	}
	spec.Argv = append(spec.Argv, arguments...)
	spec.setEnv(env...)
	return writeJSON(filepath.Join(folder, "kernels", kernelName, "kernel.json"), spec)
}
