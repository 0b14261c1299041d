package engine

import (
	"cmp"
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// CheckResult is what Check found.
type CheckResult struct {
	Backend       string  `json:"backend"`
	Description   string  `json:"description"`
	OK            bool    `json:"ok"`
	MaxDifference float64 `json:"max_difference"` // a share of the largest number
}

// tolerance is how far a backend may differ from pure Go in sums of a few hundred float32
// products. A GPU rounds the factors of a convolution to the 11 bits of TF32.
func tolerance(backend string) float64 {
	if backend == "xla:cuda" {
		return 1e-2
	}
	return 1e-3
}

// Check computes a matrix product and the gradient of a convolution on the
// chosen backend and on the pure-Go one, and compares them.
//
//	result, err := engine.Check()
func Check() (CheckResult, error) {
	backend, err := Backend()
	pure, errPure := pureGo()
	if err = cmp.Or(err, errPure); err != nil {
		return CheckResult{}, err
	}
	r := CheckResult{Backend: backendName(backend), Description: backend.Description()}
	err = guard("compare the backends", func() error {
		got, err := newProgram(backend, checkValues).call(nil)
		want, errPure := newProgram(pure, checkValues).call(nil)
		if err = cmp.Or(err, errPure); err != nil {
			return err
		}
		for i := range want {
			r.MaxDifference = max(r.MaxDifference, relativeDifference(got[i].Values(), want[i].Values())) // NaN, once there, stays
		}
		r.OK = r.MaxDifference < tolerance(r.Backend)
		if !r.OK {
			return fmt.Errorf("%s differs from the pure-Go backend by %.2g of the largest number", r.Backend, r.MaxDifference)
		}
		return nil
	})
	return r, err
}

// relativeDifference is the largest distance between got and want, as a share of the
// largest number wanted; NaN if something is no number.
func relativeDifference(got, want []float64) float64 {
	distance, largest := 0.0, 0.0
	for i := range want {
		distance = max(distance, math.Abs(got[i]-want[i]))
		largest = max(largest, math.Abs(want[i]))
	}
	return distance / largest
}

// checkValues are what Check compares.
func checkValues(g *graph.Graph, _ []*graph.Node) []*graph.Node {
	ramp := func(step float64, dims ...int) *graph.Node {
		x := graph.IotaFull(g, shapes.Make(dtypes.Float32, dims...))
		return graph.Sin(graph.MulScalar(x, step))
	}
	product := graph.MatMul(ramp(0.7, 20, 30), ramp(0.3, 30, 10))
	x, kernel := ramp(0.11, 2, 8, 8, 3), ramp(0.13, 3, 3, 3, 4)
	y := graph.Convolve(x, kernel).PadSame().Done()
	gradients := graph.Gradient(graph.ReduceAllSum(graph.Mul(y, y)), x, kernel)
	return append(gradients, product)
}
