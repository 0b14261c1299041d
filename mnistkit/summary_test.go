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
	s.Steps, s.Training = steps[:2], "Trained with luck"
	if text := s.Text(); strings.Contains(text, "Connected") || !strings.HasSuffix(text, "\nTrained with luck\n") {
		t.Errorf("a model without branches:\n%s", text)
	}
}

// TestSummaryOfTraining: a line says what trains a model, where that is more than an
// optimiser at a constant rate.
func TestSummaryOfTraining(t *testing.T) {
	t.Setenv("MNISTKIT_DATA", "bundled")
	for _, c := range []struct {
		optimizer Optimizer
		want      string
	}{
		{Optimizer{}, ""},
		{SGD(0.1).WithMomentum(0.9).WithNesterov(), ""},
		{Adam(0.01).WithSchedule(OneCycle(5)), "Trained with Adam(0.01).WithSchedule(OneCycle(5))"},
	} {
		r := Run{Name: "summary", Data: Iris(), Model: layer.Stack{layer.Dense(3)}, Optimizer: c.optimizer}
		if s, err := r.Summary(); err != nil || s.Training != c.want {
			t.Errorf("%+v: %q, %v; want %q", c.optimizer, s.Training, err, c.want)
		}
	}
}
