package mnistkit_test

import (
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/runs"
)

// FindRate finds a rate that trains well, the same one each time, and leaves the run as it is.
func TestFindRate(t *testing.T) {
	r := small(t)
	r.Optimizer = kit.Adam(1e-2).WithSchedule(kit.OneCycle(2)).WithEMA(0.9)
	found, err := kit.FindRate(r)
	if err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(runs.Root()); err == nil {
		t.Errorf("it left %v", entries)
	}
	if found.Rate < 1e-3 || found.Rate > 0.1 {
		t.Errorf("it suggests %g", found.Rate)
	}
	lowest := slices.Index(found.Losses, slices.Min(found.Losses))
	if n := len(found.Rates); n != len(found.Losses) || n < 50 || n > 100 || !slices.IsSorted(found.Rates) || found.Rates[0] != 1e-6 {
		t.Errorf("it tried %v", found.Rates)
	}
	if ratio := found.Rates[lowest] / found.Rate; ratio < 9 || ratio > 11 {
		t.Errorf("the loss is lowest at %g, and %g is suggested", found.Rates[lowest], found.Rate)
	}
	if first := found.Losses[0]; math.Abs(first-math.Log(10)) > 0.7 || found.Losses[lowest] > first-0.3 {
		t.Errorf("the loss goes from %g down to %g", first, found.Losses[lowest])
	}
	want := fitted(t, r.With("test/other", nil), 2)
	fitted(t, r, 1)
	again, err := kit.FindRate(r)
	if diff := cmp.Diff(found, again); err != nil || diff != "" {
		t.Errorf("a second time it finds something else: %v %s", err, diff)
	}
	if diff := same(want, fitted(t, r, 2)); diff != "" {
		t.Errorf("the run was changed:\n%s", diff)
	}
	text, err := shown(t, found)
	if err != nil || !strings.Contains(text, "Learning rates of test/small") {
		t.Errorf("shown as %q, %v", text, err)
	}
	large := r.With("large", func(r *kit.Run) {
		r.BatchSize, r.DropRemainder, r.Model = 10_000, true, layer.Stack{layer.Flatten(), layer.Dense(10)}
	})
	if _, err := kit.FindRate(large); err != nil {
		t.Errorf("a batch of more examples than there are: %v", err)
	}
	r.Model = append(layer.Stack{layer.Rescale(1e30), layer.Rescale(1e30)}, r.Model...)
	if _, err := kit.FindRate(r); err == nil || !strings.Contains(err.Error(), "small.FindRate: the loss is not a finite number") {
		t.Errorf("a model without a loss: %v", err)
	}
}
