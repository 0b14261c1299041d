package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/data/fetch"
	"gonblabs/mnistkit/files"
)

// installation is the course in one folder for many users. The folder holds a tree for each version, named by the time when it
// was made: Go's caches, Python's programs and the kernelspec keep absolute paths, so a tree is made where it stays. The link
// "current" leads to the tree that is used.
type installation struct {
	prefix string
	Kernel string // the kernelspec, where every user's Jupyter looks
	Link   string // the command in everybody's PATH, "" for none
	Hub    bool   // with JupyterHub
}

// course is what an installation has of a checkout.
var course = []string{"LICENSE", "README.md", "docs", "go.mod", "go.sum", "kernel-setup", "mnistkit", "notebooks"}

// installationFlags say which installation is meant.
func (p *project) installationFlags(fs *flag.FlagSet) func() (installation, error) {
	name := fs.String("name", "", "`name` of its kernel, to have it beside another one (default: gonb, which the notebooks ask for)")
	prefix := fs.String("prefix", "", "`folder` for it (default: /opt/gonblabs, or ~/.local/share/gonblabs with --user)")
	user := fs.Bool("user", false, "for you alone")
	return func() (i installation, err error) {
		title := strings.TrimSuffix("gonblabs-"+*name, "-")
		places, jupyter := "/opt", "/usr/local/share/jupyter"
		switch {
		case runtime.GOOS == "windows":
			return i, errors.New("an installation for many users needs Linux or macOS; on Windows each user has a checkout")
		case !regexp.MustCompile(`^[a-z0-9_.-]*$`).MatchString(*name):
			return i, usageError(fmt.Sprintf("--name %q is no name of a kernel; use a-z, 0-9, - and _", *name))
		case *user && runtime.GOOS == "darwin":
			places, jupyter = "~/.local/share", "~/Library/Jupyter"
		case *user:
			places, jupyter = "~/.local/share", "~/.local/share/jupyter"
		case os.Geteuid() != 0:
			return i, errors.New("an installation for all users belongs to root; run this as root, or with --user for you alone")
		case *prefix == "":
			i.Link = filepath.Join("/usr/local/bin", title)
		}
		i.Kernel = files.Home(filepath.Join(jupyter, "kernels", cmp.Or(*name, kernelName), "kernel.json"))
		i.prefix, err = filepath.Abs(files.Home(cmp.Or(*prefix, filepath.Join(places, title))))
		return i, err
	}
}

func (i installation) path(elem ...string) string {
	return filepath.Join(i.prefix, filepath.Join(elem...))
}

// record says what belongs to the installation. It is written first and removed last, so that what was interrupted is known.
func (i installation) record() string { return i.path("installation.json") }

// target is where a link leads to, or what a kernelspec starts.
func target(path string) string {
	var spec kernelSpec
	if readJSON(path, &spec) == nil && len(spec.Argv) > 0 {
		return spec.Argv[0]
	}
	to, _ := os.Readlink(path)
	return to
}

// owns says whether a link or a kernelspec leads into the installation.
func (i installation) owns(path string) bool {
	return i.prefix != "" && strings.HasPrefix(target(path), i.path()+"/")
}

// check refuses to write over what is not ours.
func (i installation) check() error {
	old := installation{Kernel: i.Kernel}
	there, _ := os.ReadDir(i.prefix)
	if err := readJSON(i.record(), &old); err != nil && len(there) > 0 {
		return fmt.Errorf("%s is there already, and is no installation of the course; choose another folder with --prefix", i.prefix)
	}
	if old.Kernel != i.Kernel {
		return fmt.Errorf("%s has the kernel %s; uninstall it first, or choose another folder with --prefix", i.prefix, old.Kernel)
	}
	for _, path := range []string{i.Kernel, i.Link} {
		if _, err := os.Lstat(path); err == nil && !i.owns(path) {
			return fmt.Errorf("%s is there already, and leads to %q; choose another name with --name", path, target(path))
		}
	}
	return nil
}

