package chart

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"gonblabs/mnistkit/fit"
)

func TestCurves(t *testing.T) {
	run := Named{"lenet", history(10, "loss", "accuracy", "val_loss", "val_accuracy"), 8}
	f, err := Curves("mnist/lenet", nil, run)
	img := check(t, f, err)
	if pixels(img, blue) < 300 || pixels(img, red) < 500 {
		t.Errorf("%d blue and %d red pixels: training and validation must show", pixels(img, blue), pixels(img, red))
	}
	has(t, f.Alt, "Learning curves of mnist/lenet over 10 epochs: the best val_accuracy is 0.9375 in epoch 8; the best val_loss is 0.1250 in epoch 8.")
	if want := "Learning curves of mnist/lenet. ○ marks the epoch whose weights are kept."; f.Caption != want {
		t.Errorf("caption %q, want %q", f.Caption, want)
	}
	has(t, f.Numbers.Text(), "metric        epoch 1  epoch 3", "val_accuracy   0.5000", "0.9375         8")
	if len(f.panels) != 2 || len(f.Numbers.Rows) != 4 || len(f.Numbers.Header) > 10 {
		t.Errorf("%d panels, %d rows, header %v", len(f.panels), len(f.Numbers.Rows), f.Numbers.Header)
	}
}

func TestCurvesOfSeveralRuns(t *testing.T) {
	f, err := Curves("", []string{"loss"},
		Named{"a", history(5, "loss", "val_loss"), 0}, Named{"b", history(30, "loss", "val_loss"), 0}, Named{"c", history(1, "loss"), 0})
	img := check(t, f, err)
	for i, c := range cycle[:3] {
		if pixels(img, c) < 20 {
			t.Errorf("run %d has no line in its colour", i)
		}
	}
	has(t, f.Caption, "Thick lines: validation; thin lines: training.")
	has(t, f.Alt, "Learning curves of 3 runs over 30 epochs: the best val_loss is 0.0357 in epoch 28, by b.")
	if strings.Contains(f.Caption, "○") {
		t.Error("no weights are kept")
	}
}

// Runs of a sweep are coloured by the value that varies, seeds are thin lines of one
// colour, and many runs show their validation only.
func TestStylesOfRuns(t *testing.T) {
	named := func(names ...string) (runs []Named) {
		for _, name := range names {
			runs = append(runs, Named{Name: name, History: history(3, "loss", "val_loss")})
		}
		return runs
	}
	for _, c := range []struct {
		names  []string
		groups string
		shares []float64 // along the ramp; nil: colours in turn
		thin   bool
	}{
		{[]string{"rate=0.1", "rate=0.001", "rate=1e-05"}, "rate=0.1 rate=0.001 rate=1e-05", []float64{1, 0.5, 0}, false},
		{[]string{"1", "10", "30"}, "1 10 30", []float64{0, 0.5, 1}, false},
		{[]string{"batch=32-all", "batch=64-all", "batch=128-all"}, "batch=32-all batch=64-all batch=128-all", []float64{0, 0.5, 1}, false},
		{[]string{"0.1-seed=1", "0.1-seed=2", "0.2-seed=1", "0.3-seed=1"}, "0.1 0.1 0.2 0.3", []float64{0, 0, 0.5, 1}, true},
		{[]string{"net", "net-seed=2"}, "net net", nil, true},
		{[]string{"custom1", "custom2", "custom3"}, "custom1 custom2 custom3", nil, false},
		{[]string{"rate=1", "rate=2"}, "rate=1 rate=2", nil, false},
	} {
		var groups []string
		for i, s := range stylesOf(named(c.names...)) {
			groups = append(groups, s.group)
			want := cycle[slices.Index(slices.Compact(slices.Clone(groups)), s.group)]
			if c.shares != nil {
				want = ramp(c.shares[i])
			}
			if s.colour != want || s.thin != c.thin {
				t.Errorf("%s: colour %v, thin %v, want %v, %v", c.names[i], s.colour, s.thin, want, c.thin)
			}
		}
		if got := strings.Join(groups, " "); got != c.groups {
			t.Errorf("groups %q, want %q", got, c.groups)
		}
	}
	if lines := seriesOf(named("a", "b", "c", "d", "e"), nil); len(lines) != 5 || lines[0].metric != "val_loss" {
		t.Errorf("five runs have %d lines, want their validations", len(lines))
	}
	f, err := Curves("", nil, named("a", "b", "c", "d", "e", "f", "g", "h", "i")...)
	check(t, f, err)
}

// A caption speaks of a ring only where one is drawn, and of colours only where they tell the groups apart.
func TestCurvesCaption(t *testing.T) {
	later := Named{"net", history(2, "loss"), 3} // the weights are of an epoch that is not shown
	f, err := Curves("", nil, later)
	check(t, f, err)
	if strings.Contains(f.Caption, "○") {
		t.Errorf("there is no ring, and the caption is %q", f.Caption)
	}
	for _, groups := range []int{len(cycle), len(cycle) + 1} {
		var runs []Named
		for i := range 2 * groups {
			runs = append(runs, Named{Name: fmt.Sprintf("net %c-seed=%d", 'a'+i/2, i%2), History: history(2, "loss")})
		}
		f, err := Curves("", nil, runs...)
		check(t, f, err)
		if said := strings.Contains(f.Caption, "Runs of one colour differ in their seed only."); said != (groups == len(cycle)) {
			t.Errorf("of %d groups the caption is %q", groups, f.Caption)
		}
	}
}

