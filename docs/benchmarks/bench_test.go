package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gonblabs/mnistkit/layer"
)

// TestCases holds that every case can be trained and that names are unique.
func TestCases(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range cases {
		input, ok := shapes[c.Data.Name]
		if !ok || dataSets[c.Data.Name] == nil {
			t.Errorf("%s: the data %q are not known", c.Name, c.Data.Name)
		}
		if _, err := c.Model.Plan(input); err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
		if seen[c.Name] || strings.Contains(c.Name, ",") {
			t.Errorf("the name %q is there already, or has a comma, which parts names on the command line", c.Name)
		}
		seen[c.Name] = true
		if c.Epochs < 2 || c.Rows < c.Batch || c.Test < 1 {
			t.Errorf("%s: %d epochs of %d rows in batches of %d; the first epoch is warm-up", c.Name, c.Epochs, c.Rows, c.Batch)
		}
		for _, name := range c.Skip {
			if len(chosen(c, []string{name}, false)) != 1 {
				t.Errorf("%s leaves out %q, which is no peer", c.Name, name)
			}
		}
	}
}

func TestChosen(t *testing.T) {
	for _, c := range []struct {
		name  string
		asked []string
		torch bool
		want  string
	}{
		{"mlp", nil, false, "kit keras keras-jit jax jax-scan"},
		{"lenet", nil, false, "kit keras keras-jit jax"},
		{"lenet", []string{"kit", "jax-scan"}, false, "kit jax-scan"},
		{"parity-mlp", nil, true, "kit keras-jit"},
		{"mlp", nil, true, "kit keras keras-jit jax jax-scan torch torch-last torch-compile"},
	} {
		var got []string
		for _, p := range chosen(named(t, c.name), c.asked, c.torch) {
			got = append(got, p.Name)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s, asked for %v: %v, want %s", c.name, c.asked, got, c.want)
		}
	}
}

func named(t *testing.T, name string) Case {
	t.Helper()
	for _, c := range cases {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no case %q", name)
	return Case{}
}

func TestSteady(t *testing.T) {
	for _, c := range []struct {
		ends, want []float64
	}{
		{[]float64{0, 5, 7, 10}, []float64{2, 3}},
		{[]float64{0, 5}, []float64{5}}, // one epoch only: with its warm-up
		{[]float64{0, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29}, []float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
	} {
		if diff := cmp.Diff(c.want, steady(c.ends)); diff != "" {
			t.Errorf("%v: %s", c.ends, diff)
		}
	}
}

// TestGoals measures ours against the best of a family.
func TestGoals(t *testing.T) {
	peer := func(name, family string, step float64) PeerResult {
		return PeerResult{Peer: name, Family: family, Step: Spread{Median: step}, Parameters: 7}
	}
	r := Results{Cases: []CaseResult{{Name: "mlp", Peers: []PeerResult{
		peer("kit", "mnistkit", 1), peer("keras", "Keras", 9), peer("keras-jit", "Keras", 5), peer("jax", "JAX", 0.5),
		{Peer: "torch", Family: "PyTorch", Failure: "it died"},
	}}}}
	want := map[string]goal{
		"mlp: step to Keras":   {Measured: "0.200 (keras-jit)", Known: true, Met: true},
		"mlp: step to JAX":     {Measured: "2.00 (jax)", Known: true},
		"mlp: step to PyTorch": {Measured: "not measured"},
		"lenet: step to Keras": {Measured: "not measured"},
	}
	for _, g := range r.goals() {
		if w, ok := want[g.What]; ok {
			if g.Measured != w.Measured || g.Known != w.Known || g.Met != w.Met {
				t.Errorf("%+v, want %+v", g, w)
			}
			delete(want, g.What)
		}
	}
	if len(want) > 0 {
		t.Errorf("no such goals: %v", want)
	}
}

// TestApart holds the limits of parity.
func TestApart(t *testing.T) {
	for _, c := range []struct {
		metric     string
		ours, peer float64
		difference string
		within     bool
	}{
		{"accuracy", 0.981, 0.979, "+0.20 points", true},
		{"accuracy", 0.975, 0.979, "-0.40 points", false},
		{"mae", 1.92, 2, "-4.0 %", true},
		{"mae", 2.2, 2, "+10.0 %", false},
	} {
		difference, _, within := apart(c.metric, c.ours, c.peer)
		if difference != c.difference || within != c.within {
			t.Errorf("%s %g against %g: %s, within the limit: %v", c.metric, c.ours, c.peer, difference, within)
		}
	}
}

// TestCompact holds that results stay the same JSON.
func TestCompact(t *testing.T) {
	in := Results{Versions: map[string]string{"Go": "1"}, Cases: []CaseResult{{Name: "a", Peers: []PeerResult{{Peer: "kit", Step: Spread{1, 0.5, 2}}}}}}
	contents, err := json.MarshalIndent(in, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	var out Results
	if err := json.Unmarshal(compact(contents), &out); err != nil {
		t.Fatal(err)
	}
	if out.Cases[0].Peers[0].Step != in.Cases[0].Peers[0].Step || !strings.Contains(string(compact(contents)), `{"median": 1, "low": 0.5, "high": 2}`) {
		t.Errorf("%s", compact(contents))
	}
}

// TestFLOP counts by hand: lenet's second convolution has 150 products for each
// of its 1,600 outputs.
func TestFLOP(t *testing.T) {
	for _, c := range []struct {
		name              string
		model             layer.Stack
		input             []int
		forward, training float64
	}{
		{"mlp", mlp, []int{28, 28, 1}, 203_264, 609_792 - 200_704},
		{"lenet", lenet, []int{28, 28, 1}, 235_200 + 480_000 + 96_000 + 20_160 + 1_680, 3*833_040 - 235_200},
		{"imdb, whose table learns too", embedding, []int{256}, 544, 3 * 544},
	} {
		forward, training, err := flop(c.model, c.input)
		if err != nil || forward != c.forward || training != c.training {
			t.Errorf("%s: %v and %v (%v), want %v and %v", c.name, forward, training, err, c.forward, c.training)
		}
	}
}
