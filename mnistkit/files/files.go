// Package files replaces and locks files, so that neither a crash nor another
// program leaves half a file.
//
//	err := files.Write("runs/mnist/mlp/run.json", contents)
package files

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// Trouble is asked before each change of the disk, and its error is that of the change: tests make disks fail by it.
var Trouble = func(path string) error { return nil }

// Write puts contents into the file at path. After a crash the file has its
// old contents or the new ones.
//
//	err := files.Write("lenet.csv", contents)
//
// It makes missing folders and keeps the mode of an existing file. It keeps a link
// and replaces the file to which it leads. It refuses to replace anything that is
// not a regular file, such as /dev/null. A leading ~ is the home folder.
func Write(path string, contents []byte) error { return Copy(path, bytes.NewReader(contents)) }

// Copy is Write with the rest of from.
func Copy(path string, from io.Reader) (err error) {
	path, old, err := target(path)
	if err != nil {
		return err
	}
	defer func() { err = Explain(path, err) }()
	folder := filepath.Dir(path)
	if err := cmp.Or(Trouble(path), os.MkdirAll(folder, 0o777)); err != nil {
		return err
	}
	clearOld(path)
	temp, err := os.OpenFile(filepath.Join(folder, fmt.Sprintf(".new-%d", rand.Uint64())), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name()) // fails, rightly, once the file is renamed
	_, err = io.Copy(temp, from)
	if old != nil {
		err = cmp.Or(err, temp.Chmod(old.Mode().Perm()))
	}
	if err := cmp.Or(err, temp.Sync(), temp.Close()); err != nil {
		return err
	}
	return rename(temp.Name(), path)
}

// clearOld removes what programs that were killed have left beside path while they wrote it: hidden files older than
// any write takes. Version 0.1 named them after the file, with nine or ten digits: eight are a date, and a reader's own.
func clearOld(path string) {
	folder, name := filepath.Split(path)
	entries, _ := os.ReadDir(cmp.Or(folder, ".")) // what cannot be read is not cleared
	for _, e := range entries {
		start := strings.TrimRight(e.Name(), "0123456789")
		digits := len(e.Name()) - len(start)
		if start == ".new-" && digits > 5 || start == "."+name+"." && (digits == 9 || digits == 10) {
			if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > time.Hour {
				_ = os.RemoveAll(filepath.Join(folder, e.Name())) // it harms nobody
			}
		}
	}
}

// Move gives a complete file or folder another name, after all of it is on the
// disk.
//
//	err := files.Move("runs/a/.last.new", "runs/a/last")
//
// It makes missing folders. A file replaces only what Write would replace, and a
// folder replaces nothing.
func Move(from, to string) (err error) {
	to, old, err := target(to)
	if err != nil {
		return err
	}
	defer func() { err = Explain(to, err) }()
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if info.IsDir() && old != nil {
		return fmt.Errorf("%s is there already; move it away first", to)
	}
	if err := cmp.Or(Trouble(to), os.MkdirAll(filepath.Dir(to), 0o777)); err != nil {
		return err
	}
	clearOld(to)
	err = filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && (entry.IsDir() || entry.Type().IsRegular()) {
			err = flush(path, entry.IsDir())
		}
		return err
	})
	if err != nil {
		return err
	}
	return cmp.Or(rename(from, to), flush(filepath.Dir(from), true))
}

// Check reports a path that Write would refuse.
//
//	err := files.Check("/dev/null") // "/dev/null is a device, …"
func Check(path string) error {
	_, _, err := target(path)
	return err
}

// target is the file to replace, where links lead to; old is nil if there is
// none yet.
func target(path string) (real string, old fs.FileInfo, err error) {
	if path, err = named(path); err != nil {
		return "", nil, err
	}
	old, err = os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if link, err := os.Lstat(path); err == nil && link.Mode()&fs.ModeSymlink != 0 {
			return "", nil, fmt.Errorf("%s is a link to a file that does not exist; remove the link or choose another name", path)
		}
		return path, nil, nil
	}
	if err != nil {
		return "", nil, Explain(path, err)
	}
	if !old.Mode().IsRegular() {
		return "", nil, refused(path, old)
	}
	real, err = filepath.EvalSymlinks(path)
	return real, old, err
}

func refused(path string, what fs.FileInfo) error {
	return fmt.Errorf("%s is a %s, not a file that can be replaced; choose another name", path, kind(what))
}

// rename brings the new name to the disk too. It looks again at what it replaces, which may have changed while the
// file was written. On Windows it tries again for two seconds: a virus scanner may have a new file open.
func rename(from, to string) error {
	if now, err := os.Lstat(to); err == nil && !now.Mode().IsRegular() {
		return refused(to, now)
	}
	err := os.Rename(from, to)
	for start := time.Now(); err != nil && runtime.GOOS == "windows" && time.Since(start) < 2*time.Second; {
		time.Sleep(10 * time.Millisecond)
		err = os.Rename(from, to)
	}
	return cmp.Or(err, flush(filepath.Dir(to), true))
}

// flush brings a file or folder to the disk. Windows does so by itself for
// folders, and wants to write to a file for it.
func flush(path string, folder bool) error {
	how := os.O_RDONLY
	if runtime.GOOS == "windows" {
		if folder {
			return nil
		}
		how = os.O_RDWR
	}
	f, err := os.OpenFile(path, how, 0)
	if err != nil {
		return err
	}
	err = f.Sync()
	if folder && (errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported)) {
		err = nil // network and shared folders that cannot keep files all the same
	}
	return cmp.Or(err, f.Close())
}