// More names than have room beside the lines stand below them, and of many gaps some
// are said.
func TestCurvesOfManyRuns(t *testing.T) {
	for _, n := range []int{mostLabels, 40} {
		var runs []Named
		for i := range n {
			runs = append(runs, Named{Name: fmt.Sprintf("net %d.", i), History: lossesOf([]float64{1, 1 + float64(i), math.NaN()})})
		}
		f, err := Curves("", nil, runs...)
		check(t, f, err)
		if below := strings.Contains(f.HTML(), "</span> net 39.</span>"); below != (n > mostLabels) || len(f.legend)%n != 0 {
			t.Errorf("of %d runs %d are named below the figure", n, len(f.legend))
		}
		has(t, f.Caption, fmt.Sprintf("net 2. loss is not a number in epoch 3. %d more lines have such gaps.", n-3))
	}
}

// An axis shows what matters: first epochs that stretch it are left out and said, and
// nothing else is.
func TestFocus(t *testing.T) {
	from := func(first, last float64, n int) (values []float64) { // halves its distance in each epoch
		for i := range n {
			values = append(values, last+(first-last)*math.Pow(0.5, float64(i)))
		}
		return values
	}
	for _, c := range []struct {
		name        string
		values      []float64
		low, high   float64 // of the axis, before it is rounded
		logarithmic bool
		outside     int
	}{
		{"an MAE that begins at 23", append([]float64{23, 9, 4}, from(3, 1, 37)...), 1, 2, false, 4},
		{"accuracies near 1", append([]float64{0.92}, from(0.98, 0.99, 9)...), 0.98, 0.99, false, 1},
		{"a steady fall", []float64{5, 4, 3, 2, 1}, 1, 5, false, 0},
		{"too few epochs", []float64{23, 2, 1}, 1, 23, false, 0},
		{"late and large", []float64{1, 2, 1, 2, 900, 1}, 1, 900, true, 0},
		{"nothing after the first", []float64{0.5, 1, 1, 1, 1, 1}, 0.5, 1, false, 0},
		{"only rounding after the first", []float64{0.5, 1, 1 + 1e-9, 1, 1, 1}, 0.5, 1 + 1e-9, false, 0},
		{"not a number", []float64{math.NaN(), math.NaN()}, math.Inf(1), math.Inf(-1), false, 0},
	} {
		line := newSeries(Named{History: lossesOf(c.values)}, "loss")
		up := focus([]series{line})
		if math.Abs(up.low-c.low) > 1e-4 || math.Abs(up.high-c.high) > 1e-4 || up.logarithmic != c.logarithmic {
			t.Errorf("%s: from %g to %g, logarithmic %v", c.name, up.low, up.high, up.logarithmic)
		}
		if n := line.outside(up.rounded()); n != c.outside {
			t.Errorf("%s: %d epochs outside, want %d", c.name, n, c.outside)
		}
	}
	kept := newSeries(Named{History: lossesOf(append([]float64{0.92}, from(0.98, 0.99, 9)...)), Kept: 1}, "loss")
	if up := focus([]series{kept}); up.low > 0.92 {
		t.Error("the epoch that is kept is left out")
	}
	long, short := lossesOf(from(24, 1, 400)), lossesOf(from(24, 2, 24))
	if up := focus([]series{newSeries(Named{History: long}, "loss"), newSeries(Named{History: short}, "loss")}); up.high > 2.1 {
		t.Errorf("a run that stopped early keeps the axis at %g", up.high)
	}
	f, err := Curves("", []string{"loss"}, Named{"a", lossesOf(append([]float64{23}, from(3, 1, 9)...)), 0})
	check(t, f, err)
	has(t, f.Caption, "Where a line begins with an arrowhead, the axis leaves out the first epochs: loss begins at 23.0000.")
}

func lossesOf(values []float64) fit.History {
	h := history(len(values), "loss")
	for i, v := range values {
		h[i].Metrics["loss"] = v
	}
	return h
}

// Names at the ends of lines keep apart and stay in the plot.
func TestLabelsKeepApart(t *testing.T) {
	s := newSheet(300, 120)
	on := plot{s, axis{high: 1}, axis{high: 1}, 10, 10, 200, 100}
	for _, ends := range [][]float64{{0.5, 0.5, 0.5}, {0, 0, 0.01}, {1, 1, 0.99}, {0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7}} {
		var list []label
		for _, y := range ends {
			list = append(list, label{"x", 1, y, ink})
		}
		ys := on.placed(list)
		for i := range ys {
			if ys[i] < 9.9 || ys[i] > 110.1 || i > 0 && ys[i] < ys[i-1]+12 {
				t.Errorf("%v: names at %.1f", ends, ys)
			}
		}
	}
}

