package mnistkit_test

import (
	"math"
	"strings"
	"testing"

	"github.com/janpfeifer/must"

	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/show"
)

// measured makes a run whose only epoch has these metrics.
func measured(t *testing.T, name string, m kit.Metrics) {
	t.Helper()
	l, _, _ := halves(t, name)
	if err := l.Reset(); err != nil {
		t.Fatal(err)
	}
	looped(t, l, 1, func(int, kit.Variables) (kit.Metrics, error) { return m, nil })
}

// board is a table's caption and the names of its rows.
func board(t *testing.T, v any) (caption, names string) {
	t.Helper()
	block, err := kit.BlockOf(v)
	if err != nil {
		t.Fatal(err)
	}
	if blocks, ok := block.(show.Blocks); ok { // of a sweep: its table, then its curves
		block = blocks[0]
	}
	table := block.(show.Table)
	for _, row := range table.Rows {
		names += row[0] + "; "
	}
	return table.Caption, names
}

// The validation decides, whatever the test says; of equals the loss, and without
// validation data the loss of the training.
func TestLeaderboardSortsByValidation(t *testing.T) {
	for name, c := range map[string]struct {
		a, b, c        kit.Metrics
		caption, names string
	}{
		"accuracy": {
			kit.Metrics{"loss": 1, "val_loss": 1, "val_accuracy": 0.8, "test_accuracy": 0.9},
			kit.Metrics{"loss": 3, "val_loss": 3, "val_accuracy": 0.9, "test_accuracy": 0.7},
			kit.Metrics{"loss": 2, "val_loss": 2, "val_accuracy": 0.9, "test_accuracy": 0.8},
			"best on the validation data first", "c; b; a; ",
		},
		"regression": {
			kit.Metrics{"loss": 1, "val_loss": 3, "test_loss": 1},
			kit.Metrics{"loss": 2, "val_loss": 2, "test_loss": 2},
			kit.Metrics{"loss": 3, "val_loss": math.NaN(), "test_loss": 0},
			"best on the validation data first", "b; a; c; ",
		},
		"training alone": {
			kit.Metrics{"loss": 2, "test_accuracy": 0.9},
			kit.Metrics{"loss": 1, "test_accuracy": 0.8},
			kit.Metrics{"loss": 3, "test_accuracy": 0.7},
			"lowest training loss first", "b; a; c; ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			measured(t, "a", c.a)
			measured(t, "b", c.b)
			measured(t, "c", c.c)
			sweep := kit.Sweep{{Name: "a"}, {Name: "b"}, {Name: "c"}}
			for start, v := range map[string]any{"Leaderboard of *, ": kit.Leaderboard("*"), "Runs compared, ": sweep} {
				if caption, names := board(t, v); caption != start+c.caption || names != c.names {
					t.Errorf("%q lists %q, want %q with %q", caption, names, start+c.caption, c.names)
				}
			}
		})
	}
}

// An earlier run that was better on the validation data is a row; one that was only
// better on the test data, or on other data, is none.
func TestLeaderboardOfEarlierRuns(t *testing.T) {
	measured(t, "test/a", kit.Metrics{"loss": 1, "val_loss": 2})
	for _, val := range []float64{0.5, math.NaN()} {
		measured(t, "test/b", kit.Metrics{"loss": 1, "val_loss": val})
	}
	for _, val := range []float64{3, 2.5} {
		measured(t, "test/c", kit.Metrics{"loss": 1, "val_loss": val, "test_loss": val / 9})
	}
	if _, names := board(t, kit.Leaderboard("test/*")); names != "test/b (earlier run, in runs/.old); test/a; test/c; test/b; " {
		t.Errorf("the leaderboard lists %q", names)
	}
	r := small(t)
	fitted(t, r, 5)
	fewer := r.With(r.Name, func(r *kit.Run) { r.Data = kit.MNIST().Holdout(0.5).Seed(1) })
	fitted(t, fewer, 1)
	if _, names := board(t, kit.Leaderboard(fewer)); names != r.Name+"; " {
		t.Errorf("with other data the leaderboard lists %q", names)
	}
	other := r.With("test/other", nil)
	fitted(t, other, 1)
	if table := text(t, kit.Leaderboard(fewer, other)); !strings.Contains(table, "not all learned from the same data") {
		t.Errorf("other data are not named:\n%s", table)
	}
}

