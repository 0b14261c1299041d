package engine

import (
	"fmt"
	"math"
	"slices"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
)

// deviceSet is a data set as the backend holds it.
type deviceSet struct {
	n, received             int // received: of n, while they come in
	inputs, labels, weights *upload
	sparse                  *sparseColumns // what is not in inputs
	classes, words          valueRange
}

// valueRange is from the smallest to the largest of the numbers seen.
type valueRange struct{ low, high int32 }

var emptyRange = valueRange{math.MaxInt32, -1}

func (x *valueRange) add(values []int32) {
	x.low, x.high = min(x.low, slices.Min(values)), max(x.high, slices.Max(values))
}

// args are the tensors that a step is given, see Engine.splitArgs: the inputs and,
// if labelled, labels and weights; the sparse columns of the batches; the rows
// of all batches. Free ends those that are not the set's own.
func (s *deviceSet) args(labelled bool, batches func() [][]int32, rows *tensors.Tensor) (args []any, free func()) {
	args = []any{s.inputs.tensor}
	if labelled {
		args = append(args, s.labels.tensor)
	}
	if labelled && s.weights != nil {
		args = append(args, s.weights.tensor)
	}
	passing := append(s.sparse.batchArgs(batches), rows)
	for _, t := range passing {
		args = append(args, t)
	}
	return args, func() {
		for _, t := range passing {
			_ = t.FinalizeAll() // it goes with the process at the latest
		}
	}
}

// width is how many values of an example are in the inputs.
func (s *deviceSet) width() int { return s.inputs.tensor.Shape().Dimensions[1] }

func (s *deviceSet) finalize() {
	for _, r := range []*upload{s.inputs, s.labels, s.weights} {
		if r != nil {
			_ = r.tensor.FinalizeAll() // it goes with the process at the latest
		}
	}
}

// Put checks that a chunk of a set fits the model and gives it to the backend in
// its own type, so pixels stay bytes. A set without labels is for Predict. left is
// how many examples are still to come. If the backend computes in this machine's
// memory, each chunk is written there, and nothing else holds the whole set. For
// another device the chunks are gathered first. Until the last chunk is there, an
// earlier set of the same name answers.
func (e *Engine) Put(name string, chunk *data.Set, left int) error {
	s := e.incoming[name]
	if s == nil {
		s = &deviceSet{classes: emptyRange, words: emptyRange}
	}
	err := e.checkChunk(name, chunk, s)
	if err == nil {
		err = guard("take data set "+name, func() error { return e.receiveChunk(s, chunk, left) })
	}
	if err == nil && left == 0 {
		err = e.checkWhole(chunk.Name, s)
	}
	e.incoming[name] = s
	switch {
	case err != nil:
		e.forget(name)
	case left == 0:
		if old := e.sets[name]; old != nil {
			old.finalize()
		}
		e.sets[name] = s
		delete(e.incoming, name)
	}
	return err
}

// forget drops a set of which only a chunk came.
func (e *Engine) forget(name string) {
	if s := e.incoming[name]; s != nil {
		s.finalize()
		delete(e.incoming, name)
	}
}

func (e *Engine) receiveChunk(s *deviceSet, chunk *data.Set, left int) error {
	if s.n == 0 {
		s.n = chunk.Len() + left
	}
	if s.received+chunk.Len()+left != s.n {
		return fmt.Errorf("%d examples were announced; hand the set over from its first chunk on", s.n)
	}
	if s.received == 0 {
		s.sparse = e.sparseColumnsOf(chunk.Inputs)
	}
	inputs := s.sparse.split(chunk.Inputs)
	for _, p := range []struct {
		to   **upload
		from data.Array
		dims []int
	}{
		{&s.inputs, inputs, []int{inputs.Size()}},
		{&s.labels, chunk.Labels, nil},
		{&s.weights, data.Array{F32: chunk.Weights}, nil},
	} {
		if p.from.DType() == "" {
			continue
		}
		if *p.to == nil {
			r, err := e.newUpload(p.from, append([]int{s.n}, p.dims...))
			if err != nil {
				return err
			}
			*p.to = r
		}
		if err := (*p.to).write(p.from); err != nil {
			return err
		}
	}
	if s.received += chunk.Len(); s.received < s.n {
		return nil
	}
	for _, r := range []*upload{s.inputs, s.labels, s.weights} {
		if err := r.complete(e.backend); err != nil {
			return err
		}
	}
	return nil
}

// upload is an array on its way to the backend.
type upload struct {
	tensor  *tensors.Tensor
	written int // bytes
}

// newUpload is an empty tensor of dims for values of a's type.
func (e *Engine) newUpload(a data.Array, dims []int) (*upload, error) {
	dtype, _ := rawValues(a)
	t, err := tensors.FromShapeForBackend(e.backend, 0, shapes.Make(dtype, dims...))
	return &upload{tensor: t}, err
}

