package score

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gonblabs/mnistkit/data"
)

// answers are predictions whose class is given: each gets 0.7, the others share
// the rest.
func answers(model string, classes int, truth, says []int32) Predictions {
	set := &data.Set{
		Name:   "letters/test",
		Inputs: data.Array{U8: make([]uint8, len(truth))},
		Labels: data.Array{I32: truth},
	}
	for c := range classes {
		set.Classes = append(set.Classes, string(rune('a'+c)))
	}
	p := Predictions{Model: model, Data: set, Units: classes}
	for _, s := range says {
		for c := range classes {
			v := float32(0.3) / float32(classes-1)
			if int32(c) == s {
				v = 0.7
			}
			p.Values = append(p.Values, v)
		}
	}
	return p
}

var (
	truth = []int32{0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3}
	says  = []int32{0, 0, 1, 2, 1, 1, 0, 1, 1, 2, 2, 1, 2, 0, 2} // class 3 is never found
	other = []int32{0, 0, 0, 2, 1, 1, 0, 1, 1, 2, 0, 2, 2, 3, 2}
)

func TestConfusion(t *testing.T) {
	m, err := Confusion(answers("net", 4, truth, says))
	if err != nil {
		t.Fatal(err)
	}
	want := [][]int{{2, 1, 1, 0}, {1, 4, 0, 0}, {0, 1, 3, 0}, {1, 0, 1, 0}} // sklearn.metrics.confusion_matrix
	if !reflect.DeepEqual(m.Counts, want) {
		t.Errorf("counts %v, want %v", m.Counts, want)
	}
	if m.Total() != 15 || m.Right() != 9 || m.Accuracy() != 0.6 {
		t.Errorf("total %d, right %d, accuracy %g; want 15, 9, 0.6", m.Total(), m.Right(), m.Accuracy())
	}
	if m.Model != "net" || strings.Join(m.Classes, "") != "abcd" {
		t.Errorf("model %q, classes %v", m.Model, m.Classes)
	}
	if tr, p, n := m.Worst(); tr != 0 || p != 1 || n != 1 {
		t.Errorf("worst pair %d taken for %d, %d times; want the first of equals: 0, 1, 1", tr, p, n)
	}
}

