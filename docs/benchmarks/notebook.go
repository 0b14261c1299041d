package main

import (
	"encoding/gob"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// withNotebook gives a worker the two pipes of a GoNB kernel, so that it shows
// its training as in a cell: drawn, encoded and sent. Here it is thrown away.
func withNotebook(cmd *exec.Cmd, folder string) (stop func(), err error) {
	out, back := filepath.Join(folder, "gonb_pipe"), filepath.Join(folder, "gonb_pipe_back")
	var files []*os.File
	for _, path := range []string{out, back} {
		_ = os.Remove(path) // of the worker before
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			return nil, err
		}
		// Both ends open: neither side waits for the other.
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	cmd.Env = append(cmd.Env, protocol.GONB_PIPE_ENV+"="+out, protocol.GONB_PIPE_BACK_ENV+"="+back)
	go answer(files[0], files[1])
	return func() {
		for _, f := range files {
			_ = f.Close() // nothing was written that must last
		}
	}, nil
}

// answer reads what the worker displays and acknowledges its syncs.
func answer(out, back *os.File) {
	dec, enc := gob.NewDecoder(out), gob.NewEncoder(back)
	for {
		var d protocol.DisplayData
		if dec.Decode(&d) != nil {
			return // the worker ended
		}
		v, ok := d.Data[protocol.MIMECommValue].(protocol.CommValue)
		if ok && v.Address == protocol.GonbuiSyncAddress {
			if enc.Encode(protocol.CommValue{Address: protocol.GonbuiSyncAckAddress, Value: v.Value}) != nil {
				return
			}
		}
	}
}
