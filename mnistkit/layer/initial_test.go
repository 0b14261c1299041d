package layer

import (
	"math"
	"slices"
	"testing"
)

// TestInitial holds each initialiser's range, mean and variance against
// Keras' rules.
func TestInitial(t *testing.T) {
	const in, out = 300, 200
	root := math.Sqrt
	cut := 2 / 0.87962566103423978 // a normal cut off at two deviations, widened
	for _, c := range []struct {
		name            string
		limit, variance float64
	}{
		{"glorot_uniform", root(6.0 / (in + out)), 2.0 / (in + out)},
		{"glorot_normal", cut * root(2.0/(in+out)), 2.0 / (in + out)},
		{"he_uniform", root(6.0 / in), 2.0 / in},
		{"he_normal", cut * root(2.0/in), 2.0 / in},
		{"lecun_uniform", root(3.0 / in), 1.0 / in},
		{"lecun_normal", cut * root(1.0/in), 1.0 / in},
		{"random_uniform", 0.05, 0.05 * 0.05 / 3},
		{"random_normal", math.Inf(1), 0.05 * 0.05},
	} {
		p := Param{Name: "kernel", Shape: []int{in, out}, Init: c.name}
		values := p.Initial("dense", 7)
		if len(values) != in*out {
			t.Fatalf("%s: %d values", c.name, len(values))
		}
		var sum, squares, largest float64
		for _, v := range values {
			sum += float64(v)
			squares += float64(v) * float64(v)
			largest = max(largest, math.Abs(float64(v)))
		}
		n := float64(len(values))
		if mean := sum / n; math.Abs(mean) > 5*root(c.variance/n) {
			t.Errorf("%s: mean %g", c.name, mean)
		}
		if variance := squares / n; math.Abs(variance/c.variance-1) > 0.03 {
			t.Errorf("%s: variance %g, want %g", c.name, variance, c.variance)
		}
		if largest > c.limit*(1+1e-6) || largest < 0.98*min(c.limit, 3*root(c.variance)) {
			t.Errorf("%s: largest value %g, limit %g", c.name, largest, c.limit)
		}
	}
	for name, want := range map[string]float32{"zeros": 0, "ones": 1} {
		for _, v := range (Param{Shape: []int{4}, Init: name}).Initial("dense", 1) {
			if v != want {
				t.Errorf("%s: %g", name, v)
			}
		}
	}
}

// TestInitialNames: every initialiser that the list names draws something of
// its own, and none is missing from it.
func TestInitialNames(t *testing.T) {
	for _, name := range Initializers {
		values := Param{Name: "kernel", Shape: []int{8}, Init: name}.Initial("dense", 1)
		if zero := slices.Max(values) == 0 && slices.Min(values) == 0; zero != (name == "zeros") {
			t.Errorf("%s: %v", name, values)
		}
	}
}

// TestInitialDeterminism: equal seeds and names give equal values, all else
// different ones. The golden values hold on every machine and must not change:
// a run's record tells its seed, not its weights.
func TestInitialDeterminism(t *testing.T) {
	p := Param{Name: "kernel", Shape: []int{28 * 28, 128}}
	for name, golden := range map[string][]float32{
		"he_normal":      {-0.014316181, 0.031721044, -0.03907067, -0.07572451},
		"glorot_uniform": {-0.013700963, -0.051990677, -0.056670677, 0.0585531},
	} {
		p.Init = name
		if got := p.Initial("dense", 1)[:len(golden)]; !slices.Equal(got, golden) {
			t.Errorf("the first values of %s are %v, want %v", name, got, golden)
		}
	}
	p.Init = "glorot_uniform"
	first := p.Initial("dense", 1)
	if !slices.Equal(first, p.Initial("dense", 1)) {
		t.Error("drawn twice, the values differ")
	}
	other := p
	other.Name = "kernel2"
	for what, values := range map[string][]float32{
		"another seed": p.Initial("dense", 2), "another layer": p.Initial("dense_1", 1), "another weight": other.Initial("dense", 1),
	} {
		if slices.Equal(first[:8], values[:8]) {
			t.Errorf("%s gives the same values", what)
		}
	}
}
