package training

import (
	"context"
	"errors"
	"fmt"
	"image"
	"slices"
	"sync"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/score"
	"gonblabs/mnistkit/session"
	"gonblabs/mnistkit/table"
)

// Server answers for one model, from any number of goroutines at once.
type Server struct {
	model   string
	weights string
	recipe  session.Recipe
	encoder encoder
	session session.Session
	units   int // numbers of an answer

	asked  chan *question
	closed chan struct{}
	ended  sync.WaitGroup
	once   sync.Once
}

// question waits for its answer.
type question struct {
	set    *data.Set
	answer chan reply
}

type reply struct {
	values []float32
	err    error
}

// batches are the numbers of examples that are asked about at once: fewer are filled up, so that the model is compiled once
// for each of them.
var batches = []int{1, 8, 64}

// ErrClosed is the error of a Server that is asked after Close.
var ErrClosed = errors.New("the server is closed")

// Pictures turns pictures into a set for Predict. Package mnistkit sets it, because the decoders of pictures are not for
// programs that only train.
var Pictures func(pictures ...image.Image) (*data.Set, error)

// Server loads the model once and answers from then on, until Close.
//
//	server := must.M1(lenet.Server())
//	defer server.Close()
//
// It compiles the model before it returns, and writes no files.
func (r Run) Server() (s *Server, err error) {
	defer r.explain("Server", &err)
	w, err := r.snapshot()
	if err == nil {
		err = r.refuseShift()
	}
	if err != nil {
		return nil, err
	}
	s = &Server{model: r.Name, weights: w.weights.String(), recipe: w.record.Recipe, asked: make(chan *question, 4096), closed: make(chan struct{})}
	if s.encoder, err = r.encoder(w); err != nil {
		return nil, err
	}
	steps, err := s.recipe.Steps()
	if err != nil {
		return nil, err
	}
	s.units = steps[len(steps)-1].Out[0]
	if s.session, err = session.Open(s.recipe); err != nil {
		return nil, err
	}
	if err = w.load(s.session); err == nil {
		for _, n := range batches {
			if _, err = s.ask(s.blank(n)); err != nil {
				break
			}
		}
	}
	if err != nil {
		_ = s.session.Close() // the first error is the one to tell
		return nil, err
	}
	s.ended.Go(s.work)
	return s, nil
}

// Predict gives the answers for examples as they come: pictures, rows of a table, sentences, or a set.
//
//	answers, err := server.Predict(ctx, picture)              // an image.Image
//	answers, err := server.Predict(ctx, "What a film!")       // a sentence
//	answers, err := server.Predict(ctx, kit.Row{"weight": 2120})
//	answers, err := server.Predict(ctx, set)                  // a *kit.Set
//
// What several goroutines ask while the model computes is answered together. An example that does not fit is an error that
// says what the model takes, and can be shown to whoever sent it. When ctx ends, so does Predict.
func (s *Server) Predict(ctx context.Context, examples ...any) (p score.Predictions, err error) {
	set, err := s.accept(examples)
	if err != nil {
		return p, err
	}
	p = score.Predictions{Model: s.model, Weights: s.weights, Data: set, Units: s.units}
	q := &question{set, make(chan reply, 1)}
	select {
	case <-s.closed:
		return p, ErrClosed
	case <-ctx.Done():
		return p, ctx.Err()
	case s.asked <- q:
	}
	select {
	case <-s.closed:
		return p, ErrClosed
	case <-ctx.Done():
		return p, ctx.Err()
	case answered := <-q.answer:
		p.Values = answered.values
		return p, answered.err
	}
}

