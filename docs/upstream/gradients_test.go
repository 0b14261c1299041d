package upstream_test

import (
	"fmt"
	"regexp"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
)

// Pad, Rsqrt and Expm1 have no gradient.
func Example_missingGradients() {
	backend, _ := compute.NewWithConfig("go")
	pad := func(x *graph.Node) *graph.Node {
		return graph.Pad(x, graph.ScalarZero(x.Graph(), x.DType()), compute.PadAxis{Start: 1})
	}
	for _, f := range []func(x *graph.Node) *graph.Node{pad, graph.Rsqrt, graph.Expm1} {
		_, err := graph.CallOnce(backend, func(x *graph.Node) *graph.Node {
			return graph.Gradient(graph.ReduceAllSum(f(x)), x)[0]
		}, []float32{1, 4})
		fmt.Println(regexp.MustCompile(`with type .* yet`).FindString(fmt.Sprint(err)))
	}
	// Output:
	// with type "Pad", for which no gradient is defined yet
	// with type "Rsqrt", for which no gradient is defined yet
	// with type "Expm1", for which no gradient is defined yet
}
