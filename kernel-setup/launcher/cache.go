package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gonblabs/mnistkit/files"
)

// request and response are the protocol of GOCACHEPROG, see cmd/go/internal/cacheprog of Go's source.
type request struct {
	ID                 int64
	Command            string
	ActionID, OutputID []byte
	BodySize           int64
}

type response struct {
	ID            int64
	Err           string     `json:",omitempty"`
	KnownCommands []string   `json:",omitempty"`
	Miss          bool       `json:",omitempty"`
	OutputID      []byte     `json:",omitempty"`
	Size          int64      `json:",omitempty"`
	Time          *time.Time `json:",omitempty"`
	DiskPath      string     `json:",omitempty"`
}

// serve answers until the go command has closed the cache or ended.
func serve(in io.Reader, out io.Writer, shared string) error {
	own, remove, err := ownCache()
	if err != nil {
		return err
	}
	defer remove()
	requests, answers := json.NewDecoder(in), json.NewEncoder(out)
	err = answers.Encode(response{KnownCommands: []string{"get", "put", "close"}})
	for err == nil {
		var asked request
		if err = requests.Decode(&asked); err != nil {
			break
		}
		answer := response{}
		switch asked.Command {
		case "get":
			if answer, err = own.get(asked.ActionID); err != nil {
				answer, err = cache{folder: shared}.get(asked.ActionID)
			}
			if err != nil {
				answer, err = response{Miss: true}, nil
			}
		case "put":
			var body []byte
			if asked.BodySize > 0 {
				err = requests.Decode(&body)
			}
			var wrong error
			if answer.DiskPath, wrong = own.put(asked, body); wrong != nil {
				answer.Err = wrong.Error()
			}
		case "close":
			own.trim()
		}
		answer.ID = asked.ID
		err = cmp.Or(err, answers.Encode(answer))
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// cache is a folder as the go command itself keeps it: aa/aa…-a says what an action gave, and bb/bb…-d is that.
type cache struct {
	folder string
	mine   bool // notes what is used
}

// ownCache is the user's own, or one for this command alone where that cannot be written.
func ownCache() (own cache, remove func(), err error) {
	folder := os.Getenv("GOCACHE")
	if folder == "" {
		if folder, err = os.UserCacheDir(); err == nil {
			folder = filepath.Join(folder, "go-build")
		}
	}
	if err == nil && os.MkdirAll(folder, 0o777) == nil && files.Writable(folder) {
		return cache{folder, true}, func() {}, nil
	}
	folder, err = os.MkdirTemp("", "gonb-cache-")
	return cache{folder, true}, func() { _ = os.RemoveAll(folder) }, err
}

func (c cache) file(id []byte, kind string) string {
	name := fmt.Sprintf("%x-%s", id, kind)
	return filepath.Join(c.folder, name[:min(2, len(name))], name)
}

// get finds what an action gave.
func (c cache) get(action []byte) (response, error) {
	file := c.file(action, "a")
	entry, err := os.ReadFile(file)
	if err != nil {
		return response{}, err
	}
	var known, output []byte
	var size, at int64
	if _, err := fmt.Sscanf(string(entry), "v1 %x %x %d %d", &known, &output, &size, &at); err != nil {
		return response{}, err
	}
	found := c.file(output, "d")
	info, err := os.Stat(found)
	if err != nil || info.Size() != size || string(known) != string(action) {
		return response{}, cmp.Or(err, fs.ErrNotExist)
	}
	if now := time.Now(); c.mine && now.Sub(info.ModTime()) > time.Hour {
		_, _ = os.Chtimes(file, now, now), os.Chtimes(found, now, now) // else it counts as unused
	}
	when := time.Unix(0, at)
	return response{OutputID: output, Size: size, Time: &when, DiskPath: found}, nil
}

// put keeps what an action gave. First comes the contents, so that no entry leads to half a file.
func (c cache) put(asked request, body []byte) (path string, err error) {
	if sum := sha256.Sum256(body); string(sum[:]) != string(asked.OutputID) {
		return "", errors.New("what came is not what was said")
	}
	path = c.file(asked.OutputID, "d")
	entry := fmt.Sprintf("v1 %x %x %20d %20d\n", asked.ActionID, asked.OutputID, len(body), time.Now().UnixNano())
	if err = replace(path, body); err == nil {
		err = replace(c.file(asked.ActionID, "a"), []byte(entry))
	}
	return path, err
}

// replace writes a file in whole or not at all. It does not wait for the disk, as files.Write does: a damaged file is a miss.
func replace(path string, contents []byte) error {
	temp := filepath.Join(filepath.Dir(path), fmt.Sprintf(".new-%x", rand.Uint64()))
	defer os.Remove(temp)
	err := cmp.Or(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(temp, contents, 0o666))
	if err == nil {
		err = os.Rename(temp, path)
	}
	return err
}

// trim removes once a day what was not used for five days, as the go command does in its own cache.
func (c cache) trim() {
	last := filepath.Join(c.folder, "trim.txt")
	now := time.Now()
	if info, err := os.Stat(last); err == nil && now.Sub(info.ModTime()) < 24*time.Hour {
		return
	}
	_ = os.WriteFile(last, fmt.Appendln(nil, now.Unix()), 0o666)
	_ = filepath.WalkDir(c.folder, func(path string, entry fs.DirEntry, err error) error {
		name := filepath.Base(path)
		if err != nil || !strings.HasSuffix(name, "-a") && !strings.HasSuffix(name, "-d") && !strings.HasPrefix(name, ".new-") {
			return nil
		}
		if info, err := entry.Info(); err == nil && now.Sub(info.ModTime()) > 5*24*time.Hour {
			_ = os.Remove(path) // the next day tries again
		}
		return nil
	})
}
