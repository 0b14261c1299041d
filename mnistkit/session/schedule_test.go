package session_test

import (
	"math"
	"strings"
	"testing"

	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
)

// TestFactor holds the schedules against Keras 3.15.1 and PyTorch's formula.
func TestFactor(t *testing.T) {
	const steps = 10 // of an epoch
	for _, c := range []struct {
		schedule session.Schedule
		factors  map[int]float64
	}{
		// keras.optimizers.schedules.CosineDecay(1.0, 20)
		{session.Cosine(2), map[int]float64{0: 1, 1: 0.993844151, 7: 0.72699523, 10: 0.5, 19: 0.0061558187, 20: 0, 25: 0}},
		// keras.optimizers.schedules.CosineDecay(0.0, 15, alpha=0.1, warmup_target=1.0, warmup_steps=5)
		{session.Cosine(2).WithWarmup(0.5).WithAlpha(0.1), map[int]float64{0: 0, 1: 0.2, 4: 0.8, 5: 1, 6: 0.990166426, 12: 0.597037792, 19: 0.109833568, 20: 0.1, 30: 0.1}},
		// torch.optim.lr_scheduler.OneCycleLR(max_lr=1, total_steps=20), by its formula:
		//	anneal = lambda a, b, p: b + (a - b) / 2 * (math.cos(math.pi * p) + 1)
		//	up = 0.3 * 20 - 1
		//	[anneal(1 / 25, 1, t / up) if t <= up else anneal(1, 1 / 25 / 1e4, (t - up) / (19 - up)) for t in range(20)]
		{session.OneCycle(2), map[int]float64{0: 0.04, 1: 0.131671843, 4: 0.908328157, 5: 1, 6: 0.987464006, 12: 0.500002, 18: 0.0125399938, 19: 4e-06, 20: 4e-6, 1000: 4e-6}},
		// Without a warm-up the first step has the whole rate.
		{session.OneCycle(1).WithWarmup(0), map[int]float64{0: 1, 9: 4e-6}},
		{session.OneCycle(0.01), map[int]float64{0: 4e-6}},
	} {
		for step, want := range c.factors {
			if got := c.schedule.Factor(step, steps); !(math.Abs(got-want) < 1e-6) {
				t.Errorf("%s, step %d: %.9g, want %g", c.schedule, step, got, want)
			}
		}
		for step := range 3 * steps {
			if f := c.schedule.Factor(step, steps); !(f >= 0 && f <= 1) {
				t.Errorf("%s, step %d: %g", c.schedule, step, f)
			}
		}
	}
}

// TestSchedules: an optimiser says its schedule as a cell does, or what is wrong with it.
func TestSchedules(t *testing.T) {
	for _, c := range []struct {
		given session.Schedule
		want  string // the optimiser, or what the error says
	}{
		{session.Schedule{}, "Adam(0.5)"},
		{session.Cosine(20).WithWarmup(1), "Adam(0.5).WithSchedule(Cosine(20).WithWarmup(1))"},
		{session.OneCycle(5), "Adam(0.5).WithSchedule(OneCycle(5))"},
		{session.OneCycle(5).WithWarmup(0).WithAlpha(0.5), "Adam(0.5).WithSchedule(OneCycle(5).WithWarmup(0).WithAlpha(0.5))"},
		{session.Cosine(0), "optimiser adam: Schedule: Epochs is 0; it must be above 0"},
		{session.Cosine(math.NaN()), "Schedule: Epochs is NaN"},
		{session.OneCycle(1e300), "Schedule: Epochs is 1e+300"},
		{session.Cosine(2).WithWarmup(3), "Schedule: Warmup is 3, longer than the whole of 2 epochs; make it shorter"},
		{session.Cosine(2).WithWarmup(-1), "Schedule: Warmup is -1; it must be at least 0"},
		{session.Cosine(2).WithAlpha(2), "Schedule: Alpha is 2; it must be at least 0 and at most 1"},
		{session.Schedule{Epochs: 3}, "Schedule: its Name is empty; make it with kit.Cosine or kit.OneCycle"},
		{session.Schedule{Name: "step", Epochs: 3}, `Schedule: Name "step" is unknown; known are [cosine one_cycle]`},
	} {
		r, err := session.Recipe{
			Model: layer.Stack{layer.Dense(3)}, Input: []int{2}, InputType: "float32", Optimizer: session.Adam(0.5).WithSchedule(c.given),
		}.Complete("int32")
		got := r.Optimizer.String()
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%+v: got %q, want %q", c.given, got, c.want)
		}
	}
}
