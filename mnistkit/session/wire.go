package session

import (
	"context"
	"encoding/gob"
	"fmt"
	"io"
	"runtime/debug"

	"gonblabs/mnistkit/data"
)

// request is what the cell sends to the engine program.
type request struct {
	Op      string // a method of Session in lower case, "open" or "stop"
	Number  int    // counts the requests; a stop has that of the one to be stopped
	Recipe  Recipe
	Name    string
	Set     *data.Set
	Left    int // examples of Set that are still to come
	Indices []int32
	Epoch   Epoch
	Weights []Weight
	Dir     string
}

// response is what comes back: any number of them with a Partial while training,
// then one with Final set.
type response struct {
	Final   bool
	Err     string
	Backend string
	Partial Partial
	Metrics map[string]float64
	Outputs data.Array
	Weights []Weight
}

// Serve answers the requests that come in on r until r ends. The engine program
// does nothing else.
//
//	err := session.Serve(os.Stdin, os.Stdout, open, func(work func()) { go work() })
//
// Serve gives the work of each request to do, which may run it on another thread
// and need not wait for it. Serve returns when the other side is gone, also
// during a training; the caller then exits.
func Serve(r io.Reader, w io.Writer, open Opener, do func(work func())) error {
	s := &server{open: open, enc: gob.NewEncoder(w)}
	current, stop := 0, func() {} // of the newest request; a stop may come after its answer
	for dec := gob.NewDecoder(r); ; {
		var q request
		switch err := dec.Decode(&q); {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case q.Op != "stop":
			ctx, cancel := context.WithCancel(context.Background())
			current, stop = q.Number, cancel
			do(func() {
				defer cancel()
				s.handle(ctx, &q)
			})
		case q.Number == current:
			stop()
		}
	}
}

// server works on one request at a time: the other side waits for each answer.
type server struct {
	open    Opener
	session Session
	enc     *gob.Encoder
}

func (s *server) handle(ctx context.Context, q *request) {
	a := response{Final: true}
	if err := s.perform(ctx, q, &a); err != nil {
		a.Err = err.Error()
	}
	_ = s.enc.Encode(a)               // a broken pipe shows on the reading side as its end
	if q.Op == "put" && q.Left == 0 { // the data are with the engine: give their memory back
		q.Set = nil
		debug.FreeOSMemory()
	}
}

func (s *server) perform(ctx context.Context, q *request, a *response) (err error) {
	if s.session == nil && q.Op != "open" {
		return fmt.Errorf("engine: %q before a model was opened", q.Op)
	}
	switch q.Op {
	case "open":
		if s.session, err = s.open(q.Recipe); err == nil {
			a.Backend = s.session.Backend()
		}
	case "put":
		err = s.session.Put(q.Name, q.Set, q.Left)
	case "train":
		a.Partial, err = s.session.Train(ctx, q.Epoch, func(p Partial) { _ = s.enc.Encode(response{Partial: p}) })
	case "evaluate":
		a.Metrics, err = s.session.Evaluate(ctx, q.Name, q.Indices)
	case "predict":
		a.Outputs, err = s.session.Predict(ctx, q.Name)
	case "weights":
		a.Weights, err = s.session.Weights()
	case "setweights":
		err = s.session.SetWeights(q.Weights)
	case "save":
		err = s.session.Save(q.Dir)
	case "load":
		err = s.session.Load(q.Dir)
	default:
		err = fmt.Errorf("engine: unknown request %q; rebuild the engine program", q.Op)
	}
	return err
}
