package chart

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/score"
)

// regression answers n values that are off by the errors, in turn.
func regression(n int, errors ...float32) score.Predictions {
	p := score.Predictions{Model: "mpg/dnn", Units: 1, Data: &data.Set{Name: "auto-mpg/test", Inputs: data.Array{F32: make([]float32, n)}}}
	for i := range n {
		truth := float32(10 + i)
		p.Data.Labels.F32 = append(p.Data.Labels.F32, truth)
		p.Values = append(p.Values, truth+errors[i%len(errors)])
	}
	return p
}

func TestAgreement(t *testing.T) {
	f, err := Agreement(regression(30, 1, -1, 3))
	img := check(t, f, err)
	has(t, f.Alt, "mean absolute error 1.6667")
	has(t, f.Numbers.Text(), "from 10 to 39", "from 10 to 42")
	if n := pixels(img, blue); n < 500 {
		t.Errorf("%d blue pixels of 30 points", n)
	}
	f, err = Agreement(regression(2, float32(math.NaN())))
	check(t, f, err)
	has(t, f.Numbers.Text(), "without a number")
	_, err = Agreement(score.Predictions{Model: "x"})
	if err == nil {
		t.Error("a figure of nothing")
	}
}

func TestErrorHistogram(t *testing.T) {
	f, err := ErrorHistogram(regression(30, 1, -1, 3))
	img := check(t, f, err)
	has(t, f.Alt, "20 of 30 examples are off by at most 1.9149 (RMSE); mean error 1.0000, errors from -1 to 3")
	has(t, f.Numbers.Text(), "      -1.0  -0.8        10\n")
	if n := pixels(img, blue); n < 3000 {
		t.Errorf("%d blue pixels of bars", n)
	}
	f, err = ErrorHistogram(regression(3, 0))
	check(t, f, err)
}

func TestBins(t *testing.T) {
	for _, c := range []struct {
		values []float64
		most   int
		want   bins
	}{
		{[]float64{0, 1, 2, 3}, 4, bins{0, 1, []int{1, 1, 1, 1}}},
		{[]float64{0.1, 0.2, 0.3, 0.3}, 3, bins{0.1, 0.1, []int{1, 1, 2}}},
		{[]float64{-1, 1, math.NaN(), math.Inf(1)}, 3, bins{-1, 1, []int{1, 0, 1}}},
		{[]float64{5, 5}, 4, bins{4.5, 0.5, []int{0, 2, 0}}},
		{nil, 4, bins{0, 1, []int{0}}},
	} {
		near := cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-9 })
		if diff := cmp.Diff(c.want, newBins(c.values, c.most), cmp.AllowUnexported(bins{}), near); diff != "" {
			t.Errorf("%v: %s", c.values, diff)
		}
	}
	for _, values := range [][]float64{{1e17, 1e17}, {1e300}, {-1e308, 1e308}, {0, 5e-324}} { // too near or too far for a step
		if b := newBins(values, 16); len(b.counts) > 17 || !(b.width > 0) {
			t.Errorf("%v: %+v", values, b)
		}
	}
	for _, n := range []int{3, 7, 16, 25, 100} {
		for _, scale := range []float64{1e-9, 0.3, 1, 977, 1e12} {
			values := []float64{-0.7 * scale, 0.1 * scale, scale}
			b := newBins(values, n)
			if total := b.counts[0] + b.counts[len(b.counts)-1]; len(b.counts) > n+1 || b.low > values[0]+1e-6*scale || b.high() < scale || total < 1 {
				t.Errorf("%d bins for %d of scale %g: %+v", len(b.counts), n, scale, b)
			}
		}
	}
}

func TestScatterPlot(t *testing.T) {
	f, err := ScatterPlot(Values{"petal", []float64{1, 2, 5, math.NaN()}}, Values{"sepal", []float64{3, 4, 5, 5}}, []string{"setosa", "virginica"}, []int32{0, 0, 1, 1})
	img := check(t, f, err)
	has(t, f.Numbers.Text(), "setosa          2  from 1 to 2  from 3 to 4", "virginica       2")
	if pixels(img, blue) < 50 || pixels(img, red) < 50 {
		t.Error("the classes have no colours of their own")
	}
	_, err = ScatterPlot(Values{"a", []float64{1}}, Values{Name: "b"}, nil, nil)
	wants(t, err, `column "b" has 0 values, the first column 1`)
	_, err = ScatterPlot(Values{Name: "a"}, Values{Name: "b"}, nil, nil)
	wants(t, err, `column "a" has 0 values`)
}

func TestPairPlot(t *testing.T) {
	columns := []Values{{"a", []float64{1, 2, 3, 4}}, {"b", []float64{2, 4, 6, 8}}, {"c", []float64{0, 0, 0, math.NaN()}}}
	f, err := PairPlot(columns, []string{"x", "y"}, []int32{0, 0, 1, 1})
	check(t, f, err)
	has(t, f.Alt, "Pair plot of 4 rows in 3 columns. a and b go together most, with a correlation of 1.00.")
	has(t, f.Numbers.Text(), "a          1   4      1.00", "x: 2 rows\n")
	has(t, f.HTML(), ">a from 1 to 4</th>")
	plain, err := PairPlot(columns[:2], nil, nil)
	check(t, plain, err)
	for _, c := range []struct {
		columns []Values
		class   []int32
		want    string
	}{
		{columns[:1], nil, "1 column cannot be drawn; give from 2 to 8"},
		{[]Values{columns[0], {"d", []float64{1}}}, nil, `column "d" has 1 values`},
		{columns, []int32{0, 0, 1, 2}, "of class 2"},
		{columns, []int32{0}, "1 classes"},
	} {
		_, err := PairPlot(c.columns, []string{"x", "y"}, c.class)
		wants(t, err, c.want)
	}
}

func TestROC(t *testing.T) {
	good := score.ROCCurve{Model: "good", Positive: "spam", FalsePositive: []float64{0, 0, 1}, TruePositive: []float64{0, 1, 1}, AUC: 1}
	bad := score.ROCCurve{Model: "bad", FalsePositive: []float64{0, 1}, TruePositive: []float64{0, 1}, AUC: 0.5}
	f, err := ROC(good, bad)
	img := check(t, f, err)
	has(t, f.Alt, "good has an area of 1.0000, bad has an area of 0.5000")
	has(t, f.Caption, `Positive is class "spam".`)
	has(t, f.Numbers.Text(), "good                 1.0000\n")
	if pixels(img, blue) < 500 || pixels(img, red) < 200 {
		t.Error("the curves are missing")
	}
	_, err = ROC()
	wants(t, err, "no curves")
}

// A ring marks the epoch whose weights are kept, and no class.
func TestNoClassIsARing(t *testing.T) {
	for class := range 2 * len(forms) {
		if f := classLook(class, 3).mark.form; !f.filled && f.lines == nil {
			t.Errorf("class %d is a ring", class)
		}
	}
}