func TestConfidence(t *testing.T) {
	one := func(says ...float32) Predictions { // a unit for two classes; the truth is 1 0 1 0
		set := &data.Set{Name: "coins/test", Inputs: data.Array{U8: make([]uint8, 4)}, Labels: data.Array{I32: []int32{1, 0, 1, 0}}}
		return Predictions{Model: "net", Data: set, Units: 1, Values: says}
	}
	for _, c := range []struct {
		name    string
		answers Predictions
		want    ConfidenceReport
	}{
		{"four classes", answers("net", 4, truth, says), ConfidenceReport{"net", 15, 6, 0, 0.7, 0.7}},
		{"one unit", one(0.75, 0.25, 0.0625, 0.625), ConfidenceReport{"net", 4, 2, 1, 0.75, (0.9375 + 0.625) / 2}},
		{"all right", one(1, 0, 1, 0), ConfidenceReport{"net", 4, 0, 0, 1, 0}},
		{"all wrong", one(0, 1, 0, 1), ConfidenceReport{"net", 4, 4, 4, 0, 1}},
	} {
		got, err := Confidence(c.answers)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(got.IfRight-c.want.IfRight) > 1e-6 || math.Abs(got.IfWrong-c.want.IfWrong) > 1e-6 {
			t.Errorf("%s: sure %g if right, %g if wrong; want %g, %g", c.name, got.IfRight, got.IfWrong, c.want.IfRight, c.want.IfWrong)
		}
		got.IfRight, got.IfWrong = c.want.IfRight, c.want.IfWrong
		if got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
	if _, err := Confidence(Predictions{Model: "net", Data: &data.Set{Name: "none"}, Units: 1}); err == nil {
		t.Error("no labels are no error")
	}
}

func TestReport(t *testing.T) {
	m, err := Confusion(answers("net", 4, truth, says))
	if err != nil {
		t.Fatal(err)
	}
	// sklearn.metrics.precision_recall_fscore_support(zero_division=0)
	want := Report{
		Model: "net", Accuracy: 0.6,
		Classes: []ClassScore{
			{"a", 0.5, 0.5, 0.5, 4},
			{"b", 2.0 / 3, 0.8, 8.0 / 11, 5},
			{"c", 0.6, 0.75, 2.0 / 3, 4},
			{"d", 0, 0, 0, 2},
		},
		Macro:    ClassScore{"macro average", 0.44166666666666665, 0.5125, 0.47348484848484845, 15},
		Weighted: ClassScore{"weighted average", 0.5155555555555555, 0.6, 0.5535353535353535, 15},
	}
	got := m.Report()
	close := func(a, b ClassScore) bool {
		return a.Class == b.Class && a.Support == b.Support && math.Abs(a.Precision-b.Precision) < 1e-12 &&
			math.Abs(a.Recall-b.Recall) < 1e-12 && math.Abs(a.F1-b.F1) < 1e-12
	}
	if len(got.Classes) != 4 || got.Accuracy != want.Accuracy || got.Model != want.Model {
		t.Fatalf("report %+v", got)
	}
	for c := range want.Classes {
		if !close(got.Classes[c], want.Classes[c]) {
			t.Errorf("class %d: %+v, want %+v", c, got.Classes[c], want.Classes[c])
		}
	}
	if !close(got.Macro, want.Macro) || !close(got.Weighted, want.Weighted) {
		t.Errorf("averages %+v %+v, want %+v %+v", got.Macro, got.Weighted, want.Macro, want.Weighted)
	}
}

// TestReportOfSomeClasses: ten digits were trained, and only threes and sevens
// asked.
func TestReportOfSomeClasses(t *testing.T) {
	threesAndSevens := []int32{3, 3, 3, 3, 3, 7, 7, 7, 7, 7}
	for _, c := range []struct {
		last    int32 // the answer for the last seven
		classes int
		want    ClassScore
	}{
		{7, 2, ClassScore{"macro average", 1, 1, 1, 10}},
		{1, 3, ClassScore{"macro average", 2.0 / 3, 0.6, 17.0 / 27, 10}}, // F1 62.96 %
	} {
		answered := append(slices.Clone(threesAndSevens[:9]), c.last)
		m, err := Confusion(answers("net", 10, threesAndSevens, answered))
		if err != nil {
			t.Fatal(err)
		}
		r := m.Report()
		if diff := cmp.Diff(c.want, r.Macro, cmpopts.EquateApprox(0, 1e-12)); diff != "" || len(r.Classes) != c.classes {
			t.Errorf("the last seven taken for %d: %d classes\n%s", c.last, len(r.Classes), diff)
		}
	}
}

func TestMistakes(t *testing.T) {
	a, b := answers("a", 4, truth, says), answers("b", 4, truth, other)
	b.Data = a.Data
	for _, c := range []struct {
		name   string
		models []Predictions
		want   []int
	}{
		{"first model decides", []Predictions{a, b}, []int{2, 3, 6, 11, 13, 14}},
		{"any order", []Predictions{b, a}, []int{3, 6, 10, 14}},
		{"one model", []Predictions{a}, []int{2, 3, 6, 11, 13, 14}},
	} {
		list, err := Mistakes(c.models...)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(list.Examples, c.want) || list.All != len(c.want) {
			t.Errorf("%s: %v of %d, want %v", c.name, list.Examples, list.All, c.want)
		}
	}
}

func TestMistakesFirst(t *testing.T) {
	list, err := Mistakes(answers("a", 4, truth, says))
	if err != nil {
		t.Fatal(err)
	}
	if f := list.First(2); f.Len() != 2 || f.All != 6 || list.First(99).Len() != 6 || list.First(-1).Len() != 0 {
		t.Errorf("First(2) has %d of %d", f.Len(), f.All)
	}
}

func TestProbabilitiesOfOneUnit(t *testing.T) {
	p := Predictions{Units: 1, Values: []float32{0.25}, Data: &data.Set{Labels: data.Array{I32: []int32{1}}}}
	if got := p.Probabilities(0); got[0] != 0.75 || got[1] != 0.25 {
		t.Errorf("one sigmoid unit gives %v, want [0.75 0.25]", got)
	}
	m, err := Confusion(p)
	if err != nil || m.Counts[1][0] != 1 || m.Classes[1] != "1" {
		t.Errorf("confusion %+v, %v; want the 1 taken for 0, classes named by number", m, err)
	}
}

func TestRegression(t *testing.T) {
	p := Predictions{
		Model: "mpg", Units: 1, Values: []float32{17.5, 15.25, 20.5, 26},
		Data: &data.Set{Name: "auto-mpg/test", Labels: data.Array{F32: []float32{18, 15, 16.5, 30}}},
	}
	mae, err1 := MAE(p)
	mse, err2 := MSE(p)
	if err1 != nil || err2 != nil || mae != 2.1875 || mse != 8.078125 { // sklearn.metrics
		t.Errorf("MAE %g, MSE %g, %v, %v; want 2.1875 and 8.078125", mae, mse, err1, err2)
	}
}

func TestErrors(t *testing.T) {
	good := answers("net", 4, truth, says)
	change := func(f func(*Predictions)) Predictions {
		p := good
		f(&p)
		return p
	}
	relabelled := answers("other", 4, append([]int32{1}, truth[1:]...), says)
	nan := float32(math.NaN())
	redrawn := answers("other", 4, truth, says)
	redrawn.Data.Inputs.U8[3] = 1
	regression := change(func(p *Predictions) {
		p.Data = &data.Set{Name: "auto-mpg/test", Labels: data.Array{F32: make([]float32, 15)}}
	})
	two := change(func(p *Predictions) { p.Model, p.Units, p.Values = "small", 5, make([]float32, 5*15) })
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"no data", second(Confusion(Predictions{Model: "net", Units: 4})), `of "net" carry no data set`},
		{"too few values", second(Confusion(change(func(p *Predictions) { p.Values = p.Values[4:] }))), "hold 56 values, but 15 examples of 4 values"},
		{"no numbers", second(Confusion(change(func(p *Predictions) { p.Values = slices.Repeat([]float32{nan}, 60) }))), `of "net" for "letters/test" are NaN`},
		{"no units", second(Confusion(change(func(p *Predictions) { p.Units = 0 }))), "at least one unit"},
		{"empty", second(Confusion(Predictions{Model: "net", Units: 4, Data: &data.Set{Name: "none", Labels: data.Array{I32: []int32{}}}})), `"none" of "net" is empty`},
		{"labels of a regression", second(Confusion(regression)), "use score.MAE or score.MSE"},
		{"label too high", second(Confusion(answers("net", 3, truth, says))), "label 3 of example 13"},
		{"no models", second(Mistakes()), "no predictions given"},
		{"other labels", second(Mistakes(good, relabelled)), "predict the same set with both"},
		{"other examples of the same name and labels", second(Mistakes(good, redrawn)), "predict the same set with both"},
		{"other length", second(Mistakes(good, answers("short", 4, truth[:9], says[:9]))), `but "short" answered others, 9 of "letters/test"`},
		{"other classes", second(Mistakes(good, two)), `"net" tells 4 classes apart but "small" 5`},
		{"MAE of a classifier", second(MAE(good)), "use score.Confusion"},
		{"MSE of too many units", second(MSE(change(func(p *Predictions) { p.Data = regression.Data }))), "60 values for 15 labels"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) || !strings.HasPrefix(c.err.Error(), "score.") {
			t.Errorf("%s: %v, want a sentence with %q", c.name, c.err, c.want)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// Without labels there is nothing to hold the answers against.
func TestNoLabels(t *testing.T) {
	p := answers("net", 4, truth, says)
	p.Data.Labels = data.Array{}
	if err := p.Check(); err != nil {
		t.Error(err)
	}
	_, confusion := Confusion(p)
	_, mistakes := Mistakes(p)
	_, mae := MAE(p)
	for verb, err := range map[string]error{"Confusion": confusion, "Mistakes": mistakes, "MAE": mae} {
		want := "score." + verb + `: the data set "letters/test" has no labels to compare the answers of "net" with; give it labels, or look at the answers with kit.Show`
		if err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	if p.Label(0) != -1 || p.Right(0) || p.Accuracy() != 0 {
		t.Errorf("label %d, right %v, accuracy %g", p.Label(0), p.Right(0), p.Accuracy())
	}
	p.Values = p.Values[1:]
	if err := p.Check(); err == nil {
		t.Error("values that do not fit the set are accepted")
	}
}

func TestRanked(t *testing.T) {
	p := Predictions{Data: &data.Set{Inputs: data.Array{U8: make([]uint8, 4)}}, Units: 2, Values: []float32{0.5, 4, 0.1, 3, 0.9, 3, 0.5, 1}}
	for unit, want := range [][]int{{1, 0, 3, 2}, {3, 1, 2, 0}} {
		if got := p.Ranked(unit); !reflect.DeepEqual(got, want) {
			t.Errorf("by unit %d: %v, want %v", unit, got, want)
		}
	}
}
