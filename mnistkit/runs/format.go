package runs

import (
	"encoding/json"
	"fmt"

	"gonblabs/mnistkit/internal/strict"
)

// Version is that of the kit, as the changelog has it; what is written to disk
// names it.
const Version = "0.2.0"

// Format is the form in which run.json, state.json and scores.json are written.
// Who changes one of them raises it, and says in docs/run-format.md what an
// earlier form means. Files of version 0.1 have no number.
const Format = 2

// stamp says in a file which form it has, and who wrote it.
type stamp struct {
	Format int    `json:"format,omitempty"`
	Writer string `json:"written_by,omitempty"`
}

var written = stamp{Format: Format, Writer: "gonblabs " + Version}

// decode reads the contents of a file whole, or says why it cannot.
func decode(b []byte, v any) error {
	var s stamp
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("is damaged (%w)", err)
	}
	if s.Format > Format {
		return fmt.Errorf("has format %d, written by %s; this is gonblabs %s, which reads formats up to %d: update the checkout with git pull", s.Format, s.Writer, Version, Format)
	}
	if err := strict.Unmarshal(b, v); err != nil {
		if s.Writer == "" {
			s.Writer = "gonblabs 0.1"
		}
		return fmt.Errorf("is damaged, or was changed since %s wrote it (%w)", s.Writer, err)
	}
	return nil
}