// It takes patterns, runs and sweeps, each run once.
func TestLeaderboardOf(t *testing.T) {
	for _, name := range []string{"a/one", "a/two", "b/one"} {
		measured(t, name, kit.Metrics{"loss": float64(len(name)), "val_loss": 1})
	}
	one, two, untrained := kit.Run{Name: "a/one"}, kit.Run{Name: "a/two"}, kit.Run{Name: "c"}
	for _, c := range []struct {
		of             []any
		caption, names string
	}{
		{[]any{"a/*", "b/one"}, "a/*, b/one", "a/one; a/two; b/one; "},
		{[]any{two, "a/*"}, "a/two, a/*", "a/one; a/two; "},
		{[]any{[]kit.Run{two, one}}, "a/two, a/one", "a/one; a/two; "},
		{[]any{kit.Sweep{two, one}}, "a/two, a/one", "a/one; a/two; "},
		{[]any{one, two, kit.Run{Name: "b/one"}, "a/*"}, "3 runs", "a/one; a/two; b/one; "},
		{[]any{one, untrained}, "a/one, c", "a/one; c (no epochs yet; call its Fit); "},
	} {
		if caption, names := board(t, kit.Leaderboard(c.of...)); !strings.HasPrefix(caption, "Leaderboard of "+c.caption+", ") || names != c.names {
			t.Errorf("%v: %q lists %q", c.of, caption, names)
		}
	}
	if got := text(t, kit.Leaderboard("x/*", "y")); !strings.Contains(got, `No run matches "x/*, y" yet.`) {
		t.Error(got)
	}
	for want, of := range map[string][]any{
		"kit.Leaderboard: no run is given; give patterns": {},
		"no run is given": {kit.Sweep{}},
		"kit.Leaderboard: a value of type int is given; give patterns": {"a/*", 3},
		`the pattern "[" is malformed`:                                 {kit.Sweep{one}, "["},
	} {
		if _, err := kit.BlockOf(kit.Leaderboard(of...)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", of, err, want)
		}
	}
}

// What no run has measured is no column.
func TestLeaderboardWithoutEmptyColumns(t *testing.T) {
	measured(t, "a", kit.Metrics{"loss": 2, "accuracy": 0.9})
	text, err := shown(t, kit.Leaderboard("a"))
	if err != nil || strings.Contains(text, "test") || strings.Contains(text, "val ") || !strings.Contains(text, "train accuracy") {
		t.Errorf("%v\n%s", err, text)
	}
}

// Names leave out what all begin with, but nothing of a number.
func TestCurvesShortenNames(t *testing.T) {
	for _, names := range [][2]string{{"rate=1e-05", "rate=1e-06"}, {"shift=-1", "shift=-2"}, {"rate=1.5e-05", "rate=1.5e-06"}, {"seed=1", "seed=2"}, {"one", "once"}} {
		var list []kit.Run
		for _, name := range names {
			list = append(list, kit.Run{Name: "curves/the-" + name})
			measured(t, "curves/the-"+name, kit.Metrics{"loss": 1})
		}
		holds(t, text(t, kit.Curves(list...)), "\n"+names[0]+" loss", "\n"+names[1]+" loss")
	}
}

// The test score is that of the run's test data, also where sets made by hand had others before; runs without an epoch have
// not learned from other data.
func TestLeaderboardOfNewTestData(t *testing.T) {
	r := barModel(t)
	for _, set := range []*kit.Set{bars("one", []string{"top", "middle"}, []int{0, 1}, 10), bars("two", []string{"top", "middle"}, []int{1, 0}, 12),
		bars("one", []string{"top", "middle"}, []int{0, 1}, 10)} {
		sets := r.Data.(kit.Sets)
		sets.TestSet = set
		r.Data = sets
		score := must.M1(r.Evaluate(sets.Test()))
		for range 10 {
			if got := text(t, kit.Leaderboard(r)); !strings.Contains(got, show.Number(score.Loss())) {
				t.Fatalf("the test of %s gave %v, and the leaderboard is\n%s", set.Name, score, got)
			}
		}
	}
	if got := text(t, kit.Leaderboard(r, kit.Run{Name: "test/untrained"})); strings.Contains(got, "not all learned") {
		t.Errorf("a run without epochs has learned from no data:\n%s", got)
	}
}
