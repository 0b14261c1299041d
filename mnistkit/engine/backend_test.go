package engine

import (
	"fmt"
	"testing"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
)

// TestParallelConvolutions: a training ends in which eight convolutions do not
// wait for each other. Each cuts its work into parts, and with as few workers
// as processors each would hold one while it waits for another.
func TestParallelConvolutions(t *testing.T) {
	branches := Layer("test branches", func(scope *model.Scope, x *graph.Node) *graph.Node {
		var y []*graph.Node
		for i := range 8 {
			kernel := Weight(scope, x, fmt.Sprint("kernel", i), "he_normal", 3, 3, 1, 4)
			y = append(y, graph.Convolve(x, kernel).PadSame().Done())
		}
		return graph.Concatenate(y, -1)
	})
	onBackends(t, func(t *testing.T, b compute.Backend) {
		c := small()
		c.BatchSize = 32
		c.Model = layer.Stack{layer.Rescale(1.0 / 255), branches, layer.GlobalAveragePool(), layer.Dense(3)}
		e := opened(t, b, c)
		put(t, e, "train", blobs(64))
		done := make(chan error)
		go func() {
			_, err := e.Train(t.Context(), session.Epoch{Number: 1, Set: "train", Order: firstIndices(64), LearningRate: rate}, nil)
			done <- err
		}()
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(time.Minute):
			t.Fatal("two steps take more than a minute: the convolutions wait for each other")
		}
	})
}
