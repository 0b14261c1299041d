package main

import (
	"encoding/gob"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/janpfeifer/gonb/gonbui/protocol"
	"github.com/janpfeifer/must"
)

// withNotebook gives a worker the two pipes of a GoNB kernel, so that it shows
// its training as in a cell: drawn, encoded and sent. Here it is thrown away.
func withNotebook(cmd *exec.Cmd, folder string) (stop func()) {
	open := func(variable, name string) *os.File {
		path := filepath.Join(folder, name)
		_ = os.Remove(path) // of the worker before
		must.M(syscall.Mkfifo(path, 0o600))
		cmd.Env = append(cmd.Env, variable+"="+path)
		return must.M1(os.OpenFile(path, os.O_RDWR, 0)) // both ends open: neither side waits for the other
	}
	out, back := open(protocol.GONB_PIPE_ENV, "gonb_pipe"), open(protocol.GONB_PIPE_BACK_ENV, "gonb_pipe_back")
	go answer(out, back)
	return func() { // nothing was written that must last
		_, _ = out.Close(), back.Close()
	}
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
