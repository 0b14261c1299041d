package session

import (
	"bytes"
	"context"
	"encoding/gob"
	"math"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gonblabs/mnistkit/data"
)

// TestServe calls every method of a session over a pipe.
func TestServe(t *testing.T) {
	s, ended := piped(t)
	ctx := t.Context()
	_, err := s.Evaluate(ctx, "train", nil)
	oneSentence(t, err, `"evaluate" before a model was opened`)
	bad := config()
	bad.BatchSize = 13
	_, err = s.call(request{Op: "open", Recipe: bad})
	oneSentence(t, err, "the batch size is 13; that brings bad luck")

	a, err := s.call(request{Op: "open", Recipe: config()})
	if err != nil || a.Backend != "fake of Adam(0.001)" {
		t.Fatalf("%q, %v", a.Backend, err)
	}
	set := &data.Set{Name: "four", Inputs: data.Array{Shape: []int{2, 2, 1}, U8: make([]uint8, 16)},
		Labels: data.Array{I32: []int32{0, 1, 2, 0}}, Weights: []float32{1, 2, 0.5, 3}}
	if err := PutSet(s, "train", set.Chunks()); err != nil {
		t.Fatal(err)
	}
	means, err := s.Evaluate(ctx, "train", []int32{1, 2})
	if diff := cmp.Diff(map[string]float64{"loss": 4, "accuracy": 2}, means); diff != "" || err != nil {
		t.Error(diff, err)
	}
	answers, err := s.Predict(ctx, "train")
	if diff := cmp.Diff(data.Array{Shape: []int{1}, F32: set.Weights}, answers); diff != "" || err != nil {
		t.Error(diff, err)
	}
	weights := []Weight{{Name: "dense/kernel", Shape: []int{1, 2}, Values: []float32{0, float32(math.NaN())}}, {Name: "dense/bias", Shape: []int{1}, Values: []float32{-1}}}
	if err := s.SetWeights(weights); err != nil {
		t.Fatal(err)
	}
	back, err := s.Weights()
	if diff := cmp.Diff(weights, back, cmpopts.EquateNaNs()); diff != "" || err != nil {
		t.Error(diff, err)
	}

	// The engine runs in a folder of its own: it gets absolute paths.
	abs, _ := filepath.Abs("here")
	oneSentence(t, s.Save("here"), "saved to "+abs)
	oneSentence(t, s.Load("here"), "loaded from "+abs)
	_, err = s.call(request{Op: "juggle"})
	oneSentence(t, err, `unknown request "juggle"; rebuild the engine program`)

	s.in.Close()
	if err := <-ended; err != nil {
		t.Errorf("Serve ends with %v", err)
	}
}

// A large set arrives in chunks and is whole again.
func TestPutInChunks(t *testing.T) {
	s, _ := piped(t)
	if _, err := s.call(request{Op: "open", Recipe: config()}); err != nil {
		t.Fatal(err)
	}
	const n, side = 2500, 30
	large := &data.Set{Name: "large", Inputs: data.Array{Shape: []int{side, side, 1}, U8: make([]uint8, n*side*side)},
		Labels: data.Array{Shape: []int{}, I32: make([]int32, n)}, Weights: make([]float32, n)}
	for i := range n {
		large.Inputs.U8[i*side*side], large.Labels.I32[i], large.Weights[i] = uint8(i), int32(i%3), float32(i)
	}
	sent := s.requests
	if err := PutSet(s, "large", large.Chunks()); err != nil {
		t.Fatal(err)
	}
	if chunks := s.requests - sent; chunks != 3 {
		t.Errorf("sent in %d chunks, want 3", chunks)
	}
	if answers, err := s.Predict(t.Context(), "large"); err != nil || !cmp.Equal(answers.F32, large.Weights) {
		t.Errorf("the engine holds %d of %d examples: %v", answers.Len(), n, err)
	}
}

// A set without labels crosses the pipe too, in chunks.
func TestPutUnlabelled(t *testing.T) {
	s, _ := piped(t)
	if _, err := s.call(request{Op: "open", Recipe: config()}); err != nil {
		t.Fatal(err)
	}
	const n, side = 2500, 30
	set := &data.Set{Name: "unlabelled", Inputs: data.Array{Shape: []int{side, side, 1}, U8: make([]uint8, n*side*side)}, Weights: make([]float32, n)}
	for i := range n {
		set.Weights[i] = float32(i)
	}
	if err := PutSet(s, "unlabelled", set.Chunks()); err != nil {
		t.Fatal(err)
	}
	if answers, err := s.Predict(t.Context(), "unlabelled"); err != nil || !cmp.Equal(answers.F32, set.Weights) {
		t.Errorf("the engine holds %d of %d examples: %v", answers.Len(), n, err)
	}
}

