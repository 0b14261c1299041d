package training

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/session"
)

// TestPart: examples that nobody asked about are computed only where they are fewer than those that somebody did.
func TestPart(t *testing.T) {
	for n, want := range map[int][]int{1: {1}, 3: {1, 1, 1}, 5: {8}, 8: {8}, 9: {8, 1}, 16: {8, 8}, 32: {8, 8, 8, 8}, 33: {64}, 64: {64}, 70: {64, 8}} {
		var got []int
		for left := n; left > 0; {
			examples, batch := part(left)
			got, left = append(got, batch), left-examples
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d examples: %s", n, diff)
		}
	}
}

// counting is a session that counts what it is asked for, and calls then.
type counting struct {
	session.Session
	batches int
	then    func()
}

func (c *counting) Put(string, *data.Set, int) error { return nil }

func (c *counting) Predict(context.Context, string) (data.Array, error) {
	c.batches++
	c.then()
	return data.Array{F32: make([]float32, 64)}, nil
}

// TestNobodyWaits: what nobody waits for any more is not computed, and holds up nobody.
func TestNobodyWaits(t *testing.T) {
	c := &counting{then: func() {}}
	s := &Server{recipe: session.Recipe{Input: []int{1}, InputType: "float32"}, session: c, units: 1, asked: make(chan *question, 10)}
	ask := func(ctx context.Context, n int) *question {
		return &question{ctx, &data.Set{Inputs: data.Array{Shape: []int{1}, F32: make([]float32, n)}}, make(chan reply, 1)}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	s.answer(ask(ended, 1000))
	live := ask(t.Context(), 1)
	s.asked <- ask(ended, 30)
	s.asked <- live
	s.answer(ask(ended, 20))
	if got := <-live.answer; c.batches != 1 || got.err != nil || len(got.values) != 1 {
		t.Errorf("one example takes %d batches, and has the answer %v", c.batches, got)
	}
	given, giveUp := context.WithCancel(t.Context())
	c.then = func() {
		if c.batches == 4 {
			giveUp()
		}
	}
	s.answer(ask(given, 10_000))
	if c.batches != 4 {
		t.Errorf("a large set whose asker gives up after 3 batches of it takes %d", c.batches-1)
	}
}
