package score

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gonblabs/mnistkit/data"
)

func values(labels, predicted []float32) Predictions {
	n := len(labels)
	return Predictions{Model: "m", Units: 1, Values: predicted,
		Data: &data.Set{Name: "d", Inputs: data.Array{F32: make([]float32, n)}, Labels: data.Array{F32: labels}}}
}

func TestRegressionReport(t *testing.T) {
	// scikit-learn's example of r2_score.
	r, err := Regression(values([]float32{3, -0.5, 2, 7}, []float32{2.5, 0, 2, 8}))
	if err != nil {
		t.Fatal(err)
	}
	want := RegressionReport{Model: "m", Examples: 4, MAE: 0.5, MSE: 0.375, RMSE: math.Sqrt(0.375), R2: 0.9486081370449679, Bias: 0.25}
	if diff := cmp.Diff(want, r, cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-12 })); diff != "" {
		t.Error(diff)
	}
	for n := 2; n < 8; n++ { // the mean of six or seven is rounded
		labels := slices.Repeat([]float32{0.1}, n)
		if r, err = Regression(values(labels, make([]float32, n))); err != nil || !math.IsNaN(r.R2) {
			t.Errorf("equal labels: %+v, %v", r, err)
		}
	}
	if _, err := Regression(binary([]int32{0, 1}, []float32{0, 1})); err == nil {
		t.Error("a regression of class numbers")
	}
}

func binary(labels []int32, probabilities []float32) Predictions {
	return Predictions{Model: "m", Units: 1, Values: probabilities,
		Data: &data.Set{Name: "d", Inputs: data.Array{F32: make([]float32, len(labels))}, Labels: data.Array{I32: labels}}}
}

func TestROC(t *testing.T) {
	// scikit-learn's example of roc_curve and roc_auc_score.
	c, err := ROC(binary([]int32{0, 0, 1, 1}, []float32{0.1, 0.4, 0.35, 0.8}))
	if err != nil {
		t.Fatal(err)
	}
	if c.AUC != 0.75 || c.Positive != "1" {
		t.Errorf("AUC %g of class %q, want 0.75 of 1", c.AUC, c.Positive)
	}
	if diff := cmp.Diff([][]float64{{0, 0, 0.5, 0.5, 1}, {0, 0.5, 0.5, 1, 1}}, [][]float64{c.FalsePositive, c.TruePositive}); diff != "" {
		t.Error(diff)
	}
	if c, err = ROC(binary([]int32{0, 1, 1}, []float32{0.5, 0.5, 0.5})); err != nil || c.AUC != 0.5 || len(c.Threshold) != 2 {
		t.Errorf("equal answers: %+v, %v", c, err)
	}
	two := binary([]int32{0, 1}, []float32{0.9, 0.1, 0.2, 0.8})
	two.Units = 2
	if c, err = ROC(two); err != nil || c.AUC != 1 {
		t.Errorf("two units: %+v, %v", c, err)
	}
	if _, err := ROC(binary([]int32{1, 1}, []float32{0, 1})); err == nil {
		t.Error("a curve of one class")
	}
	if _, err := ROC(values([]float32{1, 1}, []float32{0, 1})); err == nil {
		t.Error("a curve of values")
	}
}
