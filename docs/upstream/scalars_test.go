package upstream_test

import (
	"fmt"
	"regexp"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// A graph keeps one node for each scalar. Where the first use of a number stands
// in a closure, the next one, in another closure, gets a node that it may not
// take.
func Example_scalarsInClosures() {
	backend, _ := compute.NewWithConfig("go")
	_, err := graph.CallOnce(backend, func(x *graph.Node) *graph.Node {
		number := shapes.Make(dtypes.Float32)
		goesOn := graph.NewClosure(x.Graph(), func(g *graph.Graph) []*graph.Node {
			x := graph.Parameter(g, "x", number)
			return []*graph.Node{graph.LessThan(x, graph.Scalar(g, dtypes.Float32, 100))}
		})
		round := graph.NewClosure(x.Graph(), func(g *graph.Graph) []*graph.Node {
			x := graph.Parameter(g, "x", number)
			return []*graph.Node{graph.Add(x, graph.Scalar(g, dtypes.Float32, 100))}
		})
		return graph.While(goesOn, round, x)[0]
	}, float32(1))
	fmt.Println(regexp.MustCompile(`Add: .*`).FindString(fmt.Sprint(err)))
	// Output:
	// Add: input #1 uses a node from a different function scope
}
