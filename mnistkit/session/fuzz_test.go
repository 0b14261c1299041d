package session

import (
	"bytes"
	"encoding/gob"
	"errors"
	"io"
	"math"
	"testing"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/layer"
)

// FuzzPipe: whatever comes through the pipe, the engine program and the cell end with an error and not with a panic.
func FuzzPipe(f *testing.F) {
	encoded := func(values ...any) []byte {
		var b bytes.Buffer
		enc := gob.NewEncoder(&b)
		for _, v := range values {
			if err := enc.Encode(v); err != nil {
				f.Fatal(err)
			}
		}
		return b.Bytes()
	}
	set := &data.Set{Name: "train", Inputs: data.Array{Shape: []int{2, 2, 1}, U8: make([]uint8, 8)}, Labels: data.Array{I32: []int32{0, 1}}}
	f.Add(encoded(request{Op: "open", Number: 1, Recipe: config()}, request{Op: "put", Number: 2, Name: "train", Set: set, Left: 3},
		request{Op: "train", Number: 3, Epoch: Epoch{Number: 1, Set: "train", Order: []int32{1, 0}, LearningRate: math.Inf(1)}}, request{Op: "stop", Number: 3}))
	f.Add(encoded(response{Partial: Partial{Batches: 1, Of: 2, Sums: map[string]float64{"loss": math.NaN()}}}, response{Final: true, Err: "no"}))
	recipe := config()
	recipe.Model = layer.Stack{layer.Residual(layer.Conv2D(2, 3).Same()), layer.BatchNorm(), layer.Flatten(), layer.Dense(3)}
	f.Add(encoded(request{Op: "open", Number: -1, Recipe: recipe}, request{Op: "setweights", Weights: []Weight{{}}}))
	refuse := func(Recipe) (Session, error) { return nil, errors.New("not here") }
	f.Fuzz(func(t *testing.T, b []byte) {
		_ = Serve(bytes.NewReader(b), io.Discard, refuse, func(work func()) { work() })
		for dec := gob.NewDecoder(bytes.NewReader(b)); ; {
			if err := dec.Decode(&response{}); err != nil {
				return
			}
		}
	})
}
