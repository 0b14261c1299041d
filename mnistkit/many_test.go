package mnistkit

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/runs"
	"gonblabs/mnistkit/show"
)

// Of very many runs the best are shown, and said to be.
func TestManyRuns(t *testing.T) {
	t.Setenv("MNISTKIT_RUNS", t.TempDir())
	var sweep Sweep
	var record []byte
	for i := range mostRows + 50 {
		dir, err := runs.Open(fmt.Sprintf("grid/net-%03d", i))
		if i == 0 {
			err = dir.WriteRecord(runs.Record{})
			record, _ = os.ReadFile(dir.Path("run.json"))
		} else if err == nil {
			err = os.MkdirAll(dir.Path(), 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
		history := fmt.Sprintf(`{"epoch":1,"learning_rate":0.1,"seconds":1,"loss":1,"val_loss":%d}`, 1+i*7%(mostRows+50))
		for name, contents := range map[string]string{"run.json": string(record), "history.jsonl": history + "\n"} {
			if err := os.WriteFile(dir.Path(name), []byte(contents), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		sweep = append(sweep, Run{Name: dir.Name})
	}
	block, err := Leaderboard("grid/*")()
	if err != nil {
		t.Fatal(err)
	}
	table := block.(show.Blocks)[0].(show.Table)
	if n := len(table.Rows); n != mostRows || table.Rows[1][0] != "grid/net-143" || !strings.Contains(block.Text(), "\n50 runs that come after these are left out") {
		t.Errorf("%d rows, the second is %s\n%s", n, table.Rows[1], table.Foot)
	}
	if block, err = Curves(sweep...)(); err != nil {
		t.Fatal(err)
	}
	text := block.Text()
	for _, want := range []string{"[figure] Learning curves of the best 50 of 250 runs over 1 epoch: the best val_loss is 1.0000 in epoch 1, by 000.", "\n143 val_loss"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if n := strings.Count(text, " val_loss ") - 1; n != mostCurves { // the best is named above
		t.Errorf("%d lines are drawn", n)
	}
	w := &watcher{sweep: sweep, start: fit.Start{Epochs: 1}, done: strings.Fields(strings.Repeat("done ", 200))}
	if n := strings.Count(w.view("starting", 0).Text(), "done"); n != 10 {
		t.Errorf("%d of 200 runs that are done stand below the bar", n)
	}
}
