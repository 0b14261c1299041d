// Package chart draws the kit's figures: learning curves, sample grids,
// confusion matrices, models. A figure is a PNG at twice the usual density, with
// a caption and a text that says in words what the picture shows.
package chart

import (
	"encoding/base64"
	"fmt"
	"html"
)

// Figure is a finished picture. It shows itself in a cell:
//
//	kit.Show(must.M1(chart.Samples(test, 4, 8)))
//
// Alt says in words what the picture shows, for those who cannot see it.
type Figure struct {
	PNG           []byte // 2·Width × 2·Height pixels
	Width, Height int    // CSS pixels
	Alt, Caption  string
}

// HTML is a <figure> with the picture inside it: nothing to load, nothing to
// run.
func (f Figure) HTML() string {
	caption := textIf(f.Caption != "", `<figcaption style="font-size:90%%;margin-top:4px">%s</figcaption>`, html.EscapeString(f.Caption))
	return fmt.Sprintf(`<figure style="margin:8px 0"><img alt="%s" width="%d" height="%d" style="max-width:100%%;height:auto" src="data:image/png;base64,%s">%s</figure>`,
		html.EscapeString(f.Alt), f.Width, f.Height, base64.StdEncoding.EncodeToString(f.PNG), caption)
}

// Text is the picture in words.
func (f Figure) Text() string {
	return "[figure] " + f.Alt + "\n" + textIf(f.Caption != "", "%s\n", f.Caption)
}
