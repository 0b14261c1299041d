package mnistkit

import (
	"math"
	"strings"
	"testing"

	"gonblabs/mnistkit/fit"
)

// TestDivergedInWords: a sweep's table names each way of going wrong, and no training that went well.
func TestDivergedInWords(t *testing.T) {
	for _, c := range []struct {
		losses []float64
		want   string // the remark's first words
	}{
		{[]float64{0.3, 0.2, 0.1}, ""},
		{[]float64{0.3}, ""},
		{[]float64{0.3, 0.1, 0.14}, ""},
		{[]float64{1.5, 0.002, 0.02}, ""}, // as good as zero
		{[]float64{math.NaN()}, "diverged: the loss is not a number from epoch 1 on"},
		{[]float64{0.3, math.Inf(1)}, "diverged: the loss is not a number from epoch 2 on"},
		{[]float64{1.5, 2.3}, "diverges: the loss rose from 1.5"},
		{[]float64{2.30, 2.28, 2.29}, "hardly learns: loss 2.3"},
		{[]float64{2, 0.2, 0.5}, "unsteady: the loss was 0.2"},
	} {
		var h fit.History
		for i, v := range c.losses {
			h = append(h, fit.Epoch{Number: i + 1, Metrics: map[string]float64{"loss": v}})
		}
		if got := strings.Join(diverged(h), "; "); !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%v: %q, want %q", c.losses, got, c.want)
		}
	}
}
