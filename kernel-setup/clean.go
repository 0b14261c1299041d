package main

import (
	"context"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

func cleanVerb(p *project, fs *flag.FlagSet) action {
	runs := fs.Bool("runs", false, "also remove runs/: the trained models and their histories")
	reports := fs.Bool("reports", false, "also remove reports/")
	old := fs.Bool("old", false, "remove nothing but runs/.old: the runs that Fit and Reset have moved there")
	return func(ctx context.Context, _ []string) error {
		unlock, err := p.lock(ctx)
		if err != nil {
			return err
		}
		defer unlock()
		folders := []string{p.own(".venv"), p.own(".tools")}
		if *runs {
			folders = append(folders, p.own("runs"))
		}
		if *reports {
			folders = append(folders, p.own("reports"))
		}
		if *old {
			folders = []string{filepath.Join(p.runs(), ".old")}
		}
		var total int64
		for _, folder := range folders {
			if !exists(folder) {
				continue
			}
			bytes := folderSize(folder)
			if err := os.RemoveAll(folder); err != nil {
				return fmt.Errorf("%s cannot be removed whole: %w", folder, err)
			}
			fmt.Printf("removed %-8s %8s\n", filepath.Base(folder), size(bytes))
			total += bytes
		}
		fmt.Printf("%s are free again. ", size(total))
		fmt.Println("Go's build cache, pip's cache and the data sets are left alone.")
		return nil
	}
}

// folderSize adds up the files of a folder.
func folderSize(folder string) int64 {
	var bytes int64
	_ = filepath.WalkDir(folder, func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			if info, err := entry.Info(); err == nil {
				bytes += info.Size()
			}
		}
		return nil
	})
	return bytes
}
