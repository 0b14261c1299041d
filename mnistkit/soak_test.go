package mnistkit_test

import (
	"context"
	"flag"
	"fmt"
	"image"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gonblabs/mnistkit/layer"
)

var requests = flag.Int("requests", 4000, "`number` of requests to a server")

// left is what a service may leave behind.
type left struct{ Goroutines, Files, Heap, Process int }

func leftovers() (l left) {
	runtime.GC()         // what a sync.Pool holds outlives one collection
	debug.FreeOSMemory() // which collects first
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	l.Goroutines, l.Heap = runtime.NumGoroutine(), int(memory.HeapAlloc)
	if open, err := os.ReadDir("/proc/self/fd"); err == nil { // on Linux only
		l.Files = len(open)
	}
	if contents, err := os.ReadFile("/proc/self/statm"); err == nil {
		_, _ = fmt.Sscan(string(contents), new(int), &l.Process)
		l.Process *= os.Getpagesize()
	}
	return l
}

// settled is what is left once it is no longer too much, or after 5 s: a goroutine that has said that it is done is counted
// until it has ended.
func settled(tooMuch func(left) bool) left {
	for until := time.Now().Add(5 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if l := leftovers(); !tooMuch(l) || time.Now().After(until) {
			return l
		}
	}
}

// TestServerLeavesNothing: many requests from 8 goroutines, of which some are wrong or give up, leave no goroutine and no file
// behind, and memory levels off.
func TestServerLeavesNothing(t *testing.T) {
	run := small(t)
	run.Model = layer.Stack{layer.Rescale(1.0 / 255), layer.Conv2D(2, 5).Stride(2).ReLU(), layer.MaxPool(2), layer.Flatten(), layer.Dense(10)}
	digits, want := embedded(t, run)
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	before := leftovers()
	server, err := digits.Server()
	if err != nil {
		t.Fatal(err)
	}
	picture := image.NewGray(image.Rect(0, 0, 60, 60))
	picture.Pix[60*30+30] = 255
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	var asked atomic.Int64
	ask := func(until int) {
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for n := int(asked.Add(1)); n <= until; n = int(asked.Add(1)) {
					switch n % 10 {
					case 0:
						if _, err := server.Predict(t.Context(), "no picture"); err == nil {
							t.Errorf("request %d: a sentence is answered", n)
						}
					case 1:
						if _, err := server.Predict(ended, picture); err == nil {
							t.Errorf("request %d: whoever gave up is answered", n)
						}
					case 2:
						i := n % want.Len()
						if p, err := server.Predict(t.Context(), want.Data.Slice(i, i+1)); err != nil || !near(p.Values, want.Row(i)) {
							t.Errorf("request %d: %v, %v", n, p.Values, err)
						}
					default:
						if p, err := server.Predict(t.Context(), picture); err != nil || p.Len() != 1 {
							t.Errorf("request %d: %v", n, err)
						}
					}
				}
			})
		}
		all.Wait()
		asked.Store(int64(until))
	}
	ask(*requests / 4) // until all buffers have their size
	begun := leftovers()
	ask(*requests)
	grown := func(l left) bool {
		return l.Goroutines > begun.Goroutines || l.Files > begun.Files || l.Heap > begun.Heap+1<<20 || l.Process > begun.Process+8<<20
	}
	after := settled(grown)
	t.Logf("before the server %+v, after %d requests %+v, after %d %+v", before, *requests/4, begun, *requests, after)
	if grown(after) {
		t.Error("something grows with the requests")
	}
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	closed := settled(func(l left) bool { return l.Goroutines > before.Goroutines || l.Files > before.Files })
	if kept, err := os.ReadDir(temporary); closed.Goroutines > before.Goroutines || closed.Files > before.Files || len(kept) > 0 {
		t.Errorf("after Close %+v, before the server %+v; files %v, %v", closed, before, kept, err)
	}
}
