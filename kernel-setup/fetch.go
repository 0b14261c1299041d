package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/schollz/progressbar/v3"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/data/fetch"
)

func runFetch(ctx context.Context, p *project, v verb, args []string) error {
	names, err := parse(newFlags(v), v, args)
	if err != nil {
		return err
	}
	known := fetch.Names()
	if len(names) == 0 {
		fmt.Printf("Data sets: %s. Fetch one by its name, or all of them with: go run ./kernel-setup fetch all\n", strings.Join(known, ", "))
		return nil
	}
	if slices.Contains(names, "all") {
		names = known
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return usageError(fmt.Sprintf("there is no data set %q; there are %s, and all.", name, strings.Join(known, ", ")))
		}
	}
	return fetchAll(ctx, names)
}

// fetchFor fetches what the notebooks use.
func (p *project) fetchFor(ctx context.Context, notebooks []string) error {
	var names []string
	for _, notebook := range notebooks {
		for _, name := range usedData(notebook) {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return fetchAll(ctx, names)
}

// fetchAll goes on with the next set when one fails, and tells at the end which failed.
func fetchAll(ctx context.Context, names []string) error {
	cache, err := data.CacheDir()
	if err != nil {
		return err
	}
	var failed []error
	for _, name := range names {
		bar := &fileBar{}
		err := fetch.Fetch(ctx, name, bar.show)
		bar.finish()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			failed = append(failed, err)
			continue
		}
		fmt.Printf("%s lies in %s\n", name, filepath.Join(cache, name))
	}
	return errors.Join(failed...)
}

// fileBar shows one progress bar a file.
type fileBar struct {
	file string
	bar  *progressbar.ProgressBar
}

func (b *fileBar) show(progress fetch.Progress) {
	if progress.Note != "" {
		b.finish()
		fmt.Println("  " + strings.TrimSpace(progress.File+" "+progress.Note))
		return
	}
	if progress.File != b.file {
		b.finish()
		b.file = progress.File
		b.bar = newBar(progress)
	}
	_ = b.bar.Set64(progress.Done)
}

func newBar(progress fetch.Progress) *progressbar.ProgressBar {
	if !terminal {
		fmt.Printf("  %s from %s, %s\n", progress.File, progress.Source, size(progress.Total))
		return progressbar.DefaultSilent(progress.Total)
	}
	return progressbar.NewOptions64(progress.Total,
		progressbar.OptionSetWriter(os.Stdout),
		progressbar.OptionSetDescription("  "+clip(progress.File, 32)),
		progressbar.OptionShowBytes(true),
		progressbar.OptionSetWidth(24),
		progressbar.OptionSetPredictTime(true),
	)
}

func (b *fileBar) finish() {
	if b.bar != nil && terminal {
		fmt.Println()
	}
	b.file, b.bar = "", nil
}
