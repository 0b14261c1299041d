package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"gonblabs/mnistkit/data/fetch"
	"gonblabs/mnistkit/files"
)

// installation is the course in one folder for many users. The folder holds a tree for each version, named by the time when it
// was made: Go's caches, Python's programs and the kernelspec keep absolute paths, so a tree is made where it stays. The link
// "current" leads to the tree that is used.
type installation struct {
	prefix string
	Spec   string // the folder of the kernelspec, where every user's Jupyter looks
	Link   string // the command in everybody's PATH, "" for none
}

// course is what an installation has of a checkout.
var course = []string{"LICENSE", "README.md", "docs", "go.mod", "go.sum", "kernel-setup", "mnistkit", "notebooks"}

// treeName is what tells trees from other files.
var treeName = regexp.MustCompile(`^\d{8}-\d{6}$`)

// installationFlags say which installation is meant.
func (p *project) installationFlags(flags *flag.FlagSet) func() (installation, error) {
	name := flags.String("name", "", "`name` of its kernel, to have it beside another one (default: gonb, which the notebooks ask for)")
	prefix := flags.String("prefix", "", "`folder` for it (default: /opt/gonblabs, or ~/.local/share/gonblabs with --user)")
	user := flags.Bool("user", false, "for you alone")
	return func() (i installation, err error) {
		switch {
		case runtime.GOOS == "windows":
			return i, errors.New("an installation for many users needs Linux or macOS; on Windows each user has a checkout")
		case !regexp.MustCompile(`^[a-z0-9_.-]*$`).MatchString(*name):
			return i, usageError(fmt.Sprintf("--name %q is no name of a kernel; use a-z, 0-9, - and _", *name))
		case !*user && os.Geteuid() != 0:
			return i, errors.New("an installation for all users belongs to root; run this as root, or with --user for you alone")
		}
		title := strings.TrimSuffix("gonblabs-"+*name, "-")
		places, jupyter := "/opt", "/usr/local/share/jupyter"
		if *user {
			places, jupyter = files.Home("~/.local/share"), files.Home("~/.local/share/jupyter")
			if runtime.GOOS == "darwin" {
				jupyter = files.Home("~/Library/Jupyter")
			}
		} else if *prefix == "" {
			i.Link = filepath.Join("/usr/local/bin", title)
		}
		i.Spec = filepath.Join(jupyter, "kernels", cmp.Or(*name, kernelName))
		i.prefix, err = filepath.Abs(files.Home(cmp.Or(*prefix, filepath.Join(places, title))))
		return i, err
	}
}

func (i installation) path(elem ...string) string {
	return filepath.Join(append([]string{i.prefix}, elem...)...)
}

// record says what belongs to the installation. It is written first and removed last, so that what was interrupted is known.
func (i installation) record() string { return i.path("installation.json") }

func (i installation) kernelFile() string { return filepath.Join(i.Spec, "kernel.json") }

// command is what its users type.
func (i installation) command() string {
	if i.Link != "" {
		return filepath.Base(i.Link)
	}
	return i.path("bin", "gonblabs")
}

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
	return strings.HasPrefix(target(path), i.prefix+string(filepath.Separator))
}

// check refuses to write over what is not ours.
func (i installation) check() error {
	var old installation
	there, _ := os.ReadDir(i.prefix)
	switch err := readJSON(i.record(), &old); {
	case err != nil && len(there) > 0:
		return fmt.Errorf("%s is there already, and is no installation of the course; choose another folder with --prefix", i.prefix)
	case err == nil && old.Spec != i.Spec:
		return fmt.Errorf("%s has the kernel of %s; uninstall it first, or choose another folder with --prefix", i.prefix, old.Spec)
	}
	for _, path := range []string{i.kernelFile(), i.Link} {
		if _, err := os.Lstat(path); err == nil && !i.owns(path) {
			return fmt.Errorf("%s is there already, and leads to %q; choose another name with --name", path, target(path))
		}
	}
	return nil
}

