package onnx

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/engine"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
)

// networks are files as other programs write them, with the answers of ONNX Runtime. $ONNX_NETWORKS names a file of others.
func networks(t testing.TB) (list []struct {
	Name            string
	ONNX            []byte
	Shape           []int
	Inputs, Outputs []float32
}) {
	t.Helper()
	path := os.Getenv("ONNX_NETWORKS")
	if path == "" {
		path = filepath.Join("testdata", "networks.json")
	}
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &list)
	}
	if err != nil || len(list) < 3 {
		t.Fatal(len(list), err)
	}
	return list
}

// TestNetworksOfOthers: a network that another program wrote answers as in ONNX Runtime, and can be trained further, with or
// without its top.
func TestNetworksOfOthers(t *testing.T) {
	for _, c := range networks(t) {
		t.Run(c.Name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "network.onnx")
			if err := os.WriteFile(path, c.ONNX, 0o644); err != nil {
				t.Fatal(err)
			}
			open := func(model layer.Stack) session.Session {
				s, err := engine.Open(session.Recipe{Model: model, Input: c.Shape, InputType: "float32", Loss: session.SparseCategoricalCrossentropy,
					Optimizer: session.SGD(0.05), BatchSize: 6})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { s.Close() })
				set := &data.Set{Inputs: data.Array{Shape: c.Shape, F32: c.Inputs}, Labels: data.Array{I32: []int32{0, 1, 2, 0, 1, 2}}}
				if err := session.PutSet(s, "train", set.Chunks()); err != nil {
					t.Fatal(err)
				}
				return s
			}
			whole := open(layer.Stack{Layer(c.Name, path)})
			got, err := whole.Predict(context.Background(), "train")
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range c.Outputs {
				if d := got.F32[i] - want; max(d, -d) > 1e-5 {
					t.Errorf("value %d is %v, want %v", i, got.F32[i], want)
				}
			}
			for _, s := range []session.Session{whole, open(layer.Stack{Layer(c.Name, path, WithoutTop), layer.Dense(3)})} {
				loss := func() float64 {
					m, err := s.Evaluate(context.Background(), "train", nil)
					if err != nil {
						t.Fatal(err)
					}
					return m["loss"]
				}
				before := loss()
				for range 20 {
					if _, err := s.Train(context.Background(), session.Epoch{Set: "train", Number: 1, Order: []int32{0, 1, 2, 3, 4, 5}, LearningRate: 0.05}, nil); err != nil {
						t.Fatal(err)
					}
				}
				if after := loss(); !(after < before-0.01) {
					t.Errorf("training takes the loss from %v to %v", before, after)
				}
			}
		})
	}
}

// TestDamage: whatever byte of a file is another, the model is right or an error, and nothing ends the program.
func TestDamage(t *testing.T) {
	for _, c := range networks(t) {
		refused, step := 0, max(1, len(c.ONNX)/30)
		for i := 0; i < len(c.ONNX); i += step {
			damaged := bytes.Clone(c.ONNX)
			damaged[i] ^= 0x15
			path := filepath.Join(t.TempDir(), "damaged.onnx")
			if err := os.WriteFile(path, damaged, 0o644); err != nil {
				t.Fatal(err)
			}
			if _, err := (layer.Stack{Layer("damaged", path)}).Plan(c.Shape); err != nil {
				refused++
				if bytes.ContainsAny([]byte(err.Error()), "\n\t") || len(err.Error()) > 1000 {
					t.Errorf("byte %d: %v", i, err)
				}
			}
		}
		if refused == 0 {
			t.Errorf("%s: no byte matters", c.Name)
		}
	}
}

// FuzzRead: whatever is in a file, reading it ends, with an error or a network of one input and one output.
func FuzzRead(f *testing.F) {
	for _, c := range networks(f) {
		f.Add(c.ONNX, true)
		f.Add(c.ONNX, false)
	}
	f.Add([]byte{}, false)
	f.Fuzz(func(t *testing.T, contents []byte, withoutTop bool) {
		defer func() { _ = recover() }() // GoMLX's reader panics, and Layer makes a sentence of it
		n, err := read(contents, withoutTop)
		if err == nil && (n.output == "" || n.model.NumInputs() != 1) {
			t.Errorf("%q, %d inputs", n.output, n.model.NumInputs())
		}
	})
}
