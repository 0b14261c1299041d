package show

import (
	"encoding/gob"
	"os"
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

	mu    sync.Mutex // guards what follows
	enc   *gob.Encoder
	err   error // of the first message that did not go out
	syncs int   // asked for: numbered downwards, since gonbui counts up
	acks  map[int]chan struct{}

	ui *gob.Encoder // to gonbui, if that is there; only receive uses it
}

// newPipe is made before anything is shown, by this package or by gonbui.
func newPipe() *pipe {
	to := os.Getenv(protocol.GONB_PIPE_ENV)
	if to == "" {
		return nil
	}
	p := &pipe{to: to, from: os.Getenv(protocol.GONB_PIPE_BACK_ENV), acks: map[int]chan struct{}{}}
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
	ack := make(chan struct{})
	p.mu.Lock()
	p.syncs--
	id := p.syncs
	p.acks[id] = ack
	p.mu.Unlock()
	if p.send(&protocol.DisplayData{Data: map[protocol.MIMEType]any{
		protocol.MIMECommValue: protocol.CommValue{Address: protocol.GonbuiSyncAddress, Value: id},
	}}) {
		<-ack
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
		err := dec.Decode(&v)
		p.mu.Lock()
		if err != nil { // the kernel is gone: nobody shall wait for it
			p.err = err
			for _, ack := range p.acks {
				close(ack)
			}
			p.mu.Unlock()
			return
		}
		id, _ := v.Value.(int)
		ack := p.acks[id]
		ours := ack != nil && v.Address == protocol.GonbuiSyncAckAddress
		if ours {
			close(ack)
			delete(p.acks, id)
		}
		p.mu.Unlock()
		if !ours && p.ui != nil {
			_ = p.ui.Encode(v) // waits if gonbui does not read, and holds up nobody's messages
		}
	}
}
