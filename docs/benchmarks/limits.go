package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"

	"github.com/janpfeifer/must"

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
func (b *bench) limits() {
	best := Limits{CPU: thisMachine().CPU}
	families := []string{"JAX"}
	if b.torch {
		families = append(families, "PyTorch")
	}
	for _, family := range families {
		cmd := b.python(context.Background(), family, "limits.py")
		cmd.Stderr = os.Stderr
		var l Limits
		must.M(json.Unmarshal(must.M1(cmd.Output()), &l))
		best.Product, best.Copy = max(best.Product, l.Product), max(best.Copy, l.Copy)
	}
	fmt.Print(best)
	b.keep(func(r *Results) { r.Limits = best })
}

// String says them above the tables.
func (l Limits) String() string {
	if l == (Limits{}) {
		return ""
	}
	return fmt.Sprintf("On %s a product of two 2048×2048 matrices reaches %.0f GFLOP/s, and %.1f GB/s go through memory.\n", l.CPU, l.Product, l.Copy)
}

func (c Case) plan() ([]layer.Step, error) {
	form, err := dataSets[c.Data].Form()
	if err != nil {
		return nil, err
	}
	return c.Model.Plan(form.Shape)
}

// flop counts the floating-point operations of the model's products in a
// training step, for one example: the gradient of each kernel costs as much
// again, and so does that of an input that depends on weights.
func (c Case) flop() (training float64) {
	learns := false // anything so far
	for _, s := range must.M1(c.plan()) {
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
		learns = learns || slices.ContainsFunc(s.Params, func(p layer.Param) bool { return p.Trainable })
	}
	return training
}

func size(shape []int) float64 { return float64(layer.Param{Shape: shape}.Size()) }
