package mnistkit_test

import (
	"fmt"
	"image"
	"strings"
	"testing"

	"github.com/janpfeifer/must"

	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/score"
	"gonblabs/mnistkit/show"
	"gonblabs/mnistkit/table"
	"gonblabs/mnistkit/training"
)

// shown is what Show prints, and the error with which it ends the cell.
func shown(t *testing.T, values ...any) (text string, err error) {
	t.Helper()
	was := must.M
	defer func() { must.M = was }()
	must.M = func(e error) {
		if e != nil {
			err = e
			panic(e)
		}
	}
	text = printed(t, func() {
		defer func() {
			if r := recover(); r != nil && r != any(err) {
				t.Errorf("Show(%v): panic: %v", values, r)
			}
		}()
		kit.Show(values...)
	})
	return text, err
}

// Show takes what a call returns, and shows nothing when anything fails.
func TestShowTakesWhatCallsReturn(t *testing.T) {
	r := small(t)
	fitted(t, r, 1, kit.SaveWeights{})
	for name, c := range map[string]struct {
		show func() (string, error)
		want string
	}{
		"a recipe":       {func() (string, error) { return shown(t, kit.MNIST()) }, "MNIST"},
		"a text recipe":  {func() (string, error) { return shown(t, kit.IMDB()) }, "film reviews"},
		"a table recipe": {func() (string, error) { return shown(t, kit.Iris()) }, "setosa"},
		"a description":  {func() (string, error) { return shown2(t, kit.Iris().Describe) }, "setosa"},
		"a run":          {func() (string, error) { return shown(t, r) }, "Total params"},
		"a history":      {func() (string, error) { return shown2(t, r.History) }, "val_accuracy"},
		"checkpoints":    {func() (string, error) { return shown2(t, r.Checkpoints) }, "cp-0001"},
		"a set":          {func() (string, error) { return shown2(t, kit.MNIST().Test) }, "32 images"},
		"a score": {func() (string, error) {
			return shown2(t, func() (kit.Score, error) { return r.Evaluate(r.Data.Test()) })
		}, "accuracy"},
		"several scores": {func() (string, error) {
			return shown2(t, func() ([]kit.Score, error) { return kit.Sweep{r, r}.Evaluate(r.Data.Test()) })
		}, "test/small on"},
		"a picture": {func() (string, error) { return shown(t, image.NewGray(image.Rect(0, 0, 20, 10))) }, "Picture: 20 × 10 pixels."},
		"a plot":    {func() (string, error) { return shown(t, kit.Plot{Lines: []kit.Series{{Y: []int{1, 2}}}}) }, "line 1, 2 values"},
		"several answers": {func() (string, error) {
			return shown2(t, func() ([]score.Predictions, error) { return kit.Sweep{r}.Predict(r.Data.Test()) })
		}, "test/small"},
	} {
		if text, err := c.show(); err != nil || !strings.Contains(text, c.want) {
			t.Errorf("%s: %v, %q; want %q", name, err, text, c.want)
		}
	}
	never := r.With("test/never", nil)
	for name, values := range map[string][]any{
		"an error in second place": {kit.MNIST(), fmt.Errorf("broken")},
		"a view that fails":        {kit.MNIST(), kit.Curves(never)},
		"a result that failed":     {data.Description{}, fmt.Errorf("broken")},
	} {
		if text, err := shown(t, values...); err == nil || text != "" {
			t.Errorf("%s: %v, and %q was shown", name, err, text)
		}
	}
	if _, err := shown(t, data.Description{}, fmt.Errorf("broken")); err == nil || err.Error() != "broken" {
		t.Errorf("%v; want the error of the call, not of its empty result", err)
	}
}

func shown2[T any](t *testing.T, call func() (T, error)) (string, error) {
	t.Helper()
	v, err := call()
	return shown(t, v, err)
}

// What Fit has shown is not shown again; a history by itself is.
func TestShowOfFit(t *testing.T) {
	r := small(t)
	fit := func() (h kit.History, text string) {
		text = printed(t, func() {
			var err error
			h, err = r.Fit(2)
			kit.Show(h, err)
		})
		return h, text
	}
	_, trained := fit()
	h, replayed := fit()
	for _, text := range []string{trained, replayed} {
		if n := strings.Count(text, "epoch    loss"); n != 1 {
			t.Errorf("%d tables:\n%s", n, text)
		}
	}
	for _, text := range []string{printed(t, func() { kit.Show(h) }), printed(t, func() { kit.Show(r.History()) })} {
		if !strings.Contains(text, "epoch    loss") {
			t.Errorf("%q is no table of epochs", text)
		}
	}
	if _, err := shown2(t, func() (kit.History, error) { return r.With("", nil).Fit(1) }); err == nil {
		t.Error("an error of Fit was dropped")
	}
}

// Empty values are an error in a sentence, or empty; none panics.
func TestShowOfNothing(t *testing.T) {
	small(t)
	var none score.Predictions
	for _, v := range []any{
		nil, (*kit.Set)(nil), &kit.Set{}, data.Recipe{}, data.Description{}, table.Recipe{}, table.Statistics{}, (*table.Table)(nil), &table.Table{},
		kit.History(nil), []kit.Checkpoint(nil), kit.Run{}, kit.Run{}.Plot(), kit.Loop{}.Curves(), kit.Sweep(nil), []kit.Score(nil), kit.Score{}, kit.Summary{}, kit.RateCurve{},
		kit.Plot{}, image.NewGray(image.Rectangle{}), none, []score.Predictions{none}, score.Matrix{}, score.MistakeList{}, training.Plot{}, kit.View(nil), error(nil),
		kit.Samples(nil, 4, 8), kit.Samples(&kit.Set{}, 4, 8), kit.Augmented(kit.Run{}, 2, 2), kit.Curves(), kit.Leaderboard(""), kit.Photo(""),
		kit.Confusion(), kit.Confusion(none), kit.ClassReport(none), kit.Confidence(), kit.Confidence(none), kit.Mistakes(0), kit.Mistakes(3, none),
		kit.ROC(), kit.ROC(none), kit.Scatter(none), kit.ErrorHistogram(none), kit.RegressionReport(), kit.RegressionReport(none),
		kit.PairPlot(table.Recipe{}), kit.ScatterPlot(table.Recipe{}, "", ""), kit.Texts(kit.IMDB(), 0, nil), kit.Results(), kit.Table(""), kit.Made(nil, nil),
		(*image.Gray)(nil), (*show.Table)(nil), []show.Block{nil},
	} {
		_, _ = shown(t, v)
	}
	_, _ = shown(t)
	if _, err := shown(t, kit.Leaderboard); err == nil || !strings.Contains(err.Error(), "call it, with () after its name") {
		t.Errorf("a function that was not called: %v", err)
	}
}