// accept brings examples into the form that the model was trained on.
func (s *Server) accept(examples []any) (set *data.Set, err error) {
	if len(examples) == 0 {
		return nil, errors.New("no example was given; give at least one")
	}
	switch first := examples[0].(type) {
	case *data.Set:
		if set = first; len(examples) > 1 || set == nil {
			return nil, errors.New("a set is asked about alone; give one that is not nil")
		}
	case image.Image:
		pictures := make([]image.Image, len(examples))
		for i, x := range examples {
			picture, ok := x.(image.Image)
			if !ok {
				return nil, fmt.Errorf("example %d is of type %T among pictures; give examples of one kind", i+1, x)
			}
			pictures[i] = picture
		}
		if Pictures == nil {
			return nil, errors.New("this program cannot turn pictures into inputs; import gonblabs/mnistkit")
		}
		set, err = Pictures(pictures...)
	case table.Row, string:
		set, err = s.encoder.encode(examples)
	default:
		err = fmt.Errorf("an example of type %T is not understood; give pictures, rows, sentences or a set", first)
	}
	if err == nil {
		err = set.Check()
	}
	if err == nil && set.Len() == 0 {
		err = errors.New("the set has no examples; give at least one")
	}
	if err == nil {
		set, err = s.recipe.Accept(set)
	}
	if err != nil {
		return nil, err
	}
	return &data.Set{Name: "asked", Inputs: set.Inputs, Classes: set.Classes, Encoding: set.Encoding}, nil
}

// work answers what is asked until the server is closed.
func (s *Server) work() {
	for {
		select {
		case <-s.closed:
			return
		case first := <-s.asked:
			s.answer(first)
		}
	}
}

// answer answers a question, and those that came while the last one was answered.
func (s *Server) answer(first *question) {
	all, n := []*question{first}, first.set.Len()
	for waiting := true; waiting && n < batches[len(batches)-1]; {
		select {
		case q := <-s.asked:
			all, n = append(all, q), n+q.set.Len()
		default:
			waiting = false
		}
	}
	inputs := all[0].set.Inputs
	for _, q := range all[1:] {
		inputs = join(inputs, q.set.Inputs)
	}
	values, err := s.ask(inputs)
	if err != nil && len(all) > 1 { // one of them is wrong
		for _, q := range all {
			values, err := s.ask(q.set.Inputs)
			q.answer <- reply{values, err}
		}
		return
	}
	for _, q := range all {
		if err != nil {
			q.answer <- reply{nil, err}
			continue
		}
		n := q.set.Len() * s.units
		q.answer <- reply{slices.Clone(values[:n]), nil}
		values = values[n:]
	}
}

// ask computes answers, as many examples at once as batches says.
func (s *Server) ask(inputs data.Array) (answers []float32, err error) {
	for from := 0; from < inputs.Len(); {
		n := min(inputs.Len()-from, batches[len(batches)-1])
		padded := batches[slices.IndexFunc(batches, func(b int) bool { return b >= n })]
		part := join(inputs.Slice(from, from+n), s.blank(padded-n))
		if err = s.session.Put(askedSet, &data.Set{Name: askedSet, Inputs: part}, 0); err != nil {
			return nil, err
		}
		given, err := s.session.Predict(context.Background(), askedSet)
		if err != nil {
			return nil, err
		}
		answers = append(answers, given.F32[:n*s.units]...)
		from += n
	}
	return answers, nil
}

// blank is n examples of nothing.
func (s *Server) blank(n int) data.Array {
	a := data.Array{Shape: s.recipe.Input}
	values := n * a.Size()
	switch s.recipe.InputType {
	case "uint8":
		a.U8 = make([]uint8, values)
	case "int32":
		a.I32 = make([]int32, values)
	default:
		a.F32 = make([]float32, values)
	}
	return a
}

// join is the examples of both.
func join(a, b data.Array) data.Array {
	return data.Array{Shape: a.Shape, U8: slices.Concat(a.U8, b.U8), I32: slices.Concat(a.I32, b.I32), F32: slices.Concat(a.F32, b.F32)}
}

// Close frees the model. What is being asked ends with ErrClosed.
func (s *Server) Close() (err error) {
	s.once.Do(func() {
		close(s.closed)
		s.ended.Wait()
		err = s.session.Close()
	})
	return err
}
