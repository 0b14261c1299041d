package session

import (
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/layer"
)

// engineMode, set in its environment, turns the test program into an engine
// program, or into a cell that has one as its child.
const engineMode = "SESSION_TEST_ENGINE"

func TestMain(m *testing.M) {
	switch mode := os.Getenv(engineMode); mode {
	case "":
		if cache, err := os.UserCacheDir(); err == nil && os.Getenv("GOCACHE") == "" {
			os.Setenv("GOCACHE", filepath.Join(cache, "go-build")) // stays where it is
		}
		cache, _ := os.MkdirTemp("", "session-test")
		os.Setenv("XDG_CACHE_HOME", cache) // where dead engines leave their words
		code := m.Run()
		os.RemoveAll(cache)
		os.Exit(code)
	case "silent":
		os.Exit(0)
	case "garbage":
		fmt.Println(strings.Repeat("this is no gob ", 20))
		io.Copy(io.Discard, os.Stdin)
	case "deaf":
		Serve(os.Stdin, os.Stdout, openFake, func(work func()) { go work() })
		time.Sleep(time.Hour)
	case "cell":
		os.Setenv(engineMode, "engine")
		s, err := launch(os.Args[0], config())
		if err == nil {
			_, err = s.Train(context.Background(), Epoch{Number: forever}, nil)
		}
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	default:
		Serve(os.Stdin, os.Stdout, openFake, func(work func()) { go work() })
		os.Exit(0)
	}
}

// Numbers of epochs that make a fakeSession do more than train.
const (
	forever = 1000 + iota // trains until it is stopped
	dying                 // ends the program
	failing               // returns an error
)

func config() Recipe {
	return Recipe{
		Model: layer.Stack{layer.Flatten(), layer.Dense(3).ReLU()}, Input: []int{2, 2, 1}, InputType: "uint8",
		Loss: SparseCategoricalCrossentropy, Metrics: []string{"accuracy"}, Optimizer: Adam(1e-3), BatchSize: 4, Seed: 9,
		ClassWeights: []float32{1, 2, 3},
	}
}

// fakeSession answers with what it was asked.
type fakeSession struct {
	config  Recipe
	sets    map[string]*data.Set
	left    int // examples that are still to come
	weights []Weight
}

func openFake(c Recipe) (Session, error) {
	if c.BatchSize == 13 {
		return nil, errors.New("the batch size is 13; that brings bad luck")
	}
	return &fakeSession{config: c, sets: map[string]*data.Set{}}, nil
}

func (s *fakeSession) Backend() string { return "fake of " + s.config.Optimizer.String() }

func (s *fakeSession) Put(name string, chunk *data.Set, left int) error {
	if s.left == 0 {
		s.sets[name] = chunk
	} else {
		have := s.sets[name]
		have.Inputs, have.Labels, have.Weights = joined(have.Inputs, chunk.Inputs), joined(have.Labels, chunk.Labels), append(have.Weights, chunk.Weights...)
	}
	s.left = left
	return nil
}

func joined(a, b data.Array) data.Array {
	return data.Array{Shape: b.Shape, U8: append(a.U8, b.U8...), I32: append(a.I32, b.I32...), F32: append(a.F32, b.F32...)}
}

func (s *fakeSession) Train(ctx context.Context, e Epoch, progress func(Partial)) (Partial, error) {
	p := Partial{Batches: e.From.Batches, Of: 5, Sums: map[string]float64{"loss": e.LearningRate}}
	switch e.Number {
	case dying:
		for i := range 9 {
			fmt.Fprintln(os.Stderr, "last words, line", i+1)
		}
		os.Exit(3)
	case failing:
		return p, errors.New("the loss went astray")
	case forever:
		if address := os.Getenv("SESSION_TEST_SOCKET"); address != "" {
			conn, err := net.Dial("tcp", address) // it closes when this process ends
			if err != nil {
				return p, err
			}
			fmt.Fprintln(conn, "training")
		}
		for ctx.Err() == nil {
			time.Sleep(time.Millisecond)
			p.Batches++
			progress(p)
		}
		return p, nil
	}
	for p.Batches < p.Of && ctx.Err() == nil {
		p.Batches++
		p.Examples += len(e.Order)
		progress(p)
	}
	return p, nil
}

func (s *fakeSession) Evaluate(ctx context.Context, set string, indices []int32) (map[string]float64, error) {
	if ctx.Err() != nil {
		return nil, errors.New("stopped before the end")
	}
	return map[string]float64{"loss": float64(s.sets[set].Len()), "accuracy": float64(len(indices))}, nil
}

func (s *fakeSession) Predict(_ context.Context, set string) (data.Array, error) {
	return data.Array{Shape: []int{1}, F32: s.sets[set].Weights}, nil
}

func (s *fakeSession) Weights() ([]Weight, error)  { return s.weights, nil }
func (s *fakeSession) SetWeights(w []Weight) error { s.weights = w; return nil }
func (s *fakeSession) Save(dir string) error       { return fmt.Errorf("saved to %s", dir) }
func (s *fakeSession) Load(dir string) error       { return fmt.Errorf("loaded from %s", dir) }
func (s *fakeSession) Close() error                { return nil }

// piped is a client whose engine is served by a goroutine of this program;
// ended gives what Serve returns.
func piped(t *testing.T) (s *client, ended chan error) {
	t.Helper()
	requests, in := io.Pipe()
	answers, out := io.Pipe()
	ended = make(chan error, 1)
	go func() {
		err := Serve(requests, out, openFake, func(work func()) { go work() })
		requests.Close()
		out.Close()
		ended <- err
	}()
	s = &client{in: in, enc: gob.NewEncoder(in), dec: gob.NewDecoder(answers)}
	t.Cleanup(func() { in.Close() })
	return s, ended
}

// launched is a client whose engine is the test program in the mode given.
func launched(t *testing.T, mode string) (Session, error) {
	t.Helper()
	t.Setenv(engineMode, mode)
	s, err := launch(os.Args[0], config())
	if err == nil {
		t.Cleanup(func() { s.Close() })
	}
	return s, err
}

// oneSentence holds an error against the words that it must have.
func oneSentence(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one that says %q", words)
	}
	for _, w := range append(words, "") {
		if !strings.Contains(err.Error(), w) || strings.Contains(err.Error(), "\n") {
			t.Errorf("the error %q does not say %q in one line", err, w)
		}
	}
}
