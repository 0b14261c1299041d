package mnistkit

import (
	"slices"
	"strings"
	"testing"

	"gonblabs/mnistkit/layer"
)

// TestSummaryOfBranches: a column says what each layer is connected to, in
// models with branches only.
func TestSummaryOfBranches(t *testing.T) {
	model := layer.Stack{layer.Residual(layer.Dense(4).ReLU(), layer.Dense(3)), layer.Dense(2)}
	steps, err := model.Plan([]int{5})
	if err != nil {
		t.Fatal(err)
	}
	s := Summary{Name: "branches", Steps: steps, Counts: layer.Count(steps)}
	var got []string
	for _, line := range strings.Split(s.Text(), "\n") {
		got = append(got, strings.Join(strings.Fields(line), " "))
	}
	for _, want := range []string{
		"Layer (type) Output shape Param # Connected to",
		"dense (Dense) (None, 4) 24 input",
		"dense_1 (Dense) (None, 3) 15 dense",
		"dense_2 (Dense) (None, 3) 18 input",
		"add (Add) (None, 3) 0 dense_1, dense_2",
		"dense_3 (Dense) (None, 2) 8 add",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("no line %q in\n%s", want, s.Text())
		}
	}
	s.Steps = steps[:2]
	if text := s.Text(); strings.Contains(text, "Connected") {
		t.Errorf("a model without branches:\n%s", text)
	}
}
