package engine

import (
	"context"
	"testing"

	"github.com/gomlx/compute"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/session"
)

// TestUnlabelled: a set without labels is answered as one with them, and
// neither trained nor evaluated on.
func TestUnlabelled(t *testing.T) {
	onBackends(t, func(t *testing.T, b compute.Backend) {
		e := opened(t, b, small())
		known := blobs(40) // more than one batch on pure Go
		unknown := *known
		unknown.Labels = data.Array{}
		weighted := unknown
		weighted.Weights = make([]float32, 40)
		put(t, e, "known", known)
		put(t, e, "unknown", &unknown)
		put(t, e, "weighted", &weighted)
		want, err := e.Predict(context.Background(), "known")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"unknown", "weighted"} {
			got, err := e.Predict(context.Background(), name)
			if err != nil {
				t.Fatal(err)
			}
			near(t, name, got.F32, want.F32, 0)
		}
		const says = `data set "unknown" has no labels to compare answers with; give it labels, or call Predict, which needs none`
		_, err = e.Evaluate(context.Background(), "unknown", nil)
		oneSentence(t, err, says)
		_, err = e.Train(context.Background(), session.Epoch{Set: "unknown", Order: firstIndices(4)}, nil)
		oneSentence(t, err, says)

		unknown.Weights = []float32{1}
		oneSentence(t, e.Put("unknown", &unknown, 0), "bytes of a chunk are missing")
	})
}
