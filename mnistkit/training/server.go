package training

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"slices"
	"sync"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/internal/check"
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

// question waits for its answer, as long as somebody does.
type question struct {
	ctx    context.Context
	set    *data.Set
	answer chan reply
}

type reply struct {
	values []float32
	err    error
}

// batches are the numbers of examples that are asked about at once. The model is compiled once for each of them.
var batches = []int{1, 8, 64}

// part is how many of n examples are asked about next, and in which batch: the largest that they fill more than half.
func part(n int) (examples, batch int) {
	for _, batch = range slices.Backward(batches) {
		if n > batch/2 {
			break
		}
	}
	return min(n, batch), batch
}

// ErrClosed is the error of a Server that is asked after Close.
var ErrClosed = errors.New("the server is closed")

// Pictures turns pictures into a set for Predict. Package mnistkit sets it, because the decoders of pictures are not for
// programs that only train.
var Pictures func(pictures ...any) (*data.Set, error)

// Server loads the model once and answers from then on, until Close.
//
//	server := must.M1(lenet.Server())
//	defer server.Close()
//
// It compiles the model before it returns, and writes no files. Only XLA keeps what it compiled in the user's cache folder,
// unless MNISTKIT_COMPILED=off.
func (r Run) Server() (s *Server, err error) {
	defer explain(r.label()+".Server", &err)
	w, err := r.snapshot()
	if err = cmp.Or(err, r.refuseShift()); err != nil {
		return nil, err
	}
	s = &Server{model: r.Name, weights: w.weights.String(), recipe: w.record.Recipe, asked: make(chan *question, 4096), closed: make(chan struct{})}
	if s.encoder, err = r.encoder(w); err != nil {
		return nil, err
	}
	if s.session, err = session.Open(s.recipe); err != nil {
		return nil, err
	}
	if err = w.load(s.session); err == nil {
		for _, n := range batches {
			var answers []float32
			if answers, err = s.ask(s.blank(n), func() bool { return true }); err != nil {
				break
			}
			s.units = len(answers) / n
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
//	answers, err := server.Predict(ctx, picture)              // an image.Image, or the []byte of a PNG or JPEG file
//	answers, err := server.Predict(ctx, "What a film!")       // a sentence
//	answers, err := server.Predict(ctx, kit.Row{"weight": 2120})
//	answers, err := server.Predict(ctx, set)                  // a *kit.Set
//
// Pictures are brought into MNIST's form; for a model of other images, give a set. What several goroutines ask while the
// model computes is answered together. An example that does not fit is an error that says what the model takes, and can be
// shown to whoever sent it. When ctx ends, so does Predict, and the model does not compute what nobody waits for; the arrays
// of a set must not be changed even then.
func (s *Server) Predict(ctx context.Context, examples ...any) (p score.Predictions, err error) {
	set, err := s.accept(examples)
	if err != nil {
		return p, err
	}
	p = score.Predictions{Model: s.model, Weights: s.weights, Data: set, Units: s.units}
	q := &question{ctx, set, make(chan reply, 1)}
	for asked := s.asked; ; {
		select {
		case <-s.closed:
			return p, ErrClosed
		case <-ctx.Done():
			return p, ctx.Err()
		case asked <- q:
			asked = nil // once is enough
		case answered := <-q.answer:
			p.Values = answered.values
			return p, answered.err
		}
	}
}

// accept brings examples into the form that the model was trained on.
func (s *Server) accept(examples []any) (set *data.Set, err error) {
	defer func() { check.Caught(recover(), &err) }() // such as of a picture that is nil
	if len(examples) == 0 {
		return nil, errors.New("no example was given; give at least one")
	}
	switch first := examples[0].(type) {
	case *data.Set:
		if set = first; len(examples) > 1 || set == nil {
			return nil, errors.New("a set is asked about alone; give one that is not nil")
		}
	case image.Image, []byte:
		if Pictures == nil {
			return nil, errors.New("this program cannot turn pictures into inputs; import gonblabs/mnistkit")
		}
		set, err = Pictures(examples...)
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
	return set, err
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
	for len(s.asked) > 0 && n < batches[len(batches)-1] { // nobody else takes them
		q := <-s.asked
		all, n = append(all, q), n+q.set.Len()
	}
	all = slices.DeleteFunc(all, func(q *question) bool { return q.ctx.Err() != nil })
	if len(all) == 0 {
		return
	}
	inputs := make([]data.Array, len(all))
	for i, q := range all {
		inputs[i] = q.set.Inputs
	}
	awaited := func() bool { return slices.ContainsFunc(all, func(q *question) bool { return q.ctx.Err() == nil }) }
	values, err := s.ask(join(inputs...), awaited)
	if err != nil && len(all) > 1 { // one of them is wrong
		for _, q := range all {
			values, err := s.ask(q.set.Inputs, awaited)
			q.answer <- reply{values, err}
		}
		return
	}
	for _, q := range all {
		n := min(q.set.Len()*s.units, len(values)) // none with an error
		q.answer <- reply{slices.Clone(values[:n]), err}
		values = values[n:]
	}
}

// ask computes answers, part by part, as long as somebody awaits them.
func (s *Server) ask(inputs data.Array, awaited func() bool) (answers []float32, err error) {
	for from := 0; from < inputs.Len(); {
		if !awaited() {
			return nil, context.Canceled
		}
		n, batch := part(inputs.Len() - from)
		filled := &data.Set{Name: askedSet, Inputs: join(inputs.Slice(from, from+n), s.blank(batch-n))}
		if err = session.PutSet(s.session, askedSet, filled.Chunks()); err != nil {
			return nil, err
		}
		given, err := s.session.Predict(context.Background(), askedSet)
		if err != nil {
			return nil, err
		}
		answers = append(answers, given.Slice(0, n).F32...)
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

func join(arrays ...data.Array) (all data.Array) {
	all.Shape = arrays[0].Shape
	for _, a := range arrays {
		all.U8, all.I32, all.F32 = append(all.U8, a.U8...), append(all.I32, a.I32...), append(all.F32, a.F32...)
	}
	return all
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
