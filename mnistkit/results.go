package mnistkit

import "gonblabs/mnistkit/show"

// Result is one figure of an original homework beside the one measured here.
type Result struct{ What, Original, Here string }

// Results is the table that closes a notebook: what the original found, and
// what was measured here.
//
//	kit.Show(kit.Results(kit.Result{"custom2, test accuracy", "99.61 %", kit.Percent(accuracy)}))
func Results(list ...Result) View {
	return func() (show.Block, error) {
		t := show.Table{Caption: "Original and here", Header: []string{"result", "original", "here"}, Align: "lll", Kind: "results"}
		for _, r := range list {
			t.Rows = append(t.Rows, []string{r.What, r.Original, r.Here})
		}
		return t, nil
	}
}

// Table is a table of the reader's own; columns of numbers are aligned to the
// right.
//
//	kit.Show(kit.Table("Kernels", []string{"layer", "shape"}, []string{"conv2d", "[5 5 1 6]"}))
func Table(caption string, header []string, rows ...[]string) View {
	return func() (show.Block, error) {
		return show.Table{Caption: caption, Header: header, Rows: rows}, nil
	}
}

// Percent writes a share as percent: kit.Percent(0.9861) is "98.61 %".
func Percent(share float64) string { return show.Metric("accuracy", share) }

// Points writes the distance of two shares in percentage points:
// kit.Points(0.99, 0.98) is "+1.00 points".
func Points(a, b float64) string { return show.Points(a, b) }
