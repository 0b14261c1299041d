package runs

import (
	"encoding/json"
	"fmt"

	"gonblabs/mnistkit/internal/strict"
)

// Version is the version of the kit, as in the changelog. The files of a run
// name the version that wrote them.
const Version = "0.2.0"

// Format is the form in which run.json, state.json and scores.json are written.
// When you change one of them, raise it, and say in docs/run-format.md what the
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
		return fmt.Errorf("is damaged, or was changed since %s wrote it (%w; this is gonblabs %s)", s.Writer, err, Version)
	}
	return nil
}
