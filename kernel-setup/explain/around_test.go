package explain

import (
	"strings"
	"testing"
)

// TestAround: | is the cursor, and the name after ^ is what the reader asks about.
func TestAround(t *testing.T) {
	for _, cell := range []string{
		"kit.^Show(|)",
		"kit.^Sh|ow(1)",
		"kit.^Show|(1)",
		"kit.|^Show(1)",
		"x := layer.^Dense(1|0).ReLU()",
		"x := layer.^Dense(10|)",
		"x := layer.^Dense(\n\t10,|\n)",
		"x := layer.Dense(10).^Conv(3, |)",
		"kit.^Show(kit.MNIST().Holdout(0.15), |)",
		"kit.^Show(kit.MNIST().Holdout(0.15)|)",
		"kit.Show(kit.MNIST().^Holdout(0.|15))",
		"must.M1(mlp.^Fit(20|, kit.ModelCheckpoint{}))",
		"must.M1(mlp.Fit(20, kit.^ModelCheckpoint{|}))",
		"must.M1(mlp.Fit(20, kit.^ModelCheckpoint{Monitor: |\"loss\"}))",
		"kit.^Show(a, b|)",
		"kit.Show(a, ^b|b)",
		"kit.^Show((1 + 2|))",
		"kit.^Show(\"a (text|\")",
		"kit.Show(^x[1|])",
		"^a| + b",
	} {
		want := strings.Index(strings.Replace(cell, "|", "", 1), "^")
		cursor := strings.Index(strings.Replace(cell, "^", "", 1), "|")
		code := strings.NewReplacer("|", "", "^", "").Replace(cell)
		if got := Around(code, cursor); got != want {
			t.Errorf("%s: it finds %q", cell, code[got:])
		}
	}
	for _, code := range []string{"", "1 + ", "(", ")))", "\"", "x ‽ y("} {
		for cursor := range len(code) + 1 {
			if got := Around(code, cursor); got < 0 || got > len(code) {
				t.Errorf("in %q at %d it finds %d", code, cursor, got)
			}
		}
	}
}
