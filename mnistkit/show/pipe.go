package show

import (
	"crypto"
	"encoding/gob"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"

	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// cell is the way to GoNB's kernel and back; nil outside a notebook.
//
// It speaks the protocol of gonbui without linking that: with its log and the
// network, gonbui costs every cell a tenth of a second.
var cell = newPipe()

// pipe exchanges gob values with the kernel over two named pipes.
type pipe struct {
	to, from string // their paths

	mu  sync.Mutex // guards what follows
	enc *gob.Encoder
	err error // of the first message that did not go out

	syncing sync.Mutex    // held by who waits for acks
	acks    chan struct{} // the kernel's answers to our syncs; closed when it is gone

	ui *gob.Encoder // to gonbui, if that is there; only receive uses it
}

// syncID is that of our syncs; gonbui counts its own from 1.
const syncID = -1

// newPipe is made before anything is shown, by this package or by gonbui.
func newPipe() *pipe {
	to := os.Getenv(protocol.GONB_PIPE_ENV)
	kernel := os.Getenv("KERNEL_PID") // set by the launcher, where it becomes the kernel
	if to == "" || kernel != "" && kernel != strconv.Itoa(os.Getppid()) {
		return nil // a program that a cell starts is no cell: the kernel listens to one
	}
	p := &pipe{to: to, from: os.Getenv(protocol.GONB_PIPE_BACK_ENV), acks: make(chan struct{})}
	if linksGonbui() {
		p.serveGonbui()
	}
	return p
}

// display shows HTML for good, or with an id as a block that the next one of
// that id replaces. It says whether the kernel could be told.
func (p *pipe) display(html, id string) bool {
	return p.send(&protocol.DisplayData{Data: map[protocol.MIMEType]any{protocol.MIMETextHTML: html}, DisplayID: id})
}

// sync waits until the kernel has taken all that was sent.
func (p *pipe) sync() {
	p.syncing.Lock()
	defer p.syncing.Unlock()
	if p.send(&protocol.DisplayData{Data: map[protocol.MIMEType]any{
		protocol.MIMECommValue: protocol.CommValue{Address: protocol.GonbuiSyncAddress, Value: syncID},
	}}) {
		<-p.acks
	}
}

// send opens the pipes with the first message.
func (p *pipe) send(m *protocol.DisplayData) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.enc == nil && p.err == nil {
		p.err = p.open()
	}
	if p.err == nil {
		p.err = p.enc.Encode(m)
	}
	return p.err == nil
}

func (p *pipe) open() error {
	to, err := os.OpenFile(p.to, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	from, err := os.Open(p.from)
	if err != nil {
		return err
	}
	p.enc = gob.NewEncoder(to)
	go p.receive(gob.NewDecoder(from))
	return nil
}

// receive hands out what comes from the kernel: answers to sync, and what is for gonbui.
func (p *pipe) receive(dec *gob.Decoder) {
	for {
		var v protocol.CommValue
		if err := dec.Decode(&v); err != nil { // the kernel is gone: nobody shall wait for it
			p.mu.Lock()
			p.err = err
			p.mu.Unlock()
			close(p.acks)
			return
		}
		if v.Address == protocol.GonbuiSyncAckAddress && v.Value == syncID {
			p.acks <- struct{}{}
		} else if p.ui != nil {
			_ = p.ui.Encode(v) // waits if gonbui does not read, and holds up nobody's messages
		}
	}
}

// linksGonbui says whether the program may hold gonbui too: that brings MD5
// along, which nothing else here needs. Go initialises packages that do not
// depend on each other in the order of their paths, so crypto/md5 was here first.
func linksGonbui() bool { return crypto.MD5.Available() }

// serveGonbui stands between gonbui and the kernel, which understands one
// sender only: where gonbui looks for the kernel's pipes it finds p's.
func (p *pipe) serveGonbui() {
	fromUI, to, err := os.Pipe()
	if err != nil {
		return // as it is for gonbui when its pipes fail
	}
	from, toUI, err := os.Pipe()
	if err != nil {
		return
	}
	p.ui = gob.NewEncoder(toUI)
	os.Setenv(protocol.GONB_PIPE_ENV, fmt.Sprintf("/dev/fd/%d", to.Fd()))
	os.Setenv(protocol.GONB_PIPE_BACK_ENV, fmt.Sprintf("/dev/fd/%d", from.Fd()))
	go func() {
		defer runtime.KeepAlive([]*os.File{to, from}) // gonbui opens them anew by their names
		dec := gob.NewDecoder(fromUI)
		for {
			var m protocol.DisplayData
			if dec.Decode(&m) != nil {
				_ = fromUI.Close() // so that gonbui gets an error, and does not wait
				return
			}
			p.send(&m)
		}
	}()
}
