package session

import (
	"bytes"
	"cmp"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"gonblabs/mnistkit/data"
)

// ErrEngineDied is wrapped by the error of a call during which the engine
// program ended. Everything that was saved before is intact.
var ErrEngineDied = errors.New("the engine program ended unexpectedly")

// client is a Session whose engine is a child program.
type client struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	stderr  *lastOutput
	backend string

	requests int // sent so far
	enc      *gob.Encoder
	dec      *gob.Decoder

	ending sync.Once
	ended  error // how the child ended
}

// Open starts an engine for the recipe: the one that is linked into this program,
// or else the engine program. It first builds that program if it is missing or
// older than its sources.
//
//	s, err := session.Open(recipe)
//
// The caller closes it.
func Open(r Recipe) (Session, error) {
	if linked != nil {
		return linked(r)
	}
	if err := r.Check(); err != nil {
		return nil, err
	}
	root, err := Root()
	if err != nil {
		return nil, err
	}
	path, err := EnsureEngine(root, func(line string) { fmt.Fprintln(os.Stderr, line) })
	if err != nil {
		return nil, err
	}
	return launch(path, r)
}

// detach keeps a Ctrl-C in the terminal, and GoNB's interrupt, from reaching
// the engine program: its parent decides when it stops. It does so on Unix only.
var detach = func(*exec.Cmd) {}

// launch runs the program at path and opens the recipe in it.
func launch(path string, r Recipe) (Session, error) {
	s := &client{cmd: exec.Command(path), stderr: &lastOutput{}}
	s.cmd.Stderr = s.stderr
	detach(s.cmd)
	in, errIn := s.cmd.StdinPipe()
	out, errOut := s.cmd.StdoutPipe()
	if err := cmp.Or(errIn, errOut); err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("engine: cannot run %s: %w; build it with: go run ./kernel-setup setup", filepath.Base(path), err)
	}
	s.in, s.enc, s.dec = in, gob.NewEncoder(in), gob.NewDecoder(out)
	a, err := s.call(request{Op: "open", Recipe: r})
	if err != nil {
		s.Close()
		return nil, err
	}
	s.backend = a.Backend
	return s, nil
}

// call sends q and waits for its final answer.
func (s *client) call(q request) (response, error) {
	return s.follow(context.Background(), q, nil)
}

// follow sends q, hands every progress on, and asks the engine to stop when
// ctx ends; the final answer comes in both cases.
func (s *client) follow(ctx context.Context, q request, progress func(Partial)) (response, error) {
	s.requests++
	q.Number = s.requests
	if err := s.enc.Encode(q); err != nil {
		return response{}, s.died()
	}
	disarm := context.AfterFunc(ctx, func() { _ = s.enc.Encode(request{Op: "stop", Number: q.Number}) })
	defer disarm()
	for {
		var a response
		switch err := s.dec.Decode(&a); {
		case err != nil:
			return response{}, s.died()
		case a.Final && a.Err != "":
			return a, errors.New(a.Err)
		case a.Final:
			return a, nil
		case progress != nil:
			progress(a.Partial)
		}
	}
}

// died says how the engine program ended.
func (s *client) died() error {
	how := "without a word"
	if err := s.end(); err != nil {
		how = err.Error()
	}
	if text := s.stderr.String(); text != "" {
		how += "; it said: " + text
	}
	return fmt.Errorf("%w (%s); what was saved is intact, run the cell again to go on from there", ErrEngineDied, how)
}

func (s *client) Backend() string { return s.backend }

func (s *client) Put(name string, chunk *data.Set, left int) error {
	sent := *chunk
	sent.Index = nil // the engine does not ask
	_, err := s.call(request{Op: "put", Name: name, Set: &sent, Left: left})
	return err
}

func (s *client) Train(ctx context.Context, e Epoch, progress func(Partial)) (Partial, error) {
	a, err := s.follow(ctx, request{Op: "train", Epoch: e}, progress)
	return a.Partial, err
}

func (s *client) Evaluate(ctx context.Context, set string, indices []int32) (map[string]float64, error) {
	a, err := s.follow(ctx, request{Op: "evaluate", Name: set, Indices: indices}, nil)
	return a.Metrics, err
}

func (s *client) Predict(ctx context.Context, set string) (data.Array, error) {
	a, err := s.follow(ctx, request{Op: "predict", Name: set}, nil)
	return a.Outputs, err
}

func (s *client) Weights() ([]Weight, error) {
	a, err := s.call(request{Op: "weights"})
	return a.Weights, err
}

func (s *client) SetWeights(w []Weight) error {
	_, err := s.call(request{Op: "setweights", Weights: w})
	return err
}

func (s *client) Save(dir string) error { return s.callOn(dir, "save") }
func (s *client) Load(dir string) error { return s.callOn(dir, "load") }

// callOn names a folder by its absolute path: the engine may run in another.
func (s *client) callOn(dir, op string) error {
	abs, err := filepath.Abs(dir)
	if err == nil {
		_, err = s.call(request{Op: op, Dir: abs})
	}
	return err
}

// Close ends the child.
func (s *client) Close() error {
	_ = s.end() // how it ends no longer matters
	return nil
}

// end ends the child, and says how it ended: it exits when its input ends, and
// is killed when it does not within two seconds.
func (s *client) end() error {
	s.ending.Do(func() {
		s.in.Close()
		timer := time.AfterFunc(2*time.Second, func() { _ = s.cmd.Process.Kill() })
		defer timer.Stop()
		s.ended = s.cmd.Wait()
	})
	return s.ended
}

// lastOutput keeps the last part of what is written to it, for an error message.
type lastOutput struct{ b bytes.Buffer }

func (o *lastOutput) Write(p []byte) (int, error) {
	o.b.Write(p)
	o.b.Next(max(0, o.b.Len()-4096))
	return len(p), nil
}

// String is the last three lines, once the program has ended.
func (o *lastOutput) String() string { return lastLines(o.b.String()) }

// lastLines are the last three lines of a text, in one.
func lastLines(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-3):], " / ")
}
