package main

import (
	"context"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

func cleanVerb(p *project, fs *flag.FlagSet) action {
	runs := fs.Bool("runs", false, "also remove runs/: the trained models and their histories")
	reports := fs.Bool("reports", false, "also remove reports/")
	old := fs.Bool("old", false, "only list the runs that were moved to runs/.old, and ask whether to remove them")
	yes := fs.Bool("yes", false, "with --old: remove them without a question")
	return func(ctx context.Context, _ []string) error {
		if *old {
			return p.cleanOld(*yes, os.Stdin)
		}
		unlock, err := p.lock(ctx)
		if err != nil {
			return err
		}
		defer unlock()
		remove := map[string]bool{".venv": true, ".tools": true, "runs": *runs, "reports": *reports}
		var total int64
		for _, folder := range []string{".venv", ".tools", "runs", "reports"} {
			if !remove[folder] || !exists(p.own(folder)) {
				continue
			}
			bytes := folderSize(p.own(folder))
			if err := os.RemoveAll(p.own(folder)); err != nil {
				return fmt.Errorf("%s cannot be removed whole: %w", folder, err)
			}
			fmt.Printf("removed %-8s %8s\n", folder, size(bytes))
			total += bytes
		}
		fmt.Printf("%s are free again. ", size(total))
		fmt.Println("Go's build cache, pip's cache and the data sets are left alone.")
		return nil
	}
}

// cleanOld lists the runs that Fit and Reset moved away, and removes them if the answer is yes. It asks only at a terminal.
func (p *project) cleanOld(yes bool, answer *os.File) error {
	attic := filepath.Join(p.runs(), ".old")
	var folders []string
	var total int64
	_ = filepath.WalkDir(attic, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Name() != "run.json" {
			return nil
		}
		folder := filepath.Dir(file)
		name, _ := filepath.Rel(attic, folder) // ends with the time when it was moved
		bytes := folderSize(folder)
		fmt.Printf("%-60s %8s\n", name, size(bytes))
		folders, total = append(folders, folder), total+bytes
		return nil
	})
	fmt.Printf("Old runs in %s: %d, of %s together.\n", attic, len(folders), size(total))
	if len(folders) == 0 {
		return nil
	}
	if info, err := answer.Stat(); !yes && err == nil && info.Mode()&os.ModeCharDevice != 0 {
		fmt.Print("Remove them for ever? [y/N] ")
		var word string
		_, _ = fmt.Fscanln(answer, &word) // no word is no
		yes = strings.HasPrefix(strings.ToLower(word), "y")
	}
	if !yes {
		fmt.Println("Nothing is removed. clean --old --yes removes them without a question.")
		return nil
	}
	for _, folder := range folders {
		if err := os.RemoveAll(folder); err != nil {
			return fmt.Errorf("%s cannot be removed whole: %w", folder, err)
		}
	}
	fmt.Printf("%s are free again.\n", size(total))
	return nil
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
