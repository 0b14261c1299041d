package main

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/rogpeppe/go-internal/cache"

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

// serve answers until the go command has closed the cache or ended. What the shared cache lacks goes into the user's own.
func serve(in io.Reader, out io.Writer, folder string) error {
	own, temp, err := ownCache()
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	shared, err := cache.Open(folder)
	if err != nil { // it is being cleaned
		shared = own
	}
	requests, answers := json.NewDecoder(in), json.NewEncoder(out)
	err = answers.Encode(response{KnownCommands: []string{"get", "put", "close"}})
	for err == nil {
		var asked request
		if err = requests.Decode(&asked); err != nil {
			break
		}
		answer := response{ID: asked.ID}
		switch asked.Command {
		case "get":
			path, found, missing := own.GetFile(cache.ActionID(asked.ActionID))
			if missing != nil {
				path, found, missing = shared.GetFile(cache.ActionID(asked.ActionID))
			}
			answer.Miss = missing != nil
			if !answer.Miss {
				answer.DiskPath, answer.OutputID, answer.Size, answer.Time = path, found.OutputID[:], found.Size, &found.Time
			}
		case "put":
			var body []byte
			if asked.BodySize > 0 {
				err = requests.Decode(&body)
			}
			wrong := errors.New("what came is not what was said")
			if output := cache.OutputID(asked.OutputID); output == sha256.Sum256(body) {
				_, _, wrong = own.Put(cache.ActionID(asked.ActionID), bytes.NewReader(body))
				answer.DiskPath = own.OutputFile(output)
			}
			if wrong != nil {
				answer.Err = wrong.Error()
			}
		case "close":
			_ = own.Trim() // the next day tries again
		}
		err = cmp.Or(err, answers.Encode(answer))
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// ownCache is the user's own, or one in temp for this command alone where that cannot be written.
func ownCache() (own *cache.Cache, temp string, err error) {
	caches, _ := os.UserCacheDir() // "" without a home
	folder := cmp.Or(os.Getenv("GOCACHE"), filepath.Join(caches, "go-build"))
	if !filepath.IsAbs(folder) || os.MkdirAll(folder, 0o777) != nil || !files.Writable(folder) {
		if temp, err = os.MkdirTemp("", "gonb-cache-"); err != nil {
			return nil, "", err
		}
		folder = temp
	}
	own, err = cache.Open(folder)
	return own, temp, err
}
