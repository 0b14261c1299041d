package files

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Installed is the file that marks an installation for many users, below its root, and says with which command they call
// kernel-setup. Nobody writes into one, not even who made it.
const Installed = ".tools/installed"

// Own is the folder for what a user of the checkout or installation at root makes: root itself, or gonblabs in the
// home folder where root is an installation or cannot be written; without a home, in the folder for temporary files.
//
//	files.Own("/opt/gonblabs") // "/home/ann/gonblabs"
func Own(root string) string {
	_, none := os.Stat(filepath.Join(root, filepath.FromSlash(Installed)))
	if none != nil && Writable(root) {
		return root
	}
	home, err := os.UserHomeDir()
	if err != nil { // a service may have none
		home = filepath.Join(os.TempDir(), fmt.Sprint("home-", os.Getuid()))
	}
	return filepath.Join(home, "gonblabs")
}

// Writable says whether this user may make files in a folder.
//
//	files.Writable("/opt") // false
func Writable(folder string) bool {
	file, err := os.CreateTemp(folder, ".new-")
	if err != nil {
		return false
	}
	return file.Close() == nil && os.Remove(file.Name()) == nil
}

// Command is what a reader types for a verb of kernel-setup, in the checkout or with the installation that
// $MNISTKIT_ROOT names.
//
//	files.Command("fetch mnist") // "go run ./kernel-setup fetch mnist", or "gonblabs fetch mnist"
func Command(words string) string {
	installed, _ := os.ReadFile(filepath.Join(Home(os.Getenv("MNISTKIT_ROOT")), filepath.FromSlash(Installed)))
	return cmp.Or(strings.TrimSpace(string(installed)), "go run ./kernel-setup") + " " + words
}
