//go:build unix

package show

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// kernel stands for GoNB: it notes what it is sent, and answers syncs.
type kernel struct {
	to, back string // the pipes' paths
	shown    []string
}

func newKernel(t *testing.T) *kernel {
	t.Helper()
	k := &kernel{to: filepath.Join(t.TempDir(), "pipe"), back: filepath.Join(t.TempDir(), "back")}
	var ends []*os.File
	for _, path := range []string{k.to, k.back} {
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
		end, err := os.OpenFile(path, os.O_RDWR, 0) // waits for nobody
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { end.Close() })
		ends = append(ends, end)
	}
	t.Setenv(protocol.GONB_PIPE_ENV, k.to)
	t.Setenv(protocol.GONB_PIPE_BACK_ENV, k.back)
	go k.serve(gob.NewDecoder(ends[0]), gob.NewEncoder(ends[1]))
	return k
}

func (k *kernel) serve(dec *gob.Decoder, enc *gob.Encoder) {
	for {
		var m protocol.DisplayData
		if dec.Decode(&m) != nil {
			return // as GoNB does: whatever comes after is lost
		}
		if v, ok := m.Data[protocol.MIMECommValue].(protocol.CommValue); ok {
			_ = enc.Encode(&protocol.CommValue{Address: protocol.GonbuiSyncAckAddress, Value: v.Value})
			continue
		}
		k.shown = append(k.shown, m.DisplayID+m.Data[protocol.MIMETextHTML].(string))
	}
}

// A program shows with this package and with gonbui, in turns; each waits for the kernel's answers.
func TestPipeBesideGonbui(t *testing.T) {
	k := newKernel(t)
	p := newPipe()
	if p == nil || p.ui == nil {
		t.Fatal("a program with gonbui in it was not recognised")
	}
	gonbui.IsNotebook = true // it looked before there was a kernel
	p.sync()
	p.display("<p>ours</p>", "")
	p.sync()
	gonbui.DisplayHTML("<p>gonbui's</p>")
	gonbui.Sync()
	gonbui.UpdateHTML("block ", "<p>replaced</p>")
	gonbui.Sync()
	p.display("<p>last</p>", "live ")
	p.sync()
	want := []string{"<p>ours</p>", "<p>gonbui's</p>", "block <p>replaced</p>", "live <p>last</p>"}
	if !slices.Equal(k.shown, want) {
		t.Errorf("the kernel was sent %q, want %q", k.shown, want)
	}
}

// A screen reader hears a sentence in some seconds; the block that changes is silent.
func TestLiveSays(t *testing.T) {
	k, before := newKernel(t), cell
	cell = newPipe()
	defer func() { cell = before }()
	now := time.Unix(1, 0)
	l := &Live{id: "live_1", now: func() time.Time { return now }}
	for epoch := 1; epoch <= 10; epoch++ {
		l.Update(func() Block { return Progress{Label: fmt.Sprint("epoch ", epoch)} })
		l.Say(fmt.Sprint("epoch ", epoch, " & done"))
		now = now.Add(time.Second)
	}
	l.Done(Line("end"))
	cell.sync()
	var said []string
	for _, shown := range k.shown {
		if text, found := strings.CutPrefix(shown, "live_1_said"); found {
			said = append(said, text)
		} else if strings.Contains(shown, "aria-live") || strings.Contains(shown, "role=") {
			t.Errorf("the block speaks: %s", shown)
		}
	}
	want := []string{"epoch 1 &amp; done", "epoch 4 &amp; done", "epoch 7 &amp; done", "epoch 10 &amp; done", ""}
	for i := range max(len(said), len(want)) {
		if i >= len(said) || i >= len(want) || want[i] != "" && !strings.Contains(said[i], `role="status" aria-live="polite"`) || !strings.Contains(said[i], want[i]) {
			t.Fatalf("said %q, want %q", said, want)
		}
	}
}

// A saved notebook holds what programs read beside what people read.
func TestDisplayedData(t *testing.T) {
	page := Blocks{Line("a line"), Note("bundled sample"), epochs, Details{"more", Table{Caption: "A & B", Kind: "results", Header: []string{"here"}, Rows: [][]string{{"1 < 2"}, nil}}}, Data{Kind: "fit", Caption: "mnist/mlp"}}
	var pipe bytes.Buffer
	sent := protocol.DisplayData{Data: content(page)}
	if err := gob.NewEncoder(&pipe).Encode(sent); err != nil {
		t.Fatal(err)
	}
	var received protocol.DisplayData
	if err := gob.NewDecoder(&pipe).Decode(&received); err != nil {
		t.Fatal(err)
	}
	saved, err := json.Marshal(received.Data[DataType])
	if err != nil {
		t.Fatal(err)
	}
	var data []Data
	want := []Data{{Kind: "note", Caption: "bundled sample"}, {Kind: "results", Caption: "A & B", Header: []string{"here"}, Rows: [][]string{{"1 < 2"}, nil}}, {Kind: "fit", Caption: "mnist/mlp"}}
	if err := json.Unmarshal(saved, &data); err != nil || !reflect.DeepEqual(data, want) {
		t.Errorf("%+v (%v) from %s, want %+v", data, err, saved, want)
	}
	if received.Data[protocol.MIMETextHTML] != page.HTML() {
		t.Error("the HTML is another one")
	}
	if _, has := content(Blocks{epochs})[DataType]; has {
		t.Error("a table for people only left data")
	}
}

// When the kernel goes, nobody waits for its answer.
func TestPipeWithoutKernel(t *testing.T) {
	t.Setenv(protocol.GONB_PIPE_ENV, filepath.Join(t.TempDir(), "gone"))
	p := newPipe()
	p.sync()
	if p.display("<p>lost</p>", "") {
		t.Error("shown where nothing is")
	}
}

// TestOnlyTheCellIsACell: a program that a cell starts has the cell's environment, and would take its place.
func TestOnlyTheCellIsACell(t *testing.T) {
	newKernel(t)
	for number, want := range map[string]bool{"": true, fmt.Sprint(os.Getppid()): true, "1": os.Getppid() == 1} {
		t.Setenv("KERNEL_PID", number)
		if got := newPipe() != nil; got != want {
			t.Errorf("started by %d, with the kernel %q, it is a cell: %t", os.Getppid(), number, got)
		}
	}
}
