package engine

import (
	"context"
	"testing"

	"github.com/gomlx/compute"
)

// TestEvaluateWhole: a set cut into slices, the last of which begins among the
// examples of the one before, has the scores and answers of its examples taken
// one by one.
func TestEvaluateWhole(t *testing.T) {
	c := small()
	c.Model = dense().Model
	for _, n := range []int{1, 63, 64, 4096, 4097, 8200} {
		onBackends(t, func(t *testing.T, b compute.Backend) {
			if backendName(b) == "go" && n > 100 {
				t.Skip("it looks up every example")
			}
			e := opened(t, b, c)
			set := blobs(n)
			for i := range n {
				set.Weights = append(set.Weights, 0.5+float32(i%3))
			}
			put(t, e, "test", set)
			whole, listed := evaluated(t, e, "test", nil), evaluated(t, e, "test", firstIndices(n))
			for _, name := range []string{"loss", "accuracy"} {
				nearOne(t, name, whole[name], listed[name], 1e-5)
			}
			answers, err := e.Predict(context.Background(), "test")
			if err != nil {
				t.Fatal(err)
			}
			if len(answers.F32) != 3*n {
				t.Fatalf("%d answers for %d examples", len(answers.F32), n)
			}
			for _, i := range []int{0, n / 2, n - 1} {
				put(t, e, "one", set.Select([]int32{int32(i)}))
				one, err := e.Predict(context.Background(), "one")
				if err != nil {
					t.Fatal(err)
				}
				near(t, "answer", answers.F32[3*i:3*i+3], one.F32, 1e-5)
			}
		})
	}
}
