package docs_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/runs"
)

// TestFiles reads the files that run-format.md shows, as the kit would read
// them: whole, with no field that it does not know.
func TestFiles(t *testing.T) {
	var blocks []string
	for _, m := range regexp.MustCompile("(?ms)^```json\n(.*?)^```").FindAllStringSubmatch(read(t, "run-format.md"), -1) {
		blocks = append(blocks, m[1])
	}
	scores := struct {
		Format int
		Writer string `json:"written_by"`
		Scores map[string]runs.Score
	}{}
	for i, file := range []any{&runs.Record{}, &fit.Epoch{}, &map[string]any{}, &scores, &map[string]any{}} {
		if i >= len(blocks) {
			t.Fatalf("the page shows %d files", len(blocks))
		}
		d := json.NewDecoder(strings.NewReader(blocks[i]))
		d.DisallowUnknownFields()
		if err := d.Decode(file); err != nil {
			t.Errorf("block %d: %v\n%s", i+1, err, blocks[i])
		}
	}
}
