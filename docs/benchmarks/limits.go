package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"gonblabs/mnistkit/layer"
)

// Limits are what the machine reaches where nothing is in the way: no training
// can be quicker than its products and its weights allow.
type Limits struct {
	CPU     string  `json:"cpu"`
	Product float64 `json:"product_gflops"` // of two matrices of 2048×2048, float32
	Copy    float64 `json:"copy_gbs"`       // read and written by y = 2x + y over 256 MiB
}

// limits measures them with JAX, or with PyTorch where that is asked for and
// better.
func (m measurement) limits() error {
	best := Limits{CPU: thisMachine().CPU}
	for _, torch := range []bool{false, true} {
		if torch && !m.torch {
			continue
		}
		if err := m.ensureVenv(torch); err != nil {
			return err
		}
		cmd := m.python(torch, "limits.py")
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		printed, err := cmd.Output()
		if err != nil {
			return fmt.Errorf("limits.py: %w: %s", err, lastLines(stderr.String(), 4))
		}
		var l Limits
		if err := json.Unmarshal(printed, &l); err != nil {
			return fmt.Errorf("limits.py: %w", err)
		}
		best.Product, best.Copy = max(best.Product, l.Product), max(best.Copy, l.Copy)
	}
	fmt.Printf("this machine   %.0f GFLOP/s in a product, %.1f GB/s through memory\n", best.Product, best.Copy)
	if m.dry {
		return nil
	}
	return m.keep(func(r *Results) { r.Limits = best })
}

// flop counts the floating-point operations of a model's products for one
// example: in a prediction, and in a training step, where the gradient of each
// kernel costs as much again, and so does that of an input that depends on weights.
func flop(model layer.Stack, input []int) (forward, training float64, err error) {
	plan, err := model.Plan(input)
	if err != nil {
		return 0, 0, err
	}
	learns := false // anything so far
	for _, s := range plan {
		n := 0.0
		switch l := s.Layer.(type) {
		case layer.DenseLayer:
			n = 2 * size(s.In) * size(s.Out)
		case layer.Conv2DLayer:
			n = 2 * float64(l.Kernel[0]*l.Kernel[1]*s.In[2]) * size(s.Out)
		}
		training += 2 * n
		if learns {
			training += n
		}
		forward += n
		learns = learns || slices.ContainsFunc(s.Params, func(p layer.Param) bool { return p.Trainable })
	}
	return forward, training, nil
}

func size(shape []int) float64 { return float64(layer.Param{Shape: shape}.Size()) }

// line says them above the tables.
func (l Limits) line() string {
	if l == (Limits{}) {
		return ""
	}
	return fmt.Sprintf("On %s a product of two 2048×2048 matrices reaches %.0f GFLOP/s, and %.1f GB/s go through memory.\n", l.CPU, l.Product, l.Copy)
}