// write adds a's values after those that are there.
func (r *upload) write(a data.Array) error {
	dtype, values := rawValues(a)
	if want := r.tensor.DType(); dtype != want {
		return fmt.Errorf("a chunk holds %s values, the first one %s; hand the set over again", dtype, want)
	}
	if room := int(r.tensor.Shape().ByteSize()) - r.written; len(values) > room {
		return fmt.Errorf("a chunk holds %d bytes more than its shape has room for", len(values)-room)
	}
	err := r.tensor.MutableBytes(func(all []byte) { copy(all[r.written:], values) })
	r.written += len(values)
	return err
}

// rawValues are an array's type as the backend calls it, and its values as bytes.
func rawValues(a data.Array) (dtypes.DType, []byte) {
	switch {
	case a.U8 != nil:
		return dtypes.Uint8, a.U8
	case a.I32 != nil:
		return dtypes.Int32, bytesOf(a.I32)
	}
	return dtypes.Float32, bytesOf(a.F32)
}

// complete brings the values to the device, if they are not there yet.
func (r *upload) complete(b compute.Backend) error {
	if r == nil {
		return nil
	}
	if missing := int(r.tensor.Shape().ByteSize()) - r.written; missing != 0 {
		return fmt.Errorf("%d bytes of a chunk are missing; hand the set over again", missing)
	}
	if b.HasSharedBuffers() {
		return nil
	}
	if err := r.tensor.MaterializeOnDevice(b, false, 0); err != nil {
		return err
	}
	r.tensor.FinalizeLocal()
	return nil
}

func bytesOf[T int32 | float32](values []T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(values))), 4*len(values))
}

// checkChunk holds a chunk of the set s against the model.
func (e *Engine) checkChunk(name string, set *data.Set, s *deviceSet) error {
	if set == nil || set.Len() == 0 {
		return fmt.Errorf("data set %q is empty; a set needs at least one example", name)
	}
	if got, want := fmt.Sprint(set.Inputs.Shape), fmt.Sprint(e.config.Input); got != want {
		return fmt.Errorf("data set %q holds examples of shape %s but the model was made for %s", set.Name, got, want)
	}
	if n := set.Inputs.Len(); n != set.Len() {
		return fmt.Errorf("data set %q holds %d inputs but %d labels", set.Name, n, set.Len())
	}
	if set.Weights != nil && len(set.Weights) != set.Len() {
		return fmt.Errorf("data set %q holds %d examples but %d weights", set.Name, set.Len(), len(set.Weights))
	}
	if err := e.checkLabels(set, s); err != nil {
		return err
	}
	return e.checkWords(set, s)
}

// checkWhole holds what was seen in all chunks of s against the model.
func (e *Engine) checkWhole(name string, s *deviceSet) error {
	limit, remedy := int32(e.output()), fmt.Sprintf("the model ends in %d units; end it with layer.Dense(%d)", e.output(), s.classes.high+1)
	if e.config.Loss == session.BinaryCrossentropy {
		limit, remedy = 2, fmt.Sprintf("the loss %s takes 0 and 1", e.config.Loss)
	}
	if s.classes.high >= limit {
		return fmt.Errorf("labels of data set %q go up to %d but %s", name, s.classes.high, remedy)
	}
	if l, ok := e.plan[0].Layer.(layer.EmbeddingLayer); ok && (s.words.low < 0 || int(s.words.high) >= l.Words) {
		return fmt.Errorf("data set %q holds word numbers from %d to %d but the model has vectors for 0 to %d; use layer.Embedding(%d, %d)",
			name, s.words.low, s.words.high, l.Words-1, s.words.high+1, l.Size)
	}
	return nil
}

// checkLabels holds the labels, if there are any, against the model's end.
func (e *Engine) checkLabels(set *data.Set, s *deviceSet) error {
	if !set.Labelled() {
		return nil
	}
	if set.Labels.Size() != 1 {
		return fmt.Errorf("data set %q has labels of shape %v; give one value for each example", set.Name, set.Labels.Shape)
	}
	if !e.config.Loss.Classifies() {
		return nil
	}
	if set.Labels.I32 == nil {
		return fmt.Errorf("data set %q has labels of type %s but the loss %s takes class numbers (int32)", set.Name, set.Labels.DType(), e.config.Loss)
	}
	for i, y := range set.Labels.I32 {
		if y < 0 {
			return fmt.Errorf("label %d of data set %q is %d; class numbers start at 0", s.received+i, set.Name, y)
		}
	}
	s.classes.add(set.Labels.I32)
	return nil
}
