package fit

import (
	"strings"
	"testing"
)

// FuzzSaveWeightsName: a pattern that passes the check gives each epoch a name
// of its own, which can be a folder.
func FuzzSaveWeightsName(f *testing.F) {
	for _, pattern := range []string{"cp-{epoch:04d}", "{epoch}", "{epoch:02d}-{val_loss:.2f}", "{epoch", "{}", "a/{epoch}", "..{epoch}", "{epoch:4d}", "{loss:f}{epoch}", "{epoch:099d}"} {
		f.Add(pattern)
	}
	f.Fuzz(func(t *testing.T, pattern string) {
		c := SaveWeights{Name: pattern}
		if c.check([]string{"loss", "val_loss"}) != nil {
			return
		}
		names := map[string]int{}
		for _, n := range []int{1, 2, 10, 123456} {
			name, err := c.nameOf(Epoch{Number: n, Metrics: map[string]float64{"loss": 0.25, "val_loss": 12}})
			if err != nil || name == "" || strings.ContainsAny(name, "/\\{} ") || strings.HasPrefix(name, ".") {
				t.Errorf("%q names epoch %d %q, %v", pattern, n, name, err)
			}
			if names[name] != 0 {
				t.Errorf("%q names epochs %d and %d both %q", pattern, names[name], n, name)
			}
			names[name] = n
		}
	})
}