// TestServeTrain: an epoch over a pipe, from a partial one, with progress and
// with an error.
func TestServeTrain(t *testing.T) {
	s, _ := piped(t)
	if _, err := s.call(request{Op: "open", Recipe: config()}); err != nil {
		t.Fatal(err)
	}
	heard := 0
	p, err := s.Train(t.Context(), Epoch{Number: 1, Order: []int32{3, 1}, LearningRate: 0.25, From: Partial{Batches: 2, Of: 5}}, func(p Partial) {
		if heard++; p.Batches < 3 || p.Of != 5 {
			t.Errorf("progress %+v", p)
		}
	})
	want := Partial{Batches: 5, Of: 5, Examples: 6, Sums: map[string]float64{"loss": 0.25}}
	if diff := cmp.Diff(want, p); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if heard == 0 {
		t.Error("no progress was reported")
	}
	_, err = s.Train(t.Context(), Epoch{Number: failing}, nil)
	oneSentence(t, err, "the loss went astray")
	if p, err = s.Train(t.Context(), Epoch{Number: 2}, nil); err != nil || !p.Done() {
		t.Errorf("after an error: %+v, %v", p, err)
	}
}

// TestStop: a training stops when its context ends: before it began, or in the
// middle; the request after it is not stopped too.
func TestStop(t *testing.T) {
	s, _ := piped(t)
	if _, err := s.call(request{Op: "open", Recipe: config()}); err != nil {
		t.Fatal(err)
	}
	if err := s.Put("train", &data.Set{Labels: data.Array{I32: []int32{0}}}, 0); err != nil {
		t.Fatal(err)
	}
	for range 50 {
		over, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := s.Train(over, Epoch{Number: forever}, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Evaluate(t.Context(), "train", nil); err != nil {
			t.Fatalf("the stop of the training before met this: %v", err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	p, err := s.Train(ctx, Epoch{Number: forever}, func(Partial) { cancel() })
	if err != nil || p.Batches == 0 {
		t.Errorf("%+v, %v", p, err)
	}
}

// TestLateStop: a stop that comes when its request has been answered is meant for
// that request alone.
func TestLateStop(t *testing.T) {
	s, _ := piped(t)
	if _, err := s.call(request{Op: "open", Recipe: config()}); err != nil { // number 1
		t.Fatal(err)
	}
	if err := s.enc.Encode(request{Op: "stop", Number: 1}); err != nil {
		t.Fatal(err)
	}
	if p, err := s.Train(t.Context(), Epoch{Number: 1}, nil); err != nil || !p.Done() { // number 2
		t.Errorf("stopped by an old stop: %+v, %v", p, err)
	}
	heard := 0
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := s.Train(ctx, Epoch{Number: forever}, func(Partial) { // number 3
		switch heard++; heard {
		case 1:
			s.enc.Encode(request{Op: "stop", Number: 2})
		case 3:
			cancel()
		}
	})
	if err != nil || heard < 3 {
		t.Errorf("stopped after %d reports by a late stop, %v", heard, err)
	}
}

// TestEarlyStop: a training that is stopped before it is in hand does no batch.
func TestEarlyStop(t *testing.T) {
	var in, out bytes.Buffer
	sent := gob.NewEncoder(&in)
	for _, q := range []request{{Op: "open", Number: 1, Recipe: config()}, {Op: "train", Number: 2, Epoch: Epoch{Number: forever}}, {Op: "stop", Number: 2}} {
		if err := sent.Encode(q); err != nil {
			t.Fatal(err)
		}
	}
	var waiting []func()
	if err := Serve(&in, &out, openFake, func(work func()) { waiting = append(waiting, work) }); err != nil {
		t.Fatal(err)
	}
	var a response
	for dec := gob.NewDecoder(&out); len(waiting) > 0; waiting = waiting[1:] {
		waiting[0]()
		if err := dec.Decode(&a); err != nil || a.Err != "" || !a.Final || a.Partial.Batches != 0 {
			t.Errorf("%+v, %v", a, err)
		}
	}
}

// TestServeEndsInTraining: Serve returns when the other side is gone, however
// busy the engine is.
func TestServeEndsInTraining(t *testing.T) {
	s, ended := piped(t)
	if _, err := s.call(request{Op: "open", Recipe: config()}); err != nil {
		t.Fatal(err)
	}
	if err := s.enc.Encode(request{Op: "train", Number: 2, Epoch: Epoch{Number: forever}}); err != nil {
		t.Fatal(err)
	}
	var a response
	if err := s.dec.Decode(&a); err != nil || a.Final || a.Partial.Batches == 0 {
		t.Fatalf("%+v, %v", a, err)
	}
	s.in.Close()
	if err := <-ended; err != nil {
		t.Errorf("Serve ends with %v", err)
	}
}

func TestPartial(t *testing.T) {
	p := Partial{Batches: 2, Of: 3, Examples: 8, Sums: map[string]float64{"loss": 4, "accuracy": 6}}
	if diff := cmp.Diff(map[string]float64{"loss": 0.5, "accuracy": 0.75}, p.Means()); diff != "" || p.Done() {
		t.Error(diff, p.Done())
	}
	p.Batches = 3
	if !p.Done() || (Partial{}).Done() || len(Partial{}.Means()) != 0 {
		t.Error("an epoch is done after its last batch, and not before its first")
	}
}
