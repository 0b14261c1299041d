package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/data/fetch"
	"gonblabs/mnistkit/files"
	"gonblabs/mnistkit/show"
	"gonblabs/mnistkit/text"
)

func fetchVerb(p *project, _ *flag.FlagSet) action {
	return func(ctx context.Context, names []string) error {
		known := fetch.Names()
		if len(names) == 0 {
			fmt.Printf("Data sets: %s. Fetch one by its name, or all of them with: %s\n", strings.Join(known, ", "), files.Command("fetch all"))
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
}

// fetchAll goes on with the next set when one fails, and tells at the end which failed.
func fetchAll(ctx context.Context, names []string) error {
	var failed []error
	for _, name := range names {
		failed = append(failed, fetch.Fetch(ctx, name, showDownload()))
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return errors.Join(failed...)
}

// showDownload shows each file of a download, and a bar while it comes.
func showDownload() func(fetch.Progress) {
	coming := ""
	return func(p fetch.Progress) {
		if p.Note != "" {
			finishLine("  " + strings.TrimSpace(cmp.Or(p.File, p.Dataset)+" "+p.Note))
			return
		}
		if p.File != coming {
			coming = p.File
			finishLine(fmt.Sprintf("  %s from %s, %s", p.File, p.Source, size(p.Total)))
		}
		display.Update(func() show.Block {
			return show.Progress{Label: size(p.Done) + " of " + size(p.Total), Done: float64(p.Done) / float64(p.Total)}
		})
	}
}

// usedData tells which data sets notebooks use: kit.FashionMNIST() means fashion-mnist.
func usedData(notebooks ...string) []string {
	source := strings.ToLower(fileInputs(notebooks...)) // one that cannot be read says so when it runs
	return slices.DeleteFunc(fetch.Names(), func(name string) bool {
		return !strings.Contains(source, "kit."+strings.ReplaceAll(name, "-", "")+"(")
	})
}

// describeData says in a line what a notebook that uses the named sets finds.
func describeData(names []string) string {
	var all []string
	for _, name := range names {
		find := data.Recipe{Dataset: name}.Describe
		if name == "imdb" {
			find = text.IMDB().Describe
		}
		found, err := find()
		switch {
		case err != nil:
			all = append(all, name)
		case found.Notice == "":
			all = append(all, fmt.Sprintf("%s, complete", found.Title))
		default:
			all = append(all, fmt.Sprintf("%s, %s", found.Title, found.Found))
		}
	}
	return strings.Join(all, "; ")
}
