package files

import (
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Open opens a regular file to read. All that reads a file of the user's opens it here.
//
//	f, err := files.Open("~/lenet.mnistkit")
//
// A leading ~ is the home folder. A folder, a device, a named pipe or a socket, also where a link
// leads to one, is an error: reading it may never end.
func Open(path string) (*os.File, error) {
	path, err := named(path)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is a %s, not a file with contents; give the path of a file", path, kind(info))
	}
	file, failed := os.Open(path)
	return file, Explain(path, cmp.Or(err, failed))
}

// Read is all that a regular file holds; see Open.
//
//	contents, err := files.Read("run.json")
func Read(path string) ([]byte, error) {
	file, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(file)
}

// SHA256 is that of a file's contents, in hex; "" with an error.
//
//	sum, err := files.SHA256("aclImdb_v1.tar.gz")
func SHA256(path string) (string, error) {
	file, err := Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return "", Explain(path, err)
	}
	return fmt.Sprintf("%x", h.Sum(nil)), nil
}

// kind says what is at a path where no regular file is.
func kind(info fs.FileInfo) string { return cmp.Or(kinds[info.Mode().Type()], "device") }

var kinds = map[fs.FileMode]string{fs.ModeDir: "folder", fs.ModeNamedPipe: "named pipe", fs.ModeSocket: "socket"}

// Explain makes a sentence of what the system says about a path, and leaves other errors as they are.
//
//	err := files.Explain("my-digits", &os.PathError{Err: os.ErrPermission})
func Explain(path string, err error) error {
	switch err.(type) {
	case *fs.PathError, *os.LinkError:
		what := errors.Unwrap(err)
		return fmt.Errorf("%s: %w; %s", path, what, cmp.Or(Remedy(what.Error()), "check the path and its permissions, or choose another one"))
	}
	return err
}

// Remedy is what to do about a disk that takes no more, by what any program says of it; "" is for all else.
//
//	files.Remedy("pip: No space left on device") // "make room on that disk, …"
func Remedy(said string) string {
	for _, full := range []string{"no space left on device", "disk quota exceeded", "file too large"} {
		if strings.Contains(strings.ToLower(said), full) {
			return "make room on that disk, or raise your limit, then run it again"
		}
	}
	return ""
}

// Home replaces a leading ~ by the home folder, as a shell does, where there is one.
//
//	dir := files.Home("~/my-digits")
func Home(path string) string {
	user, err := os.UserHomeDir()
	if err != nil || !inHome(path) {
		return path
	}
	return user + path[1:]
}

func inHome(path string) bool { return strings.HasPrefix(filepath.ToSlash(path)+"/", "~/") }

// named is the path of a file that a user gave.
func named(path string) (string, error) {
	path = Home(path)
	switch {
	case path == "" || os.IsPathSeparator(path[len(path)-1]):
		return "", fmt.Errorf("%q is not the path of a file; give one, such as \"work/mine\"", path)
	case inHome(path):
		return "", fmt.Errorf("%s is in the home folder, which is not known here; set HOME, or write the path in full", path)
	}
	return path, nil
}

// OpenUnpacked is Open for what may be in a .gz file, which is unpacked then, up to what Unpacked allows.
//
//	houses, err := files.OpenUnpacked("houses.csv.gz")
func OpenUnpacked(path string) (io.ReadCloser, error) {
	file, err := Open(path)
	if err != nil || !strings.HasSuffix(path, ".gz") && !strings.HasSuffix(path, ".tgz") {
		return file, err
	}
	unpacked, err := gzip.NewReader(file)
	info, noInfo := file.Stat()
	if err = cmp.Or(err, noInfo); err != nil {
		return nil, fmt.Errorf("%s: this is not a gzip file (%w); make it anew", path, cmp.Or(err, file.Close()))
	}
	most, more := Unpacked(info.Size())
	return struct {
		io.Reader
		io.Closer
	}{&Bounded{R: unpacked, Left: most, Err: more}, file}, nil
}

// Unpacked is how many bytes data of a packed size may have, 64 MB and 100 times that, and the error of those that
// have more. Real data stay below it; what was made to fill a memory does not.
func Unpacked(packed int64) (most int64, more error) {
	most = 64<<20 + 100*packed
	return most, fmt.Errorf("its %d bytes unpack to more than %d, far more than data do; if it is yours, keep it unpacked", packed, most)
}

// Bounded reads from R, and fails with Err soon after Left bytes, so that nothing fills the memory.
type Bounded struct {
	R    io.Reader
	Left int64
	Err  error
}

// Read reads from R.
func (b *Bounded) Read(p []byte) (int, error) {
	n, err := b.R.Read(p)
	if b.Left -= int64(n); b.Left < 0 {
		err = b.Err
	}
	return n, err
}