// removeTrees removes the trees that are not in use.
func (i installation) removeTrees(inUse ...string) error {
	for _, tree := range glob(i.prefix, "20[0-9][0-9][0-9][0-9][0-9][0-9]-[0-9][0-9][0-9][0-9][0-9][0-9]") {
		if slices.ContainsFunc(inUse, func(path string) bool { return strings.HasPrefix(path+"/", tree+"/") }) {
			continue
		}
		if err := os.RemoveAll(tree); err != nil {
			return err
		}
	}
	return nil
}

func installVerb(p *project, fs *flag.FlagSet) action {
	o, named := p.optionFlags(fs), p.installationFlags(fs)
	fs.BoolVar(&o.hub, "jupyterhub", false, "with JupyterHub, for the hub itself and for the servers of its users")
	return func(ctx context.Context, _ []string) error {
		i, err := named()
		if err == nil {
			err = i.check()
		}
		if err != nil {
			return err
		}
		var old installation
		_ = readJSON(i.record(), &old) // the first has none
		o.hub = o.hub || old.Hub
		i.Hub = o.hub
		openToAll()
		unlock, err := files.Lock(ctx, i.path(".lock"), func() { fmt.Println("Another installation is at work here; waiting for it.") })
		if err != nil {
			return err
		}
		defer unlock()
		// Kernels may still run in the tree of the last version. Older ones go, and what was interrupted.
		if err := cmp.Or(writeJSON(i.record(), i), i.removeTrees(i.path(target(i.path("current"))), target(i.Kernel))); err != nil {
			return err
		}
		command := i.path("bin", "gonblabs")
		if i.Link != "" {
			command = filepath.Base(i.Link)
		}
		t := &project{root: i.path(time.Now().Format("20060102-150405"))}
		if err = i.makeTree(ctx, p, t, *o); err == nil {
			err = files.Write(t.path(files.Installed), []byte(command+"\n"))
		}
		if err == nil {
			err = i.take(t)
		}
		if err != nil {
			return errors.Join(err, os.RemoveAll(t.root))
		}
		fmt.Printf("Installed in %s. Its users type: %s lab\n", t.root, command)
		return nil
	}
}

// makeTree copies the course, its Go and the data that are fetched. It sets the tree up with the caches of who installs, and
// then once more with caches in the tree, which hold what cells need.
func (i installation) makeTree(ctx context.Context, p, t *project, o options) error {
	own, err := findToolchain()
	cache, noCache := data.CacheDir()
	if err = cmp.Or(err, noCache, t.checkFolder(), os.MkdirAll(t.tools("go"), 0o777), os.Mkdir(t.tools("data"), 0o777), os.Chdir(t.root)); err != nil {
		return err
	}
	run := func(words ...string) { // in the tree, as long as nothing before has failed
		if err == nil {
			_, err = output(t.command(ctx, words[0], words[1:]...))
		}
	}
	copyTo := func(to, from string, names ...string) {
		for _, name := range names {
			if source := filepath.Join(from, name); exists(source) {
				run("cp", "-RL", source, to) // Debian has links among the folders of Go
			}
		}
	}
	copyTo(t.root, p.root, course...)
	copyTo(t.tools("go"), own.Root, "VERSION", "go.env", "bin", "lib", "pkg", "src")
	copyTo(t.tools("data"), cache, fetch.Names()...)
	run("rm", "-rf", t.path("notebooks", "checks")) // are for teachers, who have a checkout
	run("chmod", "-R", "u+w,a+rX", ".")
	if err != nil {
		return err
	}
	if !strings.HasPrefix(i.Kernel, files.Home("~")) {
		os.Setenv("PATH", strings.Join(slices.DeleteFunc(filepath.SplitList(os.Getenv("PATH")), closed), ":"))
	}
	t.cleanEnvironment()
	o.board = true
	first, completes := o, true
	first.gopls, first.Completion = true, &completes // which is there, whatever its users choose
	if err := t.setUp(ctx, first); err != nil {
		return err
	}
	proxy, err := output(t.command(ctx, "go", "env", "GOPROXY"))
	if err := cmp.Or(err, t.makeGoplsMeanwhile()); err != nil {
		return err
	}
	run("go", "build", "-o", t.tool("kernel-setup"), "./kernel-setup")
	os.Setenv("GOPROXY", (&url.URL{Scheme: "file", Path: filepath.Join(own.Modules, "cache", "download")}).String()+","+proxy)
	os.Setenv("GOMODCACHE", t.tools("mod"))
	os.Setenv("GOCACHE", t.tools("cache"))
	os.Setenv("GOFLAGS", goFlags+" -modcacherw") // so that uninstall may remove them
	if err == nil {
		err = t.setUp(ctx, o)
	}
	run("find", t.tools("mod", "cache"), "-name", "*.zip", "-delete") // they lie there unpacked
	run("find", t.tools("data"), "-name", "words-*.npz", "-delete")   // each user's cache has them
	run("rm", "-rf", t.gopls("cache"), t.tools("setup.lock"))
	return err
}

