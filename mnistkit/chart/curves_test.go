package chart

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestCurves(t *testing.T) {
	run := Named{"lenet", history(10, "loss", "accuracy", "val_loss", "val_accuracy")}
	f, err := Curves("mnist/lenet", nil, run)
	img := check(t, f, err)
	if pixels(img, blue) < 500 || pixels(img, red) < 500 {
		t.Errorf("%d blue and %d red pixels: training and validation must show", pixels(img, blue), pixels(img, red))
	}
	has(t, f.Alt, "Learning curves of mnist/lenet over 10 epochs",
		"lenet accuracy from 0.5000 in epoch 1 to 0.9167 in epoch 10, best 0.9375 in epoch 8",
		"lenet val_loss from 1.0000 in epoch 1 to 0.1667 in epoch 10, best 0.1250 in epoch 8")
	if strings.Index(f.Alt, "lenet accuracy") > strings.Index(f.Alt, "lenet loss") {
		t.Error("the loss comes last")
	}
	if f.Caption != "" {
		t.Errorf("caption %q, but there is nothing to say", f.Caption)
	}
}

func TestCurvesOfSeveralRuns(t *testing.T) {
	f, err := Curves("", []string{"loss"},
		Named{"a", history(5, "loss", "val_loss")}, Named{"b", history(30, "loss", "val_loss")}, Named{"c", history(1, "loss")})
	img := check(t, f, err)
	for i, c := range cycle[:3] {
		if pixels(img, c) < 20 {
			t.Errorf("run %d has no line in its colour", i)
		}
	}
	has(t, f.Caption, "Best loss: a 0.3333 (epoch 3), b 0.0357 (epoch 28), c 1.0000 (epoch 1).")
	has(t, f.Alt, "Learning curves over 30 epochs", "c loss 1.0000 in epoch 1")
	single, err := Curves("", nil, Named{"a", history(5, "loss", "mae")})
	check(t, single, err)
	if f.Width >= single.Width {
		t.Errorf("one panel is %d wide, two are %d", f.Width, single.Width)
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
		h := history(len(c.losses), "loss")
		for i, v := range c.losses {
			h[i].Metrics["loss"] = v
		}
		f, err := Curves("diverges", nil, Named{"x", h})
		check(t, f, err)
		if f.Caption != c.want {
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
	f, err := Curves("long", nil, Named{"x", h})
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
		`no run has the metric "mae"`: func() (Figure, error) { return Curves("", []string{"mae"}, Named{"a", history(2, "loss")}) },
		"there are no metrics":        func() (Figure, error) { return Curves("", []string{}, Named{"a", history(2, "loss")}) },
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
		{"powers", powerTicks, 0.02, 2500, "0.1 1 10 100 1000"},
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
