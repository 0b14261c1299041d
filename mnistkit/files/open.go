package files

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// Open opens a regular file to read. All that reads a file of the user's opens it here.
//
//	f, err := files.Open("~/lenet.mnistkit")
//
// A leading ~ is the home folder, and a link is the file to which it leads. A folder, a device,
// a named pipe or a socket is an error: reading one may never end.
func Open(path string) (*os.File, error) {
	path, err := named(path)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is a %s, not a file with contents; give the path of a file", path, kind(info))
	}
	var file *os.File
	if err == nil {
		file, err = os.Open(path)
	}
	if err != nil {
		return nil, Explain(path, err)
	}
	return file, nil
}

// kind says what is at a path where no regular file is.
func kind(info fs.FileInfo) string { return cmp.Or(kinds[info.Mode().Type()], "device") }

// kinds name what is no regular file; all others are devices.
var kinds = map[fs.FileMode]string{fs.ModeDir: "folder", fs.ModeNamedPipe: "named pipe", fs.ModeSocket: "socket"}

// Explain makes a sentence of what the system says about a path, and leaves other errors as they are.
//
//	_, err := os.ReadDir("my-digits")
//	err = files.Explain("my-digits", err)
func Explain(path string, err error) error {
	switch failed := err.(type) {
	case *fs.PathError:
		err = failed.Err
	case *os.LinkError:
		err = failed.Err
	default:
		return err
	}
	return fmt.Errorf("%s: %w; check the path and its permissions, or choose another one", path, err)
}

// Home replaces a leading ~ by the home folder, as a shell does. Where there is no home folder, the
// path stays as it is, and Open and Write refuse it.
//
//	dir := files.Home("~/my-digits")
func Home(path string) string {
	if rest, ok := strings.CutPrefix(path, "~"); ok && (rest == "" || os.IsPathSeparator(rest[0])) {
		if user, err := os.UserHomeDir(); err == nil {
			return user + rest
		}
	}
	return path
}

// named is the path that a user gave, from the home folder where it begins with ~.
func named(path string) (string, error) {
	path = Home(path)
	switch {
	case path == "":
		return "", errors.New(`the path is empty (""); give the path of a file`)
	case path == "~" || strings.HasPrefix(path, "~") && os.IsPathSeparator(path[1]):
		return "", fmt.Errorf("%s is below the home folder, which is not known here; set HOME, or write the path in full", path)
	}
	return path, nil
}
