package score

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gonblabs/mnistkit/data"
)

func TestEnsemble(t *testing.T) {
	set := &data.Set{Name: "letters/test", Inputs: data.Array{U8: make([]uint8, 2)}}
	a := Predictions{Model: "a", Data: set, Units: 2, Values: []float32{0.9, 0.1, 0.4, 0.6}}
	b := Predictions{Model: "b", Data: set, Units: 2, Values: []float32{0.3, 0.7, 0.8, 0.2}}
	both, err := Ensemble("both", a, b)
	if err != nil {
		t.Fatal(err)
	}
	if both.Model != "both" || both.Weights != "mean of 2" || both.Data != set || both.Units != 2 {
		t.Errorf("%+v", both)
	}
	if diff := cmp.Diff([]float32{0.6, 0.4, 0.6, 0.4}, both.Values, cmpopts.EquateApprox(0, 1e-6)); diff != "" {
		t.Error(diff)
	}
	alone, err := Ensemble("alone", a)
	if err != nil || cmp.Diff(a.Values, alone.Values) != "" {
		t.Errorf("the mean of one is %v, %v; want %v", alone.Values, err, a.Values)
	}
}

func TestEnsembleErrors(t *testing.T) {
	a := answers("a", 3, truth, says)
	short := answers("short", 3, truth[:4], says[:4])
	relabelled := answers("b", 3, says, says)
	for want, members := range map[string][]Predictions{
		"there are no predictions":                      nil,
		`"a" answered 15 examples`:                      {a, short},
		`but "b" answered others, 15 of "letters/test"`: {a, relabelled},
		`"a" gives 3 values for each example but "b"`:   {a, {Model: "b", Data: a.Data, Units: 1, Values: make([]float32, 15)}},
		"carry no data set":                             {a, {Model: "b", Units: 1}},
	} {
		_, err := Ensemble("all", members...)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
