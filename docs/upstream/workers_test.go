package upstream_test

import (
	"fmt"
	"runtime"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
)

// As many convolutions side by side as the pure-Go backend has workers wait for
// each other for ever.
func Example_parallelConvolutions() {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2)) // two workers a processor
	backend, _ := compute.NewWithConfig("go")
	done := make(chan error)
	go func() {
		_, err := graph.CallOnce(backend, func(x *graph.Node) *graph.Node {
			x = graph.Reshape(x, 32, 28, 28, 1)
			sum := graph.ScalarZero(x.Graph(), x.DType())
			for i := range 8 {
				kernel := graph.Const(x.Graph(), [][][][]float32{{{{float32(i), 1}}}})
				sum = graph.Add(sum, graph.ReduceAllSum(graph.Convolve(x, kernel).PadSame().Done()))
			}
			return sum
		}, make([]float32, 32*28*28))
		done <- err
	}()
	select {
	case err := <-done:
		fmt.Println("done:", err)
	case <-time.After(5 * time.Second): // one alone takes milliseconds
		fmt.Println("no end")
	}
	// Output:
	// no end
}
