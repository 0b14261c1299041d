package docs_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gonblabs/mnistkit/runs"
)

// TestFiles reads the files that run-format.md shows, as the kit reads them: whole, with no field that it does not
// know, and with their checksums.
func TestFiles(t *testing.T) {
	var blocks []string
	for _, m := range regexp.MustCompile("(?ms)^```json\n(.*?)^```").FindAllStringSubmatch(read(t, "run-format.md"), -1) {
		blocks = append(blocks, m[1])
	}
	if len(blocks) < 5 {
		t.Fatalf("the page shows %d files", len(blocks))
	}
	t.Setenv("MNISTKIT_RUNS", t.TempDir())
	d, err := runs.Open("start/tiny")
	if err != nil {
		t.Fatal(err)
	}
	for i, file := range []string{"run.json", "history.jsonl", "last/state.json", "scores.json"} {
		if err := os.MkdirAll(filepath.Dir(d.Path(file)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(d.Path(file), []byte(blocks[i]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	record, _, err := d.ReadRecord()
	if err != nil || record.Name != "start/tiny" {
		t.Errorf("run.json: %v", err)
	}
	if _, h, p, err := d.Load(); err != nil || len(h) != 1 || p.Batches != 365 || h[0].Metrics["val_accuracy"] == 0 {
		t.Errorf("history.jsonl and state.json: %v", err)
	}
	if scores, err := d.Scores(); err != nil || len(scores) != 1 {
		t.Errorf("scores.json: %v", err)
	}
	for i, block := range blocks[:5] {
		var fields map[string]any
		if err := json.Unmarshal([]byte(block), &fields); err != nil || !strings.Contains(block, `"crc32c":"0x`) {
			t.Errorf("block %d: %v\n%s", i+1, err, block)
		}
	}
}