// trees are those of all versions but the ones in use.
func (i installation) trees(used ...string) (all []string) {
	entries, _ := os.ReadDir(i.prefix)
	for _, e := range entries {
		tree := i.path(e.Name())
		inUse := func(path string) bool {
			return path == tree || strings.HasPrefix(path, tree+string(filepath.Separator))
		}
		if treeName.MatchString(e.Name()) && !slices.ContainsFunc(used, inUse) {
			all = append(all, tree)
		}
	}
	return all
}

func removeAll(paths []string) (err error) {
	for n := 0; n < len(paths) && err == nil; n++ {
		err = os.RemoveAll(paths[n])
	}
	return err
}

func installVerb(p *project, flags *flag.FlagSet) action {
	o, named := p.optionFlags(flags), p.installationFlags(flags)
	return func(ctx context.Context, _ []string) error {
		i, err := named()
		if err = cmp.Or(err, i.check(), p.checkFolder()); err != nil {
			return err
		}
		openToAll()
		unlock, err := files.Lock(ctx, i.path(".lock"), func() { fmt.Println("Another installation is at work here; waiting for it.") })
		if err != nil {
			return err
		}
		defer unlock()
		// Kernels may still run in the tree of the last version. Older ones go, and what was interrupted.
		if err := cmp.Or(writeJSON(i.record(), i), removeAll(i.trees(i.path(target(i.path("current"))), target(i.kernelFile())))); err != nil {
			return err
		}
		t := &project{root: i.path(time.Now().Format("20060102-150405"))}
		err = i.makeTree(ctx, p, t, *o)
		if err == nil {
			err = files.Write(t.path(files.Installed), []byte(i.command()+"\n"))
		}
		if err == nil {
			err = i.take(t)
		}
		if err != nil {
			return errors.Join(err, os.RemoveAll(t.root))
		}
		fmt.Printf("Installed in %s. Its users type: %s lab\n", t.root, i.command())
		return nil
	}
}

// makeTree copies the course and its Go, and sets it up: the tools first, with the caches of who installs, then all that cells
// need into caches of the tree.
func (i installation) makeTree(ctx context.Context, p, t *project, o options) error {
	own, err := findToolchain()
	if err != nil {
		return err
	}
	if free, err := freeDisk(filepath.Dir(t.root)); err == nil && free < diskNeeded {
		return fmt.Errorf("only %s are free in %s and an installation needs %s; make room, or choose another disk with --prefix",
			size(free), filepath.Dir(t.root), size(diskNeeded))
	}
	err = step("The course and Go", func(func(string)) error {
		return cmp.Or(copyAll(p.root, t.root, course...),
			copyAll(own.Root, t.tools("go"), "VERSION", "go.env", "bin", "lib", "pkg", "src"))
	})
	if err != nil {
		return err
	}
	if strings.HasPrefix(i.Spec, "/usr/") {
		os.Setenv("PATH", everybodys(os.Getenv("PATH")))
	}
	t.cleanEnvironment()
	o.board, o.gopls = true, false
	if err := t.setUp(ctx, o); err != nil {
		return err
	}
	toolchain, err := findToolchain()
	if err != nil {
		return err
	}
	gopls := t.goplsPart(toolchain)
	err = step(gopls.name, func(status func(string)) error { return t.finish(ctx, gopls, status) })
	if err == nil {
		_, err = output(t.command(ctx, "go", "build", "-o", t.tool("kernel-setup"), "./kernel-setup"))
	}
	proxy, failed := output(t.command(ctx, "go", "env", "GOPROXY"))
	if err := cmp.Or(err, failed, t.makeGoplsMeanwhile(), os.RemoveAll(t.gopls("cache"))); err != nil {
		return err
	}
	os.Setenv("GOPROXY", (&url.URL{Scheme: "file", Path: filepath.Join(own.Modules, "cache", "download")}).String()+","+proxy)
	os.Setenv("GOMODCACHE", t.tools("mod"))
	os.Setenv("GOCACHE", t.tools("cache"))
	os.Setenv("GOFLAGS", goFlags+" -modcacherw") // so that uninstall may remove them
	if err := t.setUp(ctx, o); err != nil {
		return err
	}
	shared, err := fetch.Share(t.root)
	_ = filepath.WalkDir(t.tools("mod", "cache"), func(path string, _ fs.DirEntry, _ error) error {
		if filepath.Ext(path) == ".zip" { // unpacked beside
			_ = os.Remove(path)
		}
		return nil
	})
	if shared != nil {
		fmt.Printf("Data for all users: %s.\n", strings.Join(shared, ", "))
	}
	return err
}

