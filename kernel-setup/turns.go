package main

import (
	"fmt"
	"sync"
	"time"

	"gonblabs/mnistkit/show"
)

// turns lets notebooks that run side by side speak one after the other, in their order: the first that
// has not ended shows its lines, those of the others wait.
type turns struct {
	mu    sync.Mutex
	now   int // whose turn it is
	lines map[int][]string
	ended map[int]bool
}

// voice is one notebook's.
type voice struct {
	turns  *turns
	number int
}

func newTurns() *turns { return &turns{lines: map[int][]string{}, ended: map[int]bool{}} }

func (t *turns) voice(number int) voice { return voice{t, number} }

// line says what stays.
func (v voice) line(text string) {
	v.turns.mu.Lock()
	defer v.turns.mu.Unlock()
	if v.number == v.turns.now {
		finishLine(text)
		return
	}
	v.turns.lines[v.number] = append(v.turns.lines[v.number], text)
}

// passing shows a line until the next; out of turn it is not worth keeping.
func (v voice) passing(text string) {
	v.turns.mu.Lock()
	defer v.turns.mu.Unlock()
	if v.number == v.turns.now {
		replaceLine(text)
	}
}

// end hands the turn on.
func (v voice) end() {
	t := v.turns
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended[v.number] = true
	for t.ended[t.now] {
		t.now++
		for _, text := range t.lines[t.now] {
			finishLine(text)
		}
		delete(t.lines, t.now)
	}
}

// ticker shows a passing line with the seconds since it appeared.
type ticker struct {
	say   voice
	label string
	end   chan struct{}
}

func (t *ticker) start(label string) {
	t.label, t.end = label, make(chan struct{})
	go func(end chan struct{}, since time.Time) {
		for {
			t.say.passing(fmt.Sprintf("%s %8s", label, show.Duration(time.Since(since).Seconds())))
			select {
			case <-end:
				return
			case <-time.After(time.Second):
			}
		}
	}(t.end, time.Now())
}

func (t *ticker) stop() {
	if t.end != nil {
		close(t.end)
		t.end = nil
	}
}