// Dots lead from the end of a line that ends early to its name.
func TestEarlyEndLeadsToItsName(t *testing.T) {
	dots := func(epochs int) int {
		f, err := Curves("", nil, Named{"a", history(20, "loss"), 0}, Named{"b", history(epochs, "loss"), 0})
		return pixels(check(t, f, err), faint)
	}
	if whole, early := dots(20), dots(5); early < whole+100 {
		t.Errorf("%d pixels of dots where a line ends early, %d where none does", early, whole)
	}
}

func TestCurvesLeaveOut(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		name   string
		losses []float64
		want   string
	}{
		{"from an epoch on", []float64{2, 1, nan, inf}, "loss is not a number from epoch 3 on."},
		{"in the middle", []float64{2, nan, 1}, "loss is not a number in epoch 2."},
		{"at the end", []float64{2, 1, nan}, "loss is not a number in epoch 3."},
		{"here and there", []float64{nan, 2, inf, 1}, "loss is not a number in 2 epochs, the first is 1."},
		{"everywhere", []float64{nan, nan}, "loss is not a number from epoch 1 on."},
		{"nowhere", []float64{2, 1}, ""},
		{"nowhere, and all but equal", []float64{0.30000000000000004, 0.3}, ""}, // ticks between them would have no end
	} {
		f, err := Curves("", nil, Named{"x", lossesOf(c.losses), 0})
		check(t, f, err)
		if f.Caption != strings.TrimSpace("Learning curves. "+c.want) {
			t.Errorf("%s: caption %q, want %q", c.name, f.Caption, c.want)
		}
		if strings.Contains(f.Alt, "NaN") || strings.Contains(f.Alt, "Inf") {
			t.Errorf("%s: alt %q", c.name, f.Alt)
		}
	}
}

// A long noisy line is drawn in a moment; as a single stroke it takes many seconds.
func TestCurvesOfManyEpochs(t *testing.T) {
	h := history(4000, "loss")
	for i := range h {
		h[i].Metrics["loss"] = float64(i % 7)
	}
	began := time.Now()
	f, err := Curves("long", nil, Named{"x", h, 0})
	check(t, f, err)
	if spent := time.Since(began); spent > 5*time.Second {
		t.Errorf("drawn in %v", spent)
	}
}

func TestCurvesGoLogarithmic(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   bool
	}{
		{[]float64{2500, 0.5, 0.4, 0.3}, true},
		{[]float64{0.9, 0.5, 0.4, 0.3}, false},
		{[]float64{2500, 0.5, 0, 0.3}, false}, // zero has no logarithm
		{[]float64{math.NaN()}, false},
	} {
		if needsLog(c.values) != c.want {
			t.Errorf("%v: needsLog is %v", c.values, !c.want)
		}
	}
}

func TestCurvesErrors(t *testing.T) {
	for want, call := range map[string]func() (Figure, error){
		"no runs given":               func() (Figure, error) { return Curves("", nil) },
		`"mlp" has no epochs yet`:     func() (Figure, error) { return Curves("", nil, Named{Name: "mlp"}) },
		`no run has the metric "mae"`: func() (Figure, error) { return Curves("", []string{"mae"}, Named{"a", history(2, "loss"), 0}) },
		"there are no metrics":        func() (Figure, error) { return Curves("", []string{}, Named{"a", history(2, "loss"), 0}) },
	} {
		_, err := call()
		wants(t, err, want)
	}
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		name      string
		ticks     func(low, high float64) []tick
		low, high float64
		want      string
	}{
		{"round", roundTicks, 0.905, 0.999, "0.92 0.94 0.96 0.98"},
		{"round", roundTicks, -0.01, 0.31, "0.00 0.05 0.10 0.15 0.20 0.25 0.30"},
		{"round", roundTicks, 0, 2600, "0 500 1000 1500 2000 2500"},
		{"round", roundTicks, 1, 1, ""},
		{"epochs", epochTicks, 0.6, 1.4, "1"},
		{"epochs", epochTicks, 0.1, 20.9, "1 5 10 15 20"},
		{"epochs", epochTicks, 1, 100, "1 10 20 30 40 50 60 70 80 90 100"},
		{"round", roundTicks, -4e239, -0.9e239, "-4e+239 -3.5e+239 -3e+239 -2.5e+239 -2e+239 -1.5e+239 -1e+239"},
		{"round", roundTicks, 1e-7, 6e-7, "1e-07 2e-07 3e-07 4e-07 5e-07 6e-07"},
		{"powers", powerTicks, 0.02, 2500, "0.1 1 10 100 1000"},
		{"powers", powerTicks, 0.5, 3e42, "1 100000 1e+10 1e+15 1e+20 1e+25 1e+30 1e+35 1e+40"},
	} {
		var labels []string
		for _, tick := range c.ticks(c.low, c.high) {
			if tick.label != "" {
				labels = append(labels, tick.label)
			}
		}
		if got := strings.Join(labels, " "); got != c.want {
			t.Errorf("%s %g…%g: %q, want %q", c.name, c.low, c.high, got, c.want)
		}
	}
}