// everybodys are those folders of PATH that all users can read: a Python in the home of root is none for others.
func everybodys(path string) string {
	return strings.Join(slices.DeleteFunc(filepath.SplitList(path), func(folder string) bool {
		real, err := filepath.EvalSymlinks(folder)
		for ; err == nil && real != filepath.Dir(real); real = filepath.Dir(real) {
			if info, failed := os.Stat(real); failed != nil || info.Mode()&0o005 != 0o005 {
				return true
			}
		}
		return err != nil
	}), string(filepath.ListSeparator))
}

// copyAll copies files and folders. Debian has links among those of Go.
func copyAll(from, to string, names ...string) error {
	for _, name := range names {
		source, err := filepath.EvalSymlinks(filepath.Join(from, name))
		if err != nil {
			return err
		}
		if info, err := os.Stat(source); err == nil && info.IsDir() {
			err = os.CopyFS(filepath.Join(to, name), os.DirFS(source))
		} else if contents, failed := files.Open(source); failed == nil {
			err = files.Copy(filepath.Join(to, name), contents)
			_ = contents.Close()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// take puts a finished tree into the place of the last version: each of these steps happens at once or not at all.
func (i installation) take(t *project) error {
	var spec kernelSpec
	err := readJSON(t.kernelSpec(), &spec)
	if name := filepath.Base(i.Spec); name != kernelName {
		spec.DisplayName = "Go (" + name + ")"
	}
	err = cmp.Or(err, copyAll(filepath.Dir(t.kernelSpec()), i.Spec, "logo-svg.svg"), writeJSON(i.kernelFile(), spec))
	for _, link := range [][2]string{{filepath.Base(t.root), i.path("current")}, {"../current/.tools/bin/kernel-setup", i.path("bin", "gonblabs")}, {i.path("bin", "gonblabs"), i.Link}} {
		if err == nil && link[1] != "" {
			_ = os.Remove(link[1] + ".new")
			err = cmp.Or(os.MkdirAll(filepath.Dir(link[1]), 0o777), os.Symlink(link[0], link[1]+".new"), os.Rename(link[1]+".new", link[1]))
		}
	}
	return err
}

func uninstallVerb(p *project, flags *flag.FlagSet) action {
	named := p.installationFlags(flags)
	return func(context.Context, []string) error {
		i, err := named()
		if flags.NFlag() == 0 && exists(p.path(files.Installed)) {
			i.prefix, err = filepath.Dir(p.root), nil // its own
		}
		if err = cmp.Or(err, i.remove()); err != nil {
			return err
		}
		fmt.Printf("The installation in %s is removed. What its users made is theirs, in ~/gonblabs.\n", i.prefix)
		return nil
	}
}

// remove removes what is ours, and nothing else: not by what a record says, which anybody may have written.
func (i installation) remove() error {
	if err := readJSON(i.record(), &i); err != nil {
		return fmt.Errorf("%s is no installation of the course; name its folder with --prefix", i.prefix)
	}
	var ours []string
	if !exists(i.kernelFile()) || i.owns(i.kernelFile()) {
		ours = append(ours, filepath.Join(i.Spec, "logo-svg.svg"), i.kernelFile())
	}
	if i.owns(i.Link) {
		ours = append(ours, i.Link)
	}
	ours = append(ours, i.path("bin", "gonblabs"), i.path("current"))
	err := removeAll(slices.Concat(ours, i.trees(), []string{i.path(".lock"), i.record()}))
	kernels := filepath.Dir(i.Spec)
	for _, folder := range []string{i.Spec, kernels, filepath.Dir(kernels), i.path("bin"), i.prefix} {
		_ = os.Remove(folder) // unless it holds something else
	}
	return err
}
