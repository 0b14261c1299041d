package engine

import (
	"cmp"
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
)

// deviceSet is a data set as the backend holds it.
type deviceSet struct {
	n, received             int            // received: of n, while they come in
	arrays                  [3]*upload     // inputs, labels and weights; nil for those that it lacks
	sparse                  *sparseColumns // what is not in the inputs
	highestClass            int32
	lowestWord, highestWord int32
}

// upload is an array on its way to the backend.
type upload struct {
	tensor  *tensors.Tensor
	written int   // bytes
	whole   array // the tensor, on all devices once it is written
}

// args are the arrays that splitArgs splits: the inputs of s and, if labelled, labels and
// weights; the sparse columns and the rows of all batches. Free ends what is not the set's own.
func (e *Engine) args(s *deviceSet, labelled bool, batches [][]int32, rows *tensors.Tensor) (args []any, free func()) {
	for i, a := range s.arrays {
		if a != nil && (labelled || i == 0) {
			args = append(args, a.whole)
		}
	}
	var passing []array
	for _, t := range append(s.sparse.batchArgs(batches), rows) {
		passing = append(passing, e.everywhere(t))
		args = append(args, passing[len(passing)-1])
	}
	return args, func() { finalize(passing...) }
}

func finalize(list ...array) {
	for _, t := range list {
		_ = t.FinalizeAll() // it goes with the process at the latest
	}
}

func (s *deviceSet) finalize() {
	for _, a := range s.arrays {
		if a != nil {
			finalize(a.tensor, a.whole)
		}
	}
}

// Put checks that a chunk of a set fits the model and gives it to the backend in its own
// type, so pixels stay bytes. A set without labels is for Predict. left is how many
// examples are still to come. Until the last one is there, an earlier set of the same name
// answers. Only another device than this machine's memory gathers the chunks first.
func (e *Engine) Put(name string, chunk *data.Set, left int) error {
	s := cmp.Or(e.incoming[name], &deviceSet{lowestWord: math.MaxInt32, highestWord: -1})
	delete(e.incoming, name)
	err := e.checkChunk(name, chunk, s)
	if err == nil {
		err = guard("take data set "+name, func() error { return e.receiveChunk(s, chunk, left) })
	}
	if err == nil && left == 0 {
		err = e.checkWhole(chunk.Name, s)
	}
	switch {
	case err != nil:
		s.finalize()
	case left > 0:
		e.incoming[name] = s
	default:
		if old := e.sets[name]; old != nil {
			old.finalize()
		}
		e.sets[name] = s
	}
	return err
}

func (e *Engine) receiveChunk(s *deviceSet, chunk *data.Set, left int) error {
	if s.n == 0 {
		if s.n = chunk.Len() + left; s.n > fewExamples {
			s.sparse = e.sparseColumnsOf(chunk.Inputs)
		}
	}
	if s.received+chunk.Len()+left != s.n {
		return fmt.Errorf("%d examples were announced; hand the set over from its first chunk on", s.n)
	}
	s.received += chunk.Len()
	inputs := s.sparse.split(chunk.Inputs)
	inputs.Shape = []int{inputs.Size()}
	for i, array := range []data.Array{inputs, chunk.Labels, {F32: chunk.Weights}} {
		if array.DType() == "" {
			continue
		}
		dtype, values := dtypeOf[array.DType()], array.Bytes()
		if s.arrays[i] == nil {
			t, err := tensors.FromShapeForBackend(e.backend, 0, shapes.Make(dtype, append([]int{s.n}, array.Shape...)...))
			must(err)
			s.arrays[i] = &upload{tensor: t, whole: t}
		}
		a := s.arrays[i]
		if first := a.tensor.DType(); dtype != first {
			return fmt.Errorf("a chunk holds %s values, the first one %s; hand the set over again", dtype, first)
		}
		must(a.tensor.MutableBytes(func(all []byte) { copy(all[a.written:], values) }))
		a.written += len(values)
	}
	for _, a := range s.arrays {
		if a == nil || s.received < s.n {
			continue
		}
		if missing := int(a.tensor.Shape().ByteSize()) - a.written; missing != 0 {
			return fmt.Errorf("%d bytes of a chunk are missing; hand the set over again", missing)
		}
		if !e.backend.HasSharedBuffers() {
			a.tensor.MustMaterializeOnDevice(e.backend, false, 0)
		}
		a.whole = e.everywhere(a.tensor)
		if !e.backend.HasSharedBuffers() {
			a.tensor.FinalizeLocal()
		}
	}
	return nil
}

// dtypeOf is the type of an array as the backend calls it.
var dtypeOf = map[string]dtypes.DType{"uint8": dtypes.Uint8, "int32": dtypes.Int32, "float32": dtypes.Float32}

// checkChunk holds a chunk of the set s, which session.PutSet has checked, against the model.
func (e *Engine) checkChunk(name string, set *data.Set, s *deviceSet) error {
	if set == nil || set.Len() == 0 {
		return fmt.Errorf("data set %q is empty; a set needs at least one example", name)
	}
	if got, want := fmt.Sprint(set.Inputs.Shape), fmt.Sprint(e.config.Input); got != want {
		return fmt.Errorf("data set %q holds examples of shape %s but the model was made for %s", set.Name, got, want)
	}
	return cmp.Or(e.checkLabels(set, s), e.checkWords(set, s))
}

// checkWhole holds what was seen in all chunks of s against the model.
func (e *Engine) checkWhole(name string, s *deviceSet) error {
	limit, remedy := int32(e.output()), fmt.Sprintf("the model ends in %d units; end it with layer.Dense(%d)", e.output(), s.highestClass+1)
	if e.config.Loss == session.BinaryCrossentropy {
		limit, remedy = 2, fmt.Sprintf("the loss %s takes 0 and 1; give values as float32 (F32), or end the model with layer.Dense(%d)", e.config.Loss, s.highestClass+1)
	}
	if s.highestClass >= limit {
		return fmt.Errorf("labels of data set %q go up to %d but %s", name, s.highestClass, remedy)
	}
	if l, ok := e.plan[0].Layer.(layer.EmbeddingLayer); ok && (s.lowestWord < 0 || int(s.highestWord) >= l.Words) {
		return fmt.Errorf("data set %q holds word numbers from %d to %d but the model has vectors for 0 to %d; use layer.Embedding(%d, %d)",
			name, s.lowestWord, s.highestWord, l.Words-1, s.highestWord+1, l.Size)
	}
	return nil
}

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
		s.highestClass = max(s.highestClass, y)
	}
	return nil
}
