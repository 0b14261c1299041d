package files

import (
	"os"
	"path/filepath"
)

// Installed is the file that marks an installation for many users, below its root. Nobody writes into one, not even who
// made it.
const Installed = ".tools/installed"

// Own is the folder for what a user of the checkout or installation at root makes: root itself, or gonblabs in the
// home folder where root is an installation or cannot be written.
//
//	files.Own("/opt/gonblabs") // "/home/ann/gonblabs"
func Own(root string) string {
	home, err := os.UserHomeDir()
	_, none := os.Stat(filepath.Join(root, filepath.FromSlash(Installed)))
	if err != nil || none != nil && Writable(root) {
		return root
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