// closed says whether other users cannot enter a folder: a Python in the home of root is none for them.
func closed(folder string) bool {
	for folder, _ = filepath.EvalSymlinks(folder); len(folder) > 1; folder = filepath.Dir(folder) {
		if info, err := os.Stat(folder); err == nil && info.Mode()&0o005 != 0o005 {
			return true
		}
	}
	return false
}

// take puts a finished tree into the place of the last version: each of these steps happens at once or not at all.
func (i installation) take(t *project) error {
	var spec kernelSpec
	err := readJSON(t.kernelSpec(), &spec)
	if name := filepath.Base(filepath.Dir(i.Kernel)); name != kernelName {
		spec.DisplayName = "Go (" + name + ")"
	}
	if err == nil {
		err = t.installKernel(i.Kernel, spec)
	}
	program := i.path("bin", "gonblabs")
	for _, link := range [][2]string{{filepath.Base(t.root), i.path("current")}, {"../current/.tools/bin/kernel-setup", program}, {program, i.Link}} {
		if fresh := link[1] + ".new"; err == nil && link[1] != "" {
			_ = os.Remove(fresh)
			err = cmp.Or(os.MkdirAll(filepath.Dir(fresh), 0o777), os.Symlink(link[0], fresh), os.Rename(fresh, link[1]))
		}
	}
	return err
}

func uninstallVerb(p *project, fs *flag.FlagSet) action {
	named := p.installationFlags(fs)
	return func(context.Context, []string) error {
		i, err := named()
		if fs.NFlag() == 0 && exists(p.path(files.Installed)) {
			i.prefix, err = filepath.Dir(p.root), nil // its own
		}
		if err == nil {
			err = i.remove()
		}
		if err != nil {
			return err
		}
		fmt.Printf("The installation in %s is removed. What its users made is theirs, in ~/gonblabs.\n", i.prefix)
		return nil
	}
}

// remove removes what is ours, by its name and by where it leads: anybody may have written a record.
func (i installation) remove() error {
	if err := readJSON(i.record(), &i); err != nil {
		return fmt.Errorf("%s is no installation of the course; name its folder with --prefix", i.prefix)
	}
	spec := filepath.Dir(i.Kernel)
	ours := []string{i.path("bin", "gonblabs"), i.path("bin"), i.path("current"), i.path(".lock"), i.record(), i.prefix}
	if i.owns(i.Link) {
		ours = append([]string{i.Link}, ours...)
	}
	if i.owns(i.Kernel) || !exists(i.Kernel) {
		ours = append([]string{filepath.Join(spec, "logo-svg.svg"), i.Kernel, spec, filepath.Dir(spec), filepath.Dir(filepath.Dir(spec))}, ours...)
	}
	if err := i.removeTrees(); err != nil {
		return err
	}
	for _, path := range ours {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) && !errors.Is(err, syscall.ENOTEMPTY) {
			return err
		}
	}
	return nil
}
